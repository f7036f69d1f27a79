/* See arp_nd.h. ARP is a fixed record of 28 bytes; ND an ICMPv6 message that must come from this
 * link (hop limit 255) with a right checksum. */
#include "lib/net/arp_nd.h"

#include <string.h>

#include "lib/base/wire.h"
#include "lib/net/checksum.h"

#define ETHERTYPE_ARP_  0x0806
#define ETHERTYPE_IPV6_ 0x86dd
#define ICMPV6          58
#define TYPE_SOLICIT    135
#define TYPE_ADVERT     136
#define FLAG_ROUTER     0x80
#define FLAG_SOLICITED  0x40
#define FLAG_OVERRIDE   0x20
#define IP6_OFFSET      14
#define ICMP_OFFSET     54

static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static void mac_get(struct wire_reader *r, uint8_t mac[6])
{
	const uint8_t *p = wire_get_bytes(r, 6, "mac");

	if (p)
		memcpy(mac, p, 6);
}

static void address_get(struct wire_reader *r, struct address *a, uint16_t afi, size_t len)
{
	const uint8_t *p = wire_get_bytes(r, len, "address");

	if (p)
		address_set(a, afi, p, len);
}

static const char *arp_read(struct arp_nd *m, struct wire_reader *r)
{
	uint16_t operation;

	if (wire_get_u16(r, "hardware type") != 1 || wire_get_u16(r, "protocol") != 0x0800 ||
		wire_get_u8(r, "hardware length") != 6 || wire_get_u8(r, "protocol length") != 4)
		return wire_ok(r) ? "ARP for other than IPv4 over Ethernet" : "ARP truncated";
	operation = wire_get_u16(r, "operation");
	mac_get(r, m->mac);
	address_get(r, &m->sender, AFI_IPV4, 4);
	mac_get(r, m->target_mac);
	address_get(r, &m->target, AFI_IPV4, 4);
	if (!wire_ok(r))
		return "ARP truncated";
	if (operation != 1 && operation != 2)
		return "ARP operation is neither request nor reply";
	m->type = operation == 1 ? ARP_REQUEST : ARP_REPLY;
	m->has_mac = true;
	return NULL;
}

/* Options from here to the end (RFC 4861 section 4.6): the link-layer address of the type wanted.
 */
static const char *options_read(struct arp_nd *m, struct wire_reader *r)
{
	const uint8_t wanted = m->type == ND_SOLICIT ? 1 : 2;

	while (wire_left(r) > 0) {
		uint8_t type = wire_get_u8(r, "option");
		uint8_t units = wire_get_u8(r, "option length");
		const uint8_t *body;

		if (wire_ok(r) && units == 0)
			return "ND option of length 0";
		body = wire_get_bytes(r, 8u * units - 2u, "option");
		if (body && type == wanted && units == 1) {
			memcpy(m->mac, body, 6);
			m->has_mac = true;
		}
	}
	return wire_ok(r) ? NULL : "ND option truncated";
}

/* ff02::1:ffXX:XXXX of @target (RFC 4291 section 2.7.1). */
static struct address solicited_node(const struct address *target)
{
	struct address a = {
		.afi = AFI_IPV6, .len = 16, .bytes = {0xff, 0x02, [11] = 1, [12] = 0xff}};

	memcpy(a.bytes + 13, target->bytes + 13, 3);
	return a;
}

/* RFC 4861 sections 7.1.1 and 7.1.2, besides what the reading itself checked. */
static const char *nd_rules(const struct arp_nd *m)
{
	struct address group = solicited_node(&m->target);

	if (address_is_multicast(&m->target))
		return "ND target is a multicast address";
	if (address_is_multicast(&m->sender)) /* RFC 4291 section 2.7 */
		return "ND source is a multicast address";
	if (m->type == ND_ADVERT)
		return m->solicited && address_is_multicast(&m->ip_to)
			       ? "solicited ND advertisement to a group"
			       : NULL;
	if (!address_is_unspecified(&m->sender))
		return NULL;
	if (!address_equal(&m->ip_to, &group))
		return "ND solicitation without source goes elsewhere than to the solicited-node group";
	return m->has_mac ? "ND solicitation without source has a link-layer address" : NULL;
}

static const char *icmp_read(struct arp_nd *m, struct wire_reader *r)
{
	uint8_t type = wire_get_u8(r, "type"), code = wire_get_u8(r, "code"), flags;
	const char *why;

	wire_get_u16(r, "checksum");
	flags = wire_get_u8(r, "flags");
	wire_get_u24(r, "reserved");
	address_get(r, &m->target, AFI_IPV6, 16);
	if (!wire_ok(r))
		return "ND truncated";
	if (code != 0)
		return "ND code is not 0";
	m->type = type == TYPE_SOLICIT ? ND_SOLICIT : ND_ADVERT;
	if (m->type == ND_ADVERT) {
		m->router = flags & FLAG_ROUTER;
		m->solicited = flags & FLAG_SOLICITED;
		m->override = flags & FLAG_OVERRIDE;
	}
	why = options_read(m, r);
	return why ? why : nd_rules(m);
}

/* Sets *@other when it is no ND at all. */
static const char *nd_read(struct arp_nd *m, struct wire_reader *r, bool *other)
{
	uint16_t length;
	uint8_t next, hops;
	struct wire_reader body;
	const uint8_t *p;

	wire_get_u32(r, "version");
	length = wire_get_u16(r, "payload length");
	next = wire_get_u8(r, "next header");
	hops = wire_get_u8(r, "hop limit");
	address_get(r, &m->sender, AFI_IPV6, 16);
	address_get(r, &m->ip_to, AFI_IPV6, 16);
	p = r->buf + r->pos;
	body = wire_get_sub(r, length, "payload");
	*other = !wire_ok(r) || next != ICMPV6 || length < 1 ||
		 (p[0] != TYPE_SOLICIT && p[0] != TYPE_ADVERT);
	if (*other)
		return NULL;
	if (hops != 255)
		return "ND hop limit is not 255: it does not come from this link";
	if (checksum_upper(&m->sender, &m->ip_to, ICMPV6, p, length) != 0)
		return "ND checksum is wrong";
	return icmp_read(m, &body);
}

bool arp_nd_parse(struct arp_nd *m, const void *frame, size_t len, const char **why)
{
	struct wire_fault fault;
	struct wire_reader r;
	bool other = false;
	uint16_t ethertype;

	memset(m, 0, sizeof(*m));
	wire_reader_init(&r, frame, len, &fault);
	mac_get(&r, m->eth_to);
	mac_get(&r, m->eth_from);
	ethertype = wire_get_u16(&r, "ethertype");
	*why = NULL;
	if (ethertype == ETHERTYPE_ARP_)
		*why = arp_read(m, &r);
	else if (ethertype == ETHERTYPE_IPV6_)
		*why = nd_read(m, &r, &other);
	else
		return false;
	return !other && !*why;
}

const struct address *arp_nd_told(const struct arp_nd *m)
{
	const struct address *a = m->type == ND_ADVERT ? &m->target : &m->sender;

	return m->has_mac && !address_is_unspecified(a) ? a : NULL;
}

static void arp_write(const struct arp_nd *m, struct wire_writer *w)
{
	wire_put_u16(w, ETHERTYPE_ARP_);
	wire_put_u16(w, 1);
	wire_put_u16(w, 0x0800);
	wire_put_u8(w, 6);
	wire_put_u8(w, 4);
	wire_put_u16(w, m->type == ARP_REQUEST ? 1 : 2);
	wire_put_bytes(w, m->mac, 6);
	wire_put_bytes(w, m->sender.bytes, 4);
	wire_put_bytes(w, m->target_mac, 6);
	wire_put_bytes(w, m->target.bytes, 4);
}

static void nd_write(const struct arp_nd *m, struct wire_writer *w)
{
	const uint16_t length = m->has_mac ? 32 : 24;
	uint32_t flags = 0;

	if (m->type == ND_ADVERT)
		flags = (m->router ? FLAG_ROUTER : 0u) | (m->solicited ? FLAG_SOLICITED : 0u) |
			(m->override ? FLAG_OVERRIDE : 0u);
	wire_put_u16(w, ETHERTYPE_IPV6_);
	wire_put_u32(w, 0x60000000);
	wire_put_u16(w, length);
	wire_put_u8(w, ICMPV6);
	wire_put_u8(w, 255);
	wire_put_bytes(w, m->sender.bytes, 16);
	wire_put_bytes(w, m->ip_to.bytes, 16);
	wire_put_u8(w, m->type == ND_SOLICIT ? TYPE_SOLICIT : TYPE_ADVERT);
	wire_put_u8(w, 0);
	wire_put_u16(w, 0);
	wire_put_u8(w, flags);
	wire_put_u24(w, 0);
	wire_put_bytes(w, m->target.bytes, 16);
	if (m->has_mac) {
		wire_put_u8(w, m->type == ND_SOLICIT ? 1 : 2);
		wire_put_u8(w, 1);
		wire_put_bytes(w, m->mac, 6);
	}
	wire_patch_u16(w, ICMP_OFFSET + 2,
		checksum_upper(&m->sender, &m->ip_to, ICMPV6, w->buf + ICMP_OFFSET, length));
}

size_t arp_nd_build(const struct arp_nd *m, uint8_t frame[ARP_ND_MAX])
{
	bool arp = m->type == ARP_REQUEST || m->type == ARP_REPLY;
	uint16_t afi = arp ? AFI_IPV4 : AFI_IPV6;
	struct wire_writer w;

	if (m->sender.afi != afi || m->target.afi != afi || (!arp && m->ip_to.afi != afi))
		return 0;
	if (arp && !m->has_mac)
		return 0;
	wire_writer_init(&w, frame, ARP_ND_MAX);
	wire_put_bytes(&w, m->eth_to, 6);
	wire_put_bytes(&w, m->eth_from, 6);
	if (arp)
		arp_write(m, &w);
	else
		nd_write(m, &w);
	return wire_written(&w) ? w.pos : 0;
}

static void from_mac(struct arp_nd *m, enum arp_nd_type type, const uint8_t mac[6])
{
	memset(m, 0, sizeof(*m));
	m->type = type;
	m->has_mac = true;
	memcpy(m->mac, mac, 6);
	memcpy(m->eth_from, mac, 6);
}

/* To the IPv6 group @group, and its MAC (RFC 2464 section 7). */
static void to_group(struct arp_nd *m, const struct address *group)
{
	m->ip_to = *group;
	m->eth_to[0] = m->eth_to[1] = 0x33;
	memcpy(m->eth_to + 2, group->bytes + 12, 4);
}

bool arp_nd_ask(struct arp_nd *m, const uint8_t mac[6], const struct address *sender,
	const struct address *target, const uint8_t *to)
{
	struct address group;

	if (!address_is_ip(target) || sender->afi != target->afi)
		return false;
	from_mac(m, target->afi == AFI_IPV4 ? ARP_REQUEST : ND_SOLICIT, mac);
	m->sender = *sender;
	m->target = *target;
	if (m->type == ARP_REQUEST) {
		memcpy(m->eth_to, to ? to : broadcast, 6);
		return true;
	}
	group = solicited_node(target);
	to_group(m, &group);
	m->has_mac = !address_is_unspecified(sender);
	if (to) {
		memcpy(m->eth_to, to, 6);
		if (m->has_mac) /* a probe without source must go to the group */
			m->ip_to = *target;
	}
	return true;
}

bool arp_nd_answer(struct arp_nd *m, const struct arp_nd *question, const uint8_t mac[6])
{
	static const struct address all_nodes = {
		.afi = AFI_IPV6, .len = 16, .bytes = {0xff, 0x02, [15] = 1}};

	if (question->type != ARP_REQUEST && question->type != ND_SOLICIT)
		return false;
	from_mac(m, question->type == ARP_REQUEST ? ARP_REPLY : ND_ADVERT, mac);
	m->sender = question->target;
	m->target = question->target;
	memcpy(m->eth_to, question->eth_from, 6);
	if (m->type == ARP_REPLY) {
		m->target = question->sender;
		memcpy(m->target_mac, question->mac, 6);
		return true;
	}
	/* RFC 4861 section 7.2.4: who has no address yet is told through all nodes, unsolicited. */
	m->solicited = !address_is_unspecified(&question->sender);
	if (m->solicited)
		m->ip_to = question->sender;
	else
		to_group(m, &all_nodes);
	m->override = true;
	return true;
}

bool arp_nd_announce(struct arp_nd *m, const uint8_t mac[6], const struct address *addr)
{
	struct arp_nd nobody = {.type = ND_SOLICIT, .target = *addr};

	if (addr->afi == AFI_IPV4) /* RFC 5227 section 3: the request form */
		return arp_nd_ask(m, mac, addr, addr, NULL);
	if (addr->afi != AFI_IPV6)
		return false;
	nobody.sender = (struct address){.afi = AFI_IPV6, .len = 16};
	return arp_nd_answer(m, &nobody, mac);
}
