/* See worker.h. */
#include "mapserver/worker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/rcu.h"

#define DATAGRAM_MAX                                                                               \
	9216 /* bytes: more than any message of ours; longer ones are cut, and refused */
#define CONTROL_BATCHES 16 /* of control messages before requests have a turn again */
#define OUT_BYTES       (1u << 18)
#define OUT_DATAGRAMS   (2 * UDP_BATCH_MAX)

struct worker {
	struct worker_options o;
	struct server_thread thread;
	struct udp_batch *batch;
	struct outbox *out;
	uint64_t results[UDP_SEND_RESULTS]; /* the thread's */
	uint64_t sent[UDP_SEND_RESULTS];    /* atomic copies */
	uint64_t kernel_drops;              /* atomic */
	int stop_fd;
	pthread_t tid;
};

static void publish_counts(struct worker *w)
{
	uint64_t drops = 0;

	for (unsigned int i = 0; i < w->o.listener_count; i++)
		drops += w->o.listeners[i].control[w->o.index].dropped +
			 w->o.listeners[i].query[w->o.index].dropped;
	__atomic_store_n(&w->kernel_drops, drops, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < UDP_SEND_RESULTS; i++)
		__atomic_store_n(&w->sent[i], w->results[i], __ATOMIC_RELAXED);
}

static void send_out(struct worker *w, const struct listener *l)
{
	const struct udp_socket *ipv4, *ipv6;

	if (!w->out->count)
		return;
	listener_send_pair(w->o.listeners, w->o.listener_count, l, &ipv4, &ipv6);
	udp_batch_send(w->batch, ipv4, ipv6, w->out, w->results);
	outbox_clear(w->out);
}

/* One batch of @s: returns how many datagrams there were. */
static int take_batch(struct worker *w, struct udp_socket *s, const struct listener *l)
{
	struct datagram datagrams[UDP_BATCH_MAX];
	struct udp_datagram *list;
	int n = udp_batch_receive(w->batch, s, UDP_BATCH_MAX, &list);
	struct mono now;

	if (n <= 0)
		return 0;
	now = mono_now();
	for (int i = 0; i < n; i++)
		datagrams[i] =
			(struct datagram){list[i].bytes, list[i].len, list[i].from, list[i].to};
	rcu_enter();
	server_receive_all(&w->thread, datagrams, (size_t)n, now, w->out);
	rcu_leave();
	send_out(w, l);
	publish_counts(w);
	return n;
}

static void take_ready(struct worker *w, const struct pollfd *ready)
{
	unsigned int n = w->o.listener_count;

	for (unsigned int i = 0; i < n; i++) {
		struct listener *l = &w->o.listeners[i];
		int batches = 0;

		while (ready[i].revents && batches++ < CONTROL_BATCHES &&
			take_batch(w, &l->control[w->o.index], l) == UDP_BATCH_MAX)
			;
	}
	for (unsigned int i = 0; i < n; i++) {
		struct listener *l = &w->o.listeners[i];

		if (ready[n + i].revents)
			take_batch(w, &l->query[w->o.index], l);
	}
}

static void *run(void *arg)
{
	struct pollfd fds[2 * LISTENERS_MAX + 1];
	struct worker *w = arg;
	unsigned int n = w->o.listener_count;

	for (unsigned int i = 0; i < n; i++) {
		fds[i] = (struct pollfd){w->o.listeners[i].control[w->o.index].fd, POLLIN, 0};
		fds[n + i] = (struct pollfd){w->o.listeners[i].query[w->o.index].fd, POLLIN, 0};
	}
	fds[2 * n] = (struct pollfd){w->stop_fd, POLLIN, 0};
	rcu_thread_start();
	for (;;) {
		int ready = poll(fds, 2 * n + 1, -1);

		if (ready < 0 && errno != EINTR)
			break;
		if (ready > 0 && fds[2 * n].revents)
			break;
		if (ready > 0)
			take_ready(w, fds);
	}
	rcu_thread_stop();
	return NULL;
}

static void free_all(struct worker *w)
{
	server_thread_fini(&w->thread);
	udp_batch_free(w->batch);
	outbox_free(w->out);
	if (w->stop_fd >= 0)
		close(w->stop_fd);
	free(w);
}

struct worker *worker_start(const struct worker_options *o)
{
	struct worker *w = calloc(1, sizeof(*w));
	int err = ENOMEM;

	if (!w)
		return NULL;
	w->o = *o;
	w->thread = (struct server_thread){.server = o->server,
		.slot = o->index,
		.random = o->random,
		.counters = o->counters,
		.log = o->log,
		.submit = o->submit,
		.submit_arg = o->submit_arg};
	w->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	w->batch = udp_batch_new(DATAGRAM_MAX);
	w->out = outbox_new(OUT_DATAGRAMS, OUT_BYTES);
	if (w->stop_fd >= 0 && w->batch && w->out && !server_thread_init(&w->thread))
		err = pthread_create(&w->tid, NULL, run, w);
	if (!err)
		return w;
	free_all(w);
	errno = err;
	return NULL;
}

void worker_stop(struct worker *w)
{
	const uint64_t one = 1;

	if (!w)
		return;
	if (write(w->stop_fd, &one, sizeof(one)) != sizeof(one))
		abort(); /* an eventfd takes its first 1 */
	pthread_join(w->tid, NULL);
	free_all(w);
}

uint64_t worker_kernel_drops(const struct worker *w)
{
	return __atomic_load_n(&w->kernel_drops, __ATOMIC_RELAXED);
}

uint64_t worker_sent(const struct worker *w, enum udp_send_result result)
{
	return __atomic_load_n(&w->sent[result], __ATOMIC_RELAXED);
}
