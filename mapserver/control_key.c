/* control_key: /v1/sites/{name}/keys: a site's keys as resources, so that they can be rotated while
 * its xTRs register: add the new one, change the xTRs over, retire the old one when none uses it.
 *
 * No answer shows a secret. A change makes a copy of the site, which takes its place in a new
 * table; a message that is being checked with the old one goes on. */
#include <ctype.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rcu.h"
#include "lib/net/eid_url.h"
#include "lib/service/json.h"
#include "mapserver/control.h"

struct users {
	const char *site;
	const struct site_key *key;
	size_t xtrs;
};

static void count_user(const struct xtr *x, void *arg)
{
	struct users *u = arg;
	struct xtr_path path;

	if (!strcmp(x->who.site, u->site) && xtr_path_get(x, &path) && path.key_id == u->key->id &&
		path.alg == u->key->alg)
		u->xtrs++;
}

static struct json_object *key_json(
	struct mapserver *ms, const struct site *s, const struct site_key *k)
{
	struct json_object *o = json_object_new_object();
	struct users u = {s->name, k, 0};

	rcu_enter();
	xtr_each(ms->server->xtrs, count_user, &u);
	rcu_leave();
	json_add_u64(o, "id", k->id);
	json_add(o, "algorithm", control_site_algorithm(k->alg));
	json_add(o, "origin", control_site_key_origin(s, k));
	json_add_u64(o, "xtrs", u.xtrs);
	return o;
}

/* The key of the path; NULL: answered. */
static const struct site_key *find_key(struct api_request *req, const struct site *s)
{
	const char *text = api_param(req, "id");
	char *end;
	unsigned long id = strtoul(text, &end, 10);

	for (unsigned int i = 0; isdigit((unsigned char)*text) && !*end && i < s->key_count; i++)
		if (s->keys[i].id == id)
			return &s->keys[i];
	api_problem_as(req, 404, "no-such-key", "site %s has no key %s", s->name, text);
	return NULL;
}

static void list_keys(struct api_request *req, void *arg)
{
	struct json_object *o, *list;
	struct site *s = control_site_find(arg, req);

	if (!s)
		return;
	o = json_object_new_object();
	list = json_object_new_array();
	for (unsigned int i = 0; i < s->key_count; i++)
		json_object_array_add(list, key_json(arg, s, &s->keys[i]));
	json_take(o, "keys", list);
	api_set_etag(req, control_site_version(arg, s));
	api_reply(req, 200, o);
}

static void get_key(struct api_request *req, void *arg)
{
	struct site *s = control_site_find(arg, req);
	const struct site_key *k = s ? find_key(req, s) : NULL;

	if (!k)
		return;
	api_set_etag(req, control_site_version(arg, s));
	api_reply(req, 200, key_json(arg, s, k));
}

/* Where the new key is. */
static void set_location(struct api_request *req, const struct site *s, const struct site_key *k)
{
	char name[3 * SITE_NAME_MAX + 1], location[sizeof(name) + 32];

	if (!url_encode(s->name, name, sizeof(name)))
		return;
	snprintf(location, sizeof(location), "/v1/sites/%s/keys/%u", name, k->id);
	api_set_header(req, "Location", location);
}

/* ---- what outlives a restart ---- */

/* A key as it was added, which only those have that the API added: they are text. */
static struct json_object *secret_json(const struct site_key *k)
{
	struct json_object *o = json_object_new_object();

	json_add_u64(o, "id", k->id);
	json_add(o, "algorithm", control_site_algorithm(k->alg));
	json_take(o, "key", json_object_new_string_len((const char *)k->psk, k->len));
	return o;
}

static struct json_object *secrets_json(const struct site *s)
{
	struct json_object *list = json_object_new_array();

	for (unsigned int i = 0; i < s->key_count; i++)
		if (s->from_api || s->keys[i].from_api)
			json_object_array_add(list, secret_json(&s->keys[i]));
	return list;
}

/* Of a site that the API put: what it put, with the keys of now. Of a file's: only what differs
 * from the file. NULL: nothing. */
static struct json_object *record_json(const struct site *s)
{
	struct json_object *o =
		s->from_api && s->stored ? json_tokener_parse(s->stored) : json_object_new_object();
	struct json_object *keys = secrets_json(s), *retired = json_object_new_array();

	json_take(o, "keys", keys);
	if (s->from_api) {
		json_object_put(retired);
		return o;
	}
	for (unsigned int i = 0; i < s->retired_count; i++)
		json_object_array_add(retired, json_object_new_uint64(s->retired[i]));
	json_take(o, "retired", retired);
	if (json_object_array_length(keys) || s->retired_count)
		return o;
	json_object_put(o);
	return NULL;
}

bool control_key_record(struct site *s)
{
	struct json_object *o = record_json(s);
	const char *text = o ? json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN) : NULL;
	char *stored = text ? strdup(text) : NULL;

	json_object_put(o);
	if (text && !stored)
		return false;
	free(s->stored);
	s->stored = stored;
	return true;
}

bool control_key_is_record(struct json_object *record)
{
	return json_object_object_get_ex(record, "retired", NULL);
}

static void keep(struct mapserver *ms, struct site *s, const struct site *before)
{
	if (!site_keep_keys(s, before))
		log_warning(ms->log,
			"site %s: a key added by the API gives way to those of the file", s->name);
	control_key_record(s);
}

void control_key_keep(struct mapserver *ms, struct site *s, const struct site *before)
{
	keep(ms, s, before);
	if ((s->stored || before->stored) && control_site_keep(ms, s->name, s->stored))
		log_error(ms->log,
			"site %s: what was done to its keys is not in the store, which fails",
			s->name);
}

void control_key_restore(struct mapserver *ms, struct site *s, struct json_object *record)
{
	struct json_object *keys = json_object_object_get(record, "keys"),
			   *retired = json_object_object_get(record, "retired");
	struct site *before = s && !s->from_api ? site_new(s->name, ms->slots) : NULL;
	char why[256];
	int err;

	if (!before)
		return; /* the file has it no more */
	for (size_t i = 0; keys && i < json_object_array_length(keys); i++)
		if (control_site_read_key(
			    json_object_array_get_idx(keys, i), before, why, sizeof(why), &err))
			before->keys[before->key_count - 1].from_api = true;
	for (size_t i = 0; i < json_object_array_length(retired) && i < SITE_RETIRED_MAX; i++)
		before->retired[before->retired_count++] =
			json_object_get_uint64(json_object_array_get_idx(retired, i));
	keep(ms, s, before);
	site_unref(before);
}

/* ---- changing ---- */

/* The site with one key more; NULL: answered. */
static struct site *with_new_key(struct api_request *req, const struct site *now)
{
	struct json_object *body = api_body(req);
	char why[256] = "";
	struct site *s;
	int err;

	if (!body)
		return NULL;
	s = site_copy(now);
	if (!s) {
		api_problem(req, 503, "no memory");
		return NULL;
	}
	if (control_site_read_key(body, s, why, sizeof(why), &err)) {
		s->keys[s->key_count - 1].from_api = true;
		if (control_key_record(s))
			return s;
		err = -ENOMEM;
	}
	site_unref(s);
	if (err == -ENOSPC)
		api_problem_as(req, 409, "too-many-keys",
			"site %s has %d keys, which is the most: retire one first", now->name,
			SITE_KEYS_MAX);
	else if (err == -ENOMEM)
		api_problem(req, 503, "no memory");
	else if (err == -EEXIST)
		api_problem_as(req, 409, "key-id-taken", "%s", why);
	else
		api_problem_as(req, 400, "bad-value", "%s", why);
	return NULL;
}

static void post_key(struct api_request *req, void *arg)
{
	struct mapserver *ms = arg;
	struct site *now = control_site_find(ms, req), *s;

	if (!now || !control_site_allows(ms, req, now))
		return;
	if (!now->prefix_count) {
		api_problem_as(req, 409, "no-prefixes",
			"site %s has no EID-prefix: nobody could register anything with a key",
			now->name);
		return;
	}
	s = with_new_key(req, now);
	if (!s)
		return;
	site_ref(s); /* for the answer */
	if (control_site_put(ms, req, s)) {
		const struct site_key *k = &s->keys[s->key_count - 1];

		set_location(req, s, k);
		api_set_etag(req, control_site_version(ms, s));
		api_reply(req, 201, key_json(ms, s, k));
	}
	site_unref(s);
}

static void delete_key(struct api_request *req, void *arg)
{
	struct mapserver *ms = arg;
	struct site *now = control_site_find(ms, req), *s;
	const struct site_key *k = now ? find_key(req, now) : NULL;

	if (!k || !control_site_allows(ms, req, now))
		return;
	s = site_copy(now);
	if (!s) {
		api_problem(req, 503, "no memory");
	} else if (site_retire_key(s, k->id) == -EBUSY) {
		api_problem_as(req, 409, "last-key",
			"key %u is the only one of site %s: add another first", k->id, s->name);
		site_unref(s);
	} else if (!control_key_record(s)) {
		api_problem(req, 503, "no memory");
		site_unref(s);
	} else if (control_site_put(ms, req, s)) {
		api_reply(req, 204, NULL);
	}
}

const struct api_route control_key_routes[] = {
	{"GET", "/v1/sites/{name}/keys", list_keys, "a site's keys, without their secrets"},
	{"POST", "/v1/sites/{name}/keys", post_key, "add a key; a site has at most two"},
	{"GET", "/v1/sites/{name}/keys/{id}", get_key, "one key, and how many xTRs use it"},
	{"DELETE", "/v1/sites/{name}/keys/{id}", delete_key, "retire a key"},
};
const size_t control_key_route_count = sizeof(control_key_routes) / sizeof(control_key_routes[0]);
