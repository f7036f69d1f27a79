/* See shell_metrics.h. */
#include "xtr/shell_metrics.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/service/metrics.h"
#include "xtr/shell.h"

struct shell_metrics {
	struct shell *shell;
	char (*core_names)[80];
	struct metric *core, *datapath;
	struct metric sent[UDP_SEND_RESULTS];
};

static void read_core(void *arg, uint64_t *values)
{
	const struct shell_metrics *sm = arg;
	const uint64_t *counters = router_counters(sm->shell->router);

	for (unsigned int i = 0; i < XTR_COUNTER_COUNT; i++)
		values[i] = counters[i];
}

static void read_datapath(void *arg, uint64_t *values)
{
	const struct shell_metrics *sm = arg;

	if (datapath_bpf_counters(sm->shell->datapath, values))
		for (unsigned int i = 0; i < datapath_counter_count(); i++)
			values[i] = 0;
}

static void read_sent(void *arg, uint64_t *values)
{
	const struct shell_metrics *sm = arg;

	for (unsigned int i = 0; i < UDP_SEND_RESULTS; i++)
		values[i] = sm->shell->sent[i];
}

static void name_core(struct shell_metrics *sm)
{
	for (unsigned int i = 0; i < XTR_COUNTER_COUNT; i++) {
		snprintf(sm->core_names[i], sizeof(sm->core_names[i]), "sunward_%s_total",
			xtr_counter_info[i].name);
		sm->core[i] = (struct metric){
			.name = sm->core_names[i], .help = xtr_counter_info[i].help};
	}
}

static void name_datapath(struct shell_metrics *sm)
{
	for (unsigned int i = 0; i < datapath_counter_count(); i++)
		sm->datapath[i] = (struct metric){.name = "sunward_datapath_total",
			.help = "Packets and events of the data plane, by verdict",
			.label = "verdict",
			.value = datapath_counter_name(i)};
}

static void name_sent(struct shell_metrics *sm)
{
	for (unsigned int i = 0; i < UDP_SEND_RESULTS; i++)
		sm->sent[i] = (struct metric){.name = "sunward_xtr_datagrams_total",
			.help = "Control datagrams handed to the kernel, by result",
			.label = "result",
			.value = udp_send_result_name(i)};
}

struct shell_metrics *shell_metrics_new(struct metrics *m, struct shell *s)
{
	struct shell_metrics *sm = calloc(1, sizeof(*sm));

	if (!sm)
		return NULL;
	sm->shell = s;
	sm->core_names = calloc(XTR_COUNTER_COUNT, sizeof(*sm->core_names));
	sm->core = calloc(XTR_COUNTER_COUNT, sizeof(*sm->core));
	sm->datapath = calloc(datapath_counter_count(), sizeof(*sm->datapath));
	if (sm->core_names && sm->core && sm->datapath) {
		name_core(sm);
		name_datapath(sm);
		name_sent(sm);
		if (metrics_add_source(m, sm->core, XTR_COUNTER_COUNT, read_core, sm) &&
			metrics_add_source(
				m, sm->datapath, datapath_counter_count(), read_datapath, sm) &&
			metrics_add_source(m, sm->sent, UDP_SEND_RESULTS, read_sent, sm))
			return sm;
	}
	shell_metrics_free(sm);
	return NULL;
}

void shell_metrics_free(struct shell_metrics *sm)
{
	if (!sm)
		return;
	free(sm->core_names);
	free(sm->core);
	free(sm->datapath);
	free(sm);
}
