/* See hosts.h. */
#include "tests/sim/hosts.h"

#include <stdlib.h>
#include <string.h>

#include "tests/sim/dataplane.h"
#include "tests/sim/party_xtr.h"

#define IID_TENANT 7
#define LAN_US     300 /* at most, between a guest and its router */

struct host {
	struct eid eid;
	int at, ifindex;
};

struct hosts {
	struct sim *sim;
	uint32_t moving, count;
	struct host *list;
};

/* Kinds in turn: IPv4, IPv6, IPv4 again, and another tenant's IPv4 with addresses of its own. */
static struct eid eid_of(uint32_t i)
{
	const uint8_t v4[4] = {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};
	uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0xe};
	struct address a;

	memcpy(v6 + 12, v4, sizeof(v4));
	if (i % 4 == 1)
		address_set(&a, AFI_IPV6, v6, sizeof(v6));
	else
		address_set(&a, AFI_IPV4, v4, sizeof(v4));
	return eid_host(i % 4 == 3 ? IID_TENANT : 0, &a);
}

/* 172.16.0.1, 172.16.1.1, ... */
static struct eid own_eid(unsigned int xtr, uint8_t last)
{
	const uint8_t v4[4] = {172, (uint8_t)(16 + (xtr >> 8)), (uint8_t)xtr, last};
	struct address a;

	address_set(&a, AFI_IPV4, v4, sizeof(v4));
	return eid_host(0, &a);
}

struct eid hosts_own_prefix(unsigned int xtr)
{
	struct eid e = own_eid(xtr, 0);

	e.plen = 24;
	return e;
}

struct eid hosts_prefix(unsigned int i)
{
	static const uint8_t v4[4] = {10}, v6[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0xe};
	struct eid e = {.iid = i == 2 ? IID_TENANT : 0, .plen = i == 1 ? 48 : 8};

	if (i == 1)
		address_set(&e.addr, AFI_IPV6, v6, sizeof(v6));
	else
		address_set(&e.addr, AFI_IPV4, v4, sizeof(v4));
	return e;
}

struct hosts *hosts_new(struct sim *sim)
{
	struct hosts *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->sim = sim;
	h->moving = sim->opt.eids;
	h->count = sim->opt.eids + sim->opt.xtrs;
	h->list = calloc(h->count, sizeof(h->list[0]));
	if (!h->list) {
		free(h);
		return NULL;
	}
	for (uint32_t i = 0; i < h->count; i++) {
		bool moves = i < h->moving;

		h->list[i].eid = moves ? eid_of(i) : own_eid(i - h->moving, 1);
		h->list[i].ifindex = (int)i + 1;
		h->list[i].at = moves ? -1 : (int)(i - h->moving);
	}
	return h;
}

void hosts_free(struct hosts *h)
{
	if (h)
		free(h->list);
	free(h);
}

uint32_t hosts_count(const struct hosts *h)
{
	return h->count;
}

uint32_t hosts_moving(const struct hosts *h)
{
	return h->moving;
}

const struct eid *hosts_eid(const struct hosts *h, uint32_t i)
{
	return &h->list[i].eid;
}

uint32_t hosts_find(const struct hosts *h, const struct eid *eid)
{
	const uint8_t *b = eid->addr.bytes + (eid->addr.afi == AFI_IPV6 ? 12 : 0);
	uint32_t i;

	if (eid->addr.afi != AFI_IPV4 && eid->addr.afi != AFI_IPV6)
		return HOST_NONE;
	if (eid->addr.afi == AFI_IPV4 && b[0] == 172)
		i = h->moving + (uint32_t)(b[1] - 16) * 256 + b[2];
	else
		i = (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
	return i < h->count && eid_equal(&h->list[i].eid, eid) ? i : HOST_NONE;
}

int hosts_at(const struct hosts *h, uint32_t i)
{
	return h->list[i].at;
}

int hosts_port(const struct hosts *h, uint32_t i)
{
	return h->list[i].ifindex;
}

void hosts_mac(uint32_t i, uint8_t mac[6])
{
	const uint8_t bytes[6] = {
		2, 0, (uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i};

	memcpy(mac, bytes, sizeof(bytes));
}

/* What a guest says reaches its router a little later, if it is still there then. */
struct word {
	uint32_t host;
	unsigned int xtr;
	bool gratuitous, ghost;
};

static void heard(struct sim *s, void *payload)
{
	const struct word *w = payload;
	struct datapath_event e = {.type = DATAPATH_ARP_SEEN,
		.eid = s->hosts->list[w->host].eid,
		.ifindex = hosts_port(s->hosts, w->host),
		.gratuitous = w->gratuitous};

	if (s->hosts->list[w->host].at != (int)w->xtr && !w->ghost)
		return;
	hosts_mac(w->host, e.mac);
	party_xtr_event(s->xtrs[w->xtr], &e, NULL);
}

static void say(struct hosts *h, uint32_t i, unsigned int xtr, bool gratuitous, bool ghost)
{
	struct word *w = sim_event_in_us(
		h->sim, 10 + random_below(&h->sim->random.random, LAN_US), heard, sizeof(*w));

	*w = (struct word){.host = i, .xtr = xtr, .gratuitous = gratuitous, .ghost = ghost};
}

void hosts_appear(struct hosts *h, uint32_t i, unsigned int xtr, bool announced)
{
	char text[EID_TEXT];

	h->list[i].at = (int)xtr;
	sim_note(h->sim, 3, &i, sizeof(i));
	if (h->sim->opt.trace)
		sim_trace(h->sim, "host %u %s runs at xtr %u", i,
			eid_format(&h->list[i].eid, text, sizeof(text)), xtr);
	party_xtr_port(h->sim->xtrs[xtr], hosts_port(h, i), true);
	if (announced)
		say(h, i, xtr, true, false);
}

void hosts_place(struct hosts *h, uint32_t i, int xtr, int ifindex)
{
	h->list[i].at = xtr;
	if (xtr >= 0)
		h->list[i].ifindex = ifindex;
	sim_note(h->sim, 10, &i, sizeof(i));
	sim_trace(h->sim, "host %u runs at xtr %d", i, xtr);
}

void hosts_vanish(struct hosts *h, uint32_t i, bool noticed)
{
	int at = h->list[i].at;

	if (at < 0)
		return;
	h->list[i].at = -1;
	sim_note(h->sim, 4, &i, sizeof(i));
	sim_trace(h->sim, "host %u leaves xtr %d", i, at);
	if (noticed)
		party_xtr_port(h->sim->xtrs[at], hosts_port(h, i), false);
}

void hosts_asked(struct hosts *h, unsigned int xtr, const struct eid *eid)
{
	uint32_t i = hosts_find(h, eid);
	bool ghost = h->sim->opt.sabotage == SABOTAGE_GHOST && i != HOST_NONE && i < h->moving &&
		     h->list[i].at != (int)xtr;

	if (i != HOST_NONE && (h->list[i].at == (int)xtr || ghost))
		say(h, i, xtr, false, ghost);
}

void hosts_announce(struct hosts *h, uint32_t i)
{
	if (h->list[i].at >= 0)
		say(h, i, (unsigned int)h->list[i].at, false, false);
}

void hosts_send_packet(struct hosts *h, const struct packet *p)
{
	int at = h->list[p->from].at;

	if (at >= 0)
		dataplane_from_site(party_xtr_dataplane(h->sim->xtrs[at]), p);
}

void hosts_send(struct hosts *h, uint32_t i, uint32_t to, uint32_t mark)
{
	struct packet p = {.from = i, .to = to, .hops_left = PACKET_HOPS, .mark = mark};

	hosts_send_packet(h, &p);
}
