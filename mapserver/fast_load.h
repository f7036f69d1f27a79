/* fast_load: the fast path's program and its maps: the privileged half.
 *
 * Loads the program, attaches it to interfaces, and tells the descriptors by which the daemon
 * writes the tables without any privilege. Knows no mapping. */
#ifndef SUNWARD_MAPSERVER_FAST_LOAD_H
#define SUNWARD_MAPSERVER_FAST_LOAD_H

#include "mapserver/bpf/contract.h"
#include "mapserver/fast_table.h"

struct fast_load;

enum fast_fd {
	FAST_FD_SETTINGS,
	FAST_FD_BUCKETS,
	FAST_FD_ANSWERS,
	FAST_FD_OWN,
	FAST_FD_COUNTERS,
	FAST_FDS
};

/* What the maps hold at most. NULL, with a sentence in @why. Needs CAP_BPF, CAP_NET_ADMIN and
 * CAP_PERFMON, or root. */
struct fast_load *fast_load_new(uint32_t entries, uint32_t answers, char *why, size_t why_size);
/* Detaches from all. NULL is none. */
void fast_load_free(struct fast_load *l);
/* Interfaces that it is attached to already are no mistake. 0 or -errno with @why. */
int fast_load_attach(struct fast_load *l, const char *interface, char *why, size_t why_size);
void fast_load_detach(struct fast_load *l, const char *interface);
/* Borrowed. */
void fast_load_fds(const struct fast_load *l, int fds[FAST_FDS]);
int fast_load_program_fd(const struct fast_load *l);

/* ---- with the descriptors alone ---- */

/* Map the tables into this process. @m->bucket_count and answer_count are set. 0 or -errno. */
int fast_load_map(const int fds[FAST_FDS], struct fast_memory *m);
void fast_load_unmap(const struct fast_memory *m);
/* An address of ours; @port 0, or one that is listened on. 0 or -errno. */
int fast_load_own(const int fds[FAST_FDS], const struct address *a, uint16_t port);
/* Verdicts, of all processors. 0 or -errno. */
int fast_load_counts(const int fds[FAST_FDS], uint64_t counts[FAST_CNT_COUNT]);

#endif
