/* config: the agent's configuration file as structs.
 *
 * Knows the file's options (the schema, with ranges and help) and what they become: the core's
 * policy, the guests that stand in it, and what the shell needs. Opens nothing and starts
 * nothing. */
#ifndef SUNWARD_VMMOBILITY_CONFIG_H
#define SUNWARD_VMMOBILITY_CONFIG_H

#include "lib/service/config.h"
#include "vmmobility/snoop.h"

#define VM_LISTEN_MAX       8
#define VM_DESTINATIONS_MAX 256
#define VM_VLANS_MAX        64

struct vm_config_guest {
	const char *name;        /* borrowed from the file's object, as all texts here */
	const char *qmp;         /* NULL: none */
	struct handover_id uuid; /* all zero: QEMU is asked */
	unsigned int host_count;
	struct handover_host hosts[HANDOVER_HOSTS_MAX];
	unsigned int tap_count;
	struct guest_tap taps[GUEST_TAPS_MAX];
	const uint8_t *ticket; /* the secret; borrowed; NULL: none */
	size_t ticket_len;
	unsigned int mac_count;
	uint8_t macs[GUEST_TAPS_MAX][6]; /* of cards whose addresses are snooped */
};

/* A hypervisor that guests may be moved to. */
struct vm_config_destination {
	const char *name;
	const char *libvirt; /* its libvirtd, as ours reaches it; NULL: none */
	const char *migrate; /* where libvirt has its QEMU listen; NULL: libvirt decides */
	const char *qemu;    /* where a bare QEMU waits; NULL: none */
};

struct vm_config_vlan {
	uint16_t vlan;
	uint32_t iid;  /* of the guests' addresses that are in it */
	char port[16]; /* of the RBridge; empty: that is for the RBridge to find */
};

/* The RBridge that the guests are behind. */
struct vm_config_rbridge {
	char socket[108]; /* empty: there is none */
	unsigned int vlan_count;
	struct vm_config_vlan vlans[VM_VLANS_MAX];
};

struct vm_config {
	struct vm_policy policy;
	unsigned int tap_queue; /* packets; 0: what it is */
	bool agent_id_given;    /* else one is drawn once and kept in the state directory */
	struct vm_config_guest *guests;
	unsigned int guest_count;
	struct vm_config_destination destinations[VM_DESTINATIONS_MAX];
	unsigned int destination_count;
	struct endpoint listen[VM_LISTEN_MAX];
	unsigned int listen_count;
	struct snoop_policy snoop;
	struct vm_config_rbridge rbridge;
	const char *libvirt_uri; /* NULL: no libvirt */
	const char *hook_socket; /* NULL: no hooks */
	const char *api_socket;
	const char *state_dir;
};

extern const struct config_option vm_config_schema[];

/* What the schema cannot say. Appends to @m; changes nothing. */
void vm_config_check(const struct config_section *root, struct config_mistakes *m);
/* Fill @c from a checked file's root, which must outlive it. 0 or -ENOMEM. Free with
 * vm_config_fini. */
int vm_config_load(struct vm_config *c, const struct config_section *root);
/* Wipes the keys. */
void vm_config_fini(struct vm_config *c);

#endif
