/* See taps.h. */
#include "vmmobility/taps.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "vmmobility/helper.h"
#include "vmmobility/tail.h"
#include "vmmobility/tail_packet.h"

#define COUNT_US 1000

struct taps {
	struct helper *helper;
	struct log *log;
	struct tap_ops ops;
	bool said; /* that there are no rights */
	LIST_HEAD(, tap) open;
};

/* Guests may share one (a router's port, a veth with several behind it): one program for all of
 * them. */
struct tap {
	LIST_ENTRY(tap) link;
	int ifindex;
	unsigned int users;
	bool shared; /* since it was opened there were several at a time */
	struct tail *tail;
	struct mono counted; /* when its queue was asked for last; what it said */
	struct tap_count count;
};

static void complain(struct taps *t, const char *name, int err)
{
	if (err != -EPERM) {
		log_warning(t->log, "tap %s: no copy of what its guest has not read: %s", name,
			strerror(-err));
		return;
	}
	if (!t->said)
		log_warning(t->log,
			"no copies of what guests have not read from their taps when they move: CAP_BPF and CAP_NET_ADMIN are needed at the start");
	t->said = true;
}

static int attach(struct taps *t, struct tap *tap)
{
	int maps[TAIL_MAPS], rc;
	uint64_t taken = 0;

	rc = t->helper ? helper_attach(t->helper, tap->ifindex, maps, &taken) : -EPERM;
	if (rc)
		return rc;
	tap->tail = tail_open(tap->ifindex, maps, taken);
	rc = tap->tail ? 0 : -errno;
	for (unsigned int i = 0; i < TAIL_MAPS; i++)
		close(maps[i]);
	if (rc)
		helper_detach(t->helper, tap->ifindex);
	return rc;
}

static struct tap *find(struct taps *t, int ifindex)
{
	struct tap *tap;

	LIST_FOREACH (tap, &t->open, link)
		if (tap->ifindex == ifindex)
			break;
	return tap;
}

static void *open_tap(void *arg, const char *name)
{
	struct taps *t = arg;
	int ifindex = (int)if_nametoindex(name), rc = ifindex ? -ENOMEM : -errno;
	struct tap *tap = ifindex ? find(t, ifindex) : NULL;

	if (tap) {
		tap->users++;
		tap->shared = true;
		tap->counted = (struct mono){0}; /* without that word */
		return tap;
	}
	tap = ifindex ? calloc(1, sizeof(*tap)) : NULL;
	if (tap) {
		tap->ifindex = ifindex;
		tap->users = 1;
		rc = attach(t, tap);
	}
	if (!rc) {
		LIST_INSERT_HEAD(&t->open, tap, link);
		return tap;
	}
	complain(t, name, rc);
	free(tap);
	return NULL;
}

static void close_tap(void *arg, void *opened)
{
	struct taps *t = arg;
	struct tap *tap = opened;

	if (--tap->users)
		return;
	LIST_REMOVE(tap, link);
	tail_close(tap->tail);
	helper_detach(t->helper, tap->ifindex);
	free(tap);
}

/* Guests that share it ask one after the other. */
static int count(void *arg, void *opened, struct tap_count *out)
{
	struct tap *tap = opened;
	struct mono now = mono_now();
	struct tail_count c;
	int err;

	if (!tap->shared || !tap->counted.ns ||
		mono_due(mono_add_us(tap->counted, COUNT_US), now)) {
		err = tail_count(tap->tail, &c);
		if (err) {
			*out = (struct tap_count){.delivered = c.delivered};
			return err;
		}
		tap->count = (struct tap_count){.delivered = c.delivered,
			.taken = c.taken,
			.dropped = c.dropped,
			.many_queues = c.many_queues,
			.unsure = c.unsure,
			.shared = tap->shared};
		tap->counted = now;
	}
	*out = tap->count;
	return 0;
}

static uint64_t place(void *arg, void *opened, struct mono at)
{
	return tail_place(((struct tap *)opened)->tail, at);
}

/* ---- packets ---- */

struct cutting {
	tap_visit *visit;
	void *arg;
	uint32_t skip;
};

static void on_packet(void *arg, const uint8_t *packet, size_t len)
{
	struct cutting *c = arg;

	if (c->skip)
		c->skip--;
	else
		c->visit(c->arg, packet, len);
}

static void on_frame(const struct tail_frame *f, void *arg)
{
	struct cutting *c = arg;

	c->skip = f->skip;
	tail_packets(f->bytes, f->len, f->gso_len, on_packet, c);
}

static uint64_t each(
	void *arg, void *opened, uint64_t from, uint64_t end, tap_visit *visit, void *visit_arg)
{
	struct cutting c = {.visit = visit, .arg = visit_arg};

	return tail_each(((struct tap *)opened)->tail, from, end, on_frame, &c);
}

struct taps *taps_new(struct helper *helper, struct log *log)
{
	struct taps *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->helper = helper;
	t->log = log;
	LIST_INIT(&t->open);
	t->ops = (struct tap_ops){.open = open_tap,
		.close = close_tap,
		.count = count,
		.place = place,
		.each = each,
		.arg = t};
	return t;
}

void taps_free(struct taps *t)
{
	free(t);
}

void taps_lengthen(
	struct taps *t, const struct guest_tap *taps, unsigned int count, unsigned int packets)
{
	for (unsigned int i = 0; t->helper && packets && i < count; i++) {
		unsigned int ifindex = if_nametoindex(taps[i].name);

		if (ifindex)
			helper_lengthen(t->helper, (int)ifindex, (int)packets);
	}
}

const struct tap_ops *taps_ops(struct taps *t)
{
	return &t->ops;
}
