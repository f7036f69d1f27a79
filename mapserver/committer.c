/* See committer.h. */
#include "mapserver/committer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/rcu.h"
#include "mapserver/seq_floor.h"

#define TICK_MS       100
#define EVENTS_MAX    65536 /* that the control thread has not taken yet */
#define OUT_DATAGRAMS 4096
#define OUT_BYTES     (4u << 20)

struct committer {
	struct committer_options o;
	struct server_thread thread;
	struct commit *commit;
	struct outbox *out;
	struct udp_batch *batch;
	uint64_t sent[UDP_SEND_RESULTS];
	pthread_t tid;
	/* The queue of jobs. */
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct job *first, **last;
	size_t waiting;
	bool stop;
	/* To the control thread. */
	pthread_mutex_t out_lock;
	struct job *finished, **finished_last;
	struct committer_event *events, **events_last;
	size_t event_count;
	uint64_t events_lost; /* atomic */
	bool wake;            /* the committer's: something to tell since the last wake-up */
};

bool committer_submit(void *committer, struct job *job)
{
	struct committer *c = committer;
	bool room;

	pthread_mutex_lock(&c->lock);
	/* The operator's jobs and our own are few, and are never turned away. */
	room = c->waiting < COMMITTER_QUEUE_MAX || job->kind == JOB_PUT ||
	       job->kind == JOB_DELETE || job->kind == JOB_KEEP;
	if (room) {
		job->next = NULL;
		*c->last = job;
		c->last = &job->next;
		if (c->waiting++ == 0)
			pthread_cond_signal(&c->filled);
	}
	pthread_mutex_unlock(&c->lock);
	return room;
}

/* Wait for jobs, at most one tick; not at all when there is other work. */
static struct job *take_all(struct committer *c, bool busy, bool *stop)
{
	struct timespec until;
	struct job *list;
	int err = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += TICK_MS * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_mutex_lock(&c->lock);
	while (!c->first && !c->stop && !err && !busy)
		err = pthread_cond_timedwait(&c->filled, &c->lock, &until);
	list = c->first;
	c->first = NULL;
	c->last = &c->first;
	c->waiting = 0;
	*stop = c->stop;
	pthread_mutex_unlock(&c->lock);
	return list;
}

static void send_out(void *arg, struct outbox *out)
{
	struct committer *c = arg;
	const struct udp_socket *ipv4, *ipv6;

	if (!out->count)
		return;
	listener_send_pair(c->o.listeners, c->o.listener_count, NULL, &ipv4, &ipv6);
	udp_batch_send(c->batch, ipv4, ipv6, out, c->sent);
	outbox_clear(out);
}

static unsigned int copy_addresses(const struct mapping *m, struct address *list)
{
	struct wire_fault fault;
	struct lisp_record rec;
	struct lisp_rloc rloc;
	unsigned int n = 0;

	if (!m)
		return 0;
	rec = locators_iterate(
		m->locators->wire, m->locators->wire_len, m->locators->count, &fault);
	while (n < COMMITTER_EVENT_ADDRESSES && lisp_rloc_next(&rec, &rloc))
		if (lisp_field_locator(&rloc.field, &list[n]))
			n++;
	return n;
}

static void on_event(void *arg, const struct commit_event *from)
{
	struct committer *c = arg;
	struct committer_event *e;
	const struct xtr *owner;
	bool full;

	pthread_mutex_lock(&c->out_lock);
	full = c->event_count >= EVENTS_MAX;
	pthread_mutex_unlock(&c->out_lock);
	e = full ? NULL : calloc(1, sizeof(*e));
	if (!e) {
		__atomic_fetch_add(&c->events_lost, 1, __ATOMIC_RELAXED);
		return;
	}
	e->kind = from->kind;
	e->reason = from->reason;
	e->eid = *from->eid;
	e->seq = from->seq;
	e->has_why = from->why;
	if (from->why)
		e->why = *from->why;
	owner = from->subscriber ? from->subscriber : from->now ? from->now->owner : NULL;
	e->has_owner = owner && !owner->is_static;
	e->is_static = owner && owner->is_static;
	if (e->has_owner)
		e->owner = owner->who;
	e->now_count = copy_addresses(from->now, e->now);
	e->previous_count = copy_addresses(from->previous, e->previous);
	pthread_mutex_lock(&c->out_lock);
	*c->events_last = e;
	c->events_last = &e->next;
	c->event_count++;
	pthread_mutex_unlock(&c->out_lock);
	c->wake = true;
}

static struct mono on_clock(void *arg)
{
	return mono_now();
}

/* The committer has followed the operator's job: its answer is the control thread's. */
static void on_done(struct job *job)
{
	struct committer *c = job->committer;

	job->next = NULL;
	pthread_mutex_lock(&c->out_lock);
	*c->finished_last = job;
	c->finished_last = &job->next;
	pthread_mutex_unlock(&c->out_lock);
	c->wake = true;
}

struct job *committer_finished(struct committer *c)
{
	struct job *j;

	pthread_mutex_lock(&c->out_lock);
	j = c->finished;
	if (j)
		c->finished = j->next;
	if (!c->finished)
		c->finished_last = &c->finished;
	pthread_mutex_unlock(&c->out_lock);
	return j;
}

struct committer_event *committer_events(struct committer *c)
{
	struct committer_event *list;

	pthread_mutex_lock(&c->out_lock);
	list = c->events;
	c->events = NULL;
	c->events_last = &c->events;
	c->event_count = 0;
	pthread_mutex_unlock(&c->out_lock);
	return list;
}

uint64_t committer_events_lost(const struct committer *c)
{
	return __atomic_load_n(&c->events_lost, __ATOMIC_RELAXED);
}

uint64_t committer_whole_wall_s(const struct committer *c)
{
	return commit_whole_wall_s(c->commit);
}

bool committer_durable(const struct committer *c)
{
	return commit_durable(c->commit);
}

static void wake_control(struct committer *c)
{
	const uint64_t one = 1;
	ssize_t n;

	if (!c->wake)
		return;
	c->wake = false;
	do
		n = write(c->o.wake_fd, &one, sizeof(one));
	while (n < 0 && errno == EINTR); /* EAGAIN: it is to wake up already */
}

static void note_found(struct committer *c)
{
	storage_found_partial(
		c->o.storage, commit_partial(c->commit), commit_unreadable(c->commit));
}

/* A store that could not be opened may be there now. */
static void try_store(struct committer *c, struct mono now)
{
	struct store *store = storage_retry(c->o.storage, now);
	char why[256] = "";
	int err;

	if (!store)
		return;
	rcu_enter();
	err = commit_recover(c->commit, store, now, why, sizeof(why));
	rcu_leave();
	if (err)
		log_error(c->o.log, "store: %s", why);
	else
		log_info(c->o.log, "store: open now");
	note_found(c);
	c->wake = true; /* its sites are the control thread's */
}

static void *run(void *arg)
{
	struct committer *c = arg;
	struct mono next_tick = {0};
	bool stop = false, busy = true;

	rcu_thread_start();
	while (!stop) {
		struct job *list = take_all(c, busy, &stop);
		struct mono now = mono_now();

		commit_clock(c->commit, wall_now_s());
		try_store(c, now);

		for (struct job *j = list; j; j = j->next)
			j->committer = c;
		rcu_enter();
		commit_run(c->commit, list, now, c->out);
		if (mono_due(next_tick, now)) {
			commit_tick(c->commit, now, c->out);
			note_found(c);
			next_tick = mono_add_ms(now, TICK_MS);
		}
		busy = commit_work(c->commit, now);
		rcu_leave();
		send_out(c, c->out);
		c->wake |= list != NULL; /* perhaps a notify waits now */
		wake_control(c);
	}
	rcu_thread_stop();
	return NULL;
}

static void free_all(struct committer *c)
{
	struct committer_event *e;
	struct job *j;

	while ((j = committer_finished(c)))
		job_free(j);
	e = committer_events(c);
	while (e) {
		struct committer_event *next = e->next;

		free(e);
		e = next;
	}
	commit_free(c->commit);
	server_thread_fini(&c->thread);
	outbox_free(c->out);
	udp_batch_free(c->batch);
	pthread_mutex_destroy(&c->lock);
	pthread_mutex_destroy(&c->out_lock);
	pthread_cond_destroy(&c->filled);
	free(c);
}

static void init_queues(struct committer *c)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->filled, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&c->lock, NULL);
	pthread_mutex_init(&c->out_lock, NULL);
	c->last = &c->first;
	c->finished_last = &c->finished;
	c->events_last = &c->events;
}

/* Numbers above all that earlier runs may have given; no later one gives them again. */
static void begin_without_store(struct committer *c)
{
	uint64_t floor = seq_floor_of_time(wall_now_s());
	int err = storage_save_floor(c->o.storage, seq_floor_end(floor));

	registry_raise_floor(c->o.server->registry, floor);
	if (err && err != -ENOENT)
		log_warning(c->o.log,
			"store: that numbers are given without it can be noted nowhere (%s)",
			strerror(-err));
}

/* Before the thread begins. */
static int recover(struct committer *c)
{
	struct store *store = storage_store(c->o.storage);
	char why[256] = "";
	int err = 0;

	commit_clock(c->commit, wall_now_s());
	rcu_enter();
	if (store)
		err = commit_recover(c->commit, store, mono_now(), why, sizeof(why));
	else if (c->o.storage->wanted)
		begin_without_store(c);
	rcu_leave();
	note_found(c);
	if (err)
		log_error(c->o.log, "store: %s", why);
	return -err;
}

struct committer *committer_start(const struct committer_options *o)
{
	struct committer *c = calloc(1, sizeof(*c));
	const struct commit_hooks hooks = {
		.send = send_out, .event = on_event, .done = on_done, .clock = on_clock, .arg = c};
	int err = ENOMEM;

	if (!c)
		return NULL;
	c->o = *o;
	c->thread = (struct server_thread){.server = o->server,
		.slot = o->slot,
		.random = o->random,
		.counters = o->counters,
		.log = o->log};
	init_queues(c);
	c->out = outbox_new(OUT_DATAGRAMS, OUT_BYTES);
	c->batch = udp_batch_new(1); /* only sends */
	c->commit = commit_new(&c->thread, &hooks);
	if (c->out && c->batch && c->commit && !server_thread_init(&c->thread))
		err = recover(c);
	if (!err)
		err = pthread_create(&c->tid, NULL, run, c);
	if (!err)
		return c;
	free_all(c);
	errno = err;
	return NULL;
}

void committer_stop(struct committer *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_signal(&c->filled);
	pthread_mutex_unlock(&c->lock);
	pthread_join(c->tid, NULL);
	free_all(c);
}
