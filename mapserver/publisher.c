/* See publisher.h. */
#include "mapserver/publisher.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "lib/base/rcu.h"
#include "lib/net/udp_batch.h"

#define OUT_DATAGRAMS 256 /* made under the lock at a time */
#define OUT_BYTES     (OUT_DATAGRAMS * NOTIFY_BYTES_MAX)
#define IDLE_MS       1000 /* what wakes us is a signal; this is for what was missed */

struct publisher {
	struct publisher_options o;
	struct server_thread thread;
	struct outbox *out;
	struct udp_batch *batch;
	uint64_t sent[UDP_SEND_RESULTS];
	pthread_t tid;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool woken, stop;
};

static void wake(void *arg)
{
	struct publisher *p = arg;

	pthread_mutex_lock(&p->lock);
	if (!p->woken) {
		p->woken = true;
		pthread_cond_signal(&p->changed);
	}
	pthread_mutex_unlock(&p->lock);
}

static bool wait_until(struct publisher *p, struct mono when, struct mono now)
{
	struct mono last = mono_add_ms(now, IDLE_MS);
	struct timespec until;
	bool stop;
	int err = 0;

	when = mono_min(when, last);
	until.tv_sec = (time_t)(when.ns / 1000000000);
	until.tv_nsec = (long)(when.ns % 1000000000);
	pthread_mutex_lock(&p->lock);
	while (!p->woken && !p->stop && !err && mono_before(now, when))
		err = pthread_cond_timedwait(&p->changed, &p->lock, &until);
	p->woken = false;
	stop = p->stop;
	pthread_mutex_unlock(&p->lock);
	return !stop;
}

static void send_out(struct publisher *p)
{
	const struct udp_socket *ipv4, *ipv6;

	if (!p->out->count)
		return;
	listener_send_pair(p->o.listeners, p->o.listener_count, NULL, &ipv4, &ipv6);
	udp_batch_send(p->batch, ipv4, ipv6, p->out, p->sent);
	outbox_clear(p->out);
}

static void *run(void *arg)
{
	struct publisher *p = arg;
	struct mono now, next;

	rcu_thread_start();
	do {
		now = mono_now();
		rcu_enter();
		next = publish_run(p->o.server->publish, &p->thread, now, p->out);
		rcu_leave();
		send_out(p);
	} while (wait_until(p, next, now));
	rcu_thread_stop();
	return NULL;
}

static void free_all(struct publisher *p)
{
	server_thread_fini(&p->thread);
	outbox_free(p->out);
	udp_batch_free(p->batch);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->changed);
	free(p);
}

static void init_wake(struct publisher *p)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&p->changed, &attr);
	pthread_condattr_destroy(&attr);
	pthread_mutex_init(&p->lock, NULL);
}

struct publisher *publisher_start(const struct publisher_options *o)
{
	struct publisher *p = calloc(1, sizeof(*p));
	int err = ENOMEM;

	if (!p)
		return NULL;
	p->o = *o;
	p->thread = (struct server_thread){.server = o->server,
		.slot = o->slot,
		.random = o->random,
		.counters = o->counters,
		.log = o->log};
	init_wake(p);
	p->out = outbox_new(OUT_DATAGRAMS, OUT_BYTES);
	p->batch = udp_batch_new(1); /* only sends */
	if (p->out && p->batch && !server_thread_init(&p->thread)) {
		publish_set_wake(o->server->publish, wake, p);
		err = pthread_create(&p->tid, NULL, run, p);
	}
	if (!err)
		return p;
	publish_set_wake(o->server->publish, NULL, NULL);
	free_all(p);
	errno = err;
	return NULL;
}

void publisher_stop(struct publisher *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->tid, NULL);
	publish_set_wake(p->o.server->publish, NULL, NULL);
	free_all(p);
}
