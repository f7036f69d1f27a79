/* rbridge_peer: an RBridge's control plane on the machine's ports, for tests with others' routers:
 * trill/core/rbridge with a real clock and packet sockets, and without a data plane.
 *
 * usage: rbridge_peer -s SYSTEM-ID -n NICKNAME [-k SECRET] [-m LSPS] INTERFACE...
 *
 * Each interface is a point-to-point port of VLAN 1, without tags. -k: HMAC-MD5. -m: room in the
 * LSDB. What changes is told on standard output, a JSON object a line:
 *
 *   {"event":"adjacency","port":"p0","neighbor":"0200.0000.0011","state":"report"}
 *   {"event":"nickname","nickname":"0x1234"}
 *   {"event":"lsp","id":"0200.0000.0011.00-00","sequence":"0x00000003","checksum":"0x1f2e",
 *    "purged":false,"overload":false}                an LSP came, was made or was purged
 *   {"event":"forgotten","id":"0200.0000.0011.00-00"}
 *   {"event":"path","nickname":"0x1234","port":"p0"}  "port":null: there is none any more
 *   {"event":"counter","port":"p0","name":"malformed-authentication","value":3}
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/random.h"
#include "trill/core/rbridge.h"

#define PORTS_MAX 4
#define LSPS_SAID 256
#define FRAME_MAX 2048
#define HELLO_MS  1000
#define HOLDING_S 5
#define COST      2000

/* An LSP as it was last told of. */
struct said {
	struct lsp_id id;
	uint32_t sequence;
	uint16_t checksum;
	bool purged, seen;
};

struct peer_port {
	const char *name;
	int fd;
	uint32_t ifindex;
	struct mac mac;
	uint64_t auth, checksum, purges; /* told of */
};

struct peer {
	struct trill_tables tables; /* first: what the core calls */
	struct rbridge *rb;
	struct peer_port ports[PORTS_MAX];
	uint16_t port_count;
	struct said said[LSPS_SAID];
	unsigned int said_count;
};

static const char *system_text(const struct system_id *id, char out[16])
{
	const uint8_t *b = id->bytes;

	snprintf(out, 16, "%02x%02x.%02x%02x.%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
	return out;
}

static void id_say(const char *event, const struct lsp_id *id)
{
	char system[16];

	printf("{\"event\":\"%s\",\"id\":\"%s.%02x-%02x\"", event, system_text(&id->system, system),
		id->pseudonode, id->fragment);
}

static void lsp_say(const struct lsdb_lsp *lsp)
{
	bool overload =
		lsp->len >= ISIS_LSP_HEADER && lsp->bytes[ISIS_LSP_HEADER - 1] & ISIS_LSP_OVERLOAD;

	id_say("lsp", &lsp->id);
	printf(",\"sequence\":\"0x%08x\",\"checksum\":\"0x%04x\",\"purged\":%s,\"overload\":%s}\n",
		lsp->sequence, lsp->checksum, lsp->purged ? "true" : "false",
		overload ? "true" : "false");
}

static struct said *said_find(struct peer *p, const struct lsp_id *id)
{
	for (unsigned int i = 0; i < p->said_count; i++)
		if (!lsp_id_compare(&p->said[i].id, id))
			return &p->said[i];
	if (p->said_count == LSPS_SAID)
		return NULL;
	p->said[p->said_count] = (struct said){.id = *id};
	return &p->said[p->said_count++];
}

/* Tell what is other than was told. */
static void lsdb_say(struct peer *p)
{
	struct lsdb *db = rbridge_lsdb(p->rb);

	for (unsigned int i = 0; i < p->said_count; i++)
		p->said[i].seen = false;
	for (struct lsdb_lsp *lsp = lsdb_after(db, NULL); lsp; lsp = lsdb_after(db, &lsp->id)) {
		struct said *s = said_find(p, &lsp->id);

		if (!s)
			continue;
		s->seen = true;
		if (s->sequence == lsp->sequence && s->checksum == lsp->checksum &&
			s->purged == lsp->purged)
			continue;
		s->sequence = lsp->sequence;
		s->checksum = lsp->checksum;
		s->purged = lsp->purged;
		lsp_say(lsp);
	}
	for (unsigned int i = 0; i < p->said_count; i++) {
		if (p->said[i].seen)
			continue;
		id_say("forgotten", &p->said[i].id);
		printf("}\n");
		p->said[i--] = p->said[--p->said_count];
	}
}

static void counter_say(const struct peer_port *port, const char *name, uint64_t now, uint64_t *was)
{
	if (now == *was)
		return;
	*was = now;
	printf("{\"event\":\"counter\",\"port\":\"%s\",\"name\":\"%s\",\"value\":%llu}\n",
		port->name, name, (unsigned long long)now);
}

static void counters_say(struct peer *p)
{
	for (uint16_t i = 0; i < p->port_count; i++) {
		const struct rbridge_counters *c = rbridge_counters(p->rb, i);
		struct peer_port *port = &p->ports[i];

		counter_say(port, "malformed-authentication",
			c->malformed[TRILL_EAUTH] + c->hellos[HELLO_AUTH], &port->auth);
		counter_say(
			port, "malformed-checksum", c->malformed[TRILL_ECHECKSUM], &port->checksum);
		counter_say(port, "unknown-purge", c->lsps[LSDB_UNKNOWN_PURGE], &port->purges);
	}
}

static void on_frame(void *arg, uint16_t port, const uint8_t *frame, size_t len)
{
	struct peer *p = arg;

	if (send(p->ports[port].fd, frame, len, 0) < 0)
		perror("rbridge_peer: send");
}

static void on_event(void *arg, const struct rbridge_event *e)
{
	struct peer *p = arg;
	char system[16];

	if (e->kind == RBRIDGE_ADJACENCY)
		printf("{\"event\":\"adjacency\",\"port\":\"%s\",\"neighbor\":\"%s\",\"state\":\"%"
		       "s\"}\n",
			p->ports[e->port].name, system_text(&e->neighbor, system),
			adjacency_state_name(e->state));
	else if (e->kind == RBRIDGE_NICKNAME)
		printf("{\"event\":\"nickname\",\"nickname\":\"0x%04x\"}\n", e->nickname);
}

static int on_path(struct trill_tables *t, uint16_t nickname, const struct tables_path *path)
{
	struct peer *p = (struct peer *)t;

	if (!path || !path->count) {
		printf("{\"event\":\"path\",\"nickname\":\"0x%04x\",\"port\":null}\n", nickname);
		return 0;
	}
	for (uint16_t i = 0; i < p->port_count; i++)
		if (p->ports[i].ifindex == path->hop[0].ifindex)
			printf("{\"event\":\"path\",\"nickname\":\"0x%04x\",\"port\":\"%s\"}\n",
				nickname, p->ports[i].name);
	return 0;
}

/* There is no data plane: what else is told to it is nobody's concern. */
static int no_adjacency(struct trill_tables *t, const struct tables_adjacency *a)
{
	(void)t, (void)a;
	return 0;
}

static int no_adjacency_del(struct trill_tables *t, uint32_t ifindex, const struct mac *mac)
{
	(void)t, (void)ifindex, (void)mac;
	return 0;
}

static int no_forwarder(struct trill_tables *t, uint32_t ifindex, const struct tables_forwarder *f)
{
	(void)t, (void)ifindex, (void)f;
	return 0;
}

static int no_port(struct trill_tables *t, const struct tables_port *port)
{
	(void)t, (void)port;
	return 0;
}

static int no_port_del(struct trill_tables *t, uint32_t ifindex)
{
	(void)t, (void)ifindex;
	return 0;
}

static int no_station(struct trill_tables *t, const struct tables_station *station)
{
	(void)t, (void)station;
	return 0;
}

static int no_station_del(struct trill_tables *t, const struct mac *mac, uint16_t vlan)
{
	(void)t, (void)mac, (void)vlan;
	return 0;
}

static int no_flush(
	struct trill_tables *t, uint16_t nickname, uint32_t ifindex, const struct label_set *labels)
{
	(void)t, (void)nickname, (void)ifindex, (void)labels;
	return 0;
}

static int no_hasten(struct trill_tables *t, uint16_t nickname, const struct label_set *labels,
	unsigned int age_s)
{
	(void)t, (void)nickname, (void)labels, (void)age_s;
	return 0;
}

static int no_rpf(struct trill_tables *t, const struct tables_rpf *rpf)
{
	(void)t, (void)rpf;
	return 0;
}

static int no_tree(struct trill_tables *t, unsigned int number, const struct tables_tree *tree)
{
	(void)t, (void)number, (void)tree;
	return 0;
}

static int no_self(struct trill_tables *t, const struct tables_self *self)
{
	(void)t, (void)self;
	return 0;
}

static void port_open(struct peer_port *port, const char *name)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETHERTYPE_L2_ISIS)};
	struct packet_mreq group = {.mr_type = PACKET_MR_MULTICAST, .mr_alen = MAC_LEN};
	struct ifreq hardware = {.ifr_flags = 0};

	port->name = name;
	port->ifindex = if_nametoindex(name);
	port->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	at.sll_ifindex = group.mr_ifindex = (int)port->ifindex;
	memcpy(group.mr_address, mac_all_isis_rbridges.bytes, MAC_LEN);
	snprintf(hardware.ifr_name, sizeof(hardware.ifr_name), "%s", name);
	if (port->fd < 0 || !port->ifindex || bind(port->fd, (struct sockaddr *)&at, sizeof(at)) ||
		setsockopt(port->fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &group, sizeof(group)) ||
		ioctl(port->fd, SIOCGIFHWADDR, &hardware)) {
		fprintf(stderr, "rbridge_peer: %s: %s\n", name, strerror(errno));
		exit(1);
	}
	memcpy(port->mac.bytes, hardware.ifr_hwaddr.sa_data, MAC_LEN);
}

static void port_start(struct peer *p, uint16_t number, const char *name)
{
	struct peer_port *port = &p->ports[number];
	struct rbridge_port_config config = {.p2p = true,
		.trunk = true,
		.cost = COST,
		.priority = 0x40,
		.desired_vlan = 1,
		.untagged = 1,
		.hello_ms = HELLO_MS,
		.holding_s = HOLDING_S};

	port_open(port, name);
	config.ifindex = port->ifindex;
	config.mac = port->mac;
	vlan_set_add(&config.enabled, 1);
	vlan_set_add(&config.announcing, 1);
	if (!rbridge_port_up(p->rb, number, &config, mono_now()))
		exit(1);
	p->port_count++;
}

/* A frame that has come on @number. */
static void take(struct peer *p, uint16_t number)
{
	struct sockaddr_ll from;
	socklen_t from_len = sizeof(from);
	uint8_t frame[FRAME_MAX];
	ssize_t n = recvfrom(
		p->ports[number].fd, frame, sizeof(frame), 0, (struct sockaddr *)&from, &from_len);

	if (n >= 0 && from.sll_pkttype != PACKET_OUTGOING)
		rbridge_frame(p->rb, number, frame, (size_t)n, mono_now());
}

static void run(struct peer *p)
{
	struct pollfd fds[PORTS_MAX];

	for (uint16_t i = 0; i < p->port_count; i++)
		fds[i] = (struct pollfd){.fd = p->ports[i].fd, .events = POLLIN};
	for (;;) {
		uint64_t ms = mono_since_ms(mono_now(), rbridge_next(p->rb));

		if (poll(fds, p->port_count, ms < 1000 ? (int)ms + 1 : 1000) < 0)
			return;
		for (uint16_t i = 0; i < p->port_count; i++)
			if (fds[i].revents & POLLIN)
				take(p, i);
		rbridge_time(p->rb, mono_now());
		lsdb_say(p);
		counters_say(p);
	}
}

static struct system_id system_read(const char *text)
{
	struct system_id id;
	unsigned int parts[3];

	if (sscanf(text, "%4x.%4x.%4x", &parts[0], &parts[1], &parts[2]) != 3) {
		fprintf(stderr, "rbridge_peer: system ID %s: should be like 0200.0000.0001\n",
			text);
		exit(2);
	}
	for (int i = 0; i < 3; i++) {
		id.bytes[2 * i] = (uint8_t)(parts[i] >> 8);
		id.bytes[2 * i + 1] = (uint8_t)parts[i];
	}
	return id;
}

static void options_read(
	struct rbridge_config *config, struct isis_key **key, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "s:n:k:m:")) != -1) {
		if (option == 's')
			config->system = system_read(optarg);
		else if (option == 'n')
			config->nicknames[0].nickname = (uint16_t)strtoul(optarg, NULL, 0);
		else if (option == 'm')
			config->lsps_max = (unsigned int)strtoul(optarg, NULL, 10);
		else if (option == 'k')
			*key = isis_key_new(ISIS_AUTH_HMAC_MD5, 0, optarg, strlen(optarg));
		else
			exit(2);
	}
	config->key_count = *key != NULL;
	if (optind == argc || argc - optind > PORTS_MAX || !config->nicknames[0].nickname) {
		fprintf(stderr, "usage: rbridge_peer -s SYSTEM-ID -n NICKNAME [-k SECRET] "
				"[-m LSPS] INTERFACE...\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	static struct peer p = {.tables = {.port_set = no_port,
					.port_del = no_port_del,
					.station_set = no_station,
					.station_del = no_station_del,
					.station_flush = no_flush,
					.station_hasten = no_hasten,
					.adjacency_set = no_adjacency,
					.adjacency_del = no_adjacency_del,
					.forwarder_set = no_forwarder,
					.path_set = on_path,
					.rpf_set = no_rpf,
					.tree_set = no_tree,
					.self_set = no_self}};
	struct random random;
	struct rbridge_config config = {.nicknames = {{.priority = NICKNAME_PRIORITY_DEFAULT,
						.root_priority = TREE_ROOT_PRIORITY_DEFAULT}},
		.nickname_count = 1,
		.trees = {.compute = 1, .max = 1, .use = 1},
		.neighbors_max = 4,
		.nodes_max = 64,
		.links_max = 256,
		.lsps_max = 128,
		.nicknames_max = 64};
	struct rbridge_env env = {.random = &random,
		.tables = &p.tables,
		.frame = on_frame,
		.event = on_event,
		.arg = &p};
	struct isis_key *key = NULL;

	setvbuf(stdout, NULL, _IOLBF, 0);
	options_read(&config, &key, argc, argv);
	config.keys = &key;
	random_system_init(&random);
	p.rb = rbridge_new(&config, &env, mono_now());
	if (!p.rb)
		return 1;
	for (int i = optind; i < argc; i++)
		port_start(&p, (uint16_t)(i - optind), argv[i]);
	run(&p);
	return 1;
}
