/* See agent_campus.h. Who runs here is told again every RENEW_S: an RBridge that was started anew
 * knows nobody, and addresses of a guest that were found since are told so, too. */
#include "vmmobility/agent_campus.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "common/station_teller.h"
#include "lib/service/metrics.h"
#include "vmmobility/agent.h"

#define RENEW_S 30

struct agent_campus {
	struct agent *agent;
	struct station_teller *teller; /* NULL: no RBridge is configured */
	char socket[sizeof(((struct vm_config_rbridge *)NULL)->socket)];
	struct handover_id agent_id; /* the teller's */
	struct event *renew;
	struct metric told[STATION_TELLER_COUNTERS];
	uint64_t before[STATION_TELLER_COUNTERS]; /* by tellers that there were */
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

static void tell(struct agent_campus *c, const struct guest *guest, enum agent_campus_word word)
{
	const struct report_content *content = &guest->report.content;
	struct agent_campus_card cards[HANDOVER_HOSTS_MAX];
	unsigned int count = agent_campus_cards(
		&c->agent->config->rbridge, content->hosts, content->host_count, cards);

	for (unsigned int i = 0; i < count; i++) {
		const struct agent_campus_card *card = &cards[i];

		if (word == AGENT_CAMPUS_HERE)
			station_teller_put(c->teller, card->vlan, card->mac, card->port, card->ips,
				card->count);
		else
			station_teller_delete_here(c->teller, card->vlan, card->mac, card->port);
	}
}

void agent_campus_changed(struct agent_campus *c, const struct guest *guest)
{
	enum agent_campus_word word = agent_campus_word(&guest->report.content);

	if (c && c->teller && word != AGENT_CAMPUS_NOTHING)
		tell(c, guest, word);
}

static void on_renew(evutil_socket_t fd, short what, void *arg)
{
	struct agent_campus *c = arg;

	for (const struct guest *g = guests_first(c->agent->guests); g && c->teller; g = g->next)
		if (agent_campus_word(&g->report.content) == AGENT_CAMPUS_HERE)
			tell(c, g, AGENT_CAMPUS_HERE);
}

static void read_told(void *arg, uint64_t *values)
{
	const struct agent_campus *c = arg;
	const uint64_t *now = c->teller ? station_teller_counters(c->teller) : NULL;

	for (unsigned int i = 0; i < STATION_TELLER_COUNTERS; i++)
		values[i] = c->before[i] + (now ? now[i] : 0);
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
	if (c->renew && event_add(c->renew, &renew) == 0 && agent_campus_configure(c) == 0 &&
		metrics_add_source(a->metrics, c->told, STATION_TELLER_COUNTERS, read_told, c))
		return c;
	agent_campus_free(c);
	return NULL;
}

static void end_teller(struct agent_campus *c)
{
	uint64_t values[STATION_TELLER_COUNTERS];

	read_told(c, values);
	memcpy(c->before, values, sizeof(c->before));
	station_teller_free(c->teller);
	c->teller = NULL;
}

void agent_campus_free(struct agent_campus *c)
{
	if (!c)
		return;
	station_teller_free(c->teller);
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
		end_teller(c);
	strlcpy(c->socket, config->socket, sizeof(c->socket));
	c->agent_id = *agent;
	if (*config->socket && !c->teller)
		c->teller = station_teller_new(
			daemon_base(c->agent->daemon), config->socket, agent->bytes, c->agent->log);
	if (*config->socket && !c->teller)
		return -ENOMEM;
	on_renew(-1, 0, c);
	return 0;
}
