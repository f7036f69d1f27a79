/* See tail_load.h. */
#include "vmmobility/tail_load.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/net/bpf_log.h"
#include "lib/net/link_stats.h"
#include "lib/net/tc_program.h"
#include "vmmobility/bpf/contract.h"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual" /* in what bpftool generates */
#include "vmmobility/bpf/port.skel.h"
#pragma GCC diagnostic pop

#define FILTER_PRIORITY 4342
#define LINK_NONE       -2
#define LINK_FILTER     -1

struct tail_load {
	struct port *bpf;
	int ifindex;
	int link; /* or LINK_NONE, LINK_FILTER */
	uint64_t taken;
};

static struct tc_place place(const struct tail_load *t)
{
	return (struct tc_place){t->ifindex, TC_SIDE_EGRESS, FILTER_PRIORITY};
}

static bool attach(struct tail_load *t)
{
	int program = bpf_program__fd(t->bpf->progs.port_copy);
	struct tc_place at = place(t);
	int rc = tc_program_link(&at, program);

	if (rc >= 0) {
		t->link = rc;
		return true;
	}
	if (rc == -EINVAL) {
		rc = tc_program_filter(&at, program);
		if (!rc)
			t->link = LINK_FILTER;
	}
	errno = -rc;
	return rc == 0;
}

/* Whether GSO packets are cut up before they come to the tap. */
static bool cuts(int ifindex)
{
	struct ethtool_value tso = {.cmd = ETHTOOL_GTSO};
	struct ifreq r = {.ifr_data = (void *)&tso};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool asked = fd >= 0 && if_indextoname((unsigned int)ifindex, r.ifr_name) &&
		     !ioctl(fd, SIOCETHTOOL, &r);

	if (fd >= 0)
		close(fd);
	return asked && !tso.data;
}

static int tell_cuts(const struct tail_load *t)
{
	struct port_state state = {.cuts = cuts(t->ifindex)};
	uint32_t zero = 0;

	return bpf_map_update_elem(bpf_map__fd(t->bpf->maps.state), &zero, &state, BPF_ANY);
}

static int complain(char *why, size_t size, const char *failed)
{
	int err = errno;

	snprintf(why, size, "%s: %s", failed, strerror(err));
	errno = err;
	return -err;
}

struct tail_load *tail_load_new(char *why, size_t size)
{
	struct tail_load *t = calloc(1, sizeof(*t));

	if (!t) {
		complain(why, size, "out of memory");
		return NULL;
	}
	t->link = LINK_NONE;
	bpf_log_on_demand();
	t->bpf = port__open_and_load();
	if (t->bpf)
		return t;
	complain(why, size, "cannot load the program of a tap");
	free(t);
	return NULL;
}

int tail_load_attach(struct tail_load *t, int ifindex, char *why, size_t size)
{
	struct link_stats stats;

	t->ifindex = ifindex;
	if (tell_cuts(t))
		return complain(why, size, "cannot write into the maps of the program of a tap");
	errno = -link_stats_get(t->ifindex, &stats);
	if (errno)
		return complain(why, size, "cannot read what the tap has counted");
	t->taken = stats.tx_packets + stats.tx_dropped;
	if (!attach(t))
		return complain(why, size, "cannot attach to the tap");
	return 0;
}

void tail_load_free(struct tail_load *t)
{
	struct tc_place at;

	if (!t)
		return;
	at = place(t);
	if (t->link >= 0)
		close(t->link);
	else if (t->link == LINK_FILTER)
		tc_program_unfilter(&at);
	port__destroy(t->bpf);
	free(t);
}

int tail_load_map(const struct tail_load *t, enum tail_map which)
{
	switch (which) {
	case TAIL_MAP_PACKETS:
		return bpf_map__fd(t->bpf->maps.packets);
	case TAIL_MAP_CHUNKS:
		return bpf_map__fd(t->bpf->maps.chunks);
	case TAIL_MAP_STATE:
		return bpf_map__fd(t->bpf->maps.state);
	case TAIL_MAPS:
		break;
	}
	return -1;
}

uint64_t tail_load_taken(const struct tail_load *t)
{
	return t->taken;
}
