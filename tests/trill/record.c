/* record: what RBridges of a virtual campus send each other, as a capture on standard output.
 *
 * usage: record lan|labels|p2p
 *
 *   lan   six RBridges that serve end stations, on a LAN of four and three links; they choose their
 *         nicknames; ESADI in VLAN 10 tells of end stations, of which one moves; a link is lost and
 *         comes back; a port is shut down
 *   labels  the same, with a fine-grained label, too, which VLAN 20 stands for
 *   p2p   a ring of four with HMAC-MD5; a link is lost and comes back
 *
 * One seed: each run writes the same bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/trill/pcap.h"
#include "tests/trill/virtual_campus.h"

#define SEED   7
#define VLAN   10
#define MAPPED 20 /* stands for LABEL */
#define LABEL  70000
#define COST   20000

static struct virtual_campus *campus;
static bool with_labels;

static void tap(void *arg, unsigned int wire, unsigned int from, const uint8_t *frame, size_t len)
{
	(void)arg, (void)wire, (void)from;
	pcap_frame(campus->now, frame, len);
}

static void with_esadi(struct rbridge_config *config, unsigned int number)
{
	(void)number;
	vlan_set_add(&config->esadi, VLAN);
	if (!with_labels)
		return;
	config->esadi_fgls[0][0] = config->esadi_fgls[0][1] = LABEL;
	config->esadi_fgl_count = 1;
}

static void with_vlan(struct rbridge_port_config *config, unsigned int node, uint16_t port)
{
	(void)node, (void)port;
	vlan_set_add(&config->enabled, VLAN);
	if (!with_labels)
		return;
	vlan_set_add_range(&config->enabled, MAPPED, MAPPED + 7);
	config->mappings[0] = (struct rbridge_mapping){MAPPED, 8, LABEL};
	config->mapping_count = 1;
}

static bool begin(unsigned int nodes, unsigned int wires, const struct campus_options *options)
{
	campus = campus_new(nodes, wires, SEED, options);
	if (!campus)
		return false;
	campus->tap = tap;
	return true;
}

/* An end station that the core is told of, with its IPv4 address; at an RBridge that is the VLAN's
 * appointed forwarder of a link, else nobody hears of it. */
static void station(unsigned int node, uint16_t vlan, uint8_t number)
{
	struct rbridge_station s = {.vlan = vlan,
		.mac = {{2, 0, 0, 1, 0, number}},
		.local = true,
		.ips = {.ipv4_count = 2,
			.ipv6_count = 1,
			.ipv4 = {{192, 0, 2, number}, {198, 51, 100, number}},
			.ipv6 = {{0x20, 1, 0xd, 0xb8, [15] = number}}}};

	if (rbridge_station_attest(campus->nodes[node].rb, &s, campus->now) != RBRIDGE_ATTESTED)
		abort();
	timer_set(
		&campus->timers, &campus->nodes[node].timer, rbridge_next(campus->nodes[node].rb));
}

static bool lan(void)
{
	static const unsigned int wires[4][4] = {{0, 1, 2, 3}, {3, 4}, {4, 5}, {5, 0}};
	struct campus_options options = {.native = true,
		.hello_ms = 1000,
		.holding_s = 3,
		.trees = {.compute = 2, .max = 3, .use = 1},
		.node = with_esadi,
		.port = with_vlan};

	if (!begin(6, 4, &options))
		return false;
	for (unsigned int i = 0; i < 4; i++)
		campus_wire(campus, wires[i], i ? 2 : 4, COST, &options);
	campus_run_ms(campus, 30000);
	station(3, VLAN, 1);
	station(4, VLAN, 2);
	if (with_labels)
		station(3, MAPPED, 3);
	campus_run_ms(campus, 5000);
	if (with_labels)
		station(4, MAPPED, 3);
	station(4, VLAN, 1); /* it moves, to where it had been heard of by ESADI */
	campus_run_ms(campus, 5000);
	campus_carrier(campus, 1, false, &options);
	campus_run_ms(campus, 5000);
	campus_carrier(campus, 1, true, &options);
	campus_run_ms(campus, 5000);
	rbridge_port_shutdown(campus->nodes[5].rb, 0, campus->now);
	timer_set(&campus->timers, &campus->nodes[5].timer, rbridge_next(campus->nodes[5].rb));
	campus_run_ms(campus, 5000);
	return true;
}

static bool ring(void)
{
	struct isis_key *key = isis_key_new(ISIS_AUTH_HMAC_MD5, 0, "secret", 6);
	struct campus_options options = {.p2p = true,
		.configured = true,
		.hello_ms = 1000,
		.holding_s = 3,
		.trees = {.compute = 1, .max = 1, .use = 1},
		.keys = &key,
		.key_count = 1};

	if (!key || !begin(4, 4, &options))
		return false;
	for (unsigned int i = 0; i < 4; i++)
		campus_wire(campus, (unsigned int[]){i, (i + 1) % 4}, 2, COST, &options);
	campus_run_ms(campus, 15000);
	campus_carrier(campus, 2, false, &options);
	campus_run_ms(campus, 5000);
	campus_carrier(campus, 2, true, &options);
	campus_run_ms(campus, 5000);
	campus_free(campus);
	campus = NULL;
	isis_key_free(key);
	return true;
}

int main(int argc, char **argv)
{
	bool is_lan = argc == 2 && !strcmp(argv[1], "lan");

	with_labels = argc == 2 && !strcmp(argv[1], "labels");
	is_lan |= with_labels;
	if (!is_lan && (argc != 2 || strcmp(argv[1], "p2p"))) {
		fprintf(stderr, "usage: record lan|labels|p2p\n");
		return 2;
	}
	pcap_begin();
	if (!(is_lan ? lan() : ring()))
		return 1;
	pcap_end();
	if (campus)
		campus_free(campus);
	return 0;
}
