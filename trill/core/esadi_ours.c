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

/* Where @mac stands among ours, or would. */
static unsigned int ours_at(const struct esadi *e, const struct mac *mac)
{
	unsigned int low = 0, high = e->ours_count;

	while (low < high) {
		unsigned int mid = (low + high) / 2;

		if (mac_compare(&e->ours[mid].address.mac, mac) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool ours_is(const struct esadi *e, unsigned int at, const struct mac *mac)
{
	return at < e->ours_count && !mac_compare(&e->ours[at].address.mac, mac);
}

static bool ours_room(struct esadi *e)
{
	unsigned int max = e->ours_max ? 2 * e->ours_max : 64;
	struct esadi_own *more;

	if (e->ours_count == ESADI_ADDRESSES_MAX)
		return false;
	if (e->ours_count < e->ours_max)
		return true;
	more = reallocarray(e->ours, max, sizeof(*more));
	if (!more)
		return false;
	e->ours = more;
	e->ours_max = max;
	return true;
}

/* Places of a fragment that it takes. In bytes a place is 42 and a bit; each IPv6 address takes 22,
 * and the first 11 more; IPv4 addresses behind the first take 10, and there are three at most; less
 * than a place take the boundaries of a LAALP. */
static unsigned int ours_cost(const struct esadi_address *a)
{
	return 1u + a->ips.ipv6_count + (a->ips.ipv4_count > 1) + a->has_laalp;
}

/* It says something else now. False: it has to go to another fragment, and is no more. */
static bool ours_changed(struct esadi *e, unsigned int at, const struct esadi_address *address)
{
	unsigned int fragment = e->ours[at].fragment;
	unsigned int others = e->fragments[fragment].count - ours_cost(&e->ours[at].address);

	if (others + ours_cost(address) > ESADI_PER_FRAGMENT) {
		esadi_withdraw(e, &address->mac);
		return false;
	}
	e->fragments[fragment].count = (uint16_t)(others + ours_cost(address));
	e->ours[at].address = *address;
	esadi_ours_touch(e, fragment);
	return true;
}

bool esadi_announce(struct esadi *e, const struct esadi_address *address)
{
	unsigned int at = ours_at(e, &address->mac), fragment = 0;

	if (address->confidence > ESADI_CONFIDENCE_MAX || mac_is_group(&address->mac))
		return false;
	if (ours_is(e, at, &address->mac) && ours_changed(e, at, address))
		return true;
	while (fragment < ESADI_FRAGMENTS &&
		e->fragments[fragment].count + ours_cost(address) > ESADI_PER_FRAGMENT)
		fragment++;
	if (fragment == ESADI_FRAGMENTS || !ours_room(e))
		return false;
	memmove(&e->ours[at + 1], &e->ours[at], (e->ours_count - at) * sizeof(*e->ours));
	e->ours[at] = (struct esadi_own){*address, (uint8_t)fragment};
	e->ours_count++;
	e->fragments[fragment].count += ours_cost(address);
	e->fragments[fragment].used = true;
	esadi_ours_touch(e, fragment);
	return true;
}

bool esadi_withdraw(struct esadi *e, const struct mac *mac)
{
	unsigned int at = ours_at(e, mac), fragment;

	if (!ours_is(e, at, mac))
		return false;
	fragment = e->ours[at].fragment;
	e->fragments[fragment].count -= ours_cost(&e->ours[at].address);
	esadi_ours_touch(e, fragment);
	e->ours_count--;
	memmove(&e->ours[at], &e->ours[at + 1], (e->ours_count - at) * sizeof(*e->ours));
	return true;
}

void esadi_withdraw_all(struct esadi *e)
{
	while (e->ours_count)
		esadi_withdraw(e, &e->ours[e->ours_count - 1].address.mac);
	e->say.wait_us = 0; /* there is no later */
}

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

/* Told in one TLV: of one confidence, behind one nickname, at one LAALP. */
static bool is_alike(const struct esadi_address *a, const struct esadi_address *b)
{
	return a->confidence == b->confidence && a->nickname == b->nickname &&
	       a->has_laalp == b->has_laalp &&
	       (!a->has_laalp || !laalp_id_compare(&a->laalp, &b->laalp));
}

/* The addresses of one family that are like @kind: the sets of a TLV are of one kind,
 * and each has one of them. */
static void interfaces_put(const struct esadi *e, unsigned int fragment,
	const struct esadi_address *kind, bool ipv6, struct wire_writer *w)
{
	struct interface_list l = {
		.local = true, .confidence = kind->confidence, .nickname = kind->nickname};
	struct interface_set sets[2 * ESADI_PER_FRAGMENT]; /* four of IPv4 take two places */
	unsigned int n = 0;

	for (unsigned int i = 0; i < e->ours_count; i++) {
		const struct esadi_address *a = &e->ours[i].address;

		if (e->ours[i].fragment == fragment && is_alike(a, kind))
			n += sets_of(a, ipv6, &sets[n]);
	}
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

/* Those like @kind: MAC-RI, then the interfaces; between boundaries what is at a LAALP. */
static void kind_put(const struct esadi *e, unsigned int fragment, const struct esadi_address *kind,
	struct wire_writer *w)
{
	struct mac macs[ESADI_PER_FRAGMENT];
	unsigned int n = 0;
	bool ips = false;
	size_t at;

	for (unsigned int i = 0; i < e->ours_count; i++) {
		const struct esadi_address *a = &e->ours[i].address;

		if (e->ours[i].fragment != fragment || !is_alike(a, kind))
			continue;
		macs[n++] = a->mac;
		ips |= ip_list_count(&a->ips) > 0;
	}
	if (kind->has_laalp)
		boundary_put(&kind->laalp, w);
	mac_reach_put(w, kind->nickname, kind->confidence, macs, n);
	if (ips) {
		at = geninfo_begin(w, TLV_EXTENDED);
		interfaces_put(e, fragment, kind, false, w);
		interfaces_put(e, fragment, kind, true, w);
		tlv_end(w, at, TLV_EXTENDED);
	}
	if (kind->has_laalp)
		boundary_put(NULL, w);
}

/* No address of the fragment before ours[@at] is like it. */
static bool is_first(const struct esadi *e, unsigned int fragment, unsigned int at)
{
	for (unsigned int i = 0; i < at; i++)
		if (e->ours[i].fragment == fragment &&
			is_alike(&e->ours[i].address, &e->ours[at].address))
			return false;
	return true;
}

/* The addresses of @fragment, by their confidence. */
static void addresses_put(const struct esadi *e, unsigned int fragment, struct wire_writer *w)
{
	bool there[ESADI_CONFIDENCE_MAX + 1] = {false};

	for (unsigned int i = 0; i < e->ours_count; i++)
		if (e->ours[i].fragment == fragment)
			there[e->ours[i].address.confidence] = true;
	for (unsigned int c = 0; c <= ESADI_CONFIDENCE_MAX; c++)
		for (unsigned int i = 0; there[c] && i < e->ours_count; i++)
			if (e->ours[i].fragment == fragment && e->ours[i].address.confidence == c &&
				is_first(e, fragment, i))
				kind_put(e, fragment, &e->ours[i].address, w);
}

static void originate(struct esadi *e, unsigned int fragment, struct mono now)
{
	struct lsp_id id = {.system = e->config.system, .fragment = (uint8_t)fragment};
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
	addresses_put(e, fragment, &w);
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
