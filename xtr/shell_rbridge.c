/* See shell_rbridge.h. */
#include "xtr/shell_rbridge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/station_teller.h"
#include "lib/service/metrics.h"
#include "xtr/rbridge.h"
#include "xtr/shell.h"

struct shell_rbridge {
	struct shell *shell;
	struct rbridge *rbridge; /* NULL: none is configured */
	struct metric heard[RBRIDGE_COUNTERS], told[STATION_TELLER_COUNTERS];
};

static void on_station(void *arg, const struct router_station *station)
{
	struct shell *s = ((struct shell_rbridge *)arg)->shell;

	router_station(s->router, station, mono_now(), s->out);
	shell_settle(s);
}

static void on_list_begin(void *arg)
{
	router_stations_begin(((struct shell_rbridge *)arg)->shell->router);
}

static void on_list_end(void *arg, bool counts)
{
	struct shell *s = ((struct shell_rbridge *)arg)->shell;

	router_stations_end(s->router, counts, mono_now(), s->out);
	shell_settle(s);
}

static int on_port(void *arg, const char *name, uint32_t iid)
{
	return ports_named(((struct shell_rbridge *)arg)->shell->ports, name, iid);
}

static bool on_ready(void *arg, int ifindex)
{
	return ports_ready(((struct shell_rbridge *)arg)->shell->ports, ifindex);
}

static void read_heard(void *arg, uint64_t *values)
{
	const struct shell_rbridge *sr = arg;

	memset(values, 0, RBRIDGE_COUNTERS * sizeof(*values));
	if (sr->rbridge)
		rbridge_counters(sr->rbridge, values);
}

static void read_told(void *arg, uint64_t *values)
{
	const struct shell_rbridge *sr = arg;

	memset(values, 0, STATION_TELLER_COUNTERS * sizeof(*values));
	if (sr->rbridge)
		memcpy(values, rbridge_told(sr->rbridge),
			STATION_TELLER_COUNTERS * sizeof(*values));
}

static bool add_metrics(struct shell_rbridge *sr, struct metrics *m)
{
	for (unsigned int i = 0; i < RBRIDGE_COUNTERS; i++)
		sr->heard[i] = (struct metric){.name = "sunward_xtr_rbridge_total",
			.help = "What came of listening to the RBridge; stands: 1 while it tells of end stations",
			.label = "what",
			.value = rbridge_names[i]};
	for (unsigned int i = 0; i < STATION_TELLER_COUNTERS; i++)
		sr->told[i] = (struct metric){.name = "sunward_xtr_rbridge_told_total",
			.help = "Machines that left the site, and that the gateway is here, told to the RBridge, by result",
			.label = "result",
			.value = station_teller_names[i]};
	return metrics_add_source(m, sr->heard, RBRIDGE_COUNTERS, read_heard, sr) &&
	       metrics_add_source(m, sr->told, STATION_TELLER_COUNTERS, read_told, sr);
}

struct shell_rbridge *shell_rbridge_new(struct shell *s)
{
	struct shell_rbridge *sr = calloc(1, sizeof(*sr));

	if (!sr)
		return NULL;
	sr->shell = s;
	if (add_metrics(sr, s->metrics))
		return sr;
	free(sr);
	return NULL;
}

void shell_rbridge_free(struct shell_rbridge *sr)
{
	if (!sr)
		return;
	rbridge_free(sr->rbridge);
	free(sr);
}

/* What another RBridge said, or of other VLANs, counts no more. */
static void forget(struct shell_rbridge *sr)
{
	rbridge_free(sr->rbridge);
	sr->rbridge = NULL;
	on_list_begin(sr);
	on_list_end(sr, true);
}

int shell_rbridge_configure(struct shell_rbridge *sr)
{
	const struct rbridge_ops ops = {.station = on_station,
		.list_begin = on_list_begin,
		.list_end = on_list_end,
		.port = on_port,
		.ready = on_ready,
		.arg = sr};
	struct shell *s = sr->shell;

	if (sr->rbridge && rbridge_is(sr->rbridge, &s->config->rbridge))
		return 0;
	if (sr->rbridge)
		forget(sr);
	if (!s->config->rbridge.socket)
		return 0;
	sr->rbridge = rbridge_new(daemon_base(s->daemon), &s->config->rbridge, &ops, s->log);
	return sr->rbridge ? 0 : -ENOMEM;
}

void shell_rbridge_port(struct shell_rbridge *sr, bool up)
{
	if (sr && sr->rbridge)
		rbridge_port(sr->rbridge, up);
}

void shell_rbridge_left(struct router_ops *ops, int ifindex, const uint8_t mac[6])
{
	struct shell_rbridge *sr = ((struct shell *)ops)->rbridge;

	if (sr && sr->rbridge)
		rbridge_left(sr->rbridge, ifindex, mac);
}
