/* config_nat: the section `nat` of the map-server's configuration: what xTRs behind a NAT are told.
 */
#include "common/config_lisp.h"
#include "mapserver/config_internal.h"

const struct config_option mapserver_config_nat[] = {
	{.name = "rtr",
		.kind = CONFIG_ADDRESS,
		.flags = CONFIG_LIST,
		.most = SERVER_RTRS_MAX,
		.check = config_lisp_want_unicast,
		.help = "re-encapsulating tunnel routers that carry data to xTRs behind a NAT"},
	{0},
};

void mapserver_config_nat_load(struct server_options *o, const struct config_section *root)
{
	const struct config_value *v;
	size_t n;

	v = config_values(config_section(root, "nat"), "rtr", &n);
	for (size_t i = 0; i < n && i < SERVER_RTRS_MAX; i++)
		o->rtrs[o->rtr_count++] = v[i].address;
}
