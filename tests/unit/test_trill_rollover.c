/* Keys, bounds and checks that change while RBridges run: items H, K, M, N and Q of docs/trill.md.
 * In particular the rollover of conf/rbridge.conf: the new key behind, then first, then alone. */
#include "tests/unit/trill_campus.h"

#include "tests/trill/virtual_datapath.h"
#include "trill/core/arp_proxy.h"

#define NODES 3
#define ALL   4 /* with one that nothing leads to yet */
#define VLAN  20

struct node_keys {
	struct isis_key *keys[2], *esadi[2];
};

/* What the campus's nodes have, as daemons have it: two arrays whose contents change. */
static struct node_keys held[ALL];
static struct rbridge_config configs[ALL];

static void hold(struct node_keys *k, unsigned int at, const char *secret, uint16_t id)
{
	k->keys[at] = isis_key_new(ISIS_AUTH_HMAC_SHA256, id, secret, strlen(secret));
	k->esadi[at] = esadi_key_new(ISIS_AUTH_HMAC_SHA256, id, secret, strlen(secret));
}

static void let_go(struct node_keys *k)
{
	for (unsigned int i = 0; i < 2; i++) {
		isis_key_free(k->keys[i]);
		isis_key_free(k->esadi[i]);
	}
	memset(k, 0, sizeof(*k));
}

static void begin(struct rbridge_config *config, unsigned int number)
{
	hold(&held[number], 0, "old", 7);
	config->keys = held[number].keys;
	config->esadi_keys = held[number].esadi;
	config->key_count = config->esadi_key_count = 1;
	configs[number] = *config;
}

/* A reload of @node: these are its keys now; those before are gone. */
static void reload(struct virtual_campus *c, unsigned int node, const char *first,
	const char *second, uint16_t id)
{
	struct node_keys old = held[node];
	struct campus_node_sim *n = &c->nodes[node];

	memset(&held[node], 0, sizeof(held[node]));
	hold(&held[node], 0, first, first[0] == 'o' ? 7 : id);
	if (second)
		hold(&held[node], 1, second, second[0] == 'o' ? 7 : id);
	configs[node].key_count = configs[node].esadi_key_count = second ? 2 : 1;
	assert_true(rbridge_reconfigure(n->rb, &configs[node], c->now));
	timer_set(&c->timers, &n->timer, rbridge_next(n->rb));
	let_go(&old);
}

static void on_event(void *arg, unsigned int node, const struct rbridge_event *event)
{
	unsigned int *changed = arg;

	(void)node;
	*changed += event->kind == RBRIDGE_ADJACENCY || event->kind == RBRIDGE_STATION;
}

static struct virtual_datapath datapath;
static const struct mac guest = {{0x52, 0x54, 0, 0, 0, 0xa1}};

static void with_bfd(struct rbridge_port_config *config, unsigned int node, uint16_t port)
{
	(void)node;
	(void)port;
	config->bfd = true;
}

/* Nodes 0 and 1 on a LAN with end stations, 2 behind 1 point to point, with BFD; each has an access
 * port. */
static struct virtual_campus *campus_with_keys(void)
{
	struct campus_options options = lan, line = p2p;
	struct rbridge_station station = {.vlan = VLAN, .mac = guest, .port = 0};
	struct virtual_campus *c;

	options.native = true;
	options.esadi = VLAN;
	options.node = begin;
	line.port = with_bfd;
	c = campus_of(ALL, &options);
	datapath_init(&datapath, c);
	for (unsigned int i = 0; i < NODES; i++)
		campus_wire(c, &i, 1, 20000, &options);
	wire(c, 0, 1, &options);
	wire(c, 1, 2, &line);
	for (unsigned int i = 0; i < NODES; i++) {
		vlan_set_add(&c->nodes[i].configs[0].enabled, VLAN);
		campus_port_up(c, i, 0);
	}
	campus_run_ms(c, 90000);
	assert_int_equal(
		rbridge_station_attest(c->nodes[0].rb, &station, c->now), RBRIDGE_ATTESTED);
	timer_set(&c->timers, &c->nodes[0].timer, rbridge_next(c->nodes[0].rb));
	campus_run_ms(c, 5000);
	assert_non_null(campus_station(&c->nodes[2], &guest, VLAN));
	return c;
}

static void end(struct virtual_campus *c)
{
	campus_free(c);
	for (unsigned int i = 0; i < ALL; i++)
		let_go(&held[i]);
}

/* All that stands in @db was signed by @key. Returns how many LSPs. */
static unsigned int assert_signed(struct lsdb *db, struct isis_key *key)
{
	const struct lsdb_lsp *lsp = NULL;
	unsigned int n = 0;

	while ((lsp = lsdb_after(db, lsp ? &lsp->id : NULL))) {
		struct wire_fault fault;
		struct isis_pdu p;

		assert_int_equal(isis_parse(lsp->bytes, lsp->len, &p, &fault), 0);
		assert_int_equal(isis_auth_check(&p, &key, 1), 0);
		n++;
	}
	return n;
}

static void assert_no_complaint(const struct virtual_campus *c)
{
	for (unsigned int i = 0; i < NODES; i++)
		for (uint16_t port = 0; port < c->nodes[i].port_count; port++) {
			const struct rbridge_counters *n = rbridge_counters(c->nodes[i].rb, port);

			assert_int_equal(n->malformed[TRILL_EAUTH], 0);
			assert_int_equal(n->hellos[HELLO_AUTH], 0);
		}
}

/* Three reloads of each, one RBridge after the other. @id: of the new key, perhaps the old one's.
 */
static void roll_over(uint16_t id)
{
	static const char *const steps[3][2] = {{"old", "new"}, {"new", "old"}, {"new", NULL}};
	struct virtual_campus *c = campus_with_keys();
	unsigned int changed = 0;

	c->event = on_event;
	c->event_arg = &changed;
	for (unsigned int s = 0; s < 3; s++)
		for (unsigned int n = 0; n < NODES; n++) {
			reload(c, n, steps[s][0], steps[s][1], id);
			campus_run_ms(c, 10000);
		}
	assert_no_complaint(c);
	assert_int_equal(changed, 0);
	/* Who comes now knows the new key alone: nothing of the old one may be left. */
	for (unsigned int i = 0; i < NODES; i++) {
		struct lsdb *link = rbridge_link_lsdb(c->nodes[i % 2].rb, 1); /* the LAN's */
		uint16_t vlan = 1;

		assert_true(assert_signed(rbridge_lsdb(c->nodes[i].rb), held[i].keys[0]) >= NODES);
		assert_int_equal(assert_signed(link, held[i % 2].keys[0]), 2);
		assert_int_equal(assert_signed(esadi_lsdb(rbridge_esadi(c->nodes[i].rb, &vlan)),
					 held[i].esadi[0]),
			NODES);
		assert_ptr_equal(rbridge_oam(c->nodes[i].rb)->keys[0], held[i].keys[0]);
		assert_int_equal(rbridge_oam(c->nodes[i].rb)->key_count, 1);
	}
	campus_run_ms(c, 100000);
	assert_no_complaint(c);
	assert_int_equal(changed, 0);
	assert_non_null(campus_station(&c->nodes[2], &guest, VLAN));
	end(c);
}

static void q_three_reloads_of_each_change_the_key_and_no_adjacency_is_lost(void **state)
{
	(void)state;
	roll_over(8);
}

static void q_likewise_when_the_new_key_has_the_id_of_the_old_one(void **state)
{
	(void)state;
	roll_over(7);
}

static void q_a_reload_with_the_same_keys_says_nothing_anew(void **state)
{
	struct virtual_campus *c = campus_with_keys();
	uint64_t originated = rbridge_originated(c->nodes[1].rb);

	(void)state;
	reload(c, 1, "old", NULL, 0);
	campus_run_ms(c, 10000);
	assert_true(rbridge_originated(c->nodes[1].rb) == originated);
	end(c);
}

/* A reload may be a mistake: who has another key than all others is alone. */
static void q_with_a_key_of_its_own_it_is_alone(void **state)
{
	struct virtual_campus *c = campus_with_keys();

	(void)state;
	reload(c, 1, "new", NULL, 8);
	campus_run_ms(c, 40000);
	assert_int_equal(rbridge_adjacencies(c->nodes[1].rb, 1)->count, 0);
	assert_true(rbridge_counters(c->nodes[1].rb, 1)->hellos[HELLO_AUTH] > 0);
	end(c);
}

static void h_another_bound_of_lsps_counts_at_once(void **state)
{
	struct virtual_campus *c = campus_with_keys();

	(void)state;
	configs[2].lsps_max = lsdb_count(rbridge_lsdb(c->nodes[2].rb));
	reload(c, 2, "old", NULL, 0);
	wire(c, 2, 3, &p2p);
	campus_run_ms(c, 60000);
	assert_true(rbridge_is_overloaded(c->nodes[2].rb));
	configs[2].lsps_max = 2048;
	reload(c, 2, "old", NULL, 0);
	campus_run_ms(c, 130000);
	assert_false(rbridge_is_overloaded(c->nodes[2].rb));
	end(c);
}

static void m_checks_follow_and_those_of_others_stay(void **state)
{
	struct virtual_campus *c = campus_with_keys();
	const struct continuity *checked = rbridge_continuity(c->nodes[0].rb);

	(void)state;
	assert_true(rbridge_check(c->nodes[0].rb, 0x155, true, c->now)); /* by the API */
	configs[0].checks[0] = 0x101;
	configs[0].check_count = 1;
	configs[0].check_interval = CONTINUITY_100MS;
	configs[1].checks[0] = 0x100;
	configs[1].check_count = 1;
	configs[1].check_interval = CONTINUITY_100MS;
	reload(c, 0, "old", NULL, 0);
	reload(c, 1, "old", NULL, 0);
	campus_run_ms(c, 5000);
	assert_non_null(continuity_remote_find(checked, 0x155));
	assert_true(continuity_remote_find(checked, 0x101)->received > 40);
	configs[0].check_interval = configs[1].check_interval = CONTINUITY_1S;
	reload(c, 0, "old", NULL, 0);
	reload(c, 1, "old", NULL, 0);
	campus_run_ms(c, 10000);
	assert_in_range(continuity_remote_find(checked, 0x101)->received, 50, 65);
	assert_false(continuity_remote_find(checked, 0x101)->lost);
	configs[0].check_count = 0;
	reload(c, 0, "old", NULL, 0);
	assert_null(continuity_remote_find(checked, 0x101));
	assert_non_null(continuity_remote_find(checked, 0x155));
	end(c);
}

/* A station of @node's says that it has 192.0.2.9; then who is believed to have it. */
static uint8_t has_it(struct virtual_campus *c, unsigned int node, uint8_t station)
{
	struct address ip = {.afi = AFI_IPV4, .len = 4, .bytes = {192, 0, 2, 9}};
	uint8_t frame[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0, 0, station, 8, 6,
		0, 1, 8, 0, 6, 4, 0, 1, 0x52, 0x54, 0, 0, 0, station, 192, 0, 2, 9, 0, 0, 0, 0, 0,
		0, 192, 0, 2, 9};
	struct rbridge *rb = c->nodes[node].rb;
	const struct ip_entry *e;

	for (uint16_t port = 0; port < 2; port++) /* it is forwarder at one of them */
		rbridge_heard(rb, port, VLAN, frame, sizeof(frame), c->now);
	timer_set(&c->timers, &c->nodes[node].timer, rbridge_next(rb));
	e = ip_cache_find(arp_proxy_cache((struct arp_proxy *)(uintptr_t)rbridge_arp(rb)),
		(struct label){.id = VLAN}, &ip);
	assert_non_null(e);
	return e->claim.mac.bytes[5];
}

/* What the data plane is to do with ARP follows; what ESADI has told before is known anyway. While
 * it is on, an owner is asked before another is believed. */
static void n_the_proxy_comes_and_goes(void **state)
{
	struct virtual_campus *c = campus_with_keys();
	struct rbridge_station station = {.vlan = VLAN,
		.mac = {{0x52, 0x54, 0, 0, 0, 0xa2}},
		.port = 0,
		.ips = {.ipv4_count = 1, .ipv4 = {{192, 0, 2, 7}}}};

	(void)state;
	assert_int_equal(
		rbridge_station_attest(c->nodes[0].rb, &station, c->now), RBRIDGE_ATTESTED);
	timer_set(&c->timers, &c->nodes[0].timer, rbridge_next(c->nodes[0].rb));
	campus_run_ms(c, 5000);
	assert_false(c->nodes[2].self.asks);
	configs[2].arp_proxy = true;
	reload(c, 2, "old", NULL, 0);
	campus_run_ms(c, 1000);
	assert_true(c->nodes[2].self.asks);
	assert_int_equal(ip_cache_count(arp_proxy_cache(
				 (struct arp_proxy *)(uintptr_t)rbridge_arp(c->nodes[2].rb))),
		1);
	assert_int_equal(has_it(c, 2, 0xb1), 0xb1);
	assert_int_equal(has_it(c, 2, 0xb2), 0xb1);
	configs[2].arp_proxy = false;
	reload(c, 2, "old", NULL, 0);
	campus_run_ms(c, 10000);
	assert_false(c->nodes[2].self.asks);
	assert_int_equal(has_it(c, 2, 0xb3), 0xb3);
	end(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(q_three_reloads_of_each_change_the_key_and_no_adjacency_is_lost),
		cmocka_unit_test(q_likewise_when_the_new_key_has_the_id_of_the_old_one),
		cmocka_unit_test(q_a_reload_with_the_same_keys_says_nothing_anew),
		cmocka_unit_test(q_with_a_key_of_its_own_it_is_alone),
		cmocka_unit_test(h_another_bound_of_lsps_counts_at_once),
		cmocka_unit_test(m_checks_follow_and_those_of_others_stay),
		cmocka_unit_test(n_the_proxy_comes_and_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
