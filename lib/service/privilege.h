/* privilege: give up what a daemon does not need, and a small helper process that keeps what it
 * must.
 *
 * privsep_start() forks the helper first; it runs a fixed table of requests {id, bounded bytes} ->
 * {status, bounded bytes, perhaps a descriptor} over a SOCK_SEQPACKET pair, and ends when its
 * parent does. Then privilege_drop() takes all capabilities from the process that parses packets.
 * No protocol here: what a request means is the handler's. */
#ifndef SUNWARD_LIB_SERVICE_PRIVILEGE_H
#define SUNWARD_LIB_SERVICE_PRIVILEGE_H

#include <stddef.h>
#include <stdint.h>

struct log;

#define PRIVSEP_BYTES_MAX 8192 /* of a request or a reply */

struct privilege_options {
	const char *user; /* become this user when started as root; NULL: stay */
	/* Names of the only system calls that stay ("read", "recvmmsg", ...; NULL at the end);
	 * NULL: no filter. Another one fails with EPERM. A name that this machine does not know is
	 * left out. */
	const char *const *syscalls;
};

/* Drop user, all capabilities (also the bounding set when it may), set no_new_privs, then the
 * filter. For the whole process: before threads start. 0, or -errno after logging which step
 * failed. */
int privilege_drop(const struct privilege_options *options, struct log *log);

/* In the helper. @request has @len bytes, within the row's bounds. Write at most PRIVSEP_BYTES_MAX
 * bytes at @reply and set *@reply_len (0 before). *@fd is -1; a descriptor set there is passed on
 * and closed. Returns 0 or -errno. */
struct privsep_handler {
	uint32_t id;
	const char *name; /* for the log */
	size_t request_min, request_max;
	int (*handle)(void *arg, const uint8_t *request, size_t len, uint8_t *reply,
		size_t *reply_len, int *fd);
};

struct privsep;

/* Fork the helper: call before any thread, and before privilege_drop(). @arg and @log are used in
 * the helper. NULL with errno. */
struct privsep *privsep_start(
	const struct privsep_handler *table, size_t count, void *arg, struct log *log);

/* Ask and wait (at most 5 s). *@reply_len: room at @reply on entry, bytes on return; both may be
 * NULL. *@fd: a descriptor of the caller's, or -1; may be NULL (one that comes is closed). Returns
 * the handler's result; -ENOSYS unknown request; -EMSGSIZE too long or short; -EPIPE the helper has
 * died; -ETIMEDOUT. One thread at a time. */
int privsep_call(struct privsep *p, uint32_t id, const void *request, size_t len, void *reply,
	size_t *reply_len, int *fd);

/* Ask, and wait for nothing: the next call waits until that is done, too. 0; -EMSGSIZE; -EPIPE. */
int privsep_tell(struct privsep *p, uint32_t id, const void *request, size_t len);

/* Ends the helper and waits for it. */
void privsep_stop(struct privsep *p);

#endif
