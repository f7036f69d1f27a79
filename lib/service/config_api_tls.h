/* config_api_tls: the section `api-tls` of a daemon's configuration: its HTTP interface for other
 * machines, and who may do what. The same in each daemon's file. */
#ifndef SUNWARD_LIB_SERVICE_CONFIG_API_TLS_H
#define SUNWARD_LIB_SERVICE_CONFIG_API_TLS_H

#include "lib/service/api_tls.h"
#include "lib/service/config.h"

extern const struct config_option config_api_tls_options[];

/* Row of the root. */
#define CONFIG_API_TLS_ROW                                                                         \
	{                                                                                          \
		.name = "api-tls", .kind = CONFIG_SECTION, .options = config_api_tls_options,      \
		.help = "the same for other machines, over TCP with mutual TLS"                    \
	}

/* From a checked root. @o borrows from the file's object. False: there is no such section. */
bool config_api_tls_load(struct api_tls_options *o, const struct config_section *root);
/* The files that it names can be read and fit together. */
void config_api_tls_check(const struct config_section *root, struct config_mistakes *m);

#endif
