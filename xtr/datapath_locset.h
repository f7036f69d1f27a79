/* datapath_locset: locator sets as the programs want them, each distinct one kept once.
 *
 * Pure but for time, which is an argument: gives out places (indices) and says what to write where.
 * A place that nobody uses any more rests for a while before it is used anew, since a program on
 * another CPU may still be reading it. Knows no map. */
#ifndef SUNWARD_XTR_DATAPATH_LOCSET_H
#define SUNWARD_XTR_DATAPATH_LOCSET_H

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "xtr/bpf/contract.h"
#include "xtr/datapath.h"

/* @entry's locators with their wheel: each locator has a share of the slots by its weight, spread
 * evenly; all weights 0: equal shares. Locators that are not IP are left out. */
void datapath_locset_build(struct contract_locset *set, const struct datapath_entry *entry);

struct datapath_locsets;

/* @places: how many there are. NULL when out of memory. */
struct datapath_locsets *datapath_locsets_new(uint32_t places, const struct hash_key *key);
void datapath_locsets_free(struct datapath_locsets *t);

/* Take a reference to @set: its place. *@fresh: the caller must write it there before it is used.
 * -ENOSPC, -ENOMEM. */
int64_t datapath_locsets_take(struct datapath_locsets *t, const struct contract_locset *set,
	struct mono now, bool *fresh);
/* Take a reference to what stands at @place already (maps that outlived a process). */
int datapath_locsets_adopt(
	struct datapath_locsets *t, uint32_t place, const struct contract_locset *set);
/* All has been adopted: what is left of the places below may be used. */
void datapath_locsets_adopted(struct datapath_locsets *t, struct mono now);
/* Give a reference back. */
void datapath_locsets_drop(struct datapath_locsets *t, uint32_t place, struct mono now);
uint32_t datapath_locsets_used(const struct datapath_locsets *t);

#endif
