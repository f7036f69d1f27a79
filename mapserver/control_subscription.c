/* control_subscription: /v1/subscriptions: who is told of which EIDs, as JSON. */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "lib/service/json.h"
#include "mapserver/control.h"

#define LIST_DEFAULT 1000
#define LIST_MAX     10000

struct listing {
	struct mapserver *ms;
	const struct api_request *req;
	struct json_object *list;
	struct mono now;
	const char *site; /* NULL: all */
	uint64_t left;
	bool more;
	struct eid last;
};

static const char *state_of(const struct subscription *s)
{
	if (s->state == SUBSCRIPTION_MUTED)
		return "muted";
	return s->expires_ns ? "temporary" : "live";
}

static struct json_object *rlocs_json(const struct subscriber *who)
{
	struct json_object *list = json_object_new_array();
	char text[ADDRESS_TEXT];

	for (unsigned int i = 0; i < who->rloc_count; i++)
		json_object_array_add(list,
			json_object_new_string(address_format(&who->rlocs[i], text, sizeof(text))));
	return list;
}

static struct json_object *subscription_json(const struct subscription *s, struct mono now)
{
	struct json_object *o = json_object_new_object();
	const struct xtr_identity *who = &s->who->xtr->who;
	char nonce[24];

	snprintf(nonce, sizeof(nonce), "0x%016llx", (unsigned long long)s->nonce);
	json_add_eid(o, "eid", &s->topic->eid);
	json_add(o, "state", state_of(s));
	json_add(o, "site", who->site);
	control_put_xtr(o, "subscriber", who);
	json_take(o, "itr_rlocs", rlocs_json(s->who));
	json_add(o, "nonce", nonce);
	json_add_u64(o, "unacknowledged", publish_unacknowledged(s));
	if (s->expires_ns)
		json_add_u64(
			o, "expires_in_s", mono_since_ms(now, (struct mono){s->expires_ns}) / 1000);
	else
		json_add(o, "expires_in_s", NULL);
	return o;
}

static bool list_topic(struct topic *topic, void *arg)
{
	struct listing *l = arg;
	struct subscription *s;

	if (!control_sees(l->ms, l->req, &topic->eid))
		return true;
	if (!l->left) {
		l->more = true;
		return false;
	}
	LIST_FOREACH (s, &topic->list, of_topic) {
		if (l->site && strcmp(l->site, s->who->xtr->who.site) != 0)
			continue;
		json_object_array_add(l->list, subscription_json(s, l->now));
		l->left -= l->left > 0;
	}
	l->last = topic->eid;
	return true;
}

static void list_subscriptions(struct api_request *req, void *arg)
{
	struct mapserver *ms = arg;
	struct subscriptions *table = ms->server->subscriptions;
	struct listing l = {
		.ms = ms, .req = req, .now = mono_now(), .site = api_query(req, "site")};
	struct json_object *o;
	char text[EID_TEXT];
	struct eid after;
	bool has_after;

	if (!api_query_u64(req, "limit", 1, LIST_MAX, LIST_DEFAULT, &l.left) ||
		!control_query_eid(req, "after", &after, &has_after))
		return;
	l.list = json_object_new_array();
	subscriptions_lock(table);
	subscriptions_each(table, has_after ? &after : NULL, list_topic, &l);
	subscriptions_unlock(table);
	o = json_object_new_object();
	json_take(o, "subscriptions", l.list);
	json_add(o, "next", l.more ? eid_format(&l.last, text, sizeof(text)) : NULL);
	api_reply(req, 200, o);
}

const struct api_route control_subscription_routes[] = {
	{"GET", "/v1/subscriptions?site&iid&limit&after", list_subscriptions,
		"who is told of which EIDs"},
};
const size_t control_subscription_route_count =
	sizeof(control_subscription_routes) / sizeof(control_subscription_routes[0]);
