/* See mac.h. */
#include "trill/core/mac.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/slots.h"

#define PLACES    1024 /* that are counted; those of one number modulo this together */
#define LOOKED_AT 64   /* entries, for one of them to make room */

struct mac_table {
	struct mac_config config;
	uint32_t taught[2][PLACES]; /* entries by frames: behind nicknames, and at ports */
	uint32_t taught_count;      /* of all places */
	uint32_t hand;              /* the entry that is looked at next for room */
	uint64_t refused, displaced;
	struct slots slots;
	struct mac_entry *entries; /* config.max of them, by their slots */
};

struct mac_table *mac_table_new(const struct mac_config *config)
{
	struct mac_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->config = *config;
	t->entries = calloc(config->max ? config->max : 1, sizeof(*t->entries));
	if (!slots_init(&t->slots, config->max, config->secret) || !t->entries) {
		mac_table_free(t);
		return NULL;
	}
	return t;
}

void mac_table_free(struct mac_table *t)
{
	if (!t)
		return;
	free(t->entries);
	slots_fini(&t->slots);
	free(t);
}

uint32_t mac_table_count(const struct mac_table *t)
{
	return t->slots.count;
}

static uint32_t *bucket_of(const struct mac_table *t, struct label label, const struct mac *mac)
{
	uint8_t bytes[4 + MAC_LEN] = {
		label.fgl, (uint8_t)(label.id >> 16), (uint8_t)(label.id >> 8), (uint8_t)label.id};

	memcpy(bytes + 4, mac->bytes, MAC_LEN);
	return slots_first(&t->slots, bytes, sizeof(bytes));
}

/* Where the number of its entry stands; *it is SLOTS_NONE when there is none. */
static uint32_t *link_of(const struct mac_table *t, struct label label, const struct mac *mac)
{
	uint32_t *at = bucket_of(t, label, mac);

	while (*at != SLOTS_NONE) {
		struct mac_entry *e = &t->entries[*at];

		if (label_equal(e->label, label) && !mac_compare(&e->mac, mac))
			break;
		at = slots_next(&t->slots, at);
	}
	return at;
}

const struct mac_entry *mac_find(
	const struct mac_table *t, struct label label, const struct mac *mac)
{
	uint32_t at = *link_of(t, label, mac);

	return at == SLOTS_NONE ? NULL : &t->entries[at];
}

uint64_t mac_table_refused(const struct mac_table *t)
{
	return t->refused;
}

/* By frames, here or where ESADI has it from. */
static bool is_taught(const struct mac_entry *e)
{
	return e->confidence <= MAC_CONFIDENCE_DATA;
}

static uint32_t *taught(struct mac_table *t, struct mac_place place)
{
	return &t->taught[place.local][place.where % PLACES];
}

/* One entry more, or less. */
static void count(struct mac_table *t, const struct mac_entry *e, bool more)
{
	uint32_t n = more ? 1 : -1u;

	if (!is_taught(e))
		return;
	*taught(t, e->place) += n;
	t->taught_count += n;
}

static bool has_room(struct mac_table *t, struct mac_place place, enum mac_origin origin)
{
	return origin != MAC_LOCAL || !t->config.port_max || *taught(t, place) < t->config.port_max;
}

static void changed(struct mac_table *t, const struct mac_entry *e, bool gone)
{
	if (t->config.changed)
		t->config.changed(t->config.arg, e, gone);
}

static void forget(struct mac_table *t, struct mac_entry *e)
{
	uint32_t *at = link_of(t, e->label, &e->mac);

	changed(t, e, true);
	count(t, e, false);
	e->used = false;
	slots_give_back(&t->slots, at);
}

static bool place_equal(struct mac_place a, struct mac_place b)
{
	return a.local == b.local && a.where == b.where;
}

static enum mac_verdict learn_known(struct mac_table *t, struct mac_entry *e,
	struct mac_place place, uint8_t confidence, enum mac_origin origin)
{
	bool same = place_equal(e->place, place);

	if (confidence < e->confidence)
		return same ? MAC_SAME : MAC_REFUSED;
	count(t, e, false);
	e->confidence = confidence;
	e->origin = origin;
	e->place = place;
	count(t, e, true);
	if (same)
		return MAC_SAME;
	changed(t, e, false);
	return MAC_MOVED;
}

bool mac_make_room(struct mac_table *t)
{
	struct mac_entry *most = NULL;

	for (uint32_t i = 0; t->taught_count && (i < LOOKED_AT || !most); i++) {
		struct mac_entry *e = &t->entries[t->hand];

		t->hand = (t->hand + 1) % t->config.max;
		if (e->used && is_taught(e) &&
			(!most || *taught(t, e->place) > *taught(t, most->place)))
			most = e;
	}
	if (!most)
		return false;
	t->displaced++;
	forget(t, most);
	return true;
}

uint64_t mac_table_displaced(const struct mac_table *t)
{
	return t->displaced;
}

enum mac_verdict mac_learn(struct mac_table *t, struct label label, const struct mac *mac,
	struct mac_place place, uint8_t confidence, enum mac_origin origin)
{
	static const struct mac zero;
	uint32_t *at = link_of(t, label, mac), number;
	struct mac_entry *e;

	if (mac_is_group(mac) || !mac_compare(mac, &zero))
		return MAC_GROUP;
	if (*at != SLOTS_NONE)
		return learn_known(t, &t->entries[*at], place, confidence, origin);
	if (slots_full(&t->slots) && confidence > MAC_CONFIDENCE_DATA && mac_make_room(t))
		at = link_of(t, label, mac);
	number = has_room(t, place, origin) ? slots_take(&t->slots, at) : SLOTS_NONE;
	if (number == SLOTS_NONE) {
		t->refused++;
		return MAC_FULL;
	}
	e = &t->entries[number];
	*e = (struct mac_entry){.label = label,
		.mac = *mac,
		.place = place,
		.confidence = confidence,
		.origin = origin,
		.used = true};
	count(t, e, true);
	changed(t, e, false);
	return MAC_NEW;
}

void mac_take_back(struct mac_table *t, struct label label, const struct mac *mac,
	enum mac_origin origin, uint16_t where)
{
	uint32_t at = *link_of(t, label, mac);

	if (at != SLOTS_NONE && t->entries[at].origin == origin &&
		t->entries[at].place.where == where)
		forget(t, &t->entries[at]);
}

/* Forget what @is says of each. */
static uint32_t forget_if(struct mac_table *t,
	bool (*is)(const struct mac_entry *e, const void *what), const void *what)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->config.max; i++)
		if (t->entries[i].used && is(&t->entries[i], what)) {
			forget(t, &t->entries[i]);
			n++;
		}
	return n;
}

uint32_t mac_places(const struct mac_table *t)
{
	return t->config.max;
}

const struct mac_entry *mac_at(const struct mac_table *t, uint32_t place)
{
	return t->entries[place].used ? &t->entries[place] : NULL;
}

const struct mac_entry *mac_walk(const struct mac_table *t, const struct mac_entry *e)
{
	for (uint32_t i = e ? (uint32_t)(e - t->entries) + 1 : 0; i < t->config.max; i++)
		if (t->entries[i].used)
			return &t->entries[i];
	return NULL;
}

void mac_ips_set(
	struct mac_table *t, struct label label, const struct mac *mac, const struct ip_list *ips)
{
	uint32_t at = *link_of(t, label, mac);

	if (at != SLOTS_NONE)
		t->entries[at].ips = *ips;
}

void mac_teller_set(struct mac_table *t, struct label label, const struct mac *mac,
	const struct mac_teller *teller)
{
	uint32_t at = *link_of(t, label, mac);

	if (at != SLOTS_NONE)
		t->entries[at].teller = *teller;
}

void mac_lacks_set(struct mac_table *t, struct label label, const struct mac *mac, bool lacks)
{
	uint32_t at = *link_of(t, label, mac);

	if (at != SLOTS_NONE)
		t->entries[at].lacks = lacks;
}

/* Entries of one origin, in some labels, or in all; of one place, or of any. */
struct scope {
	enum mac_origin origin;
	const uint16_t *where;
	const struct labels *labels;
	const struct label_set *set;
};

static uint16_t number_of(const struct labels *labels, struct label label)
{
	if (!label.fgl)
		return (uint16_t)label.id;
	return labels ? labels_number(labels, label) : 0;
}

static bool is_within(const struct mac_entry *e, const void *what)
{
	const struct scope *s = what;

	return e->origin == s->origin && (!s->where || e->place.where == *s->where) &&
	       (!s->set || label_set_has(s->set, number_of(s->labels, e->label)));
}

uint32_t mac_forget_labels(struct mac_table *t, enum mac_origin origin, const uint16_t *where,
	const struct label_set *set)
{
	struct scope s = {.origin = origin, .where = where, .labels = t->config.labels, .set = set};

	return forget_if(t, is_within, &s);
}

static bool is_flushed(const struct mac_entry *e, const void *what)
{
	return e->origin == MAC_REMOTE && flush_applies(what, e->label, &e->mac, e->place.where);
}

/* Pairs of a label and a MAC that are looked up; beyond that all entries are gone through. */
#define LOOKUPS_MAX 2048

bool mac_flush_listed(const struct flush *f, struct flush_list *l)
{
	return flush_listed(f, l) &&
	       l->mac_count * (vlan_set_count(&l->vlans) + l->fgl_count) <= LOOKUPS_MAX;
}

unsigned int mac_flush_cost(const struct flush *f)
{
	struct flush_list list;

	if (mac_flush_listed(f, &list))
		return 1;
	return f->has_macs ? MAC_FLUSH_COST_MAX : MAC_FLUSH_COST_MAX / 10;
}

/* Those of @l in one label. */
static uint32_t flush_label(struct mac_table *t, const struct flush_list *l, struct label label,
	bool (*is)(const struct mac_entry *e, const void *what), const void *what)
{
	uint32_t n = 0;

	for (unsigned int i = 0; i < l->mac_count; i++) {
		uint32_t at = *link_of(t, label, &l->macs[i]);

		if (at != SLOTS_NONE && is(&t->entries[at], what)) {
			forget(t, &t->entries[at]);
			n++;
		}
	}
	return n;
}

/* Forget what @is says of each that @f may mean. */
static uint32_t flush_if(struct mac_table *t, const struct flush *f,
	bool (*is)(const struct mac_entry *e, const void *what), const void *what)
{
	struct flush_list list;
	uint32_t n = 0;

	if (!mac_flush_listed(f, &list))
		return forget_if(t, is, what);
	for (unsigned int v = vlan_set_next(&list.vlans, 1); v;
		v = vlan_set_next(&list.vlans, v + 1))
		n += flush_label(t, &list, (struct label){.id = v}, is, what);
	for (unsigned int i = 0; i < list.fgl_count; i++)
		n += flush_label(
			t, &list, (struct label){.id = list.fgls[i], .fgl = true}, is, what);
	return n;
}

uint32_t mac_flush(struct mac_table *t, const struct flush *f)
{
	return flush_if(t, f, is_flushed, f);
}

struct own_flush {
	const struct flush *flush;
	uint16_t nickname;
};

static bool is_flushed_here(const struct mac_entry *e, const void *what)
{
	const struct own_flush *f = what;

	return e->place.local && e->origin == MAC_LOCAL &&
	       flush_applies(f->flush, e->label, &e->mac, f->nickname);
}

uint32_t mac_flush_own(struct mac_table *t, const struct flush *f, uint16_t nickname)
{
	struct own_flush own = {.flush = f, .nickname = nickname};

	return f->has_macs ? flush_if(t, f, is_flushed_here, &own) : 0;
}
