/* ARP and ND of end stations: questions come up from the data plane, are answered, or go to one
 * RBridge or to all (see rbridge.h; RFC 8302).
 *
 * core/arp_proxy decides; here its decisions become frames, what ESADI tells goes in, and what
 * frames teach goes to the stations, of which ESADI tells others. */
#include "trill/core/rbridge_internal.h"

#include <string.h>

#include "trill/core/arp_proxy.h"

#define FRAME_MAX    1522
#define ETHERTYPE_AT 12
#define PAYLOAD_AT   14
#define OOMF_HOPS    2

/* When the room has something to do next. */
static void kick(struct rbridge *rb)
{
	timer_set(&rb->timers, &rb->arp_timer, arp_proxy_next(rb->arp));
}

static void arp_fire(struct timer *t, struct mono now)
{
	struct rbridge *rb = t->arg;

	arp_proxy_time(rb->arp, now);
	kick(rb);
}

/* What an end station sent, or is sent, without its tag. */
struct untagged {
	uint16_t number; /* of its label */
	uint8_t priority;
	bool dei;
	const uint8_t *bytes;
	size_t len;
};

static struct mac mac_of(const uint8_t *bytes)
{
	struct mac mac;

	memcpy(mac.bytes, bytes, MAC_LEN);
	return mac;
}

/* It goes out of a port; where it has a tag, with its priority. */
static void native_out(struct rbridge_port *port, const struct untagged *u)
{
	uint16_t vlan = rbridge_label_vlan(port, u->number);
	struct ethernet outer = {.da = mac_of(u->bytes),
		.sa = mac_of(u->bytes + MAC_LEN),
		.tagged = vlan != port->config.pvid,
		.priority = u->priority,
		.dei = u->dei,
		.vlan = vlan,
		.ethertype = (uint16_t)(u->bytes[ETHERTYPE_AT] << 8 | u->bytes[ETHERTYPE_AT + 1])};
	uint8_t out[FRAME_MAX];
	struct wire_writer w;

	wire_writer_init(&w, out, sizeof(out));
	ethernet_write(&w, &outer);
	wire_put_bytes(&w, u->bytes + PAYLOAD_AT, u->len - PAYLOAD_AT);
	if (vlan && wire_written(&w) && port->up)
		port->rb->env.frame(port->rb->env.arg, port->number, out, w.pos);
}

/* It goes into the campus: to one, or along a tree; its priority goes with it (RFC 6325 section
 * 4.1.1). */
static void trill_out(
	struct rbridge *rb, const struct channel_to *to, uint16_t hops, const struct untagged *u)
{
	struct data_frame f = {.header = {.multi = to->multi,
				       .hops = hops,
				       .egress = to->egress,
				       .ingress = rb->channel.nickname},
		.inner = {.da = mac_of(u->bytes),
			.sa = mac_of(u->bytes + MAC_LEN),
			.label = labels_label(&rb->labels, u->number),
			.priority = u->priority,
			.dei = u->dei},
		.payload = u->bytes + ETHERTYPE_AT,
		.payload_len = u->len - ETHERTYPE_AT};

	rbridge_data_send(rb, to, &f);
}

/* To the RBridge @egress. */
static void unicast_out(struct rbridge *rb, uint16_t egress, const struct untagged *u)
{
	const struct tables_path *path = rbridge_data_path(rb, egress);

	trill_out(rb, &(struct channel_to){.egress = egress}, path ? path->hops : DATA_HOPS_MAX, u);
}

/* While we are overloaded: to the neighbour that distributes for us, or to no other RBridge (RFC
 * 7780 section 2.4.2). */
static void oomf_out(struct rbridge *rb, const struct untagged *u)
{
	const struct tables_path *path = &rb->routes.told.self.oomf;
	struct rbridge_port *port = path->count ? rbridge_port_of(rb, path->hop[0].ifindex) : NULL;

	if (port)
		trill_out(rb,
			&(struct channel_to){.link = true,
				.port = port->number,
				.da = path->hop[0].mac,
				.egress = NICKNAME_OOMF},
			OOMF_HOPS, u);
}

/* To all in the label but the port that it came by, as the data plane would (RFC 6325 section
 * 4.6.1.2). */
static void flood_out(struct rbridge_port *from, const struct untagged *u)
{
	struct rbridge *rb = from->rb;
	uint16_t root = u->number < LABELS_FIRST ? rb->routes.told.self.root
						 : rb->routes.told.self.fgl_root;

	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++) {
		const struct tables_forwarder *f = rbridge_port_vlans(rb, i);
		uint16_t vlan = rbridge_label_vlan(&rb->ports[i], u->number);

		if (f && &rb->ports[i] != from && vlan_set_has(&f->appointed, vlan) &&
			!vlan_set_has(&f->inhibited, vlan))
			native_out(&rb->ports[i], u);
	}
	if (rb->routes.told.self.overloaded)
		oomf_out(rb, u);
	else if (nickname_usable(root))
		trill_out(
			rb, &(struct channel_to){.multi = true, .egress = root}, DATA_HOPS_MAX, u);
}

/* A question of ours. */
static void on_send(
	void *arg, struct label label, struct mac_place place, const uint8_t *frame, size_t len)
{
	struct rbridge *rb = arg;
	struct untagged u = {
		.number = labels_number(&rb->labels, label), .bytes = frame, .len = len};

	if (place.local)
		native_out(&rb->ports[place.where], &u);
	else
		unicast_out(rb, place.where, &u);
}

static void on_local(void *arg, const struct ip_claim *claim, bool gone)
{
	const struct rbridge *rb = arg;

	rbridge_station_address(arg, labels_number(&rb->labels, claim->label), &claim->mac,
		claim->place.where, &claim->ip, gone);
}

static void on_event(void *arg, const struct arp_proxy_event *duplicate)
{
	struct rbridge_event event = {.kind = RBRIDGE_DUPLICATE, .duplicate = duplicate};

	if (duplicate->duplicate)
		rbridge_event_say(arg, &event);
}

bool rbridge_arp_init(struct rbridge *rb)
{
	uint32_t max = rb->config.stations_max, age = rb->config.arp_age_s;
	struct arp_proxy_config config = {.max = max ? max : RBRIDGE_STATIONS_MAX,
		.age_s = age ? age : IP_CACHE_AGE_S(MAC_AGE_S_DEFAULT),
		.answer = true,
		.verify = rb->config.arp_proxy, /* only then the owner's answer comes up */
		.confidence = MAC_CONFIDENCE_DATA,
		.send = on_send,
		.local = on_local,
		.event = on_event,
		.arg = rb};

	timer_init(&rb->arp_timer, arp_fire, rb);
	random_bytes(rb->env.random, config.secret, sizeof(config.secret));
	rb->arp = arp_proxy_new(&config);
	return rb->arp;
}

void rbridge_arp_fini(struct rbridge *rb)
{
	arp_proxy_free(rb->arp);
	rb->arp = NULL;
}

void rbridge_arp_follow(struct rbridge *rb, bool on, struct mono now)
{
	if (on == rb->config.arp_proxy)
		return;
	rb->config.arp_proxy = on;
	arp_proxy_verify_set(rb->arp, on);
	rbridge_topology_changed(rb, now); /* the data plane is told whether they come up */
}

void rbridge_arp_mac(struct rbridge *rb, const struct mac *mac)
{
	arp_proxy_mac_set(rb->arp, mac);
}

void rbridge_arp_take(struct rbridge_port *port, const struct ethernet *outer,
	const uint8_t *payload, size_t len, struct mono now)
{
	uint16_t vlan = outer->vlan ? outer->vlan : port->config.pvid;
	struct untagged u = {.number = rbridge_label_number(port, vlan),
		.priority = outer->priority,
		.dei = outer->dei};
	struct arp_proxy_out out;
	uint8_t frame[FRAME_MAX];
	struct wire_writer w;

	wire_writer_init(&w, frame, sizeof(frame));
	mac_put(&w, &outer->da);
	mac_put(&w, &outer->sa);
	wire_put_bytes(&w, payload, len);
	if (!port->rb->config.arp_proxy || !wire_written(&w) ||
		rbridge_is_anycast(port->rb, &outer->sa) ||
		!vlan_set_has(rbridge_native_appointed(port), vlan)) {
		port->counters.other++;
		return;
	}
	u.bytes = frame;
	u.len = w.pos;
	switch (arp_proxy_local(port->rb->arp, labels_label(&port->rb->labels, u.number),
		port->number, frame, w.pos, now, &out)) {
	case ARP_PROXY_OTHER:
	case ARP_PROXY_MALFORMED:
	case ARP_PROXY_FORWARDED:
		if (mac_is_group(&outer->da))
			flood_out(port, &u);
		break;
	case ARP_PROXY_ANSWERED: /* as urgent as the question */
		u.bytes = out.frame;
		u.len = out.len;
		native_out(port, &u);
		break;
	case ARP_PROXY_UNICAST:
		u.bytes = out.frame;
		u.len = out.len;
		unicast_out(port->rb, out.egress, &u);
		break;
	default: /* dropped, and counted there */
		break;
	}
	kick(port->rb);
}

void rbridge_arp_remote(struct rbridge *rb, const struct data_frame *f, struct mono now)
{
	uint8_t frame[FRAME_MAX];
	struct wire_writer w;

	if (rbridge_is_anycast(rb, &f->inner.sa))
		return;
	wire_writer_init(&w, frame, sizeof(frame));
	mac_put(&w, &f->inner.da);
	mac_put(&w, &f->inner.sa);
	wire_put_bytes(&w, f->payload, f->payload_len);
	if (!wire_written(&w))
		return;
	arp_proxy_remote(rb->arp, f->inner.label, f->header.ingress, frame, w.pos, now);
	kick(rb);
}

/* RFC 903, as QEMU sends it where a guest has arrived: who asks for an address of its own. It
 * tells none. */
static bool is_rarp(const uint8_t *frame, size_t len)
{
	static const uint8_t head[] = {0x80, 0x35, 0, 1, 0x08, 0x00, MAC_LEN, 4, 0};
	enum { OPERATION_AT = 21, SENDER_AT = 22, LEN = 42, ASKS = 3, ANSWERS = 4 };

	return len >= LEN && !memcmp(frame + ETHERTYPE_AT, head, sizeof(head)) &&
	       (frame[OPERATION_AT] == ASKS || frame[OPERATION_AT] == ANSWERS) &&
	       !memcmp(frame + SENDER_AT, frame + MAC_LEN, MAC_LEN);
}

void rbridge_heard(struct rbridge *rb, uint16_t port, uint16_t vlan, const uint8_t *frame,
	size_t len, struct mono now)
{
	struct mac sender;
	uint16_t number;

	rb->now = now;
	if (port >= RBRIDGE_PORTS_MAX || !rb->ports[port].up || !vlan_usable(vlan))
		return;
	number = rbridge_label_number(&rb->ports[port], vlan);
	if (!rbridge_label_served(&rb->ports[port], number) || len < 2 * MAC_LEN)
		return; /* of a port that has just lost the VLAN */
	sender = mac_of(frame + MAC_LEN);
	if (rbridge_is_anycast(rb, &sender))
		return;
	if (is_rarp(frame, len)) {
		rbridge_station_heard(rb, number, &sender, port);
	} else {
		arp_proxy_heard(rb->arp, labels_label(&rb->labels, number), port, frame, len, now);
	}
	kick(rb);
}

void rbridge_arp_told(struct rbridge *rb, uint16_t vlan, uint16_t nickname, const struct mac *mac,
	const struct address *ip, uint8_t confidence, bool gone)
{
	arp_proxy_told(rb->arp, labels_label(&rb->labels, vlan), nickname, mac, ip, confidence,
		gone, rb->now);
	kick(rb);
}

void rbridge_arp_attested(struct rbridge *rb, const struct mac_entry *e, bool is)
{
	struct ip_claim claim = {.label = e->label,
		.mac = e->mac,
		.place = e->place,
		.confidence = e->confidence,
		.origin = MAC_ATTESTED};

	if (!is)
		ip_cache_forget_mac(arp_proxy_cache(rb->arp), e->label, &e->mac, &e->place);
	for (unsigned int i = 0; is && i < ip_list_count(&e->ips); i++) {
		claim.ip = ip_list_at(&e->ips, i);
		ip_cache_learn(arp_proxy_cache(rb->arp), &claim, rb->now);
	}
	kick(rb);
}

/* Another's claim to one of them stands, until the station says that it has it. */
void rbridge_arp_arrived(struct rbridge *rb, const struct mac_entry *e)
{
	struct ip_claim claim = {.label = e->label,
		.mac = e->mac,
		.place = e->place,
		.confidence = MAC_CONFIDENCE_DATA,
		.origin = MAC_LOCAL};
	struct ip_list ips = e->ips;

	for (unsigned int i = 0; i < ip_list_count(&ips); i++) {
		claim.ip = ip_list_at(&ips, i);
		if (ip_cache_would(arp_proxy_cache(rb->arp), &claim) <= IP_MOVED)
			ip_cache_learn(arp_proxy_cache(rb->arp), &claim, rb->now);
	}
	kick(rb);
}

void rbridge_arp_gone(struct rbridge *rb, const struct mac_entry *e)
{
	ip_cache_forget_mac(arp_proxy_cache(rb->arp), e->label, &e->mac, &e->place);
	kick(rb);
}

void rbridge_arp_flush(struct rbridge *rb, const struct flush *f)
{
	ip_cache_flush(arp_proxy_cache(rb->arp), f);
}

void rbridge_arp_left(struct rbridge *rb, const uint16_t *nickname, const struct label_set *set)
{
	ip_cache_forget_remote(arp_proxy_cache(rb->arp), nickname, set, &rb->labels);
}

void rbridge_arp_port_down(struct rbridge_port *port)
{
	ip_cache_forget_port(arp_proxy_cache(port->rb->arp), port->number);
}

const struct arp_proxy *rbridge_arp(const struct rbridge *rb)
{
	return rb->arp;
}
