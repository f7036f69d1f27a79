/* config_internal: what the files of config share among themselves. See config.h. */
#ifndef SUNWARD_MAPSERVER_CONFIG_INTERNAL_H
#define SUNWARD_MAPSERVER_CONFIG_INTERNAL_H

#include "lib/table/prefix_table.h"
#include "mapserver/config.h"

/* Options of a section, in the file of its name. */
extern const struct config_option mapserver_config_site[];
extern const struct config_option mapserver_config_static[];
extern const struct config_option mapserver_config_ddt_node[];
extern const struct config_option mapserver_config_secure[];
extern const struct config_option mapserver_config_ddt_root[];
extern const struct config_option mapserver_config_fast_path[];
extern const struct config_option mapserver_config_store[];
extern const struct config_option mapserver_config_flap[];
extern const struct config_option mapserver_config_nat[];
extern const struct config_option mapserver_config_tenant[];

/* Readers: fill in a part of @c from a checked root. 0 or -ENOMEM. */
int mapserver_config_site_load(struct mapserver_config *c, const struct config_section *root,
	unsigned int slots, const uint8_t secret[16]);
int mapserver_config_secure_load(
	struct mapserver_config *c, const struct config_section *root, const uint8_t secret[16]);
int mapserver_config_tenant_load(struct mapserver_config *c, const struct config_section *root);
int mapserver_config_static_load(struct mapserver_config *c, const struct config_section *root);
void mapserver_config_flap_load(struct server_options *o, const struct config_section *root);
void mapserver_config_nat_load(struct server_options *o, const struct config_section *root);
void mapserver_config_fast_path_load(struct mapserver_config *c, const struct config_section *root);
void mapserver_config_store_load(struct mapserver_config *c, const struct config_section *root);

int mapserver_config_ddt_load(
	struct mapserver_config *c, const struct config_section *root, const uint8_t secret[16]);

/* The roots of `map-resolver`. */
int mapserver_config_ddt_root_load(
	struct mapserver_config *c, const struct config_section *resolver);

/* Checks: what the schema cannot say. */
void mapserver_config_flap_check(const struct config_section *root, struct config_mistakes *m);
void mapserver_config_secure_check(const struct config_section *root, struct config_mistakes *m);
void mapserver_config_site_check(const struct config_section *root, struct config_mistakes *m);
/* Of sites: who holds which prefix, and with which keys (config_holders.c). */
void mapserver_config_holders_check(const struct config_section *root, struct config_mistakes *m);
void mapserver_config_tenant_check(const struct config_section *root, struct config_mistakes *m);
void mapserver_config_static_check(const struct config_section *root, struct config_mistakes *m);
/* The sections @name of @parent, titled by a prefix: each prefix once. */
void mapserver_config_prefix_check(
	const struct config_section *parent, const char *name, struct config_mistakes *m);
void mapserver_config_ddt_check(const struct config_section *root, struct config_mistakes *m);

#endif
