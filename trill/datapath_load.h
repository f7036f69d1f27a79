/* datapath_load: the privileged half of the RBridge's data plane: loads the programs and their
 * maps, attaches ports.
 *
 * Runs in the process that holds CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON (the privileged helper, or
 * a test as root). What the other half needs afterwards are the descriptors of trill_load_fds()
 * alone. Knows no nickname and no frame. */
#ifndef SUNWARD_TRILL_DATAPATH_LOAD_H
#define SUNWARD_TRILL_DATAPATH_LOAD_H

#include <stddef.h>
#include <stdint.h>

#define TRILL_LOAD_TREES     16 /* places for trees, CONTRACT_TREES */
#define TRILL_LOAD_TREE_MAPS 4  /* of each, CONTRACT_TREE_MAPS */

/* The descriptors that the other half works with, by place in the array. */
enum trill_fd {
	TRILL_FD_PORTS,
	TRILL_FD_NEAR,
	TRILL_FD_NATIVES,
	TRILL_FD_LABELS,
	TRILL_FD_MAPPINGS,
	TRILL_FD_NICKNAMES,
	TRILL_FD_GROUPS,
	TRILL_FD_ADJACENCIES,
	TRILL_FD_NEAR_ADJACENCIES,
	TRILL_FD_RPF,
	TRILL_FD_FORMS,
	TRILL_FD_PRUNED,
	TRILL_FD_MACS,
	TRILL_FD_CHANGES,
	TRILL_FD_SETTINGS,
	TRILL_FD_COUNTERS,
	TRILL_FD_OUT,
	TRILL_FD_EVENTS,
	TRILL_FD_TREES,
	TRILL_FD_LEAVE, /* the program of the sending side */
	TRILL_FD_TREE,  /* CONTRACT_TREE_MAPS for each place of a tree */
	TRILL_FD_COUNT = TRILL_FD_TREE + TRILL_LOAD_TREE_MAPS * TRILL_LOAD_TREES,
};

struct trill_load_config {
	uint32_t stations_max;    /* MACs with their VLANs; 0: 131,072 */
	uint32_t rpf_max;         /* ingress nicknames times trees; 0: 16,384 */
	uint32_t copies_max;      /* of one frame: hybrid ports count twice; 0: 64 */
	uint32_t adjacencies_max; /* 0: 1,024 */
	uint32_t events_bytes;    /* of news that wait: a power of 2, pages at least; 0: 1 MiB */
};

struct trill_load;

/* Load programs and maps. NULL on failure, with the reason in @why. */
struct trill_load *trill_load_new(const struct trill_load_config *config, char *why, size_t size);
/* Takes the programs off all ports, closes all. */
void trill_load_free(struct trill_load *l);

/* Borrow the descriptors; they live as long as @l. Send them with SCM_RIGHTS, or use them in the
 * same process. */
void trill_load_fds(const struct trill_load *l, int fds[TRILL_FD_COUNT]);
/* A program's descriptor, by its name in trill/bpf (for tests and benchmarks); -ENOENT. */
int trill_load_program_fd(const struct trill_load *l, const char *name);

/* Attach the program to an interface of the calling process's network namespace. Until the port is
 * set in the tables, all its frames are dropped. Idempotent. Returns 0, or -errno with the reason
 * in @why. */
int trill_load_attach(struct trill_load *l, int ifindex, char *why, size_t size);
/* An interface that has vanished is no error. */
int trill_load_detach(struct trill_load *l, int ifindex);

#endif
