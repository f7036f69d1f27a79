/* config_internal: what the files of config share among themselves. See config.h. */
#ifndef SUNWARD_TRILL_CONFIG_INTERNAL_H
#define SUNWARD_TRILL_CONFIG_INTERNAL_H

#include "trill/config.h"

/* Options of a section, in the file that its reader stands in. */
extern const struct config_option trill_config_port_options[];
extern const struct config_option trill_config_station_options[];

/* .check of a VLAN, or a range of them. */
const char *trill_config_want_vlans(const struct config_value *v);
/* False: the option is absent. */
bool trill_config_vlans_load(
	struct vlan_set *set, const struct config_section *s, const char *option);
void trill_config_port_load(struct trill_config_port *port, const struct config_section *s);
const char *trill_config_want_station(const struct config_value *v);
void trill_config_station_load(struct trill_config_station *st, const struct config_section *s);
void trill_config_station_check(const struct config_section *root, const struct config_section *s,
	struct config_mistakes *m);
/* MACs that several stations have. */
void trill_config_gateways_load(struct trill_config *c, const struct config_section *root);
void trill_config_gateways_check(const struct config_section *root, struct config_mistakes *m);
/* config_label.c */
const char *trill_config_want_mapping(const struct config_value *v);
void trill_config_mappings_load(struct trill_config_port *port, const struct config_section *s);
void trill_config_mappings_check(const struct trill_config_port *port,
	const struct config_section *s, struct config_mistakes *m);
const char *trill_config_want_labels(const struct config_value *v);
void trill_config_labels_load(struct trill_config *c, const struct config_section *root);
void trill_config_labels_check(const struct config_section *root, struct config_mistakes *m);
/* Between ports: one bond, one port. */
void trill_config_lags_check(const struct config_section *root, struct config_mistakes *m);
void trill_config_port_check(const struct config_section *s, struct config_mistakes *m);

#endif
