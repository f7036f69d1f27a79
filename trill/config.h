/* config: the RBridge's configuration file as structs.
 *
 * Knows the file's options (the schema, with ranges and help) and what they become: the core's
 * configuration, and what the shell itself needs (ports, sizes, places). Opens nothing and starts
 * nothing. */
#ifndef SUNWARD_TRILL_CONFIG_H
#define SUNWARD_TRILL_CONFIG_H

#include <net/if.h>

#include "lib/service/api_tls.h"
#include "lib/service/config.h"
#include "trill/codec/isis_auth.h"
#include "trill/core/rbridge.h"

#define TRILL_CONFIG_KEYS_MAX 8

enum trill_port_kind {
	TRILL_PORT_TRUNK,  /* RBridges alone */
	TRILL_PORT_ACCESS, /* end stations alone */
	TRILL_PORT_HYBRID, /* both */
};

struct trill_config_port {
	char name[IFNAMSIZ];
	enum trill_port_kind kind;
	bool p2p;
	bool deaf;     /* neighbors = no: received IS-IS is dropped */
	uint32_t cost; /* 0: by the interface's speed */
	uint8_t priority;
	uint16_t pvid; /* VLAN of frames without a tag; 0: such are dropped */
	uint16_t mtu;  /* bytes behind the Ethernet header; 0: the interface's */
	bool mtu_test, bfd;
	uint32_t bfd_us; /* between its packets */
	uint8_t bfd_multiplier;
	struct vlan_set vlans, announcing;
	struct rbridge_mapping mappings[RBRIDGE_MAPPINGS_MAX];
	unsigned int mapping_count;
	uint16_t mapping_alert_s;
	uint16_t designated;
	uint32_t hello_ms;
	uint16_t holding_s;
	bool lag; /* a link of a multi-chassis bond */
	struct laalp_id laalp;
	bool exclusive;
};

#define TRILL_CONFIG_STATIONS_MAX 1024

/* A station whose place is known by configuration. */
struct trill_config_station {
	struct mac mac;
	uint16_t vlan;
	char port[IFNAMSIZ]; /* "": behind @nickname */
	uint16_t nickname;
};

struct trill_config {
	struct rbridge_config core; /* its keys are those below */
	bool overload;
	bool system_given; /* else it is the one before, or at first a port's MAC */
	struct isis_key *keys[TRILL_CONFIG_KEYS_MAX], *esadi_keys[TRILL_CONFIG_KEYS_MAX];
	struct trill_config_port ports[RBRIDGE_PORTS_MAX];
	unsigned int port_count;
	struct trill_config_station stations[TRILL_CONFIG_STATIONS_MAX];
	unsigned int station_count;
	const char *api_socket; /* borrowed from the config file's object */
	bool has_tls;
	struct api_tls_options tls; /* likewise */
	const char *state_dir;
	unsigned int age_s;
	uint32_t stations_max;
};

extern const struct config_option trill_config_schema[];

/* What the schema cannot say. Appends to @m; changes nothing. */
void trill_config_check(const struct config_section *root, struct config_mistakes *m);
/* Fill @c from a checked file's root, which must outlive it. 0 or -ENOMEM. Free with
 * trill_config_fini. */
int trill_config_load(struct trill_config *c, const struct config_section *root);
void trill_config_fini(struct trill_config *c);

/* All that the file says of the two is the same. */
bool trill_config_port_equal(const struct trill_config_port *a, const struct trill_config_port *b);
/* What the core is told of it. The interface's ifindex and MAC are not set; cost and mtu are as the
 * file has them. */
void trill_config_port_core(const struct trill_config_port *c, struct rbridge_port_config *core);

/* What a reload changes, of @fresh: ports, stations, trees, VLANs and labels of ESADI, keys,
 * checks, gateway-mac, overload, root-change, arp-proxy, a limit and api-tls. All else is as it was
 * at the start, and what the file says of it comes at the next (CONFIG_AT_START). Text is the
 * file's, which stays in the place of the old one. The old keys are in @fresh afterwards. */
void trill_config_take_over(struct trill_config *c, struct trill_config *fresh);
void trill_config_swap_keys(struct trill_config *a, struct trill_config *b);
/* Call @each for the stations of @c that @other has not, or has elsewhere. */
void trill_config_stations_only(const struct trill_config *c, const struct trill_config *other,
	void (*each)(void *arg, const struct trill_config_station *st), void *arg);

const char *trill_port_kind_name(enum trill_port_kind kind); /* "trunk" */

#endif
