/* tail_load: the half of the tail copy that needs rights: loads the program (bpf/port.bpf.c) and
 * attaches it to a guest's tap; one that was loaded before is attached at once. What it writes is
 * read through descriptors, without rights: tail.h.
 *
 * Needs CAP_BPF and CAP_NET_ADMIN. Knows no guest and no message. */
#ifndef SUNWARD_VMMOBILITY_TAIL_LOAD_H
#define SUNWARD_VMMOBILITY_TAIL_LOAD_H

#include <stddef.h>
#include <stdint.h>

enum tail_map { TAIL_MAP_PACKETS, TAIL_MAP_CHUNKS, TAIL_MAP_STATE, TAIL_MAPS };

struct tail_load;

/* Load it; that takes the kernel a tenth of a second on a busy machine. NULL: @why (of @size bytes)
 * says what failed; errno is set. */
struct tail_load *tail_load_new(char *why, size_t size);
/* Attach to the tap @ifindex, once. 0 or -errno, and @why as above. */
int tail_load_attach(struct tail_load *l, int ifindex, char *why, size_t size);
/* The tap is as before. What has the maps may read on. NULL is allowed. */
void tail_load_free(struct tail_load *l);

/* A descriptor, @l's. */
int tail_load_map(const struct tail_load *l, enum tail_map which);
/* What the tap had counted as read or dropped when the program came. */
uint64_t tail_load_taken(const struct tail_load *l);

#endif
