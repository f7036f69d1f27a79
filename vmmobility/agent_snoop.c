/* See agent_snoop.h. */
#include "vmmobility/agent_snoop.h"

#include <stdlib.h>
#include <string.h>

#include "lib/net/arp_nd.h"
#include "vmmobility/agent.h"
#include "vmmobility/netlink_source.h"
#include "vmmobility/packet_source.h"

struct agent_snoop {
	struct agent *agent;
	struct snoop *core;
	struct packet_source *packets;
	struct netlink_source *links;
};

static void on_begin(void *arg)
{
	agent_begin(((struct agent_snoop *)arg)->agent);
}

static void on_end(void *arg)
{
	agent_settle(((struct agent_snoop *)arg)->agent);
}

static void on_frame(void *arg, int ifindex, const uint8_t *frame, size_t len)
{
	snoop_frame(((struct agent_snoop *)arg)->core, ifindex, frame, len);
}

static bool on_listen(void *arg, int ifindex, bool on)
{
	return packet_source_listen(((struct agent_snoop *)arg)->packets, ifindex, on);
}

/* A probe, of no address of ours: it changes nobody's table (RFC 5227, RFC 4862). */
static void on_ask(void *arg, int ifindex, const uint8_t from[6], const uint8_t mac[6],
	const struct address *target)
{
	struct agent_snoop *as = arg;
	struct address nobody = {.afi = target->afi, .len = target->len};
	uint8_t frame[ARP_ND_MAX];
	struct arp_nd m;
	size_t len;

	if (!arp_nd_ask(&m, from, &nobody, target, target->afi == AFI_IPV4 ? mac : NULL))
		return;
	len = arp_nd_build(&m, frame);
	if (len)
		packet_source_send(as->packets, ifindex, frame, len);
}

/* The cards of guests of the configuration that it names no address of. */
static void tell_cards(struct agent_snoop *as)
{
	struct agent *a = as->agent;

	for (unsigned int i = 0; i < a->config->guest_count; i++) {
		const struct vm_config_guest *c = &a->config->guests[i];

		for (unsigned int k = 0; k < c->mac_count; k++)
			snoop_card_of(as->core, c->macs[k], c->name, &c->uuid);
	}
}

void agent_snoop_domain(struct agent_snoop *as, const struct domain *d)
{
	struct agent *a = as->agent;

	/* It must be there for the news of it, before any of its addresses is heard. */
	if (!guests_by_uuid(a->guests, &d->uuid))
		guests_bind(a->guests, d->name, &d->uuid, GUEST_OF_SNOOP, NULL, 0);
	for (unsigned int i = 0; i < d->card_count; i++)
		snoop_card_of(as->core, d->cards[i].mac, d->name, &d->uuid);
}

void agent_snoop_reload(struct agent_snoop *as)
{
	snoop_reload(as->core, &as->agent->config->snoop);
	tell_cards(as);
	netlink_source_again(as->links);
}

const struct snoop *agent_snoop_core(const struct agent_snoop *as)
{
	return as->core;
}

struct agent_snoop *agent_snoop_new(struct agent *a)
{
	struct agent_snoop *as = calloc(1, sizeof(*as));
	const struct snoop_ops ops = {.listen = on_listen, .ask = on_ask, .arg = as};
	const struct packet_source_ops packets = {
		.begin = on_begin, .end = on_end, .frame = on_frame, .arg = as};
	const struct netlink_source_ops links = {.begin = on_begin, .end = on_end, .arg = as};

	if (!as)
		return NULL;
	as->agent = a;
	as->packets = packet_source_new(daemon_base(a->daemon), a->helper, &packets, a->log);
	if (as->packets)
		as->core = snoop_new(&a->env, a->guests, &a->config->snoop, &ops);
	if (as->core) {
		for (struct guest *g = guests_first(a->guests); g; g = g->next)
			if (g->place == GUEST_RECALLED)
				snoop_recall(as->core, g);
		tell_cards(as);
		as->links = netlink_source_new(daemon_base(a->daemon), as->core, &links, a->log);
	}
	if (as->links)
		return as;
	agent_snoop_free(as);
	return NULL;
}

void agent_snoop_free(struct agent_snoop *as)
{
	if (!as)
		return;
	netlink_source_free(as->links);
	snoop_free(as->core);
	packet_source_free(as->packets);
	free(as);
}
