/* config_internal: what the files of config share among themselves. See config.h. */
#ifndef SUNWARD_VMMOBILITY_CONFIG_INTERNAL_H
#define SUNWARD_VMMOBILITY_CONFIG_INTERNAL_H

#include "vmmobility/config.h"

extern const struct config_option vm_config_rbridge_options[];
void vm_config_rbridge_check(const struct config_section *root, struct config_mistakes *m);
void vm_config_rbridge_load(struct vm_config_rbridge *rb, const struct config_section *root);

#endif
