/* standin_tap: the traffic side of standin: the frames that come to the guests' taps. A guest that
 * runs answers ARP and echo requests and counts what spray.c sends it; one that does not run reads
 * nothing. See standin.h. */
#include "tests/lab/standin.h"
#include "tests/lab/spray.h"
#include "tests/lab/stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/icmp.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <net/ethernet.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define FRAMES_AT_ONCE 256

struct echo {
	struct ether_header eth;
	struct iphdr ip; /* without options */
	struct icmphdr icmp;
} __attribute__((packed));

struct arp_frame {
	struct ether_header eth;
	struct ether_arp arp;
} __attribute__((packed));

static void mac_of(unsigned int guest, uint8_t mac[6])
{
	const uint8_t bytes[6] = {
		0x52, 0x54, 0, 0x53, (uint8_t)(guest >> 8), (uint8_t)(guest & 0xff)};

	memcpy(mac, bytes, 6);
}

/* The guest with this address (network order) that runs behind @t; NULL: none does. A bridge floods
 * what it does not know. */
static struct monitor *runner(struct tap *t, uint32_t address)
{
	struct place *place = t->place;
	uint32_t guest = ntohl(address) - place->s->first;

	return guest < place->s->guests && place->monitors[guest].run == RUNS &&
			       tap_of(place, guest) == t
		       ? &place->monitors[guest]
		       : NULL;
}

static void put(struct tap *t, const void *frame, size_t len)
{
	if (write(t->source.fd, frame, len) < 0 && errno != EAGAIN && errno != EIO)
		die("standin: tap");
}

/* As QEMU announces a guest: bridges learn where it is. */
static void announce(struct monitor *m)
{
	struct place *place = m->place;
	struct arp_frame f = {.eth.ether_type = htons(ETHERTYPE_ARP),
		.arp.ea_hdr = {htons(1), htons(ETHERTYPE_IP), 6, 4, htons(ARPOP_REQUEST)}};
	uint32_t address = htonl(place->s->first + m->guest);

	memset(f.eth.ether_dhost, 0xff, 6);
	mac_of(m->guest, f.eth.ether_shost);
	memcpy(f.arp.arp_sha, f.eth.ether_shost, 6);
	memcpy(f.arp.arp_spa, &address, 4);
	memcpy(f.arp.arp_tpa, &address, 4);
	put(tap_of(place, m->guest), &f, sizeof(f));
}

static void take_arp(struct tap *t, struct arp_frame *f)
{
	struct monitor *m;
	uint32_t who;

	memcpy(&who, f->arp.arp_tpa, 4);
	m = runner(t, who);
	if (!m || f->arp.arp_op != htons(ARPOP_REQUEST) || !memcmp(f->arp.arp_spa, &who, 4))
		return;
	f->arp.arp_op = htons(ARPOP_REPLY);
	memcpy(f->arp.arp_tha, f->arp.arp_sha, 6);
	memcpy(f->arp.arp_tpa, f->arp.arp_spa, 4);
	mac_of(m->guest, f->arp.arp_sha);
	memcpy(f->arp.arp_spa, &who, 4);
	memcpy(f->eth.ether_dhost, f->eth.ether_shost, 6);
	memcpy(f->eth.ether_shost, f->arp.arp_sha, 6);
	put(t, f, sizeof(*f));
}

static void take_echo(struct tap *t, struct echo *f, size_t len)
{
	uint32_t address = f->ip.daddr, sum;
	uint8_t mac[6];

	if (f->icmp.type != ICMP_ECHO)
		return;
	f->icmp.type = ICMP_ECHOREPLY;
	sum = (uint32_t)ntohs(f->icmp.checksum) + (ICMP_ECHO << 8);
	f->icmp.checksum = htons((uint16_t)(sum + (sum >> 16)));
	f->ip.daddr = f->ip.saddr;
	f->ip.saddr = address;
	memcpy(mac, f->eth.ether_shost, 6);
	memcpy(f->eth.ether_shost, f->eth.ether_dhost, 6);
	memcpy(f->eth.ether_dhost, mac, 6);
	put(t, f, len);
}

static void begin_series(struct seen *c, uint64_t cookie)
{
	uint8_t *had = c->had ? c->had : malloc(SPRAY_MAX / 8);

	if (!had)
		die("standin: memory");
	memset(had, 0, SPRAY_MAX / 8);
	*c = (struct seen){.cookie = cookie, .had = had};
}

static void count(struct seen *c, const struct spray_body *body, uint8_t hops, uint64_t now)
{
	if (body->cookie != c->cookie || !c->had)
		begin_series(c, body->cookie);
	if (body->seq >= SPRAY_MAX)
		return;
	if (c->had[body->seq / 8] & 1u << body->seq % 8) {
		c->duplicated++;
		return;
	}
	c->had[body->seq / 8] |= (uint8_t)(1u << body->seq % 8);
	c->received++;
	if (body->seq < c->highest)
		c->reordered++;
	else
		c->highest = body->seq;
	if (c->last_ns && now - c->last_ns > c->gap_ns)
		c->gap_ns = now - c->last_ns;
	c->last_ns = now;
	c->hops = hops;
	if (c->resumed_ns && !c->first_ns)
		c->first_ns = now;
	if (c->resumed_ns && !c->straight_ns && hops == c->hops_before)
		c->straight_ns = now;
}

static void take_ip(struct tap *t, uint8_t *frame, size_t len, uint64_t now)
{
	struct echo *f = (struct echo *)frame;
	struct monitor *m;
	struct spray_body body;
	struct udphdr udp;

	if (len < sizeof(*f) || f->ip.version != 4 || f->ip.ihl != 5)
		return;
	m = runner(t, f->ip.daddr);
	if (!m)
		return;
	if (f->ip.protocol == IPPROTO_ICMP) {
		take_echo(t, f, len);
	} else if (f->ip.protocol == IPPROTO_UDP &&
		   len >= sizeof(f->eth) + sizeof(f->ip) + sizeof(udp) + sizeof(body)) {
		memcpy(&udp, &f->icmp, sizeof(udp));
		memcpy(&body, frame + sizeof(f->eth) + sizeof(f->ip) + sizeof(udp), sizeof(body));
		if (udp.uh_dport == htons(SPRAY_PORT))
			count(&t->place->s->seen[m->guest], &body, f->ip.ttl, now);
	}
}

/* False: none waits. */
static bool take_frame(struct tap *t, uint64_t now)
{
	uint8_t frame[4096] __attribute__((aligned(8)));
	ssize_t n = read(t->source.fd, frame, sizeof(frame));
	struct ether_header eth;

	if (n < 0)
		return false;
	if ((size_t)n < sizeof(eth))
		return true;
	memcpy(&eth, frame, sizeof(eth));
	if (eth.ether_type == htons(ETHERTYPE_IP))
		take_ip(t, frame, (size_t)n, now);
	else if (eth.ether_type == htons(ETHERTYPE_ARP) && (size_t)n >= sizeof(struct arp_frame))
		take_arp(t, (struct arp_frame *)frame);
	return true;
}

static void on_tap(struct source *source)
{
	struct tap *t = (struct tap *)source;
	uint64_t now = now_ns();

	if (!t->running && t->takes_one && take_frame(t, now)) {
		t->takes_one = false;
		ignore(t->place->s, source);
	}
	for (int i = 0; t->running && i < FRAMES_AT_ONCE; i++)
		if (!take_frame(t, now))
			break;
}

void tap_drain(struct tap *t)
{
	if (t->takes_one)
		ignore(t->place->s, &t->source);
	t->takes_one = false;
	while (take_frame(t, now_ns()))
		;
}

static void tap_open(struct tap *t, unsigned int number)
{
	struct ifreq ifr = {.ifr_flags = IFF_TAP | IFF_NO_PI};

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "tap%u", number);
	t->source.fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (t->source.fd < 0 || ioctl(t->source.fd, TUNSETIFF, &ifr))
		die(ifr.ifr_name);
}

static void enter(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	close(fd);
}

void taps_open(struct place *place)
{
	char there[128], here[64];
	int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	snprintf(there, sizeof(there), "/run/netns/%s", place->netns);
	snprintf(here, sizeof(here), "/proc/self/fd/%d", own);
	place->taps = calloc(place->s->taps_each, sizeof(*place->taps));
	if (own < 0 || !place->taps)
		die("standin: taps");
	enter(there);
	for (unsigned int i = 0; i < place->s->taps_each; i++) {
		place->taps[i].place = place;
		tap_open(&place->taps[i], i);
	}
	enter(here);
	close(own);
}

struct tap *tap_of(struct place *place, unsigned int guest)
{
	return &place->taps[guest % place->s->taps_each];
}

/* What nobody reads stays in the tap's queue, where an agent looks for it; but for one packet,
 * which QEMU takes after it has stopped the guest, where it reads the tap itself. */
void tap_run(struct monitor *m, bool runs)
{
	struct tap *t = tap_of(m->place, m->guest);

	if (runs) {
		m->run = RUNS;
		if (!t->running++ && !t->takes_one)
			watch(m->place->s, &t->source, on_tap);
		t->takes_one = false;
		announce(m);
	} else if (m->run == RUNS && !--t->running) {
		t->takes_one = true;
	}
}
