/* See party_mapserver.h. */
#include "tests/sim/party_mapserver.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/rcu.h"
#include "mapserver/commit.h"
#include "mapserver/publish.h"
#include "lisp/stored.h"
#include "tests/sim/checker.h"
#include "tests/sim/crashpoint.h"
#include "tests/sim/disk.h"
#include "tests/sim/hosts.h"
#include "tests/sim/network.h"
#include "tests/sim/party_xtr.h"
#include "tests/sim/probes.h"
#include "tests/sim/sabotage.h"

#define WALL_S           UINT64_C(1800000000) /* when it begins */
#define TICK_MS          500
#define BUSY_MS          5  /* while all is written anew */
#define PUBLISHER_US     50 /* until its thread runs */
#define TOMBSTONE_LIFE_S 3600

struct party_mapserver {
	struct sim *sim;
	unsigned int index;
	bool front;
	uint32_t life;
	int32_t clock_s; /* its wall clock is wrong by so much */
	struct random_seeded random;
	struct disk *disk;
	struct address address;
	/* While it is up. */
	struct server *server;
	struct server_thread thread;
	struct commit *commit;
	struct store *store;
	struct metrics *metrics;
	struct metrics_table *counters;
	struct job *jobs, **jobs_tail;
	bool committing;
	bool durable;           /* as it said last */
	bool anew;              /* what it writes is known already */
	struct job *forgetting; /* by sabotage: without a word */
	struct timer tick, notify, publish;
	struct mono next_sync;
	struct crashpoint crash;
	struct sabotage_memory *memory;
};

int party_mapserver_owner(const struct sim *s, const struct mapping *m)
{
	int xtr = m ? party_xtr_of_id(s, &m->owner->who.id) : -1;

	return m && xtr < 0 ? -2 : xtr;
}

/* There is something for subscribers: the publisher's thread wakes up. */
static void on_wake(void *arg)
{
	struct party_mapserver *m = arg;

	sim_timer(m->sim, &m->publish, mono_add_us(m->sim->now, PUBLISHER_US));
}

/* Before each call of the core that commits. */
static void begin(struct party_mapserver *m)
{
	crashpoint_begin(&m->crash);
	if (m->sim->opt.sabotage == SABOTAGE_ACK_FIRST)
		disk_hold(m->disk);
}

static void start_again(struct sim *s, void *payload)
{
	party_mapserver_start(s->servers[*(unsigned int *)payload]);
}

static void fall(struct party_mapserver *m)
{
	struct crashpoint crash = m->crash;

	sim_trace(m->sim, "map-server %u: in the midst of a commit, %s", m->index,
		crashpoint_names[crash.place]);
	m->sim->counts.mid_commit++;
	party_mapserver_crash(m, crash.power);
	*(unsigned int *)sim_event_in_us(m->sim, crash.down_us, start_again, sizeof(m->index)) =
		m->index;
}

/* All that it has acknowledged is in the store again. */
static void note_durable(struct party_mapserver *m)
{
	bool durable = commit_durable(m->commit);

	if (durable != m->durable)
		sim_trace(m->sim, "map-server %u: its store %s", m->index,
			durable ? "holds all again" : "does not hold all");
	if (durable && !m->durable)
		checker_kept(m->sim->checker, m->index);
	m->durable = durable;
}

/* After every call of the core. */
static void settle(struct party_mapserver *m)
{
	struct sim *s = m->sim;

	s->out->count = crashpoint_end(&m->crash, &m->random.random, s->out->count);
	sabotage_outbox(s, m->index, m->memory, s->out);
	for (uint32_t i = 0; i < s->out->count; i++)
		checker_server_sent(s->checker, m->index, outbox_bytes(s->out, i),
			s->out->list[i].len, &s->out->list[i].to);
	network_send_all(s->network, &m->address, s->out);
	if (m->crash.reached) {
		fall(m);
		return;
	}
	disk_release(m->disk, true);
	note_durable(m);
	sim_timer(s, &m->notify, notify_next(m->server->notify));
}

/* Unix time there. */
static uint64_t wall_s(const struct party_mapserver *m)
{
	return (uint64_t)((int64_t)(WALL_S + m->sim->now.ns / 1000000000) + m->clock_s);
}

static void commit_now(struct sim *s, void *payload)
{
	const uint32_t *who = payload;
	struct party_mapserver *m = s->servers[who[0]];
	struct job *jobs;

	if (!m->server || m->life != who[1])
		return;
	jobs = m->jobs;
	m->jobs = NULL;
	m->jobs_tail = &m->jobs;
	m->committing = false;
	commit_clock(m->commit, wall_s(m));
	begin(m);
	rcu_enter();
	commit_run(m->commit, jobs, s->now, s->out);
	m->forgetting = sabotage_forget(s);
	if (m->forgetting)
		commit_run(m->commit, m->forgetting, s->now, s->out);
	rcu_leave();
	m->forgetting = NULL;
	settle(m);
}

static bool submit(void *arg, struct job *job)
{
	struct party_mapserver *m = arg;
	uint32_t *who;

	*m->jobs_tail = job;
	m->jobs_tail = &job->next;
	if (m->committing)
		return true;
	m->committing = true;
	who = sim_event_in_us(m->sim, random_below(&m->random.random, m->sim->knobs.commit_us),
		commit_now, 2 * sizeof(*who));
	who[0] = m->index;
	who[1] = m->life;
	return true;
}

static void on_event(void *arg, const struct commit_event *e)
{
	struct party_mapserver *m = arg;

	if (e->kind >= EVENT_REFUSED || m->forgetting || m->crash.dead)
		return;
	checker_published(m->sim->checker, m->index, e->eid, e->seq,
		party_mapserver_owner(m->sim, e->now), e->kind == EVENT_EXPIRED);
	if (!commit_durable(m->commit))
		checker_unkept(m->sim->checker, m->index, e->eid);
	else if (disk_fails(m->disk))
		checker_unsaid(m->sim->checker, m->index, e->eid, e->seq);
}

/* Nobody may see a change before it is in the store. (What is due is gone without one.) */
static void check_unseen(struct party_mapserver *m, const struct store_change *c)
{
	struct stored_mapping is;
	struct eid eid;
	uint64_t seq;

	if (c->table != STORED_MAPPINGS || !c->value ||
		!stored_eid_read(c->key, c->key_len, &eid) ||
		!stored_mapping_read(c->value, c->value_len, &is))
		return;
	if (registry_present(m->server->registry, &eid, m->sim->now, &seq) && seq == is.seq)
		checker_early(m->sim->checker, m->index, &eid, seq);
}

static bool may_write(void *arg, const struct store_change *changes, size_t count)
{
	struct party_mapserver *m = arg;

	for (size_t i = 0; m->crash.working && !m->anew && i < count; i++)
		check_unseen(m, &changes[i]);
	return crashpoint_write(&m->crash, &m->random.random, changes, count, m->sim->out->count);
}

static void on_tick(struct timer *t, struct mono now)
{
	struct party_mapserver *m = t->arg;

	bool busy;

	if (mono_due(m->next_sync, now)) { /* as a store on disk does by itself */
		store_sync(m->store);
		m->next_sync = mono_add_s(now, 1);
	}
	commit_clock(m->commit, wall_s(m));
	begin(m);
	rcu_enter();
	commit_tick(m->commit, now, m->sim->out);
	m->anew = !commit_durable(m->commit);
	busy = commit_work(m->commit, now) && m->anew;
	m->anew = false;
	rcu_leave();
	timer_set(&m->sim->timers, t, mono_add_ms(now, busy ? BUSY_MS : TICK_MS));
	settle(m);
}

static void on_notify(struct timer *t, struct mono now)
{
	struct party_mapserver *m = t->arg;
	struct notify_counts counts = {0, 0};

	rcu_enter();
	notify_run(m->server->notify, now, m->sim->out, &counts);
	rcu_leave();
	settle(m);
}

static void on_publish(struct timer *t, struct mono now)
{
	struct party_mapserver *m = t->arg;
	struct mono next;

	do {
		rcu_enter();
		next = publish_run(m->server->publish, &m->thread, now, m->sim->out);
		rcu_leave();
		settle(m);
	} while (mono_due(next, now));
	sim_timer(m->sim, &m->publish, next);
}

struct party_mapserver *party_mapserver_new(struct sim *sim, unsigned int index, bool front)
{
	struct party_mapserver *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->sim = sim;
	m->index = index;
	m->front = front;
	m->address = network_server(index);
	random_seeded_init(&m->random, random_u64(&sim->random.random));
	timer_init(&m->tick, on_tick, m);
	timer_init(&m->notify, on_notify, m);
	timer_init(&m->publish, on_publish, m);
	m->disk = disk_new(stored_tables);
	m->memory = sabotage_memory_new(sim);
	if (m->disk && m->memory) {
		disk_watch(m->disk, may_write, m);
		return m;
	}
	party_mapserver_free(m);
	return NULL;
}

static void must(bool right)
{
	if (!right)
		abort(); /* without memory there is no simulation */
}

static struct site *make_site(unsigned int number)
{
	const char *key = party_key(number);
	struct site *s = site_new(party_site(number), 1);

	must(s && !site_add_key(s, 1, AUTH_HMAC_SHA256_128, key, strlen(key)));
	for (unsigned int i = 0; i <= HOSTS_PREFIXES; i++) {
		struct eid e = i < HOSTS_PREFIXES ? hosts_prefix(i) : hosts_own_prefix(0);

		if (i == HOSTS_PREFIXES) {
			e.plen = 12;
			eid_mask(&e);
		}
		must(!site_add_prefix(s, &e, true));
		site_share_prefix(s);
	}
	s->subscribe = true;
	return s;
}

static struct site_table *make_sites(const uint8_t secret[16])
{
	struct site_table *t = site_table_new(secret);
	const struct site *holder;

	must(t != NULL);
	for (unsigned int i = 0; i < PARTY_SITES; i++)
		must(!site_table_add(t, make_site(i), &holder));
	return t;
}

/* Each prefix is asked of another Map-Server. */
static struct forward_table *make_forward(struct party_mapserver *m, const uint8_t secret[16])
{
	struct forward_table *t = forward_table_new(secret);

	must(t != NULL);
	for (unsigned int i = 0; i <= HOSTS_PREFIXES; i++) {
		struct eid e = i < HOSTS_PREFIXES ? hosts_prefix(i) : hosts_own_prefix(0);
		struct endpoint to = {network_server(i % m->sim->knobs.servers), LISP_CONTROL_PORT};

		if (i == HOSTS_PREFIXES) {
			e.plen = 12;
			eid_mask(&e);
		}
		must(!forward_table_add(t, &e, &to));
	}
	return t;
}

static struct server_options options(struct party_mapserver *m)
{
	struct server_options o = {.map_server = !m->front,
		.resolver = true,
		.slots = 1,
		.registration_timeout_s = m->sim->knobs.timeout_s,
		.xtrs_max = m->sim->opt.xtrs + 16,
		.notifies_max = 100000,
		.excess_replies = limit_per_s(1000, 1000),
		.port = LISP_CONTROL_PORT,
		.ipv4 = true,
		.own_count = 1,
		.own = {m->address},
		.registry = {.instances_max = 64,
			.tombstones_max = m->sim->knobs.tight ? 5 : 1000000,
			.tombstone_life_s = m->sim->knobs.tight ? 20 : TOMBSTONE_LIFE_S}};

	if (!m->front)
		o.subscriptions = (struct subscription_options){.max = 10000000,
			.per_xtr = m->sim->knobs.tight ? 100 : 100000,
			.per_site = 10000000,
			.temporary_s = 20,
			.publications = 100000,
			.pace = limit_per_s(100000, 1000),
			.requests = limit_per_s(1000, 1000)};
	random_bytes(&m->random.random, o.registry.secret, sizeof(o.registry.secret));
	memcpy(o.subscriptions.secret, o.registry.secret, sizeof(o.registry.secret));
	return o;
}

/* What the disk holds is in memory before the first datagram comes. */
static void recover(struct party_mapserver *m)
{
	char why[128] = "";

	commit_clock(m->commit, wall_s(m));
	rcu_enter();
	must(!commit_recover(m->commit, m->store, m->sim->now, why, sizeof(why)));
	while (commit_work(m->commit, m->sim->now))
		;
	rcu_leave();
}

void party_mapserver_start(struct party_mapserver *m)
{
	const struct commit_hooks hooks = {.event = on_event, .done = job_free, .arg = m};
	struct server_options o = options(m);

	m->crash = (struct crashpoint){0};
	if (m->server)
		return;
	m->life++;
	m->store = disk_open(m->disk);
	m->metrics = metrics_new();
	must(m->metrics != NULL);
	m->counters = metrics_add(m->metrics, mapserver_metrics, COUNT_MAX, 1);
	m->server = server_new(&o, m->front ? NULL : make_sites(o.registry.secret),
		m->front ? make_forward(m, o.registry.secret) : NULL);
	must(m->counters && m->server);
	m->thread = (struct server_thread){.server = m->server,
		.random = &m->random.random,
		.counters = metrics_shard(m->counters, 0),
		.log = &m->sim->log,
		.submit = submit,
		.submit_arg = m};
	must(!server_thread_init(&m->thread));
	m->commit = commit_new(&m->thread, &hooks);
	must(m->commit != NULL);
	m->jobs_tail = &m->jobs;
	publish_set_wake(m->server->publish, on_wake, m); /* before there is any news */
	recover(m);
	sim_trace(m->sim, "map-server %u starts", m->index);
	m->durable = commit_durable(m->commit);
	timer_set(&m->sim->timers, &m->tick, mono_add_ms(m->sim->now, TICK_MS));
	checker_server_started(m->sim->checker, m->index);
}

static void end(struct party_mapserver *m)
{
	struct job *j;

	while ((j = m->jobs)) {
		m->jobs = j->next;
		job_free(j);
	}
	m->committing = false;
	timer_cancel(&m->sim->timers, &m->tick);
	timer_cancel(&m->sim->timers, &m->notify);
	timer_cancel(&m->sim->timers, &m->publish);
	server_thread_fini(&m->thread);
	server_free(m->server);
	m->server = NULL;
	metrics_free(m->metrics);
	store_close(m->store);
}

void party_mapserver_crash(struct party_mapserver *m, bool power)
{
	if (!m->server)
		return;
	sim_trace(m->sim, "map-server %u: %s", m->index, power ? "power loss" : "killed");
	sim_note(m->sim, power ? 8 : 7, &m->index, sizeof(m->index));
	probes_server_fell(m->sim);
	commit_drop(m->commit); /* commit_free would flush */
	end(m);
	disk_release(m->disk, false);
	if (power)
		disk_lose_power(m->disk);
	if (m->sim->opt.sabotage == SABOTAGE_DISK)
		disk_wipe(m->disk);
	*(power ? &m->sim->counts.power_losses : &m->sim->counts.server_kills) += 1;
	checker_server_crashed(m->sim->checker, m->index, power);
}

void party_mapserver_crash_in_commit(struct party_mapserver *m, bool power, uint64_t down_us)
{
	if (m->server)
		crashpoint_arm(&m->crash, &m->random.random, power, down_us);
}

void party_mapserver_free(struct party_mapserver *m)
{
	if (!m)
		return;
	if (m->server) {
		commit_free(m->commit);
		end(m);
	}
	sabotage_memory_free(m->memory);
	disk_free(m->disk);
	free(m);
}

void party_mapserver_set_clock(struct party_mapserver *m, int32_t offset_s)
{
	sim_trace(m->sim, "map-server %u: its clock is wrong by %d s", m->index, offset_s);
	m->clock_s = offset_s;
	m->sim->counts.clock_steps++;
}

void party_mapserver_fill_store(struct party_mapserver *m, bool full)
{
	if (full == disk_fails(m->disk))
		return;
	sim_trace(m->sim, "map-server %u: its store is full%s", m->index, full ? "" : " no more");
	disk_fail(m->disk, full, m->sim->opt.sabotage == SABOTAGE_SILENT);
	m->sim->counts.full_stores += full;
}

bool party_mapserver_is_durable(const struct party_mapserver *m)
{
	return commit_durable(m->commit);
}

bool party_mapserver_is_up(const struct party_mapserver *m)
{
	return m->server != NULL;
}

bool party_mapserver_is_front(const struct party_mapserver *m)
{
	return m->front;
}

void party_mapserver_receive(struct party_mapserver *m, const void *bytes, size_t len,
	const struct endpoint *from, const struct address *to)
{
	uint8_t changed[SABOTAGE_BYTES_MAX];
	struct datagram d = {.bytes = bytes, .len = len, .peer = *from, .local = *to};

	if (!m->server)
		return;
	checker_server_receives(m->sim->checker, m->index, bytes, len);
	d.bytes = sabotage_receive(m->sim, m, bytes, len, changed);
	rcu_enter();
	server_receive(&m->thread, &d, m->sim->now, m->sim->out);
	rcu_leave();
	settle(m);
}

void party_mapserver_look(
	struct party_mapserver *m, const struct eid *eid, struct party_mapserver_view *v)
{
	rcu_enter();
	v->owner = party_mapserver_owner(
		m->sim, registry_present(m->server->registry, eid, m->sim->now, &v->seq));
	rcu_leave();
}

size_t party_mapserver_mappings(const struct party_mapserver *m)
{
	return registry_count(m->server->registry);
}

size_t party_mapserver_waiting(struct party_mapserver *m)
{
	size_t n = notify_count(m->server->notify);
	struct publish_view view;

	/* What is under way may go to an xTR that subscribes no more, and takes two minutes then.
	 */
	publish_count(m->server->publish, &view);
	n += view.news + (view.flight ? 0 : view.waiting);
	/* What came just now is committed in a moment. */
	for (const struct job *j = m->committing ? NULL : m->jobs; j; j = j->next)
		n++;
	return n;
}

bool party_mapserver_has_told(struct party_mapserver *m, unsigned int xtr, const struct eid *eid)
{
	struct subscriptions *t = m->server->subscriptions;
	struct xtr_identity who;
	struct lisp_xtr_id id;
	struct subscriber *sub;
	struct subscription *s = NULL;
	struct publish_view view;
	struct xtr *x;
	bool told;

	party_xtr_id(xtr, &id);
	xtr_identity_set(&who, party_site(party_site_of(xtr)), PARTY_SITE_ID, &id);
	x = xtr_find(m->server->xtrs, &who);
	if (!x)
		return false;
	subscriptions_lock(t);
	sub = subscriber_get(t, x);
	s = sub ? subscription_find(t, sub, eid) : NULL;
	told = s && s->state == SUBSCRIPTION_LIVE && s->agreed && LIST_EMPTY(&s->notices);
	subscriptions_unlock(t);
	publish_count(m->server->publish, &view);
	return told && !view.news;
}
