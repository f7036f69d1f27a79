/* datapath_tree: distribution trees: which ports get a copy, and where frames must come from.
 *
 * Each tree has two pairs of maps of devices: for data, and for messages, of which the daemon has a
 * copy, too (a copy that nobody wants would cost as much as any). The pair that is not in use is
 * filled, then a bit of the settings says that it is in use; the other one rests, since programs
 * may still walk it. */
#include <errno.h>
#include <string.h>
#include <bpf/bpf.h>

#include "trill/datapath_internal.h"

/* @of: 0, data; CONTRACT_TREE_MESSAGES */
static unsigned int used_of(const struct trill_datapath *dp, uint32_t place, unsigned int of)
{
	return CONTRACT_TREE_MAPS * place + of + (dp->settings.second >> place & 1);
}

static void map_clear(int map)
{
	uint32_t key;

	while (!bpf_map_get_next_key(map, NULL, &key))
		bpf_map_delete_elem(map, &key);
}

static int copy_add(
	const struct trill_datapath *dp, unsigned int map, uint32_t key, uint32_t ifindex)
{
	struct bpf_devmap_val value = {.ifindex = ifindex, .bpf_prog.fd = dp->fds[TRILL_FD_LEAVE]};

	return datapath_put(dp, TRILL_FD_TREE + map, &key, &value);
}

/* In which forms copies leave by the port, with those of one pair as they are to be. */
static struct contract_forms forms_of(
	const struct trill_datapath *dp, unsigned int pair, uint32_t slot)
{
	const struct datapath_port *p = &dp->ports[slot];
	struct contract_forms forms = dp->forms[slot];
	uint32_t bit = 1U << pair;

	forms.trill &= ~bit;
	forms.native &= ~bit;
	if (p->used && p->is.trill && dp->trees[pair / 2].ports[slot])
		forms.trill |= bit;
	if (p->used && p->is.native)
		forms.native |= bit;
	return forms;
}

/* No frame goes by the pair. */
static int forms_write(struct trill_datapath *dp, unsigned int pair)
{
	int err = 0;

	for (uint32_t slot = 0; slot < CONTRACT_SLOTS && !err; slot++) {
		struct contract_forms forms = forms_of(dp, pair, slot);

		if (forms.word == dp->forms[slot].word)
			continue;
		err = datapath_put(dp, TRILL_FD_FORMS, &slot, &forms);
		if (!err)
			dp->forms[slot] = forms;
	}
	return err;
}

/* An entry for each form of each port. */
static int map_fill(const struct trill_datapath *dp, unsigned int map, unsigned int pair)
{
	uint32_t bit = 1U << pair;
	int err = 0;

	for (uint32_t slot = 0; slot < CONTRACT_SLOTS && !err; slot++) {
		if (dp->forms[slot].native & bit)
			err = copy_add(
				dp, map, CONTRACT_COPY_NATIVE | slot, dp->ports[slot].is.ifindex);
		if (!err && dp->forms[slot].trill & bit)
			err = copy_add(
				dp, map, CONTRACT_COPY_TRILL | slot, dp->ports[slot].is.ifindex);
	}
	return err;
}

static int spare_fill(struct trill_datapath *dp, uint32_t place)
{
	unsigned int data = used_of(dp, place, 0) ^ 1;
	unsigned int messages = used_of(dp, place, CONTRACT_TREE_MESSAGES) ^ 1;
	unsigned int pair = 2 * place + (data & 1);
	int err;

	if (dp->trees[place].resting)
		datapath_grace(dp);
	map_clear(dp->fds[TRILL_FD_TREE + data]);
	map_clear(dp->fds[TRILL_FD_TREE + messages]);
	err = forms_write(dp, pair);
	if (!err)
		err = map_fill(dp, data, pair);
	if (!err)
		err = map_fill(dp, messages, pair);
	if (!err && dp->config.cpu_ifindex)
		err = copy_add(dp, messages, CONTRACT_COPY_CPU, dp->config.cpu_ifindex);
	return err;
}

/* These trees (a bit each) use what was filled, all at once. */
static int spares_use(struct trill_datapath *dp, uint64_t trees)
{
	uint32_t zero = 0;
	int err;

	dp->settings.second ^= trees;
	err = datapath_put(dp, TRILL_FD_SETTINGS, &zero, &dp->settings);
	if (err) {
		dp->settings.second ^= trees;
		return err;
	}
	for (uint32_t place = 0; place < CONTRACT_TREES; place++)
		dp->trees[place].resting |= trees >> place & 1;
	dp->resting = true;
	return 0;
}

static int tree_switch(struct trill_datapath *dp, uint32_t place)
{
	int err = spare_fill(dp, place);

	return err ? err : spares_use(dp, 1ULL << place);
}

static bool is_in_use(const struct trill_datapath *dp, uint32_t place)
{
	return place == CONTRACT_TREE_LOCAL || dp->trees[place].used;
}

int datapath_trees_port(struct trill_datapath *dp)
{
	uint64_t filled = 0;
	int err = 0;

	for (uint32_t place = 0; place < CONTRACT_TREES && !err; place++) {
		if (!is_in_use(dp, place))
			continue;
		err = spare_fill(dp, place);
		filled |= 1ULL << place;
	}
	return err ? err : spares_use(dp, filled);
}

/* From the maps that are in use: a frame finds the port there, or does not, and is lost or not sent
 * where no port is. */
void datapath_trees_leave(struct trill_datapath *dp, uint32_t slot)
{
	const uint32_t keys[] = {CONTRACT_COPY_TRILL | slot, CONTRACT_COPY_NATIVE | slot};

	for (uint32_t place = 0; place < CONTRACT_TREES; place++) {
		unsigned int data = used_of(dp, place, 0);
		unsigned int messages = used_of(dp, place, CONTRACT_TREE_MESSAGES);

		dp->trees[place].ports[slot] = false;
		for (unsigned int i = 0; is_in_use(dp, place) && i < 2; i++) {
			datapath_del(dp, TRILL_FD_TREE + data, &keys[i]);
			datapath_del(dp, TRILL_FD_TREE + messages, &keys[i]);
		}
	}
}

/* The kernel waits so that who changes a map of maps knows that the map before is not used any
 * more; that it is the same map as before is all one to it. */
void datapath_grace(struct trill_datapath *dp)
{
	uint32_t place = used_of(dp, CONTRACT_TREE_LOCAL, 0);

	if (datapath_put(dp, TRILL_FD_TREES, &place, &dp->fds[TRILL_FD_TREE + place]))
		return;
	dp->resting = false;
	for (uint32_t i = 0; i < CONTRACT_TREES; i++)
		dp->trees[i].resting = false;
	datapath_paths_rested(dp);
	datapath_ports_rested(dp);
}

static int root_write(struct trill_datapath *dp, uint16_t root, unsigned int number,
	const struct tables_tree *tree)
{
	struct contract_nickname n = dp->nicknames[root];

	n.tree = tree ? (uint8_t)number : 0;
	n.tree_hops = tree ? tree->hops : 0;
	return datapath_nickname_write(dp, root, n);
}

static int prune_port(
	const struct trill_datapath *dp, unsigned int number, const struct tables_tree_port *p)
{
	struct contract_label_set value = {{0}};
	uint32_t key = (uint32_t)datapath_slot(dp, p->ifindex) * CONTRACT_TREES + number;

	if (p->pruned)
		memcpy(&value, p->pruned, sizeof(value));
	return datapath_put(dp, TRILL_FD_PRUNED, &key, &value);
}

/* The ports of @tree, as slots, into @ports; -ENOENT of one that is none. */
static int tree_ports(
	const struct trill_datapath *dp, const struct tables_tree *tree, bool ports[CONTRACT_SLOTS])
{
	for (size_t i = 0; i < tree->port_count; i++) {
		int slot = datapath_slot(dp, tree->ports[i].ifindex);

		if (slot < 0)
			return slot;
		ports[slot] = true;
	}
	return 0;
}

static int tree_take(struct trill_datapath *dp, unsigned int number)
{
	struct datapath_tree *is = &dp->trees[number];
	int err;

	if (!is->used)
		return -ENOENT;
	err = root_write(dp, is->root, number, NULL);
	is->used = false;
	memset(is->ports, 0, sizeof(is->ports));
	return err ? err : tree_switch(dp, number);
}

int datapath_tree_set(struct trill_tables *t, unsigned int number, const struct tables_tree *tree)
{
	struct trill_datapath *dp = (struct trill_datapath *)t;
	bool ports[CONTRACT_SLOTS] = {false};
	struct datapath_tree *is;
	uint16_t before;
	int err;

	if (!number || number >= CONTRACT_TREES || (tree && !nickname_usable(tree->root)))
		return -EINVAL;
	if (!tree)
		return tree_take(dp, number);
	err = tree_ports(dp, tree, ports);
	if (err)
		return err;
	is = &dp->trees[number];
	before = is->used ? is->root : tree->root;
	memcpy(is->ports, ports, sizeof(ports));
	is->used = true;
	is->root = tree->root;
	for (size_t i = 0; i < tree->port_count && !err; i++)
		err = prune_port(dp, number, &tree->ports[i]);
	if (!err)
		err = tree_switch(dp, number);
	if (!err)
		err = root_write(dp, tree->root, number, tree);
	if (!err && before != tree->root && dp->nicknames[before].tree == number)
		err = root_write(dp, before, number, NULL);
	return err;
}

int datapath_rpf_set(struct trill_tables *t, const struct tables_rpf *rpf)
{
	const struct trill_datapath *dp = (const struct trill_datapath *)t;
	struct contract_rpf_key key = {.tree = rpf->tree, .ingress = rpf->ingress};
	struct contract_rpf value = {.word = 0};
	int slot;

	if (!rpf->tree || rpf->tree >= CONTRACT_TREES || !nickname_usable(rpf->ingress))
		return -EINVAL;
	if (!rpf->ifindex)
		return datapath_del(dp, TRILL_FD_RPF, &key);
	slot = datapath_slot(dp, rpf->ifindex);
	if (slot < 0)
		return slot;
	value.slot = (uint16_t)slot;
	memcpy(value.mac, rpf->mac.bytes, sizeof(value.mac));
	return datapath_put(dp, TRILL_FD_RPF, &key, &value);
}
