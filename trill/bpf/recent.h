/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* recent: what this processor found in the table of stations a moment ago, so that most frames need
 * no look into that table, which is a hash in shared memory. Knows no frame.
 *
 * An entry is believed while its stamp is now's. The stamp moves on when any station of the table
 * has changed or gone, by user space or another processor, and twice a second or so by itself:
 * whatever reaches a processor late is known after that. What is not in the table is never kept
 * here. */
#ifndef SUNWARD_TRILL_BPF_RECENT_H
#define SUNWARD_TRILL_BPF_RECENT_H

#include "trill/bpf/maps.h"

#define RECENT_HEARD      (1ULL << 63)
#define RECENT_TICK_SHIFT 7 /* ticks of the kernel (100 to 1,000 a second) to a step of stamps */
#define RECENT_STEP       0x9e3779b1u /* of one step: no few changes make up for it */

/* The station's number in struct recent. Labels' numbers have 13 bits. */
static __always_inline __u64 recent_station(const __u8 *mac, __u16 vlan)
{
	return *(const __u32 *)mac | (__u64) * (const __u16 *)(mac + 4) << 32 | (__u64)vlan << 48;
}

/* Where the station's entry is, if it has one; NULL: never. */
static __always_inline struct recent *recent_at(__u64 station)
{
	/* The highest bits: all of the MAC's have a part in them. */
	__u32 at = station * 0x9e3779b97f4a7c15ULL >> 48;
	__u32 block = at / RECENT_BLOCK % RECENT_BLOCKS;
	struct recent_block *b = bpf_map_lookup_elem(&recents, &block);

	return b ? &b->is[at % RECENT_BLOCK] : NULL;
}

/* Read it before the table is, for what is to be kept of the table; once for a frame. */
static __always_inline __u32 recent_stamp(void)
{
	__u32 zero = 0, step = bpf_jiffies64() >> RECENT_TICK_SHIFT;
	const __u32 *told = bpf_map_lookup_elem(&changes, &zero);

	return step * RECENT_STEP + *(const volatile __u32 *)&stations_moved +
	       (told ? *(const volatile __u32 *)told : 0);
}

static __always_inline bool recent_is(const struct recent *r, __u64 station, __u32 stamp)
{
	return r && (r->station | RECENT_HEARD) == (station | RECENT_HEARD) &&
	       r->place.seen == stamp;
}

/* @station with RECENT_HEARD: the table says of it, too, that it was heard just now. */
static __always_inline void recent_keep(
	struct recent *r, __u64 station, struct contract_place place, __u32 stamp)
{
	if (!r)
		return;
	place.seen = stamp;
	r->station = station;
	r->place = place;
}

/* A station of the table is elsewhere. After it was written. */
static __always_inline void recent_moved(void)
{
	__sync_fetch_and_add(&stations_moved, 1);
}

#endif
