/* datapath_load: open and load the two skeletons over one set of maps, make the hold tap, attach
 * ports by link.
 *
 * See the header for what this half may do. A kernel that knows no TCX gets filters of clsact. With
 * a pin directory maps and links stay in it, and a restarted process swaps the program behind a
 * link, so that no packet finds the port bare. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/net/bpf_log.h"
#include "lib/net/tap.h"
#include "lib/net/tc_program.h"
#include "xtr/datapath_load.h"
#include "xtr/bpf/contract.h"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual" /* in what bpftool generates */
#include "xtr/bpf/xtr_tc.skel.h"
#include "xtr/bpf/xtr_xdp.skel.h"
#pragma GCC diagnostic pop

#define FILTER_PRIORITY 4341

struct attached {
	struct attached *next;
	int ifindex;
	enum datapath_role role;
	int tc_link;  /* -1: a clsact filter */
	int xdp_link; /* -1: none */
};

struct datapath_load {
	struct xtr_tc *tc;
	struct xtr_xdp *xdp;
	struct attached *ports;
	char pin_dir[200]; /* "": nothing is pinned */
	bool clsact;
	char tap_name[IFNAMSIZ];
	int tap_fd;
	int tap_link;
	int tap_ifindex;
	bool adopted;
};

static int fail(char *why, size_t size, int error, const char *format, ...)
{
	char what[160];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	snprintf(why, size, "%s: %s", what, strerror(error));
	return -error;
}

static uint32_t or_default(uint32_t n, uint32_t fallback)
{
	return n ? n : fallback;
}

static void set_sizes(struct datapath_load *dl, const struct datapath_load_config *c)
{
	uint32_t hosts = or_default(c->hosts_max, 1048576);
	uint32_t prefixes = or_default(c->prefixes_max, 65536);
	uint32_t dynamic = or_default(c->dynamic_max, 4096);

	bpf_map__set_max_entries(dl->tc->maps.hosts4, hosts);
	bpf_map__set_max_entries(dl->tc->maps.hosts6, hosts);
	bpf_map__set_max_entries(dl->tc->maps.prefixes4, prefixes);
	bpf_map__set_max_entries(dl->tc->maps.prefixes6, prefixes);
	bpf_map__set_max_entries(dl->tc->maps.dynamic4, dynamic);
	bpf_map__set_max_entries(dl->tc->maps.dynamic6, dynamic);
	bpf_map__set_max_entries(dl->tc->maps.locsets, or_default(c->locsets_max, 16384));
}

/* Pin what holds traffic together. The event ring is not pinned: a restarted process starts with an
 * empty one. */
static bool is_pinned(const struct bpf_map *map)
{
	const char *name = bpf_map__name(map);

	return !bpf_map__is_internal(map) && strcmp(name, "events") != 0 &&
	       strcmp(name, "recent") != 0;
}

static void pin_path(const struct datapath_load *dl, const char *name, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", dl->pin_dir, name);
}

static int set_pins(struct datapath_load *dl, struct bpf_object *object)
{
	struct bpf_map *map;
	char path[256];
	int rc;

	bpf_object__for_each_map(map, object)
	{
		if (!is_pinned(map))
			continue;
		pin_path(dl, bpf_map__name(map), path, sizeof(path));
		rc = bpf_map__set_pin_path(map, path);
		if (rc)
			return rc;
	}
	return 0;
}

static int load_tc(
	struct datapath_load *dl, const struct datapath_load_config *c, char *why, size_t size)
{
	char path[256];
	int rc;

	dl->tc = xtr_tc__open();
	if (!dl->tc)
		return fail(why, size, errno, "cannot open the tc program");
	set_sizes(dl, c);
	if (c->pin_dir) {
		snprintf(dl->pin_dir, sizeof(dl->pin_dir), "%s", c->pin_dir);
		if (mkdir(dl->pin_dir, 0700) && errno != EEXIST)
			return fail(
				why, size, errno, "cannot make the pin directory %s", c->pin_dir);
		pin_path(dl, "hosts4", path, sizeof(path));
		dl->adopted = access(path, F_OK) == 0;
		rc = set_pins(dl, dl->tc->obj);
		if (rc)
			return fail(why, size, -rc, "cannot pin into %s", c->pin_dir);
	}
	rc = xtr_tc__load(dl->tc);
	if (rc && c->pin_dir && rc == -EINVAL)
		return fail(why, size, -rc,
			"cannot load the tc program (are the maps in %s of other sizes?)",
			c->pin_dir);
	return rc ? fail(why, size, -rc, "cannot load the tc program (CAP_BPF, CAP_NET_ADMIN?)")
		  : 0;
}

/* Of the maps that only XDP has. A pinned DEVMAP_HASH is taken over by hand: the kernel adds a flag
 * to it that libbpf takes for another kind of map. */
static int pin_xdp_map(struct datapath_load *dl, struct bpf_map *map)
{
	char path[256];
	int fd, rc;

	pin_path(dl, bpf_map__name(map), path, sizeof(path));
	fd = bpf_obj_get(path);
	if (fd < 0)
		return bpf_map__set_pin_path(map, path);
	rc = bpf_map__reuse_fd(map, fd);
	close(fd);
	return rc;
}

/* The same maps under the same names. */
static int load_xdp(struct datapath_load *dl, char *why, size_t size)
{
	struct bpf_map *map, *shared;
	int rc;

	dl->xdp = xtr_xdp__open();
	if (!dl->xdp)
		return fail(why, size, errno, "cannot open the XDP program");
	bpf_object__for_each_map(map, dl->xdp->obj)
	{
		shared = bpf_object__find_map_by_name(dl->tc->obj, bpf_map__name(map));
		rc = 0;
		if (shared && !bpf_map__is_internal(map))
			rc = bpf_map__reuse_fd(map, bpf_map__fd(shared));
		else if (*dl->pin_dir && is_pinned(map))
			rc = pin_xdp_map(dl, map);
		if (rc)
			return fail(why, size, -rc, "cannot share map %s", bpf_map__name(map));
	}
	rc = xtr_xdp__load(dl->xdp);
	return rc ? fail(why, size, -rc, "cannot load the XDP program") : 0;
}

/* A link that a former process has pinned; -1 when there is none. */
static int pinned_link(const struct datapath_load *dl, const char *kind, int ifindex, int program)
{
	char path[256], name[32];
	int link;

	if (!*dl->pin_dir)
		return -1;
	snprintf(name, sizeof(name), "link_%s_%d", kind, ifindex);
	pin_path(dl, name, path, sizeof(path));
	link = bpf_obj_get(path);
	if (link < 0)
		return -1;
	if (!bpf_link_update(link, program, NULL))
		return link;
	close(link); /* its device has gone, or its programs were of the other role */
	unlink(path);
	return -1;
}

static void pin_link(const struct datapath_load *dl, const char *kind, int ifindex, int link)
{
	char path[256], name[32];

	if (!*dl->pin_dir)
		return;
	snprintf(name, sizeof(name), "link_%s_%d", kind, ifindex);
	pin_path(dl, name, path, sizeof(path));
	bpf_obj_pin(link, path);
}

static void unpin_link(const struct datapath_load *dl, const char *kind, int ifindex)
{
	char path[256], name[32];

	if (!*dl->pin_dir)
		return;
	snprintf(name, sizeof(name), "link_%s_%d", kind, ifindex);
	pin_path(dl, name, path, sizeof(path));
	unlink(path);
}

static struct tc_place place(int ifindex)
{
	return (struct tc_place){ifindex, TC_SIDE_INGRESS, FILTER_PRIORITY};
}

static int tcx_link(const struct datapath_load *dl, int ifindex, int program)
{
	struct tc_place at = place(ifindex);

	return dl->clsact ? -EINVAL /* as a kernel says that knows no TCX */
			  : tc_program_link(&at, program);
}

static int tc_filter(int ifindex, int program)
{
	struct tc_place at = place(ifindex);

	return tc_program_filter(&at, program);
}

/* Returns a link, -1 for a clsact filter, or another negative errno. */
static int attach_tc(struct datapath_load *dl, int ifindex, int program)
{
	int link = pinned_link(dl, "tc", ifindex, program), rc;

	if (link >= 0)
		return link;
	link = tcx_link(dl, ifindex, program);
	if (link >= 0) {
		pin_link(dl, "tc", ifindex, link);
		return link;
	}
	if (link != -EINVAL)
		return link == -EPERM ? -EACCES : link; /* -1 is spoken for */
	rc = tc_filter(ifindex, program);
	return rc ? rc : -1;
}

static int attach_xdp(struct datapath_load *dl, int ifindex, int program)
{
	uint32_t key = ifindex, value = ifindex;
	int link = pinned_link(dl, "xdp", ifindex, program);

	if (link < 0) {
		link = bpf_link_create(program, ifindex, BPF_XDP, NULL);
		if (link < 0)
			return link;
		pin_link(dl, "xdp", ifindex, link);
	}
	bpf_map_update_elem(bpf_map__fd(dl->xdp->maps.xdp_ports), &key, &value, BPF_ANY);
	return link;
}

static struct attached **find_port(struct datapath_load *dl, int ifindex)
{
	struct attached **p;

	for (p = &dl->ports; *p && (*p)->ifindex != ifindex; p = &(*p)->next)
		;
	return p;
}

int datapath_load_attach(struct datapath_load *dl, int ifindex, enum datapath_role role,
	enum datapath_mode mode, char *why, size_t why_size)
{
	struct attached *a = *find_port(dl, ifindex);
	bool core = role == DATAPATH_CORE;
	int rc;

	if (a && a->role == role && (a->xdp_link >= 0) == (mode == DATAPATH_XDP))
		return 0;
	if (a)
		datapath_load_detach(dl, ifindex);
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->ifindex = ifindex;
	a->role = role;
	a->xdp_link = -1;
	rc = attach_tc(dl, ifindex,
		bpf_program__fd(core ? dl->tc->progs.core_ingress : dl->tc->progs.site_ingress));
	if (rc < -1) {
		free(a);
		return fail(why, why_size, -rc, "cannot attach tc to port %d", ifindex);
	}
	a->tc_link = rc;
	a->next = dl->ports;
	dl->ports = a;
	if (mode != DATAPATH_XDP) {
		unpin_link(dl, "xdp", ifindex);
		return 0;
	}
	rc = attach_xdp(dl, ifindex,
		bpf_program__fd(core ? dl->xdp->progs.xdp_core : dl->xdp->progs.xdp_site));
	if (rc < 0) {
		datapath_load_detach(dl, ifindex);
		return fail(why, why_size, -rc, "cannot attach XDP to port %d", ifindex);
	}
	a->xdp_link = rc;
	return 0;
}

static void release_port(struct datapath_load *dl, struct attached *a, bool keep)
{
	struct tc_place at = place(a->ifindex);

	if (a->tc_link >= 0)
		close(a->tc_link);
	else if (!keep)
		tc_program_unfilter(&at);
	if (a->xdp_link >= 0)
		close(a->xdp_link);
	free(a);
}

int datapath_load_detach(struct datapath_load *dl, int ifindex)
{
	struct attached **p = find_port(dl, ifindex), *a = *p;
	uint32_t key = ifindex;

	if (!a)
		return 0;
	*p = a->next;
	bpf_map_delete_elem(bpf_map__fd(dl->xdp->maps.xdp_ports), &key);
	unpin_link(dl, "tc", ifindex);
	unpin_link(dl, "xdp", ifindex);
	release_port(dl, a, false);
	return 0;
}

static int make_tap(
	struct datapath_load *dl, const struct datapath_load_config *c, char *why, size_t size)
{
	const struct tap_options tap = {.name = c->tap_name ? c->tap_name : "swhold%d",
		.queue = or_default(c->tap_queue, 4096),
		.offloads = true};
	int program = bpf_program__fd(dl->tc->progs.tap_ingress), rc;

	rc = tap_open(&tap, dl->tap_name);
	if (rc < 0)
		return fail(why, size, -rc, "cannot make the hold tap");
	dl->tap_fd = rc;
	dl->tap_ifindex = if_nametoindex(dl->tap_name);
	dl->tap_link = tcx_link(dl, dl->tap_ifindex, program);
	if (dl->tap_link >= 0)
		return 0;
	rc = tc_filter(dl->tap_ifindex, program);
	return rc ? fail(why, size, -rc, "cannot attach to the hold tap %s", dl->tap_name) : 0;
}

struct datapath_load *datapath_load_new(
	const struct datapath_load_config *config, bool *adopted, char *why, size_t why_size)
{
	struct datapath_load *dl = calloc(1, sizeof(*dl));

	if (!dl) {
		fail(why, why_size, ENOMEM, "cannot load the data plane");
		return NULL;
	}
	dl->tap_fd = dl->tap_link = -1;
	dl->clsact = config->clsact;
	bpf_log_on_demand();
	if (load_tc(dl, config, why, why_size) || load_xdp(dl, why, why_size) ||
		make_tap(dl, config, why, why_size)) {
		datapath_load_free(dl);
		return NULL;
	}
	if (adopted)
		*adopted = dl->adopted;
	return dl;
}

void datapath_load_release(struct datapath_load *dl)
{
	while (!*dl->pin_dir && dl->ports)
		datapath_load_detach(dl, dl->ports->ifindex);
}

void datapath_load_free(struct datapath_load *dl)
{
	struct attached *a;

	if (!dl)
		return;
	while ((a = dl->ports)) {
		dl->ports = a->next;
		release_port(dl, a, *dl->pin_dir != '\0');
	}
	if (dl->tap_link >= 0)
		close(dl->tap_link);
	if (dl->tap_fd >= 0)
		close(dl->tap_fd);
	xtr_xdp__destroy(dl->xdp);
	xtr_tc__destroy(dl->tc);
	free(dl);
}

void datapath_load_fds(const struct datapath_load *dl, int fds[DATAPATH_FD_COUNT])
{
	fds[DATAPATH_FD_HOSTS4] = bpf_map__fd(dl->tc->maps.hosts4);
	fds[DATAPATH_FD_HOSTS6] = bpf_map__fd(dl->tc->maps.hosts6);
	fds[DATAPATH_FD_PREFIXES4] = bpf_map__fd(dl->tc->maps.prefixes4);
	fds[DATAPATH_FD_PREFIXES6] = bpf_map__fd(dl->tc->maps.prefixes6);
	fds[DATAPATH_FD_LOCSETS] = bpf_map__fd(dl->tc->maps.locsets);
	fds[DATAPATH_FD_PORTS] = bpf_map__fd(dl->tc->maps.ports);
	fds[DATAPATH_FD_INSTANCES] = bpf_map__fd(dl->tc->maps.instances);
	fds[DATAPATH_FD_RLOCS] = bpf_map__fd(dl->tc->maps.rlocs);
	fds[DATAPATH_FD_DYNAMIC4] = bpf_map__fd(dl->tc->maps.dynamic4);
	fds[DATAPATH_FD_DYNAMIC6] = bpf_map__fd(dl->tc->maps.dynamic6);
	fds[DATAPATH_FD_SETTINGS] = bpf_map__fd(dl->tc->maps.settings);
	fds[DATAPATH_FD_COUNTERS] = bpf_map__fd(dl->tc->maps.counters);
	fds[DATAPATH_FD_TAP_UP] = bpf_map__fd(dl->tc->maps.tap_up);
	fds[DATAPATH_FD_TAP_TAKEN] = bpf_map__fd(dl->tc->maps.tap_taken);
	fds[DATAPATH_FD_EVENTS] = bpf_map__fd(dl->tc->maps.events);
	fds[DATAPATH_FD_TAP] = dl->tap_fd;
}

const char *datapath_load_tap_name(const struct datapath_load *dl)
{
	return dl->tap_name;
}

int datapath_load_tap_ifindex(const struct datapath_load *dl)
{
	return dl->tap_ifindex;
}

int datapath_load_program_fd(const struct datapath_load *dl, const char *name)
{
	const struct bpf_program *program = bpf_object__find_program_by_name(dl->tc->obj, name);

	if (!program)
		program = bpf_object__find_program_by_name(dl->xdp->obj, name);
	return program ? bpf_program__fd(program) : -ENOENT;
}
