/* Cards, and the addresses that they have. See snoop_internal.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmmobility/guest_uuid.h"
#include "vmmobility/snoop_internal.h"

static const struct handover_id nobody;

static bool owned(const struct snoop_card *card)
{
	return memcmp(&card->owner, &nobody, sizeof(nobody)) != 0;
}

/* Both are one guest's. */
static bool related(const struct snoop_card *a, const struct snoop_card *b)
{
	return a == b || (owned(a) && !memcmp(&a->owner, &b->owner, sizeof(a->owner)));
}

static const char *mac_text(const uint8_t mac[6], char text[ADDRESS_TEXT])
{
	struct address a;

	address_set(&a, AFI_MAC, mac, 6);
	return address_format(&a, text, ADDRESS_TEXT);
}

/* ---- the table ---- */

static size_t place_of(const struct snoop *s, const uint8_t mac[6])
{
	return hash_bytes(&s->key, mac, 6) % SNOOP_BUCKETS;
}

struct snoop_card *snoop_card_find(const struct snoop *s, const uint8_t mac[6])
{
	struct snoop_card *card = s->buckets[place_of(s, mac)];

	while (card && memcmp(card->mac, mac, sizeof(card->mac)) != 0)
		card = card->next;
	return card;
}

void snoop_card_free(struct snoop_card *card)
{
	struct snoop *s = card->snoop;
	struct snoop_card **link = &s->buckets[place_of(s, card->mac)];

	while (*link != card)
		link = &(*link)->next;
	*link = card->next;
	timer_cancel(&s->env->timers, &card->timer);
	s->card_count--;
	free(card);
}

/* Room for another: the card that is not here and was not heard for longest gives way. */
static bool make_room(struct snoop *s)
{
	struct snoop_card *oldest = NULL;

	if (s->card_count < SNOOP_CARDS_MAX)
		return true;
	for (unsigned int i = 0; i < SNOOP_BUCKETS; i++)
		for (struct snoop_card *c = s->buckets[i]; c; c = c->next)
			if (!c->port && !timer_is_set(&c->timer) &&
				(!oldest || mono_before(c->heard, oldest->heard)))
				oldest = c;
	if (oldest)
		snoop_card_free(oldest);
	return oldest != NULL;
}

static void on_timer(struct timer *t, struct mono now);

struct snoop_card *snoop_card_get(struct snoop *s, const uint8_t mac[6])
{
	struct snoop_card *card = snoop_card_find(s, mac), **link = &s->buckets[place_of(s, mac)];
	bool room = card || make_room(s);

	if (card)
		return card;
	if (room)
		card = calloc(1, sizeof(*card));
	if (!card) {
		vm_count(s->env, room ? VM_NO_MEMORY : VM_SNOOP_LIMIT);
		log_limited(s->env->log, &s->full_log, s->env->now, LOG_LEVEL_WARNING,
			"a guest's card is not looked at: %s",
			room ? "out of memory" : "there are 4096 already");
		return NULL;
	}
	card->snoop = s;
	memcpy(card->mac, mac, sizeof(card->mac));
	timer_init(&card->timer, on_timer, card);
	card->next = *link;
	*link = card;
	s->card_count++;
	return card;
}

/* ---- who has what ---- */

/* The guest's addresses are named by somebody who is trusted more. */
static bool is_named(const struct guest *guest)
{
	return guest->named & ~(unsigned int)GUEST_OF_SNOOP;
}

static bool has_mac(const struct guest *guest, const uint8_t mac[6])
{
	for (unsigned int i = 0; i < guest->report.content.host_count; i++)
		if (!memcmp(guest->report.content.hosts[i].mac, mac, 6))
			return true;
	return false;
}

static bool has_eid(const struct guest *guest, const struct eid *eid)
{
	for (unsigned int i = 0; i < guest->report.content.host_count; i++)
		if (eid_equal(&guest->report.content.hosts[i].eid, eid))
			return true;
	return false;
}

/* @eid is named for a guest that is not @card's. */
static bool is_anothers(const struct snoop_card *card, const struct eid *eid)
{
	for (struct guest *g = guests_first(card->snoop->guests); g; g = g->next)
		if (is_named(g) && has_eid(g, eid) && !has_mac(g, card->mac) &&
			memcmp(&g->report.content.guest, &card->owner, sizeof(card->owner)) != 0)
			return true;
	return false;
}

static struct snooped *find_address(struct snoop_card *card, const struct eid *eid)
{
	for (unsigned int i = 0; i < card->count; i++)
		if (eid_equal(&card->addresses[i].eid, eid))
			return &card->addresses[i];
	return NULL;
}

static void remove_address(struct snoop_card *card, struct snooped *a)
{
	*a = card->addresses[--card->count];
	if (card->port)
		card->port->addresses--;
}

/* Another card that has @eid: one that is here, else one that had it. */
static struct snoop_card *holder(const struct snoop_card *card, const struct eid *eid)
{
	struct snoop *s = card->snoop;
	struct snoop_card *had = NULL;

	for (unsigned int i = 0; i < SNOOP_BUCKETS; i++)
		for (struct snoop_card *c = s->buckets[i]; c; c = c->next) {
			if (c == card || !find_address(c, eid))
				continue;
			if (c->port)
				return c;
			had = c;
		}
	return had;
}

static void set_timer(struct snoop_card *card);

/* Another card of the same guest has taken it over, or the other is not here any more. False: it is
 * here, and is asked whether it still has the address. */
static bool take_over(struct snoop_card *card, const struct eid *eid)
{
	struct snoop_card *other = holder(card, eid);
	struct snooped *a;

	while (other && (!other->port || related(card, other))) {
		remove_address(other, find_address(other, eid));
		other = holder(card, eid);
	}
	if (!other)
		return true;
	a = find_address(other, eid);
	if (!a->asked)
		a->due = card->snoop->env->now;
	set_timer(other);
	return false;
}

static void refuse(struct snoop_card *card, const struct eid *eid)
{
	struct vm_env *env = card->snoop->env;
	char mac[ADDRESS_TEXT], text[EID_TEXT];

	vm_count(env, VM_SNOOP_SPOOFED);
	log_limited(env->log, &card->snoop->spoof_log, env->now, LOG_LEVEL_WARNING,
		"interface %s: %s says that it has %s, which is another guest's; not believed",
		card->port->name, mac_text(card->mac, mac), eid_format(eid, text, sizeof(text)));
}

/* ---- telling ---- */

/* The addresses of all cards of @card's guest that are here. */
static unsigned int collect(const struct snoop_card *card, struct handover_host *hosts,
	struct guest_tap *taps, unsigned int *tap_count)
{
	const struct snoop *s = card->snoop;
	unsigned int count = 0;

	*tap_count = 0;
	for (unsigned int i = 0; i < SNOOP_BUCKETS; i++)
		for (struct snoop_card *c = s->buckets[i]; c; c = c->next) {
			if (!c->port || !related(card, c))
				continue;
			if (*tap_count < GUEST_TAPS_MAX && c->count)
				memcpy(taps[(*tap_count)++].name, c->port->name, GUEST_TAP_BYTES);
			for (unsigned int k = 0; k < c->count && count < HANDOVER_HOSTS_MAX; k++) {
				struct handover_host *h = &hosts[count++];

				*h = (struct handover_host){.eid = c->addresses[k].eid};
				memcpy(h->mac, c->mac, sizeof(h->mac));
				memcpy(h->port, c->port->rule->port, sizeof(h->port));
			}
		}
	return count;
}

void snoop_card_tell(struct snoop_card *card)
{
	struct snoop *s = card->snoop;
	struct handover_host hosts[HANDOVER_HOSTS_MAX];
	struct guest_tap taps[GUEST_TAPS_MAX];
	unsigned int tap_count, count = collect(card, hosts, taps, &tap_count);
	char name[ADDRESS_TEXT];
	struct handover_id uuid = card->owner;
	struct guest *guest;

	for (guest = guests_first(s->guests); guest; guest = guest->next)
		if (is_named(guest) && has_mac(guest, card->mac))
			return;
	if (!count)
		return;
	mac_text(card->mac, name);
	if (!owned(card))
		uuid = guest_uuid_of_name(name);
	guest = guests_bind(
		s->guests, owned(card) ? card->name : name, &uuid, GUEST_OF_SNOOP, hosts, count);
	if (!guest)
		return;
	guests_taps(guest, GUEST_OF_SNOOP, taps, tap_count);
	if (owned(card))
		return; /* whether it runs, its hypervisor says */
	guests_told_by(s->guests, guest, GUEST_OF_SNOOP);
	guests_news(s->guests, guest, GUEST_RUNS);
}

/* The guest that @card is by itself; NULL: none was told of. */
static struct guest *by_itself(const struct snoop_card *card)
{
	char name[ADDRESS_TEXT];
	const struct handover_id uuid = guest_uuid_of_name(mac_text(card->mac, name));
	struct guest *guest = owned(card) ? NULL : guests_by_uuid(card->snoop->guests, &uuid);

	return guest && guest->told_by == GUEST_OF_SNOOP ? guest : NULL;
}

static bool hears(const struct snoop *s)
{
	for (unsigned int i = 0; i < SNOOP_PORTS_MAX; i++)
		if (s->ports[i].ifindex && s->ports[i].heard)
			return true;
	return false;
}

void snoop_card_disown(struct snoop_card *card)
{
	struct guest *guest = by_itself(card);

	if (guest)
		guests_unbind(card->snoop->guests, guest, GUEST_OF_SNOOP);
}

/* It is not here. Its addresses are kept, for when it is heard again. */
static void depart(struct snoop_card *card)
{
	struct snoop *s = card->snoop;
	struct guest *guest;

	if (card->port) {
		card->port->cards--;
		card->port->addresses -= card->count;
	}
	card->port = NULL;
	card->leaves = false;
	if (owned(card))
		return;
	guest = by_itself(card);
	/* One of an earlier run is not said to be gone by who cannot hear it. */
	if (guest && (guest->place != GUEST_RECALLED || hears(s)))
		guests_news(s->guests, guest, GUEST_ABSENT);
}

/* ---- time ---- */

static bool is_mac(const struct snooped *a)
{
	return a->eid.addr.afi == AFI_MAC;
}

static void hear_of(const struct snoop_card *card, struct snooped *a)
{
	a->due = mono_add_ms(card->snoop->env->now, card->port->rule->age_ms);
	a->asked = 0;
}

static void set_timer(struct snoop_card *card)
{
	struct timers *timers = &card->snoop->env->timers;
	struct mono due = MONO_NEVER;

	if (card->leaves)
		return; /* it is set for that */
	for (unsigned int i = 0; card->port && card->port->heard && i < card->count; i++)
		due = mono_min(due, card->addresses[i].due);
	timer_set(timers, &card->timer, due);
}

static void ask(struct snoop_card *card, struct snooped *a)
{
	struct snoop *s = card->snoop;

	a->asked++;
	a->due = mono_add_ms(s->env->now, SNOOP_ASK_MS);
	if (is_mac(a))
		return;
	vm_count(s->env, VM_SNOOP_ASKED);
	s->ops.ask(s->ops.arg, card->port->ifindex, card->port->mac, card->mac, &a->eid.addr);
}

/* A guest of a hypervisor's that does not run cannot answer. */
static bool can_answer(const struct snoop_card *card)
{
	const struct guest *guest =
		owned(card) ? guests_by_uuid(card->snoop->guests, &card->owner) : NULL;

	return !guest || guest->place == GUEST_RUNNING;
}

/* None of them answers any more. */
static void fall_silent(struct snoop_card *card)
{
	if (!owned(card)) {
		depart(card);
		return;
	}
	for (unsigned int i = 0; i < card->count; i++) /* better than none */
		hear_of(card, &card->addresses[i]);
	set_timer(card);
}

static bool is_silent(const struct snoop_card *card, const struct snooped *a)
{
	return a->asked >= SNOOP_ASKS && mono_due(a->due, card->snoop->env->now);
}

/* Ask for what was not heard of; what does not answer, it has no more. */
static void look_after(struct snoop_card *card)
{
	struct mono now = card->snoop->env->now;
	unsigned int silent = 0;

	for (unsigned int i = 0; i < card->count; i++) {
		struct snooped *a = &card->addresses[i];

		if (is_silent(card, a))
			silent++;
		else if (mono_due(a->due, now) && can_answer(card))
			ask(card, a);
		else if (mono_due(a->due, now))
			hear_of(card, a);
	}
	if (silent && silent == card->count) {
		fall_silent(card);
		return;
	}
	for (unsigned int i = card->count; silent && i-- > 0;)
		if (is_silent(card, &card->addresses[i]))
			remove_address(card, &card->addresses[i]);
	if (silent)
		snoop_card_tell(card);
	set_timer(card);
}

static void on_timer(struct timer *t, struct mono now)
{
	struct snoop_card *card = t->arg;

	if (card->leaves || !card->port)
		depart(card);
	else
		look_after(card);
}

/* ---- events ---- */

/* What it had when it was here last, it has again: unless another has it. */
static void revive(struct snoop_card *card)
{
	struct eid eid;

	for (unsigned int i = card->count; i-- > 0;) {
		struct snooped *a = &card->addresses[i];

		if (!snoop_eid(card->port->rule, &a->eid.addr, &eid))
			remove_address(card, a);
		else if (is_anothers(card, &a->eid) || !take_over(card, &a->eid))
			remove_address(card, a);
		else
			hear_of(card, a);
	}
}

static bool has_room(struct snoop *s, const struct snoop_port *port, unsigned int count)
{
	if (count < port->rule->addresses)
		return true;
	vm_count(s->env, VM_SNOOP_LIMIT);
	log_limited(s->env->log, &s->limit_log, s->env->now, LOG_LEVEL_WARNING,
		"interface %s: more than %u addresses or cards behind it; the others are not believed",
		port->name, port->rule->addresses);
	return false;
}

/* It is heard behind @port, and was not here. False: no room. */
static bool arrive(struct snoop_card *card, struct snoop_port *port)
{
	struct snoop *s = card->snoop;

	if (!has_room(s, port, port->cards))
		return false;
	card->port = port;
	card->leaves = false;
	card->heard = s->env->now;
	port->cards++;
	port->addresses += card->count;
	revive(card);
	while (card->count && port->addresses > port->rule->addresses)
		remove_address(card, &card->addresses[card->count - 1]);
	return true;
}

static void refuse_port(struct snoop_card *card, const struct snoop_port *port)
{
	struct vm_env *env = card->snoop->env;
	char text[ADDRESS_TEXT];

	vm_count(env, VM_SNOOP_SPOOFED);
	log_limited(env->log, &card->snoop->spoof_log, env->now, LOG_LEVEL_WARNING,
		"interface %s: %s is behind %s; not believed", port->name,
		mac_text(card->mac, text), card->port->name);
}

struct snoop_card *snoop_card_heard(struct snoop *s, struct snoop_port *port, const uint8_t mac[6])
{
	struct snoop_card *card;
	struct address own;
	struct eid eid;

	if (!memcmp(mac, port->mac, sizeof(port->mac)))
		return NULL; /* the interface's own */
	card = snoop_card_get(s, mac);
	if (!card)
		return NULL;
	if (card->port && card->port != port) {
		refuse_port(card, port);
		return NULL;
	}
	card->heard = s->env->now;
	card->leaves = false;
	if (!card->port) {
		if (!arrive(card, port))
			return NULL;
		snoop_card_tell(card);
	}
	address_set(&own, AFI_MAC, mac, sizeof(card->mac));
	if (snoop_eid(port->rule, &own, &eid))
		snoop_card_learn(card, &own);
	set_timer(card);
	return card;
}

void snoop_card_learn(struct snoop_card *card, const struct address *addr)
{
	struct snoop *s = card->snoop;
	struct snooped *a;
	struct eid eid;

	if (address_is_multicast(addr) || !snoop_eid(card->port->rule, addr, &eid)) {
		vm_count(s->env, VM_SNOOP_OUTSIDE);
		return;
	}
	a = find_address(card, &eid);
	if (!a && (is_anothers(card, &eid) || !take_over(card, &eid))) {
		refuse(card, &eid);
		return;
	}
	if (!a && (card->count == HANDOVER_HOSTS_MAX ||
			  !has_room(s, card->port, card->port->addresses)))
		return;
	if (a) {
		hear_of(card, a);
	} else {
		vm_count(s->env, VM_SNOOP_FOUND);
		card->addresses[card->count] = (struct snooped){.eid = eid};
		hear_of(card, &card->addresses[card->count++]);
		card->port->addresses++;
		snoop_card_tell(card);
	}
	set_timer(card);
}

void snoop_card_remember(struct snoop_card *card, const struct eid *eid)
{
	struct vm_env *env = card->snoop->env;
	uint64_t age_ms = 0;

	if (card->port || card->count == HANDOVER_HOSTS_MAX || find_address(card, eid))
		return;
	card->addresses[card->count++] = (struct snooped){.eid = *eid};
	for (unsigned int i = 0; i < card->snoop->policy.rule_count; i++)
		if (card->snoop->policy.rules[i].age_ms > age_ms)
			age_ms = card->snoop->policy.rules[i].age_ms;
	/* One that stands for itself, and is not heard by then, is not here. */
	if (!owned(card))
		timer_set(&env->timers, &card->timer, mono_add_ms(env->now, age_ms));
}

void snoop_card_leave(struct snoop_card *card)
{
	struct vm_env *env = card->snoop->env;

	if (card->leaves)
		return;
	card->leaves = true;
	for (unsigned int i = 0; card->port && card->port->heard && i < card->count; i++)
		ask(card, &card->addresses[i]);
	timer_set(&env->timers, &card->timer, mono_add_ms(env->now, SNOOP_LEAVE_MS));
}

void snoop_card_doubt(struct snoop *s, const struct address *addr)
{
	for (unsigned int i = 0; i < SNOOP_BUCKETS; i++)
		for (struct snoop_card *c = s->buckets[i]; c; c = c->next)
			for (unsigned int k = 0; c->port && k < c->count; k++) {
				struct snooped *a = &c->addresses[k];

				if (!address_equal(&a->eid.addr, addr) || a->asked)
					continue;
				a->due = s->env->now;
				set_timer(c);
			}
}

void snoop_card_unplug(struct snoop *s, struct snoop_port *port, bool gone)
{
	for (unsigned int i = 0; i < SNOOP_BUCKETS; i++)
		for (struct snoop_card *c = s->buckets[i]; c; c = c->next) {
			if (c->port != port)
				continue;
			c->port = NULL;
			c->leaves = false;
			timer_cancel(&s->env->timers, &c->timer);
			if (gone && !owned(c))
				timer_set(&s->env->timers, &c->timer,
					mono_add_ms(s->env->now, SNOOP_LEAVE_MS));
			else
				snoop_card_disown(c);
		}
	port->cards = 0;
	port->addresses = 0;
}
