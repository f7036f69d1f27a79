/* standin_qmp: the monitors' side of standin: as much QMP as an agent asks for. See standin.h. */
#include "tests/lab/standin.h"
#include "tests/lab/stream.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define GREETING                                                                                   \
	"{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 0, \"minor\": 2, \"major\": 7}, \"package\": \"stand-in\"}, \"capabilities\": [\"oob\"]}}"

static const char *status_of(const struct monitor *m)
{
	static const char *const words[] = {[ABSENT] = "shutdown",
		[AWAITS] = "inmigrate",
		[RUNS] = "running",
		[STOPPED] = "finish-migrate",
		[MOVED] = "postmigrate"};

	return words[m->run];
}

static void hang_up(struct monitor *m)
{
	if (m->connection.fd >= 0)
		unwatch(m->place->s, &m->connection);
	m->len = 0;
}

__attribute__((format(printf, 2, 3))) static void say(struct monitor *m, const char *format, ...)
{
	char text[512];
	va_list args;
	int n;

	if (m->connection.fd < 0)
		return;
	va_start(args, format);
	n = vsnprintf(text, sizeof(text) - 2, format, args);
	va_end(args);
	memcpy(text + n, "\r\n", 2);
	if (send(m->connection.fd, text, (size_t)n + 2, MSG_NOSIGNAL | MSG_DONTWAIT) != n + 2)
		hang_up(m);
}

static void answer(struct monitor *m, const char *command, long long id)
{
	if (!strcmp(command, "query-status")) {
		m->told = true;
		say(m, "{\"return\": {\"status\": \"%s\", \"singlestep\": false, \"running\": %s}, \"id\": %lld}",
			status_of(m), m->run == RUNS ? "true" : "false", id);
	} else if (!strcmp(command, "query-uuid")) {
		say(m, "{\"return\": {\"UUID\": \"53554e57-4152-4400-8000-%012x\"}, \"id\": %lld}",
			m->guest + 1, id);
	} else if (!strcmp(command, "query-migrate") && m->migration) {
		say(m, "{\"return\": {\"status\": \"%s\"}, \"id\": %lld}", m->migration, id);
	} else if (!strcmp(command, "query-migrate") || !strcmp(command, "qmp_capabilities") ||
		   !strcmp(command, "migrate-set-capabilities")) {
		say(m, "{\"return\": {}, \"id\": %lld}", id);
	} else {
		say(m, "{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"The command %s has not been found\"}, \"id\": %lld}",
			command, id);
	}
}

static void take_line(struct monitor *m, const char *line)
{
	struct json_object *o = json_tokener_parse(line), *command, *id = NULL;

	if (o && json_object_object_get_ex(o, "execute", &command)) {
		json_object_object_get_ex(o, "id", &id);
		answer(m, json_object_get_string(command), (long long)json_object_get_int64(id));
	} else {
		say(m, "{\"error\": {\"class\": \"GenericError\", \"desc\": \"QMP input must be a JSON object\"}}");
	}
	json_object_put(o);
}

static void on_connection(struct source *source)
{
	struct monitor *m =
		(struct monitor *)((char *)source - offsetof(struct monitor, connection));
	ssize_t n = recv(source->fd, m->line + m->len, sizeof(m->line) - 1 - m->len, MSG_DONTWAIT);
	char *end;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		hang_up(m);
		return;
	}
	m->len += (size_t)n;
	m->line[m->len] = 0;
	while ((end = strchr(m->line, '\n'))) {
		*end = 0;
		take_line(m, m->line);
		if (m->connection.fd < 0)
			return;
		m->len -= (size_t)(end + 1 - m->line);
		memmove(m->line, end + 1, m->len + 1);
	}
	if (m->len == sizeof(m->line) - 1)
		hang_up(m);
}

/* One connection at a time, as QEMU has it: the next waits in the queue. */
static void on_listening(struct source *source)
{
	struct monitor *m =
		(struct monitor *)((char *)source - offsetof(struct monitor, listening));
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	hang_up(m);
	m->connection.fd = fd;
	watch(m->place->s, &m->connection, on_connection);
	say(m, GREETING);
}

static void path_of(const struct monitor *m, struct sockaddr_un *un)
{
	un->sun_family = AF_UNIX;
	if (snprintf(un->sun_path, sizeof(un->sun_path), "%s/%s/qmp-%u", m->place->s->folder,
		    m->place->name, m->guest) >= (int)sizeof(un->sun_path))
		errno = ENAMETOOLONG, die(m->place->s->folder);
}

void monitor_init(struct monitor *m, struct place *place, unsigned int guest)
{
	*m = (struct monitor){.place = place, .guest = guest, .run = ABSENT};
	m->listening.fd = m->connection.fd = -1;
}

void monitor_open(struct monitor *m, enum run run)
{
	struct sockaddr_un un = {0};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	path_of(m, &un);
	unlink(un.sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&un, sizeof(un)) || listen(fd, 1))
		die(un.sun_path);
	m->run = run;
	m->migration = NULL;
	m->told = false;
	m->listening.fd = fd;
	watch(m->place->s, &m->listening, on_listening);
}

void monitor_close(struct monitor *m)
{
	struct sockaddr_un un = {0};

	path_of(m, &un);
	unlink(un.sun_path);
	if (m->listening.fd >= 0)
		unwatch(m->place->s, &m->listening);
	hang_up(m);
	m->run = ABSENT;
}

void monitor_event(struct monitor *m, const char *name, const char *data, uint64_t at_ns)
{
	say(m, "{\"timestamp\": {\"seconds\": %llu, \"microseconds\": %llu}, \"event\": \"%s\"%s%s}",
		(unsigned long long)(at_ns / 1000000000ull),
		(unsigned long long)(at_ns / 1000 % 1000000), name, data ? ", \"data\": " : "",
		data ? data : "");
}
