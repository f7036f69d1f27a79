/* See packet_source.h. */
#include "vmmobility/packet_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/base/log.h"
#include "lib/net/packet.h"
#include "vmmobility/helper.h"

#define FRAME_MAX 256 /* what is longer is not of these kinds, but for padding */
#define BURST     64  /* frames of one interface, before others have their turn */

struct listening {
	struct packet_source *source;
	int ifindex, fd;
	struct event *event;
	struct listening *next;
};

struct packet_source {
	struct event_base *base;
	struct helper *helper;
	struct packet_source_ops ops;
	struct log *log;
	struct listening *first;
	bool said; /* that there are no rights */
};

static struct listening *find(const struct packet_source *p, int ifindex)
{
	struct listening *l = p->first;

	while (l && l->ifindex != ifindex)
		l = l->next;
	return l;
}

static void close_one(struct packet_source *p, struct listening *l)
{
	struct listening **link = &p->first;

	while (*link != l)
		link = &(*link)->next;
	*link = l->next;
	if (l->event)
		event_free(l->event);
	close(l->fd);
	free(l);
}

/* A frame may end the listening: an interface that was renamed meanwhile. */
static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct listening *l = arg;
	struct packet_source *p = l->source;
	int ifindex = l->ifindex;
	uint8_t frame[FRAME_MAX];
	ssize_t n;

	p->ops.begin(p->ops.arg);
	for (unsigned int i = 0; i < BURST && find(p, ifindex) == l; i++) {
		n = packet_receive(fd, frame, sizeof(frame));
		if (n <= 0) /* a socket whose interface is down has an error, and goes on later */
			break;
		p->ops.frame(p->ops.arg, ifindex, frame,
			(size_t)n < sizeof(frame) ? (size_t)n : sizeof(frame));
	}
	p->ops.end(p->ops.arg);
}

static void complain(struct packet_source *p, int ifindex, int err)
{
	if (err != -EPERM)
		log_warning(
			p->log, "interface %d cannot be listened to: %s", ifindex, strerror(-err));
	else if (!p->said)
		log_warning(p->log,
			"interfaces cannot be listened to, and guests behind them are seen in the bridges' and neighbours' tables only: CAP_NET_RAW is needed at the start");
	p->said |= err == -EPERM;
}

static bool open_one(struct packet_source *p, int ifindex)
{
	struct listening *l = calloc(1, sizeof(*l));
	int fd = p->helper ? helper_listen(p->helper, ifindex) : -EPERM;

	if (fd < 0 || !l) {
		complain(p, ifindex, fd < 0 ? fd : -ENOMEM);
		free(l);
		if (fd >= 0)
			close(fd);
		return false;
	}
	*l = (struct listening){.source = p, .ifindex = ifindex, .fd = fd, .next = p->first};
	p->first = l;
	l->event = event_new(p->base, fd, EV_READ | EV_PERSIST, on_readable, l);
	if (l->event && event_add(l->event, NULL) == 0)
		return true;
	complain(p, ifindex, -ENOMEM);
	close_one(p, l);
	return false;
}

bool packet_source_listen(struct packet_source *p, int ifindex, bool on)
{
	struct listening *l = find(p, ifindex);

	if (on)
		return l || open_one(p, ifindex);
	if (l)
		close_one(p, l);
	return true;
}

void packet_source_send(struct packet_source *p, int ifindex, const void *frame, size_t len)
{
	const struct listening *l = find(p, ifindex);

	if (l)
		packet_send(l->fd, frame, len); /* lost: it is asked again */
}

struct packet_source *packet_source_new(struct event_base *base, struct helper *helper,
	const struct packet_source_ops *ops, struct log *log)
{
	struct packet_source *p = calloc(1, sizeof(*p));

	if (p)
		*p = (struct packet_source){
			.base = base, .helper = helper, .ops = *ops, .log = log};
	return p;
}

void packet_source_free(struct packet_source *p)
{
	if (!p)
		return;
	while (p->first)
		close_one(p, p->first);
	free(p);
}
