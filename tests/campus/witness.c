/* witness: sends numbered probes between a campus's end stations and watches every link between its
 * RBridges: shows whether a copy of a frame comes to where it has been, and how soon all stations
 * reach each other again.
 *
 * The wires: a network namespace through which every link leads, with a port wAB where frames of
 * RBridge A to RBridge B come in (A and B are digits). Each station has an Ethernet port in a
 * namespace of its own, a VLAN, and the RBridge that it is at. At each tick each sends a probe to
 * one other station of its VLAN (in turn), one to all, and one to a MAC that nobody has.
 *
 * Input: lines "rest MS": nothing is changed from now on; answered, by a line of JSON, once for a
 * whole second each probe has reached whom it should exactly once, or after MS. At the end of its
 * input it says in a last line what became of all. It knows nothing of what is done to the links.
 *
 * usage: witness --wires NETNS [--interval-us N] NETNS:DEVICE:VLAN:RBRIDGE... */
#include "lib/net/packet.h"
#include "tests/campus/probes.h"
#include "tests/lab/stream.h"
#include "tests/lab/there.h"
#include "tests/lab/tool.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ETHERTYPE_PROBE ETH_P_802_EX1 /* for local experiments */
#define ETHERTYPE_TRILL 0x22F3
#define PORTS_MAX       1024 /* interfaces of the wires, by index */
#define BATCH           64
#define SEEN_LEN        96 /* of a frame: probes end before */
#define BURST_MAX       20 /* ticks made good at once */
#define CALM_NS         1000000000ull
#define BUFFER          (16 << 20)

struct probe_frame {
	uint8_t to[ETH_ALEN], from[ETH_ALEN];
	uint16_t type;
	struct probe_id id;
	uint8_t pad[60 - 14 - sizeof(struct probe_id)];
} __attribute__((packed));

struct trill_frame { /* RFC 7780 section 10.2, without flags word */
	uint8_t to[ETH_ALEN], from[ETH_ALEN];
	uint16_t type, head, egress, ingress;
	uint8_t inner_to[ETH_ALEN], inner_from[ETH_ALEN];
	uint16_t tag, tci, inner_type;
	struct probe_id id;
} __attribute__((packed));

struct station {
	int fd;
	uint8_t mac[ETH_ALEN];
};

struct wire {
	uint8_t from, to; /* RBridges; 0: no port of a link */
};

struct witness {
	uint32_t run, tick;
	uint64_t interval_ns, next_ns, slept_ns; /* slept: this program itself was late, at most */
	struct probes *probes;
	unsigned int stations;
	struct station station[PROBES_STATIONS];
	struct probe_station where[PROBES_STATIONS];
	int wires;
	struct wire wire[PORTS_MAX];
	uint64_t unread; /* frames that the kernel had no room for */
	bool resting;
	uint64_t rest_ns, deadline_ns;
	char input[64];
	size_t input_len;
};

static struct sock_filter type_code[] = {
	{0x28, 0, 0, 12}, /* load the Ethertype */
	{0x15, 0, 1, 0},  /* is it that */
	{0x06, 0, 0, 0x40000},
	{0x06, 0, 0, 0},
};

/* All frames of @type that come in at @ifindex (0: anywhere here). */
static int open_port(int ifindex, uint16_t type)
{
	struct sock_filter code[4];
	struct sock_fprog filter = {.len = 4, .filter = code};
	int fd, size = BUFFER;

	memcpy(code, type_code, sizeof(code));
	code[1].k = type;
	fd = packet_open(ifindex, &filter);
	if (fd < 0) {
		errno = -fd;
		die("witness: packet socket");
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return fd;
}

static void open_wires(struct witness *w, const char *name)
{
	int here = there_enter(name);
	struct if_nameindex *all;

	if (here < 0)
		die(name);
	all = if_nameindex();
	for (struct if_nameindex *i = all; all && i->if_index; i++) {
		unsigned int from, to;
		char rest;

		if (sscanf(i->if_name, "w%1u%1u%c", &from, &to, &rest) == 2 &&
			i->if_index < PORTS_MAX)
			w->wire[i->if_index] = (struct wire){(uint8_t)from, (uint8_t)to};
	}
	if_freenameindex(all);
	w->wires = open_port(0, ETHERTYPE_TRILL);
	there_leave(here);
}

static bool open_station(struct witness *w, const char *text)
{
	struct station *s = &w->station[w->stations];
	struct ifreq r = {0};
	char ns[64];
	unsigned int vlan, rbridge;
	int here;

	if (w->stations == PROBES_STATIONS ||
		sscanf(text, "%63[^:]:%15[^:]:%u:%u", ns, r.ifr_name, &vlan, &rbridge) != 4)
		return false;
	here = there_enter(ns);
	if (here < 0)
		die(ns);
	s->fd = open_port((int)if_nametoindex(r.ifr_name), ETHERTYPE_PROBE);
	if (ioctl(s->fd, SIOCGIFHWADDR, &r))
		die(r.ifr_name);
	there_leave(here);
	memcpy(s->mac, r.ifr_hwaddr.sa_data, ETH_ALEN);
	w->where[w->stations++] = (struct probe_station){(uint16_t)vlan, (uint8_t)rbridge};
	return true;
}

/* ---- probes out ---- */

static void send_kind(const struct witness *w, unsigned int source, enum probe_kind kind)
{
	static const uint8_t all[ETH_ALEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
			     nobody[ETH_ALEN] = {2, 0, 0, 0, 0xdd, 0xdd};
	int target = probes_target(w->probes, source, w->tick);
	struct probe_frame f = {.type = htons(ETHERTYPE_PROBE),
		.id = {w->run, w->tick, (uint8_t)source, (uint8_t)kind}};

	if (target < 0)
		return;
	memcpy(f.from, w->station[source].mac, ETH_ALEN);
	memcpy(f.to,
		kind == PROBE_ONE   ? w->station[target].mac
		: kind == PROBE_ALL ? all
				    : nobody,
		ETH_ALEN);
	packet_send(w->station[source].fd, &f, sizeof(f)); /* refused: it is lost */
}

static void send_tick(struct witness *w)
{
	probes_sent(w->probes, w->tick, now_ns());
	for (unsigned int s = 0; s < w->stations; s++)
		for (enum probe_kind k = 0; k < PROBE_KINDS; k++)
			send_kind(w, s, k);
	w->tick++;
}

static void send_due(struct witness *w)
{
	uint64_t now = now_ns();

	if (now > w->next_ns && now - w->next_ns > w->slept_ns)
		w->slept_ns = now - w->next_ns;
	for (unsigned int n = 0; w->next_ns <= now && n < BURST_MAX; n++) {
		send_tick(w);
		w->next_ns += w->interval_ns;
	}
	if (w->next_ns <= now)
		w->next_ns = now + w->interval_ns;
}

/* ---- probes in ---- */

static void station_read(struct witness *w, unsigned int station)
{
	struct probe_frame f;
	ssize_t n;

	while ((n = packet_receive(w->station[station].fd, &f, sizeof(f))) > 0)
		if ((size_t)n >= sizeof(f) && f.id.run == w->run) {
			struct probe_id id = f.id;

			probes_received(w->probes, &id, station);
		}
}

static void wire_take(struct witness *w, const uint8_t *bytes, size_t len, unsigned int ifindex)
{
	struct trill_frame f;
	struct probe_id id;
	struct wire is = ifindex < PORTS_MAX ? w->wire[ifindex] : (struct wire){0};

	if (!is.from || len < sizeof(f))
		return;
	memcpy(&f, bytes, sizeof(f));
	id = f.id;
	if (f.tag != htons(ETH_P_8021Q) || f.inner_type != htons(ETHERTYPE_PROBE) ||
		id.run != w->run)
		return; /* a frame of the RBridges' own */
	probes_sighted(w->probes, &id, (struct sighting){is.from, is.to, ntohs(f.head) & 63});
}

static void wires_read(struct witness *w)
{
	static uint8_t frame[BATCH][SEEN_LEN];
	struct sockaddr_ll from[BATCH];
	struct iovec iov[BATCH];
	struct mmsghdr m[BATCH];
	int n;

	do {
		for (unsigned int i = 0; i < BATCH; i++) {
			iov[i] = (struct iovec){frame[i], SEEN_LEN};
			m[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &iov[i],
							.msg_iovlen = 1,
							.msg_name = &from[i],
							.msg_namelen = sizeof(from[i])}};
		}
		n = recvmmsg(w->wires, m, BATCH, MSG_DONTWAIT, NULL);
		for (int i = 0; i < n; i++)
			wire_take(w, frame[i], m[i].msg_len, (unsigned int)from[i].sll_ifindex);
	} while (n == BATCH);
}

/* Reading these counts empties them. */
static void count_unread(struct witness *w)
{
	for (unsigned int s = 0; s <= w->stations; s++) {
		struct tpacket_stats stats = {0};
		socklen_t len = sizeof(stats);
		int fd = s < w->stations ? w->station[s].fd : w->wires;

		if (!getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len))
			w->unread += stats.tp_drops;
	}
}

/* ---- what is said ---- */

static void say_rest(const struct witness *w, bool converged, const uint64_t last_bad[PROBE_KINDS])
{
	const char *why = "";

	printf("{\"converged\":%s,\"ms\":{", converged ? "true" : "false");
	for (enum probe_kind k = 0; k < PROBE_KINDS; k++) {
		uint64_t took = last_bad[k] ? last_bad[k] + w->interval_ns - w->rest_ns : 0;

		printf("%s\"%s\":%.0f", k ? "," : "", probe_kind_names[k], (double)took / 1e6);
		if (last_bad[k])
			why = probes_bad_text(w->probes, k);
	}
	printf("},\"last\":\"%s\"}\n", why);
	fflush(stdout);
}

static void rest_look(struct witness *w)
{
	uint64_t now = now_ns(), last_bad[PROBE_KINDS], latest = w->rest_ns;

	for (enum probe_kind k = 0; k < PROBE_KINDS; k++) {
		last_bad[k] = probes_last_bad(w->probes, k, now);
		if (last_bad[k] > latest)
			latest = last_bad[k];
	}
	if (now < latest + CALM_NS + PROBES_GRACE_NS && now < w->deadline_ns)
		return;
	w->resting = false;
	say_rest(w, now >= latest + CALM_NS + PROBES_GRACE_NS, last_bad);
}

static void say_total(struct witness *w)
{
	count_unread(w);
	printf("{\"unread\":%llu,\"late_by_ms\":%.1f", (unsigned long long)w->unread,
		(double)w->slept_ns / 1e6);
	for (enum probe_kind k = 0; k < PROBE_KINDS; k++) {
		struct probes_total t = probes_totals(w->probes, k);

		printf(",\"%s\":{\"sent\":%llu,\"reached\":%llu,\"lost\":%llu,\"twice\":%llu,\"returned\":%llu,\"leaked\":%llu,",
			probe_kind_names[k], (unsigned long long)t.sent,
			(unsigned long long)t.reached, (unsigned long long)t.lost,
			(unsigned long long)t.twice, (unsigned long long)t.returned,
			(unsigned long long)t.leaked);
		printf("\"links\":%llu,\"again\":%llu,\"looped\":%llu,\"unclear\":%llu,\"stopped\":%llu,\"orphans\":%llu,\"late\":%llu,\"longest\":%u,\"fewest_hops\":%u}",
			(unsigned long long)t.links, (unsigned long long)t.again,
			(unsigned long long)t.looped, (unsigned long long)t.unclear,
			(unsigned long long)t.stopped, (unsigned long long)t.orphans,
			(unsigned long long)t.late, t.longest, t.fewest);
	}
	puts("}");
	fflush(stdout);
}

/* ---- the round ---- */

static void take_line(struct witness *w, const char *line)
{
	unsigned long ms;

	if (sscanf(line, "rest %lu", &ms) != 1) {
		fprintf(stderr, "witness: '%s'\n", line);
		exit(2);
	}
	w->resting = true;
	w->rest_ns = now_ns();
	w->deadline_ns = w->rest_ns + ms * 1000000;
	probes_rest(w->probes);
}

/* False: that was the last. */
static bool input_read(struct witness *w)
{
	ssize_t n =
		read(STDIN_FILENO, w->input + w->input_len, sizeof(w->input) - w->input_len - 1);
	char *end;

	if (n <= 0)
		return n < 0 && errno == EINTR;
	w->input_len += (size_t)n;
	w->input[w->input_len] = 0;
	while ((end = strchr(w->input, '\n'))) {
		*end = 0;
		take_line(w, w->input);
		w->input_len -= (size_t)(end + 1 - w->input);
		memmove(w->input, end + 1, w->input_len + 1);
	}
	return true;
}

static void wait_until(struct witness *w, uint64_t due, bool *input)
{
	struct pollfd fds[PROBES_STATIONS + 2] = {
		{.fd = *input ? STDIN_FILENO : -1, .events = POLLIN},
		{.fd = w->wires, .events = POLLIN}};
	uint64_t now = now_ns();
	struct timespec ts = {0};

	for (unsigned int s = 0; s < w->stations; s++)
		fds[s + 2] = (struct pollfd){.fd = w->station[s].fd, .events = POLLIN};
	if (due > now) {
		ts.tv_sec = (time_t)((due - now) / 1000000000ull);
		ts.tv_nsec = (long)((due - now) % 1000000000ull);
	}
	if (ppoll(fds, w->stations + 2, &ts, NULL) <= 0)
		return;
	if (fds[1].revents)
		wires_read(w);
	for (unsigned int s = 0; s < w->stations; s++)
		if (fds[s + 2].revents)
			station_read(w, s);
	if (fds[0].revents)
		*input = input_read(w);
}

static void run(struct witness *w)
{
	bool input = true;
	uint64_t end;

	w->next_ns = now_ns();
	while (input && !tool_stopping()) {
		wait_until(w, w->next_ns, &input);
		send_due(w);
		if (w->resting)
			rest_look(w);
		probes_judge(w->probes, now_ns());
	}
	input = false;
	for (end = now_ns() + CALM_NS; now_ns() < end;)
		wait_until(w, end, &input);
	probes_judge_all(w->probes);
	say_total(w);
}

int main(int argc, char **argv)
{
	static struct witness w;
	const char *wires = NULL;
	double interval_us = 2000;
	const struct tool_option options[] = {
		{"wires", NULL, &wires}, {"interval-us", &interval_us, NULL}, {0}};
	int at = tool_options(argc, argv, options);

	if (at < 0 || at == argc || !wires || interval_us < 100) {
		fputs("usage: witness --wires NETNS [--interval-us N] NETNS:DEVICE:VLAN:RBRIDGE...\n",
			stderr);
		return 2;
	}
	tool_begin(false);
	w.run = (uint32_t)getpid();
	w.interval_ns = (uint64_t)(interval_us * 1e3);
	for (; at < argc; at++)
		if (!open_station(&w, argv[at])) {
			fprintf(stderr, "witness: station '%s': want NETNS:DEVICE:VLAN:RBRIDGE\n",
				argv[at]);
			return 2;
		}
	open_wires(&w, wires);
	w.probes = probes_new(w.where, w.stations);
	if (!w.probes)
		die("witness: memory");
	run(&w);
	probes_free(w.probes);
	return 0;
}
