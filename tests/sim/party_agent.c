/* See party_agent.h. */
#include "tests/sim/party_agent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lisp/lisp.h"
#include "tests/sim/hosts.h"
#include "tests/sim/hypervisor.h"
#include "tests/sim/network.h"
#include "tests/sim/party_xtr.h"
#include "tests/sim/probes.h"

#define COUNTER_BLOCK (UINT64_C(1) << 20) /* as common/state.c reserves them */
#define NEWS_US       2000                /* at most, from a hypervisor to its agent */
#define LOOK_MS       50                  /* in which a fresh one has asked all hypervisors */
#define KEY_ID        3

struct party_agent {
	struct sim *sim;
	unsigned int index;
	uint32_t life;
	bool up, complete;
	struct address address;
	struct random_seeded random;
	struct vm_env env;
	struct vm_policy policy;
	struct reporter *reporter;
	struct guests *guests;
	struct tap_ops taps;
	void *tap_arg;
	uint64_t counter_saved; /* on disk */
	struct mono told;       /* when the last news reach it */
	struct timer timer;
};

static void key_of(unsigned int index, uint8_t key[16])
{
	for (unsigned int i = 0; i < 16; i++)
		key[i] = (uint8_t)(0x30 + i * 7 + (index >> (i % 2 * 8)));
}

static void id_of(unsigned int index, struct handover_id *id)
{
	memset(id, 0, sizeof(*id));
	id->bytes[0] = 0xa9;
	id->bytes[14] = (uint8_t)(index >> 8);
	id->bytes[15] = (uint8_t)index;
}

void party_agent_policy(const struct sim *s, unsigned int index, struct policy_agent *out)
{
	memset(out, 0, sizeof(*out));
	snprintf(out->name, sizeof(out->name), "agent%u", index);
	id_of(index, &out->id);
	out->key_count = 1;
	out->keys[0].id = KEY_ID;
	out->keys[0].alg = AUTH_HMAC_SHA256_128;
	out->keys[0].len = 16;
	key_of(index, out->keys[0].bytes);
	if (index % 2) /* of the others it learns the address when they speak */
		out->at = (struct endpoint){network_agent(index), LISP_CONTROL_PORT};
}

static void make_policy(struct party_agent *a)
{
	struct vm_xtr *x = &a->policy.xtrs[a->policy.xtr_count++];

	id_of(a->index, &a->policy.agent_id);
	a->policy.expect_ms = 60000;
	x->at = (struct endpoint){
		network_xtr(a->index / hypervisors_slots(a->sim)), LISP_CONTROL_PORT};
	x->key_id = KEY_ID;
	x->alg = AUTH_HMAC_SHA256_128;
	x->key_len = 16;
	key_of(a->index, x->key);
}

static void settle(struct party_agent *a)
{
	network_send_all(a->sim->network, &a->address, a->sim->out);
	if (a->env.counter + COUNTER_BLOCK / 2 > a->counter_saved)
		a->counter_saved = a->env.counter + COUNTER_BLOCK;
	sim_timer(a->sim, &a->timer, timers_next(&a->env.timers));
}

static void fire(struct timer *t, struct mono now)
{
	struct party_agent *a = t->arg;

	a->env.now = now;
	if (mono_due(timers_next(&a->env.timers), now))
		timers_run(&a->env.timers, now);
	settle(a);
}

static void on_changed(void *arg, const struct guest *guest)
{
	const struct party_agent *a = arg;

	sim_trace(a->sim, "agent %u: host %s is %s%s", a->index, guest->name + 1,
		guest_state_name(guest->report.content.state),
		guest->report.content.in_migration ? " to move" : "");
}

static bool on_complete(void *arg, const struct eid *eid)
{
	return ((const struct party_agent *)arg)->complete;
}

struct party_agent *party_agent_new(struct sim *sim, unsigned int index)
{
	struct party_agent *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->sim = sim;
	a->index = index;
	a->address = network_agent(index);
	random_seeded_init(&a->random, sim->opt.seed ^ UINT64_C(0xa9e27) << 32 ^ index);
	timer_init(&a->timer, fire, a);
	a->counter_saved = COUNTER_BLOCK;
	a->taps = hypervisor_taps(sim, index, &a->tap_arg);
	make_policy(a);
	return a;
}

struct told {
	unsigned int agent;
	uint32_t life, host;
	enum guest_news news;
	struct mono at;
};

static struct guest *guest_of(struct party_agent *a, uint32_t host)
{
	struct handover_id uuid = {{0x90}};
	struct handover_host h = {.eid = *hosts_eid(a->sim->hosts, host)};
	struct report_ticket ticket = {.known = true};
	struct guest_tap tap;
	struct guest *guest;
	char name[16];

	for (unsigned int i = 0; i < 4; i++)
		uuid.bytes[12 + i] = (uint8_t)(host >> (24 - 8 * i));
	hosts_mac(host, h.mac);
	snprintf(h.port, sizeof(h.port), "p%d",
		hypervisor_port(a->sim, host, a->index % hypervisors_slots(a->sim)));
	snprintf(name, sizeof(name), "h%u", host);
	snprintf(tap.name, sizeof(tap.name), "h%u", host);
	guest = guests_bind(a->guests, name, &uuid, GUEST_OF_LIBVIRT, &h, 1);
	if (!guest)
		return NULL;
	guests_taps(guest, GUEST_OF_LIBVIRT, &tap, 1);
	/* The hypervisors share one of each guest: it is not what is tried here. */
	memcpy(ticket.value.bytes, uuid.bytes, sizeof(ticket.value.bytes));
	guests_ticket_config(a->guests, guest, &ticket);
	return guest;
}

static void hears(struct sim *s, void *payload)
{
	const struct told *t = payload;
	struct party_agent *a = s->agents[t->agent];
	struct guest *guest;

	if (!a->up || a->life != t->life)
		return;
	a->env.now = s->now;
	guest = guest_of(a, t->host);
	if (guest)
		guests_old_news(a->guests, guest, t->news, t->at);
	settle(a);
}

void party_agent_news(struct party_agent *a, uint32_t host, enum guest_news news, uint64_t late_us)
{
	struct mono at = mono_add_us(a->sim->now, late_us);
	struct mono due = mono_add_us(at, 50 + random_below(&a->random.random, NEWS_US));
	struct told *t;

	if (!a->up)
		return;
	if (!mono_before(a->told, due))
		due = mono_add_us(a->told, 1);
	a->told = due;
	t = sim_event(a->sim, due, hears, sizeof(*t));
	*t = (struct told){a->index, a->life, host, news, at};
}

static void has_looked(struct sim *s, void *payload)
{
	const struct told *t = payload;
	struct party_agent *a = s->agents[t->agent];

	a->complete |= a->life == t->life;
}

void party_agent_start(struct party_agent *a)
{
	struct sim *s = a->sim;
	const struct reporter_ops ops = {.complete = on_complete, .arg = a};
	const struct guests_ops guest_ops = {.changed = on_changed, .arg = a};
	struct told *t;

	if (a->up)
		return;
	sim_trace(s, "agent %u starts", a->index);
	a->life++;
	a->up = true;
	a->complete = false;
	a->env = (struct vm_env){.random = &a->random.random,
		.log = &s->log,
		.out = s->out,
		.now = s->now,
		.counter = a->counter_saved};
	timers_init(&a->env.timers);
	a->reporter = reporter_new(&a->env, &a->policy, &ops);
	a->guests = a->reporter ? guests_new(&a->env, a->reporter, &a->policy, &guest_ops, &a->taps)
				: NULL;
	if (!a->guests)
		abort(); /* without memory there is no simulation */
	hypervisor_present(s, a->index);
	t = sim_event_in_us(s, LOOK_MS * 1000, has_looked, sizeof(*t));
	*t = (struct told){.agent = a->index, .life = a->life};
	settle(a);
}

static void end(struct party_agent *a)
{
	timer_cancel(&a->sim->timers, &a->timer);
	guests_free(a->guests);
	reporter_free(a->reporter);
	a->guests = NULL;
	a->reporter = NULL;
	a->up = false;
}

void party_agent_crash(struct party_agent *a)
{
	if (!a->up)
		return;
	sim_trace(a->sim, "agent %u dies", a->index);
	sim_note(a->sim, 9, &a->index, sizeof(a->index));
	end(a);
	a->sim->counts.agent_crashes++;
	probes_agent_fell(a->sim, a->index);
}

bool party_agent_is_up(const struct party_agent *a)
{
	return a->up;
}

void party_agent_receive(
	struct party_agent *a, const void *bytes, size_t len, const struct endpoint *from)
{
	if (!a->up)
		return;
	a->env.now = a->sim->now;
	reporter_packet(a->reporter, bytes, len, from);
	settle(a);
}

uint64_t party_agent_counter(const struct party_agent *a, enum vm_counter c)
{
	return a->env.counters[c];
}

void party_agent_free(struct party_agent *a)
{
	if (!a)
		return;
	if (a->up)
		end(a);
	free(a->tap_arg);
	free(a);
}
