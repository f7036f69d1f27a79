/* config_internal: what the files of config share among themselves. See config.h. */
#ifndef SUNWARD_XTR_CONFIG_INTERNAL_H
#define SUNWARD_XTR_CONFIG_INTERNAL_H

#include "xtr/config.h"

/* Options of a section, in the file that its reader stands in. */
extern const struct config_option xtr_config_map_server[];
extern const struct config_option xtr_config_core_port[];
extern const struct config_option xtr_config_site_port[];
extern const struct config_option xtr_config_data_plane[];
extern const struct config_option xtr_config_timers[];
extern const struct config_option xtr_config_limits[];
extern const struct config_option xtr_config_security[];
extern const struct config_option xtr_config_agent[];
extern const struct config_option xtr_config_handover[];
extern const struct config_option xtr_config_rbridge_options[];

/* .check of an interface's name. */

/* Readers: fill in a part from one section of a checked file. */
void xtr_config_map_server_load(struct policy *p, const struct config_section *s);
void xtr_config_port_load(
	struct xtr_config *c, const struct config_section *s, enum datapath_role role);
void xtr_config_data_plane_load(struct xtr_config *c, const struct config_section *s);
void xtr_config_timers_load(struct policy_timers *t, const struct config_section *s);
void xtr_config_security_load(struct policy_security *p, const struct config_section *root);
void xtr_config_security_check(const struct config_section *root, struct config_mistakes *m);
int xtr_config_agent_load(struct policy *p, const struct config_section *s); /* or -ENOMEM */
void xtr_config_handover_load(struct policy_handover *h, const struct config_section *s);
void xtr_config_agent_check(const struct config_section *root, struct config_mistakes *m);
void xtr_config_rbridge_load(struct xtr_config *c, const struct config_section *root);
void xtr_config_rbridge_check(const struct config_section *root, struct config_mistakes *m);
void xtr_config_limits_load(struct policy_limits *l, const struct config_section *s);

#endif
