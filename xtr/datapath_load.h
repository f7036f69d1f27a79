/* datapath_load: the privileged half of the BPF data plane: loads the programs, makes the hold tap,
 * attaches ports.
 *
 * Runs in the process that holds CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON (the privileged helper, or
 * a test as root). What the other half needs afterwards are the descriptors of datapath_load_fds()
 * alone: map operations by descriptor and reads of a tap ask for no capability. Knows no forwarding
 * entry and no event. */
#ifndef SUNWARD_XTR_DATAPATH_LOAD_H
#define SUNWARD_XTR_DATAPATH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The descriptors that the unprivileged half works with, by place in the array. */
enum datapath_fd {
	DATAPATH_FD_HOSTS4,
	DATAPATH_FD_HOSTS6,
	DATAPATH_FD_PREFIXES4,
	DATAPATH_FD_PREFIXES6,
	DATAPATH_FD_LOCSETS,
	DATAPATH_FD_PORTS,
	DATAPATH_FD_INSTANCES,
	DATAPATH_FD_RLOCS,
	DATAPATH_FD_DYNAMIC4,
	DATAPATH_FD_DYNAMIC6,
	DATAPATH_FD_SETTINGS,
	DATAPATH_FD_COUNTERS,
	DATAPATH_FD_TAP_UP,
	DATAPATH_FD_TAP_TAKEN,
	DATAPATH_FD_EVENTS,
	DATAPATH_FD_TAP,
	DATAPATH_FD_COUNT,
};

enum datapath_role {
	DATAPATH_CORE, /* towards the RLOCs: decapsulates */
	DATAPATH_SITE, /* towards the EIDs: encapsulates */
};

enum datapath_mode {
	DATAPATH_TC,  /* keeps GSO and GRO: veth, tap, bridge */
	DATAPATH_XDP, /* plain hits in XDP, all else in tc: physical and trunk ports */
};

struct datapath_load_config {
	uint32_t hosts_max;    /* host EIDs of each family; 0: 1,048,576 */
	uint32_t prefixes_max; /* shorter EID-prefixes of each family; 0: 65,536 */
	uint32_t locsets_max;  /* distinct locator sets; 0: 16,384 */
	uint32_t dynamic_max;  /* dynamic-EID prefixes of each family; 0: 4,096 */
	const char *tap_name;  /* NULL: "swholdN", N free; at most 15 bytes */
	uint32_t tap_queue;    /* packets the kernel keeps for user space; 0: 4,096 */
	bool clsact;           /* attach as on a kernel before 6.6, also where there is better */
	const char *pin_dir;   /* a directory in a bpffs: maps and links outlive the process; NULL:
				  they die with it */
};

struct datapath_load;

/* Take the programs off all ports, unless they are pinned. Links go with the last process that has
 * them; the filters of a kernel before 6.6 do not, and only who has the right to can take them off.
 */
void datapath_load_release(struct datapath_load *dl);

/* Load programs and maps, make the tap (up, no address). NULL on failure with the reason in @why.
 * With a pin_dir that holds maps of the same sizes these are taken over; @adopted (may be NULL)
 * tells whether. */
struct datapath_load *datapath_load_new(
	const struct datapath_load_config *config, bool *adopted, char *why, size_t why_size);
/* Detaches what is not pinned, closes all. */
void datapath_load_free(struct datapath_load *dl);

/* Borrow the descriptors; they live as long as @dl. Send them with SCM_RIGHTS, or use them in the
 * same process. */
void datapath_load_fds(const struct datapath_load *dl, int fds[DATAPATH_FD_COUNT]);
/* The tap's name and ifindex. */
const char *datapath_load_tap_name(const struct datapath_load *dl);
int datapath_load_tap_ifindex(const struct datapath_load *dl);

/* A program's descriptor, by its name in xtr/bpf (for tests and benchmarks); -ENOENT. */
int datapath_load_program_fd(const struct datapath_load *dl, const char *name);

/* Attach the programs to a port of the calling process's network namespace: the tc program always,
 * XDP besides in mode XDP. Idempotent. Returns 0, or -errno with the reason in @why. */
int datapath_load_attach(struct datapath_load *dl, int ifindex, enum datapath_role role,
	enum datapath_mode mode, char *why, size_t why_size);
/* A port that has vanished is no error. */
int datapath_load_detach(struct datapath_load *dl, int ifindex);

#endif
