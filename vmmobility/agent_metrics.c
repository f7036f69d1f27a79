/* See agent_metrics.h. */
#include "vmmobility/agent_metrics.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/service/metrics.h"
#include "vmmobility/agent.h"

struct agent_metrics {
	struct agent *agent;
	char names[VM_COUNTER_COUNT][64];
	struct metric core[VM_COUNTER_COUNT];
	struct metric sent[UDP_SEND_RESULTS];
	struct metric guests[HANDOVER_GONE + 1];
};

static void read_core(void *arg, uint64_t *values)
{
	const struct agent_metrics *am = arg;

	for (unsigned int i = 0; i < VM_COUNTER_COUNT; i++)
		values[i] = am->agent->env.counters[i];
}

static void read_sent(void *arg, uint64_t *values)
{
	const struct agent_metrics *am = arg;

	for (unsigned int i = 0; i < UDP_SEND_RESULTS; i++)
		values[i] = am->agent->sent[i];
}

static void read_guests(void *arg, uint64_t *values)
{
	const struct agent_metrics *am = arg;

	for (const struct guest *g = guests_first(am->agent->guests); g; g = g->next)
		values[g->report.content.state]++;
}

static void name_all(struct agent_metrics *am)
{
	for (unsigned int i = 0; i < VM_COUNTER_COUNT; i++) {
		snprintf(am->names[i], sizeof(am->names[i]), "sunward_%s_total",
			vm_counter_info[i].name);
		am->core[i] =
			(struct metric){.name = am->names[i], .help = vm_counter_info[i].help};
	}
	for (unsigned int i = 0; i < UDP_SEND_RESULTS; i++)
		am->sent[i] = (struct metric){.name = "sunward_vmagent_datagrams_total",
			.help = "Datagrams handed to the kernel, by result",
			.label = "result",
			.value = udp_send_result_name(i)};
	for (unsigned int i = 0; i <= HANDOVER_GONE; i++)
		am->guests[i] = (struct metric){.name = "sunward_vmagent_guests",
			.help = "Guests, by state",
			.label = "state",
			.value = guest_state_name((uint8_t)i),
			.type = METRIC_GAUGE};
}

struct agent_metrics *agent_metrics_new(struct metrics *m, struct agent *a)
{
	struct agent_metrics *am = calloc(1, sizeof(*am));

	if (!am)
		return NULL;
	am->agent = a;
	name_all(am);
	if (metrics_add_source(m, am->core, VM_COUNTER_COUNT, read_core, am) &&
		metrics_add_source(m, am->sent, UDP_SEND_RESULTS, read_sent, am) &&
		metrics_add_source(m, am->guests, HANDOVER_GONE + 1, read_guests, am))
		return am;
	free(am);
	return NULL;
}

void agent_metrics_free(struct agent_metrics *am)
{
	free(am);
}
