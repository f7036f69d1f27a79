/* A QEMU that talks without end, as one that was taken over may: no more of it is read than its
 * pace, so that the other guests are heard. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include <event2/event.h>

#include "lib/base/log.h"
#include "vmmobility/qmp_source.h"

#define GREETING "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n"
#define NOISE    "{\"event\": \"POWERDOWN\"}\r\n"
#define LOUD_MS  300

static void on_nothing(void *arg)
{
}

static void on_identify(void *arg, struct guest *guest, const struct handover_id *uuid)
{
}

static void on_news(void *arg, struct guest *guest, enum guest_news news, uint64_t age_us)
{
}

static void a_line(struct log *log, enum log_level level, const char *line)
{
}

static int listen_at(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(at.sun_path, path);
	unlink(path);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

/* As much as it takes now. */
static void talk(int fd, const char *noise, size_t len, size_t *at)
{
	ssize_t n;

	while ((n = send(fd, noise + *at, len - *at, MSG_DONTWAIT | MSG_NOSIGNAL)) > 0)
		*at = (*at + (size_t)n) % len;
}

static void of_a_qemu_that_talks_without_end_no_more_is_read_than_its_pace(void **state)
{
	static const struct qmp_source_ops ops = {
		.begin = on_nothing, .end = on_nothing, .identify = on_identify, .news = on_news};
	struct event_base *base = event_base_new();
	uint64_t counters[VM_COUNTER_COUNT] = {0}, most;
	struct guest guest = {.name = "loud"};
	char path[80], noise[sizeof(NOISE) * 100] = "";
	size_t at = 0, len;
	struct qmp_source *q;
	struct mono began;
	struct log log;
	int listener, fd;

	snprintf(path, sizeof(path), "/tmp/sunward-qmp-pace-%d.sock", (int)getpid());
	listener = listen_at(path);
	for (unsigned int i = 0; i < 100; i++)
		strcat(noise, NOISE);
	len = strlen(noise);
	log_init_sink(&log, a_line, NULL);
	q = qmp_source_new(base, path, &guest, &ops, counters, &log);
	assert_non_null(q);
	while (!strcmp(qmp_source_state(q), "absent"))
		event_base_loop(base, EVLOOP_ONCE);
	fd = accept(listener, NULL, NULL);
	assert_int_equal(write(fd, GREETING, strlen(GREETING)), (ssize_t)strlen(GREETING));
	began = mono_now();
	while (mono_since_ms(began, mono_now()) < LOUD_MS || !counters[VM_QMP_EVENTS]) {
		talk(fd, noise, len, &at);
		event_base_loop(base, EVLOOP_NONBLOCK);
	}
	/* One tick more than have passed, at most. */
	most = QMP_PACE_BURST + QMP_PACE_PER_S * (mono_since_ms(began, mono_now()) + 1000) / 1000;
	assert_true(counters[VM_QMP_EVENTS] * strlen(NOISE) <= most);
	assert_string_equal(qmp_source_state(q), "waiting");
	qmp_source_free(q);
	close(fd);
	close(listener);
	unlink(path);
	event_base_free(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_a_qemu_that_talks_without_end_no_more_is_read_than_its_pace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
