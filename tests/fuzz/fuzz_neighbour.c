/* ARP and neighbour discovery, as machines behind a site port may send it: the codec, then the
 * xTR's core that answers. An input is a list of: what (1 byte), length (1 byte), that many bytes.
 * A frame is given to both; its ND checksum may be put right first. Between them mappings come,
 * hosts are found and leave, and time passes.
 *
 * What must hold: what parses is built and parses to the same; one frame in draws one answer at
 * most, now or when a mapping comes; an answer is an answer, from the gateway's MAC and of it, to
 * who asked or, by ND, to all nodes; nothing is answered for the host that stays here. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rcu.h"
#include "lib/net/checksum.h"
#include "tests/fuzz/need.h"
#include "tests/fuzz/script.h"
#include "tests/unit/xtr_world.h"

#define RECORDS_MAX 200
#define STAYS       "10.1.0.5/32"
#define MOVES       "10.1.0.6/32"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t gateway[6] = {0x02, 0, 0x5e, 0, 1, 1};
static const uint8_t own[6] = {0x02, 0, 0x0a, 0, 1, 2};

static bool same(const struct arp_nd *a, const struct arp_nd *b)
{
	return a->type == b->type && !memcmp(a->eth_to, b->eth_to, 6) &&
	       !memcmp(a->eth_from, b->eth_from, 6) && address_equal(&a->sender, &b->sender) &&
	       address_equal(&a->ip_to, &b->ip_to) && address_equal(&a->target, &b->target) &&
	       a->has_mac == b->has_mac && !memcmp(a->mac, b->mac, 6) &&
	       !memcmp(a->target_mac, b->target_mac, 6) && a->router == b->router &&
	       a->solicited == b->solicited && a->override == b->override;
}

static void codec(const uint8_t *frame, size_t len)
{
	uint8_t built[ARP_ND_MAX];
	struct arp_nd m, again;
	const char *why = NULL;
	size_t n;

	if (!arp_nd_parse(&m, frame, len, &why))
		return;
	need(!why);
	n = arp_nd_build(&m, built);
	need(n > 0 && n <= ARP_ND_MAX);
	need(arp_nd_parse(&again, built, n, &why));
	need(same(&m, &again));
}

/* Of ND behind 14 bytes of Ethernet and 40 of IPv6. */
static void mend(uint8_t *frame, size_t len)
{
	struct address from, to;
	uint16_t sum, length;

	if (len < 58 || frame[12] != 0x86)
		return;
	length = (uint16_t)(frame[18] << 8 | frame[19]);
	if (length > len - 54 || length < 4)
		return;
	address_set(&from, AFI_IPV6, frame + 22, 16);
	address_set(&to, AFI_IPV6, frame + 38, 16);
	frame[56] = frame[57] = 0;
	sum = checksum_upper(&from, &to, 58, frame + 54, length);
	frame[56] = (uint8_t)(sum >> 8);
	frame[57] = (uint8_t)sum;
}

static void check_answer(const struct world_frame *f, const struct router_site_port *port)
{
	static const uint8_t stays[] = {10, 1, 0, 5};
	struct arp_nd m;
	const char *why;

	need(f->ifindex == port->ifindex);
	need(arp_nd_parse(&m, f->bytes, f->len, &why));
	need(m.type == ARP_REPLY || m.type == ND_ADVERT);
	need(m.has_mac && !memcmp(m.mac, gateway, 6) && !memcmp(m.eth_from, own, 6));
	need(memcmp(m.eth_to, gateway, 6) != 0);
	need(!(m.eth_to[0] & 1) || (m.type == ND_ADVERT && !m.solicited));
	if (m.type == ARP_REPLY)
		need(memcmp(m.sender.bytes, stays, 4) != 0);
	if (m.type == ND_ADVERT)
		need(m.solicited == !address_is_multicast(&m.ip_to));
}

static void ask(struct world *w, struct script *s, size_t len, bool put_right)
{
	struct router_site_port port = {.ifindex = 3,
		.mac = {0x02, 0, 0x5e, 0, 1, 1},
		.own = {0x02, 0, 0x0a, 0, 1, 2}, /* own[] */
		.gateway4 = world_address("10.1.0.1"),
		.gateway6 = world_address("2001:db8:e:1::1")};
	unsigned int before = w->frame_count;
	uint8_t *frame =
		malloc(len ? len : 1); /* its own block, so that a read past the end shows */

	need(frame);
	memcpy(frame, s->at, len);
	if (put_right)
		mend(frame, len);
	codec(frame, len);
	world_question(w, &port, frame, len);
	need(w->frame_count <= before + 1);
	if (w->frame_count > before)
		check_answer(&w->frames[before % 512], &port);
	free(frame);
}

/* Whatever is being looked up is found, or is nowhere. */
static void resolve(struct world *w, bool found)
{
	static const char *const peer[] = {"198.51.100.7", NULL};
	const struct router_site_port port = {.ifindex = 3};
	struct map_request m;
	struct map_request_record asked;
	unsigned int before = w->frame_count;
	char eid[EID_TEXT];

	if (!world_has(w, LISP_ECM))
		return;
	m = world_take_request(w);
	need(map_request_next(&m, &asked));
	world_reply(w, m.nonce, eid_format(&asked.eid.eid, eid, sizeof(eid)), 1440,
		found ? LISP_ACT_NONE : LISP_ACT_NATIVE_FORWARD, found ? peer : NULL);
	for (; before != w->frame_count; before++)
		check_answer(&w->frames[before % 512], &port);
}

static void leave(struct world *w)
{
	struct move m;

	if (!world_has(w, LISP_EXTENSION))
		return;
	m = world_take_move(w, MOVE_CLAIM);
	world_move(w, MOVE_GRANTED, m.nonce, m.seq + 1, MOVES, "192.0.2.1", true);
	world_move(w, MOVE_NOTIFY, 1000 + m.nonce, m.seq + 2, MOVES, "198.51.100.7", false);
	world_pass(w, 30);
	world_forget(w);
}

static void step(struct world *w, struct script *s)
{
	uint8_t what = script_u8(s);
	size_t len = script_u8(s);

	if (len > (size_t)(s->end - s->at))
		len = (size_t)(s->end - s->at);
	switch (what % 8) {
	case 4:
		resolve(w, len & 1);
		break;
	case 5:
		world_pass(w, len * 20);
		break;
	case 6:
		world_forget(w);
		world_host(w, MOVES, 3, true);
		break;
	case 7:
		leave(w);
		break;
	default:
		ask(w, s, len, what & 1);
	}
	s->at += len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script s = {.at = data, .end = data + size};
	struct world *w;
	struct eid eid;

	rcu_thread_start();
	w = world_new(POLICY_SUNWARD);
	eid = world_eid("2001:db8:e:1::/64");
	policy_add_dynamic(&w->policy, &eid);
	world_start(w);
	world_host(w, STAYS, 3, true);
	world_forget(w);
	for (unsigned int i = 0; i < RECORDS_MAX && !script_over(&s); i++) {
		step(w, &s);
		if (w->sent_count > WORLD_SENT_MAX / 2)
			world_forget(w);
	}
	world_free(w);
	rcu_thread_stop();
	return 0;
}
