/* See datapath.h. */
#include "trill/datapath.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/net/bpf_counters.h"
#include "trill/datapath_internal.h"

#define AGE_S 300

int datapath_put(
	const struct trill_datapath *dp, enum trill_fd map, const void *key, const void *value)
{
	if (bpf_map_update_elem(dp->fds[map], key, value, BPF_ANY))
		return errno == E2BIG ? -ENOSPC : -errno;
	return 0;
}

int datapath_del(const struct trill_datapath *dp, enum trill_fd map, const void *key)
{
	return bpf_map_delete_elem(dp->fds[map], key) ? -errno : 0;
}

static void snooped(const struct trill_datapath *dp, const struct contract_snooped *e)
{
	if (dp->config.heard && e->slot < CONTRACT_SLOTS && dp->ports[e->slot].used &&
		e->len <= sizeof(e->frame))
		dp->config.heard(
			dp->config.arg, dp->ports[e->slot].is.ifindex, e->vlan, e->frame, e->len);
}

static int on_event(void *arg, void *data, size_t len)
{
	struct trill_datapath *dp = arg;

	if (len >= sizeof(struct contract_snooped) && *(const uint8_t *)data == CONTRACT_SNOOPED)
		snooped(dp, data);
	else if (len >= sizeof(struct contract_event))
		datapath_station_event(dp, data);
	/* This one is taken; what is left stays for the next turn. */
	return ++dp->polled < DATAPATH_EVENTS ? 0 : -EAGAIN;
}

static const struct trill_tables tables = {
	.port_set = datapath_port_set,
	.port_del = datapath_port_del,
	.forwarder_set = datapath_forwarder_set,
	.label_set = datapath_label_set,
	.mapping_set = datapath_mapping_set,
	.adjacency_set = datapath_adjacency_set,
	.adjacency_del = datapath_adjacency_del,
	.path_set = datapath_path_set,
	.rpf_set = datapath_rpf_set,
	.tree_set = datapath_tree_set,
	.self_set = datapath_self_set,
	.station_set = datapath_station_set,
	.station_del = datapath_station_del,
	.station_flush = datapath_station_flush,
	.station_hasten = datapath_station_hasten,
};

struct trill_datapath *trill_datapath_new(
	const struct trill_datapath_config *config, const int fds[TRILL_FD_COUNT])
{
	struct trill_datapath *dp = calloc(1, sizeof(*dp));
	int err;

	if (!dp)
		return NULL;
	dp->tables = tables;
	dp->config = *config;
	if (!dp->config.age_s)
		dp->config.age_s = AGE_S;
	memcpy(dp->fds, fds, sizeof(dp->fds));
	dp->settings.daemon = config->cpu_ifindex;
	dp->ring = ring_buffer__new(fds[TRILL_FD_EVENTS], on_event, dp, NULL);
	err = dp->ring ? datapath_trees_port(dp) : -errno;
	if (!err)
		return dp;
	trill_datapath_free(dp);
	errno = -err;
	return NULL;
}

void trill_datapath_free(struct trill_datapath *dp)
{
	if (!dp)
		return;
	ring_buffer__free(dp->ring);
	for (unsigned int slot = 0; slot < CONTRACT_SLOTS; slot++)
		free(dp->ports[slot].mapped);
	free(dp);
}

struct trill_tables *trill_datapath_tables(struct trill_datapath *dp)
{
	return &dp->tables;
}

int trill_datapath_fd(const struct trill_datapath *dp)
{
	return ring_buffer__epoll_fd(dp->ring);
}

int trill_datapath_poll(struct trill_datapath *dp)
{
	int n;

	dp->polled = 0;
	n = ring_buffer__consume(dp->ring);
	return n < 0 && n != -EAGAIN ? n : dp->polled;
}

uint32_t trill_datapath_origin(const struct trill_datapath *dp, uint8_t *frame, size_t len)
{
	struct contract_origin origin;

	if (len < sizeof(origin))
		return 0;
	memcpy(&origin, frame, sizeof(origin));
	memcpy(frame, mac_all_rbridges.bytes, MAC_LEN);
	if (origin.slot >= CONTRACT_SLOTS || !dp->ports[origin.slot].used)
		return 0;
	return dp->ports[origin.slot].is.ifindex;
}

static const char *const counters[] = {
#define COUNTER(id, name, help) name,
	CONTRACT_COUNTERS(COUNTER)
#undef COUNTER
};

unsigned int trill_datapath_counter_count(void)
{
	return sizeof(counters) / sizeof(*counters);
}

const char *trill_datapath_counter_name(unsigned int i)
{
	return i < trill_datapath_counter_count() ? counters[i] : NULL;
}

int trill_datapath_counters(const struct trill_datapath *dp, uint64_t *values)
{
	return bpf_counters_sum(dp->fds[TRILL_FD_COUNTERS], CONTRACT_CNT_COUNT, values);
}
