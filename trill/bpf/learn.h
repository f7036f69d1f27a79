/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* learn: where end stations are: what data frames show (RFC 6325 section 4.8.1), beside what user
 * space has written. Ageing is user space's; an event goes up only when something has changed. */
#ifndef SUNWARD_TRILL_BPF_LEARN_H
#define SUNWARD_TRILL_BPF_LEARN_H

#include "trill/bpf/frame.h"
#include "trill/bpf/recent.h"

static __always_inline struct contract_place place_at_port(__u16 slot)
{
	struct contract_place p = {.slot = slot, .confidence = CONTRACT_CONFIDENCE_DATA};

	return p;
}

static __always_inline struct contract_place place_behind(__u16 nickname)
{
	struct contract_place p = {.nickname = nickname, .confidence = CONTRACT_CONFIDENCE_DATA};

	return p;
}

static __always_inline void mac_key(struct contract_mac_key *key, const __u8 *mac, __u16 vlan)
{
	mac_copy(key->mac, mac);
	key->vlan = vlan;
}

/* Where an end station is. False: it is not known. @stamp: recent_stamp() of this frame. */
static __always_inline bool place_find(
	const __u8 *mac, __u16 vlan, __u32 stamp, struct contract_place *place)
{
	__u64 station = recent_station(mac, vlan);
	struct recent *r = recent_at(station);
	struct contract_mac_key key;
	const struct contract_place *p;

	if (recent_is(r, station, stamp)) {
		*place = r->place;
		return true;
	}
	mac_key(&key, mac, vlan);
	p = bpf_map_lookup_elem(&macs, &key);
	if (!p)
		return false;
	place->word = *(const volatile __u64 *)&p->word;
	recent_keep(r, station, *place, stamp);
	return true;
}

static __always_inline void learn_tell(
	__u8 type, const struct contract_mac_key *key, __u64 place, __u64 before)
{
	struct contract_event *e;

	count(CONTRACT_CNT_LEARNED);
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		count(CONTRACT_CNT_EVENTS_LOST);
		return;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->type = type;
	mac_copy(e->mac, key->mac);
	e->vlan = key->vlan;
	e->place.word = place;
	e->before.word = before;
	bpf_ringbuf_submit(e, 0);
}

static __always_inline bool place_same(struct contract_place a, struct contract_place b)
{
	return a.nickname == b.nickname && a.slot == b.slot;
}

/* An entry in use is written once in a unit of time: its cache line is every processor's. Returns
 * what it is from now on. */
static __always_inline struct contract_place learn_again(
	struct contract_place *is, const struct contract_mac_key *key, struct contract_place place)
{
	struct contract_place before;
	bool same;

	before.word = *(volatile __u64 *)&is->word;
	same = place_same(before, place);
	if (before.confidence > place.confidence) {
		if (!same)
			count(CONTRACT_CNT_LEARN_KEPT);
		return before;
	}
	if (same && before.seen == place.seen && before.confidence == place.confidence)
		return before;
	*(volatile __u64 *)&is->word = place.word;
	if (!same) {
		recent_moved();
		learn_tell(CONTRACT_MOVED, key, place.word, before.word);
	}
	return place;
}

/* Whether what is known of the station from a moment ago is all that there is to know. */
static __always_inline bool learn_nothing(const struct recent *r, struct contract_place place)
{
	bool same = place_same(r->place, place);

	if (r->place.confidence > place.confidence) {
		if (!same)
			count(CONTRACT_CNT_LEARN_KEPT);
		return true;
	}
	return same && r->place.confidence == place.confidence && r->station & RECENT_HEARD;
}

/* A frame came from @mac, which is no group address. */
static __always_inline void learn(
	const __u8 *mac, __u16 vlan, __u32 stamp, struct contract_place place)
{
	__u64 station = recent_station(mac, vlan);
	struct recent *r = recent_at(station);
	struct contract_mac_key key;
	struct contract_place *is;

	if (recent_is(r, station, stamp) && learn_nothing(r, place))
		return;
	mac_key(&key, mac, vlan);
	place.seen = bpf_ktime_get_coarse_ns() >> CONTRACT_SEEN_SHIFT;
	is = bpf_map_lookup_elem(&macs, &key);
	if (is) {
		place = learn_again(is, &key, place);
	} else if (bpf_map_update_elem(&macs, &key, &place, BPF_NOEXIST)) {
		count(CONTRACT_CNT_LEARN_FULL);
		return;
	} else {
		learn_tell(CONTRACT_LEARNED, &key, place.word, 0);
	}
	recent_keep(r, station | RECENT_HEARD, place, stamp);
}

#endif
