/* config_fast_path: the section `fast-path` of the map-server's configuration. */
#include <stdio.h>
#include <string.h>

#include "common/config_lisp.h"
#include "lib/service/config_place.h"
#include "mapserver/config_internal.h"

const struct config_option mapserver_config_fast_path[] = {
	{.name = "interfaces",
		.kind = CONFIG_STRING,
		.flags = CONFIG_LIST | CONFIG_REQUIRED,
		.most = FAST_PATH_INTERFACES,
		.check = config_want_interface,
		.help = "by which Map-Requests come that the kernel may answer"},
	{.name = "entries",
		.kind = CONFIG_INTEGER,
		.fallback = "1000000",
		.min = 1,
		.max = 100000000,
		.help = "host EIDs that its tables hold; 59 bytes each, taken at the start"},
	{.name = "locator-sets",
		.kind = CONFIG_INTEGER,
		.fallback = "65536",
		.min = 1,
		.max = 16777216,
		.help = "different locator sets with their TTL; 120 bytes each"},
	{0},
};

void mapserver_config_fast_path_load(struct mapserver_config *c, const struct config_section *root)
{
	const struct config_section *s = config_section(root, "fast-path");
	const struct config_value *v;
	size_t n;

	if (!s)
		return;
	v = config_values(s, "interfaces", &n);
	for (size_t i = 0; i < n; i++)
		snprintf(c->fast_path.interfaces[c->fast_path.interface_count++], IF_NAMESIZE, "%s",
			v[i].text);
	c->fast_path.entries = config_u32(s, "entries");
	c->fast_path.locator_sets = config_u32(s, "locator-sets");
}
