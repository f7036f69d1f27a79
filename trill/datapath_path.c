/* datapath_path: nicknames and the next hops towards them.
 *
 * Next hops are kept as groups that nicknames share. A group is written while no nickname names it,
 * and a nickname is one word, so that a program sees the old or the new next hops and never parts
 * of both. */
#include <errno.h>
#include <string.h>

#include "trill/datapath_internal.h"

int datapath_nickname_write(
	struct trill_datapath *dp, uint16_t nickname, struct contract_nickname n)
{
	uint32_t key = nickname;
	int err = 0;

	if (dp->nicknames[nickname].word != n.word)
		err = datapath_put(dp, TRILL_FD_NICKNAMES, &key, &n);
	if (!err)
		dp->nicknames[nickname] = n;
	return err;
}

static uint16_t hop_flags(const struct datapath_port *port)
{
	return port->is.no_fgl ? CONTRACT_PORT_NO_FGL : 0;
}

static int hop_make(
	const struct trill_datapath *dp, const struct tables_hop *from, struct contract_hop *h)
{
	int slot = datapath_slot(dp, from->ifindex);

	if (slot < 0)
		return slot;
	*h = (struct contract_hop){.slot = (uint16_t)slot,
		.mtu = dp->ports[slot].is.mtu,
		.tci = dp->ports[slot].is.outer,
		.flags = hop_flags(&dp->ports[slot])};
	memcpy(h->to, from->mac.bytes, sizeof(h->to));
	memcpy(h->from, dp->ports[slot].is.mac.bytes, sizeof(h->from));
	return 0;
}

static int group_make(
	const struct trill_datapath *dp, const struct tables_path *path, struct contract_group *g)
{
	memset(g, 0, sizeof(*g));
	for (; g->count < path->count && g->count < CONTRACT_HOPS; g->count++) {
		int err = hop_make(dp, &path->hop[g->count], &g->hops[g->count]);

		if (err)
			return err;
	}
	return 0;
}

/* Place 0 stands for no group. */
static int group_place(struct trill_datapath *dp)
{
	for (int round = 0; round < 2; round++) {
		for (int i = 1; i < CONTRACT_GROUPS; i++)
			if (dp->groups[i].state == GROUP_FREE)
				return i;
		datapath_grace(dp);
	}
	return -ENOSPC;
}

void datapath_paths_rested(struct trill_datapath *dp)
{
	for (int i = 1; i < CONTRACT_GROUPS; i++)
		if (dp->groups[i].state == GROUP_RESTING)
			dp->groups[i].state = GROUP_FREE;
}

/* The index of a group with these hops, with one user more; 0 of no hops; or -errno. */
static int group_take(struct trill_datapath *dp, const struct contract_group *is)
{
	uint32_t key;
	int i, err;

	if (!is->count)
		return 0;
	for (i = 1; i < CONTRACT_GROUPS; i++)
		if (dp->groups[i].state == GROUP_USED &&
			!memcmp(&dp->groups[i].is, is, sizeof(*is))) {
			dp->groups[i].users++;
			return i;
		}
	i = group_place(dp);
	if (i < 0)
		return i;
	key = (uint32_t)i;
	err = datapath_put(dp, TRILL_FD_GROUPS, &key, is);
	if (err)
		return err;
	dp->groups[i] = (struct datapath_group){.state = GROUP_USED, .users = 1, .is = *is};
	return i;
}

static void group_leave(struct trill_datapath *dp, unsigned int i)
{
	if (!i || --dp->groups[i].users)
		return;
	dp->groups[i].state = GROUP_RESTING;
	dp->resting = true;
}

int datapath_path_set(struct trill_tables *t, uint16_t nickname, const struct tables_path *path)
{
	struct trill_datapath *dp = (struct trill_datapath *)t;
	struct contract_nickname n = dp->nicknames[nickname];
	unsigned int before = n.group;
	struct contract_group is = {0};
	int group = 0, err;

	if (!nickname_usable(nickname) || (n.kind == CONTRACT_NICKNAME_OWN && !n.root))
		return -EINVAL;
	if (n.kind == CONTRACT_NICKNAME_OWN && !path)
		return 0; /* it has become ours, too, since it led to others */
	n.root = 0;
	err = path ? group_make(dp, path, &is) : 0;
	if (!err)
		group = group_take(dp, &is);
	if (err || group < 0)
		return err ? err : group;
	n.kind = path ? CONTRACT_NICKNAME_REMOTE : CONTRACT_NICKNAME_UNKNOWN;
	n.hops = path ? path->hops : 0;
	n.group = (uint16_t)group;
	err = datapath_nickname_write(dp, nickname, n);
	group_leave(dp, err ? (unsigned int)group : before);
	return err;
}

/* All that names the group @from names @to. */
static int group_replace(struct trill_datapath *dp, unsigned int from, unsigned int to)
{
	int err = 0;

	for (unsigned int i = 1; i <= NICKNAME_LAST && !err; i++) {
		struct contract_nickname n = dp->nicknames[i];

		if (n.kind != CONTRACT_NICKNAME_REMOTE || n.group != from)
			continue;
		n.group = (uint16_t)to;
		err = datapath_nickname_write(dp, (uint16_t)i, n);
		if (!err) {
			dp->groups[to].users++;
			group_leave(dp, from);
		}
	}
	return err;
}

/* @g as its port is now, or without its hops there. True: it has changed. */
static bool group_again(
	const struct trill_datapath *dp, struct contract_group *g, uint16_t slot, bool gone)
{
	struct contract_group is = {0};
	bool changed = false;

	for (unsigned int i = 0; i < g->count; i++) {
		struct contract_hop h = g->hops[i];

		if (h.slot == slot) {
			changed = true;
			if (gone)
				continue;
			h.mtu = dp->ports[slot].is.mtu;
			h.tci = dp->ports[slot].is.outer;
			h.flags = hop_flags(&dp->ports[slot]);
			memcpy(h.from, dp->ports[slot].is.mac.bytes, sizeof(h.from));
		}
		is.hops[is.count++] = h;
	}
	*g = is;
	return changed;
}

/* The settings are @is from now on, with these groups of an overloaded RBridge, which were taken
 * for that; if not, all is as it was, and they are left. */
static int settings_write(struct trill_datapath *dp, const struct contract_settings *is,
	unsigned int fallback, unsigned int oomf)
{
	unsigned int before = dp->settings.self.fallback, asked = dp->oomf_group;
	struct contract_settings next = *is;
	uint32_t zero = 0;
	int err;

	next.self.fallback = (uint16_t)fallback;
	if (next.self.overloaded)
		next.self.root = (uint16_t)oomf;
	err = datapath_put(dp, TRILL_FD_SETTINGS, &zero, &next);
	group_leave(dp, err ? fallback : before);
	group_leave(dp, err ? oomf : asked);
	if (err)
		return err;
	dp->settings = next;
	dp->oomf_group = (uint16_t)oomf;
	return 0;
}

/* Group @from is @to in the settings, too. */
static int settings_replace(struct trill_datapath *dp, unsigned int from, unsigned int to)
{
	unsigned int fallback =
		dp->settings.self.fallback == from ? to : dp->settings.self.fallback;
	unsigned int oomf = dp->oomf_group == from ? to : dp->oomf_group;

	if (dp->settings.self.fallback != from && dp->oomf_group != from)
		return 0;
	if (fallback)
		dp->groups[fallback].users++;
	if (oomf)
		dp->groups[oomf].users++;
	return settings_write(dp, &dp->settings, fallback, oomf);
}

int datapath_paths_port(struct trill_datapath *dp, uint16_t slot, bool gone)
{
	int err = 0;

	for (unsigned int i = 1; i < CONTRACT_GROUPS && !err; i++) {
		struct contract_group is = dp->groups[i].is;
		int to;

		if (dp->groups[i].state != GROUP_USED || !group_again(dp, &is, slot, gone))
			continue;
		to = group_take(dp, &is);
		if (to < 0)
			return to;
		if ((unsigned int)to == i) { /* nothing of it has changed */
			group_leave(dp, i);
			continue;
		}
		err = group_replace(dp, i, (unsigned int)to);
		if (!err)
			err = settings_replace(dp, i, (unsigned int)to);
		group_leave(dp, (unsigned int)to); /* taken for the time of this */
	}
	return err;
}

static bool is_own(const struct tables_self *self, uint16_t nickname)
{
	for (size_t i = 0; i < self->count; i++)
		if (self->nicknames[i] == nickname)
			return true;
	return false;
}

static int own_write(struct trill_datapath *dp, uint16_t nickname, uint16_t root)
{
	struct contract_nickname n = dp->nicknames[nickname];
	unsigned int before = n.group;
	int err;

	n.group = 0;
	n.kind = CONTRACT_NICKNAME_OWN;
	n.root = root;
	err = datapath_nickname_write(dp, nickname, n);
	if (!err)
		group_leave(dp, before);
	return err;
}

/* One that others had with us may lead to them by now. */
static int own_leave(struct trill_datapath *dp, uint16_t nickname)
{
	struct contract_nickname n = dp->nicknames[nickname];

	if (n.kind != CONTRACT_NICKNAME_OWN)
		return 0;
	n.kind = CONTRACT_NICKNAME_UNKNOWN;
	n.root = 0;
	return datapath_nickname_write(dp, nickname, n);
}

static int own_take(struct trill_datapath *dp, const struct tables_self *self)
{
	int err = 0;

	for (size_t i = 0; i < self->count && !err; i++)
		err = own_write(dp, self->nicknames[i], self->roots[i]);
	return err;
}

/* None of @self that was not ours before. */
static void own_give_back(struct trill_datapath *dp, const struct tables_self *self)
{
	for (size_t i = 0; i < self->count; i++)
		if (!is_own(&dp->self, self->nicknames[i]))
			own_leave(dp, self->nicknames[i]);
}

static void settings_of(const struct tables_self *self, struct contract_settings *s)
{
	s->self.nickname = self->ingress;
	s->self.root = self->root;
	s->self.overloaded = self->overloaded;
	s->fgl_root = self->fgl_root;
	s->hash_seed = self->hash_seed;
	s->asks = self->asks;
	memcpy(s->mac, self->mac.bytes, sizeof(s->mac));
	memset(s->anycast, 0xff, sizeof(s->anycast));
	for (unsigned int i = 0; i < self->anycast_count && i < CONTRACT_ANYCAST; i++)
		memcpy(s->anycast[i], self->anycast[i].bytes, MAC_LEN);
}

/* The groups for an overloaded RBridge's unicast and for what another distributes for it, each with
 * one user more. */
static int self_groups(
	struct trill_datapath *dp, const struct tables_self *self, int *fallback, int *oomf)
{
	struct contract_group to = {0}, by = {0};
	int err = group_make(dp, &self->fallback, &to);

	if (!err)
		err = group_make(dp, &self->oomf, &by);
	if (err)
		return err;
	*fallback = group_take(dp, &to);
	if (*fallback < 0)
		return *fallback;
	*oomf = group_take(dp, &by);
	if (*oomf < 0)
		group_leave(dp, (unsigned int)*fallback);
	return *oomf < 0 ? *oomf : 0;
}

/* New nicknames first, then what is sent under them; old ones at last. */
int datapath_self_set(struct trill_tables *t, const struct tables_self *self)
{
	struct trill_datapath *dp = (struct trill_datapath *)t;
	struct contract_settings next;
	int err, fallback, oomf;

	if (self->count > TABLES_OWN_MAX || (self->ingress && !is_own(self, self->ingress)))
		return -EINVAL;
	for (size_t i = 0; i < self->count; i++)
		if (!nickname_usable(self->nicknames[i]))
			return -EINVAL;
	err = self_groups(dp, self, &fallback, &oomf);
	if (err)
		return err;
	next = dp->settings;
	settings_of(self, &next);
	err = own_take(dp, self);
	if (err) {
		group_leave(dp, (unsigned int)fallback);
		group_leave(dp, (unsigned int)oomf);
	} else {
		err = settings_write(dp, &next, (unsigned int)fallback, (unsigned int)oomf);
	}
	if (err) {
		own_give_back(dp, self);
		return err;
	}
	for (size_t i = 0; i < dp->self.count && !err; i++)
		if (!is_own(self, dp->self.nicknames[i]))
			err = own_leave(dp, dp->self.nicknames[i]);
	if (!err)
		dp->self = *self;
	return err;
}
