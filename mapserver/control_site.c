/* control_site: /v1/sites: sites as JSON, and the operator's. A change makes a new table, which
 * takes the place of the old one as a whole; the threads see either. */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/rcu.h"
#include "lib/service/json.h"
#include "lisp/stored.h"
#include "mapserver/control.h"

/* Words of the JSON, by the value of their enum; the first is the default. */
static const char *const proxy_words[] = {"as-registered", "always", "never", NULL};
static const char *const move_words[] = {"last-writer", "owner-first", NULL};
static const char *const length_words[] = {"truncated", "full", NULL};
static const char *const scope_words[] = {"message", "records", NULL};
static const char *const replay_words[] = {"strict", "off", NULL};
static const char *const policy_words[] = {"answer", "drop", NULL};
static const char *const alg_words[] = {
	"none", "hmac-sha1-96", "hmac-sha256-128", "hmac-sha256-128-hkdf", NULL};

/* ---- as JSON ---- */

const char *control_site_algorithm(enum auth_alg alg)
{
	return alg_words[alg];
}

const char *control_site_key_origin(const struct site *s, const struct site_key *k)
{
	return k->from_api || s->from_api ? "api" : "config";
}

/* What an operator configured, without what changes by itself. */
static struct json_object *configured_json(const struct site *s)
{
	struct json_object *o = json_object_new_object(), *keys = json_object_new_array(),
			   *prefixes = json_object_new_array(), *otk_keys = json_object_new_array();

	for (unsigned int i = 0; i < s->otk_keys.count; i++) {
		struct json_object *k = json_object_new_object();

		json_add_u64(k, "id", s->otk_keys.list[i].id);
		json_object_array_add(otk_keys, k);
	}
	for (unsigned int i = 0; i < s->key_count; i++) {
		struct json_object *k = json_object_new_object();

		json_add_u64(k, "id", s->keys[i].id);
		json_add(k, "algorithm", alg_words[s->keys[i].alg]);
		json_add(k, "origin", control_site_key_origin(s, &s->keys[i]));
		json_object_array_add(keys, k);
	}
	for (unsigned int i = 0; i < s->prefix_count; i++) {
		struct json_object *p = json_object_new_object();

		json_add_eid(p, "prefix", &s->prefixes[i].eid);
		json_add_bool(p, "accept_more_specifics", s->prefixes[i].accept_more_specifics);
		json_add_bool(p, "shared", s->prefixes[i].shared);
		json_object_array_add(prefixes, p);
	}
	json_add(o, "name", s->name);
	json_take(o, "keys", keys);
	json_take(o, "lisp_sec_keys", otk_keys);
	json_take(o, "eid_prefixes", prefixes);
	json_add(o, "proxy_reply", proxy_words[s->proxy]);
	json_add(o, "move", move_words[s->move]);
	json_add(o, "mac_length", length_words[s->auth.full_length]);
	json_add(o, "mac_scope", scope_words[s->auth.records_only]);
	json_add(o, "replay", replay_words[s->replay_off]);
	json_add(o, "policy", policy_words[s->drop_policy]);
	json_add_bool(o, "subscribe", s->subscribe);
	control_site_add_askers(o, s);
	json_add(o, "origin", s->from_api ? "api" : "config");
	return o;
}

/* Of @s, whose configured_json() is @o, and of what it does not show. Without this daemon's secret
 * nobody can try out keys on it. 53 bits, exact in any JSON reader. */
static uint64_t version_of(struct mapserver *ms, const struct site *s, struct json_object *o)
{
	struct {
		uint64_t words, keys[SITE_KEYS_MAX], otk_keys[2];
	} all = {0};
	struct hash_key key;
	const char *text;
	size_t len;

	hash_key_set(&key, ms->secret);
	text = json_object_to_json_string_length(o, JSON_C_TO_STRING_PLAIN, &len);
	all.words = hash_bytes(&key, text, len);
	for (unsigned int i = 0; i < s->key_count; i++)
		all.keys[i] = s->keys[i].fingerprint;
	for (unsigned int i = 0; i < s->otk_keys.count; i++)
		all.otk_keys[i] =
			hash_bytes(&key, s->otk_keys.list[i].psk, s->otk_keys.list[i].len);
	return hash_bytes(&key, &all, sizeof(all)) >> 11;
}

uint64_t control_site_version(struct mapserver *ms, const struct site *s)
{
	struct json_object *o = configured_json(s);
	uint64_t version = version_of(ms, s, o);

	json_object_put(o);
	return version;
}

struct json_object *control_site_json(struct mapserver *ms, const struct site *s, size_t eids)
{
	struct json_object *o = configured_json(s);

	json_add_u64(o, "version", version_of(ms, s, o));
	json_add_u64(o, "eids", eids);
	return o;
}

static void reply_site(
	struct mapserver *ms, struct api_request *req, int status, const struct site *s)
{
	api_set_etag(req, control_site_version(ms, s));
	api_reply(req, status, control_site_json(ms, s, control_site_eids(ms, s->name)));
}

struct site *control_site_find(struct mapserver *ms, struct api_request *req)
{
	const char *name = api_param(req, "name");
	struct site *s = ms->server->sites ? site_table_named(ms->server->sites, name) : NULL;

	if (s && control_sees_site(ms, req, s))
		return s;
	api_problem_as(req, 404, "no-such-site", "no site %s", name);
	return NULL;
}

static void get_site(struct api_request *req, void *arg)
{
	struct site *s = control_site_find(arg, req);

	if (s)
		reply_site(arg, req, 200, s);
}

/* ---- reading a body ---- */

/* The word's number in @words; absent: 0. */
static bool read_word(struct json_object *o, const char *key, const char *const *words,
	unsigned int *out, char *why, size_t size)
{
	const char *text = NULL;
	size_t n;

	*out = 0;
	if (!json_get_text(o, key, 32, &text, NULL, why, size))
		return false;
	for (unsigned int i = 0; text && words[i]; i++)
		if (!strcmp(text, words[i])) {
			*out = i;
			return true;
		}
	if (!text)
		return true;
	n = (size_t)snprintf(why, size, "%s: \"%s\" is none of", key, text);
	for (unsigned int i = 0; words[i] && n < size; i++)
		n += (size_t)snprintf(why + n, size - n, " %s", words[i]);
	return false;
}

bool control_site_read_key(struct json_object *o, struct site *s, char *why, size_t size, int *err)
{
	static const char *const known[] = {"id", "algorithm", "key", NULL};
	unsigned int alg = AUTH_HMAC_SHA256_128;
	const char *psk = NULL;
	uint64_t id = 0;
	bool given = false, has_alg;

	*err = -EINVAL;
	if (!json_object_is_type(o, json_type_object)) {
		snprintf(why, size, "a key is an object");
		return false;
	}
	has_alg = json_object_object_get_ex(o, "algorithm", NULL);
	if (!json_only(o, known, why, size) ||
		!json_get_u64(o, "id", 0, 255, &id, &given, why, size) ||
		!json_get_text(o, "key", AUTH_KEY_MAX, &psk, NULL, why, size) ||
		(has_alg && !read_word(o, "algorithm", alg_words, &alg, why, size)))
		return false;
	if (!given || !psk || !*psk || alg == AUTH_NONE) {
		snprintf(why, size,
			"a key needs id, key (1 to %d bytes) and an algorithm other than none",
			AUTH_KEY_MAX);
		return false;
	}
	*err = site_add_key(s, (uint8_t)id, (enum auth_alg)alg, psk, strlen(psk));
	if (*err == -ENOSPC)
		snprintf(why, size, "at most %d keys", SITE_KEYS_MAX);
	else if (*err)
		snprintf(why, size, "key %u: %s", (unsigned int)id,
			*err == -EEXIST ? "its id is taken" : strerror(-*err));
	return *err == 0;
}

static bool read_key(struct json_object *o, struct site *s, char *why, size_t size)
{
	int err;

	return control_site_read_key(o, s, why, size, &err);
}

static bool read_otk_key(struct json_object *o, struct site *s, char *why, size_t size)
{
	static const char *const known[] = {"id", "key", NULL};
	const char *psk = NULL;
	bool given = false;
	uint64_t id = 0;
	int err;

	if (!json_object_is_type(o, json_type_object)) {
		snprintf(why, size, "a key is an object");
		return false;
	}
	if (!json_only(o, known, why, size) ||
		!json_get_u64(o, "id", 0, 255, &id, &given, why, size) ||
		!json_get_text(o, "key", OTK_PSK_MAX, &psk, NULL, why, size))
		return false;
	if (!given || !psk || !*psk) {
		snprintf(why, size, "a LISP-SEC key needs id and key (1 to %d bytes)", OTK_PSK_MAX);
		return false;
	}
	err = otk_keys_add(&s->otk_keys, (uint8_t)id, psk, strlen(psk));
	if (err)
		snprintf(why, size, "LISP-SEC key %u: %s", (unsigned int)id,
			err == -EEXIST ? "its id is taken" : "at most two keys");
	return err == 0;
}

static bool read_prefix(struct json_object *o, struct site *s, char *why, size_t size)
{
	static const char *const known[] = {"prefix", "accept_more_specifics", "shared", NULL};
	const char *text = NULL, *reason = "";
	bool more_specifics = false, shared = false;
	struct eid eid;

	if (!json_object_is_type(o, json_type_object)) {
		snprintf(why, size, "an EID-prefix is an object");
		return false;
	}
	if (!json_only(o, known, why, size) ||
		!json_get_text(o, "prefix", EID_TEXT, &text, NULL, why, size) ||
		!json_get_bool(o, "accept_more_specifics", &more_specifics, NULL, why, size) ||
		!json_get_bool(o, "shared", &shared, NULL, why, size))
		return false;
	if (!text || !eid_parse(&eid, text, &reason)) {
		snprintf(why, size, "prefix: %s: %s", text ? text : "missing", reason);
		return false;
	}
	if (site_add_prefix(s, &eid, more_specifics)) {
		snprintf(why, size, "no memory");
		return false;
	}
	if (shared)
		site_share_prefix(s);
	return true;
}

static bool read_list(struct json_object *body, const char *key, struct site *s,
	bool (*read_one)(struct json_object *o, struct site *s, char *why, size_t size), char *why,
	size_t size)
{
	struct json_object *list = NULL;

	if (!json_object_object_get_ex(body, key, &list) ||
		!json_object_is_type(list, json_type_array) || !json_object_array_length(list)) {
		snprintf(why, size, "%s must be a list that is not empty", key);
		return false;
	}
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (!read_one(json_object_array_get_idx(list, i), s, why, size))
			return false;
	return true;
}

static bool read_options(struct json_object *body, struct site *s, char *why, size_t size)
{
	unsigned int proxy, move, length, scope, replay, policy;
	bool subscribe = true;

	if (!read_word(body, "proxy_reply", proxy_words, &proxy, why, size) ||
		!read_word(body, "move", move_words, &move, why, size) ||
		!read_word(body, "mac_length", length_words, &length, why, size) ||
		!read_word(body, "mac_scope", scope_words, &scope, why, size) ||
		!read_word(body, "replay", replay_words, &replay, why, size) ||
		!read_word(body, "policy", policy_words, &policy, why, size) ||
		!json_get_bool(body, "subscribe", &subscribe, NULL, why, size))
		return false;
	s->proxy = (enum site_proxy)proxy;
	s->move = (enum site_move)move;
	s->auth.full_length = length;
	s->auth.records_only = scope;
	s->replay_off = replay;
	s->drop_policy = policy;
	s->subscribe = subscribe;
	return true;
}

static bool is_empty(struct json_object *body, const char *key)
{
	struct json_object *list = NULL;

	return !json_object_object_get_ex(body, key, &list) ||
	       (json_object_is_type(list, json_type_array) && !json_object_array_length(list));
}

/* Of pure ITRs, which register nothing and subscribe by LISP-SEC: it needs neither key nor prefix.
 */
static bool only_asks(struct json_object *body, const struct site *s)
{
	return s->subscriber_count && is_empty(body, "keys") && is_empty(body, "eid_prefixes");
}

/* A site of the API from its JSON; NULL with the reason in @why. */
static struct site *make_site(
	struct mapserver *ms, const char *name, struct json_object *body, char *why, size_t size)
{
	static const char *const known[] = {"keys", "lisp_sec_keys", "eid_prefixes", "proxy_reply",
		"move", "mac_length", "mac_scope", "replay", "policy", "subscribe", "site_ids",
		"subscribers", "itr_rlocs", NULL};
	struct site *s = site_new(name, ms->slots);

	if (!s) {
		snprintf(why, size, "no memory");
		return NULL;
	}
	if (!json_object_is_type(body, json_type_object))
		snprintf(why, size, "the body must be an object");
	else if (json_only(body, known, why, size) &&
		 control_site_read_askers(body, s, why, size) &&
		 (only_asks(body, s) || read_list(body, "keys", s, read_key, why, size)) &&
		 (!json_object_object_get_ex(body, "lisp_sec_keys", NULL) ||
			 read_list(body, "lisp_sec_keys", s, read_otk_key, why, size)) &&
		 (only_asks(body, s) ||
			 read_list(body, "eid_prefixes", s, read_prefix, why, size)) &&
		 read_options(body, s, why, size)) {
		s->from_api = true;
		s->stored = strdup(json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN));
		return s;
	}
	site_unref(s);
	return NULL;
}

/* NULL: answered. */
static struct site *read_site(struct mapserver *ms, struct api_request *req)
{
	const char *name = api_param(req, "name");
	struct json_object *body = api_body(req);
	char why[256] = "";
	struct site *s;

	if (!body)
		return NULL;
	if (!*name || strlen(name) > SITE_NAME_MAX) {
		api_problem(req, 400, "a site's name has 1 to %d bytes", SITE_NAME_MAX);
		return NULL;
	}
	s = make_site(ms, name, body, why, sizeof(why));
	if (!s)
		api_problem_as(req, 400, "bad-value", "%s", why);
	return s;
}

/* ---- in the store ---- */

int control_site_keep(struct mapserver *ms, const char *name, const char *value)
{
	const struct store_change change = {.table = STORED_SITES,
		.key = name,
		.key_len = strlen(name),
		.value = value,
		.value_len = value ? strlen(value) : 0};
	struct store *store = storage_store(&ms->storage);

	return store && ms->sites_restored ? store_commit(store, &change, 1) : -ENODEV;
}

/* What the operator changes is kept before it counts: what would be gone, or be back, after a
 * restart is not done. False: answered. */
static bool keep_or_refuse(
	struct mapserver *ms, struct api_request *req, const char *name, const char *value)
{
	int err = control_site_keep(ms, name, value);

	if (!err)
		return true;
	api_set_header(req, "Retry-After", "2");
	api_problem_as(req, 503, "store-failing",
		"nothing is changed: the store fails (%s), and a restart would undo it; GET /readyz "
		"says when it takes changes again",
		err == -ENODEV ? "it cannot be opened" : strerror(-err));
	return false;
}

struct restoring {
	struct mapserver *ms;
	struct site_table *sites;
};

static void restore(const struct restoring *r, const char *name, struct json_object *body)
{
	struct mapserver *ms = r->ms;
	const struct site *holder;
	char why[256] = "";
	struct site *s;
	int err;

	if (control_key_is_record(body)) {
		control_key_restore(ms, site_table_named(r->sites, name), body);
		return;
	}
	s = make_site(ms, name, body, why, sizeof(why));
	if (s && !control_tenant_fits(ms, s, why, sizeof(why))) {
		log_error(ms->log, "site %s, put by the API before, ends: %s", name, why);
		site_unref(s);
		return;
	}
	err = s ? site_table_add(r->sites, s, &holder) : 0;
	if (!s)
		log_error(ms->log, "site %s, put by the API before, cannot be read: %s", name, why);
	else if (err)
		log_warning(
			ms->log, "site %s, put by the API before, gives way to the file's", name);
}

static bool restore_one(
	void *arg, const void *key, size_t key_len, const void *value, size_t value_len)
{
	struct json_tokener *t = json_tokener_new();
	struct json_object *body = t ? json_tokener_parse_ex(t, value, (int)value_len) : NULL;
	char name[SITE_NAME_MAX + 1];

	if (key_len <= SITE_NAME_MAX) {
		snprintf(name, sizeof(name), "%.*s", (int)key_len, (const char *)key);
		restore(arg, name, body);
	}
	json_object_put(body);
	if (t)
		json_tokener_free(t);
	return true;
}

/* What the store has of sites, into @sites. False: not all could be read; told once. */
static bool restore_into(struct mapserver *ms, struct store *store, struct site_table *sites)
{
	struct restoring r = {ms, sites};
	int err = store_scan(store, STORED_SITES, NULL, 0, restore_one, &r);

	if (err && err != ms->sites_error)
		log_error(ms->log, "the store's sites and keys cannot be read: %s", strerror(-err));
	ms->sites_error = err;
	ms->sites_restored = !err;
	return !err;
}

void control_site_restore(struct mapserver *ms)
{
	struct store *store = storage_store(&ms->storage);

	if (store && ms->server->sites)
		restore_into(ms, store, ms->server->sites);
}

/* All sites of now, each a copy that may be changed. NULL: no memory. */
static struct site_table *copy_of_sites(struct mapserver *ms)
{
	const struct site_table *old = ms->server->sites;
	struct site_table *t = site_table_new(ms->secret);
	const struct site *holder;

	for (size_t i = 0; t && i < site_table_count(old); i++) {
		struct site *s = site_copy(site_table_at(old, i));

		if (!s || site_table_add(t, s, &holder) < 0) {
			site_table_free(t);
			t = NULL;
		}
	}
	return t;
}

void control_site_restore_late(struct mapserver *ms)
{
	struct store *store = storage_store(&ms->storage);
	struct site_table *t;

	if (!store || ms->sites_restored || !ms->server->sites)
		return;
	t = copy_of_sites(ms);
	if (t && restore_into(ms, store, t)) {
		mapserver_set_sites(ms, t);
		log_info(ms->log, "store: the sites and keys of the API are taken in");
	} else if (t) {
		site_table_free(t);
	}
}

/* ---- changing ---- */

bool control_site_allows(struct mapserver *ms, struct api_request *req, const struct site *s)
{
	char wanted[API_VERSIONS_TEXT];
	struct api_conditions c;

	if (!api_conditions(req, &c))
		return false;
	if (s && c.only_new)
		api_problem_as(req, 412, "site-exists", "there is a site %s already", s->name);
	else if (!s && (c.only_there || c.only_version))
		api_problem(req, 412, "there is no such site, of no version");
	else if (s && !api_version_fits(&c, control_site_version(ms, s)))
		api_problem(req, 412, "site %s has version %" PRIu64 ", not %s", s->name,
			control_site_version(ms, s),
			api_versions_text(c.versions, c.version_count, wanted));
	else
		return true;
	return false;
}

/* Why @s was not taken; @holder is in the way. */
static void refuse_site(struct api_request *req, int err, const struct site *holder)
{
	if (err == -ENOMEM)
		api_problem(req, 503, "no memory");
	else if (err == -EINVAL)
		api_problem_as(req, 409, "prefix-twice", "an EID-prefix stands in it twice");
	else if (err == -EKEYREJECTED)
		api_problem_as(req, 409, "key-taken",
			"site %s, which shares an EID-prefix, has the same key and key-id: nobody could "
			"say whose a message is",
			holder->name);
	else if (err == -ENOSPC)
		api_problem_as(req, 409, "prefix-taken",
			"%d sites share an EID-prefix already, which is the most",
			SITE_SHARERS_MAX);
	else
		api_problem_as(req, 409, "prefix-taken",
			"an EID-prefix belongs to site %s already: several hold it only if each says "
			"shared",
			holder->name);
}

bool control_site_put(struct mapserver *ms, struct api_request *req, struct site *s)
{
	const struct site *holder;
	int err = site_change_begin(&ms->site_change, ms->server->sites, s->name, s, &holder);

	if (err) {
		refuse_site(req, err, holder);
		return false;
	}
	if (!keep_or_refuse(ms, req, s->name, s->stored)) {
		site_change_undo(&ms->site_change);
		return false;
	}
	mapserver_change_sites(ms);
	return true;
}

static void put_site(struct api_request *req, void *arg)
{
	struct mapserver *ms = arg;
	const struct site_table *old = ms->server->sites;
	const char *name = api_param(req, "name");
	const struct site *before = old ? site_table_named(old, name) : NULL;
	struct site *s;

	if (!ms->server->opt.map_server) {
		api_problem_as(req, 409, "not-a-map-server",
			"this daemon is no map-server: its file has no such section");
		return;
	}
	if (before && !control_sees_site(ms, req, before)) {
		api_problem_as(req, 403, "not-in-tenant", "site %s is not tenant %s's", name,
			api_view(req));
		return;
	}
	s = control_site_allows(ms, req, before) ? read_site(ms, req) : NULL;
	if (!s)
		return;
	if (!control_tenant_allows_site(ms, req, s)) {
		site_unref(s);
		return;
	}
	site_ref(s); /* for the answer */
	if (control_site_put(ms, req, s))
		reply_site(ms, req, before ? 200 : 201, s);
	site_unref(s);
}

static void delete_site(struct api_request *req, void *arg)
{
	struct mapserver *ms = arg;
	struct site *s = control_site_find(ms, req);
	const struct site *holder;

	if (!s || !control_site_allows(ms, req, s))
		return;
	if (site_change_begin(&ms->site_change, ms->server->sites, s->name, NULL, &holder)) {
		api_problem(req, 503, "no memory");
		return;
	}
	if (!keep_or_refuse(ms, req, s->name, NULL)) {
		site_change_undo(&ms->site_change);
		return;
	}
	mapserver_change_sites(ms);
	api_reply(req, 204, NULL);
}

const struct api_route control_site_routes[] = {
	{"GET", "/v1/sites?limit&after", control_site_list, "all sites, in pages"},
	{"GET", "/v1/sites/{name}", get_site, "one site"},
	{"PUT", "/v1/sites/{name}", put_site, "add a site, or replace it whole"},
	{"DELETE", "/v1/sites/{name}", delete_site, "take a site away"},
};
const size_t control_site_route_count =
	sizeof(control_site_routes) / sizeof(control_site_routes[0]);
