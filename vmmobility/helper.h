/* helper: what the agent's privileged process does for it: attach the tail copy's program to taps,
 * hand out its maps, open packet sockets, and lengthen taps' queues.
 *
 * A fixed set of requests over lib/service/privilege. The helper holds the programs; the process
 * that speaks with QEMU, libvirt and xTRs holds descriptors only. Programs go to taps, macvtaps and
 * veths alone, never to an uplink or a bridge. Started once, before capabilities
 * are dropped. */
#ifndef SUNWARD_VMMOBILITY_HELPER_H
#define SUNWARD_VMMOBILITY_HELPER_H

#include <stdint.h>

#include "vmmobility/tail_load.h"

#define HELPER_TAPS_MAX 256 /* attached at a time; a program keeps 8 MiB */

struct helper;
struct log;

/* Forks. NULL with errno. */
struct helper *helper_start(struct log *log);
/* All taps are as before. NULL is allowed. */
void helper_stop(struct helper *h);

/* Attach to the tap @ifindex, with a program that was loaded before if there is one, so that the
 * agent is not kept: @maps become descriptors of the caller's, @taken what tail_load_taken
 * says. 0 or -errno, -EPERM where the helper has not the rights, -EMEDIUMTYPE where that is no
 * guest's interface; the helper logs why else. */
int helper_attach(struct helper *h, int ifindex, int maps[TAIL_MAPS], uint64_t *taken);
/* Waits for nothing. */
void helper_detach(struct helper *h, int ifindex);
/* A raw packet socket that gets ARP, RARP and neighbour discovery from behind @ifindex: a
 * descriptor of the caller's, or -errno, -EPERM where the helper has not the rights. */
int helper_listen(struct helper *h, int ifindex);
/* The queue of the tap shall have room for @packets at least; waits for nothing. */
void helper_lengthen(struct helper *h, int ifindex, int packets);

#endif
