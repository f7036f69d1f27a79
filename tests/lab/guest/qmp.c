/* qmp: speaks to a QEMU's monitor (QMP, a unix socket). Prints what each command returns, a line
 * each; exit 1 when one fails. With --events it says nothing more and prints the monitor's events
 * as they come, a line each with its wall clock time in seconds, until QEMU ends or closes.
 *
 * usage: qmp SOCKET COMMAND-JSON ...      qmp --events SOCKET */
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static FILE *qmp_open(const char *path)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (strlen(path) >= sizeof(un.sun_path)) {
		fprintf(stderr, "qmp: %s: a socket's path has at most %zu bytes\n", path,
			sizeof(un.sun_path) - 1);
		return NULL;
	}
	strcpy(un.sun_path, path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&un, sizeof(un))) {
		fprintf(stderr, "qmp: %s: %m\n", path);
		return NULL;
	}
	return fdopen(fd, "r+");
}

static void print_event(struct json_object *event)
{
	struct json_object *at = json_object_object_get(event, "timestamp");

	printf("%lld.%06lld %s %s\n",
		(long long)json_object_get_int64(json_object_object_get(at, "seconds")),
		(long long)json_object_get_int64(json_object_object_get(at, "microseconds")),
		json_object_get_string(json_object_object_get(event, "event")),
		json_object_to_json_string_ext(
			json_object_object_get(event, "data"), JSON_C_TO_STRING_PLAIN));
	fflush(stdout);
}

/* The next message; events are printed if @events, and left out else. NULL at the end. */
static struct json_object *next(FILE *f, bool events)
{
	static char line[1 << 16];

	while (fgets(line, sizeof(line), f)) {
		struct json_object *o = json_tokener_parse(line);

		if (!o)
			continue;
		if (!json_object_object_get_ex(o, "event", NULL))
			return o;
		if (events)
			print_event(o);
		json_object_put(o);
	}
	return NULL;
}

static bool command(FILE *f, const char *text, bool show)
{
	struct json_object *answer, *what;
	bool good;

	fprintf(f, "%s\r\n", text);
	fflush(f);
	answer = next(f, false);
	if (!answer) {
		fprintf(stderr, "qmp: the monitor closed before it answered %s\n", text);
		return false;
	}
	good = json_object_object_get_ex(answer, "return", &what);
	if (!good)
		fprintf(stderr, "qmp: %s: %s\n", text, json_object_to_json_string(answer));
	else if (show)
		printf("%s\n", json_object_to_json_string_ext(what, JSON_C_TO_STRING_PLAIN));
	json_object_put(answer);
	return good;
}

int main(int argc, char **argv)
{
	bool events = argc == 3 && !strcmp(argv[1], "--events");
	FILE *f;

	if (argc < 3) {
		fputs("usage: qmp SOCKET COMMAND-JSON ...\n       qmp --events SOCKET\n", stderr);
		return 2;
	}
	f = qmp_open(argv[events ? 2 : 1]);
	if (!f)
		return 1;
	json_object_put(next(f, false)); /* the greeting */
	if (!command(f, "{\"execute\":\"qmp_capabilities\"}", false))
		return 1;
	while (events)
		if (!next(f, true))
			return 0;
	for (int i = 2; i < argc; i++)
		if (!command(f, argv[i], true))
			return 1;
	return 0;
}
