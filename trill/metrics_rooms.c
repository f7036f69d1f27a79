/* Counters of OAM and of ARP and ND, each verdict one; what there is of adjacencies, bonds and end
 * stations, and how often it changed (see metrics.h). */
#include <stdlib.h>

#include "lib/service/metrics.h"
#include "trill/core/arp_proxy.h"
#include "trill/metrics.h"
#include "trill/shell.h"

enum count {
	COUNT_ADJACENCIES_LOST,
	COUNT_BFD_LOST,
	COUNT_DRB,
	COUNT_CONFLICTS_LOST,
	COUNT_CONFLICTS_KEPT,
	COUNT_SAME_ID_HELLOS,
	COUNT_SAME_ID_LSPS,
	COUNT_FLUSHES_SENT,
	COUNT_FLUSHES_DONE,
	COUNT_STATIONS,
	COUNT_ANNOUNCED,
	COUNTS,
};

static const struct metric counts[COUNTS] = {
	[COUNT_ADJACENCIES_LOST] = {.name = "sunward_trill_adjacencies_lost_total",
		.help = "Neighbours that left the topology"},
	[COUNT_BFD_LOST] = {.name = "sunward_trill_bfd_lost_total",
		.help = "BFD sessions that went down"},
	[COUNT_DRB] = {.name = "sunward_trill_drb_changes_total",
		.help = "Times that this RBridge became Designated RBridge of a link, or ceased to be"},
	[COUNT_CONFLICTS_LOST] = {.name = "sunward_trill_nickname_conflicts_total",
		.help = "Nicknames of ours that others claimed, by who has it",
		.label = "outcome",
		.value = "lost"},
	[COUNT_CONFLICTS_KEPT] = {.name = "sunward_trill_nickname_conflicts_total",
		.help = "",
		.label = "outcome",
		.value = "kept"},
	[COUNT_SAME_ID_HELLOS] = {.name = "sunward_trill_duplicate_system_id_total",
		.help = "PDUs of another RBridge with our system ID",
		.label = "pdu",
		.value = "hello"},
	[COUNT_SAME_ID_LSPS] = {.name = "sunward_trill_duplicate_system_id_total",
		.help = "",
		.label = "pdu",
		.value = "lsp"},
	[COUNT_FLUSHES_SENT] = {.name = "sunward_trill_flushes_total",
		.help = "Address Flushes",
		.label = "direction",
		.value = "sent"},
	[COUNT_FLUSHES_DONE] = {.name = "sunward_trill_flushes_total",
		.help = "",
		.label = "direction",
		.value = "received"},
	[COUNT_STATIONS] = {.name = "sunward_trill_stations",
		.help = "End stations whose place is known",
		.type = METRIC_GAUGE},
	[COUNT_ANNOUNCED] = {.name = "sunward_trill_esadi_announced",
		.help = "End stations of ours that ESADI tells of, in all its labels",
		.type = METRIC_GAUGE},
};

struct trill_metrics_rooms {
	struct trill_shell *shell;
	struct metric adjacencies[ADJACENCY_STATES - 1]; /* but for Down */
	struct metric lags[ACTIVE_ACTIVE_STATES];
	struct metric oam[OAM_VERDICTS], held_back[OAM_LIMITS], arp[ARP_PROXY_VERDICTS];
};

static void read_oam(void *arg, uint64_t *values)
{
	const struct trill_metrics_rooms *r = arg;

	for (unsigned int i = 0; i < OAM_VERDICTS; i++)
		values[i] = rbridge_oam(r->shell->rb)->received[i];
}

static void read_held_back(void *arg, uint64_t *values)
{
	const struct trill_metrics_rooms *r = arg;

	for (unsigned int i = 0; i < OAM_LIMITS; i++)
		values[i] = rbridge_oam(r->shell->rb)->held_back[i];
}

static void read_arp(void *arg, uint64_t *values)
{
	const struct trill_metrics_rooms *r = arg;
	const struct arp_proxy *p = rbridge_arp(r->shell->rb);

	for (unsigned int i = 0; i < ARP_PROXY_VERDICTS; i++)
		values[i] = arp_proxy_count(p, (enum arp_proxy_verdict)i);
}

static void read_lags(void *arg, uint64_t *values)
{
	const struct trill_metrics_rooms *r = arg;
	const struct active_active *a = rbridge_active_active(r->shell->rb);

	for (unsigned int i = 0; i < a->count; i++)
		values[a->laalps[i].state]++;
}

static void read_adjacencies(void *arg, uint64_t *values)
{
	const struct trill_metrics_rooms *r = arg;

	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++) {
		const struct adjacency_table *t = rbridge_adjacencies(r->shell->rb, i);

		for (unsigned int k = 0; t && k < t->count; k++)
			values[t->rows[k].state - ADJACENCY_DETECT]++;
	}
}

static void read_counts(void *arg, uint64_t *values)
{
	const struct trill_metrics_rooms *r = arg;
	struct rbridge *rb = r->shell->rb;
	const struct esadi *e;

	values[COUNT_ADJACENCIES_LOST] = r->shell->adjacencies_lost;
	values[COUNT_DRB] = r->shell->drb_changes;
	values[COUNT_CONFLICTS_LOST] = rbridge_nicknames(rb)->conflicts_lost;
	values[COUNT_CONFLICTS_KEPT] = rbridge_nicknames(rb)->conflicts_kept;
	values[COUNT_SAME_ID_HELLOS] = rbridge_same_id(rb)->hellos;
	values[COUNT_SAME_ID_LSPS] = rbridge_same_id(rb)->lsps;
	values[COUNT_FLUSHES_SENT] = rbridge_flushes(rb)->sent;
	values[COUNT_FLUSHES_DONE] = rbridge_flushes(rb)->done;
	values[COUNT_STATIONS] = mac_table_count(rbridge_stations(rb));
	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++)
		if (rbridge_counters(rb, i))
			values[COUNT_BFD_LOST] += rbridge_counters(rb, i)->bfd_lost;
	for (uint16_t n = 1; n && (e = rbridge_esadi(rb, &n)); n++)
		values[COUNT_ANNOUNCED] += esadi_announced(e);
}

static struct metric row(const char *name, const char *help, const char *label, const char *value)
{
	return (struct metric){.name = name, .help = help, .label = label, .value = value};
}

struct trill_metrics_rooms *trill_metrics_rooms_new(struct metrics *m, struct trill_shell *s)
{
	struct trill_metrics_rooms *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->shell = s;
	for (unsigned int i = 0; i < OAM_VERDICTS; i++)
		r->oam[i] = row("sunward_trill_oam_total",
			"OAM messages that came in, by what became of them", "verdict",
			oam_verdict_name((enum oam_verdict)i));
	for (unsigned int i = 0; i < OAM_LIMITS; i++)
		r->held_back[i] = row("sunward_trill_oam_held_back_total",
			"OAM messages that were not answered: there were too many of the kind",
			"kind", oam_limited_name((enum oam_limited)i));
	for (unsigned int i = 0; i < ARP_PROXY_VERDICTS; i++)
		r->arp[i] = row("sunward_trill_arp_total",
			"ARP and ND of end stations that came up, by what became of them",
			"verdict", arp_proxy_verdict_name((enum arp_proxy_verdict)i));
	for (unsigned int i = ADJACENCY_DETECT; i < ADJACENCY_STATES; i++) {
		struct metric *gauge = &r->adjacencies[i - ADJACENCY_DETECT];

		*gauge = row("sunward_trill_adjacencies",
			"Neighbours, by the state of their adjacency; those in report are in the "
			"topology",
			"state", adjacency_state_name((enum adjacency_state)i));
		gauge->type = METRIC_GAUGE;
	}
	for (unsigned int i = 0; i < ACTIVE_ACTIVE_STATES; i++) {
		r->lags[i] = row("sunward_trill_lags",
			"Bonds whose links go to other RBridges, too, by how they are served",
			"state", active_active_state_name((enum active_active_state)i));
		r->lags[i].type = METRIC_GAUGE;
	}
	if (metrics_add_source(m, r->adjacencies, ADJACENCY_STATES - 1, read_adjacencies, r) &&
		metrics_add_source(m, counts, COUNTS, read_counts, r) &&
		metrics_add_source(m, r->lags, ACTIVE_ACTIVE_STATES, read_lags, r) &&
		metrics_add_source(m, r->oam, OAM_VERDICTS, read_oam, r) &&
		metrics_add_source(m, r->held_back, OAM_LIMITS, read_held_back, r) &&
		metrics_add_source(m, r->arp, ARP_PROXY_VERDICTS, read_arp, r))
		return r;
	free(r);
	return NULL;
}

void trill_metrics_rooms_free(struct trill_metrics_rooms *r)
{
	free(r);
}
