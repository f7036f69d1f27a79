/* Our end stations, and the LSPs in which they stand (see esadi.h). */
#include "trill/core/esadi_internal.h"

#include <stdlib.h>
#include <string.h>

#include "trill/codec/interface_tlv.h"

void esadi_ours_touch(struct esadi *e, unsigned int fragment)
{
	e->fragments[fragment].dirty = true;
	e->dirty = true;
}

/* ---- what fits ---- */

/* Bytes, with types and lengths. */
#define GENINFO_LEN  7
#define PARAM_LEN    (GENINFO_LEN + 7)
#define REACH_LEN    9             /* besides the MACs */
#define BOUNDARY_LEN 30            /* both of a LAALP */
#define IFACE_LEN    11            /* besides the sets */
#define IPV4_LEN     (MAC_LEN + 4) /* of a set */
#define IPV6_LEN     (MAC_LEN + 16)
#define ROOM         (ESADI_PDU_MAX - ISIS_LSP_HEADER - ISIS_AUTH_EXTENDED_MAX)
#define MACS_MAX     ((ROOM - REACH_LEN) / MAC_LEN)
#define SETS_MAX     (ROOM / IPV4_LEN)
/* Of those that wait, so many are tried where room has come: as many as may fit in the place of one
 * with all its addresses, alone in its TLVs. */
#define OWN_MAX                                                                                    \
	(REACH_LEN + BOUNDARY_LEN + GENINFO_LEN + 2 * IFACE_LEN + MAC_LEN +                        \
		IP_LIST_EACH * (IPV4_LEN + IPV6_LEN))
#define RETRIED_MAX (OWN_MAX / MAC_LEN)

static unsigned int room_of(unsigned int fragment)
{
	return fragment ? ROOM : ROOM - PARAM_LEN;
}

static unsigned int kind_len(
	bool has_laalp, unsigned int macs, unsigned int ipv4, unsigned int ipv6)
{
	return REACH_LEN + MAC_LEN * macs + (has_laalp ? BOUNDARY_LEN : 0u) +
	       (ipv4 || ipv6 ? GENINFO_LEN : 0u) + (ipv4 ? IFACE_LEN + IPV4_LEN * ipv4 : 0) +
	       (ipv6 ? IFACE_LEN + IPV6_LEN * ipv6 : 0);
}

/* Its records alone. */
static unsigned int records_len(const struct esadi_address *a)
{
	return MAC_LEN + IPV4_LEN * a->ips.ipv4_count + IPV6_LEN * a->ips.ipv6_count;
}

/* Told in one TLV. */
static bool is_alike(const struct esadi_address *a, const struct esadi_address *b)
{
	return a->confidence == b->confidence && a->nickname == b->nickname &&
	       a->has_laalp == b->has_laalp &&
	       (!a->has_laalp || !laalp_id_compare(&a->laalp, &b->laalp));
}

static struct esadi_kind *kind_of(const struct esadi_fragment *f, const struct esadi_address *a)
{
	struct esadi_kind *k;

	TAILQ_FOREACH (k, &f->kinds, next)
		if (is_alike(&k->like, a))
			break;
	return k;
}

/* Bytes that @a would add. */
static unsigned int added_len(const struct esadi_fragment *f, const struct esadi_address *a)
{
	const struct esadi_kind *k = kind_of(f, a);
	unsigned int macs = k ? k->macs : 0, ipv4 = k ? k->ipv4 : 0, ipv6 = k ? k->ipv6 : 0;

	return kind_len(
		       a->has_laalp, macs + 1, ipv4 + a->ips.ipv4_count, ipv6 + a->ips.ipv6_count) -
	       (k ? kind_len(a->has_laalp, macs, ipv4, ipv6) : 0);
}

static bool fits(const struct esadi *e, unsigned int fragment, const struct esadi_address *a)
{
	const struct esadi_fragment *f = &e->fragments[fragment];

	return f->len + records_len(a) <= room_of(fragment) &&
	       f->len + added_len(f, a) <= room_of(fragment);
}

/* ---- where they stand ---- */

static int own_order(struct esadi_own *a, struct esadi_own *b)
{
	return mac_compare(&a->address.mac, &b->address.mac);
}

/* Some of what it makes is not used, which RB_GENERATE_STATIC() leaves untold on Linux. */
RB_GENERATE_INTERNAL(own_tree, esadi_own, node, own_order, __attribute__((unused)) static)

static struct esadi_own *own_of(struct esadi *e, const struct mac *mac)
{
	struct esadi_own key = {.address.mac = *mac};

	return RB_FIND(own_tree, &e->ours, &key);
}

/* Behind those of as much confidence. NULL: out of memory. */
static struct esadi_kind *kind_add(struct esadi_fragment *f, const struct esadi_address *a)
{
	struct esadi_kind *k = calloc(1, sizeof(*k)), *behind;

	if (!k)
		return NULL;
	k->like = *a;
	TAILQ_INIT(&k->owns);
	TAILQ_FOREACH (behind, &f->kinds, next)
		if (behind->like.confidence > a->confidence)
			break;
	if (behind)
		TAILQ_INSERT_BEFORE(behind, k, next);
	else
		TAILQ_INSERT_TAIL(&f->kinds, k, next);
	return k;
}

static bool place(struct esadi *e, struct esadi_own *own, unsigned int fragment)
{
	struct esadi_fragment *f = &e->fragments[fragment];
	const struct esadi_address *a = &own->address;
	unsigned int added = added_len(f, a);
	struct esadi_kind *k = kind_of(f, a);

	if (!k)
		k = kind_add(f, a);
	if (!k)
		return false;
	own->kind = k;
	own->fragment = (uint8_t)fragment;
	TAILQ_INSERT_TAIL(&k->owns, own, next);
	k->macs++;
	k->ipv4 += a->ips.ipv4_count;
	k->ipv6 += a->ips.ipv6_count;
	f->len += added;
	f->yielding += a->first ? 0 : records_len(a);
	f->used = true;
	e->told++;
	esadi_ours_touch(e, fragment);
	return true;
}

static void unplace(struct esadi *e, struct esadi_own *own)
{
	struct esadi_fragment *f = &e->fragments[own->fragment];
	const struct esadi_address *a = &own->address;
	struct esadi_kind *k = own->kind;

	TAILQ_REMOVE(&k->owns, own, next);
	k->macs--;
	k->ipv4 -= a->ips.ipv4_count;
	k->ipv6 -= a->ips.ipv6_count;
	f->yielding -= a->first ? 0 : records_len(a);
	if (TAILQ_EMPTY(&k->owns)) {
		TAILQ_REMOVE(&f->kinds, k, next);
		free(k);
		f->len -= kind_len(a->has_laalp, 1, a->ips.ipv4_count, a->ips.ipv6_count);
	} else {
		f->len -= added_len(f, a);
	}
	own->kind = NULL;
	e->told--;
	esadi_ours_touch(e, own->fragment);
}

static void untold_add(struct esadi *e, int n)
{
	e->untold += n;
	if (e->config.share)
		e->config.share->untold += n;
}

static void wait(struct esadi *e, struct esadi_own *own)
{
	TAILQ_INSERT_TAIL(&e->waiting[!own->address.first], own, next);
	untold_add(e, 1);
}

static void wait_end(struct esadi *e, struct esadi_own *own)
{
	TAILQ_REMOVE(&e->waiting[!own->address.first], own, next);
	untold_add(e, -1);
}

/* What frames showed of @fragment waits, until @a fits. */
static void yield(struct esadi *e, unsigned int fragment, const struct esadi_address *a)
{
	struct esadi_kind *k, *next_kind;
	struct esadi_own *own, *next_own;

	TAILQ_FOREACH_SAFE (k, &e->fragments[fragment].kinds, next, next_kind)
		TAILQ_FOREACH_SAFE (own, &k->owns, next, next_own) {
			if (fits(e, fragment, a))
				return;
			if (own->address.first)
				continue;
			unplace(e, own); /* the last one of a kind takes that with it */
			wait(e, own);
		}
}

/* Where there is room for it, or (it goes first) will be; ESADI_FRAGMENTS: nowhere. */
static unsigned int fragment_for(struct esadi *e, const struct esadi_address *a)
{
	unsigned int i = 0;

	while (i < ESADI_FRAGMENTS && !fits(e, i, a))
		i++;
	if (i < ESADI_FRAGMENTS || !a->first)
		return i;
	for (i = 0; i < ESADI_FRAGMENTS; i++) {
		const struct esadi_fragment *f = &e->fragments[i];

		if (f->len + added_len(f, a) > room_of(i) + f->yielding)
			continue;
		yield(e, i, a);
		return i;
	}
	return i;
}

/* It stands in a fragment now, or waits. */
static void settle(struct esadi *e, struct esadi_own *own)
{
	unsigned int fragment = fragment_for(e, &own->address);

	if (fragment == ESADI_FRAGMENTS || !place(e, own, fragment))
		wait(e, own);
}

/* There is room in @fragment again. */
static void refill(struct esadi *e, unsigned int fragment)
{
	struct esadi_own *own;

	for (unsigned int w = 0; w < 2; w++)
		for (unsigned int i = 0; i < RETRIED_MAX; i++) {
			own = TAILQ_FIRST(&e->waiting[w]);
			if (!own)
				break;
			wait_end(e, own);
			if (!fits(e, fragment, &own->address) || !place(e, own, fragment))
				wait(e, own); /* behind the others */
		}
}

/* ---- what is said of them ---- */

static bool is_same(const struct esadi_address *a, const struct esadi_address *b)
{
	return is_alike(a, b) && a->first == b->first && ip_list_equal(&a->ips, &b->ips);
}

/* It says something else: where it stands, if that can be. */
static void change(struct esadi *e, struct esadi_own *own, const struct esadi_address *address)
{
	unsigned int fragment = own->fragment;

	if (!own->kind) {
		wait_end(e, own);
		own->address = *address;
		settle(e, own);
		return;
	}
	unplace(e, own);
	own->address = *address;
	if (!fits(e, fragment, address) || !place(e, own, fragment))
		settle(e, own);
	refill(e, fragment);
}

bool esadi_announce(struct esadi *e, const struct esadi_address *address)
{
	struct esadi_own *own = own_of(e, &address->mac);

	if (address->confidence > ESADI_CONFIDENCE_MAX || mac_is_group(&address->mac))
		return false;
	if (!own) {
		own = calloc(1, sizeof(*own));
		if (!own)
			return false;
		own->address = *address;
		RB_INSERT(own_tree, &e->ours, own);
		settle(e, own);
	} else if (!is_same(&own->address, address)) {
		change(e, own, address);
	}
	return own->kind;
}

bool esadi_withdraw(struct esadi *e, const struct mac *mac)
{
	struct esadi_own *own = own_of(e, mac);

	if (!own)
		return false;
	RB_REMOVE(own_tree, &e->ours, own);
	if (own->kind) {
		unplace(e, own);
		refill(e, own->fragment);
	} else {
		wait_end(e, own);
	}
	free(own);
	return true;
}

void esadi_withdraw_all(struct esadi *e)
{
	struct esadi_own *own;

	while ((own = RB_ROOT(&e->ours))) {
		RB_REMOVE(own_tree, &e->ours, own);
		if (own->kind)
			unplace(e, own);
		else
			wait_end(e, own);
		free(own);
	}
	e->say.wait_us = 0; /* there is no later */
}

void esadi_ours_init(struct esadi *e)
{
	RB_INIT(&e->ours);
	TAILQ_INIT(&e->waiting[0]);
	TAILQ_INIT(&e->waiting[1]);
	for (unsigned int i = 0; i < ESADI_FRAGMENTS; i++)
		TAILQ_INIT(&e->fragments[i].kinds);
	e->fragments[0].used = true;
	esadi_ours_touch(e, 0);
}

void esadi_ours_free(struct esadi *e)
{
	esadi_withdraw_all(e);
}

unsigned int esadi_announced(const struct esadi *e)
{
	return e->told;
}

unsigned int esadi_untold(const struct esadi *e)
{
	return e->untold;
}

bool esadi_tells(struct esadi *e, const struct mac *mac)
{
	struct esadi_own *own = own_of(e, mac);

	return own && own->kind;
}

/* ---- the LSPs ---- */

/* The sets of @a of one family; returns how many. */
static unsigned int sets_of(const struct esadi_address *a, bool ipv6, struct interface_set *sets)
{
	unsigned int n = ipv6 ? a->ips.ipv6_count : a->ips.ipv4_count;

	for (unsigned int i = 0; i < n; i++) {
		sets[i] = (struct interface_set){
			.has_mac = true, .mac = a->mac, .has_ipv4 = !ipv6, .has_ipv6 = ipv6};
		if (ipv6)
			memcpy(sets[i].ipv6, a->ips.ipv6[i], sizeof(sets[i].ipv6));
		else
			memcpy(sets[i].ipv4, a->ips.ipv4[i], sizeof(sets[i].ipv4));
	}
	return n;
}

/* The addresses of one family: the sets of a TLV are of one kind, and each has one of them. */
static void interfaces_put(const struct esadi_kind *k, bool ipv6, struct wire_writer *w)
{
	struct interface_list l = {
		.local = true, .confidence = k->like.confidence, .nickname = k->like.nickname};
	struct interface_set sets[SETS_MAX];
	const struct esadi_own *own;
	unsigned int n = 0;

	TAILQ_FOREACH (own, &k->owns, next)
		n += sets_of(&own->address, ipv6, &sets[n]);
	if (n)
		interface_put(w, &l, sets, n, TLV_EXTENDED);
}

static void boundary_put(const struct laalp_id *begin, struct wire_writer *w)
{
	size_t at = geninfo_begin(w, TLV_EXTENDED);

	if (begin)
		laalp_start_put(w, begin);
	else
		laalp_end_put(w);
	tlv_end(w, at, TLV_EXTENDED);
}

/* MAC-RI, then the interfaces; between boundaries what is at a LAALP. */
static void kind_put(const struct esadi_kind *k, struct wire_writer *w)
{
	struct mac macs[MACS_MAX];
	const struct esadi_own *own;
	unsigned int n = 0;
	size_t at;

	TAILQ_FOREACH (own, &k->owns, next)
		macs[n++] = own->address.mac;
	if (k->like.has_laalp)
		boundary_put(&k->like.laalp, w);
	mac_reach_put(w, k->like.nickname, k->like.confidence, macs, n);
	if (k->ipv4 || k->ipv6) {
		at = geninfo_begin(w, TLV_EXTENDED);
		interfaces_put(k, false, w);
		interfaces_put(k, true, w);
		tlv_end(w, at, TLV_EXTENDED);
	}
	if (k->like.has_laalp)
		boundary_put(NULL, w);
}

static void originate(struct esadi *e, unsigned int fragment, struct mono now)
{
	struct lsp_id id = {.system = e->config.system, .fragment = (uint8_t)fragment};
	const struct esadi_kind *k;
	uint8_t tlvs[ESADI_PDU_MAX];
	struct wire_writer w;

	wire_writer_init(&w, tlvs, sizeof(tlvs) - ISIS_LSP_HEADER);
	if (e->config.key_count)
		isis_auth_put(&w, e->config.keys[0], TLV_EXTENDED);
	if (!fragment) {
		size_t at = geninfo_begin(&w, TLV_EXTENDED);

		esadi_param_put(&w, &e->config.param);
		tlv_end(&w, at, TLV_EXTENDED);
	}
	TAILQ_FOREACH (k, &e->fragments[fragment].kinds, next)
		kind_put(k, &w);
	e->fragments[fragment].dirty = false;
	fragment_say(&e->fragments[fragment].is, e->db, &id, ISIS_LSP_LEVEL1,
		wire_written(&w) ? tlvs : NULL, w.pos, e->config.counts, now);
}

void esadi_ours_time(struct esadi *e, struct mono now)
{
	bool say = e->dirty && mono_due(backoff_due(&e->say, now), now);

	for (unsigned int i = 0; i < ESADI_FRAGMENTS; i++)
		if (e->fragments[i].used && !fragment_rests(&e->fragments[i].is, now) &&
			((say && e->fragments[i].dirty) ||
				mono_due(fragment_next(&e->fragments[i].is), now)))
			originate(e, i, now);
	if (!say)
		return;
	e->dirty = false;
	backoff_done(&e->say, now);
}
