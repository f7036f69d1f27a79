/* See station_body.h. */
#include "trill/station_body.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/service/json.h"

#define PORT_NAME_MAX 15 /* of an interface */
#define LEASE_MAX_S   3600
#define AGENT_DIGITS  (2 * sizeof(struct mac_teller))

static bool vlan_read(const char *text, uint16_t *vlan)
{
	char *end;
	unsigned long v;

	if (!text || text[0] < '1' || text[0] > '9')
		return false;
	v = strtoul(text, &end, 10);
	if (*end || v > VLAN_LAST)
		return false;
	*vlan = (uint16_t)v;
	return true;
}

bool station_body_key(
	const char *vlan, const char *mac, struct rbridge_station *s, char why[STATION_BODY_WHY])
{
	struct address a;

	if (!vlan_read(vlan, &s->vlan)) {
		snprintf(why, STATION_BODY_WHY, "the VLAN is '%.32s', must be 1 to %u",
			vlan ? vlan : "", VLAN_LAST);
		return false;
	}
	if (!mac || !address_parse(&a, mac) || a.afi != AFI_MAC || address_is_multicast(&a) ||
		!memcmp(a.bytes, (uint8_t[MAC_LEN]){0}, MAC_LEN)) {
		snprintf(why, STATION_BODY_WHY,
			"the MAC is '%.32s', must be one station's, as 52:54:00:00:00:01",
			mac ? mac : "");
		return false;
	}
	memcpy(s->mac.bytes, a.bytes, MAC_LEN);
	return true;
}

static int digit_of(char c)
{
	const char *digits = "0123456789abcdef", *at = strchr(digits, c | 0x20);

	return c && at && *at ? (int)(at - digits) : -1;
}

bool station_body_agent(const char *text, struct mac_teller *teller, char why[STATION_BODY_WHY])
{
	bool right = strlen(text) == AGENT_DIGITS, any = false;

	for (size_t i = 0; right && i < AGENT_DIGITS; i++) {
		int digit = digit_of(text[i]);

		right = digit >= 0;
		any |= digit > 0;
		teller->bytes[i / 2] = (uint8_t)(teller->bytes[i / 2] << 4 | digit);
	}
	if (right && any)
		return true;
	snprintf(why, STATION_BODY_WHY,
		"agent is '%.64s', must be %zu hexadecimal digits, not all zero", text,
		AGENT_DIGITS);
	return false;
}

static bool ip_read(struct json_object *o, struct address *ip, char why[STATION_BODY_WHY])
{
	const char *text =
		json_object_get_type(o) == json_type_string ? json_object_get_string(o) : NULL;

	if (text && address_parse(ip, text) && address_is_ip(ip) && !address_is_unspecified(ip) &&
		!address_is_multicast(ip) && !address_is_loopback(ip))
		return true;
	snprintf(why, STATION_BODY_WHY, "ips: '%.64s' is no IP address that a station can have",
		text ? text : json_object_to_json_string(o));
	return false;
}

static bool ips_read(struct json_object *list, struct ip_list *ips, unsigned int *left_out,
	char why[STATION_BODY_WHY])
{
	struct address ip;

	if (json_object_get_type(list) != json_type_array) {
		snprintf(why, STATION_BODY_WHY, "ips is %.64s, must be a list of IP addresses",
			json_object_to_json_string(list));
		return false;
	}
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		if (!ip_read(json_object_array_get_idx(list, i), &ip, why))
			return false;
		*left_out += ip_list_add(ips, &ip) == IP_LIST_FULL;
	}
	return true;
}

bool station_body_read(struct json_object *o, struct rbridge_station *s, const char **port,
	unsigned int *left_out, char why[STATION_BODY_WHY])
{
	static const char *const known[] = {"port", "agent", "ips", "lease", NULL};
	struct json_object *list;
	const char *agent = NULL;
	uint64_t lease_s = 0;

	*port = NULL;
	*left_out = 0;
	memset(&s->ips, 0, sizeof(s->ips));
	memset(&s->teller, 0, sizeof(s->teller));
	if (json_object_get_type(o) != json_type_object) {
		snprintf(why, STATION_BODY_WHY, "the body is no object of `port` and `ips`");
		return false;
	}
	if (!json_only(o, known, why, STATION_BODY_WHY) ||
		!json_get_u64(o, "lease", 1, LEASE_MAX_S, &lease_s, 0, why, STATION_BODY_WHY))
		return false;
	s->lease_s = (uint16_t)lease_s;
	return json_get_text(o, "port", PORT_NAME_MAX, port, NULL, why, STATION_BODY_WHY) &&
	       json_get_text(o, "agent", AGENT_DIGITS, &agent, NULL, why, STATION_BODY_WHY) &&
	       (!agent || station_body_agent(agent, &s->teller, why)) &&
	       (!json_object_object_get_ex(o, "ips", &list) ||
		       ips_read(list, &s->ips, left_out, why));
}
