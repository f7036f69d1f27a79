/* config_internal: what the files of config share among themselves. See config.h. */
#ifndef SUNWARD_MAPSERVER_CONFIG_INTERNAL_H
#define SUNWARD_MAPSERVER_CONFIG_INTERNAL_H

#include "mapserver/config.h"

/* Options of a section, in the file of its name. */
extern const struct config_option mapserver_config_site[];
extern const struct config_option mapserver_config_static[];

/* Readers: fill in a part of @c from a checked root. 0 or -ENOMEM. */
int mapserver_config_site_load(struct mapserver_config *c, const struct config_section *root,
	unsigned int slots, const uint8_t secret[16]);
int mapserver_config_static_load(struct mapserver_config *c, const struct config_section *root);

/* Checks: what the schema cannot say. */
void mapserver_config_site_check(const struct config_section *root, struct config_mistakes *m);

#endif
