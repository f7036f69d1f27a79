/* See lisp_load.h. */
#include "tests/bench/lisp_load.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lisp/ecm.h"
#include "lisp/map_register.h"
#include "lisp/map_reply.h"
#include "lisp/map_request.h"

#define TTL_MIN     1440
#define KEY_ID      1
#define LOCATORS    2
#define REPLY_ID    10 /* the nonce's last two bytes in a Map-Reply and a Map-Notify */
#define ECHO_ID     42 /* in an Encapsulated Map-Request over IPv4 */
#define READY_S     20
#define LOAD_WINDOW 16

static const struct auth_options auth_opt;

/* A number in 0..2^24-1, different for each @i below 2^24. */
static uint32_t scatter(size_t i)
{
	return (uint32_t)(i * 0x9e3779b1 + 0x3c6ef) & 0xffffff;
}

void lisp_load_init(struct lisp_load *l, uint16_t afi, size_t eids)
{
	size_t sets = (eids + LISP_LOAD_SET - 1) / LISP_LOAD_SET;

	if (sets < 1 || sets * LISP_LOAD_SET > 1u << 24)
		bench_fail("%zu EIDs: from 1 to 16777000", eids);
	*l = (struct lisp_load){.afi = afi,
		.eids = sets * LISP_LOAD_SET,
		.nonce = UINT64_C(1) << 32,
		.random = 1,
		.key = auth_key_new(LISP_LOAD_KEY, strlen(LISP_LOAD_KEY))};
	if (!l->key)
		bench_fail("no memory for a key");
}

void lisp_load_fini(struct lisp_load *l)
{
	auth_key_free(l->key);
}

struct eid lisp_load_eid(const struct lisp_load *l, size_t i)
{
	uint8_t bytes[16] = {0};
	struct address a;
	uint32_t n = scatter(i);

	if (l->afi == AFI_IPV4) {
		memcpy(bytes, (uint8_t[]){10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n},
			4);
		address_set(&a, AFI_IPV4, bytes, 4);
	} else if (l->afi == AFI_IPV6) {
		memcpy(bytes, (uint8_t[]){0x20, 0x01, 0x0d, 0xb8, 0, (uint8_t)(n >> 16)}, 6);
		bytes[14] = (uint8_t)(n >> 8);
		bytes[15] = (uint8_t)n;
		address_set(&a, AFI_IPV6, bytes, 16);
	} else {
		memcpy(bytes,
			(uint8_t[]){2, 0, 0, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}, 6);
		address_set(&a, AFI_MAC, bytes, 6);
	}
	return eid_host(0, &a);
}

/* scatter is a product modulo 2^24 and a sum: both are undone. */
size_t lisp_load_number(const struct lisp_load *l, const struct eid *eid)
{
	const uint8_t *b = eid->addr.bytes;
	uint32_t n = (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3], inverse = 1;

	for (int i = 0; i < 5; i++) /* Newton: twice as many bits each time */
		inverse *= 2 - 0x9e3779b1u * inverse;
	if (eid->addr.afi != AFI_IPV4 || b[0] != 10 || eid->plen != 32)
		return l->eids;
	return (n - 0x3c6ef) * inverse & 0xffffff;
}

/* ---- messages ---- */

/* Two sites' addresses, in the order of RFC 9301 section 5.4. */
static void put_locators(struct wire_writer *w, size_t set)
{
	struct lisp_rloc rloc = {.priority = 1, .weight = 50, .mpriority = 255, .reachable = true};
	struct address a;

	for (uint8_t i = 0; i < LOCATORS; i++) {
		uint8_t bytes[4] = {(uint8_t)(198 + i), (uint8_t)(51 + (set >> 16)),
			(uint8_t)(set >> 8), (uint8_t)set};

		address_set(&a, AFI_IPV4, bytes, 4);
		lisp_rloc_write(w, &rloc, &a);
	}
}

static void put_record(struct wire_writer *w, const struct lisp_load *l, size_t i, size_t shift)
{
	struct eid eid = lisp_load_eid(l, i);

	lisp_record_write(w, &eid, TTL_MIN, LOCATORS, LISP_ACT_NONE, false, 0);
	put_locators(w, (i / LISP_LOAD_SET + shift) % (l->eids / LISP_LOAD_SET));
}

bool lisp_load_has_set(
	const struct lisp_load *l, size_t i, size_t shift, const uint8_t *locators, size_t len)
{
	struct wire_writer w;
	uint8_t right[64];

	wire_writer_init(&w, right, sizeof(right));
	put_locators(&w, (i / LISP_LOAD_SET + shift) % (l->eids / LISP_LOAD_SET));
	return len == w.pos && !memcmp(locators, right, len);
}

/* EIDs of one set: @count in a row from @first. Returns the length. */
static size_t put_register(struct lisp_load *l, enum lisp_type type, uint8_t *buf, size_t cap,
	uint64_t nonce, size_t first, size_t count, size_t shift)
{
	struct map_register m = {.type = type, .has_xtr_id = true, .nonce = nonce, .site_id = 1};
	size_t xtr = first / LISP_LOAD_SET;
	struct wire_writer w;
	int len;

	if (type == LISP_MAP_REGISTER)
		m.proxy_reply = m.use_ttl = m.want_notify = true;
	m.xtr_id.bytes[14] = (uint8_t)(xtr >> 8);
	m.xtr_id.bytes[15] = (uint8_t)xtr;
	wire_writer_init(&w, buf, cap);
	map_register_begin(&w, &m, KEY_ID, AUTH_HMAC_SHA256_128, &auth_opt);
	for (size_t i = 0; i < count; i++)
		put_record(&w, l, first + i, shift);
	len = map_register_finish(&w, &m, (unsigned int)count, l->key, &auth_opt);
	if (len < 0)
		bench_fail("a Map-Register of %zu records cannot be written", count);
	return (size_t)len;
}

static size_t put_request(const struct lisp_load *l, uint8_t *buf, size_t cap, uint64_t nonce,
	size_t i, uint16_t port)
{
	struct map_request_spec spec = {.nonce = nonce, .itr_rloc_count = 1};
	struct endpoint source = {.port = port}, dest = {.port = LISP_CONTROL_PORT};
	uint8_t message[128];
	int len;

	spec.eid = lisp_load_eid(l, i);
	address_parse(&source.addr, "127.0.0.1");
	spec.itr_rlocs[0] = source.addr;
	spec.source_eid = source.addr;
	spec.source_eid.bytes[0] = 10;
	/* Section 5.8: the EID; 4342's host where the EID is of another family. */
	dest.addr = l->afi == AFI_IPV4 ? spec.eid.addr : source.addr;
	len = map_request_write(message, sizeof(message), &spec);
	if (len > 0)
		len = ecm_write(buf, cap, &source, &dest, false, message, (size_t)len);
	if (len < 0)
		bench_fail("a Map-Request cannot be written");
	return (size_t)len;
}

static size_t put_reply(
	const struct lisp_load *l, uint8_t *buf, size_t cap, uint64_t nonce, size_t i)
{
	struct wire_writer w;

	wire_writer_init(&w, buf, cap);
	map_reply_begin(&w, false, nonce);
	put_record(&w, l, i, 0);
	map_reply_finish(&w, 1);
	return w.pos;
}

/* ---- loads ---- */

static uint8_t *room(size_t count, size_t len)
{
	uint8_t *p = malloc(count * len);

	if (!p)
		bench_fail("no memory for %zu messages of %zu bytes", count, len);
	return p;
}

/* The next @count nonces, of which the first is a multiple of 65536. */
static uint64_t take_nonces(struct lisp_load *l, size_t count)
{
	uint64_t first = l->nonce;

	l->nonce += (count + 0xffff) & ~UINT64_C(0xffff);
	return first;
}

static struct generator_load registers(
	struct lisp_load *l, size_t count, size_t records, size_t from, size_t shift)
{
	struct generator_load g = {
		.what = "Map-Register", .count = count, .id_offset = REPLY_ID, .once = true};
	uint64_t nonce = take_nonces(l, count);
	size_t step = records > 1 ? records : LISP_LOAD_STEP;
	uint8_t probe[9216], *in, *out;

	g.request_len =
		put_register(l, LISP_MAP_REGISTER, probe, sizeof(probe), nonce, 0, records, shift);
	g.answer_len =
		put_register(l, LISP_MAP_NOTIFY, probe, sizeof(probe), nonce, 0, records, shift);
	g.requests = in = room(count, g.request_len);
	g.answers = out = room(count, g.answer_len);
	for (size_t i = 0; i < count; i++) {
		size_t first = (from + i * step) % l->eids;

		put_register(l, LISP_MAP_REGISTER, in + i * g.request_len, g.request_len, nonce + i,
			first, records, shift);
		put_register(l, LISP_MAP_NOTIFY, out + i * g.answer_len, g.answer_len, nonce + i,
			first, records, shift);
	}
	return g;
}

struct generator_load lisp_load_registrations(struct lisp_load *l)
{
	return registers(l, l->eids / LISP_LOAD_MESSAGE, LISP_LOAD_MESSAGE, 0, 0);
}

struct generator_load lisp_load_single(struct lisp_load *l, size_t from, size_t count, size_t shift)
{
	return registers(l, count, 1, from, shift);
}

struct generator_load lisp_load_few(struct lisp_load *l, size_t from, size_t count, size_t shift)
{
	return registers(l, count, LISP_LOAD_FEW, from, shift);
}

size_t lisp_load_single_eid(const struct lisp_load *l, size_t from, size_t i)
{
	return (from + i * LISP_LOAD_STEP) % l->eids;
}

struct generator_load lisp_load_ask(
	struct lisp_load *l, const uint32_t *list, size_t count, uint16_t port)
{
	struct generator_load g = {
		.what = "Map-Request", .count = count, .id_offset = REPLY_ID, .once = true};
	uint64_t nonce = take_nonces(l, count);
	uint8_t probe[256], *in;

	g.request_len = put_request(l, probe, sizeof(probe), nonce, 0, port);
	g.requests = in = room(count, g.request_len);
	for (size_t i = 0; i < count; i++)
		put_request(l, in + i * g.request_len, g.request_len, nonce + i, list[i], port);
	return g;
}

/* Behind the message's head (12), the record's fixed part (12), an IPv4 address (4) and a locator's
 * head (8): see put_locators. */
long lisp_load_answered_set(const uint8_t *bytes, size_t len)
{
	const uint8_t *a = bytes + 36;

	if (len < 40 || bytes[16] != LOCATORS || a[0] != 198)
		return -1;
	return (long)(a[1] - 51) << 16 | (long)a[2] << 8 | a[3];
}

struct generator_load lisp_load_requests(
	struct lisp_load *l, size_t count, const struct generator *from, unsigned int requesters)
{
	struct generator_load g = {
		.what = "Map-Request", .id_offset = REPLY_ID, .requesters = requesters};
	uint64_t nonce = take_nonces(l, count);
	uint8_t probe[256], *in, *out;

	g.count = (count + 0xffff) & ~(size_t)0xffff; /* so that ids do not jump at the end */
	g.request_len = put_request(l, probe, sizeof(probe), nonce, 0, generator_port(from, 0));
	g.answer_len = put_reply(l, probe, sizeof(probe), nonce, 0);
	g.requests = in = room(g.count, g.request_len);
	g.answers = out = room(g.count, g.answer_len);
	for (size_t i = 0; i < g.count; i++) {
		size_t eid = bench_random(&l->random) % l->eids;

		put_request(l, in + i * g.request_len, g.request_len, nonce + i, eid,
			generator_port(from, (unsigned int)(i % requesters)));
		put_reply(l, out + i * g.answer_len, g.answer_len, nonce + i, eid);
	}
	return g;
}

struct generator_load lisp_load_echo(const struct generator_load *requests)
{
	struct generator_load g = *requests;

	g.what = "echoed datagram";
	g.answers = g.requests;
	g.answer_len = g.request_len;
	g.id_offset = ECHO_ID;
	return g;
}

void lisp_load_free(struct generator_load *g)
{
	if (g->answers != g->requests)
		free((void *)(uintptr_t)g->answers);
	free((void *)(uintptr_t)g->requests);
	g->answers = g->requests = NULL;
}

/* ---- the server ---- */

const char *lisp_load_program(const char *name, char path[256])
{
	char self[200];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0)
		bench_fail("cannot tell where this program lies");
	self[n] = 0;
	snprintf(path, 256, "%s/../../%s", dirname(self), name);
	if (access(path, X_OK))
		bench_fail("%s is not built (./run bench builds it)", path);
	return path;
}

/* Some Map-Reply to the request; what it says is not looked at, nothing is registered yet. */
static bool is_reply(const struct generator_load *l, size_t index, const uint8_t *bytes, size_t len)
{
	const uint8_t *nonce = l->requests + index * l->request_len + ECHO_ID - 6;

	return len >= 12 && bytes[0] >> 4 == LISP_MAP_REPLY && !memcmp(bytes + 4, nonce, 8);
}

static void await(struct stage_watch *w, struct generator *g, uint16_t port)
{
	struct generator_load one;
	struct lisp_load l;

	lisp_load_init(&l, AFI_IPV4, LISP_LOAD_SET);
	one = lisp_load_requests(&l, 1, g, 1);
	free((void *)(uintptr_t)one.answers);
	one.answers = NULL;
	one.check = is_reply;
	generator_await(g, port, &one, READY_S, stage_still_alive, w);
	lisp_load_free(&one);
	lisp_load_fini(&l);
}

/* What differs between servers. */
struct wishes {
	const char *site_lines, *more; /* in the file */
	const char *listen;            /* after its first address: ", \"192.0.2.1:4342\"" */
	const char *state;             /* name of the state directory */
	bool wait;                     /* until it answers */
};

static void write_config(const struct stage *s, const char *name, const char *file, uint16_t port,
	const struct wishes *w)
{
	stage_write(s, file,
		"roles = {\"map-server\"}\n"
		"listen = {\"127.0.0.1:%u\"%s}\n"
		"workers = 1\n"
		"site \"bench\" {\n"
		"  key \"%d\" {\n    algorithm = hmac-sha256-128\n    key = \"%s\"\n  }\n"
		"  eid-prefix \"10.0.0.0/8\" {\n    accept-more-specifics = yes\n  }\n"
		"  eid-prefix \"2001:db8::/32\" {\n    accept-more-specifics = yes\n  }\n"
		"  eid-prefix \"02:00:00:00:00:00/8\" {\n    accept-more-specifics = yes\n  }\n"
		"%s}\n"
		"api-socket = \"%s/%s.sock\"\n"
		"state-dir = \"%s/%s\"\n"
		"%s",
		port, w->listen, KEY_ID, LISP_LOAD_KEY, w->site_lines, s->dir, name, s->dir,
		w->state, w->more);
}

static pid_t start(struct stage *s, struct generator *g, const char *name, unsigned int cpu,
	uint16_t port, const struct wishes *wishes)
{
	char program[256], config[STAGE_PATH], file[64];
	char *argv[] = {program, (char[]){"-c"}, config, NULL};
	struct stage_watch w = {s, name, 0};

	lisp_load_program("sunward-mapserver", program);
	snprintf(file, sizeof(file), "%s.conf", name);
	write_config(s, name, file, port, wishes);
	if (mkdir(stage_path(s, wishes->state, config), 0700) && errno != EEXIST)
		bench_fail("cannot make %s: %s", config, strerror(errno));
	stage_path(s, file, config);
	w.pid = stage_start(s, name, cpu, argv);
	if (wishes->wait) {
		await(&w, g, port);
		stage_own(s, w.pid);
	}
	return w.pid;
}

pid_t lisp_load_server_at(struct stage *s, struct generator *g, const char *name, unsigned int cpu,
	uint16_t port, const char *more, const char *state, bool wait)
{
	return start(s, g, name, cpu, port, &(struct wishes){"", more, "", state, wait});
}

pid_t lisp_load_server_with(struct stage *s, struct generator *g, const char *name,
	unsigned int cpu, uint16_t port, const char *site_lines)
{
	char state[64];

	snprintf(state, sizeof(state), "%s.state", name);
	return start(s, g, name, cpu, port, &(struct wishes){site_lines, "", "", state, true});
}

pid_t lisp_load_server_also(struct stage *s, struct generator *g, const char *name,
	unsigned int cpu, uint16_t port, const char *listen, const char *more)
{
	char state[64];

	snprintf(state, sizeof(state), "%s.state", name);
	return start(s, g, name, cpu, port, &(struct wishes){"", more, listen, state, true});
}

pid_t lisp_load_server(
	struct stage *s, struct generator *g, const char *name, unsigned int cpu, uint16_t port)
{
	return lisp_load_server_with(s, g, name, cpu, port, "");
}

double lisp_load_register(struct lisp_load *l, struct generator *g, uint16_t port)
{
	const struct generator_pace pace = {.window = LOAD_WINDOW, .batch = LOAD_WINDOW};
	struct generator_load load = lisp_load_registrations(l);
	struct generator_result r = generator_run(g, port, &load, &pace);

	lisp_load_free(&load);
	if (r.lost)
		bench_fail("%lu of %lu Map-Registers were not acknowledged", (unsigned long)r.lost,
			(unsigned long)r.sent);
	return r.seconds;
}
