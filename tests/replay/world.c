/* See world.h. */
#include "tests/replay/world.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "lib/base/rcu.h"
#include "lisp/ecm.h"
#include "mapserver/publish.h"

static const uint8_t secret[16] = "replay-test-key";

struct site_table *world_sites(void)
{
	return site_table_new(secret);
}

static struct site *new_site(
	const char *name, const char *prefix, bool more_specifics, uint8_t key_id)
{
	struct eid e = world_eid(prefix);
	struct site *s = site_new(name, 2);
	char key[80];

	snprintf(key, sizeof(key), "secret-%s", name);
	assert_int_equal(site_add_key(s, key_id, AUTH_HMAC_SHA256_128, key, strlen(key)), 0);
	assert_int_equal(site_add_prefix(s, &e, more_specifics), 0);
	s->subscribe = true;
	assert_int_equal(site_add_site_id(s, 7), 0);
	return s;
}

struct site *world_site(
	struct site_table *t, const char *name, const char *prefix, bool more_specifics)
{
	struct site *s = new_site(name, prefix, more_specifics, 1);
	const struct site *holder;

	assert_int_equal(site_table_add(t, s, &holder), 0);
	return s;
}

struct site *world_site_shared(
	struct site_table *t, const char *name, const char *prefix, uint8_t key_id)
{
	struct site *s = new_site(name, prefix, true, key_id);
	const struct site *holder;

	site_share_prefix(s);
	assert_int_equal(site_table_add(t, s, &holder), 0);
	return s;
}

static bool submit(void *arg, struct job *job)
{
	struct world *w = arg;

	*w->jobs_tail = job;
	w->jobs_tail = &job->next;
	return true;
}

static void on_event(void *arg, const struct commit_event *e)
{
	struct world *w = arg;

	w->events[e->kind]++;
	w->reason = e->reason;
}

static void on_log(struct log *log, enum log_level level, const char *line)
{
	struct world *w = log->arg;
	size_t used = strlen(w->log_text);

	(void)level;
	snprintf(w->log_text + used, sizeof(w->log_text) - used, "%s\n", line);
}

static struct server_options options(void)
{
	struct server_options o = {.map_server = true,
		.resolver = true,
		.slots = 2,
		.registration_timeout_s = 180,
		.xtrs_max = 64,
		.notifies_max = 64,
		.histories_max = 4,
		.contributions_max = 100,
		.excess_replies = limit_per_s(5, 5),
		.port = 4342,
		.ipv4 = true,
		.ipv6 = true,
		.subscriptions = {.max = 100,
			.per_xtr = 20,
			.per_site = 30,
			.temporary_s = 900,
			.publications = 1000},
		.own_count = 1,
		.own = {world_address("192.0.2.54")},
		.registry = {.instances_max = 64, .tombstones_max = 100, .tombstone_life_s = 3600}};

	memcpy(o.registry.secret, secret, sizeof(secret));
	return o;
}

/* Once: a test that fails leaves its world behind. */
static void start_rcu(void)
{
	static bool started;

	if (!started)
		rcu_thread_start();
	started = true;
}

struct world *world_new(struct site_table *sites, struct forward_table *forward, const char *store)
{
	return world_start(sites, forward, store, WORLD_WALL_S);
}

struct world *world_start(
	struct site_table *sites, struct forward_table *forward, const char *store, uint64_t wall_s)
{
	struct world *w = world_hold(sites, forward, store, wall_s);

	world_go_on(w);
	return w;
}

void world_go_on(struct world *w)
{
	w->still = false;
	rcu_enter();
	while (commit_work(w->commit, w->now))
		;
	rcu_leave();
}

/* @store is taken. */
static struct world *begin(struct site_table *sites, struct forward_table *forward,
	struct store *store, uint64_t wall_s)
{
	struct world *w = calloc(1, sizeof(*w));
	struct commit_hooks hooks = {.event = on_event, .arg = w};
	struct server_options o;
	char why[128] = "";

	w->store = store;
	o = options();
	random_seeded_init(&w->random, 42);
	log_init_sink(&w->log, on_log, w);
	w->metrics = metrics_new();
	w->counters = metrics_add(w->metrics, mapserver_metrics, COUNT_MAX, 1);
	w->server = server_new(&o, sites, forward);
	w->thread = (struct server_thread){.server = w->server,
		.random = &w->random.random,
		.counters = metrics_shard(w->counters, 0),
		.log = &w->log,
		.submit = submit,
		.submit_arg = w};
	assert_int_equal(server_thread_init(&w->thread), 0);
	w->commit = commit_new(&w->thread, &hooks);
	w->out = outbox_new(2048, 1 << 20);
	w->jobs_tail = &w->jobs;
	w->now = (struct mono){1000ull * 1000000000};
	w->twin = world_twin_new(w);
	w->wall_ms = wall_s * 1000;
	w->still = true;
	commit_clock(w->commit, w->wall_ms / 1000);
	rcu_enter();
	assert_int_equal(commit_recover(w->commit, w->store, w->now, why, sizeof(why)), 0);
	rcu_leave();
	return w;
}

struct world *world_hold(
	struct site_table *sites, struct forward_table *forward, const char *store, uint64_t wall_s)
{
	struct store *opened;
	char why[128] = "";

	start_rcu();
	assert_int_equal(
		store_open(&opened, store ? store : "memory:", stored_tables, why, sizeof(why)), 0);
	return begin(sites, forward, opened, wall_s);
}

static void end(struct world *w)
{
	world_twin_free(w);
	store_close(w->store);
	server_thread_fini(&w->thread);
	server_free(w->server);
	outbox_free(w->out);
	metrics_free(w->metrics);
	free(w);
}

void world_free(struct world *w)
{
	commit_free(w->commit);
	end(w);
}

void world_kill(struct world *w)
{
	commit_drop(w->commit);
	end(w);
}

struct world *world_again(
	struct world *w, struct site_table *sites, struct forward_table *forward, bool killed)
{
	uint64_t wall_ms = w->wall_ms;
	struct store *store = w->store;

	w->store = NULL;
	if (killed)
		world_kill(w);
	else
		world_free(w);
	w = begin(sites, forward, store, wall_ms / 1000);
	w->wall_ms = wall_ms;
	world_go_on(w);
	return w;
}

void world_receive(struct world *w, const char *peer, const void *bytes, size_t len)
{
	struct datagram d = {.bytes = bytes, .len = len, .peer = world_endpoint(peer)};
	uint32_t first = w->out->count;

	d.local = world_address(d.peer.addr.afi == AFI_IPV4 ? "192.0.2.53" : "2001:db8::53");
	rcu_enter();
	server_receive(&w->thread, &d, w->now, w->out);
	rcu_leave();
	world_twin_receive(w->twin, w, &d, first);
	if (!w->held)
		world_commit(w);
}

/* The publisher's turns, until it has nothing more to say now. */
static void publish(struct world *w)
{
	while (mono_due(publish_run(w->server->publish, &w->thread, w->now, w->out), w->now))
		;
}

void world_commit(struct world *w)
{
	struct job *jobs = w->jobs;

	w->jobs = NULL;
	w->jobs_tail = &w->jobs;
	rcu_enter();
	commit_clock(w->commit, w->wall_ms / 1000);
	commit_run(w->commit, jobs, w->now, w->out);
	publish(w);
	if (!w->still)
		commit_work(w->commit, w->now);
	rcu_leave();
}

void world_pass(struct world *w, uint64_t ms)
{
	struct notify_counts counts = {0, 0};

	w->now = mono_add_ms(w->now, ms);
	w->wall_ms += ms;
	commit_clock(w->commit, w->wall_ms / 1000);
	rcu_enter();
	commit_tick(w->commit, w->now, w->out);
	notify_run(w->server->notify, w->now, w->out, &counts);
	publish(w);
	rcu_leave();
	metrics_count_n(w->thread.counters, COUNT_NOTIFY_RETRANSMITS, counts.retransmits);
	metrics_count_n(w->thread.counters, COUNT_NOTIFY_GAVE_UP, counts.gave_up);
}

void world_static(struct world *w, const char *eid, const char *locator, bool configured)
{
	const struct lisp_rloc rloc = {.priority = 1, .weight = 100, .reachable = true};
	struct eid e = world_eid(eid);
	struct job *j = job_new_static(JOB_PUT, &e);
	struct address a = world_address(locator);

	j->ttl_min = 1440;
	j->configured = configured;
	assert_true(locators_add(&j->locators, &rloc, &a));
	submit(w, j);
	world_commit(w);
	job_free(j);
}

void world_fail_store(struct world *w, bool fail)
{
	static struct rlimit before;
	struct rlimit none;

	(void)w;
	if (!fail) {
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
		return;
	}
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	none = (struct rlimit){1, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
}

uint64_t world_count(const struct world *w, unsigned int row)
{
	return metrics_sum(w->counters, row);
}

uint64_t world_dropped(const struct world *w, enum drop_reason reason)
{
	return world_count(w, COUNT_DROPPED + reason);
}

void world_clear(struct world *w)
{
	outbox_clear(w->out);
	w->log_text[0] = '\0';
}

static struct auth_key *key_of(const char *site)
{
	char key[80];

	snprintf(key, sizeof(key), "secret-%s", site ? site : "a");
	return auth_key_new(key, strlen(key));
}

static void put_record(struct wire_writer *w, const char *eid_text, uint32_t ttl_min,
	const char *const locators[4], uint8_t priority, uint16_t map_version, bool reachable)
{
	struct lisp_rloc rloc = {.priority = priority ? priority : 1,
		.weight = 100,
		.mpriority = 255,
		.local = true,
		.reachable = reachable};
	struct eid eid = world_eid(eid_text);
	uint8_t count = 0;

	while (count < 4 && locators[count])
		count++;
	lisp_record_write(w, &eid, ttl_min, count, LISP_ACT_NONE, true, map_version);
	for (unsigned int i = 0; i < count; i++) {
		struct address a = world_address(locators[i]);

		lisp_rloc_write(w, &rloc, &a);
	}
}

size_t world_write_register(uint8_t *buf, size_t cap, const struct world_register *r)
{
	const struct auth_options opt = {.records_only = r->records_only};
	struct map_register m = {.type = LISP_MAP_REGISTER,
		.proxy_reply = !r->no_proxy,
		.security = r->secure,
		.want_notify = !r->no_notify,
		.use_ttl = r->use_ttl,
		.merge = r->merge,
		.has_xtr_id = r->xtr != 0,
		.nonce = r->nonce,
		.site_id = r->xtr ? 7 : 0};
	struct auth_key *key = key_of(r->site);
	struct wire_writer w;
	unsigned int count = 0;
	int len;

	m.xtr_id.bytes[15] = r->xtr;
	wire_writer_init(&w, buf, cap);
	map_register_begin(
		&w, &m, r->key_id ? r->key_id : 1, r->alg ? r->alg : AUTH_HMAC_SHA256_128, &opt);
	for (; count < 4 && r->eids[count]; count++)
		put_record(&w, r->eids[count],
			r->remove    ? 0
			: r->ttl_min ? r->ttl_min
				     : 1440,
			r->locators, r->priority, r->map_version, !r->unreachable);
	len = map_register_finish(&w, &m, count, key, &opt);
	auth_key_free(key);
	assert_true(len > 0);
	return (size_t)len;
}

void world_register(struct world *w, struct world_register r)
{
	static uint64_t last = 1000;
	uint8_t buf[1500];

	if (!r.nonce)
		r.nonce = ++last;
	world_receive(w, r.peer ? r.peer : "198.51.100.1:4342", buf,
		world_write_register(buf, sizeof(buf), &r));
}

size_t world_write_request(
	uint8_t *buf, size_t cap, const struct map_request_spec *s, const char *inner_source)
{
	struct endpoint source = world_endpoint(inner_source), dest = {.port = 4342};
	uint8_t message[1024];
	int len = map_request_write(message, sizeof(message), s);

	assert_true(len > 0);
	dest.addr = world_address(source.addr.afi == AFI_IPV4 ? "10.0.0.1" : "2001:db8:ffff::1");
	len = ecm_write(buf, cap, &source, &dest, false, message, (size_t)len);
	assert_true(len > 0);
	return (size_t)len;
}

void world_request(struct world *w, const char *eid, const char *itr)
{
	struct map_request_spec s = {
		.nonce = 0x1122334455667788, .itr_rloc_count = 1, .eid = world_eid(eid)};
	struct endpoint from = world_endpoint(itr);
	uint8_t buf[1200];

	s.itr_rlocs[0] = from.addr;
	world_receive(w, itr, buf, world_write_request(buf, sizeof(buf), &s, itr));
}

void world_move(struct world *w, const char *site, const char *peer, uint8_t xtr,
	enum move_kind kind, uint64_t nonce, uint64_t seq, const char *eid, const char *locator)
{
	const struct auth_options opt = {false, false};
	struct move m = {.kind = kind,
		.nonce = nonce,
		.site_id = 7,
		.seq = seq,
		.has_locators = locator != NULL};
	const char *locators[4] = {locator};
	struct auth_key *key = key_of(site);
	struct wire_writer wr;
	uint8_t buf[600];
	int len;

	m.xtr_id.bytes[15] = xtr;
	wire_writer_init(&wr, buf, sizeof(buf));
	move_begin(&wr, &m, 1, AUTH_HMAC_SHA256_128, &opt);
	put_record(&wr, eid, 1440, locators, 0, 0, true);
	len = move_finish(&wr, &m, key, &opt);
	auth_key_free(key);
	assert_true(len > 0);
	world_receive(w, peer, buf, (size_t)len);
}

static void need(struct world *w, unsigned int i)
{
	if (i >= w->out->count)
		fail_msg("%u datagrams were sent, number %u is wanted; log: %s", w->out->count, i,
			w->log_text);
}

struct map_reply world_reply(struct world *w, unsigned int i)
{
	static struct wire_fault fault;
	struct map_reply m;

	need(w, i);
	if (map_reply_parse(outbox_bytes(w->out, i), w->out->list[i].len, &m, &fault))
		fail_msg("datagram %u is no Map-Reply", i);
	return m;
}

struct map_register world_notify(struct world *w, unsigned int i, const char *site)
{
	static struct wire_fault fault;
	const struct auth_options opt = {false, false};
	struct auth_key *key = key_of(site);
	struct map_register m;

	need(w, i);
	if (map_register_parse(outbox_bytes(w->out, i), w->out->list[i].len, &m, &fault) ||
		m.type != LISP_MAP_NOTIFY)
		fail_msg("datagram %u is no Map-Notify", i);
	assert_true(auth_verify(key, LISP_MAP_NOTIFY, &opt, outbox_bytes(w->out, i),
		w->out->list[i].len, m.nonce, &m.auth));
	auth_key_free(key);
	return m;
}

struct move world_answer(struct world *w, unsigned int i, const char *site)
{
	static struct wire_fault fault;
	const struct auth_options opt = {false, false};
	struct auth_key *key = key_of(site);
	struct move m;

	need(w, i);
	if (move_parse(outbox_bytes(w->out, i), w->out->list[i].len, &m, &fault))
		fail_msg("datagram %u is no move message", i);
	assert_true(auth_verify(key, LISP_EXTENSION, &opt, outbox_bytes(w->out, i),
		w->out->list[i].len, m.nonce, &m.auth));
	auth_key_free(key);
	return m;
}

const char *world_record(const struct lisp_record *rec)
{
	static char text[512];
	struct lisp_record copy = *rec;
	struct lisp_rloc rloc;
	char eid[EID_TEXT], addr[ADDRESS_TEXT];
	int n = snprintf(text, sizeof(text), "%s ttl %u act %d%s {",
		eid_format(&rec->eid.eid, eid, sizeof(eid)), rec->ttl_min, rec->act,
		rec->authoritative ? " A" : "");

	while (lisp_rloc_next(&copy, &rloc))
		n += snprintf(text + n, sizeof(text) - (size_t)n, " %s%s",
			address_format(&rloc.field.addr, addr, sizeof(addr)),
			rloc.local ? " L" : "");
	snprintf(text + n, sizeof(text) - (size_t)n, " }");
	return text;
}

const char *world_records(struct lisp_records it)
{
	static char text[2048];
	struct lisp_record rec;
	size_t n = 0;

	text[0] = '\0';
	while (lisp_records_next(&it, &rec))
		n += (size_t)snprintf(
			text + n, sizeof(text) - n, "%s%s", n ? "; " : "", world_record(&rec));
	return text;
}

const char *world_to(struct world *w, unsigned int i)
{
	static char text[ENDPOINT_TEXT];

	need(w, i);
	return endpoint_format(&w->out->list[i].to, text, sizeof(text));
}
