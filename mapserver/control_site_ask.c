/* control_site_ask: who of a site may subscribe, as JSON: "site_ids", "subscribers", "itr_rlocs"
 * (RFC 9437). The lists of the configuration, empty where it leaves them out. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "common/config_lisp.h"
#include "lib/service/json.h"
#include "mapserver/control.h"

void control_site_add_askers(struct json_object *o, const struct site *s)
{
	struct json_object *ids = json_object_new_array(), *subscribers = json_object_new_array(),
			   *rlocs = json_object_new_array();
	char text[EID_TEXT];

	for (unsigned int i = 0; i < s->site_id_count; i++)
		json_object_array_add(ids, json_object_new_uint64(s->site_ids[i]));
	for (unsigned int i = 0; i < s->subscriber_count; i++) {
		for (size_t k = 0; k < sizeof(s->subscribers[i].bytes); k++)
			snprintf(text + 2 * k, 3, "%02x", s->subscribers[i].bytes[k]);
		json_object_array_add(subscribers, json_object_new_string(text));
	}
	for (unsigned int i = 0; i < s->itr_rloc_count; i++)
		json_object_array_add(rlocs,
			json_object_new_string(eid_format(&s->itr_rlocs[i], text, sizeof(text))));
	json_take(o, "site_ids", ids);
	json_take(o, "subscribers", subscribers);
	json_take(o, "itr_rlocs", rlocs);
}

static bool refuse_entry(
	char *why, size_t size, const char *list, const char *text, const char *want)
{
	snprintf(why, size, "%s: %.80s; want %s", list, text, want);
	return false;
}

static bool read_site_id(struct json_object *o, struct site *s, char *why, size_t size)
{
	if (!json_object_is_type(o, json_type_int) || json_object_get_int64(o) < 0)
		return refuse_entry(why, size, "site_ids", json_object_to_json_string(o),
			"numbers from 0 to 9223372036854775807");
	return !site_add_site_id(s, json_object_get_uint64(o));
}

static bool read_subscriber(struct json_object *o, struct site *s, char *why, size_t size)
{
	struct config_value v = {.text = json_object_get_string(o)};
	struct lisp_xtr_id id;

	if (!json_object_is_type(o, json_type_string) || config_lisp_want_xtr_id(&v))
		return refuse_entry(why, size, "subscribers", json_object_to_json_string(o),
			"xTR-IDs of 32 hexadecimal digits");
	id = config_lisp_xtr_id(&v);
	return !site_add_subscriber(s, &id);
}

static bool read_itr_rloc(struct json_object *o, struct site *s, char *why, size_t size)
{
	const char *text = json_object_get_string(o), *reason;
	struct eid prefix;

	if (!json_object_is_type(o, json_type_string) || !eid_parse(&prefix, text, &reason) ||
		!address_is_ip(&prefix.addr) || prefix.iid)
		return refuse_entry(why, size, "itr_rlocs", json_object_to_json_string(o),
			"IPv4 or IPv6 prefixes");
	return !site_add_itr_rloc(s, &prefix);
}

static bool read_list(struct json_object *body, const char *key, struct site *s,
	bool (*read_one)(struct json_object *o, struct site *s, char *why, size_t size), char *why,
	size_t size)
{
	struct json_object *list = NULL;

	if (!json_object_object_get_ex(body, key, &list))
		return true;
	if (!json_object_is_type(list, json_type_array)) {
		snprintf(why, size, "%s must be a list", key);
		return false;
	}
	snprintf(why, size, "no memory");
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (!read_one(json_object_array_get_idx(list, i), s, why, size))
			return false;
	return true;
}

bool control_site_read_askers(struct json_object *body, struct site *s, char *why, size_t size)
{
	return read_list(body, "site_ids", s, read_site_id, why, size) &&
	       read_list(body, "subscribers", s, read_subscriber, why, size) &&
	       read_list(body, "itr_rlocs", s, read_itr_rloc, why, size);
}
