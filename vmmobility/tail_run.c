/* See tail_run.h. */
#include "vmmobility/tail_run.h"

#include <stdlib.h>
#include <string.h>

#define STOP_TAKES_MS 1000 /* at most, and generously: what came before that was read in peace */
#define STOP_NEAR_MS  20   /* what a stop takes as a rule */
#define QUEUES_MS     5    /* before a stop; all of it, where queues are read one by one */
#define SHARED_MS     1    /* likewise, where other guests go on reading */

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
	struct tap_count last, stop; /* counted last; as soon as the stop was heard */
	bool begun;                  /* where what the guest did not get begins is known */
	uint64_t given;              /* up to this place, to xTRs; what is before is the guest's */
};

struct tail_run {
	struct vm_env *env;
	struct reporter *reporter;
	const struct report *report; /* the guest's */
	const struct tap_ops *ops;
	struct opened taps[GUEST_TAPS_MAX];
	unsigned int tap_count;
	struct timer timer;
	uint32_t wait_ms;
	unsigned int looks;  /* before the stop */
	struct mono stopped; /* at that time, or before it */
	bool has_stopped, stop_known, asked;
	struct mono copied,
		taken;     /* the end of the copy, MONO_NEVER: not yet; the first xTR's word */
	bool known_paused; /* by an xTR at least */
	struct report_content content; /* then */
	unsigned int xtr;              /* who gets what comes now: the first that knew */
	bool known[VM_XTRS_MAX],
		answered[VM_XTRS_MAX]; /* of the latter all that there was is in copies */
	uint16_t of[VM_XTRS_MAX][HANDOVER_HOSTS_MAX];
	struct copy *copies; /* in the order of their sending */
	unsigned int count, room, open;
	unsigned int done; /* all before this one have been answered */
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

/* ---- where it begins ---- */

static void look(const struct tail_run *t, struct opened *o)
{
	struct tap_count c;

	if (t->ops->count(t->ops->arg, o->tap, &c)) { /* it is gone: nobody reads there any more */
		if (c.delivered > o->last.delivered)
			o->last.delivered = c.delivered;
		return;
	}
	if (t->has_stopped) /* what the full queue drops now nobody has read */
		c.taken -= c.dropped - o->stop.dropped;
	o->last = c;
}

static uint64_t place(const struct tail_run *t, const struct opened *o, unsigned int before_ms)
{
	struct mono at = {t->stopped.ns - before_ms * 1000000ull};

	return t->ops->place(t->ops->arg, o->tap, at);
}

/* The hypervisor has taken a packet after the stop. It takes no more than one. */
static bool took_one(const struct tail_run *t, const struct opened *o)
{
	return o->last.taken > o->stop.taken || (t->stop_known && o->last.taken > place(t, o, 0));
}

/* It has taken all that it will take, or nobody can wait longer. */
static bool settled(const struct tail_run *t, const struct opened *o)
{
	struct mono now = t->env->now;

	return t->asked || o->last.shared || took_one(t, o) ||
	       (t->copied.ns != MONO_NEVER.ns &&
		       mono_due(mono_add_ms(t->copied, TAIL_COPIED_MS), now)) ||
	       mono_due(
		       mono_add_ms(t->taken, t->stop_known ? TAIL_KNOWN_MS : TAIL_UNKNOWN_MS), now);
}

/* Two before what is unread: see tail_run.h. With nothing left unread there was nothing to take
 * after the stop, unless it was the last. */
static uint64_t begin_of(const struct tail_run *t, const struct opened *o)
{
	uint64_t taken = o->last.taken, oldest = place(t, o, STOP_TAKES_MS), begin;
	uint64_t back = 2;

	if (o->last.shared) /* what is read there says nothing of this guest */
		return place(t, o, SHARED_MS);
	if (taken == o->last.delivered && !took_one(t, o) && taken < place(t, o, STOP_NEAR_MS) + 2)
		back = 1;
	begin = taken > back ? taken - back : 0;
	if (begin < oldest)
		begin = oldest < taken ? oldest : taken;
	if (o->last.unsure && oldest < begin) /* twice is better than never */
		begin = oldest;
	if (o->last.many_queues && place(t, o, QUEUES_MS) < begin)
		begin = place(t, o, QUEUES_MS);
	return begin;
}

static bool all_begun(const struct tail_run *t)
{
	for (unsigned int i = 0; i < t->tap_count; i++)
		if (!t->taps[i].begun)
			return false;
	return true;
}

/* What is nobody's yet becomes t->xtr's. */
static void give(struct tail_run *t)
{
	for (unsigned int i = 0; i < t->tap_count; i++) {
		struct opened *o = &t->taps[i];
		uint64_t lost;

		look(t, o);
		if (!o->begun && !settled(t, o))
			continue;
		if (!o->begun)
			o->given = begin_of(t, o);
		o->begun = true;
		lost = t->ops->each(
			t->ops->arg, o->tap, o->given, o->last.delivered, take_packet, t);
		o->given = o->last.delivered;
		while (lost--)
			vm_count(t->env, VM_TAILS_LOST);
	}
}

/* ---- telling ---- */

static void send_copy(struct tail_run *t, struct copy *c)
{
	uint64_t counter =
		reporter_tail(t->reporter, t->report, c->xtr, &t->content.hosts[c->host].eid,
			c->index, c->len ? t->of[c->xtr][c->host] : 0, c->bytes, c->len);

	if (!c->first)
		c->first = counter;
}

static bool is_ip(const struct report_content *c, unsigned int host)
{
	return address_is_ip(&c->hosts[host].eid.addr);
}

/* To those who have not heard it: of the rest of the addresses, that there is none. */
static void say_none(struct tail_run *t)
{
	for (unsigned int i = 0; i < VM_XTRS_MAX; i++) {
		if (!t->known[i] || t->answered[i])
			continue;
		t->answered[i] = true;
		for (unsigned int host = 0; host < t->content.host_count; host++)
			if (!t->of[i][host] && is_ip(&t->content, host) && !append(t, i, host))
				vm_count(t->env, VM_NO_MEMORY);
	}
}

/* Those that are open, as many as may be on their way at a time. */
static void send_open(struct tail_run *t, bool again)
{
	unsigned int on_way[VM_XTRS_MAX] = {0}, room = 0;

	for (unsigned int i = 0; i < VM_XTRS_MAX; i++)
		room += t->known[i] ? TAIL_WINDOW : 0;
	for (unsigned int i = t->done; i < t->count && room; i++) {
		struct copy *c = &t->copies[i];

		if (c->answered || on_way[c->xtr]++ >= TAIL_WINDOW)
			continue;
		room--;
		if (again || !c->first)
			send_copy(t, c);
	}
}

/* Give, and tell what is new; once all taps are settled, also what there is not. */
static void go_on(struct tail_run *t)
{
	give(t);
	if (all_begun(t))
		say_none(t);
	send_open(t, false);
	wait(t, all_begun(t) ? t->wait_ms : TAIL_LOOK_MS);
}

/* While the guest runs. A migration may take no longer than a twentieth of a second, by which the
 * queue should have been seen empty. */
static void look_before(struct tail_run *t)
{
	bool unsure = false;

	for (unsigned int i = 0; i < t->tap_count; i++) {
		look(t, &t->taps[i]);
		unsure |= t->taps[i].last.unsure && !t->taps[i].last.shared;
	}
	wait(t, unsure && t->looks++ < TAIL_EAGER_LOOKS ? TAIL_EAGER_MS : TAIL_POLL_MS);
}

static void on_timer(struct timer *timer, struct mono now)
{
	struct tail_run *t = timer->arg;
	unsigned int before = t->count;

	if (!t->known_paused) {
		look_before(t);
		return;
	}
	if (!all_begun(t)) {
		go_on(t);
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

void tail_run_stopped(struct tail_run *t, struct mono at, bool known)
{
	if (t->known_paused)
		return;
	t->has_stopped = false; /* count as while it ran */
	t->stopped = at;
	t->stop_known = known;
	t->copied = MONO_NEVER;
	for (unsigned int i = 0; i < t->tap_count; i++) {
		look(t, &t->taps[i]);
		t->taps[i].stop = t->taps[i].last;
	}
	t->has_stopped = true;
}

void tail_run_copied(struct tail_run *t)
{
	if (t->has_stopped && t->copied.ns == MONO_NEVER.ns)
		t->copied = t->env->now;
}

void tail_run_taken(struct tail_run *t, const struct report_content *c, unsigned int i)
{
	if (t->known[i]) { /* the state was said anew: it has asked, or waits for long */
		t->asked = true;
		if (!all_begun(t))
			go_on(t);
		return;
	}
	if (!t->has_stopped)
		tail_run_stopped(t, t->env->now, false);
	t->known[i] = true;
	if (!t->known_paused) {
		t->content = *c;
		t->taken = t->env->now;
	}
	t->known_paused = true;
	t->xtr = i;
	t->wait_ms = TAIL_FIRST_MS;
	go_on(t);
}

bool tail_run_answered(struct tail_run *t, unsigned int i, const struct handover *ack)
{
	for (unsigned int k = t->done; k < t->count; k++) {
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
		while (t->done < t->count && t->copies[t->done].answered)
			t->done++;
		send_open(t, false);
		return true;
	}
	return false;
}

static void drop_copy(struct tail_run *t, struct copy *c)
{
	c->answered = true;
	t->open--;
	if (c->len)
		vm_count(t->env, VM_TAILS_LOST);
	free(c->bytes);
	c->bytes = NULL;
}

/* Its xTR is there no more: to who gets the rest, if anybody knows that the guest is paused. */
static void pass_on(struct tail_run *t, struct copy *c)
{
	if (c->answered)
		return;
	if (!c->len || !t->known[t->xtr]) {
		drop_copy(t, c);
		return;
	}
	c->xtr = (uint8_t)t->xtr;
	c->index = t->of[t->xtr][c->host]++;
	c->first = 0;
}

static void sort_known(struct tail_run *t, const int was[VM_XTRS_MAX])
{
	const struct tail_run old = *t;

	for (unsigned int i = 0; i < VM_XTRS_MAX; i++) {
		t->known[i] = was[i] >= 0 && old.known[was[i]];
		t->answered[i] = was[i] >= 0 && old.answered[was[i]];
		if (was[i] >= 0)
			memcpy(t->of[i], old.of[was[i]], sizeof(t->of[i]));
		else
			memset(t->of[i], 0, sizeof(t->of[i]));
	}
}

void tail_run_reorder(struct tail_run *t, const int was[VM_XTRS_MAX])
{
	int now[VM_XTRS_MAX] = {-1, -1, -1, -1};
	unsigned int next = 0;

	for (unsigned int i = 0; i < VM_XTRS_MAX; i++)
		if (was[i] >= 0)
			now[was[i]] = (int)i;
	sort_known(t, was);
	while (next < VM_XTRS_MAX - 1 && !t->known[next])
		next++;
	t->xtr = now[t->xtr] >= 0 ? (unsigned int)now[t->xtr] : next;
	for (unsigned int k = 0; k < t->count; k++) {
		struct copy *c = &t->copies[k];

		if (now[c->xtr] >= 0)
			c->xtr = (uint8_t)now[c->xtr];
		else
			pass_on(t, c);
	}
}

bool tail_run_over(const struct tail_run *t)
{
	return t->known_paused && all_begun(t) && !t->open;
}

/* ---- start ---- */

struct tail_run *tail_run_new(struct vm_env *env, struct reporter *reporter,
	const struct report *report, const struct tap_ops *ops, const struct guest_tap *taps,
	unsigned int count)
{
	struct tail_run *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->env = env;
	t->reporter = reporter;
	t->report = report;
	t->ops = ops;
	t->copied = t->taken = MONO_NEVER;
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
	wait(t, TAIL_EAGER_MS);
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
