/* fake_http: a daemon's stand-in on a unix socket: answers scripted connections one after another,
 * and keeps what was asked. */
#ifndef SUNWARD_TESTS_UNIT_FAKE_HTTP_H
#define SUNWARD_TESTS_UNIT_FAKE_HTTP_H

#include <pthread.h>

#define FAKE_HTTP_MAX 16

/* With the status: the connection stays open to the end, and later ones come beside it. */
#define FAKE_HTTP_STAYS 0x10000

/* One connection. */
struct fake_answer {
	int status;       /* 0: say nothing until the client leaves; -1: close without an answer */
	const char *type; /* NULL: application/json */
	const char *body; /* NULL: none */
};

struct fake_http {
	char dir[64];
	char path[96]; /* of the socket */
	int fd;
	pthread_t thread;
	const struct fake_answer *script; /* ends after count */
	unsigned int count;
	char *requests[FAKE_HTTP_MAX]; /* head and body as they came; read after fake_http_stop */
	unsigned int asked;
	int kept[FAKE_HTTP_MAX];
	unsigned int kept_count;
};

/* Listen at DIR/@name in a new directory under /tmp. The script must outlive it. */
void fake_http_start(struct fake_http *h, const char *name, const struct fake_answer *script,
	unsigned int count);
/* Wait until the script is played, and stop listening. */
void fake_http_stop(struct fake_http *h);
/* Remove what was kept and the directory. */
void fake_http_free(struct fake_http *h);

#endif
