/* datapath_bpf: the unprivileged half of the BPF data plane: struct datapath over the descriptors
 * of datapath_load.
 *
 * Turns forwarding entries into map values (hosts in a hash, prefixes in an LPM trie, locator sets
 * interned), drains the ring buffer and the hold tap into struct datapath_event, answers what the
 * programs cannot (ICMP errors, fragments). One thread. Knows no mapping, no protocol message, no
 * capability. */
#ifndef SUNWARD_XTR_DATAPATH_BPF_H
#define SUNWARD_XTR_DATAPATH_BPF_H

#include "xtr/datapath.h"
#include "xtr/datapath_load.h"

struct datapath_bpf_port {
	int ifindex;
	enum datapath_role role;
	enum datapath_mode mode; /* as it was attached */
	uint32_t iid;            /* site ports: 24 bits */
	bool proxy; /* site ports: frames to other MACs may be for hosts that are elsewhere */
	/* Site ports: the source of ICMP errors. AFI_NONE: the port's first address of that family,
	 * read when the port is added; none there: no ICMP error of that family. */
	uint8_t gateway_mac[6]; /* site: frames to it are for us, too; zero: none */
	struct address gateway4, gateway6;
	/* Core ports: the outer source of packets that leave here. AFI_NONE: the first local RLOC
	 * of the family. */
	struct address rloc4, rloc6;
};

struct datapath_bpf_config {
	const struct address *rlocs; /* local RLOCs: what is decapsulated; the first of a family is
					the outer source */
	size_t rloc_count;
	uint16_t mtu; /* L of RFC 9300 section 7.1; 0: the smallest of the core ports, at most 1500
		       */
	uint32_t icmp_per_s;    /* ICMP errors sent a second for each port; 0: 1,000 */
	uint32_t locsets_max;   /* as loaded; 0: the default of datapath_load */
	uint64_t hash_key[2];   /* secret of the flow hash; both 0: drawn here */
	bool ignore_outer_dscp; /* decapsulation leaves the inner DSCP alone (the RFC's SHOULD is to
				   copy) */
	void (*on_event)(void *arg,
		const struct datapath_event *e); /* called from datapath_bpf_poll() only */
	void *arg;
};

struct datapath_bpf;

/* @fds are borrowed and must outlive the result. Clears the maps unless @adopted (then see
 * _settle). NULL on failure with the reason in @why. */
struct datapath_bpf *datapath_bpf_new(const struct datapath_bpf_config *config,
	const int fds[DATAPATH_FD_COUNT], bool adopted, char *why, size_t why_size);
void datapath_bpf_free(struct datapath_bpf *db);

/* The core's handle; lives as long as @db. */
struct datapath *datapath_bpf_handle(struct datapath_bpf *db);

/* Tell the programs of a port, before it is attached; idempotent, also for changes. */
int datapath_bpf_port_add(struct datapath_bpf *db, const struct datapath_bpf_port *port);
int datapath_bpf_port_del(struct datapath_bpf *db, int ifindex);

/* Sources inside @prefix (with its instance) that are not LOCAL hosts draw SOURCE_SEEN. */
int datapath_bpf_dynamic_add(struct datapath_bpf *db, const struct eid *prefix);
int datapath_bpf_dynamic_del(struct datapath_bpf *db, const struct eid *prefix);

/* Local RLOCs that come and go (at most 64). */
int datapath_bpf_rlocs(struct datapath_bpf *db, const struct address *rlocs, size_t count);

/* Two descriptors to poll for reading; when one is ready call _poll. */
int datapath_bpf_events_fd(const struct datapath_bpf *db);
int datapath_bpf_tap_fd(const struct datapath_bpf *db);
/* Hand at most @budget events and held packets to on_event. Returns how many, or -errno. */
int datapath_bpf_poll(struct datapath_bpf *db, unsigned int budget);

/* After a restart on adopted maps: remove every entry that was not set() since _new. Returns how
 * many went. */
int datapath_bpf_settle(struct datapath_bpf *db);

/* Counters, summed over CPUs. datapath_counter_name(i) is NULL from datapath_counter_count() on. */
unsigned int datapath_counter_count(void);
const char *datapath_counter_name(unsigned int i); /* "encap", "drop_short", ...: [a-z0-9_]+ */
const char *datapath_counter_help(unsigned int i);
/* Returns 0 or -errno; @values has datapath_counter_count() places. */
int datapath_bpf_counters(const struct datapath_bpf *db, uint64_t *values);

#endif
