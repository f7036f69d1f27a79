/* See qmp_source.h. */
#include "vmmobility/qmp_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "lib/base/log.h"

#define PACE_MS        100
#define PACE_BYTES     (QMP_PACE_PER_S / 1000 * PACE_MS)
#define RETRY_FIRST_MS 10
#define RETRY_MAX_MS   250 /* a destination that was just started must be seen soon */
#define TICK_MS        1000
#define AGE_MAX_US     1000000 /* of an event */
#define SILENCE_TICKS  5       /* without a greeting: somebody else has the socket */

struct qmp_source {
	struct event_base *base;
	struct sockaddr_un at;
	struct guest *guest;
	struct qmp_source_ops ops;
	uint64_t *counters;
	struct log *log;
	struct bufferevent *connection;
	struct ev_token_bucket_cfg *pace;
	struct event *timer; /* next attempt, or next tick */
	struct qmp_reader *reader;
	struct qmp_session session;
	unsigned int retry_ms, ticks; /* of this connection */
	bool told;
	int error; /* of the last attempt, logged when it is another one */
};

static void after(struct qmp_source *q, unsigned int ms)
{
	const struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	event_add(q->timer, &wait);
}

/* ---- the session's way back ---- */

static void write_command(void *arg, const char *command)
{
	struct qmp_source *q = arg;

	bufferevent_write(q->connection, command, strlen(command));
}

static void identify(void *arg, const struct handover_id *uuid)
{
	struct qmp_source *q = arg;

	q->ops.identify(q->ops.arg, q->guest, uuid);
}

/* How long ago; 0 also when the clock was set since. */
static uint64_t age_of(uint64_t at_us)
{
	struct timespec wall;
	uint64_t now_us;

	clock_gettime(CLOCK_REALTIME, &wall);
	now_us = (uint64_t)wall.tv_sec * 1000000 + (uint64_t)wall.tv_nsec / 1000;
	return at_us && at_us < now_us && now_us - at_us < AGE_MAX_US ? now_us - at_us : 0;
}

static void news(void *arg, enum guest_news n, uint64_t at_us)
{
	struct qmp_source *q = arg;

	q->ops.news(q->ops.arg, q->guest, n, age_of(at_us));
}

static void ready(void *arg)
{
	struct qmp_source *q = arg;

	q->told = true;
	q->counters[VM_QMP_CONNECTS]++;
	log_info(q->log, "guest %s: its QEMU answers at %s", q->guest->name, q->at.sun_path);
}

static void refused(void *arg, const char *command, const char *why)
{
	struct qmp_source *q = arg;

	q->counters[VM_QMP_ERRORS]++;
	log_info(q->log, "guest %s: QEMU refuses %s: %s", q->guest->name, command, why);
}

static void migrated(void *arg, const char *error)
{
	struct qmp_source *q = arg;

	q->ops.migrated(q->ops.arg, q->guest, error);
}

/* ---- the connection ---- */

static void close_connection(struct qmp_source *q)
{
	if (q->connection)
		bufferevent_free(q->connection);
	q->connection = NULL;
}

static void attempt(struct qmp_source *q);
static void retry(struct qmp_source *q);

static void lose(struct qmp_source *q, const char *why)
{
	bool lived = q->session.ready && q->ticks > 0;

	if (q->session.ready) {
		q->counters[VM_QMP_LOST]++;
		log_info(q->log, "guest %s: %s: %s", q->guest->name, q->at.sun_path, why);
	}
	close_connection(q);
	/* Is it gone? Asked at once, but of one that ends every connection soon. */
	if (lived) {
		q->retry_ms = 0;
		attempt(q);
	} else {
		retry(q);
	}
}

static void on_message(void *arg, const struct qmp_message *m)
{
	struct qmp_source *q = arg;

	if (m->kind == QMP_EVENT && m->event != QMP_OTHER_EVENT)
		q->counters[VM_QMP_EVENTS]++;
	qmp_session_take(&q->session, m);
}

static void on_read(struct bufferevent *be, void *arg)
{
	struct qmp_source *q = arg;
	struct evbuffer *in = bufferevent_get_input(be);
	const char *fault = NULL;
	char bytes[4096];
	int n;

	q->ops.begin(q->ops.arg);
	while (!fault && (n = evbuffer_remove(in, bytes, sizeof(bytes))) > 0)
		fault = qmp_reader_feed(q->reader, bytes, (size_t)n, on_message, q);
	if (fault) {
		q->counters[VM_QMP_MALFORMED]++;
		lose(q, fault);
	}
	q->ops.end(q->ops.arg);
}

static void on_event(struct bufferevent *be, short what, void *arg)
{
	struct qmp_source *q = arg;

	q->ops.begin(q->ops.arg);
	lose(q, "the connection has ended");
	q->ops.end(q->ops.arg);
}

static void retry(struct qmp_source *q)
{
	q->retry_ms = q->retry_ms ? q->retry_ms * 2 : RETRY_FIRST_MS;
	if (q->retry_ms > RETRY_MAX_MS)
		q->retry_ms = RETRY_MAX_MS;
	after(q, q->retry_ms);
}

/* Nobody listens: a process that was there is gone, and its socket with it or not. */
static bool means_absent(int error)
{
	return error == ECONNREFUSED || error == ENOENT || error == ENOTDIR;
}

static void fail(struct qmp_source *q, int error)
{
	if (means_absent(error)) {
		q->told = true;
		q->ops.news(q->ops.arg, q->guest, GUEST_ABSENT, 0);
	} else if (error != q->error) {
		log_error(q->log,
			"guest %s: qmp %s: %s; the agent must be allowed to write to the socket",
			q->guest->name, q->at.sun_path, strerror(error));
	}
	q->error = error;
	retry(q);
}

static const struct qmp_session_ops session_ops = {.write = write_command,
	.identify = identify,
	.news = news,
	.ready = ready,
	.migrated = migrated,
	.refused = refused};

static void begin(struct qmp_source *q, int fd)
{
	struct qmp_session_ops ops = session_ops;
	bool asked = q->session.asked; /* its end may have been told meanwhile: QEMU is asked */

	q->connection = bufferevent_socket_new(q->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!q->connection) {
		close(fd);
		fail(q, ENOMEM);
		return;
	}
	ops.arg = q;
	qmp_session_init(&q->session, &ops);
	q->session.asked = q->session.begun = asked;
	qmp_reader_reset(q->reader);
	q->ticks = 0;
	q->error = 0;
	bufferevent_setcb(q->connection, on_read, NULL, on_event, q);
	bufferevent_set_rate_limit(q->connection, q->pace);
	bufferevent_setwatermark(q->connection, EV_READ, 0, QMP_MESSAGE_MAX);
	bufferevent_enable(q->connection, EV_READ | EV_WRITE);
	after(q, TICK_MS);
}

static void attempt(struct qmp_source *q)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0) {
		fail(q, errno);
	} else if (connect(fd, (const struct sockaddr *)&q->at, sizeof(q->at)) < 0) {
		int error = errno;

		close(fd);
		fail(q, error);
	} else {
		begin(q, fd);
	}
}

static void tick(struct qmp_source *q)
{
	if (++q->ticks == SILENCE_TICKS && !q->session.greeted)
		log_warning(q->log,
			"guest %s: %s gives no greeting: somebody else has this socket of QEMU's; give it another -qmp",
			q->guest->name, q->at.sun_path);
	qmp_session_tick(&q->session);
	after(q, TICK_MS);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct qmp_source *q = arg;

	q->ops.begin(q->ops.arg);
	if (q->connection)
		tick(q);
	else
		attempt(q);
	q->ops.end(q->ops.arg);
}

/* ---- start ---- */

struct qmp_source *qmp_source_new(struct event_base *base, const char *path, struct guest *guest,
	const struct qmp_source_ops *ops, uint64_t *counters, struct log *log)
{
	static const struct timeval tick_time = {.tv_usec = PACE_MS * 1000};
	struct qmp_source *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->base = base;
	q->at.sun_family = AF_UNIX;
	strncpy(q->at.sun_path, path, sizeof(q->at.sun_path) - 1);
	q->guest = guest;
	q->ops = *ops;
	q->counters = counters;
	q->log = log;
	q->reader = qmp_reader_new();
	q->timer = event_new(base, -1, 0, on_timer, q);
	q->pace = ev_token_bucket_cfg_new(
		PACE_BYTES, QMP_PACE_BURST, EV_RATE_LIMIT_MAX, EV_RATE_LIMIT_MAX, &tick_time);
	if (!q->reader || !q->timer || !q->pace) {
		qmp_source_free(q);
		return NULL;
	}
	after(q, 0);
	return q;
}

void qmp_source_free(struct qmp_source *q)
{
	if (!q)
		return;
	close_connection(q);
	qmp_reader_free(q->reader);
	if (q->pace)
		ev_token_bucket_cfg_free(q->pace);
	if (q->timer)
		event_free(q->timer);
	free(q);
}

const char *qmp_source_path(const struct qmp_source *q)
{
	return q->at.sun_path;
}

struct guest *qmp_source_guest(const struct qmp_source *q)
{
	return q->guest;
}

const char *qmp_source_state(const struct qmp_source *q)
{
	if (!q->connection)
		return "absent";
	return q->session.ready ? "connected" : "waiting";
}

bool qmp_source_told(const struct qmp_source *q)
{
	return q->told;
}

bool qmp_source_migrate(struct qmp_source *q, const char *uri)
{
	if (!q->connection || !q->session.ready)
		return false;
	qmp_session_migrate(&q->session, uri);
	return true;
}

void qmp_source_cancel(struct qmp_source *q)
{
	if (q->connection && q->session.ready)
		qmp_session_cancel(&q->session);
}
