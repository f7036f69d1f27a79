/* See rbridge_row.h. */
#include "xtr/rbridge_row.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/service/json.h"

#define ORIGIN_MAX   16
#define NICKNAME_MAX 8
#define MAC_MAX      32

static bool refuse(char *why, size_t why_size, const char *member, const char *want)
{
	snprintf(why, why_size, "%s is not there; want %s", member, want);
	return false;
}

static bool read_mac(struct json_object *row, struct router_station *s, char *why, size_t why_size)
{
	const char *text = NULL;
	struct address mac;

	if (!json_get_text(row, "mac", MAC_MAX, &text, NULL, why, why_size))
		return false;
	if (!text || !address_parse(&mac, text) || mac.afi != AFI_MAC) {
		snprintf(why, why_size, "mac is \"%s\"; want a MAC address", text ? text : "");
		return false;
	}
	memcpy(s->mac, mac.bytes, sizeof(s->mac));
	return true;
}

static bool is_null(struct json_object *row, const char *member)
{
	struct json_object *v;

	return json_object_object_get_ex(row, member, &v) && !v;
}

/* "0x0c01"; null, or not there: it is not known */
static bool read_nickname(
	struct json_object *row, struct router_station *s, char *why, size_t why_size)
{
	const char *text = NULL;
	unsigned long n = 0;
	char *end = NULL;

	if (is_null(row, "nickname"))
		return true;
	if (!json_get_text(row, "nickname", NICKNAME_MAX, &text, NULL, why, why_size))
		return false;
	if (!text)
		return true;
	n = strtoul(text, &end, 16);
	if (strncmp(text, "0x", 2) != 0 || end == text + 2 || *end || n > UINT16_MAX) {
		snprintf(why, why_size, "nickname is \"%s\"; want one such as \"0x0c01\"", text);
		return false;
	}
	s->nickname = (uint16_t)n;
	return true;
}

/* Null: it is not reached. */
static bool read_cost(struct json_object *row, struct router_station *s, char *why, size_t why_size)
{
	uint64_t cost = 0;

	if (is_null(row, "cost"))
		return true;
	if (!json_get_u64(row, "cost", 0, UINT32_MAX, &cost, &s->has_cost, why, why_size))
		return false;
	s->cost = (uint32_t)cost;
	return true;
}

static bool read_origin(
	struct json_object *row, struct router_station *s, char *why, size_t why_size)
{
	const char *origin = NULL;
	uint64_t confidence = 0;

	if (!json_get_text(row, "origin", ORIGIN_MAX, &origin, NULL, why, why_size) ||
		!json_get_u64(row, "confidence", 0, 255, &confidence, NULL, why, why_size))
		return false;
	if (!origin)
		return refuse(why, why_size, "origin", "how it is known");
	s->attested = !strcmp(origin, "attested") || !strcmp(origin, "static") ||
		      (!strcmp(origin, "esadi") && confidence >= RBRIDGE_ROW_ATTESTED);
	return true;
}

static bool read_ips(struct json_object *row, struct router_station *s, char *why, size_t why_size)
{
	struct json_object *ips, *ip;
	size_t count;

	if (!json_object_object_get_ex(row, "ips", &ips) ||
		!json_object_is_type(ips, json_type_array))
		return refuse(why, why_size, "ips", "an array of addresses");
	count = json_object_array_length(ips);
	for (size_t i = 0; i < count && s->ip_count < ROUTER_STATION_IPS; i++) {
		ip = json_object_array_get_idx(ips, i);
		if (!json_object_is_type(ip, json_type_string) ||
			!address_parse(&s->ips[s->ip_count], json_object_get_string(ip)) ||
			!address_is_ip(&s->ips[s->ip_count])) {
			snprintf(why, why_size, "ips has a member that is no IP address");
			return false;
		}
		s->ip_count++;
	}
	return true;
}

bool rbridge_row_read(struct json_object *row, uint16_t *vlan, struct router_station *s, char *why,
	size_t why_size)
{
	bool given = false;
	uint64_t number = 0;

	memset(s, 0, sizeof(*s));
	if (!json_object_is_type(row, json_type_object)) {
		snprintf(why, why_size, "it is no object");
		return false;
	}
	if (!json_get_u64(row, "vlan", 1, 4094, &number, &given, why, why_size))
		return false;
	if (!given)
		return refuse(why, why_size, "vlan", "1 to 4094");
	*vlan = (uint16_t)number;
	return read_mac(row, s, why, why_size) && read_nickname(row, s, why, why_size) &&
	       read_cost(row, s, why, why_size) && read_origin(row, s, why, why_size) &&
	       json_get_bool(row, "gone", &s->gone, NULL, why, why_size) &&
	       read_ips(row, s, why, why_size);
}
