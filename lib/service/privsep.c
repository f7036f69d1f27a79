/* privsep: the helper process that keeps its privileges, and the calls to it. See privilege.h.
 *
 * Messages are single datagrams of a SOCK_SEQPACKET pair: a header and bounded bytes, perhaps a
 * descriptor with the reply. A sequence number parts a late reply from the one that is waited for.
 * The helper reads nothing else, and ends with its parent: at the end of the stream, or by the
 * kernel when a handler hangs. */
#include "lib/service/privilege.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"

#define CALL_MS 5000
#define STOP_MS 1000

struct privsep {
	int fd;
	pid_t pid;
	uint32_t sequence;
};

struct message {
	uint32_t sequence; /* 0: a request that wants no reply */
	uint32_t id;       /* of a request */
	int32_t result;    /* of a reply */
	uint32_t len;
	uint8_t bytes[PRIVSEP_BYTES_MAX];
};

#define HEADER_LEN offsetof(struct message, bytes)

struct helper {
	const struct privsep_handler *table;
	size_t count;
	void *arg;
	struct log *log;
	int fd;
};

/* One datagram with an optional descriptor. */
static int send_message(int fd, struct message *m, int passed)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = m, .iov_len = HEADER_LEN + m->len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	if (passed >= 0) {
		msg.msg_control = &control;
		msg.msg_controllen = sizeof(control);
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.head), &passed, sizeof(int));
	}
	do {
		n = sendmsg(fd, &msg, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

/* 0; -EPIPE at the end; -EBADMSG for what no partner of ours sends. @passed may get a descriptor.
 */
static int receive_message(int fd, struct message *m, int *passed)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = {.iov_base = m, .iov_len = sizeof(*m)};
	struct msghdr msg = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	struct cmsghdr *c;
	ssize_t n;

	*passed = -1;
	do {
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return n == 0 || errno == ECONNRESET ? -EPIPE : -errno;
	c = CMSG_FIRSTHDR(&msg);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
		c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(passed, CMSG_DATA(c), sizeof(int));
	if ((msg.msg_flags & MSG_TRUNC) || (size_t)n < HEADER_LEN ||
		(size_t)n != HEADER_LEN + m->len)
		return -EBADMSG;
	return 0;
}

/* ---- in the helper ---- */

static int handle(
	const struct helper *h, const struct message *request, struct message *reply, int *passed)
{
	for (size_t i = 0; i < h->count; i++) {
		const struct privsep_handler *row = &h->table[i];
		size_t len = 0;
		int result;

		if (row->id != request->id)
			continue;
		if (request->len < row->request_min || request->len > row->request_max) {
			log_warning(h->log, "helper: %s: a request of %u bytes; want %zu to %zu",
				row->name, request->len, row->request_min, row->request_max);
			return -EMSGSIZE;
		}
		result = row->handle(
			h->arg, request->bytes, request->len, reply->bytes, &len, passed);
		reply->len = len <= PRIVSEP_BYTES_MAX ? (uint32_t)len : 0;
		return len <= PRIVSEP_BYTES_MAX ? result : -EMSGSIZE;
	}
	log_warning(h->log, "helper: there is no request %u", request->id);
	return -ENOSYS;
}

static void serve(const struct helper *h)
{
	static struct message request, reply; /* of this process alone */
	int passed, error;

	for (;;) {
		error = receive_message(h->fd, &request, &passed);
		if (passed >= 0)
			close(passed); /* requests carry none */
		if (error == -EPIPE)
			return;
		if (error)
			continue;
		reply.len = 0;
		passed = -1;
		reply.result = handle(h, &request, &reply, &passed);
		if (!request.sequence) {
			if (passed >= 0)
				close(passed);
			continue;
		}
		reply.sequence = request.sequence;
		reply.id = request.id;
		error = send_message(h->fd, &reply, passed);
		if (passed >= 0)
			close(passed);
		if (error == -EPIPE)
			return;
	}
}

static void run_helper(struct helper *h, pid_t parent)
{
	/* A terminal's or a manager's signal goes to the whole group: only the parent's end ends
	 * the helper. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "sunward-helper");
	if (getppid() == parent)
		serve(h);
	_exit(0);
}

/* ---- in the parent ---- */

struct privsep *privsep_start(
	const struct privsep_handler *table, size_t count, void *arg, struct log *log)
{
	struct helper h = {.table = table, .count = count, .arg = arg, .log = log};
	struct privsep *p = calloc(1, sizeof(*p));
	pid_t parent = getpid();
	int fds[2], error;

	if (!p)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds)) {
		free(p);
		return NULL;
	}
	p->fd = fds[0];
	p->pid = fork();
	if (p->pid == 0) {
		close(fds[0]);
		h.fd = fds[1];
		run_helper(&h, parent);
	}
	error = errno;
	close(fds[1]);
	if (p->pid > 0)
		return p;
	close(fds[0]);
	free(p);
	errno = error;
	return NULL;
}

/* Wait for input until @deadline. */
static int wait_for_reply(int fd, struct mono deadline)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};
	struct mono now;
	int n;

	do {
		now = mono_now();
		n = poll(&pfd, 1, (int)mono_since_ms(now, deadline));
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n ? 0 : -ETIMEDOUT;
}

/* The reply to @sequence; older ones are thrown away. */
static int await(struct privsep *p, uint32_t sequence, struct message *reply, int *passed)
{
	struct mono deadline = mono_add_ms(mono_now(), CALL_MS);
	int error;

	for (;;) {
		error = wait_for_reply(p->fd, deadline);
		if (!error)
			error = receive_message(p->fd, reply, passed);
		if (error || reply->sequence == sequence)
			return error;
		if (*passed >= 0)
			close(*passed);
		*passed = -1;
	}
}

int privsep_call(struct privsep *p, uint32_t id, const void *request, size_t len, void *reply,
	size_t *reply_len, int *fd)
{
	struct message m = {.id = id, .len = (uint32_t)len};
	int passed = -1, error;

	if (fd)
		*fd = -1;
	if (len > PRIVSEP_BYTES_MAX)
		return -EMSGSIZE;
	if (!++p->sequence)
		p->sequence++;
	m.sequence = p->sequence;
	if (len)
		memcpy(m.bytes, request, len);
	error = send_message(p->fd, &m, -1);
	if (!error)
		error = await(p, p->sequence, &m, &passed);
	if (!error && reply && reply_len && m.len > *reply_len)
		error = -EMSGSIZE;
	if (!error && reply && reply_len && m.len)
		memcpy(reply, m.bytes, m.len);
	if (!error && reply_len)
		*reply_len = m.len;
	if (!error && fd && passed >= 0)
		*fd = passed;
	else if (passed >= 0)
		close(passed);
	return error ? error : m.result;
}

int privsep_tell(struct privsep *p, uint32_t id, const void *request, size_t len)
{
	struct message m = {.id = id, .len = (uint32_t)len};

	if (len > PRIVSEP_BYTES_MAX)
		return -EMSGSIZE;
	if (len)
		memcpy(m.bytes, request, len);
	return send_message(p->fd, &m, -1);
}

void privsep_stop(struct privsep *p)
{
	struct pollfd pfd = {.events = 0}; /* POLLHUP comes unasked */
	bool ended;

	if (!p)
		return;
	pfd.fd = p->fd;
	shutdown(p->fd, SHUT_WR);
	ended = poll(&pfd, 1, STOP_MS) > 0;
	/* One that hangs is killed, if we still may; if not, it dies with us. */
	if (ended || !kill(p->pid, SIGKILL))
		waitpid(p->pid, NULL, 0);
	close(p->fd);
	free(p);
}
