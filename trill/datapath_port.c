/* datapath_port: interfaces and their slots, VLANs, and the neighbours behind them. */
#include <errno.h>
#include <string.h>
#include <linux/bpf.h>
#include <bpf/bpf.h>

#include "trill/datapath_internal.h"

_Static_assert(sizeof(struct label_set) == sizeof(struct contract_label_set), "one shape");
_Static_assert(LABELS_FIRST == CONTRACT_LABEL_FGL, "the same numbers");

int datapath_slot(const struct trill_datapath *dp, uint32_t ifindex)
{
	for (int slot = 0; slot < CONTRACT_SLOTS; slot++)
		if (dp->ports[slot].used && dp->ports[slot].is.ifindex == ifindex)
			return slot;
	return -ENOENT;
}

static int free_slot(struct trill_datapath *dp)
{
	for (int round = 0; round < 2; round++) {
		for (int slot = 0; slot < CONTRACT_SLOTS; slot++)
			if (!dp->ports[slot].used && !dp->ports[slot].resting)
				return slot;
		datapath_grace(dp);
	}
	return -ENOSPC;
}

int datapath_native_write(struct trill_datapath *dp, uint32_t slot)
{
	const struct datapath_port *p = &dp->ports[slot];
	struct contract_native n = {
		.pvid = p->is.pvid, .mtu = p->is.mtu, .nickname = p->is.nickname};

	if (p->used && p->is.native) {
		const struct tables_forwarder *f = &p->forwarder;

		for (unsigned int i = 0; i < CONTRACT_VLAN_WORDS; i++)
			n.rows[i] = (struct contract_native_row){.enabled = f->enabled.bits[i],
				.appointed = f->appointed.bits[i],
				.inhibited = f->inhibited.bits[i]};
		memcpy(n.others, f->others.bits, sizeof(n.others));
		for (unsigned int v = 1; p->mapped && v <= VLAN_LAST; v++)
			if (p->mapped[v])
				n.rows[v / 64].mapped |= 1ull << (v % 64);
	}
	return datapath_put(dp, TRILL_FD_NATIVES, &slot, &n);
}

/* Those that one port forwards for. */
static void serve(const struct datapath_port *p, struct contract_label_set *served)
{
	const struct tables_forwarder *f = &p->forwarder;

	for (unsigned int i = 0; i < CONTRACT_VLAN_WORDS; i++)
		if (!p->mapped)
			served->words[i] |= f->enabled.bits[i] & f->appointed.bits[i];
	for (unsigned int v = 1; p->mapped && v <= VLAN_LAST; v++) {
		unsigned int number = p->mapped[v] ? p->mapped[v] : v;

		if (vlan_set_has(&f->enabled, v) && vlan_set_has(&f->appointed, v))
			served->words[number / 64] |= 1ull << (number % 64);
	}
}

/* Labels that we forward for at some port: their stations are learned from trees. */
int datapath_served_write(struct trill_datapath *dp)
{
	struct contract_label_set served = {{0}};
	uint32_t zero = 0;

	for (unsigned int slot = 0; slot < CONTRACT_SLOTS; slot++) {
		const struct datapath_port *p = &dp->ports[slot];

		if (p->used && p->is.native)
			serve(p, &served);
	}
	if (!memcmp(&served, &dp->settings.served, sizeof(served)))
		return 0;
	dp->settings.served = served;
	return datapath_put(dp, TRILL_FD_SETTINGS, &zero, &dp->settings);
}

static struct contract_port port_value(const struct trill_datapath *dp, uint32_t slot)
{
	const struct tables_port *is = &dp->ports[slot].is;
	struct contract_port port = {.ifindex = is->ifindex,
		.slot = (uint16_t)slot,
		.flags = (is->trill ? CONTRACT_PORT_TRILL : 0) |
			 (is->native ? CONTRACT_PORT_NATIVE : 0) |
			 (is->no_fgl ? CONTRACT_PORT_NO_FGL : 0),
		.mtu = is->mtu,
		.tci = is->outer,
		.nickname = is->nickname};

	memcpy(port.mac, is->mac.bytes, sizeof(port.mac));
	return port;
}

/* From here on the near table does not know the port: programs find it in the other. What they may
 * have found here just now stays as it was, but for whose it is. */
static int near_clear(struct trill_datapath *dp, uint32_t ifindex)
{
	uint32_t place = ifindex % CONTRACT_NEAR;
	struct contract_port was;

	if (dp->near[place] != ifindex)
		return 0;
	if (bpf_map_lookup_elem(dp->fds[TRILL_FD_NEAR], &place, &was))
		return -errno;
	was.ifindex = 0;
	dp->near[place] = 0;
	dp->near_resting[place] = dp->resting = true;
	return datapath_put(dp, TRILL_FD_NEAR, &place, &was);
}

/* An element is no word: all of it is written before it is the port's. */
static int near_write(struct trill_datapath *dp, uint32_t slot)
{
	struct contract_port port = port_value(dp, slot);
	uint32_t place = port.ifindex % CONTRACT_NEAR;
	int err;

	if (dp->near[place] || dp->near_resting[place])
		return 0;
	port.ifindex = 0;
	err = datapath_put(dp, TRILL_FD_NEAR, &place, &port);
	port.ifindex = dp->ports[slot].is.ifindex;
	if (!err)
		err = datapath_put(dp, TRILL_FD_NEAR, &place, &port);
	if (!err)
		dp->near[place] = port.ifindex;
	return err;
}

/* The kernel takes the element of the row that was there for the next that is written. */
static int port_write(struct trill_datapath *dp, uint32_t slot)
{
	struct contract_port port = port_value(dp, slot);
	struct bpf_devmap_val out = {
		.ifindex = port.ifindex, .bpf_prog.fd = dp->fds[TRILL_FD_LEAVE]};
	int err;

	err = datapath_put(dp, TRILL_FD_OUT, &slot, &out);
	if (!err)
		err = datapath_put(dp, TRILL_FD_PORTS, &port.ifindex, &port);
	dp->rows_resting = dp->resting = true;
	return err;
}

/* Each frame meets the port's new kind, or the old one to its end: end stations are known before
 * copies go to them, and until none does. */
static int kind_write(struct trill_datapath *dp, uint32_t slot, bool fresh, bool was_native)
{
	bool ends = was_native && !dp->ports[slot].is.native;
	int err = ends ? 0 : datapath_native_write(dp, slot);

	if (!err)
		err = port_write(dp, slot);
	if (!err && !fresh)
		err = datapath_paths_port(dp, (uint16_t)slot, false);
	if (!err)
		err = datapath_trees_port(dp);
	if (err || !ends)
		return err;
	datapath_grace(dp);
	return datapath_native_write(dp, slot);
}

int datapath_port_set(struct trill_tables *t, const struct tables_port *port)
{
	struct trill_datapath *dp = (struct trill_datapath *)t;
	int slot = datapath_slot(dp, port->ifindex), err;
	bool fresh = slot < 0, was_native;

	if (dp->rows_resting)
		datapath_grace(dp);
	if (fresh)
		slot = free_slot(dp);
	if (slot < 0)
		return slot;
	if (fresh)
		dp->ports[slot] = (struct datapath_port){.used = true};
	was_native = dp->ports[slot].is.native;
	dp->ports[slot].is = *port;
	err = near_clear(dp, port->ifindex);
	if (!err)
		err = kind_write(dp, (uint32_t)slot, fresh, was_native);
	if (!err)
		err = near_write(dp, (uint32_t)slot);
	return err ? err : datapath_served_write(dp);
}

/* First nothing leads there any more, then the slot rests. */
int datapath_port_del(struct trill_tables *t, uint32_t ifindex)
{
	struct trill_datapath *dp = (struct trill_datapath *)t;
	int slot = datapath_slot(dp, ifindex), err;
	struct contract_label_set none = {{0}};
	uint32_t key = (uint32_t)slot;

	if (slot < 0)
		return slot;
	dp->ports[slot].used = false;
	dp->ports[slot].resting = dp->resting = true;
	err = datapath_paths_port(dp, (uint16_t)slot, true);
	datapath_trees_leave(dp, key);
	near_clear(dp, ifindex);
	datapath_del(dp, TRILL_FD_PORTS, &ifindex);
	dp->rows_resting = true;
	datapath_del(dp, TRILL_FD_OUT, &key);
	datapath_native_write(dp, key);
	for (uint32_t tree = 0; tree < CONTRACT_TREES; tree++) {
		uint32_t at = key * CONTRACT_TREES + tree;

		datapath_put(dp, TRILL_FD_PRUNED, &at, &none);
	}
	datapath_mappings_forget(dp, (uint16_t)slot);
	datapath_station_leave(dp, (uint16_t)slot);
	return err ? err : datapath_served_write(dp);
}

int datapath_forwarder_set(
	struct trill_tables *t, uint32_t ifindex, const struct tables_forwarder *f)
{
	struct trill_datapath *dp = (struct trill_datapath *)t;
	int slot = datapath_slot(dp, ifindex), err;

	if (slot < 0)
		return slot;
	dp->ports[slot].forwarder = *f;
	err = datapath_native_write(dp, (uint32_t)slot);
	return err ? err : datapath_served_write(dp);
}

static struct contract_neighbour neighbour_key(uint32_t ifindex, const struct mac *mac)
{
	struct contract_neighbour key = {.ifindex = ifindex};

	memcpy(key.mac, mac->bytes, sizeof(key.mac));
	return key;
}

static bool neighbour_is(const struct contract_neighbour *a, const struct contract_neighbour *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* The place is taken by who comes when it is free; while it rests, by who had it before. All but
 * the ifindex is written first; of who has it already only words change that programs read whole.
 */
static int near_adjacency_write(struct trill_datapath *dp, const struct contract_neighbour *key,
	const struct contract_adjacency *is)
{
	uint32_t place = key->mac[5];
	struct contract_neighbour *owner = &dp->near_adjacencies[place];
	struct contract_near_adjacency value = {.neighbour = *key, .is = *is};
	int err = 0;

	if (owner->ifindex && !neighbour_is(owner, key))
		return 0;
	if (!owner->ifindex || dp->near_adjacencies_resting[place]) {
		value.neighbour.ifindex = 0;
		err = datapath_put(dp, TRILL_FD_NEAR_ADJACENCIES, &place, &value);
		value.neighbour.ifindex = key->ifindex;
	}
	if (!err)
		err = datapath_put(dp, TRILL_FD_NEAR_ADJACENCIES, &place, &value);
	if (err)
		return err;
	*owner = *key;
	dp->near_adjacencies_resting[place] = false;
	return 0;
}

/* Whoever stood back while a place rested may have it. */
static void near_adjacencies_rested(struct trill_datapath *dp)
{
	struct contract_neighbour key, before;
	struct contract_adjacency is;
	int map = dp->fds[TRILL_FD_ADJACENCIES];
	bool any = false;

	for (unsigned int i = 0; i < CONTRACT_NEAR; i++) {
		if (!dp->near_adjacencies_resting[i])
			continue;
		memset(&dp->near_adjacencies[i], 0, sizeof(dp->near_adjacencies[i]));
		dp->near_adjacencies_resting[i] = false;
		any = true;
	}
	for (bool first = true; any && !bpf_map_get_next_key(map, first ? NULL : &before, &key);
		first = false) {
		before = key;
		if (!bpf_map_lookup_elem(map, &key, &is))
			near_adjacency_write(dp, &key, &is); /* if not, the map has it */
	}
}

void datapath_ports_rested(struct trill_datapath *dp)
{
	memset(dp->near_resting, 0, sizeof(dp->near_resting));
	dp->rows_resting = false;
	for (uint32_t slot = 0; slot < CONTRACT_SLOTS; slot++) {
		dp->ports[slot].resting = false;
		if (dp->ports[slot].used)
			near_write(dp, slot); /* if not, the map has it */
	}
	near_adjacencies_rested(dp);
}

/* The place rests: nobody takes it before the programs that may have found it are done, and what
 * they have found stays, but for whose it is. */
static int near_adjacency_clear(struct trill_datapath *dp, const struct contract_neighbour *key)
{
	uint32_t place = key->mac[5];
	struct contract_near_adjacency was;

	if (!neighbour_is(&dp->near_adjacencies[place], key))
		return 0;
	if (bpf_map_lookup_elem(dp->fds[TRILL_FD_NEAR_ADJACENCIES], &place, &was))
		return -errno;
	was.neighbour.ifindex = 0;
	dp->near_adjacencies_resting[place] = dp->resting = true;
	return datapath_put(dp, TRILL_FD_NEAR_ADJACENCIES, &place, &was);
}

int datapath_adjacency_set(struct trill_tables *t, const struct tables_adjacency *a)
{
	struct trill_datapath *dp = (struct trill_datapath *)t;
	struct contract_neighbour key = neighbour_key(a->ifindex, &a->mac);
	struct contract_adjacency value = {
		.trees = a->trees, .flags = a->oomf ? CONTRACT_ADJACENCY_OOMF : 0};
	int err;

	if (datapath_slot(dp, a->ifindex) < 0)
		return -ENOENT;
	err = datapath_put(dp, TRILL_FD_ADJACENCIES, &key, &value);
	return err ? err : near_adjacency_write(dp, &key, &value);
}

int datapath_adjacency_del(struct trill_tables *t, uint32_t ifindex, const struct mac *mac)
{
	struct trill_datapath *dp = (struct trill_datapath *)t;
	struct contract_neighbour key = neighbour_key(ifindex, mac);
	int err = near_adjacency_clear(dp, &key);

	return err ? err : datapath_del(dp, TRILL_FD_ADJACENCIES, &key);
}
