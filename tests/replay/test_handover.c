/* Moves that are being prepared, against the core: an xTR's PREPARE, the OWNER that answers it, the
 * NEXT that the owner's xTR is told. Messages are written and read by the offsets of
 * docs/decisions/handover.md, with an algorithm whose data has 16 bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lib/base/rcu.h"
#include "lisp/otk.h"
#include "lisp/stored.h"
#include "tests/replay/kept_world.h"

#define EID "10.0.0.1/32"
#define X1  "198.51.100.1:4342"
#define X2  "198.51.100.2:4342"
#define X3  "198.51.100.3:4342"
#define L1  "192.0.2.1"

enum {
	AT_KIND = 3,
	AT_COUNTER = 4,
	AT_KEY_ID = 12,
	AT_MAC = 16,
	AT_SENDER = 32,
	AT_MOVE = 48,
	AT_SEQ = 56,
	AT_FLAGS = 65,
	AT_COUNT = 66,
	AT_REASON = 68,
	AT_DEADLINE = 72,
	AT_NONCE = 76,
	AT_PROVEN = 84, /* agent and proof */
	PROVEN_LEN = 32,
	AT_RECORD = 116, /* of a PREPARE */
	AT_LOCATOR = AT_RECORD + 16,
	PREPARE_LEN = AT_LOCATOR + 12,
	/* Of OWNER and NEXT. */
	AT_WRAPPED = 84,
	AT_PEER = 112,
	AT_MAPPING = 128,
	AT_THEIR_LOCATOR = AT_MAPPING + 16,
	NOBODY_LEN = AT_THEIR_LOCATOR,
	ANSWER_LEN = AT_THEIR_LOCATOR + 12,
	NEXT_LEN = ANSWER_LEN + PROVEN_LEN, /* which is before the record */
};
#define PROVEN                                                                                     \
	0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e,  \
		0x3f, 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0x5b,      \
		0x5c, 0x5d, 0x5e, 0x5f
#define OWNER 7
#define NEXT  8

/* Both sites may have the EID; each has a key of its own. */
static struct site_table *two_sites(void)
{
	struct site_table *t = world_sites();

	world_site_shared(t, "a", "10.0.0.0/8", 1);
	world_site_shared(t, "b", "10.0.0.0/8", 2);
	return t;
}

static struct world *moving(void)
{
	struct world *w = world_new(two_sites(), NULL, NULL);

	world_move(w, "a", X1, 1, MOVE_CLAIM, 1000, 0, EID, L1);
	world_clear(w);
	return w;
}

/* What a PREPARE is made of. */
struct prepare {
	const char *site; /* NULL: "b" */
	const char *peer; /* NULL: X2 */
	uint8_t xtr;      /* last byte of its xTR-ID */
	uint8_t last;     /* byte of the EID; 0: 1 */
	uint8_t nonce;    /* 0: 9 */
	uint8_t flags;
	uint64_t counter; /* 0: one more than the last */
};

static void put_u64(uint8_t *at, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		at[i] = (uint8_t)(v >> (56 - 8 * i));
}

static uint64_t get_u64(const uint8_t *at)
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | at[i];
	return v;
}

/* HMAC-SHA256 under "secret-SITE", its first 16 bytes. */
static void mac_of(const char *site, const uint8_t *msg, size_t len, uint8_t out[16])
{
	uint8_t zeroed[2048], whole[EVP_MAX_MD_SIZE];
	unsigned int n;
	char key[32];

	assert_true(len <= sizeof(zeroed));
	snprintf(key, sizeof(key), "secret-%s", site);
	memcpy(zeroed, msg, len);
	memset(zeroed + AT_MAC, 0, 16);
	assert_non_null(HMAC(EVP_sha256(), key, (int)strlen(key), zeroed, len, whole, &n));
	memcpy(out, whole, 16);
}

static uint64_t counter = 1;

static void write_prepare(uint8_t pkt[PREPARE_LEN], const struct prepare *p)
{
	static const uint8_t head[] = {0xf5, 0xa2, 0x02, 0x06};
	static const uint8_t body[] = {
		0x03, 0, 0, 0,              /* reason: evacuation */
		0x00, 0x00, 0x75, 0x30,     /* deadline */
		0, 0, 0, 0, 0, 0, 0, 9,     /* nonce */
		PROVEN,                     /* agent, proof */
		0x00, 0x00, 0x05, 0xa0,     /* TTL */
		1, 32, 0, 0, 0, 0,          /* Locator Count, mask-len, ACT, version */
		0, 1, 10, 0, 0, 1,          /* EID */
		1, 100, 255, 0, 0, 5, 0, 1, /* priorities and weights, L and R */
		192, 0, 2, 2,               /* locator */
	};
	const char *site = p->site ? p->site : "b";

	memset(pkt, 0, PREPARE_LEN);
	memcpy(pkt, head, sizeof(head));
	put_u64(pkt + AT_COUNTER, p->counter ? p->counter : ++counter);
	memcpy(pkt + AT_KEY_ID, (const uint8_t[]){*site == 'b' ? 2 : 1, 2, 0, 16}, 4);
	pkt[AT_SENDER + 15] = p->xtr;
	put_u64(pkt + AT_MOVE, 0xc0c1c2c3c4c5c6c7);
	pkt[AT_FLAGS] = p->flags;
	pkt[AT_COUNT + 1] = 1;
	memcpy(pkt + AT_REASON, body, sizeof(body));
	pkt[AT_NONCE + 7] = p->nonce ? p->nonce : 9;
	pkt[AT_LOCATOR - 1] = p->last ? p->last : 1;
	pkt[PREPARE_LEN - 1] = p->xtr;
	mac_of(site, pkt, PREPARE_LEN, pkt + AT_MAC);
}

static void prepare(struct world *w, struct prepare p)
{
	uint8_t pkt[PREPARE_LEN];

	write_prepare(pkt, &p);
	world_clear(w);
	world_receive(w, p.peer ? p.peer : X2, pkt, sizeof(pkt));
}

/* The @i-th datagram: of @kind and @len, to @to, right under the key of @site. */
static const uint8_t *sent(
	struct world *w, unsigned int i, uint8_t kind, size_t len, const char *to, const char *site)
{
	const uint8_t head[] = {0xf5, 0xa2, 0x02, kind};
	static const uint8_t none[16];
	const uint8_t *m;
	uint8_t mac[16];

	assert_true(w->out->count > i);
	m = outbox_bytes(w->out, i);
	assert_int_equal(w->out->list[i].len, len);
	assert_string_equal(world_to(w, i), to);
	assert_memory_equal(m, head, sizeof(head));
	assert_memory_equal(m + AT_KEY_ID, ((uint8_t[]){*site == 'b' ? 2 : 1, 2, 0, 16}), 4);
	mac_of(site, m, len, mac);
	assert_memory_equal(m + AT_MAC, mac, 16);
	assert_memory_equal(m + AT_SENDER, none, 16);
	assert_true(get_u64(m + AT_MOVE) == 0xc0c1c2c3c4c5c6c7);
	assert_int_equal(m[AT_COUNT] << 8 | m[AT_COUNT + 1], 1);
	assert_int_equal(m[AT_REASON], 3);
	assert_memory_equal(m + AT_DEADLINE, ((uint8_t[]){0, 0, 0x75, 0x30}), 4);
	return m;
}

static const uint8_t *owner(struct world *w, unsigned int i, size_t len)
{
	const uint8_t *m = sent(w, i, OWNER, len, X2, "b");

	assert_true(get_u64(m + AT_COUNTER) == counter); /* the PREPARE's */
	assert_true(get_u64(m + AT_NONCE) == 9);
	return m;
}

static void assert_no_key(const uint8_t *m)
{
	static const uint8_t none[28];

	assert_memory_equal(m + AT_WRAPPED, none, sizeof(none));
}

static void assert_peer(const uint8_t *m, uint8_t last)
{
	const uint8_t id[16] = {[15] = last};

	assert_memory_equal(m + AT_PEER, id, sizeof(id));
}

/* The EID-record's head and its only locator. */
static void assert_mapping(const uint8_t *m, uint8_t last, uint8_t locator)
{
	const uint8_t want[] = {0, 0, 0x05, 0xa0, 1, 32};
	const uint8_t eid[] = {0, 1, 10, 0, 0, last};
	const uint8_t rloc[] = {0, 1, 192, 0, 2, locator};
	static const uint8_t proven[] = {PROVEN};

	if (m[AT_KIND] == NEXT) { /* as they were in the PREPARE */
		assert_memory_equal(m + AT_MAPPING, proven, sizeof(proven));
		m += PROVEN_LEN;
	}
	assert_memory_equal(m + AT_MAPPING, want, sizeof(want));
	assert_memory_equal(m + AT_MAPPING + 10, eid, sizeof(eid));
	assert_memory_equal(m + AT_THEIR_LOCATOR + 6, rloc, sizeof(rloc));
}

/* The key of the move, as the holder of "secret-SITE" finds it. */
static struct otk key_in(const uint8_t *m, const char *site)
{
	struct otk_wrapped wrapped = {.key_id = m[AT_WRAPPED], .wrap_id = m[AT_WRAPPED + 1]};
	struct otk_tools *tools = otk_tools_new();
	struct otk_keys keys = {0};
	struct otk key;
	char psk[32];

	snprintf(psk, sizeof(psk), "secret-%s", site);
	memcpy(wrapped.bytes, m + AT_WRAPPED + 4, sizeof(wrapped.bytes));
	assert_int_equal(wrapped.wrap_id, 2);
	assert_int_equal(wrapped.key_id, m[AT_KEY_ID]);
	assert_int_equal(otk_keys_add(&keys, wrapped.key_id, psk, strlen(psk)), 0);
	assert_true(otk_unwrap(tools, &keys.list[0], get_u64(m + AT_NONCE), &wrapped, &key));
	otk_tools_free(tools);
	return key;
}

static void assert_key(struct otk key, struct otk want)
{
	assert_memory_equal(key.bytes, want.bytes, sizeof(key.bytes));
}

static void nobody_owns_it(void **state)
{
	struct world *w = world_new(two_sites(), NULL, NULL);
	const uint8_t *m;

	(void)state;
	prepare(w, (struct prepare){.xtr = 2});
	assert_int_equal(w->out->count, 1);
	m = owner(w, 0, NOBODY_LEN);
	assert_true(get_u64(m + AT_SEQ) == 0);
	assert_no_key(m);
	assert_peer(m, 0);
	assert_int_equal(m[AT_MAPPING + 4], 0);
	assert_int_equal(world_count(w, COUNT_PREPARES + PREPARE_NOBODY), 1);
	world_free(w);
}

/* The key: HKDF-SHA256 by Python's hmac, of the world's secret ("replay-test-key" and a NUL), the
 * label as salt, and [0]10.0.0.1/32, seq 1, nonce 9, site b's xTR 2, site a's xTR 1. */
static void the_owner_is_told_and_both_get_one_key(void **state)
{
	static const struct otk golden = {{0xc7, 0x37, 0xac, 0x28, 0xac, 0xa0, 0x4c, 0xc1, 0x42,
		0xf6, 0xa4, 0xa4, 0xcd, 0xcb, 0xf1, 0x28}};
	struct world *w = moving();
	const uint8_t *o, *n;

	(void)state;
	prepare(w, (struct prepare){.xtr = 2});
	assert_int_equal(w->out->count, 2);
	n = sent(w, 0, NEXT, NEXT_LEN, X1, "a");
	assert_true(get_u64(n + AT_SEQ) == 1 && get_u64(n + AT_NONCE) == 9);
	assert_int_equal(n[AT_FLAGS], 0);
	assert_peer(n, 2);
	assert_mapping(n, 1, 2);
	o = owner(w, 1, ANSWER_LEN);
	assert_true(get_u64(o + AT_SEQ) == 1);
	assert_peer(o, 1);
	assert_mapping(o, 1, 1);
	assert_key(key_in(n, "a"), golden);
	assert_key(key_in(o, "b"), golden);
	assert_int_equal(world_count(w, COUNT_PREPARES + PREPARE_TOLD), 1);
	assert_int_equal(world_count(w, COUNT_NEXTS), 1);
	world_free(w);
}

static void two_xtrs_of_one_site(void **state)
{
	struct world *w = moving();
	const uint8_t *n, *o;

	(void)state;
	prepare(w, (struct prepare){.site = "a", .xtr = 2, .flags = 0x60});
	assert_int_equal(w->out->count, 2);
	n = sent(w, 0, NEXT, NEXT_LEN, X1, "a");
	assert_int_equal(n[AT_FLAGS], 0x60); /* the guest runs there already */
	o = sent(w, 1, OWNER, ANSWER_LEN, X2, "a");
	assert_int_equal(o[AT_FLAGS], 0);
	assert_key(key_in(n, "a"), key_in(o, "a"));
	world_free(w);
}

static void the_owner_itself_prepares(void **state)
{
	struct world *w = moving();
	const uint8_t *m;

	(void)state;
	prepare(w, (struct prepare){.site = "a", .peer = X1, .xtr = 1});
	assert_int_equal(w->out->count, 1);
	m = sent(w, 0, OWNER, ANSWER_LEN, X1, "a");
	assert_true(get_u64(m + AT_SEQ) == 1);
	assert_no_key(m);
	assert_peer(m, 1);
	assert_mapping(m, 1, 1);
	assert_int_equal(world_count(w, COUNT_PREPARES + PREPARE_ITSELF), 1);
	assert_int_equal(world_count(w, COUNT_NEXTS), 0);
	world_free(w);
}

/* A router that registers in the standard's way, and the operator. */
static void an_owner_that_does_not_speak_the_handover(void **state)
{
	struct world *w = world_new(two_sites(), NULL, NULL);
	const uint8_t *m;

	(void)state;
	world_register(w, (struct world_register){.eids = {EID}, .locators = {L1}, .xtr = 1});
	prepare(w, (struct prepare){.xtr = 2});
	assert_int_equal(w->out->count, 1);
	m = owner(w, 0, ANSWER_LEN);
	assert_no_key(m);
	assert_peer(m, 0);
	assert_mapping(m, 1, 1);
	world_static(w, "10.0.0.2/32", L1, false);
	prepare(w, (struct prepare){.xtr = 2, .last = 2});
	assert_int_equal(w->out->count, 1);
	m = owner(w, 0, ANSWER_LEN);
	assert_peer(m, 0);
	assert_mapping(m, 2, 1);
	assert_int_equal(world_count(w, COUNT_PREPARES + PREPARE_FOREIGN), 2);
	world_free(w);
}

/* After a restart nobody knows where the owner is, until it is heard from. */
static void an_owner_that_was_not_heard_yet(void **state)
{
	struct world *w = world_again(moving(), two_sites(), NULL, true);
	const uint8_t *m;

	(void)state;
	prepare(w, (struct prepare){.xtr = 2});
	assert_int_equal(w->out->count, 1);
	m = owner(w, 0, ANSWER_LEN);
	assert_no_key(m);
	assert_peer(m, 1);
	assert_mapping(m, 1, 1);
	assert_int_equal(world_count(w, COUNT_PREPARES + PREPARE_UNHEARD), 1);
	world_move(w, "a", X1, 1, MOVE_REFRESH, 2000, 1, EID, L1);
	prepare(w, (struct prepare){.xtr = 2});
	assert_int_equal(w->out->count, 2);
	assert_key(key_in(sent(w, 0, NEXT, NEXT_LEN, X1, "a"), "a"),
		key_in(owner(w, 1, ANSWER_LEN), "b"));
	world_free(w);
}

/* Expiry takes a number, swept or not. */
static void an_expired_mapping_is_nobodys(void **state)
{
	struct world *w = moving();

	(void)state;
	w->now = mono_add_s(w->now, 180);
	prepare(w, (struct prepare){.xtr = 2});
	assert_int_equal(w->out->count, 1);
	assert_true(get_u64(owner(w, 0, NOBODY_LEN) + AT_SEQ) == 2);
	world_pass(w, 20000);
	assert_int_equal(registry_count(w->server->registry), 0);
	prepare(w, (struct prepare){.xtr = 2});
	assert_true(get_u64(owner(w, 0, NOBODY_LEN) + AT_SEQ) == 2);
	assert_int_equal(world_count(w, COUNT_PREPARES + PREPARE_NOBODY), 2);
	world_free(w);
}

/* @reason was counted, once more than before, and nobody was told anything. */
static void assert_refused(struct world *w, enum drop_reason reason, uint64_t times)
{
	assert_int_equal(w->out->count, 0);
	if (world_dropped(w, reason) != times)
		fail_msg("%s: not %u times; log: %s", drop_reason_name(reason), (unsigned int)times,
			w->log_text);
}

static void an_eid_that_is_not_the_sites(void **state)
{
	struct site_table *t = world_sites();
	struct world *w;

	(void)state;
	world_site(t, "b", "10.0.0.0/24", false)->keys[0].id = 2;
	w = world_new(t, NULL, NULL);
	prepare(w, (struct prepare){.xtr = 2}); /* b's, but no more-specifics of it */
	assert_refused(w, DROP_EID_REFUSED, 1);
	world_free(w);
	t = world_sites();
	world_site(t, "a", "10.0.0.0/8", true);
	world_site(t, "b", "172.16.0.0/12", true)->keys[0].id = 2;
	w = world_new(t, NULL, NULL);
	prepare(w, (struct prepare){.xtr = 2}); /* a's, with b's key */
	assert_refused(w, DROP_UNKNOWN_KEY, 1);
	world_free(w);
	t = world_sites();
	world_site(t, "b", "172.16.0.0/12", true)->keys[0].id = 2;
	w = world_new(t, NULL, NULL);
	prepare(w, (struct prepare){.xtr = 2});
	assert_refused(w, DROP_NO_SITE, 1);
	world_free(w);
}

/* One altered bit, wherever. */
static void forged_preparations_are_not_answered(void **state)
{
	const struct prepare p = {.xtr = 2};
	uint8_t pkt[PREPARE_LEN];
	struct world *w = moving();

	(void)state;
	write_prepare(pkt, &p);
	for (size_t byte = 0; byte < sizeof(pkt); byte++) {
		pkt[byte] ^= 1;
		world_receive(w, X2, pkt, sizeof(pkt));
		if (w->out->count)
			fail_msg("changed byte %zu: answered", byte);
		pkt[byte] ^= 1;
	}
	assert_true(world_dropped(w, DROP_BAD_MAC) > sizeof(pkt) / 2);
	world_receive(w, X2, pkt, sizeof(pkt)); /* none of them took its counter */
	assert_int_equal(w->out->count, 2);
	world_free(w);
}

/* They may overtake each other within the window; each counts once, also after a restart. */
static void replayed_preparations_are_not_answered(void **state)
{
	struct world *w = moving();

	(void)state;
	prepare(w, (struct prepare){.xtr = 2, .counter = 5000});
	assert_int_equal(w->out->count, 2);
	prepare(w, (struct prepare){.xtr = 2, .counter = 5000});
	assert_refused(w, DROP_REPLAY, 1);
	prepare(w, (struct prepare){.xtr = 2, .counter = 4999});
	assert_int_equal(w->out->count, 2);
	prepare(w, (struct prepare){.xtr = 2, .counter = 5000 - REPLAY_WINDOW});
	assert_refused(w, DROP_REPLAY, 2);
	prepare(w, (struct prepare){.xtr = 3, .peer = X3, .counter = 5000}); /* another's count */
	assert_int_equal(w->out->count, 2);
	world_pass(w, 1000);
	w = world_again(w, two_sites(), NULL, true);
	prepare(w, (struct prepare){.xtr = 2, .counter = 4998});
	assert_refused(w, DROP_REPLAY, 1);
	prepare(w, (struct prepare){.xtr = 2, .counter = 5001});
	assert_int_equal(w->out->count, 1);
	world_free(w);
}

/* Neither count disturbs the other. */
static void counters_are_no_nonces_of_registrations(void **state)
{
	struct world *w = moving();

	(void)state;
	prepare(w, (struct prepare){.site = "a", .xtr = 1, .peer = X1, .counter = 1ull << 60});
	assert_int_equal(w->out->count, 1);
	world_clear(w);
	world_move(w, "a", X1, 1, MOVE_REFRESH, 1001, 1, EID, L1);
	assert_int_equal(world_answer(w, 0, "a").kind, MOVE_GRANTED);
	world_free(w);
}

/* Each has a key of its own with the owner's xTR. */
static void two_destinations_prepare(void **state)
{
	struct world *w = moving();
	const uint8_t *n;
	uint64_t first;
	struct otk x2, x3;

	(void)state;
	prepare(w, (struct prepare){.xtr = 2});
	n = sent(w, 0, NEXT, NEXT_LEN, X1, "a");
	assert_peer(n, 2);
	first = get_u64(n + AT_COUNTER);
	x2 = key_in(n, "a");
	prepare(w, (struct prepare){.xtr = 3, .peer = X3});
	n = sent(w, 0, NEXT, NEXT_LEN, X1, "a");
	assert_peer(n, 3);
	assert_true(get_u64(n + AT_COUNTER) > first);
	x3 = key_in(n, "a");
	assert_true(memcmp(x2.bytes, x3.bytes, sizeof(x2.bytes)) != 0);
	assert_key(key_in(sent(w, 1, OWNER, ANSWER_LEN, X3, "b"), "b"), x3);
	world_free(w);
}

/* The key is of this EID, number, nonce and pair of sites; the same when it is asked for again. */
static void a_key_is_of_one_move(void **state)
{
	const struct prepare others[] = {{.xtr = 2, .nonce = 10}, {.xtr = 2, .last = 2},
		{.site = "a", .xtr = 2}, {.xtr = 4}};
	struct world *w = moving();
	struct otk key, other;

	(void)state;
	world_move(w, "a", X1, 1, MOVE_CLAIM, 1001, 0, "10.0.0.2/32", L1);
	prepare(w, (struct prepare){.xtr = 2});
	key = key_in(sent(w, 0, NEXT, NEXT_LEN, X1, "a"), "a");
	prepare(w, (struct prepare){.xtr = 2});
	assert_key(key_in(sent(w, 0, NEXT, NEXT_LEN, X1, "a"), "a"), key);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		prepare(w, others[i]);
		other = key_in(sent(w, 0, NEXT, NEXT_LEN, X1, "a"), "a");
		if (!memcmp(other.bytes, key.bytes, sizeof(key.bytes)))
			fail_msg("%zu: the same key", i);
	}
	world_move(w, "a", X1, 1, MOVE_CLAIM, 1002, 1, EID, L1); /* seq 2 */
	prepare(w, (struct prepare){.xtr = 2});
	other = key_in(sent(w, 0, NEXT, NEXT_LEN, X1, "a"), "a");
	assert_true(memcmp(other.bytes, key.bytes, sizeof(key.bytes)) != 0);
	world_free(w);
}

/* An owner's xTR refuses counters that it has seen: they go on over restarts, also with clocks that
 * were set back. */
static void counters_of_next_rise_over_restarts(void **state)
{
	struct kept_world k;
	const uint8_t *n;
	uint64_t before = 0;

	(void)state;
	assert_int_equal(kept_begin(&k, two_sites), 0);
	world_move(k.w, "a", X1, 1, MOVE_CLAIM, 1000, 0, EID, L1);
	for (int i = 0; i < 3; i++) {
		for (int j = 0; j < 3; j++) {
			prepare(k.w, (struct prepare){.xtr = 2});
			n = sent(k.w, 0, NEXT, NEXT_LEN, X1, "a");
			assert_true(get_u64(n + AT_COUNTER) > before);
			before = get_u64(n + AT_COUNTER);
		}
		kept_again(&k, NULL, -3600);
		world_go_on(k.w);
		prepare(k.w, (struct prepare){.xtr = 2});
		world_move(k.w, "a", X1, 1, MOVE_REFRESH, 2000 + (uint64_t)i,
			get_u64(owner(k.w, 0, ANSWER_LEN) + AT_SEQ), EID, L1);
	}
	assert_int_equal(kept_end(&k), 0);
}

static bool count_row(void *arg, const void *key, size_t key_len, const void *value, size_t len)
{
	(void)key;
	(void)key_len;
	(void)value;
	++*(size_t *)arg;
	*((size_t *)arg + 1) += len;
	return true;
}

struct rows {
	size_t count, bytes;
};

static struct rows rows_of(struct world *w)
{
	struct rows r = {0, 0};

	for (unsigned int table = 0; stored_tables[table]; table++)
		assert_true(store_scan(w->store, table, NULL, 0, count_row, &r) >= 0);
	return r;
}

/* Neither a mapping, its number and life, nor the store; the EID is claimed as ever. */
static void preparing_changes_nothing(void **state)
{
	struct world *w = moving();
	struct eid eid = world_eid(EID);
	struct rows before = rows_of(w), after;
	uint64_t expiry;

	(void)state;
	rcu_enter();
	expiry = mapping_expiry(registry_exact(w->server->registry, &eid, w->now));
	rcu_leave();
	prepare(w, (struct prepare){.xtr = 2});
	prepare(w, (struct prepare){.xtr = 2, .last = 77});
	after = rows_of(w);
	assert_memory_equal(&after, &before, sizeof(after));
	assert_int_equal(registry_count(w->server->registry), 1);
	assert_int_equal(xtr_table_count(w->server->xtrs), 1);
	rcu_enter();
	assert_true(expiry == mapping_expiry(registry_exact(w->server->registry, &eid, w->now)));
	rcu_leave();
	assert_int_equal(notify_count(w->server->notify), 0);
	world_clear(w);
	world_move(w, "a", X2, 2, MOVE_CLAIM, 1, 1, EID, "192.0.2.2");
	assert_int_equal(world_answer(w, 0, "a").kind, MOVE_GRANTED);
	assert_int_equal(world_answer(w, 0, "a").seq, 2);
	world_free(w);
}

/* In the order of arrival: the answer is by the claim before it, also within a group. */
static void a_claim_just_before_counts(void **state)
{
	struct world *w = moving();
	const uint8_t *n;

	(void)state;
	w->held = true;
	world_move(w, "a", X3, 3, MOVE_CLAIM, 1, 1, EID, "192.0.2.3");
	prepare(w, (struct prepare){.xtr = 2});
	assert_int_equal(w->out->count, 0);
	world_commit(w);
	/* GRANTED, NOTIFY to the owner before; then the new owner is told. */
	assert_int_equal(w->out->count, 4);
	n = sent(w, 2, NEXT, NEXT_LEN, X3, "a");
	assert_true(get_u64(n + AT_SEQ) == 2);
	assert_peer(owner(w, 3, ANSWER_LEN), 3);
	w->held = false;
	world_free(w);
}

/* While the store is being read, what it has of the EID is looked up first. */
static void an_owner_that_is_in_the_store_only(void **state)
{
	struct kept_world k;

	(void)state;
	assert_int_equal(kept_begin(&k, two_sites), 0);
	world_move(k.w, "a", X1, 1, MOVE_CLAIM, 1000, 0, EID, L1);
	world_kill(k.w);
	k.w = world_hold(two_sites(), NULL, k.spec, WORLD_WALL_S);
	prepare(k.w, (struct prepare){.xtr = 2});
	assert_int_equal(k.w->out->count, 1);
	assert_peer(owner(k.w, 0, ANSWER_LEN), 1);
	world_go_on(k.w);
	assert_int_equal(kept_end(&k), 0);
}

/* As its changes are, and apart from them; so are those for which a guest waits. */
static void preparations_have_a_tenants_rate_of_their_own(void **state)
{
	const struct tenant_quota quota = {.registration_rate = 1, .registration_burst = 2};
	struct tenant_table *t = tenant_table_new(false);
	const struct tenant *holder;
	struct tenant *tenant;
	struct world *w = world_new(two_sites(), NULL, NULL);

	(void)state;
	assert_int_equal(tenant_table_add(t, "a", &quota, &tenant), 0);
	assert_int_equal(tenant_table_add_range(t, tenant, 0, 0, &holder), 0);
	assert_int_equal(server_set_tenants(w->server, t), 0);
	world_move(w, "a", X1, 1, MOVE_CLAIM, 1000, 0, EID, L1);
	for (unsigned int i = 0; i < 2; i++) {
		prepare(w, (struct prepare){.xtr = 2});
		assert_int_equal(w->out->count, 2);
	}
	prepare(w, (struct prepare){.xtr = 2});
	assert_refused(w, DROP_TENANT_RATE, 1);
	prepare(w, (struct prepare){.xtr = 2, .flags = 0x40});
	assert_int_equal(w->out->count, 2);
	world_move(w, "a", X1, 1, MOVE_CLAIM, 1001, 1, EID, L1);
	assert_int_equal(world_dropped(w, DROP_TENANT_RATE), 1); /* it changes still */
	world_pass(w, 1000);
	prepare(w, (struct prepare){.xtr = 2});
	assert_int_equal(w->out->count, 2);
	world_free(w);
}

/* Change bytes, sign anew, and send. */
static void send_changed(struct world *w, size_t at, const void *bytes, size_t n)
{
	const struct prepare p = {.xtr = 2};
	uint8_t pkt[PREPARE_LEN];

	write_prepare(pkt, &p);
	memcpy(pkt + at, bytes, n);
	mac_of("b", pkt, sizeof(pkt), pkt + AT_MAC);
	world_clear(w);
	world_receive(w, X2, pkt, sizeof(pkt));
}

static void preparations_that_say_nonsense(void **state)
{
	struct world *w = moving();

	(void)state;
	send_changed(w, AT_SENDER + 15, "", 1);
	assert_refused(w, DROP_NO_XTR_ID, 1);
	send_changed(w, AT_LOCATOR + 8, "\xe0\x00\x00\x05", 4);
	assert_refused(w, DROP_LOCATORS, 1);
	send_changed(w, AT_RECORD + 5, "\x18", 1);
	assert_refused(w, DROP_MALFORMED, 1);
	send_changed(w, 2, "\x01", 1);
	assert_refused(w, DROP_UNSUPPORTED, 1);
	send_changed(w, AT_COUNT + 1, "\x02", 1);
	assert_refused(w, DROP_MALFORMED, 2);
	world_free(w);
}

/* What is for xTRs and agents: here an ASK for all guests. */
static void other_kinds_are_not_for_a_map_server(void **state)
{
	uint8_t ask[AT_REASON] = {0xf5, 0xa2, 2, 3, [11] = 1, [12] = 2, 2, 0, 16, [47] = 2};
	struct world *w = moving();

	(void)state;
	mac_of("b", ask, sizeof(ask), ask + AT_MAC);
	world_receive(w, X2, ask, sizeof(ask));
	assert_refused(w, DROP_MOVE_KIND, 1);
	world_free(w);
}

/* What a planner wants to know afterwards. */
static void history_has_why_it_moved_and_the_time_of_each_step(void **state)
{
	struct world *w = moving();
	struct eid eid = world_eid(EID);
	struct moves_history h;
	struct moves_why why;
	struct move m;

	(void)state;
	prepare(w, (struct prepare){.xtr = 2});
	assert_true(moves_why(w->server->moves, &eid, w->now, &why));
	world_pass(w, 300);
	prepare(w, (struct prepare){.xtr = 2}); /* a repetition of the same move */
	world_pass(w, 500);
	w->held = true;
	world_clear(w);
	world_move(w, "a", X2, 2, MOVE_CLAIM, 2000, 1, EID, "192.0.2.2");
	w->now = mono_add_ms(w->now, 3);
	world_commit(w);
	w->held = false;
	assert_true(moves_history(w->server->moves, &eid, w->now, &h));
	assert_int_equal(h.count, 1);
	assert_true(h.rows[0].why.move == 0xc0c1c2c3c4c5c6c7);
	assert_int_equal(h.rows[0].why.reason, 3);
	assert_int_equal(h.rows[0].why.deadline_ms, 30000);
	assert_int_equal(h.rows[0].prepared_us, 800000);
	assert_int_equal(h.rows[0].committed_us, 3000);
	assert_int_equal(h.rows[0].published_us, 3000);
	assert_int_equal(h.rows[0].acked_us, MOVES_NOT);
	assert_false(moves_why(w->server->moves, &eid, w->now, &why)); /* it has come true */
	m = world_answer(w, 1, "a");
	assert_int_equal(m.kind, MOVE_NOTIFY);
	w->now = mono_add_ms(w->now, 4);
	world_move(w, "a", X1, 1, MOVE_ACK, m.nonce, m.seq, EID, NULL);
	moves_history(w->server->moves, &eid, w->now, &h);
	assert_int_equal(h.rows[0].acked_us, 7000);
	/* It goes back, and nobody has prepared that. */
	world_move(w, "a", X1, 1, MOVE_CLAIM, 2001, 2, EID, L1);
	moves_history(w->server->moves, &eid, w->now, &h);
	assert_int_equal(h.count, 2);
	assert_int_equal(h.rows[0].prepared_us, MOVES_NOT);
	assert_int_equal(h.rows[0].committed_us, 0);
	world_free(w);
}

static void what_a_prepare_said_is_not_kept_for_ever(void **state)
{
	struct world *w = moving();
	struct eid eid = world_eid(EID);
	struct moves_why why;

	(void)state;
	prepare(w, (struct prepare){.xtr = 2});
	world_pass(w, MOVES_WISH_MS - 1);
	assert_true(moves_why(w->server->moves, &eid, w->now, &why));
	world_pass(w, 1);
	assert_false(moves_why(w->server->moves, &eid, w->now, &why));
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_owns_it),
		cmocka_unit_test(the_owner_is_told_and_both_get_one_key),
		cmocka_unit_test(two_xtrs_of_one_site),
		cmocka_unit_test(the_owner_itself_prepares),
		cmocka_unit_test(an_owner_that_does_not_speak_the_handover),
		cmocka_unit_test(an_owner_that_was_not_heard_yet),
		cmocka_unit_test(an_expired_mapping_is_nobodys),
		cmocka_unit_test(an_eid_that_is_not_the_sites),
		cmocka_unit_test(forged_preparations_are_not_answered),
		cmocka_unit_test(replayed_preparations_are_not_answered),
		cmocka_unit_test(counters_are_no_nonces_of_registrations),
		cmocka_unit_test(two_destinations_prepare),
		cmocka_unit_test(a_key_is_of_one_move),
		cmocka_unit_test(counters_of_next_rise_over_restarts),
		cmocka_unit_test(preparing_changes_nothing),
		cmocka_unit_test(a_claim_just_before_counts),
		cmocka_unit_test(an_owner_that_is_in_the_store_only),
		cmocka_unit_test(preparations_have_a_tenants_rate_of_their_own),
		cmocka_unit_test(preparations_that_say_nonsense),
		cmocka_unit_test(other_kinds_are_not_for_a_map_server),
		cmocka_unit_test(history_has_why_it_moved_and_the_time_of_each_step),
		cmocka_unit_test(what_a_prepare_said_is_not_kept_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
