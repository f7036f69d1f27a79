/* datapath_label: fine-grained labels and their numbers, and which VLAN of a port stands for which
 * (RFC 7172). */
#include <errno.h>
#include <stdlib.h>

#include "trill/datapath_internal.h"

int datapath_label_set(struct trill_tables *t, uint32_t fgl, uint16_t number)
{
	struct trill_datapath *dp = (struct trill_datapath *)t;
	uint32_t value = number;

	if (fgl > FGL_LAST || (number && (number < LABELS_FIRST || number >= LABELS_NUMBERS)))
		return -EINVAL;
	if (number)
		dp->fgls[number - LABELS_FIRST] = fgl;
	return number ? datapath_put(dp, TRILL_FD_LABELS, &fgl, &value)
		      : datapath_del(dp, TRILL_FD_LABELS, &fgl);
}

/* Both ways. The label's own row is gone by now, perhaps: nothing else needs it here. */
static int rows_del(const struct trill_datapath *dp, uint16_t slot, uint16_t vlan, uint16_t number)
{
	struct contract_mapping_key by_vlan = {.slot = slot, .number = vlan};
	struct contract_mapping_key by_number = {.slot = slot, .number = number};
	int err = datapath_del(dp, TRILL_FD_MAPPINGS, &by_vlan);

	return err ? err : datapath_del(dp, TRILL_FD_MAPPINGS, &by_number);
}

static int rows_put(
	const struct trill_datapath *dp, uint16_t slot, const struct contract_mapping *is)
{
	struct contract_mapping_key by_vlan = {.slot = slot, .number = is->vlan};
	struct contract_mapping_key by_number = {.slot = slot, .number = is->number};
	int err = datapath_put(dp, TRILL_FD_MAPPINGS, &by_vlan, is);

	return err ? err : datapath_put(dp, TRILL_FD_MAPPINGS, &by_number, is);
}

/* Programs look for the rows where the VLAN's bit is set: it comes last, and goes first. */
static int mapping_put(struct trill_datapath *dp, uint16_t slot, uint16_t vlan, uint16_t number)
{
	struct contract_mapping is = {
		.fgl = dp->fgls[number - LABELS_FIRST], .vlan = vlan, .number = number};
	int err = rows_put(dp, slot, &is);

	dp->ports[slot].mapped[vlan] = number;
	if (!err)
		err = datapath_native_write(dp, slot);
	return err ? err : datapath_served_write(dp);
}

static int mapping_del(struct trill_datapath *dp, uint16_t slot, uint16_t vlan)
{
	uint16_t was = dp->ports[slot].mapped[vlan];
	int err;

	if (!was)
		return -ENOENT;
	dp->ports[slot].mapped[vlan] = 0;
	err = datapath_native_write(dp, slot);
	if (!err)
		err = rows_del(dp, slot, vlan, was);
	return err ? err : datapath_served_write(dp);
}

int datapath_mapping_set(struct trill_tables *t, uint32_t ifindex, uint16_t vlan, uint16_t number)
{
	struct trill_datapath *dp = (struct trill_datapath *)t;
	int slot = datapath_slot(dp, ifindex);
	struct datapath_port *port = &dp->ports[slot < 0 ? 0 : slot];

	if (slot < 0)
		return slot;
	if (!vlan_usable(vlan) || (number && (number < LABELS_FIRST || number >= LABELS_NUMBERS)))
		return -EINVAL;
	if (!port->mapped)
		port->mapped = calloc(LABELS_FIRST, sizeof(*port->mapped));
	if (!port->mapped)
		return -ENOMEM;
	if (!number)
		return mapping_del(dp, (uint16_t)slot, vlan);
	if (port->mapped[vlan] && port->mapped[vlan] != number)
		mapping_del(dp, (uint16_t)slot, vlan);
	return mapping_put(dp, (uint16_t)slot, vlan, number);
}

void datapath_mappings_forget(struct trill_datapath *dp, uint16_t slot)
{
	uint16_t *mapped = dp->ports[slot].mapped;

	for (uint16_t v = 1; mapped && v <= VLAN_LAST; v++)
		if (mapped[v])
			rows_del(dp, slot, v, mapped[v]);
	free(mapped);
	dp->ports[slot].mapped = NULL;
}
