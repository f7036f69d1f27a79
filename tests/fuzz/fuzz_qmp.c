/* fuzz_qmp: a QEMU that says anything. The first byte tells in what pieces it comes. The same bytes
 * in other pieces make the same conversation; commands are few and of the known ones; what ends the
 * stream, ends it. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "tests/fuzz/need.h"
#include "vmmobility/qmp_session.h"

struct talk {
	struct qmp_session session;
	unsigned int messages, commands;
	uint64_t sum; /* of all that was heard, in order */
};

static void mix(struct talk *t, uint64_t v)
{
	t->sum = (t->sum ^ v) * 0x100000001b3;
}

static void on_write(void *arg, const char *command)
{
	struct talk *t = arg;
	size_t len = strlen(command);

	need(len > 12 && memcmp(command, "{\"execute\":\"", 12) == 0 && command[len - 1] == '\n');
	t->commands++;
	mix(t, len);
}

static void on_identify(void *arg, const struct handover_id *uuid)
{
	mix(arg, uuid->bytes[0]);
}

static void on_news(void *arg, enum guest_news news, uint64_t at_us)
{
	need(news <= GUEST_ABSENT && news != GUEST_ANNOUNCED);
	mix(arg, 1000 + news);
}

static void on_ready(void *arg)
{
	mix(arg, 2000);
}

/* The first message asks for a migration, so that its end can come. */
static void on_migrated(void *arg, const char *error)
{
	struct talk *t = arg;

	need(!t->session.asked);
	mix(t, error ? 2001 + strlen(error) : 2001);
}

static void on_refused(void *arg, const char *command, const char *why)
{
	need(command && strlen(why) < 128);
	mix(arg, 3000 + strlen(why));
}

static void on_message(void *arg, const struct qmp_message *m)
{
	struct talk *t = arg;

	need(memchr(m->text, '\0', sizeof(m->text)));
	t->messages++;
	qmp_session_take(&t->session, m);
	if (t->messages == 1)
		qmp_session_migrate(&t->session, "tcp:192.0.2.9:4444");
}

/* False: the stream was broken. */
static bool run(struct talk *t, const char *bytes, size_t len, size_t piece)
{
	const struct qmp_session_ops ops = {
		on_write, on_identify, on_news, on_ready, on_migrated, on_refused, t};
	struct qmp_reader *r = qmp_reader_new();
	bool whole = true;

	need(r);
	memset(t, 0, sizeof(*t));
	qmp_session_init(&t->session, &ops);
	for (size_t at = 0; at < len && whole; at += piece)
		whole = !qmp_reader_feed(
			r, bytes + at, len - at < piece ? len - at : piece, on_message, t);
	need(whole || qmp_reader_feed(r, "{", 1, on_message, t));
	need(t->commands <= 5 * t->messages);
	qmp_reader_free(r);
	return whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct talk a, b;
	bool whole;

	if (size < 1)
		return 0;
	whole = run(&a, (const char *)data + 1, size - 1, 1 + data[0]);
	need(run(&b, (const char *)data + 1, size - 1, size) == whole);
	need(a.messages == b.messages && a.sum == b.sum);
	return 0;
}
