/* config_internal: what the files of config share among themselves. See config.h. */
#ifndef SUNWARD_TRILL_CONFIG_INTERNAL_H
#define SUNWARD_TRILL_CONFIG_INTERNAL_H

#include "trill/config.h"

/* Options of a section, in the file that its reader stands in. */
extern const struct config_option trill_config_port_options[];

void trill_config_port_load(struct trill_config_port *port, const struct config_section *s);
void trill_config_port_check(const struct config_section *s, struct config_mistakes *m);

#endif
