/* config_rbridge: the section `rbridge` of the agent's configuration: the RBridge that this
 * hypervisor's guests are behind, and which VLAN of the campus is which instance of theirs. */
#include <net/if.h>
#include <string.h>

#include "lib/service/config_place.h"
#include "vmmobility/config_internal.h"

static const struct config_option vlan_options[] = {
	{.name = "instance-id",
		.kind = CONFIG_INTEGER,
		.fallback = "0",
		.min = 0,
		.max = 0xfffffe,
		.help = "the instance of the guests' addresses that are in this VLAN"},
	{.name = "port",
		.kind = CONFIG_STRING,
		.check = config_want_interface,
		.help = "the RBridge's port that the guests are behind; default: where it has heard them, or its only one that serves the VLAN"},
	{0},
};

const struct config_option vm_config_rbridge_options[] = {
	{.name = "socket",
		.kind = CONFIG_STRING,
		.fallback = "/run/sunward/rbridge.sock",
		.min = 1,
		.max = sizeof(((struct vm_config_rbridge *)NULL)->socket) - 1,
		.check = config_want_absolute,
		.help = "its api-socket"},
	{.name = "vlan",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED | CONFIG_REQUIRED,
		.options = vlan_options,
		.title = CONFIG_INTEGER,
		.min = 1,
		.max = 4094,
		.most = VM_VLANS_MAX,
		.help = "a VLAN of the campus that guests are in"},
	{0},
};

/* An address is in one VLAN. */
void vm_config_rbridge_check(const struct config_section *root, struct config_mistakes *m)
{
	const struct config_section *rb = config_section(root, "rbridge"), *v, *other;

	for (v = rb ? config_section(rb, "vlan") : NULL; v; v = config_section_next(v))
		for (other = config_section(rb, "vlan"); other != v;
			other = config_section_next(other))
			if (config_number(v, "instance-id") == config_number(other, "instance-id"))
				config_refuse(m, v, "instance-id",
					"%u is vlan %s's already; want another instance",
					config_u32(v, "instance-id"), config_title(other));
}

void vm_config_rbridge_load(struct vm_config_rbridge *rb, const struct config_section *root)
{
	const struct config_section *s = config_section(root, "rbridge"), *v;

	if (!s)
		return;
	strlcpy(rb->socket, config_text(s, "socket"), sizeof(rb->socket));
	for (v = config_section(s, "vlan"); v && rb->vlan_count < VM_VLANS_MAX;
		v = config_section_next(v)) {
		struct vm_config_vlan *vlan = &rb->vlans[rb->vlan_count++];

		vlan->vlan = (uint16_t)config_title_value(v)->number;
		vlan->iid = config_u32(v, "instance-id");
		if (config_text(v, "port"))
			strlcpy(vlan->port, config_text(v, "port"), sizeof(vlan->port));
	}
}
