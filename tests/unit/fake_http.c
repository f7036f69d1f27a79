/* See fake_http.h. */
#include "tests/unit/fake_http.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define REQUEST_MAX 65536
#define PREFIX      "/tmp/sunward-cli-" /* and the process that made it */

/* Head and body have come: the body's length is in the head. */
static int is_whole(const char *request, size_t len)
{
	const char *end = strstr(request, "\r\n\r\n");
	const char *length = strcasestr(request, "content-length:");
	size_t body = 0;

	if (end == NULL)
		return 0;
	if (length != NULL && length < end)
		body = strtoul(length + strlen("content-length:"), NULL, 10);
	return len >= (size_t)(end + 4 - request) + body;
}

static char *read_request(int fd)
{
	char *request = calloc(1, REQUEST_MAX);
	size_t len = 0;

	while (request != NULL && len < REQUEST_MAX - 1 && !is_whole(request, len)) {
		ssize_t n = read(fd, request + len, REQUEST_MAX - 1 - len);

		if (n <= 0)
			break;
		len += (size_t)n;
	}
	return request;
}

static void answer(int fd, const struct fake_answer *a)
{
	char byte;

	if (a->status == 0) {
		while (read(fd, &byte, 1) > 0)
			;
		return;
	}
	if (a->status < 0)
		return;
	dprintf(fd, "HTTP/1.1 %d Some Words\r\nContent-Type: %s\r\nConnection: close\r\n\r\n%s",
		a->status & ~FAKE_HTTP_STAYS, a->type != NULL ? a->type : "application/json",
		a->body != NULL ? a->body : "");
}

static void *play(void *arg)
{
	struct fake_http *h = arg;

	for (unsigned int i = 0; i < h->count; i++) {
		int fd = accept(h->fd, NULL, NULL);

		if (fd < 0)
			break;
		h->requests[i] = read_request(fd);
		h->asked++;
		answer(fd, &h->script[i]);
		if (h->script[i].status > FAKE_HTTP_STAYS)
			h->kept[h->kept_count++] = fd;
		else
			close(fd);
	}
	return NULL;
}

/* What tests have left that were killed outright, with no time to clear up. */
static void sweep(void)
{
	glob_t found;

	if (glob(PREFIX "[0-9]*-??????", 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *dir = found.gl_pathv[i];
		pid_t pid = (pid_t)strtol(dir + strlen(PREFIX), NULL, 10);
		struct dirent *e;
		DIR *d;

		if (kill(pid, 0) == 0 || errno != ESRCH || (d = opendir(dir)) == NULL)
			continue;
		while ((e = readdir(d)) != NULL)
			unlinkat(dirfd(d), e->d_name, 0);
		closedir(d);
		rmdir(dir);
	}
	globfree(&found);
}

void fake_http_start(
	struct fake_http *h, const char *name, const struct fake_answer *script, unsigned int count)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};

	*h = (struct fake_http){.script = script, .count = count};
	sweep();
	snprintf(h->dir, sizeof(h->dir), PREFIX "%d-XXXXXX", getpid());
	if (count > FAKE_HTTP_MAX || mkdtemp(h->dir) == NULL)
		abort();
	snprintf(h->path, sizeof(h->path), "%s/%s", h->dir, name);
	strcpy(sun.sun_path, h->path);
	h->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (h->fd < 0 || bind(h->fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 ||
		listen(h->fd, 8) < 0 || pthread_create(&h->thread, NULL, play, h) != 0)
		abort();
}

void fake_http_stop(struct fake_http *h)
{
	shutdown(h->fd, SHUT_RDWR); /* a script that was not asked for its end must not wait */
	pthread_join(h->thread, NULL);
	while (h->kept_count)
		close(h->kept[--h->kept_count]);
	close(h->fd);
}

void fake_http_free(struct fake_http *h)
{
	for (unsigned int i = 0; i < FAKE_HTTP_MAX; i++)
		free(h->requests[i]);
	unlink(h->path);
	rmdir(h->dir);
}
