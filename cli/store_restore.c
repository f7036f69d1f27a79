/* store_restore: a store from the lines of a dump. All of it is written beside the directory's
 * store first, and takes its place only when every line was right. */
#include <errno.h>
#include <json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/store.h"
#include "cli/verbs.h"
#include "lib/store/store.h"
#include "lisp/stored_subscription.h"

#define BATCH 512
#define VALUE 4096

/* A record on its way into the store. */
struct record {
	unsigned int table;
	uint8_t key[STORE_KEY_MAX];
	size_t key_len;
	uint8_t value[VALUE];
	char *text; /* the value, where it is text of any length; else NULL */
	size_t len;
};

struct restore {
	struct store *store;
	struct record *records; /* BATCH */
	size_t count;
	unsigned long lines;
	char why[400];
};

/* ---- members of a line ---- */

static bool wrong(struct restore *r, const char *key, const char *want)
{
	if (!*r->why)
		snprintf(r->why, sizeof(r->why), "%s: want %s", key, want);
	return false;
}

static const char *text_of(struct restore *r, struct json_object *o, const char *key)
{
	struct json_object *v;

	if (json_object_object_get_ex(o, key, &v) && json_object_is_type(v, json_type_string))
		return json_object_get_string(v);
	wrong(r, key, "a string");
	return "";
}

static uint64_t number_of(struct restore *r, struct json_object *o, const char *key, uint64_t most)
{
	struct json_object *v;
	uint64_t n;

	if (!json_object_object_get_ex(o, key, &v) || !json_object_is_type(v, json_type_int)) {
		wrong(r, key, "a number");
		return 0;
	}
	n = json_object_get_uint64(v);
	if (n > most)
		wrong(r, key, "a smaller number");
	return n;
}

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t hex_of(struct restore *r, struct json_object *o, const char *key, uint8_t *out,
	size_t least, size_t most)
{
	const char *text = text_of(r, o, key);
	size_t len = strlen(text) / 2;

	if (strlen(text) % 2 || len < least || len > most) {
		wrong(r, key, "hexadecimal digits, of the right number");
		return 0;
	}
	for (size_t i = 0; i < len; i++) {
		int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);

		if (high < 0 || low < 0) {
			wrong(r, key, "hexadecimal digits");
			return 0;
		}
		out[i] = (uint8_t)(high << 4 | low);
	}
	return len;
}

/* ---- one reader a kind ---- */

static void read_nonce(struct restore *r, struct json_object *o, struct record *rec)
{
	rec->table = STORED_NONCES;
	rec->key_len = hex_of(r, o, "key", rec->key, 32, 32);
	rec->len = hex_of(r, o, "nonce", rec->value, 8, 8);
}

static void read_text_key(
	struct restore *r, struct json_object *o, const char *key, struct record *rec)
{
	const char *text = text_of(r, o, key);

	rec->key_len = strlen(text);
	if (!rec->key_len || rec->key_len > STORED_NAME_MAX)
		wrong(r, key, "1 to 63 bytes");
	else
		memcpy(rec->key, text, rec->key_len);
}

static void read_state(struct restore *r, struct json_object *o, struct record *rec)
{
	rec->table = STORED_STATE;
	read_text_key(r, o, "key", rec);
	rec->len = hex_of(r, o, "value", rec->value, 0, 64);
}

static void read_site(struct restore *r, struct json_object *o, struct record *rec)
{
	struct json_object *body;

	rec->table = STORED_SITES;
	read_text_key(r, o, "name", rec);
	if (!json_object_object_get_ex(o, "body", &body) ||
		!json_object_is_type(body, json_type_object)) {
		wrong(r, "body", "an object");
		return;
	}
	rec->text = strdup(json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN));
	if (!rec->text)
		wrong(r, "body", "more memory for it");
	else
		rec->len = strlen(rec->text);
}

static void read_mapping(struct restore *r, struct json_object *o, struct record *rec)
{
	bool gone = !strcmp(text_of(r, o, "kind"), "tombstone");
	struct stored_mapping m = {.gone = gone,
		.seq = number_of(r, o, "seq", UINT64_MAX),
		.wall_s = (uint32_t)number_of(r, o, "written_at", UINT32_MAX)};
	const char *reason = "";
	struct eid eid;

	if (!gone) {
		m.life_s = (uint32_t)number_of(r, o, "life_s", UINT32_MAX);
		m.flags = (uint8_t)number_of(r, o, "flags", 255);
		m.ttl_min = (uint32_t)number_of(r, o, "ttl_min", UINT32_MAX);
		m.map_version = (uint16_t)number_of(r, o, "map_version", 4095);
		m.owner = (uint32_t)number_of(r, o, "owner", UINT32_MAX);
		m.set = number_of(r, o, "locators", UINT64_MAX);
	}
	rec->table = STORED_MAPPINGS;
	if (!eid_parse(&eid, text_of(r, o, "eid"), &reason))
		wrong(r, "eid", reason);
	else
		rec->key_len = stored_eid_key(rec->key, sizeof(rec->key), &eid);
	rec->len = stored_mapping_write(rec->value, sizeof(rec->value), &m);
}

static struct stored_part read_part(struct restore *r, struct json_object *o)
{
	return (struct stored_part){.flags = (uint8_t)number_of(r, o, "flags", 255),
		.ttl_min = (uint32_t)number_of(r, o, "ttl_min", UINT32_MAX),
		.map_version = (uint16_t)number_of(r, o, "map_version", 4095),
		.owner = (uint32_t)number_of(r, o, "owner", UINT32_MAX),
		.set = number_of(r, o, "locators", UINT64_MAX),
		.wall_s = (uint32_t)number_of(r, o, "written_at", UINT32_MAX),
		.life_s = (uint32_t)number_of(r, o, "life_s", UINT32_MAX)};
}

static void read_parts(struct restore *r, struct json_object *o, struct record *rec)
{
	struct stored_part parts[STORED_PARTS_MAX];
	struct json_object *list = NULL;
	const char *reason = "";
	unsigned int count = 0;
	struct eid eid;

	rec->table = STORED_PARTS;
	if (!json_object_object_get_ex(o, "parts", &list) ||
		!json_object_is_type(list, json_type_array) || !json_object_array_length(list) ||
		json_object_array_length(list) > STORED_PARTS_MAX) {
		wrong(r, "parts", "a list of 1 to 64");
		return;
	}
	for (; count < json_object_array_length(list); count++)
		parts[count] = read_part(r, json_object_array_get_idx(list, count));
	if (!eid_parse(&eid, text_of(r, o, "eid"), &reason))
		wrong(r, "eid", reason);
	else
		rec->key_len = stored_eid_key(rec->key, sizeof(rec->key), &eid);
	rec->len = stored_parts_write(rec->value, sizeof(rec->value), parts, count);
}

static void read_set(struct restore *r, struct json_object *o, struct record *rec)
{
	uint8_t wire[VALUE - 16];
	struct stored_set s = {.count = (uint8_t)number_of(r, o, "count", 255), .wire = wire};

	s.len = hex_of(r, o, "wire", wire, 1, sizeof(wire));
	rec->table = STORED_SETS;
	rec->key_len = STORED_SET_KEY;
	stored_set_key(rec->key, number_of(r, o, "number", UINT64_MAX));
	rec->len = stored_set_write(rec->value, sizeof(rec->value), &s);
}

static void read_owner(struct restore *r, struct json_object *o, struct record *rec)
{
	struct stored_owner owner = {.site_id = number_of(r, o, "site_id", UINT64_MAX)};
	const char *site = text_of(r, o, "site");

	if (!*site || strlen(site) > STORED_NAME_MAX)
		wrong(r, "site", "1 to 63 bytes");
	snprintf(owner.site, sizeof(owner.site), "%s", site);
	hex_of(r, o, "xtr_id", owner.xtr_id.bytes, sizeof(owner.xtr_id.bytes),
		sizeof(owner.xtr_id.bytes));
	rec->table = STORED_OWNERS;
	rec->key_len = STORED_OWNER_KEY;
	stored_owner_key(rec->key, (uint32_t)number_of(r, o, "number", UINT32_MAX));
	rec->len = stored_owner_write(rec->value, sizeof(rec->value), &owner);
}

/* ---- subscriptions ---- */

static uint64_t nonce_of(struct restore *r, struct json_object *o, const char *key)
{
	uint8_t bytes[8] = {0};
	uint64_t n = 0;

	hex_of(r, o, key, bytes, sizeof(bytes), sizeof(bytes));
	for (unsigned int i = 0; i < sizeof(bytes); i++)
		n = n << 8 | bytes[i];
	return n;
}

static void put_key(struct restore *r, struct json_object *o, struct record *rec,
	struct stored_subscription_key *k)
{
	k->owner = (uint32_t)number_of(r, o, "owner", UINT32_MAX);
	rec->table = STORED_SUBSCRIPTIONS;
	rec->key_len = stored_subscription_key(rec->key, sizeof(rec->key), k);
	if (!rec->key_len)
		wrong(r, "owner", "a number above 0, and an EID that is kept");
}

static void read_address(struct restore *r, const char *key, const char *text, struct address *a)
{
	if (!address_parse(a, text))
		wrong(r, key, "an IPv4 or IPv6 address");
}

static void read_subscriber(struct restore *r, struct json_object *o, struct record *rec)
{
	struct stored_subscription_key k = {.kind = STORED_SUBSCRIBER};
	struct stored_subscriber s = {.floor = nonce_of(r, o, "floor"),
		.past_floor = nonce_of(r, o, "one_time_key_floor"),
		.key_id = (uint8_t)number_of(r, o, "key_id", 255),
		.key_alg = (uint8_t)number_of(r, o, "algorithm", 255)};
	const char *local = text_of(r, o, "local");
	struct json_object *list = NULL;
	size_t n;

	put_key(r, o, rec, &k);
	if (*local)
		read_address(r, "local", local, &s.local);
	json_object_object_get_ex(o, "itr_rlocs", &list);
	n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : SIZE_MAX;
	if (n > STORED_SUBSCRIBER_RLOCS) {
		wrong(r, "itr_rlocs", "up to four addresses");
		return;
	}
	for (; s.rloc_count < n; s.rloc_count++)
		read_address(r, "itr_rlocs",
			json_object_get_string(json_object_array_get_idx(list, s.rloc_count)),
			&s.rlocs[s.rloc_count]);
	rec->len = stored_subscriber_write(rec->value, sizeof(rec->value), &s);
}

static void read_subscription(struct restore *r, struct json_object *o, struct record *rec)
{
	struct stored_subscription_key k = {.kind = STORED_SUBSCRIPTION};
	struct stored_subscription s = {.flags = (uint8_t)number_of(r, o, "flags", 7),
		.nonce = nonce_of(r, o, "nonce"),
		.seen = nonce_of(r, o, "seen")};
	const char *reason = "";

	if (!eid_parse(&k.eid, text_of(r, o, "eid"), &reason))
		wrong(r, "eid", reason);
	put_key(r, o, rec, &k);
	s.key.len = (uint8_t)hex_of(r, o, "pubsub_key", s.key.bytes, 0, sizeof(s.key.bytes));
	rec->len = stored_subscription_write(rec->value, sizeof(rec->value), &s);
}

static void read_otk(struct restore *r, struct json_object *o, struct record *rec)
{
	struct stored_subscription_key k = {
		.kind = STORED_USED_OTK, .place = (uint16_t)number_of(r, o, "place", UINT16_MAX)};
	const struct stored_used_otk s = {nonce_of(r, o, "hash"), nonce_of(r, o, "nonce")};

	put_key(r, o, rec, &k);
	rec->len = stored_used_otk_write(rec->value, sizeof(rec->value), &s);
}

static const struct {
	const char *kind;
	void (*read)(struct restore *r, struct json_object *o, struct record *rec);
} kinds[] = {
	{"mapping", read_mapping},
	{"tombstone", read_mapping},
	{"parts", read_parts},
	{"locators", read_set},
	{"owner", read_owner},
	{"nonce", read_nonce},
	{"site", read_site},
	{"state", read_state},
	{"subscriber", read_subscriber},
	{"subscription", read_subscription},
	{"used-one-time-key", read_otk},
};

/* ---- the lines ---- */

static void batch_free(struct restore *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->records[i].text);
	r->count = 0;
}

static bool write_batch(struct restore *r)
{
	struct store_change changes[BATCH];
	int err = 0;

	for (size_t i = 0; i < r->count; i++) {
		const struct record *rec = &r->records[i];

		changes[i] = (struct store_change){rec->table, rec->key, rec->key_len,
			rec->text ? (const void *)rec->text : rec->value, rec->len};
	}
	if (r->count)
		err = store_commit(r->store, changes, r->count);
	batch_free(r);
	if (err)
		snprintf(r->why, sizeof(r->why), "cannot be written: %s", strerror(-err));
	return err == 0;
}

static bool take_line(struct restore *r, const char *line)
{
	struct json_object *o = json_tokener_parse(line);
	struct record *rec = &r->records[r->count];
	const char *kind;
	size_t i = 0;

	*rec = (struct record){0};
	r->lines++;
	if (!json_object_is_type(o, json_type_object)) {
		json_object_put(o);
		return wrong(r, "the line", "an object of JSON");
	}
	kind = text_of(r, o, "kind");
	while (i < sizeof(kinds) / sizeof(kinds[0]) && strcmp(kinds[i].kind, kind) != 0)
		i++;
	if (i < sizeof(kinds) / sizeof(kinds[0]))
		kinds[i].read(r, o, rec);
	else
		wrong(r, "kind",
			"mapping, tombstone, parts, locators, owner, nonce, site, state, subscriber, "
			"subscription or used-one-time-key");
	json_object_put(o);
	r->count++;
	if (*r->why)
		return false;
	return r->count < BATCH || write_batch(r);
}

static bool take_lines(struct restore *r, FILE *in)
{
	char *line = NULL;
	size_t cap = 0;
	bool ok = true;

	while (ok && getline(&line, &cap, in) >= 0)
		ok = *line == '\n' || take_line(r, line);
	if (ok && ferror(in)) {
		snprintf(r->why, sizeof(r->why), "cannot be read: %s", strerror(errno));
		ok = false;
	}
	free(line);
	return ok && write_batch(r);
}

/* ---- what refers to what ---- */

static bool has_owner(struct restore *r, uint32_t number)
{
	uint8_t key[STORED_OWNER_KEY], value[VALUE];
	size_t len = sizeof(value);

	stored_owner_key(key, number);
	return store_get(r->store, STORED_OWNERS, key, sizeof(key), value, &len) == 0;
}

static bool has_set(struct restore *r, uint64_t number)
{
	uint8_t key[STORED_SET_KEY], value[VALUE];
	size_t len = sizeof(value);

	stored_set_key(key, number);
	return store_get(r->store, STORED_SETS, key, sizeof(key), value, &len) == 0;
}

/* Owner 0 is nobody, or the operator. */
static bool check_numbers(
	struct restore *r, const void *key, size_t key_len, uint32_t owner, uint64_t set)
{
	char text[EID_TEXT] = "?";
	struct eid eid;

	if (stored_eid_read(key, key_len, &eid))
		eid_format(&eid, text, sizeof(text));
	if (owner && !has_owner(r, owner))
		snprintf(r->why, sizeof(r->why), "%s has owner %u, of which there is no line", text,
			owner);
	else if (set && !has_set(r, set))
		snprintf(r->why, sizeof(r->why), "%s has locators %llu, of which there is no line",
			text, (unsigned long long)set);
	return !*r->why;
}

static bool check_mapping(void *arg, const void *key, size_t key_len, const void *value, size_t len)
{
	struct stored_mapping m;

	return !stored_mapping_read(value, len, &m) || m.gone ||
	       check_numbers(arg, key, key_len, m.owner, m.set);
}

static bool check_parts(void *arg, const void *key, size_t key_len, const void *value, size_t len)
{
	struct stored_part parts[STORED_PARTS_MAX];
	unsigned int count = 0;

	if (!stored_parts_read(value, len, parts, &count))
		return true;
	for (unsigned int i = 0; i < count; i++)
		if (!check_numbers(arg, key, key_len, parts[i].owner, parts[i].set))
			return false;
	return true;
}

/* A map-server would have to leave out what has no owner or no locators. */
static bool check_references(struct restore *r)
{
	int err = store_scan(r->store, STORED_MAPPINGS, NULL, 0, check_mapping, r);

	if (!err && !*r->why)
		err = store_scan(r->store, STORED_PARTS, NULL, 0, check_parts, r);
	if (err)
		snprintf(r->why, sizeof(r->why), "cannot be read back: %s", strerror(-err));
	return !*r->why;
}

/* A new store in @directory from @in. */
static int fill(
	struct cli *cli, const char *directory, FILE *in, const char *name, unsigned long *lines)
{
	struct restore r = {.records = calloc(BATCH, sizeof(struct record))};
	char spec[CLI_STORE_PATH + 128], why[256] = "";
	int code = CLI_OK;

	snprintf(spec, sizeof(spec), "lmdb:%s?size=16TiB", directory);
	if (!r.records)
		code = cli_fail(cli, CLI_FAILED, "out of memory");
	else if (store_open(&r.store, spec, stored_tables, why, sizeof(why)) < 0)
		code = cli_fail(cli, CLI_FAILED, "%s", why);
	else if (!take_lines(&r, in))
		code = cli_fail(cli, CLI_FAILED, "%s: line %lu: %s", name, r.lines, r.why);
	else if (!check_references(&r))
		code = cli_fail(cli, CLI_FAILED, "%s: %s", name, r.why);
	store_close(r.store);
	batch_free(&r);
	free(r.records);
	*lines = r.lines;
	return code;
}

/* ---- the files ---- */

/* The new one takes the place of what was there, which is kept by another name. */
static int settle(struct cli *cli, const char *directory, const char *made)
{
	static const char *const stale[] = {
		"lock.mdb", "synced", "synced.spare", "snapshot", "boot"};
	char from[CLI_STORE_PATH + 128], to[CLI_STORE_PATH + 128];

	snprintf(from, sizeof(from), "%s/data.mdb", directory);
	snprintf(to, sizeof(to), "%s/data.mdb.replaced", directory);
	if (rename(from, to) && errno != ENOENT)
		return cli_fail(cli, CLI_FAILED, "%s: %s", to, strerror(errno));
	for (size_t i = 0; i < sizeof(stale) / sizeof(stale[0]); i++) {
		snprintf(to, sizeof(to), "%s/%s", directory, stale[i]);
		unlink(to);
	}
	snprintf(from, sizeof(from), "%s/data.mdb", made);
	snprintf(to, sizeof(to), "%s/data.mdb", directory);
	if (rename(from, to))
		return cli_fail(cli, CLI_FAILED, "%s: %s", to, strerror(errno));
	return CLI_OK;
}

static int restore(struct cli *cli, const char *directory, FILE *in, const char *name)
{
	char made[CLI_STORE_PATH + 32];
	unsigned long lines = 0;
	int code;

	snprintf(made, sizeof(made), "%s/restoring", directory);
	cli_store_remove(made); /* of a run that was cut off */
	code = fill(cli, made, in, name, &lines);
	if (code == CLI_OK)
		code = settle(cli, directory, made);
	cli_store_remove(made);
	if (code == CLI_OK)
		fprintf(cli->out, "%lu records restored into %s\n", lines, directory);
	return code;
}

int store_restore_run(struct cli *cli, const struct invocation *inv)
{
	const char *name = inv->argc > 1 ? inv->args[1] : "-";
	char directory[CLI_STORE_PATH], data[CLI_STORE_PATH + 16];
	FILE *in = stdin;
	int code;

	if (!cli_store_directory(inv->args[0], directory, sizeof(directory)))
		return cli_usage(cli, inv, "\"%s\" is too long", inv->args[0]);
	if (mkdir(directory, 0700) && errno != EEXIST)
		return cli_fail(cli, CLI_FAILED, "%s: %s", directory, strerror(errno));
	snprintf(data, sizeof(data), "%s/data.mdb", directory);
	if (store_busy(directory))
		return cli_fail(
			cli, CLI_CONFLICT, "%s: a daemon has it open: stop it first", directory);
	if (access(data, F_OK) == 0 && !invocation_has(inv, "--replace"))
		return cli_fail(cli, CLI_CONFLICT,
			"%s is there already: --replace puts it aside as data.mdb.replaced", data);
	if (strcmp(name, "-") != 0)
		in = fopen(name, "re");
	if (!in)
		return cli_fail(cli, CLI_FAILED, "%s: %s", name, strerror(errno));
	code = restore(cli, directory, in, name);
	if (in != stdin)
		fclose(in);
	return code;
}
