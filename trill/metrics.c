/* See metrics.h. */
#include "trill/metrics.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/service/metrics.h"
#include "trill/core/origin.h"
#include "trill/shell.h"

#define TYPES 32 /* of PDUs: 5 bits */

/* Frames that no room of the core took, by the reason, and those of ours that did not go out. */
static const struct reason {
	const char *name;
	size_t at; /* in the counters */
} reasons[] = {
	{"not-ours", offsetof(struct rbridge_counters, not_ours)},
	{"ethertype", offsetof(struct rbridge_counters, other)},
	{"not-adjacent", offsetof(struct rbridge_counters, not_adjacent)},
	{"neighbors-off", offsetof(struct rbridge_counters, unheard)},
	{"table-full", offsetof(struct rbridge_counters, refused)},
	{"flood", offsetof(struct rbridge_counters, flooded)},
	{"own", offsetof(struct rbridge_counters, own)},
	{"same-mac", offsetof(struct rbridge_counters, same_mac)},
	{"vlan", offsetof(struct rbridge_counters, vlan)},
	{"scope", offsetof(struct rbridge_counters, scope_unknown)},
	{"scope-refused", offsetof(struct rbridge_counters, scope_refused)},
	{"bfd", offsetof(struct rbridge_counters, bfd_discarded)},
	{"unwritten", offsetof(struct rbridge_counters, unwritten)},
	{"too-large", offsetof(struct rbridge_counters, too_large)},
	{"unsafe", offsetof(struct rbridge_counters, unsafe)},
};
#define REASONS (sizeof(reasons) / sizeof(reasons[0]))

static const char *lsp_name(enum lsdb_verdict verdict)
{
	switch (verdict) {
	case LSDB_NEWER:
		return "newer";
	case LSDB_SAME:
		return "same";
	case LSDB_OLDER:
		return "older";
	case LSDB_OURS:
		return "ours";
	case LSDB_CONFUSED:
		return "confused";
	case LSDB_UNKNOWN_PURGE:
		return "unknown-purge";
	case LSDB_BAD_PURGE:
		return "bad-purge";
	case LSDB_NO_SEQUENCE:
		return "no-sequence";
	case LSDB_STRANGER:
		return "stranger";
	case LSDB_FULL:
		break;
	}
	return "full";
}

enum gauge {
	GAUGE_LSPS,
	GAUGE_ROWS_REFUSED,
	GAUGE_COMPUTED,
	GAUGE_ORIGINATED,
	GAUGE_USED_UP,
	GAUGE_UNSAID,
	GAUGE_LABELS_UNSAID,
	GAUGE_NEIGHBORS_UNSAID,
	GAUGE_UNTOLD,
	GAUGE_RESERVED,
	GAUGE_CUT,
	GAUGE_REFUSED,
	GAUGE_DISPLACED,
	GAUGE_LEARNED,
	GAUGE_MOVED,
	GAUGE_AGED,
	GAUGE_LOST,
	GAUGE_COPIES_LOST,
	GAUGES,
};

static const struct metric gauges[GAUGES] = {
	[GAUGE_LSPS] = {.name = "sunward_trill_lsps",
		.help = "LSPs in the link state database",
		.type = METRIC_GAUGE},
	[GAUGE_ROWS_REFUSED] = {.name = "sunward_trill_rows_refused_total",
		.help = "Rows of its tables that the data plane refused"},
	[GAUGE_COMPUTED] = {.name = "sunward_trill_computed_total",
		.help = "Computations of shortest paths and trees"},
	[GAUGE_ORIGINATED] = {.name = "sunward_trill_originated_total",
		.help = "LSPs of our own that were sent"},
	[GAUGE_USED_UP] = {.name = "sunward_trill_sequences_used_up_total",
		.help = "LSPs of our own whose sequence numbers were used up: they rest"},
	[GAUGE_UNSAID] = {.name = "sunward_trill_unsaid_total",
		.help = "LSPs of our own that the database did not take: they are tried again"},
	[GAUGE_LABELS_UNSAID] = {.name = "sunward_trill_labels_unsaid",
		.help = "VLANs and labels that we serve, and that our LSPs have no room for",
		.type = METRIC_GAUGE},
	[GAUGE_NEIGHBORS_UNSAID] = {.name = "sunward_trill_neighbors_unsaid",
		.help = "Neighbours in the topology that our LSPs have no room for",
		.type = METRIC_GAUGE},
	[GAUGE_UNTOLD] = {.name = "sunward_trill_esadi_untold",
		.help = "End stations here that ESADI has no room for: told of when there is some",
		.type = METRIC_GAUGE},
	[GAUGE_RESERVED] = {.name = "sunward_trill_nicknames_reserved",
		.help = "Nicknames that nobody may hold, and someone in the campus says he does",
		.type = METRIC_GAUGE},
	[GAUGE_CUT] = {.name = "sunward_trill_campus_cut",
		.help = "1: the campus has more RBridges, links or nicknames than there is room for",
		.type = METRIC_GAUGE},
	[GAUGE_REFUSED] = {.name = "sunward_trill_stations_refused_total",
		.help = "News of end stations that there was no room for, in all or of one port"},
	[GAUGE_DISPLACED] = {.name = "sunward_trill_stations_displaced_total",
		.help = "End stations known from frames that made room for what is told"},
	[GAUGE_LEARNED] = {.name = "sunward_trill_stations_learned_total",
		.help = "End stations that were new"},
	[GAUGE_MOVED] = {.name = "sunward_trill_stations_moved_total",
		.help = "End stations that were elsewhere"},
	[GAUGE_AGED] = {.name = "sunward_trill_stations_aged_total",
		.help = "End stations that were forgotten, not heard of for long"},
	[GAUGE_LOST] = {.name = "sunward_trill_control_lost_total",
		.help = "Control frames that a port's socket had no room for"},
	[GAUGE_COPIES_LOST] = {.name = "sunward_trill_copies_lost_total",
		.help = "Copies for the daemon that its tap had no room for"},
};

struct trill_metrics {
	struct trill_shell *shell;
	struct metric pdus[TYPES], malformed[TRILL_ERRORS], hellos[HELLO_VERDICTS],
		lsps[LSDB_VERDICTS], reasons[REASONS], esadi[ESADI_VERDICTS],
		channel[CHANNEL_VERDICTS];
	unsigned int types[TYPES]; /* of each row of pdus */
	unsigned int pdu_count;
	struct metric *frames;
	struct trill_metrics_rooms *rooms;
};

#define EACH_PORT(tm, c)                                                                           \
	for (uint16_t port_ = 0; port_ < RBRIDGE_PORTS_MAX; port_++)                               \
		for (const struct rbridge_counters *c = rbridge_counters((tm)->shell->rb, port_);  \
			c; c = NULL)

static void read_pdus(void *arg, uint64_t *values)
{
	const struct trill_metrics *tm = arg;

	EACH_PORT(tm, c)
	for (unsigned int i = 0; i < tm->pdu_count; i++)
		values[i] += c->pdus[tm->types[i]];
}

/* The first place of each is of no error. */
static void read_malformed(void *arg, uint64_t *values)
{
	const struct trill_metrics *tm = arg;

	EACH_PORT(tm, c)
	for (unsigned int i = 1; i < TRILL_ERRORS; i++)
		values[i - 1] += c->malformed[i];
}

static void read_hellos(void *arg, uint64_t *values)
{
	const struct trill_metrics *tm = arg;

	EACH_PORT(tm, c)
	for (unsigned int i = 0; i < HELLO_VERDICTS; i++)
		values[i] += c->hellos[i];
}

static void read_lsps(void *arg, uint64_t *values)
{
	const struct trill_metrics *tm = arg;

	EACH_PORT(tm, c)
	for (unsigned int i = 0; i < LSDB_VERDICTS; i++)
		values[i] += c->lsps[i];
}

static void read_reasons(void *arg, uint64_t *values)
{
	const struct trill_metrics *tm = arg;

	EACH_PORT(tm, c)
	for (unsigned int i = 0; i < REASONS; i++)
		values[i] += *(const uint64_t *)((const char *)c + reasons[i].at);
}

static void read_frames(void *arg, uint64_t *values)
{
	const struct trill_metrics *tm = arg;

	if (trill_datapath_counters(tm->shell->datapath, values))
		memset(values, 0, trill_datapath_counter_count() * sizeof(*values));
}

static void read_gauges(void *arg, uint64_t *values)
{
	const struct trill_metrics *tm = arg;
	struct trill_shell *s = tm->shell;

	values[GAUGE_LSPS] = lsdb_count(rbridge_lsdb(s->rb));
	values[GAUGE_ROWS_REFUSED] = rbridge_rows_refused(s->rb);
	values[GAUGE_COMPUTED] = rbridge_computed(s->rb);
	values[GAUGE_ORIGINATED] = rbridge_originated(s->rb);
	values[GAUGE_USED_UP] = rbridge_said(s->rb)->used_up;
	values[GAUGE_UNSAID] = rbridge_said(s->rb)->unsaid;
	values[GAUGE_LABELS_UNSAID] = rbridge_unsaid(s->rb)->labels;
	values[GAUGE_NEIGHBORS_UNSAID] = rbridge_unsaid(s->rb)->neighbors;
	values[GAUGE_UNTOLD] = rbridge_esadi_untold(s->rb);
	values[GAUGE_RESERVED] = rbridge_campus(s->rb)->reserved;
	values[GAUGE_CUT] = rbridge_campus(s->rb)->cut;
	values[GAUGE_REFUSED] = mac_table_refused(rbridge_stations(s->rb));
	values[GAUGE_DISPLACED] = mac_table_displaced(rbridge_stations(s->rb));
	values[GAUGE_LEARNED] = s->stations_learned;
	values[GAUGE_MOVED] = s->stations_moved;
	values[GAUGE_AGED] = s->stations_aged;
	values[GAUGE_LOST] = trill_ports_lost(s->ports);
	values[GAUGE_COPIES_LOST] = trill_copies_lost(&s->copies);
}

static struct metric row(const char *name, const char *help, const char *label, const char *value)
{
	return (struct metric){.name = name, .help = help, .label = label, .value = value};
}

static void name_rows(struct trill_metrics *tm)
{
	for (unsigned int i = 0; i < TYPES; i++)
		if (isis_type_name(i)) {
			tm->types[tm->pdu_count] = i;
			tm->pdus[tm->pdu_count++] = row("sunward_trill_pdus_total",
				"IS-IS PDUs that came in, by type", "type", isis_type_name(i));
		}
	for (int i = 1; i < TRILL_ERRORS; i++)
		tm->malformed[i - 1] = row("sunward_trill_malformed_total",
			"PDUs that were not taken, by what is wrong with them", "error",
			trill_error_name(i));
	for (int i = 0; i < HELLO_VERDICTS; i++)
		tm->hellos[i] = row("sunward_trill_hellos_total", "Hellos, by what became of them",
			"verdict", hello_verdict_name((enum hello_verdict)i));
	for (int i = 0; i < LSDB_VERDICTS; i++)
		tm->lsps[i] = row("sunward_trill_lsps_received_total",
			"LSPs that came in, by what became of them", "verdict",
			lsp_name((enum lsdb_verdict)i));
	for (unsigned int i = 0; i < REASONS; i++)
		tm->reasons[i] = row("sunward_trill_ignored_total",
			"Control frames that were not taken, or not sent, by reason", "reason",
			reasons[i].name);
	for (int i = 0; i < ESADI_VERDICTS; i++)
		tm->esadi[i] = row("sunward_trill_esadi_total",
			"ESADI PDUs that came in, by what became of them", "verdict",
			esadi_verdict_name((enum esadi_verdict)i));
	for (int i = 0; i < CHANNEL_VERDICTS; i++)
		tm->channel[i] = row("sunward_trill_channel_total",
			"RBridge Channel messages that came in, by what became of them", "verdict",
			channel_verdict_name((enum channel_verdict)i));
	for (unsigned int i = 0; i < trill_datapath_counter_count(); i++)
		tm->frames[i] = row("sunward_trill_frames_total",
			"Frames and events of the data plane, by verdict", "verdict",
			trill_datapath_counter_name(i));
}

/* Of all VLANs together. */
static void read_esadi(void *arg, uint64_t *values)
{
	const struct trill_metrics *tm = arg;
	const struct esadi *e;

	for (uint16_t vlan = 1; vlan && (e = rbridge_esadi(tm->shell->rb, &vlan)); vlan++)
		for (unsigned int i = 0; i < ESADI_VERDICTS; i++)
			values[i] += esadi_received(e)[i];
}

static void read_channel(void *arg, uint64_t *values)
{
	const struct trill_metrics *tm = arg;

	memcpy(values, rbridge_channel(tm->shell->rb)->received,
		CHANNEL_VERDICTS * sizeof(*values));
}

static bool add_all(struct metrics *m, struct trill_metrics *tm)
{
	return metrics_add_source(m, tm->pdus, tm->pdu_count, read_pdus, tm) &&
	       metrics_add_source(m, tm->malformed, TRILL_ERRORS - 1, read_malformed, tm) &&
	       metrics_add_source(m, tm->hellos, HELLO_VERDICTS, read_hellos, tm) &&
	       metrics_add_source(m, tm->lsps, LSDB_VERDICTS, read_lsps, tm) &&
	       metrics_add_source(m, tm->reasons, REASONS, read_reasons, tm) &&
	       metrics_add_source(m, tm->frames, trill_datapath_counter_count(), read_frames, tm) &&
	       metrics_add_source(m, tm->esadi, ESADI_VERDICTS, read_esadi, tm) &&
	       metrics_add_source(m, tm->channel, CHANNEL_VERDICTS, read_channel, tm) &&
	       metrics_add_source(m, gauges, GAUGES, read_gauges, tm);
}

struct trill_metrics *trill_metrics_new(struct metrics *m, struct trill_shell *s)
{
	struct trill_metrics *tm = calloc(1, sizeof(*tm));

	if (!tm)
		return NULL;
	tm->shell = s;
	tm->frames = calloc(trill_datapath_counter_count(), sizeof(*tm->frames));
	tm->rooms = trill_metrics_rooms_new(m, s);
	if (tm->frames && tm->rooms) {
		name_rows(tm);
		if (add_all(m, tm))
			return tm;
	}
	trill_metrics_free(tm);
	return NULL;
}

void trill_metrics_free(struct trill_metrics *tm)
{
	if (!tm)
		return;
	trill_metrics_rooms_free(tm->rooms);
	free(tm->frames);
	free(tm);
}
