/* See datapath_load.h. */
#include "trill/datapath_load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/if_link.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/net/bpf_log.h"
#include "trill/bpf/contract.h"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual" /* in what bpftool generates */
#include "trill/bpf/trill_xdp.skel.h"
#pragma GCC diagnostic pop

_Static_assert(TRILL_LOAD_TREES == CONTRACT_TREES && TRILL_LOAD_TREE_MAPS == CONTRACT_TREE_MAPS,
	"both halves know the same trees");

struct attached {
	struct attached *next;
	int ifindex, link;
};

struct trill_load {
	struct trill_xdp *skeleton;
	struct attached *attached;
	int trees[TRILL_LOAD_TREE_MAPS * TRILL_LOAD_TREES];
};

static uint32_t or_default(uint32_t n, uint32_t fallback)
{
	return n ? n : fallback;
}

static void set_sizes(struct trill_xdp *s, const struct trill_load_config *c)
{
	bpf_map__set_max_entries(s->maps.macs, or_default(c->stations_max, 131072));
	bpf_map__set_max_entries(s->maps.rpf, or_default(c->rpf_max, 16384));
	bpf_map__set_max_entries(s->maps.adjacencies, or_default(c->adjacencies_max, 1024));
	bpf_map__set_max_entries(s->maps.events, or_default(c->events_bytes, 1 << 20));
	bpf_map__set_max_entries(s->maps.pruned, CONTRACT_SLOTS * CONTRACT_TREES);
}

/* The maps of each tree are made here: who fills them later may not make any. */
static int make_trees(struct trill_load *l, uint32_t copies)
{
	int outer = bpf_map__fd(l->skeleton->maps.trees);

	for (uint32_t i = 0; i < TRILL_LOAD_TREE_MAPS * TRILL_LOAD_TREES; i++) {
		l->trees[i] = bpf_map_create(BPF_MAP_TYPE_DEVMAP_HASH, "tree", sizeof(uint32_t),
			sizeof(struct bpf_devmap_val), copies, NULL);
		if (l->trees[i] < 0)
			return l->trees[i];
		if (bpf_map_update_elem(outer, &i, &l->trees[i], BPF_ANY))
			return -errno;
	}
	return 0;
}

struct trill_load *trill_load_new(const struct trill_load_config *config, char *why, size_t size)
{
	struct trill_load *l = calloc(1, sizeof(*l));
	const char *what = "open";
	int err = ENOMEM;

	bpf_log_on_demand();
	if (l) {
		memset(l->trees, -1, sizeof(l->trees));
		l->skeleton = trill_xdp__open();
		err = errno;
	}
	if (l && l->skeleton) {
		set_sizes(l->skeleton, config);
		what = "load";
		err = -trill_xdp__load(l->skeleton);
		if (!err)
			err = -make_trees(l, or_default(config->copies_max, 64));
	}
	if (!err)
		return l;
	snprintf(why, size, "cannot %s the program: %s%s", what, strerror(err),
		err == EPERM ? "; it needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON, or root" : "");
	trill_load_free(l);
	return NULL;
}

static struct attached **find(struct trill_load *l, int ifindex)
{
	struct attached **p = &l->attached;

	while (*p && (*p)->ifindex != ifindex)
		p = &(*p)->next;
	return p;
}

static void release(struct attached **p)
{
	struct attached *a = *p;

	*p = a->next;
	close(a->link);
	free(a);
}

/* Links to interfaces that are not there any more, whose numbers may be used again. */
static void release_dead(struct trill_load *l)
{
	struct attached **p = &l->attached;

	while (*p) {
		struct bpf_link_info info = {.type = 0};
		uint32_t len = sizeof(info);

		if (!bpf_obj_get_info_by_fd((*p)->link, &info, &len) && !info.xdp.ifindex)
			release(p);
		else
			p = &(*p)->next;
	}
}

void trill_load_free(struct trill_load *l)
{
	if (!l)
		return;
	while (l->attached)
		release(&l->attached);
	for (size_t i = 0; i < TRILL_LOAD_TREE_MAPS * TRILL_LOAD_TREES; i++)
		if (l->trees[i] >= 0)
			close(l->trees[i]);
	trill_xdp__destroy(l->skeleton);
	free(l);
}

static const char *hint(int link)
{
	if (link == -EBUSY)
		return "; another XDP program is there (ip link shows it)";
	if (link == -EOPNOTSUPP)
		return "; the driver has no XDP of its own, and without it no frame can be sent "
		       "along a tree: want another interface";
	return "";
}

int trill_load_attach(struct trill_load *l, int ifindex, char *why, size_t size)
{
	/* Never the kernel's generic XDP: copies have no mark there (see contract_mark). */
	LIBBPF_OPTS(bpf_link_create_opts, native, .flags = XDP_FLAGS_DRV_MODE);
	struct attached *a;
	int link;

	release_dead(l);
	if (*find(l, ifindex))
		return 0;
	a = calloc(1, sizeof(*a));
	link = a ? bpf_link_create(bpf_program__fd(l->skeleton->progs.trill_port), ifindex, BPF_XDP,
			   &native)
		 : -ENOMEM;
	if (link < 0) {
		snprintf(why, size, "%s%s", strerror(-link), hint(link));
		free(a);
		return link;
	}
	*a = (struct attached){.next = l->attached, .ifindex = ifindex, .link = link};
	l->attached = a;
	return 0;
}

int trill_load_detach(struct trill_load *l, int ifindex)
{
	struct attached **p = find(l, ifindex);

	if (*p)
		release(p);
	return 0;
}

void trill_load_fds(const struct trill_load *l, int fds[TRILL_FD_COUNT])
{
	const struct trill_xdp *s = l->skeleton;

	fds[TRILL_FD_PORTS] = bpf_map__fd(s->maps.ports);
	fds[TRILL_FD_NEAR] = bpf_map__fd(s->maps.near);
	fds[TRILL_FD_NATIVES] = bpf_map__fd(s->maps.natives);
	fds[TRILL_FD_LABELS] = bpf_map__fd(s->maps.labels);
	fds[TRILL_FD_MAPPINGS] = bpf_map__fd(s->maps.mappings);
	fds[TRILL_FD_NICKNAMES] = bpf_map__fd(s->maps.nicknames);
	fds[TRILL_FD_GROUPS] = bpf_map__fd(s->maps.groups);
	fds[TRILL_FD_ADJACENCIES] = bpf_map__fd(s->maps.adjacencies);
	fds[TRILL_FD_NEAR_ADJACENCIES] = bpf_map__fd(s->maps.near_adjacencies);
	fds[TRILL_FD_RPF] = bpf_map__fd(s->maps.rpf);
	fds[TRILL_FD_FORMS] = bpf_map__fd(s->maps.forms);
	fds[TRILL_FD_PRUNED] = bpf_map__fd(s->maps.pruned);
	fds[TRILL_FD_MACS] = bpf_map__fd(s->maps.macs);
	fds[TRILL_FD_CHANGES] = bpf_map__fd(s->maps.changes);
	fds[TRILL_FD_SETTINGS] = bpf_map__fd(s->maps.settings);
	fds[TRILL_FD_COUNTERS] = bpf_map__fd(s->maps.counters);
	fds[TRILL_FD_OUT] = bpf_map__fd(s->maps.out);
	fds[TRILL_FD_EVENTS] = bpf_map__fd(s->maps.events);
	fds[TRILL_FD_TREES] = bpf_map__fd(s->maps.trees);
	fds[TRILL_FD_LEAVE] = bpf_program__fd(s->progs.leave);
	memcpy(&fds[TRILL_FD_TREE], l->trees, sizeof(l->trees));
}

int trill_load_program_fd(const struct trill_load *l, const char *name)
{
	const struct bpf_program *p = bpf_object__find_program_by_name(l->skeleton->obj, name);

	return p ? bpf_program__fd(p) : -ENOENT;
}
