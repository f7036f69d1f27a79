/* store: the files of a map-server's store: are they whole, what is in them.
 *
 * Works on the files, so that it helps where no daemon runs. A daemon that has them open is left in
 * peace: a dump is taken from a copy, which LMDB makes while the daemon writes; a check looks at
 * the snapshot then. One line of JSON for each record; docs/operations.md tells their shapes. */
#include <errno.h>
#include <json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/store.h"
#include "cli/verbs.h"
#include "cli/writer.h"
#include "lib/store/store.h"
#include "lisp/record.h"
#include "lisp/stored_subscription.h"

#define LINE_FLAGS (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

static bool is_store(const char *given)
{
	static const char *const files[] = {"data.mdb", "snapshot", "mark"};
	size_t len = strlen(given);
	char path[CLI_STORE_PATH + 16];

	while (len && given[len - 1] == '/')
		len--;
	if (len >= 6 && !memcmp(given + len - 6, "/store", 6))
		return true;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", given, files[i]);
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

bool cli_store_directory(const char *given, char *path, size_t size)
{
	return (size_t)snprintf(path, size, "%s%s", given, is_store(given) ? "" : "/store") < size;
}

/* ---- check ---- */

static const struct column check_view[] = {
	COLUMN("file", "File", TEXT),
	COLUMN("state", "State", TEXT),
	COLUMN("records", "Records", NUMBER),
	COLUMN("why", "Why", TEXT),
	{0},
};

/* One file's row; false: it is damaged. */
static bool check_file(struct json_object *rows, const char *path)
{
	struct json_object *row = json_object_new_object();
	char why[256] = "";
	uint64_t records;
	int err = store_check(path, &records, why, sizeof(why));

	json_object_object_add(row, "file", json_object_new_string(path));
	json_object_object_add(row, "state",
		json_object_new_string(err == 0          ? "whole"
				       : err == -EBADMSG ? "damaged"
				       : err == -ENOENT  ? "none"
							 : "unreadable"));
	json_object_object_add(row, "records", json_object_new_uint64(records));
	json_object_object_add(row, "why", json_object_new_string(err == -ENOENT ? "" : why));
	json_object_array_add(rows, row);
	return err == 0 || err == -ENOENT;
}

int store_check_run(struct cli *cli, const struct invocation *inv)
{
	const struct writer w = {cli->out, cli->json};
	char directory[CLI_STORE_PATH], path[CLI_STORE_PATH + 16];
	struct json_object *rows;
	bool whole, busy;

	if (!cli_store_directory(inv->args[0], directory, sizeof(directory)))
		return cli_usage(cli, inv, "\"%s\" is too long", inv->args[0]);
	if (access(directory, R_OK | X_OK))
		return cli_fail(cli, errno == EACCES ? CLI_DENIED : CLI_FAILED, "%s: %s", directory,
			strerror(errno));
	busy = store_busy(directory);
	rows = json_object_new_array();
	snprintf(path, sizeof(path), "%s/data.mdb", directory);
	whole = busy || check_file(rows, path);
	snprintf(path, sizeof(path), "%s/snapshot", directory);
	whole &= check_file(rows, path);
	writer_table(&w, "files", check_view, rows, "no files");
	json_object_put(rows);
	if (busy)
		cli_fail(cli, CLI_OK,
			"%s: a daemon has it open: only its snapshot was looked at; the daemon itself "
			"checks at each start",
			directory);
	return whole ? CLI_OK : CLI_FAILED;
}

/* ---- dump ---- */

struct dump {
	FILE *out;
	unsigned long unreadable;
};

static void add_text(struct json_object *o, const char *key, const char *text)
{
	json_object_object_add(o, key, json_object_new_string(text));
}

static void add_number(struct json_object *o, const char *key, uint64_t n)
{
	json_object_object_add(o, key, json_object_new_uint64(n));
}

static void add_hex(struct json_object *o, const char *key, const uint8_t *bytes, size_t len)
{
	char *text = malloc(2 * len + 1);

	if (!text)
		return;
	for (size_t i = 0; i < len; i++)
		sprintf(text + 2 * i, "%02x", bytes[i]);
	text[2 * len] = '\0';
	add_text(o, key, text);
	free(text);
}

static struct json_object *line_new(const char *kind)
{
	struct json_object *o = json_object_new_object();

	add_text(o, "kind", kind);
	return o;
}

/* Takes @o; NULL: the record is none of ours. */
static bool line_print(struct dump *d, struct json_object *o)
{
	if (o)
		fprintf(d->out, "%s\n", json_object_to_json_string_ext(o, LINE_FLAGS));
	else
		d->unreadable++;
	json_object_put(o);
	return true;
}

static bool dump_nonce(void *arg, const void *key, size_t key_len, const void *value, size_t len)
{
	struct json_object *o = len == 8 ? line_new("nonce") : NULL;

	if (o) {
		add_hex(o, "key", key, key_len);
		add_hex(o, "nonce", value, len);
	}
	return line_print(arg, o);
}

static bool dump_state(void *arg, const void *key, size_t key_len, const void *value, size_t len)
{
	struct json_object *o = line_new("state");

	json_object_object_add(o, "key", json_object_new_string_len(key, (int)key_len));
	add_hex(o, "value", value, len);
	return line_print(arg, o);
}

static bool dump_mapping(void *arg, const void *key, size_t key_len, const void *value, size_t len)
{
	struct json_object *o = NULL;
	struct stored_mapping m;
	char text[EID_TEXT];
	struct eid eid;

	if (!stored_eid_read(key, key_len, &eid) || !stored_mapping_read(value, len, &m))
		return line_print(arg, NULL);
	o = line_new(m.gone ? "tombstone" : "mapping");
	add_text(o, "eid", eid_format(&eid, text, sizeof(text)));
	add_number(o, "seq", m.seq);
	add_number(o, "written_at", m.wall_s);
	if (m.gone)
		return line_print(arg, o);
	add_number(o, "life_s", m.life_s);
	add_number(o, "flags", m.flags);
	add_number(o, "ttl_min", m.ttl_min);
	add_number(o, "map_version", m.map_version);
	add_number(o, "owner", m.owner);
	add_number(o, "locators", m.set);
	return line_print(arg, o);
}

static struct json_object *part_of(const struct stored_part *p)
{
	struct json_object *o = json_object_new_object();

	add_number(o, "written_at", p->wall_s);
	add_number(o, "life_s", p->life_s);
	add_number(o, "flags", p->flags);
	add_number(o, "ttl_min", p->ttl_min);
	add_number(o, "map_version", p->map_version);
	add_number(o, "owner", p->owner);
	add_number(o, "locators", p->set);
	return o;
}

static bool dump_parts(void *arg, const void *key, size_t key_len, const void *value, size_t len)
{
	struct json_object *o, *list = json_object_new_array();
	struct stored_part parts[STORED_PARTS_MAX];
	char text[EID_TEXT];
	unsigned int count;
	struct eid eid;

	if (!stored_eid_read(key, key_len, &eid) || !stored_parts_read(value, len, parts, &count)) {
		json_object_put(list);
		return line_print(arg, NULL);
	}
	for (unsigned int i = 0; i < count; i++)
		json_object_array_add(list, part_of(&parts[i]));
	o = line_new("parts");
	add_text(o, "eid", eid_format(&eid, text, sizeof(text)));
	json_object_object_add(o, "parts", list);
	return line_print(arg, o);
}

/* For people: what is restored is "wire". */
static struct json_object *addresses_of(const struct stored_set *s)
{
	struct lisp_record rec = {
		.locator_count = s->count, .locators_raw = s->wire, .locators_raw_len = s->len};
	struct json_object *list = json_object_new_array();
	struct wire_fault fault;
	struct lisp_rloc rloc;
	struct address a;
	char text[ADDRESS_TEXT];

	wire_reader_init(&rec.locators, s->wire, s->len, &fault);
	while (lisp_rloc_next(&rec, &rloc))
		if (lisp_field_locator(&rloc.field, &a))
			json_object_array_add(list,
				json_object_new_string(address_format(&a, text, sizeof(text))));
	return list;
}

static bool dump_set(void *arg, const void *key, size_t key_len, const void *value, size_t len)
{
	struct json_object *o;
	struct stored_set s;
	uint64_t number;

	if (!stored_set_number(key, key_len, &number) || !stored_set_read(value, len, &s))
		return line_print(arg, NULL);
	o = line_new("locators");
	add_number(o, "number", number);
	json_object_object_add(o, "addresses", addresses_of(&s));
	add_number(o, "count", s.count);
	add_hex(o, "wire", s.wire, s.len);
	return line_print(arg, o);
}

static bool dump_owner(void *arg, const void *key, size_t key_len, const void *value, size_t len)
{
	struct json_object *o;
	struct stored_owner owner;
	uint32_t number;

	if (!stored_owner_number(key, key_len, &number) || !stored_owner_read(value, len, &owner))
		return line_print(arg, NULL);
	o = line_new("owner");
	add_number(o, "number", number);
	add_text(o, "site", owner.site);
	add_number(o, "site_id", owner.site_id);
	add_hex(o, "xtr_id", owner.xtr_id.bytes, sizeof(owner.xtr_id.bytes));
	return line_print(arg, o);
}

static bool dump_site(void *arg, const void *key, size_t key_len, const void *value, size_t len)
{
	struct json_tokener *t = json_tokener_new();
	struct json_object *body = t ? json_tokener_parse_ex(t, value, (int)len) : NULL, *o = NULL;

	if (body) {
		o = line_new("site");
		json_object_object_add(o, "name", json_object_new_string_len(key, (int)key_len));
		json_object_object_add(o, "body", body);
	}
	json_tokener_free(t);
	return line_print(arg, o);
}

/* ---- subscriptions ---- */

static void add_nonce(struct json_object *o, const char *key, uint64_t n)
{
	char text[17];

	snprintf(text, sizeof(text), "%016llx", (unsigned long long)n);
	add_text(o, key, text);
}

static void add_address(struct json_object *o, const char *key, const struct address *a)
{
	char text[ADDRESS_TEXT];

	add_text(o, key, a->afi == AFI_NONE ? "" : address_format(a, text, sizeof(text)));
}

static struct json_object *subscriber_line(const void *value, size_t len)
{
	struct json_object *list = json_object_new_array(), *o = NULL;
	struct stored_subscriber s;
	char text[ADDRESS_TEXT];

	if (stored_subscriber_read(value, len, &s)) {
		o = line_new("subscriber");
		add_nonce(o, "floor", s.floor);
		add_nonce(o, "one_time_key_floor", s.past_floor);
		add_number(o, "key_id", s.key_id);
		add_number(o, "algorithm", s.key_alg);
		add_address(o, "local", &s.local);
		for (unsigned int i = 0; i < s.rloc_count; i++)
			json_object_array_add(list, json_object_new_string(address_format(
							    &s.rlocs[i], text, sizeof(text))));
		json_object_object_add(o, "itr_rlocs", json_object_get(list));
	}
	json_object_put(list);
	return o;
}

static struct json_object *subscription_line(const struct eid *eid, const void *value, size_t len)
{
	struct stored_subscription s;
	struct json_object *o = NULL;
	char text[EID_TEXT];

	if (stored_subscription_read(value, len, &s)) {
		o = line_new("subscription");
		add_text(o, "eid", eid_format(eid, text, sizeof(text)));
		add_number(o, "flags", s.flags);
		add_nonce(o, "nonce", s.nonce);
		add_nonce(o, "seen", s.seen);
		add_hex(o, "pubsub_key", s.key.bytes, s.key.len);
	}
	explicit_bzero(&s, sizeof(s));
	return o;
}

static struct json_object *otk_line(unsigned int place, const void *value, size_t len)
{
	struct json_object *o = NULL;
	struct stored_used_otk s;

	if (stored_used_otk_read(value, len, &s)) {
		o = line_new("used-one-time-key");
		add_number(o, "place", place);
		add_nonce(o, "hash", s.hash);
		add_nonce(o, "nonce", s.nonce);
	}
	return o;
}

static bool dump_subscription(
	void *arg, const void *key, size_t key_len, const void *value, size_t len)
{
	struct stored_subscription_key k;
	struct json_object *o = NULL;

	if (!stored_subscription_key_read(key, key_len, &k))
		return line_print(arg, NULL);
	if (k.kind == STORED_SUBSCRIBER)
		o = subscriber_line(value, len);
	else if (k.kind == STORED_SUBSCRIPTION)
		o = subscription_line(&k.eid, value, len);
	else
		o = otk_line(k.place, value, len);
	if (o)
		add_number(o, "owner", k.owner);
	return line_print(arg, o);
}

static int dump_all(struct cli *cli, const char *directory)
{
	static bool (*const dumps[])(void *arg, const void *key, size_t key_len, const void *value,
		size_t len) = {[STORED_STATE] = dump_state,
		[STORED_SITES] = dump_site,
		[STORED_OWNERS] = dump_owner,
		[STORED_SETS] = dump_set,
		[STORED_MAPPINGS] = dump_mapping,
		[STORED_PARTS] = dump_parts,
		[STORED_NONCES] = dump_nonce,
		[STORED_SUBSCRIPTIONS] = dump_subscription};
	struct dump d = {cli->out, 0};
	char spec[CLI_STORE_PATH + 128], why[256] = "";
	struct store *s;
	int err = 0;

	snprintf(spec, sizeof(spec), "lmdb:%s?size=16TiB", directory);
	if (store_open(&s, spec, stored_tables, why, sizeof(why)) < 0)
		return cli_fail(cli, CLI_FAILED, "%s", why);
	for (unsigned int t = 0; !err && t < sizeof(dumps) / sizeof(dumps[0]); t++)
		err = store_scan(s, t, NULL, 0, dumps[t], &d);
	store_close(s);
	if (err)
		return cli_fail(cli, CLI_FAILED, "%s: %s", directory, strerror(-err));
	if (fflush(cli->out) || ferror(cli->out))
		return cli_fail(cli, CLI_FAILED, "the dump cannot be written: %s", strerror(errno));
	if (d.unreadable)
		return cli_fail(cli, CLI_FAILED, "%lu records cannot be read and are left out",
			d.unreadable);
	return CLI_OK;
}

void cli_store_remove(const char *directory)
{
	static const char *const names[] = {"data.mdb", "data.mdb.damaged", "data.mdb.new",
		"lock.mdb", "owner", "boot", "synced", "synced.spare", "mark", "mark.spare",
		"snapshot", "new", "snapshot.new"};
	char path[CLI_STORE_PATH + 128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	rmdir(directory);
}

int store_dump_run(struct cli *cli, const struct invocation *inv)
{
	const char *tmp = cli->env("TMPDIR");
	char directory[CLI_STORE_PATH], copy[CLI_STORE_PATH], inside[CLI_STORE_PATH + 8];
	char why[256] = "";
	int code;

	if (!cli_store_directory(inv->args[0], directory, sizeof(directory)))
		return cli_usage(cli, inv, "\"%s\" is too long", inv->args[0]);
	snprintf(copy, sizeof(copy), "%s/sunward-dump-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(copy))
		return cli_fail(cli, CLI_FAILED, "%s: %s", copy, strerror(errno));
	snprintf(inside, sizeof(inside), "%s/copy", copy);
	if (store_copy(directory, inside, why, sizeof(why)) < 0)
		code = cli_fail(cli, CLI_FAILED, "%s", why);
	else
		code = dump_all(cli, inside);
	cli_store_remove(inside);
	rmdir(copy);
	return code;
}
