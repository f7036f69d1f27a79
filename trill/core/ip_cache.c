/* See ip_cache.h. */
#include "trill/core/ip_cache.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/slots.h"

struct ip_cache {
	struct ip_cache_config config;
	struct slots slots;
	struct ip_entry *entries; /* config.max of them, by their slots */
	uint32_t *macs;           /* mac_mask + 1 chains of entries, by {label, MAC} */
	uint32_t mac_mask;
	struct mono next; /* nothing is due before */
};

struct ip_cache *ip_cache_new(const struct ip_cache_config *config)
{
	struct ip_cache *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->config = *config;
	t->next = MONO_NEVER;
	t->entries = calloc(config->max ? config->max : 1, sizeof(*t->entries));
	while (t->mac_mask < config->max)
		t->mac_mask = 2 * t->mac_mask + 1;
	t->macs = malloc((t->mac_mask + 1ul) * sizeof(*t->macs));
	if (!slots_init(&t->slots, config->max, config->secret) || !t->entries || !t->macs) {
		ip_cache_free(t);
		return NULL;
	}
	memset(t->macs, 0xff, (t->mac_mask + 1ul) * sizeof(*t->macs)); /* SLOTS_NONE */
	return t;
}

void ip_cache_free(struct ip_cache *t)
{
	if (!t)
		return;
	free(t->entries);
	free(t->macs);
	slots_fini(&t->slots);
	free(t);
}

uint32_t ip_cache_count(const struct ip_cache *t)
{
	return t->slots.count;
}

/* Where the number of its entry stands; *it is SLOTS_NONE when there is none. */
static uint32_t *link_of(const struct ip_cache *t, struct label label, const struct address *ip)
{
	uint8_t bytes[4 + 16] = {
		label.fgl, (uint8_t)(label.id >> 16), (uint8_t)(label.id >> 8), (uint8_t)label.id};
	uint32_t *at;

	memcpy(bytes + 4, ip->bytes, 16);
	at = slots_first(&t->slots, bytes, sizeof(bytes));
	while (*at != SLOTS_NONE) {
		struct ip_entry *e = &t->entries[*at];

		if (label_equal(e->claim.label, label) && address_equal(&e->claim.ip, ip))
			break;
		at = slots_next(&t->slots, at);
	}
	return at;
}

const struct ip_entry *ip_cache_find(
	const struct ip_cache *t, struct label label, const struct address *ip)
{
	uint32_t at = *link_of(t, label, ip);

	return at == SLOTS_NONE ? NULL : &t->entries[at];
}

/* ---- of one MAC ---- */

/* Where the first of its chain stands. */
static uint32_t *mac_chain(const struct ip_cache *t, struct label label, const struct mac *mac)
{
	uint8_t bytes[4 + MAC_LEN] = {
		label.fgl, (uint8_t)(label.id >> 16), (uint8_t)(label.id >> 8), (uint8_t)label.id};

	memcpy(bytes + 4, mac->bytes, MAC_LEN);
	return &t->macs[hash_bytes(&t->slots.key, bytes, sizeof(bytes)) & t->mac_mask];
}

static void mac_link(struct ip_cache *t, struct ip_entry *e)
{
	uint32_t *first = mac_chain(t, e->claim.label, &e->claim.mac);

	e->mac_before = SLOTS_NONE;
	e->mac_behind = *first;
	*first = (uint32_t)(e - t->entries);
	if (e->mac_behind != SLOTS_NONE)
		t->entries[e->mac_behind].mac_before = *first;
}

static void mac_unlink(struct ip_cache *t, struct ip_entry *e)
{
	if (e->mac_before != SLOTS_NONE)
		t->entries[e->mac_before].mac_behind = e->mac_behind;
	else
		*mac_chain(t, e->claim.label, &e->claim.mac) = e->mac_behind;
	if (e->mac_behind != SLOTS_NONE)
		t->entries[e->mac_behind].mac_before = e->mac_before;
}

/* ---- what is learned ---- */

static void changed(
	struct ip_cache *t, const struct ip_entry *e, const struct ip_claim *before, bool gone)
{
	if (t->config.changed)
		t->config.changed(t->config.arg, e, before, gone);
}

static void forget(struct ip_cache *t, struct ip_entry *e)
{
	uint32_t *at = link_of(t, e->claim.label, &e->claim.ip);

	changed(t, e, NULL, true);
	mac_unlink(t, e);
	e->used = false;
	slots_give_back(&t->slots, at);
}

static void until_set(struct ip_cache *t, struct ip_entry *e, struct mono now)
{
	bool ages = e->claim.origin == MAC_LOCAL || e->claim.origin == MAC_REMOTE;

	e->until = ages ? mono_add_s(now, t->config.age_s) : MONO_NEVER;
	t->next = mono_min(t->next, e->until);
}

static bool is_odd(const struct ip_claim *c)
{
	static const struct mac zero;

	return !address_is_ip(&c->ip) || address_is_unspecified(&c->ip) ||
	       address_is_multicast(&c->ip) || address_is_loopback(&c->ip) ||
	       mac_is_group(&c->mac) || !mac_compare(&c->mac, &zero);
}

static enum ip_verdict verdict_of(const struct ip_claim *is, const struct ip_claim *claim)
{
	bool same_mac = !mac_compare(&is->mac, &claim->mac);
	bool same_place =
		is->place.local == claim->place.local && is->place.where == claim->place.where;

	if (same_mac && same_place)
		return IP_SAME;
	if (claim->confidence < is->confidence)
		return IP_REFUSED;
	return same_mac ? IP_MOVED : IP_CHANGED;
}

enum ip_verdict ip_cache_would(const struct ip_cache *t, const struct ip_claim *claim)
{
	const struct ip_entry *e;

	if (is_odd(claim))
		return IP_ODD;
	e = ip_cache_find(t, claim->label, &claim->ip);
	if (e)
		return verdict_of(&e->claim, claim);
	return slots_full(&t->slots) ? IP_FULL : IP_NEW;
}

static void entry_put(struct ip_cache *t, const struct ip_claim *claim, struct mono now)
{
	uint32_t *at = link_of(t, claim->label, &claim->ip);
	struct ip_entry *e = &t->entries[slots_take(&t->slots, at)];

	*e = (struct ip_entry){.claim = *claim, .used = true};
	mac_link(t, e);
	until_set(t, e, now);
	changed(t, e, NULL, false);
}

/* The same is heard again: from any source it is refreshed (section 8), but what is more certain
 * stays as certain. */
static void entry_again(
	struct ip_cache *t, struct ip_entry *e, const struct ip_claim *claim, struct mono now)
{
	if (claim->confidence >= e->claim.confidence) {
		e->claim.confidence = claim->confidence;
		e->claim.origin = claim->origin;
	}
	if (claim->knows_router) {
		e->claim.knows_router = true;
		e->claim.router = claim->router;
	}
	until_set(t, e, now);
}

enum ip_verdict ip_cache_learn(struct ip_cache *t, const struct ip_claim *claim, struct mono now)
{
	enum ip_verdict verdict = ip_cache_would(t, claim);
	struct ip_claim before;
	struct ip_entry *e;

	if (verdict == IP_NEW)
		entry_put(t, claim, now);
	if (verdict != IP_SAME && verdict != IP_MOVED && verdict != IP_CHANGED)
		return verdict;
	e = &t->entries[*link_of(t, claim->label, &claim->ip)];
	if (verdict == IP_SAME) {
		entry_again(t, e, claim, now);
		return verdict;
	}
	before = e->claim;
	mac_unlink(t, e);
	e->claim = *claim;
	mac_link(t, e);
	until_set(t, e, now);
	changed(t, e, &before, false);
	return verdict;
}

void ip_cache_take_back(struct ip_cache *t, const struct ip_claim *claim)
{
	uint32_t at = *link_of(t, claim->label, &claim->ip);
	struct ip_entry *e = at == SLOTS_NONE ? NULL : &t->entries[at];

	if (e && e->claim.origin == claim->origin && verdict_of(&e->claim, claim) == IP_SAME)
		forget(t, e);
}

/* Forget what @is says of each. */
static uint32_t forget_if(struct ip_cache *t,
	bool (*is)(const struct ip_claim *c, const void *what), const void *what)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->config.max; i++)
		if (t->entries[i].used && is(&t->entries[i].claim, what)) {
			forget(t, &t->entries[i]);
			n++;
		}
	return n;
}

static bool is_of_port(const struct ip_claim *c, const void *what)
{
	return c->origin == MAC_LOCAL && c->place.where == *(const uint16_t *)what;
}

uint32_t ip_cache_forget_port(struct ip_cache *t, uint16_t port)
{
	return forget_if(t, is_of_port, &port);
}

struct elsewhere {
	const uint16_t *nickname;
	const struct label_set *set;
	const struct labels *labels;
};

static bool is_elsewhere(const struct ip_claim *c, const void *what)
{
	const struct elsewhere *e = what;

	return c->origin != MAC_STATIC && !c->place.local &&
	       (!e->nickname || c->place.where == *e->nickname) &&
	       label_set_has(e->set, labels_number(e->labels, c->label));
}

uint32_t ip_cache_forget_remote(struct ip_cache *t, const uint16_t *nickname,
	const struct label_set *set, const struct labels *labels)
{
	struct elsewhere e = {.nickname = nickname, .set = set, .labels = labels};

	return forget_if(t, is_elsewhere, &e);
}

/* Of @mac's forget what @is says of each. */
static uint32_t forget_mac_if(struct ip_cache *t, struct label label, const struct mac *mac,
	bool (*is)(const struct ip_claim *c, const void *what), const void *what)
{
	uint32_t at = *mac_chain(t, label, mac), n = 0;

	while (at != SLOTS_NONE) {
		struct ip_entry *e = &t->entries[at];

		at = e->mac_behind;
		if (!label_equal(e->claim.label, label) || mac_compare(&e->claim.mac, mac) ||
			!is(&e->claim, what))
			continue;
		forget(t, e);
		n++;
	}
	return n;
}

static bool is_at(const struct ip_claim *c, const void *what)
{
	const struct mac_place *place = what;

	return c->place.local == place->local && c->place.where == place->where;
}

uint32_t ip_cache_forget_mac(struct ip_cache *t, struct label label, const struct mac *mac,
	const struct mac_place *place)
{
	return forget_mac_if(t, label, mac, is_at, place);
}

static bool is_flushed(const struct ip_claim *c, const void *what)
{
	return c->origin == MAC_REMOTE && flush_applies(what, c->label, &c->mac, c->place.where);
}

uint32_t ip_cache_flush(struct ip_cache *t, const struct flush *f)
{
	struct flush_list l;
	uint32_t n = 0;

	if (!mac_flush_listed(f, &l))
		return forget_if(t, is_flushed, f);
	for (unsigned int i = 0; i < l.mac_count; i++) {
		for (unsigned int v = vlan_set_next(&l.vlans, 1); v;
			v = vlan_set_next(&l.vlans, v + 1))
			n += forget_mac_if(t, (struct label){.id = v}, &l.macs[i], is_flushed, f);
		for (unsigned int k = 0; k < l.fgl_count; k++)
			n += forget_mac_if(t, (struct label){.id = l.fgls[k], .fgl = true},
				&l.macs[i], is_flushed, f);
	}
	return n;
}

void ip_cache_time(struct ip_cache *t, struct mono now)
{
	if (!mono_due(t->next, now))
		return;
	t->next = MONO_NEVER;
	for (uint32_t i = 0; i < t->config.max; i++) {
		struct ip_entry *e = &t->entries[i];

		if (!e->used)
			continue;
		if (mono_due(e->until, now))
			forget(t, e);
		else
			t->next = mono_min(t->next, e->until);
	}
}

struct mono ip_cache_next(const struct ip_cache *t)
{
	return t->next;
}
