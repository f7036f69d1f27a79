/* config: the xTR's configuration file as structs.
 *
 * Knows the file's options (the schema, with ranges and help) and what they become: the core's
 * policy, and what the shell itself needs (ports, sockets, sizes). Opens nothing and starts
 * nothing. */
#ifndef SUNWARD_XTR_CONFIG_H
#define SUNWARD_XTR_CONFIG_H

#include <net/if.h>

#include "lib/service/api_tls.h"
#include "lib/service/config.h"
#include "xtr/datapath_load.h"
#include "xtr/policy.h"

#define XTR_PORTS_MAX  64
#define XTR_LISTEN_MAX 8

struct xtr_config_port {
	char name[IFNAMSIZ];
	enum datapath_role role;
	enum datapath_mode mode;
	uint32_t iid;                      /* site ports */
	struct address gateway4, gateway6; /* site ports; AFI_NONE: the interface's own */
	struct address gateway_mac;        /* site ports; AFI_NONE: the interface's */
	bool anycast; /* other xTRs have that MAC too: the interface keeps its own */
	bool proxy;   /* site ports: answer ARP and ND for machines at other sites */
};

struct xtr_config_vlan {
	uint16_t vlan;
	char port[IFNAMSIZ];               /* the site port that is in it */
	uint32_t iid;                      /* that port's */
	bool anycast;                      /* the RBridge is told that the gateway is there: */
	char rbridge_port[IFNAMSIZ];       /* ... behind this port of it; empty: its only one */
	uint8_t gateway_mac[6];            /* ... with that port's MAC ... */
	struct address gateway4, gateway6; /* ... and addresses */
};

/* The RBridge of the campus that the site ports are in. */
struct xtr_config_rbridge {
	const char *socket; /* borrowed from the config file's object; NULL: there is none */
	bool costs;
	uint16_t lease_s; /* of what it is told of the gateway */
	struct xtr_config_vlan vlans[XTR_PORTS_MAX / 2];
	unsigned int vlan_count;
};

struct xtr_config {
	struct policy policy;
	bool xtr_id_given; /* else one is drawn once and kept in the state directory */
	struct xtr_config_port ports[XTR_PORTS_MAX];
	unsigned int port_count;
	struct endpoint listen[XTR_LISTEN_MAX];
	unsigned int listen_count;
	const char *api_socket; /* borrowed from the config file's object */
	bool has_tls;
	struct api_tls_options tls; /* likewise */
	const char *state_dir;
	struct xtr_config_rbridge rbridge;
	const char *hold_tap; /* NULL: named by itself */
	const char *pin_dir;  /* NULL: not pinned */
	bool withdraw_on_stop;
	uint16_t mtu; /* bytes; 0: the core ports' */
	uint32_t hosts_max, prefixes_max, tap_queue;
};

extern const struct config_option xtr_config_schema[];

/* What the schema cannot say. Appends to @m; changes nothing. */
void xtr_config_check(const struct config_section *root, struct config_mistakes *m);
/* Fill @c from a checked file's root, which must outlive it. 0 or -ENOMEM. Free with
 * xtr_config_fini. */
int xtr_config_load(struct xtr_config *c, const struct config_section *root);
void xtr_config_fini(struct xtr_config *c);

#endif
