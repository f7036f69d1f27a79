/* See fast_table.h.
 *
 * Each EID may lie in one of two buckets; nothing is ever moved, so that a reader needs no second
 * look. A change of an EID's answer is one store of one word. A slot or an answer that has become
 * free is not given to another for a second: a reader that found it before has long gone. */
#include "mapserver/fast_table.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"

#define QUARANTINE_NS 1000000000u
#define LOAD_PERCENT  70 /* of all slots, where a full pair of buckets is still rare */
#define NONE          UINT32_MAX

_Static_assert(sizeof(struct fast_key) == 24, "keys have no gaps");
_Static_assert(sizeof(struct fast_bucket) % 8 == 0, "an array map rounds its values up to 8");
_Static_assert(sizeof(struct fast_answer) % 8 == 0, "an array map rounds its values up to 8");

/* What the program need not know of an answer. */
struct answer_note {
	uint32_t refs;
	uint32_t next;     /* in its chain, or in the list of free ones */
	uint64_t freed_ns; /* when refs fell to 0 */
	uint64_t hash;
};

struct fast_table {
	struct fast_memory m;
	struct hash_key secret; /* of the answers */
	struct answer_note *notes;
	uint32_t *chains; /* heads, by the hash; NONE ends */
	uint32_t chain_mask;
	uint32_t unused;                /* answers from here on were never used */
	uint32_t free_first, free_last; /* the others, the first has waited longest */
	uint32_t generation;
	struct fast_table_counts counts; /* atomic */
};

static void add(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

uint32_t fast_table_buckets(uint32_t entries)
{
	uint64_t n = (uint64_t)entries * 100 / LOAD_PERCENT / FAST_SLOTS + 1;

	return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

struct fast_table *fast_table_new(const struct fast_memory *memory, const uint8_t secret[16])
{
	struct fast_table *t = calloc(1, sizeof(*t));
	uint32_t chains = 64;

	if (!t)
		return NULL;
	while (chains < memory->answer_count && chains < UINT32_MAX / 2)
		chains *= 2;
	t->m = *memory;
	t->notes = calloc(memory->answer_count, sizeof(t->notes[0]));
	t->chains = malloc(chains * sizeof(t->chains[0]));
	if (!t->notes || !t->chains) {
		fast_table_free(t);
		return NULL;
	}
	memset(t->chains, 0xff, chains * sizeof(t->chains[0]));
	t->chain_mask = chains - 1;
	t->free_first = t->free_last = NONE;
	hash_key_set(&t->secret, secret);
	t->m.settings->hash_key[0] = t->secret.k0;
	t->m.settings->hash_key[1] = t->secret.k1;
	t->m.settings->buckets = memory->bucket_count;
	return t;
}

void fast_table_free(struct fast_table *t)
{
	if (!t)
		return;
	free(t->notes);
	free(t->chains);
	free(t);
}

void fast_table_switch(struct fast_table *t, bool on)
{
	__atomic_store_n(&t->m.settings->on, on, __ATOMIC_SEQ_CST);
}

struct fast_table_counts fast_table_counts(const struct fast_table *t)
{
	return (struct fast_table_counts){
		.entries = __atomic_load_n(&t->counts.entries, __ATOMIC_RELAXED),
		.answers = __atomic_load_n(&t->counts.answers, __ATOMIC_RELAXED),
		.full = __atomic_load_n(&t->counts.full, __ATOMIC_RELAXED),
		.answers_full = __atomic_load_n(&t->counts.answers_full, __ATOMIC_RELAXED)};
}

/* ---- answers: each kept once ---- */

static bool answer_of(const struct mapping *m, struct fast_answer *a)
{
	size_t len = m->locators->wire_len;
	uint64_t sum = 0;

	if (!(m->flags & MAPPING_PROXY) || !m->locators->count || len % 4 || len > sizeof(a->wire))
		return false;
	memset(a, 0, sizeof(*a));
	a->ttl = htobe32(m->ttl_min);
	a->act = htobe16((uint16_t)(mapping_act(m) << 13));
	a->map_version = htobe16(m->map_version);
	a->locators = m->locators->count;
	a->words = (uint8_t)(len / 4);
	memcpy(a->wire, m->locators->wire, len);
	for (unsigned int i = 0; i < a->words; i++)
		sum += a->wire[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	a->sum = (uint32_t)sum;
	return true;
}

/* All but the generation. */
#define CONTENT(a)    ((const uint8_t *)(a) + sizeof((a)->generation))
#define CONTENT_BYTES (sizeof(struct fast_answer) - sizeof(uint32_t))

static uint32_t answer_find(const struct fast_table *t, const struct fast_answer *a, uint64_t hash)
{
	uint32_t i = t->chains[hash & t->chain_mask];

	while (i != NONE && (t->notes[i].hash != hash ||
				    memcmp(CONTENT(&t->m.answers[i]), CONTENT(a), CONTENT_BYTES)))
		i = t->notes[i].next;
	return i;
}

/* One that nobody reads any more, or NONE. */
static uint32_t answer_room(struct fast_table *t, struct mono now)
{
	uint32_t i = t->free_first;

	if (i != NONE && t->notes[i].freed_ns + QUARANTINE_NS <= now.ns) {
		t->free_first = t->notes[i].next;
		if (t->free_first == NONE)
			t->free_last = NONE;
		return i;
	}
	return t->unused < t->m.answer_count ? t->unused++ : NONE;
}

static void answer_write(struct fast_table *t, uint32_t i, const struct fast_answer *a)
{
	struct fast_answer *to = &t->m.answers[i];

	__atomic_store_n(&to->generation, 0, __ATOMIC_SEQ_CST);
	memcpy((uint8_t *)to + sizeof(to->generation), CONTENT(a), CONTENT_BYTES);
	if (++t->generation == 0)
		t->generation = 1;
	__atomic_store_n(&to->generation, t->generation, __ATOMIC_RELEASE);
}

/* The word for a slot, with one more reference; 0: no room. */
static uint64_t answer_take(struct fast_table *t, const struct fast_answer *a, struct mono now)
{
	uint64_t hash = hash_bytes(&t->secret, CONTENT(a), CONTENT_BYTES);
	uint32_t i = answer_find(t, a, hash), *chain = &t->chains[hash & t->chain_mask];

	if (i == NONE) {
		i = answer_room(t, now);
		if (i == NONE)
			return 0;
		answer_write(t, i, a);
		t->notes[i] = (struct answer_note){.next = *chain, .hash = hash};
		*chain = i;
		add(&t->counts.answers, 1);
	}
	t->notes[i].refs++;
	return (uint64_t)t->m.answers[i].generation << 32 | i;
}

static void answer_drop(struct fast_table *t, uint64_t word, struct mono now)
{
	uint32_t i = (uint32_t)word, *p;

	if (--t->notes[i].refs)
		return;
	for (p = &t->chains[t->notes[i].hash & t->chain_mask]; *p != i; p = &t->notes[*p].next)
		;
	*p = t->notes[i].next;
	t->notes[i].next = NONE;
	t->notes[i].freed_ns = now.ns;
	if (t->free_last == NONE)
		t->free_first = i;
	else
		t->notes[t->free_last].next = i;
	t->free_last = i;
	add(&t->counts.answers, (uint64_t)-1);
}

/* ---- slots ---- */

static bool key_of(struct fast_key *k, const struct eid *eid)
{
	uint16_t afi = eid->addr.afi;

	if (!eid_is_host(eid) || (afi != AFI_IPV4 && afi != AFI_IPV6 && afi != AFI_MAC))
		return false;
	memset(k, 0, sizeof(*k));
	k->iid = eid->iid;
	k->afi = afi;
	memcpy(k->addr, eid->addr.bytes, eid->addr.len);
	return true;
}

static bool key_equal(const struct fast_key *in_slot, const struct fast_key *k)
{
	for (int i = 0; i < 3; i++)
		if (__atomic_load_n(&in_slot->word[i], __ATOMIC_RELAXED) != k->word[i])
			return false;
	return true;
}

static uint64_t life_of(uint64_t expiry_ns, uint64_t hash)
{
	if (expiry_ns >= FAST_LIFE_DEAD)
		expiry_ns = FAST_LIFE_DEAD - 1;
	return (expiry_ns & ~FAST_LIFE_CHECK) | fast_check_of(hash);
}

/* The slot whose key this is, dead or alive; or NULL. Any thread. */
static struct fast_slot *slot_find(
	const struct fast_table *t, const struct fast_key *k, uint64_t hash)
{
	for (int which = 0; which < 2; which++) {
		struct fast_bucket *b =
			&t->m.buckets[fast_bucket_of(hash, t->m.bucket_count, which)];
		uint64_t tags = __atomic_load_n(&b->tags, __ATOMIC_ACQUIRE);

		for (int i = 0; i < FAST_SLOTS; i++)
			if ((uint8_t)(tags >> 8 * i) == fast_tag_of(hash) &&
				key_equal(&b->slot[i].key, k))
				return &b->slot[i];
	}
	return NULL;
}

static bool slot_free(const struct fast_bucket *b, int i, struct mono now)
{
	uint64_t life = __atomic_load_n(&b->slot[i].life, __ATOMIC_RELAXED);

	if (!(uint8_t)(b->tags >> 8 * i))
		return true;
	return life & FAST_LIFE_DEAD &&
	       (life & ~FAST_LIFE_DEAD & ~FAST_LIFE_CHECK) + QUARANTINE_NS + FAST_LIFE_CHECK <=
		       now.ns;
}

/* The bucket of the two that has more room, and a free slot in it; -1: none has. */
static int slot_room(
	const struct fast_table *t, uint64_t hash, struct mono now, struct fast_bucket **bucket)
{
	int best_room = 0, slot = -1;

	for (int which = 0; which < 2; which++) {
		struct fast_bucket *b =
			&t->m.buckets[fast_bucket_of(hash, t->m.bucket_count, which)];
		int room = 0, first = -1;

		for (int i = 0; i < FAST_SLOTS; i++)
			if (slot_free(b, i, now) && room++ == 0)
				first = i;
		if (room <= best_room)
			continue;
		best_room = room;
		slot = first;
		*bucket = b;
	}
	return slot;
}

static bool is_alive(const struct fast_slot *s)
{
	return !(__atomic_load_n(&s->life, __ATOMIC_RELAXED) & FAST_LIFE_DEAD);
}

static void store(__u64 *at, uint64_t value)
{
	__atomic_store_n(at, value, __ATOMIC_RELEASE);
}

static bool slot_new(struct fast_table *t, const struct fast_key *k, uint64_t hash, uint64_t answer,
	uint64_t life, struct mono now)
{
	struct fast_bucket *b = NULL;
	int i = slot_room(t, hash, now, &b);

	if (i < 0)
		return false;
	for (int w = 0; w < 3; w++)
		store(&b->slot[i].key.word[w], k->word[w]);
	store(&b->slot[i].answer, answer);
	store(&b->slot[i].life, life);
	store(&b->tags, (b->tags & ~(UINT64_C(0xff) << 8 * i)) | (uint64_t)fast_tag_of(hash)
									 << 8 * i);
	return true;
}

static void slot_drop(struct fast_table *t, struct fast_slot *s, uint64_t hash, struct mono now)
{
	store(&s->life, FAST_LIFE_DEAD | life_of(now.ns, hash));
	answer_drop(t, s->answer, now);
	add(&t->counts.entries, (uint64_t)-1);
}

/* ---- the registry's mirror ---- */

static void put(struct fast_table *t, const struct fast_key *k, struct fast_slot *s,
	const struct mapping *m, const struct fast_answer *a, struct mono now)
{
	uint64_t hash = fast_hash(t->m.settings->hash_key, k);
	uint64_t life = life_of(mapping_expiry(m), hash), before;
	uint64_t answer = answer_take(t, a, now);

	if (!answer) {
		add(&t->counts.answers_full, 1);
		if (s && is_alive(s))
			slot_drop(t, s, hash, now);
		return;
	}
	if (s && is_alive(s)) {
		before = s->answer;
		store(&s->answer, answer);
		store(&s->life, life);
		answer_drop(t, before, now);
		return;
	}
	if (s) { /* it has been here before */
		store(&s->answer, answer);
		store(&s->life, life);
	} else if (!slot_new(t, k, hash, answer, life, now)) {
		add(&t->counts.full, 1);
		answer_drop(t, answer, now);
		return;
	}
	add(&t->counts.entries, 1);
}

static void on_publish(void *self, const struct eid *eid, const struct mapping *m, struct mono now)
{
	struct fast_table *t = self;
	struct fast_answer a;
	struct fast_slot *s;
	struct fast_key k;
	uint64_t hash;

	if (!key_of(&k, eid))
		return;
	hash = fast_hash(t->m.settings->hash_key, &k);
	s = slot_find(t, &k, hash);
	if (m && answer_of(m, &a))
		put(t, &k, s, m, &a, now);
	else if (s && is_alive(s))
		slot_drop(t, s, hash, now);
}

/* On a worker's thread: it races with the writer, and loses. */
static void on_refresh(void *self, const struct mapping *m)
{
	const struct fast_table *t = self;
	struct eid eid = mapping_eid(m);
	__u64 hash, life, new;
	struct fast_slot *s;
	struct fast_key k;

	if (!key_of(&k, &eid))
		return;
	hash = fast_hash(t->m.settings->hash_key, &k);
	s = slot_find(t, &k, hash);
	if (!s)
		return;
	life = __atomic_load_n(&s->life, __ATOMIC_ACQUIRE);
	new = life_of(mapping_expiry(m), hash);
	while (!(life & FAST_LIFE_DEAD) && (life & FAST_LIFE_CHECK) == fast_check_of(hash) &&
		!__atomic_compare_exchange_n(
			&s->life, &life, new, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		;
}

struct registry_mirror fast_table_mirror(struct fast_table *t)
{
	return (struct registry_mirror){.self = t, .publish = on_publish, .refresh = on_refresh};
}
