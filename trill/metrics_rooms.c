/* Counters of OAM and of ARP and ND, each verdict one (see metrics.h). */
#include <stdlib.h>

#include "lib/service/metrics.h"
#include "trill/core/arp_proxy.h"
#include "trill/metrics.h"
#include "trill/shell.h"

struct trill_metrics_rooms {
	struct trill_shell *shell;
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
	for (unsigned int i = 0; i < ACTIVE_ACTIVE_STATES; i++) {
		r->lags[i] = row("sunward_trill_lags",
			"Bonds whose links go to other RBridges, too, by how they are served",
			"state", active_active_state_name((enum active_active_state)i));
		r->lags[i].type = METRIC_GAUGE;
	}
	if (metrics_add_source(m, r->lags, ACTIVE_ACTIVE_STATES, read_lags, r) &&
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
