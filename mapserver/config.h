/* config: the map-server's configuration file as structs.
 *
 * Knows the file's options (the schema, with ranges and help) and what they become: the tables of
 * sites and of forwarding, the core's options, static mappings, and what the shell itself needs.
 * Opens nothing and starts nothing. */
#ifndef SUNWARD_MAPSERVER_CONFIG_H
#define SUNWARD_MAPSERVER_CONFIG_H

#include "lib/service/api_tls.h"
#include "lib/service/config.h"
#include "mapserver/fast_path.h"
#include "mapserver/referral_cache.h"
#include "mapserver/server.h"
#include "mapserver/storage.h"

#define MAPSERVER_LISTEN_MAX  16
#define MAPSERVER_WORKERS_MAX 256
#define STATIC_LOCATORS_MAX   32

/* A mapping that the operator configured. */
struct static_mapping {
	struct eid eid;
	uint32_t ttl_min;
	enum lisp_act act; /* without locators: a negative mapping */
	unsigned int locator_count;
	struct lisp_locator locators[STATIC_LOCATORS_MAX];
};

struct mapserver_config {
	/* The core's, complete but for: slots, own addresses, the registry's secret and seq_floor.
	 */
	struct server_options server;
	struct site_table *sites;             /* NULL: no map-server */
	struct tenant_table *tenants;         /* NULL: none; not bound */
	struct forward_table *forward;        /* NULL: no resolver */
	struct delegation_table *delegations; /* NULL: no DDT node */
	struct secure_peers *peers;           /* NULL: no section lisp-sec */
	struct referral *ddt_root;            /* where the resolver begins; NULL: no resolver */
	size_t ddt_searches, ddt_referrals;   /* limits */
	struct static_mapping *statics;
	size_t static_count;
	struct endpoint listen[MAPSERVER_LISTEN_MAX];
	unsigned int listen_count;
	unsigned int workers; /* 0: one a processor */
	struct fast_path_config fast_path;
	const char *api_socket; /* borrowed from the file's object */
	bool has_tls;
	struct api_tls_options tls; /* borrows from the file's object */
	const char *state_dir;
	struct storage_options store;
	const char *user; /* NULL: stay */
};

extern const struct config_option mapserver_config_schema[];

/* What the schema cannot say. Appends to @m; changes nothing. */
void mapserver_config_check(const struct config_section *root, struct config_mistakes *m);
/* Fill @c from a checked file's root, which must outlive it. @slots: threads that use keys.
 * @secret: random. 0 or -ENOMEM. Free with mapserver_config_fini, which leaves the tables alone
 * that were taken (set to NULL). */
int mapserver_config_load(struct mapserver_config *c, const struct config_section *root,
	unsigned int slots, const uint8_t secret[16]);
void mapserver_config_fini(struct mapserver_config *c);

#endif
