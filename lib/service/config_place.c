/* See config_place.h. */
#include "lib/service/config_place.h"

#include <net/if.h>
#include <string.h>

const char *config_want_absolute(const struct config_value *v)
{
	return v->text[0] == '/' ? NULL : "an absolute path, one that begins with /";
}

const char *config_want_interface(const struct config_value *v)
{
	return v->text[0] && strlen(v->text) < IF_NAMESIZE && !strchr(v->text, '/')
		       ? NULL
		       : "an interface name of 1 to 15 bytes";
}
