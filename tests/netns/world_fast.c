/* See world_fast.h.
 *
 * Most replay tests ask for little that the program answers. So it is asked besides, after each
 * datagram, for some of the hosts that the registry has had, and for all of them at the end:
 * whatever the test has made of a mapping, the program and the core must say the same of it. */
#include "tests/netns/world_fast.h"

#include "tests/netns/bpf_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "lib/base/rcu.h"
#include "lib/net/checksum.h"
#include "tests/unit/own_net.h"

#define ENTRIES    1000
#define ANSWERS    64
#define FRAME_MAX  2048
#define PORT       4342
#define UDP_LEN    8
#define SEEN_MAX   64
#define ASKED      3 /* after each datagram */
#define OTHERS_MAX 1000

struct world_twin {
	struct fast_table *table;
	struct world_fast_counts counts;
	uint64_t before[FAST_CNT_COUNT];
	bool answered, break_udp, break_ip;
	struct registry_mirror mirror; /* of the table */
	struct eid seen[SEEN_MAX];     /* hosts that had a mapping once, the latest of them */
	unsigned int seen_count, seen_next, turn, others;
	/* Who asks the core: nothing that a test looks at, or waits for, is of it. */
	struct server_thread aside;
	struct random_seeded random;
	struct metrics *metrics;
	struct outbox *out;
};

/* Loaded once for the program: a world takes it over, with its tables empty. */
static struct {
	struct fast_load *load;
	int fds[FAST_FDS];
	struct fast_memory memory;
} kernel;

static void own(const char *text)
{
	struct address a = world_address(text);

	assert_int_equal(fast_load_own(kernel.fds, &a, 0), 0);
	assert_int_equal(fast_load_own(kernel.fds, &a, PORT), 0);
}

static void load(void)
{
	char why[256] = "";
	const char *reason;

	if (!own_net_enter(&reason)) {
		printf("skipped: %s\n", reason);
		exit(77);
	}
	kernel.load = fast_load_new(ENTRIES, ANSWERS, why, sizeof(why));
	if (!kernel.load)
		bpf_not_loaded(why);
	fast_load_fds(kernel.load, kernel.fds);
	assert_int_equal(fast_load_map(kernel.fds, &kernel.memory), 0);
	if (fast_load_attach(kernel.load, "lo", why, sizeof(why)))
		fail_msg("%s", why);
	own("192.0.2.53");
	own("192.0.2.54");
	own("2001:db8::53");
}

static bool was_seen(const struct world_twin *t, const struct eid *eid)
{
	for (unsigned int i = 0; i < t->seen_count; i++)
		if (eid_equal(&t->seen[i], eid))
			return true;
	return false;
}

/* Not a name, and not a source and a group. */
static bool is_whole_address(uint16_t afi)
{
	return afi == AFI_IPV4 || afi == AFI_IPV6 || afi == AFI_MAC;
}

static void on_publish(void *self, const struct eid *eid, const struct mapping *m, struct mono now)
{
	struct world_twin *t = self;

	t->mirror.publish(t->mirror.self, eid, m, now);
	if (!eid_is_host(eid) || !is_whole_address(eid->addr.afi) || was_seen(t, eid))
		return;
	t->seen[t->seen_next++ % SEEN_MAX] = *eid;
	if (t->seen_count < SEEN_MAX)
		t->seen_count++;
}

static void on_refresh(void *self, const struct mapping *m)
{
	const struct world_twin *t = self;

	t->mirror.refresh(t->mirror.self, m);
}

static bool refuse(void *arg, struct job *job)
{
	(void)arg;
	(void)job;
	return false;
}

static void begin_aside(struct world_twin *t, struct world *w)
{
	struct metrics_table *counters;

	random_seeded_init(&t->random, 43);
	t->metrics = metrics_new();
	counters = metrics_add(t->metrics, mapserver_metrics, COUNT_MAX, 1);
	t->aside = (struct server_thread){.server = w->server,
		.slot = 1,
		.random = &t->random.random,
		.counters = metrics_shard(counters, 0),
		.submit = refuse};
	assert_int_equal(server_thread_init(&t->aside), 0);
	t->out = outbox_new(4, 8192);
	assert_non_null(t->out);
}

struct world_twin *world_twin_new(struct world *w)
{
	static const uint8_t secret[16] = "world-fast-key!";
	struct world_twin *t = calloc(1, sizeof(*t));
	struct registry_mirror mirror = {t, on_publish, on_refresh};

	assert_non_null(t);
	if (!kernel.load)
		load();
	memset(kernel.memory.buckets, 0,
		kernel.memory.bucket_count * sizeof(kernel.memory.buckets[0]));
	memset(kernel.memory.answers, 0,
		kernel.memory.answer_count * sizeof(kernel.memory.answers[0]));
	t->table = fast_table_new(&kernel.memory, secret);
	assert_non_null(t->table);
	assert_int_equal(fast_load_counts(kernel.fds, t->before), 0);
	t->mirror = fast_table_mirror(t->table);
	begin_aside(t, w);
	registry_set_mirror(w->server->registry, &mirror);
	return t;
}

struct world_fast_counts world_fast_counts(const struct world *w)
{
	return w->twin->counts;
}

bool world_fast_answered(const struct world *w)
{
	return w->twin->answered;
}

uint64_t world_fast_verdicts(const struct world *w, enum fast_counter c)
{
	uint64_t now[FAST_CNT_COUNT];

	assert_int_equal(fast_load_counts(kernel.fds, now), 0);
	return now[c] - w->twin->before[c];
}

struct fast_table *world_fast_table(const struct world *w)
{
	return w->twin->table;
}

void world_fast_break(struct world *w, bool udp, bool ip)
{
	w->twin->break_udp = udp;
	w->twin->break_ip = ip;
}

/* ---- frames ---- */

struct frame {
	uint8_t bytes[FRAME_MAX];
	uint32_t len;
};

static const uint8_t peer_mac[6] = {2, 0, 0, 0, 0, 9};

static void put(struct frame *f, const void *bytes, size_t len)
{
	memcpy(f->bytes + f->len, bytes, len);
	f->len += (uint32_t)len;
}

static void put16(struct frame *f, uint16_t v)
{
	put(f, (const uint8_t[]){(uint8_t)(v >> 8), (uint8_t)v}, 2);
}

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static void put_ip(struct frame *f, const struct datagram *d, const struct world_twin *t)
{
	uint16_t len = (uint16_t)(UDP_LEN + d->len), sum;
	uint8_t *head;

	if (d->peer.addr.afi == AFI_IPV4) {
		put16(f, 0x0800);
		head = f->bytes + f->len;
		put(f, (const uint8_t[]){0x45, 0}, 2);
		put16(f, (uint16_t)(20 + len));
		put(f, (const uint8_t[]){0x12, 0x34, 0x40, 0, 63, 17, 0, 0}, 8);
		put(f, d->peer.addr.bytes, 4);
		put(f, d->local.bytes, 4);
		sum = checksum_of(head, 20) ^ t->break_ip;
		head[10] = (uint8_t)(sum >> 8);
		head[11] = (uint8_t)sum;
		return;
	}
	put16(f, 0x86dd);
	put(f, (const uint8_t[]){0x60, 0, 0, 0}, 4);
	put16(f, len);
	put(f, (const uint8_t[]){17, 63}, 2);
	put(f, d->peer.addr.bytes, 16);
	put(f, d->local.bytes, 16);
}

static struct frame frame_of(const struct datagram *d, const struct world_twin *t)
{
	struct frame f = {.len = 12};
	size_t udp;
	uint16_t sum;

	memset(f.bytes, 0, 6); /* lo's */
	memcpy(f.bytes + 6, peer_mac, 6);
	put_ip(&f, d, t);
	udp = f.len;
	put16(&f, d->peer.port);
	put16(&f, PORT);
	put16(&f, (uint16_t)(UDP_LEN + d->len));
	put16(&f, 0);
	put(&f, d->bytes, d->len);
	sum = checksum_udp(&d->peer.addr, &d->local, f.bytes + udp, f.len - udp) ^ t->break_udp;
	f.bytes[udp + 6] = (uint8_t)(sum >> 8);
	f.bytes[udp + 7] = (uint8_t)sum;
	return f;
}

/* The frame that comes back is @sent, to where it says, and every checksum of it is right. */
static void compare(
	const struct frame *f, const struct datagram *d, const struct outbox *out, uint32_t sent)
{
	const struct outbox_datagram *o = &out->list[sent];
	bool v4 = d->peer.addr.afi == AFI_IPV4;
	size_t ip = v4 ? 20 : 40, udp = 14 + ip;
	const uint8_t *b = f->bytes, *addresses = b + udp - (v4 ? 8 : 32);

	assert_true(f->len > udp + UDP_LEN);
	assert_memory_equal(b, peer_mac, 6);
	assert_memory_equal(b + 6, "\0\0\0\0\0", 6);
	assert_int_equal(get16(b + 12), v4 ? 0x0800 : 0x86dd);
	if (v4) {
		assert_int_equal(checksum_of(b + 14, 20), 0);
		assert_int_equal(get16(b + 14), 0x4500);
		assert_int_equal(get16(b + 16), f->len - 14);
		assert_int_equal(get16(b + 20), 0x4000);
		assert_int_equal(get16(b + 22), 64 << 8 | 17);
	} else {
		assert_memory_equal(b + 14, "\x60\0\0", 4);
		assert_int_equal(get16(b + 18), f->len - udp);
		assert_int_equal(get16(b + 20), 17 << 8 | 64);
	}
	assert_memory_equal(addresses, d->local.bytes, d->local.len);
	assert_memory_equal(addresses + d->local.len, o->to.addr.bytes, o->to.addr.len);
	assert_true(address_equal(&o->from, &d->local));
	assert_int_equal(get16(b + udp), PORT);
	assert_int_equal(get16(b + udp + 2), o->to.port);
	assert_int_equal(get16(b + udp + 4), f->len - udp);
	assert_true(get16(b + udp + 6) != 0);
	assert_int_equal(checksum_upper(&d->local, &o->to.addr, 17, b + udp, f->len - udp), 0);
	assert_int_equal(f->len - udp - UDP_LEN, o->len);
	assert_memory_equal(b + udp + UDP_LEN, out->bytes + o->offset, o->len);
}

/* As mapserver.c: the kernel knows no policy. */
static bool kernel_may_answer(const struct world *w)
{
	return !w->server->sites || !site_table_has_policy(w->server->sites);
}

/* What the program makes of @d at @w's time: true, and @out, when it answers. */
static bool run(
	struct world_twin *t, const struct world *w, const struct datagram *d, struct frame *out)
{
	struct frame in = frame_of(d, t);
	LIBBPF_OPTS(bpf_test_run_opts, opts, .repeat = 1);
	int err;

	opts.data_in = in.bytes;
	opts.data_size_in = in.len;
	opts.data_out = out->bytes;
	opts.data_size_out = sizeof(out->bytes);
	fast_table_switch(t->table, kernel_may_answer(w));
	kernel.memory.settings->clock_offset = (int64_t)(w->now.ns - mono_now().ns);
	err = bpf_prog_test_run_opts(fast_load_program_fd(kernel.load), &opts);
	if (err)
		fail_msg("the program cannot be run: %s", strerror(-err));
	out->len = opts.data_size_out;
	if (opts.retval == XDP_TX)
		return true;
	assert_int_equal(opts.retval, XDP_PASS);
	assert_int_equal(out->len, in.len);
	assert_memory_equal(out->bytes, in.bytes, in.len);
	return false;
}

/* ---- asked besides ---- */

/* What docs/decisions/fast-path.md says is answered: then silence is a fault, too. The program's
 * clock has gone on a little when it runs. */
static bool is_answered(const struct world_twin *t, const struct world *w, const struct mapping *m)
{
	struct fast_table_counts c = fast_table_counts(t->table);
	uint64_t soon = mono_add_ms(w->now, 5000).ns;

	return m && kernel_may_answer(w) && !c.full && !c.answers_full &&
	       m->flags & MAPPING_PROXY && m->locators->count && m->locators->wire_len <= 100 &&
	       m->locators->wire_len % 4 == 0 && mapping_expiry(m) > soon;
}

/* A plain request, larger than any reply of the program: four ITR-RLOCs of IPv6. */
static size_t write_question(uint8_t *buf, size_t cap, const struct eid *eid, const char *itr)
{
	struct map_request_spec s = {.nonce = 0x5566778899aabbcc, .itr_rloc_count = 4, .eid = *eid};

	for (int i = 0; i < 4; i++)
		s.itr_rlocs[i] = i == 2 ? world_endpoint(itr).addr : world_address("2001:db8::7");
	return world_write_request(buf, cap, &s, itr);
}

static void ask(struct world_twin *t, struct world *w, const struct eid *eid)
{
	const char *itr = "[2001:db8:ffff::77]:40077";
	char text[EID_TEXT];
	uint8_t buf[600];
	struct datagram d = {.bytes = buf,
		.len = write_question(buf, sizeof(buf), eid, itr),
		.peer = world_endpoint(itr),
		.local = world_address("2001:db8::53")};
	struct frame reply = {.len = 0};
	bool answered = run(t, w, &d, &reply), registered, wanted;
	const struct mapping *m;

	rcu_enter(); /* and no assertion until it is left */
	m = registry_exact(w->server->registry, eid, w->now);
	registered = m != NULL;
	wanted = is_answered(t, w, m);
	if (answered && registered)
		server_receive(&t->aside, &d, w->now, t->out);
	rcu_leave();
	eid_format(eid, text, sizeof(text));
	if (wanted && !answered)
		fail_msg("%s is registered, and the kernel does not answer", text);
	if (!answered)
		return;
	if (!registered)
		fail_msg("%s is not registered, and the kernel answers", text);
	if (t->out->count != 1)
		fail_msg("%s: the kernel answers, the core sends %u", text, t->out->count);
	compare(&reply, &d, t->out, 0);
	outbox_clear(t->out);
}

/* Of those seen the next @n; what the program counts of that is not the test's. */
static void ask_some(struct world_twin *t, struct world *w, unsigned int n)
{
	uint64_t before[FAST_CNT_COUNT], after[FAST_CNT_COUNT];

	if (!t->seen_count || t->break_udp || t->break_ip)
		return;
	assert_int_equal(fast_load_counts(kernel.fds, before), 0);
	for (unsigned int i = 0; i < n && i < t->seen_count; i++)
		ask(t, w, &t->seen[t->turn++ % t->seen_count]);
	assert_int_equal(fast_load_counts(kernel.fds, after), 0);
	for (int i = 0; i < FAST_CNT_COUNT; i++)
		t->before[i] += after[i] - before[i];
}

/* A flood of what is not even an ECM: the program has shown a thousand times that it lets it pass.
 */
static bool is_one_of_many(struct world_twin *t, const struct datagram *d)
{
	return d->len && lisp_type_of(d->bytes, d->len) != LISP_ECM && t->others++ >= OTHERS_MAX;
}

void world_twin_receive(
	struct world_twin *t, struct world *w, const struct datagram *d, uint32_t first)
{
	struct frame out = {.len = 0};

	t->answered = false;
	if (d->len > FRAME_MAX - 100 || is_one_of_many(t, d))
		return;
	t->answered = run(t, w, d, &out);
	if (t->answered) {
		t->counts.answered++;
		assert_int_equal(w->out->count, first + 1);
		compare(&out, d, w->out, first);
	} else {
		t->counts.passed++;
	}
	ask_some(t, w, ASKED);
}

void world_twin_free(struct world *w)
{
	struct world_twin *t = w->twin;

	ask_some(t, w, SEEN_MAX);
	server_thread_fini(&t->aside);
	metrics_free(t->metrics);
	outbox_free(t->out);
	fast_table_free(t->table);
	free(t);
}
