/* See tail_run.h. */
#include "vmmobility/tail_run.h"

#include <stdlib.h>
#include <string.h>

#define STOP_TAKES_US 1000 /* before QEMU says so */

struct copy {
	uint8_t xtr;
	uint8_t host; /* of the report */
	bool answered;
	uint16_t index;
	uint64_t first; /* counter; 0: not sent yet */
	uint16_t len;   /* 0: says that there is none */
	uint8_t *bytes;
};

struct opened {
	void *tap;
	uint64_t given; /* of the unread ones, to xTRs */
};

struct tail_run {
	struct vm_env *env;
	struct reporter *reporter;
	const struct tap_ops *ops;
	struct opened taps[GUEST_TAPS_MAX];
	unsigned int tap_count;
	struct timer timer;
	uint32_t wait_ms;
	struct mono stopped;
	bool known_paused;             /* by an xTR at least */
	struct report_content content; /* then */
	unsigned int xtr;              /* who gets what comes now: the first that knew */
	bool known[VM_XTRS_MAX];
	uint16_t of[VM_XTRS_MAX][HANDOVER_HOSTS_MAX];
	struct copy *copies; /* in the order of their sending */
	unsigned int count, room, open;
};

static void wait(struct tail_run *t, uint32_t ms)
{
	timer_set(&t->env->timers, &t->timer, mono_add_ms(t->env->now, ms));
}

/* ---- what is unread ---- */

static struct copy *append(struct tail_run *t, unsigned int xtr, unsigned int host)
{
	struct copy *c;

	if (t->count == t->room) {
		unsigned int room = t->room ? t->room * 2 : 64;

		c = room <= TAIL_PACKETS_MAX ? realloc(t->copies, room * sizeof(*c)) : NULL;
		if (!c)
			return NULL;
		t->copies = c;
		t->room = room;
	}
	c = &t->copies[t->count++];
	memset(c, 0, sizeof(*c));
	c->xtr = (uint8_t)xtr;
	c->host = (uint8_t)host;
	t->open++;
	return c;
}

/* Which of the guest's addresses @packet is for; -1: none of them. */
static int host_of(const struct report_content *c, const uint8_t *packet, size_t len)
{
	struct address to;

	if (len >= 20 && packet[0] >> 4 == 4)
		address_set(&to, AFI_IPV4, packet + 16, 4);
	else if (len >= 40 && packet[0] >> 4 == 6)
		address_set(&to, AFI_IPV6, packet + 24, 16);
	else
		return -1;
	for (unsigned int i = 0; i < c->host_count; i++)
		if (address_equal(&c->hosts[i].eid.addr, &to))
			return (int)i;
	return -1;
}

static void take_packet(void *arg, const uint8_t *packet, size_t len)
{
	struct tail_run *t = arg;
	int host = len <= UINT16_MAX ? host_of(&t->content, packet, len) : -1;
	uint8_t *bytes = host >= 0 ? malloc(len) : NULL;
	struct copy *c = bytes ? append(t, t->xtr, (unsigned int)host) : NULL;

	if (host >= 0 && !c)
		vm_count(t->env, VM_NO_MEMORY);
	if (!c) {
		free(bytes);
		return;
	}
	c->index = t->of[t->xtr][host]++;
	c->bytes = memcpy(bytes, packet, len);
	c->len = (uint16_t)len;
}

static uint64_t unread_of(const struct tail_run *t, const struct opened *o)
{
	int64_t queued = t->ops->unread(t->ops->arg, o->tap);
	uint64_t unread = queued > 0 ? (uint64_t)queued : 0;
	struct mono begin = {t->stopped.ns - STOP_TAKES_US * 1000};
	uint64_t since = t->ops->since(t->ops->arg, o->tap, begin);

	return unread > since ? unread : since;
}

/* What is unread and nobody's yet becomes t->xtr's. */
static void give(struct tail_run *t)
{
	for (unsigned int i = 0; i < t->tap_count; i++) {
		struct opened *o = &t->taps[i];
		uint64_t unread = unread_of(t, o), lost;

		if (unread <= o->given)
			continue;
		lost = t->ops->each(t->ops->arg, o->tap, unread - o->given, take_packet, t);
		o->given = unread;
		while (lost--)
			vm_count(t->env, VM_TAILS_LOST);
	}
}

/* ---- telling ---- */

static void send_copy(struct tail_run *t, struct copy *c)
{
	uint64_t counter = reporter_tail(t->reporter, c->xtr, &t->content.hosts[c->host].eid,
		c->index, c->len ? t->of[c->xtr][c->host] : 0, c->bytes, c->len);

	if (!c->first)
		c->first = counter;
}

/* Those that are open, as many as may be on their way at a time. */
static void send_open(struct tail_run *t, bool again)
{
	unsigned int on_way[VM_XTRS_MAX] = {0};

	for (unsigned int i = 0; i < t->count; i++) {
		struct copy *c = &t->copies[i];

		if (c->answered || on_way[c->xtr]++ >= TAIL_WINDOW)
			continue;
		if (again || !c->first)
			send_copy(t, c);
	}
}

static void on_timer(struct timer *timer, struct mono now)
{
	struct tail_run *t = timer->arg;
	unsigned int before = t->count;

	if (!t->known_paused) {
		for (unsigned int i = 0; i < t->tap_count; i++)
			t->ops->unread(t->ops->arg, t->taps[i].tap);
		wait(t, TAIL_POLL_MS);
		return;
	}
	give(t);
	send_open(t, true);
	if (t->count > before)
		t->wait_ms = TAIL_FIRST_MS;
	else if (t->wait_ms < TAIL_WAIT_MAX)
		t->wait_ms *= 2;
	wait(t, t->wait_ms);
}

static bool is_ip(const struct report_content *c, unsigned int host)
{
	return address_is_ip(&c->hosts[host].eid.addr);
}

void tail_run_taken(
	struct tail_run *t, const struct report_content *c, unsigned int i, struct mono stopped)
{
	struct copy *none;

	if (t->known[i])
		return; /* the state was said anew */
	t->known[i] = true;
	if (!t->known_paused)
		t->content = *c;
	t->known_paused = true;
	c = &t->content;
	t->stopped = stopped;
	t->xtr = i;
	give(t);
	for (unsigned int host = 0; host < c->host_count; host++) {
		if (t->of[i][host] || !is_ip(c, host))
			continue;
		none = append(t, i, host);
		if (!none)
			vm_count(t->env, VM_NO_MEMORY);
	}
	send_open(t, false);
	t->wait_ms = TAIL_FIRST_MS;
	wait(t, t->wait_ms);
}

bool tail_run_answered(struct tail_run *t, unsigned int i, const struct handover *ack)
{
	for (unsigned int k = 0; k < t->count; k++) {
		struct copy *c = &t->copies[k];

		if (c->answered || c->xtr != i || !c->first || ack->counter < c->first ||
			ack->index != c->index ||
			!eid_equal(&ack->hosts[0].eid, &t->content.hosts[c->host].eid))
			continue;
		c->answered = true;
		t->open--;
		vm_count(t->env, VM_TAILS_TAKEN);
		free(c->bytes);
		c->bytes = NULL;
		send_open(t, false);
		return true;
	}
	return false;
}

bool tail_run_over(const struct tail_run *t)
{
	return t->known_paused && !t->open;
}

/* ---- start ---- */

struct tail_run *tail_run_new(struct vm_env *env, struct reporter *reporter,
	const struct tap_ops *ops, const struct guest_tap *taps, unsigned int count)
{
	struct tail_run *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->env = env;
	t->reporter = reporter;
	t->ops = ops;
	timer_init(&t->timer, on_timer, t);
	for (unsigned int i = 0; i < count && i < GUEST_TAPS_MAX; i++) {
		t->taps[t->tap_count].tap = ops->open(ops->arg, taps[i].name);
		if (t->taps[t->tap_count].tap)
			t->tap_count++;
	}
	if (!t->tap_count) {
		free(t);
		return NULL;
	}
	wait(t, TAIL_POLL_MS);
	return t;
}

void tail_run_free(struct tail_run *t)
{
	if (!t)
		return;
	timer_cancel(&t->env->timers, &t->timer);
	for (unsigned int i = 0; i < t->tap_count; i++)
		t->ops->close(t->ops->arg, t->taps[i].tap);
	for (unsigned int i = 0; i < t->count; i++)
		free(t->copies[i].bytes);
	free(t->copies);
	free(t);
}
