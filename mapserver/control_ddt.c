/* control_ddt: GET /v1/ddt: the DDT node's prefixes and delegations, and what the resolver has kept
 * of the tree. docs/api.md says what stands in it. */
#include <json-c/json.h>
#include <stdio.h>

#include "lib/base/rcu.h"
#include "lib/service/json.h"
#include "mapserver/control.h"
#include "mapserver/ddt_resolver.h"

#define LIST_DEFAULT 1000
#define LIST_MAX     10000

static void add_tag(struct json_object *tags, const struct referral_key *k)
{
	char text[8];

	snprintf(text, sizeof(text), "%04x", referral_key_tag(k));
	json_object_array_add(tags, json_object_new_string(text));
}

/* ---- the node ---- */

static struct json_object *nodes_of(const struct delegation *d)
{
	struct json_object *list = json_object_new_array();

	for (unsigned int i = 0; i < d->child_count; i++) {
		const struct delegation_child *c = &d->children[i];
		struct json_object *o = json_object_new_object(), *tags = json_object_new_array();

		json_add_address(o, "address", &c->addr);
		json_add_u64(o, "priority", c->priority);
		json_add_u64(o, "weight", c->weight);
		for (unsigned int k = 0; k < c->key_count; k++)
			add_tag(tags, c->keys[k]);
		json_take(o, "keys", tags);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *prefix_of(const struct authority *a)
{
	struct json_object *o = json_object_new_object(), *peers = json_object_new_array();
	char text[ADDRESS_TEXT];

	json_add_eid(o, "prefix", &a->prefix);
	for (unsigned int i = 0; i < a->peer_count; i++)
		json_object_array_add(peers,
			json_object_new_string(address_format(&a->peers[i], text, sizeof(text))));
	json_take(o, "peers", peers);
	return o;
}

static void add_node(struct json_object *o, const struct delegation_table *t)
{
	struct json_object *prefixes = json_object_new_array(), *list = json_object_new_array();
	struct json_object *tags = json_object_new_array();
	const struct ddt_signer *signer = t ? delegation_table_signer(t) : NULL;
	bool root = false;

	for (size_t i = 0; t && i < delegation_authorities(t); i++) {
		const struct authority *a = delegation_authority_at(t, i);

		root |= a->root;
		if (!a->root)
			json_object_array_add(prefixes, prefix_of(a));
	}
	for (size_t i = 0; t && i < delegation_count(t); i++) {
		const struct delegation *d = delegation_at(t, i);
		struct json_object *row = json_object_new_object();

		json_add_eid(row, "prefix", &d->prefix);
		json_add_bool(row, "map_servers", d->map_servers);
		json_take(row, "nodes", nodes_of(d));
		json_object_array_add(list, row);
	}
	for (unsigned int i = 0; signer && i < ddt_signer_count(signer); i++)
		add_tag(tags, ddt_signer_key(signer, i));
	json_add_bool(o, "root", root);
	json_take(o, "sign_keys", tags);
	json_take(o, "prefixes", prefixes);
	json_take(o, "delegations", list);
}

/* ---- the resolver ---- */

static struct json_object *rlocs_of(const struct referral *r, struct mono now)
{
	struct json_object *list = json_object_new_array();

	for (unsigned int i = 0; i < r->rloc_count; i++) {
		const struct referral_rloc *rloc = &r->rlocs[i];
		struct json_object *o = json_object_new_object(), *tags = json_object_new_array();

		json_add_endpoint(o, "address", &rloc->at);
		json_add_u64(o, "priority", rloc->priority);
		json_add_u64(o, "weight", rloc->weight);
		json_add_bool(o, "silent", !mono_due(rloc->down_until, now));
		for (unsigned int k = 0; k < rloc->key_count; k++) {
			struct referral_key *key = referral_key_public(
				r->key_bytes + rloc->keys[k].offset, rloc->keys[k].len);

			if (key)
				add_tag(tags, key);
			referral_key_free(key);
		}
		json_take(o, "keys", tags);
		json_object_array_add(list, o);
	}
	return list;
}

struct listing {
	struct json_object *roots, *referrals;
	struct mono now;
	uint64_t left;
	bool more;
};

static bool list_referral(const struct referral *r, void *arg)
{
	static const char *const acts[8] = {"node-referral", "ms-referral", "ms-ack",
		"ms-not-registered", "delegation-hole", "not-authoritative", "6", "7"};
	struct listing *l = arg;
	struct json_object *o;

	if (r->root) {
		l->roots = rlocs_of(r, l->now);
		return true;
	}
	if (!mono_before(l->now, r->expiry))
		return true;
	l->more = l->left == 0;
	if (l->more)
		return false;
	l->left--;
	o = json_object_new_object();
	json_add_eid(o, "prefix", &r->prefix);
	json_add(o, "action", acts[r->act & 7]);
	json_add_u64(o, "expires_s", mono_since_ms(l->now, r->expiry) / 1000);
	json_take(o, "rlocs", rlocs_of(r, l->now));
	json_object_array_add(l->referrals, o);
	return true;
}

static void add_resolver(struct json_object *o, struct ddt_resolver *r, uint64_t limit)
{
	struct listing l = {.referrals = json_object_new_array(), .now = mono_now(), .left = limit};
	struct ddt_resolver_state state = {.secure = false};

	if (r) {
		state = ddt_resolver_state(r);
		ddt_resolver_each(r, list_referral, &l);
	}
	json_add_bool(o, "signed_only", state.secure);
	json_add_u64(o, "searches", state.pending);
	json_take(o, "roots", l.roots ? l.roots : json_object_new_array());
	json_take(o, "referrals", l.referrals);
	json_add_bool(o, "more", l.more);
}

static void get_ddt(struct api_request *req, void *arg)
{
	struct mapserver *ms = arg;
	struct json_object *o;
	uint64_t limit;

	if (!api_query_u64(req, "limit", 1, LIST_MAX, LIST_DEFAULT, &limit))
		return;
	o = json_object_new_object();
	rcu_enter();
	add_node(o, rcu_load(&ms->server->delegations));
	rcu_leave();
	add_resolver(o, ms->server->ddt, limit);
	api_reply(req, 200, o);
}

const struct api_route control_ddt_routes[] = {
	{"GET", "/v1/ddt?limit", get_ddt,
		"what is delegated to whom, and the referrals that are kept"},
};
const size_t control_ddt_route_count = sizeof(control_ddt_routes) / sizeof(control_ddt_routes[0]);
