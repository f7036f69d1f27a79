/* fuzz_station: what an API client says of an end station, and what a configuration says of bonds
 * and labels: a line of VLAN and MAC, "10/52:54:00:00:00:01", then a JSON body; each line also as a
 * bond's ID, and as VLANs and their labels. What is taken is in range, what is not has a reason. */
#include "tests/fuzz/need.h"

#include <json-c/json.h>
#include <string.h>

#include "lib/service/json.h"
#include "trill/codec/laalp_tlv.h"
#include "trill/config_internal.h"
#include "trill/station_body.h"

#define LINE_MAX_LEN 128

static void try_key(const char *line)
{
	char vlan[LINE_MAX_LEN + 1], why[STATION_BODY_WHY] = "";
	const char *slash = strchr(line, '/');
	struct rbridge_station s = {.vlan = 0};

	snprintf(vlan, sizeof(vlan), "%.*s", slash ? (int)(slash - line) : LINE_MAX_LEN, line);
	if (!station_body_key(vlan, slash ? slash + 1 : NULL, &s, why))
		need(*why);
	else
		need(s.vlan >= 1 && s.vlan <= VLAN_LAST && !mac_is_group(&s.mac));
}

static void try_body(const char *text, size_t len)
{
	struct rbridge_station s = {.vlan = 0};
	char why[STATION_BODY_WHY] = "";
	struct json_object *o = json_read(text, len, why, sizeof(why));
	unsigned int left_out;
	const char *port;

	if (!o)
		return;
	if (!station_body_read(o, &s, &port, &left_out, why))
		need(*why);
	else
		need((!port || strlen(port) <= 15) && s.lease_s <= 3600);
	need(!left_out || s.ips.ipv4_count == IP_LIST_EACH || s.ips.ipv6_count == IP_LIST_EACH);
	need(s.ips.ipv4_count <= IP_LIST_EACH && s.ips.ipv6_count <= IP_LIST_EACH);
	json_object_put(o);
}

/* The text of an ID that is taken is that ID. */
static void try_bond(const char *line)
{
	char text[LAALP_ID_TEXT];
	struct laalp_id id, again;

	if (!laalp_id_read(line, &id))
		return;
	laalp_id_text(&id, text);
	need(laalp_id_read(text, &again) && !laalp_id_compare(&id, &again));
}

static void try_labels(char *line)
{
	struct config_value v = {.text = line};
	const char *why = trill_config_want_mapping(&v);

	need(!why || *why);
	why = trill_config_want_labels(&v);
	need(!why || *why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	size_t len = end ? (size_t)(end - data) : size;
	char *line; /* of its exact size, for a sanitizer */

	if (len > LINE_MAX_LEN)
		return 0;
	line = strndup((const char *)data, len);
	need(line);
	try_key(line);
	try_bond(line);
	try_labels(line);
	free(line);
	if (end)
		try_body((const char *)end + 1, size - len - 1);
	return 0;
}
