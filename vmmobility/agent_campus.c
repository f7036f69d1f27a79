/* See agent_campus.h. Who runs here is told again every RENEW_S: an RBridge that was started anew
 * knows nobody, and addresses of a guest that were found since are told so, too. */
#include "vmmobility/agent_campus.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/station_teller.h"
#include "lib/service/metrics.h"
#include "vmmobility/agent.h"
#include "vmmobility/campus_claims.h"

#define RENEW_S         30
#define REBOUND_MS      20
#define FAREWELL_ROUNDS 2 /* of RENEW_S, for an RBridge that was ours */

/* One that was ours, until it knows that nobody is there by our word. */
struct farewell {
	LIST_ENTRY(farewell) link;
	struct station_teller *teller;
	unsigned int rounds;
};

struct agent_campus {
	struct agent *agent;
	struct station_teller *teller; /* NULL: no RBridge is configured */
	char socket[sizeof(((struct vm_config_rbridge *)NULL)->socket)];
	struct handover_id agent_id;  /* the teller's */
	struct campus_claims *claims; /* of what the teller was told */
	LIST_HEAD(, farewell) farewells;
	struct event *renew, *rebound;
	struct metric told[STATION_TELLER_COUNTERS];
	uint64_t before[STATION_TELLER_COUNTERS]; /* by farewells that are over */
};

static const struct vm_config_vlan *vlan_of(const struct vm_config_rbridge *config, uint32_t iid)
{
	for (unsigned int i = 0; i < config->vlan_count; i++)
		if (config->vlans[i].iid == iid)
			return &config->vlans[i];
	return NULL;
}

/* The card with @mac in @vlan, among @count; else a new one behind them. */
static struct agent_campus_card *card_of(struct agent_campus_card *cards, unsigned int *count,
	const struct vm_config_vlan *vlan, const uint8_t mac[6])
{
	struct agent_campus_card *card;

	for (unsigned int i = 0; i < *count; i++)
		if (cards[i].vlan == vlan->vlan && !memcmp(cards[i].mac, mac, 6))
			return &cards[i];
	card = &cards[(*count)++];
	card->vlan = vlan->vlan;
	card->port = *vlan->port ? vlan->port : NULL;
	card->count = 0;
	memcpy(card->mac, mac, 6);
	return card;
}

unsigned int agent_campus_cards(const struct vm_config_rbridge *config,
	const struct handover_host *hosts, unsigned int count,
	struct agent_campus_card cards[HANDOVER_HOSTS_MAX])
{
	unsigned int found = 0;

	for (unsigned int i = 0; i < count && i < HANDOVER_HOSTS_MAX; i++) {
		const struct vm_config_vlan *vlan = vlan_of(config, hosts[i].eid.iid);
		struct agent_campus_card *card;

		if (!vlan)
			continue;
		card = card_of(cards, &found, vlan, hosts[i].mac);
		if (address_is_ip(&hosts[i].eid.addr))
			card->ips[card->count++] = hosts[i].eid.addr;
	}
	return found;
}

/* One that has stopped to move is nobody's: were it this RBridge's by our word still, what the
 * guest says where it goes on would count for less than that, and what is sent to it would come
 * here until we are heard. So frames for it go everywhere, also here, where they are its tail. */
enum agent_campus_word agent_campus_word(const struct report_content *content)
{
	switch (content->state) {
	case HANDOVER_RUNNING:
	case HANDOVER_LEAVING:
		return AGENT_CAMPUS_HERE;
	case HANDOVER_PAUSED:
		return content->in_migration ? AGENT_CAMPUS_LEFT : AGENT_CAMPUS_HERE;
	case HANDOVER_GONE:
		return AGENT_CAMPUS_LEFT;
	default: /* to come: the campus is to send it nothing yet */
		return AGENT_CAMPUS_NOTHING;
	}
}

static unsigned int cards_of(const struct agent_campus *c, const struct guest *guest,
	struct agent_campus_card cards[HANDOVER_HOSTS_MAX])
{
	const struct report_content *content = &guest->report.content;

	return agent_campus_cards(
		&c->agent->config->rbridge, content->hosts, content->host_count, cards);
}

static void take_back(void *arg, const struct agent_campus_card *card)
{
	const struct agent_campus *c = arg;

	station_teller_delete_here(c->teller, card->vlan, card->mac, card->port);
}

/* @again: also what was said already. */
static void say(struct agent_campus *c, const struct agent_campus_card *card, bool again)
{
	if (campus_claims_say(c->claims, card) || again)
		station_teller_put(
			c->teller, card->vlan, card->mac, card->port, card->ips, card->count);
}

void agent_campus_changed(struct agent_campus *c, const struct guest *guest)
{
	enum agent_campus_word word = agent_campus_word(&guest->report.content);
	struct agent_campus_card cards[HANDOVER_HOSTS_MAX];
	unsigned int count =
		c && c->teller && word != AGENT_CAMPUS_NOTHING ? cards_of(c, guest, cards) : 0;

	for (unsigned int i = 0; i < count; i++)
		if (word == AGENT_CAMPUS_HERE) {
			say(c, &cards[i], true);
		} else {
			campus_claims_forget(c->claims, &cards[i]);
			take_back(c, &cards[i]);
		}
}

/* What an earlier run of this agent has told of a guest stands; whether that is so still, its
 * source says. */
static void go_through_guest(struct agent_campus *c, const struct guest *guest, bool again)
{
	enum agent_campus_word word = agent_campus_word(&guest->report.content);
	struct agent_campus_card cards[HANDOVER_HOSTS_MAX];
	unsigned int count = word != AGENT_CAMPUS_LEFT ? cards_of(c, guest, cards) : 0;

	for (unsigned int i = 0; i < count; i++)
		if (word == AGENT_CAMPUS_HERE)
			say(c, &cards[i], again);
		else if (guest->place == GUEST_RECALLED)
			campus_claims_say(c->claims, &cards[i]);
		else
			campus_claims_keep(c->claims, &cards[i]);
}

static void go_through(struct agent_campus *c, bool again)
{
	if (!c->teller)
		return;
	campus_claims_begin(c->claims);
	for (const struct guest *g = guests_first(c->agent->guests); g; g = g->next)
		go_through_guest(c, g, again);
	campus_claims_end(c->claims, take_back, c);
}

static void on_rebound(evutil_socket_t fd, short what, void *arg)
{
	go_through(arg, false);
}

/* Several at once are gone through once; and the configuration that they come with is in use. */
void agent_campus_rebound(struct agent_campus *c)
{
	const struct timeval soon = {.tv_usec = REBOUND_MS * 1000};

	if (c && c->teller && !event_pending(c->rebound, EV_TIMEOUT, NULL))
		event_add(c->rebound, &soon);
}

/* ---- RBridges that were ours ---- */

static void farewell_end(struct agent_campus *c, struct farewell *f)
{
	const uint64_t *told = station_teller_counters(f->teller);

	for (unsigned int i = 0; i < STATION_TELLER_COUNTERS; i++)
		c->before[i] += told[i];
	station_teller_free(f->teller);
	LIST_REMOVE(f, link);
	free(f);
}

/* All is taken back that it was told, as far as it listens. */
static void farewell(struct agent_campus *c)
{
	struct farewell *f = calloc(1, sizeof(*f));

	campus_claims_begin(c->claims);
	campus_claims_end(c->claims, take_back, c);
	if (f) {
		f->teller = c->teller;
		LIST_INSERT_HEAD(&c->farewells, f, link);
	} else {
		station_teller_free(c->teller);
	}
	c->teller = NULL;
}

static void farewells_tend(struct agent_campus *c)
{
	struct farewell *f, *next;

	for (f = LIST_FIRST(&c->farewells); f; f = next) {
		next = LIST_NEXT(f, link);
		if (!station_teller_waiting(f->teller) || ++f->rounds == FAREWELL_ROUNDS)
			farewell_end(c, f);
	}
}

/* ---- its owner's side ---- */

static void on_renew(evutil_socket_t fd, short what, void *arg)
{
	struct agent_campus *c = arg;

	farewells_tend(c);
	go_through(c, true);
}

static void read_told(void *arg, uint64_t *values)
{
	const struct agent_campus *c = arg;
	const struct farewell *f;

	for (unsigned int i = 0; i < STATION_TELLER_COUNTERS; i++) {
		values[i] = c->before[i];
		if (c->teller)
			values[i] += station_teller_counters(c->teller)[i];
		LIST_FOREACH (f, &c->farewells, link)
			values[i] += station_teller_counters(f->teller)[i];
	}
}

struct agent_campus *agent_campus_new(struct agent *a)
{
	const struct timeval renew = {.tv_sec = RENEW_S};
	struct agent_campus *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->agent = a;
	for (unsigned int i = 0; i < STATION_TELLER_COUNTERS; i++)
		c->told[i] = (struct metric){.name = "sunward_vmagent_rbridge_total",
			.help = "Guests' cards told to the RBridge, by result",
			.label = "result",
			.value = station_teller_names[i]};
	c->renew = event_new(daemon_base(a->daemon), -1, EV_PERSIST, on_renew, c);
	c->rebound = evtimer_new(daemon_base(a->daemon), on_rebound, c);
	c->claims = campus_claims_new();
	LIST_INIT(&c->farewells);
	if (c->renew && c->rebound && c->claims && event_add(c->renew, &renew) == 0 &&
		agent_campus_configure(c) == 0 &&
		metrics_add_source(a->metrics, c->told, STATION_TELLER_COUNTERS, read_told, c))
		return c;
	agent_campus_free(c);
	return NULL;
}

void agent_campus_free(struct agent_campus *c)
{
	if (!c)
		return;
	while (!LIST_EMPTY(&c->farewells))
		farewell_end(c, LIST_FIRST(&c->farewells));
	station_teller_free(c->teller);
	campus_claims_free(c->claims);
	if (c->rebound)
		event_free(c->rebound);
	if (c->renew)
		event_free(c->renew);
	free(c);
}

int agent_campus_configure(struct agent_campus *c)
{
	const struct vm_config_rbridge *config = &c->agent->config->rbridge;
	const struct handover_id *agent = &c->agent->config->policy.agent_id;

	if (c->teller && (strcmp(c->socket, config->socket) != 0 ||
				 memcmp(&c->agent_id, agent, sizeof(*agent)) != 0))
		farewell(c);
	strlcpy(c->socket, config->socket, sizeof(c->socket));
	c->agent_id = *agent;
	if (*config->socket && !c->teller)
		c->teller = station_teller_new(
			daemon_base(c->agent->daemon), config->socket, agent->bytes, c->agent->log);
	if (*config->socket && !c->teller)
		return -ENOMEM;
	go_through(c, true);
	return 0;
}
