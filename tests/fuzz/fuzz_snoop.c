/* fuzz_snoop: a hypervisor's interfaces, and guests behind them that say anything: a script of
 * links, frames, learnt MACs, neighbours, named guests and time. Whatever is said: an address has
 * one guest that is here at most, lies within the rule's prefixes, and there are no more behind an
 * interface than it allows. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "tests/fuzz/need.h"
#include "tests/fuzz/script.h"
#include "vmmobility/snoop.h"

#define PORTS     3
#define ADDRESSES 4 /* behind one interface */
#define UPLINK    9

struct world {
	struct vm_env env;
	struct random_seeded random;
	struct log log;
	struct vm_policy policy;
	struct snoop_policy rules;
	struct reporter *reporter;
	struct guests *guests;
	struct snoop *snoop;
	unsigned int listening;
};

static void no_line(struct log *log, enum log_level level, const char *line)
{
}

static bool on_listen(void *arg, int ifindex, bool on)
{
	struct world *w = arg;

	need(ifindex > 0 && ifindex <= PORTS);
	need(on || w->listening > 0);
	w->listening += on ? 1 : -1u;
	return ifindex != PORTS; /* one cannot be heard */
}

static void on_ask(void *arg, int ifindex, const uint8_t from[6], const uint8_t mac[6],
	const struct address *target)
{
	need(ifindex > 0 && ifindex < PORTS && address_is_ip(target));
}

static struct eid prefix(const char *text)
{
	const char *why;
	struct eid e;

	need(eid_parse(&e, text, &why));
	return e;
}

static void world_init(struct world *w)
{
	const struct reporter_ops reporter = {0};
	const struct guests_ops guests = {0};
	const struct snoop_ops ops = {.listen = on_listen, .ask = on_ask, .arg = w};

	memset(w, 0, sizeof(*w));
	log_init_sink(&w->log, no_line, NULL);
	random_seeded_init(&w->random, 1);
	timers_init(&w->env.timers);
	w->env.random = &w->random.random;
	w->env.log = &w->log;
	w->env.out = outbox_new(64, 1 << 18);
	w->env.now = (struct mono){1000000000};
	w->policy.expect_ms = 60000;
	w->rules.rule_count = 1;
	w->rules.rules[0] = (struct snoop_rule){.pattern = "tap*",
		.prefixes = {prefix("[7]192.0.2.0/28"), prefix("[7]2001:db8::/124"),
			prefix("[7]52:54:00:00:00:00/45")},
		.prefix_count = 3,
		.addresses = ADDRESSES,
		.age_ms = 10000};
	w->reporter = reporter_new(&w->env, &w->policy, &reporter);
	need(w->env.out && w->reporter);
	w->guests = guests_new(&w->env, w->reporter, &w->policy, &guests, NULL);
	need(w->guests);
	w->snoop = snoop_new(&w->env, w->guests, &w->rules, &ops);
	need(w->snoop);
}

static void world_fini(struct world *w)
{
	snoop_free(w->snoop);
	guests_free(w->guests);
	reporter_free(w->reporter);
	outbox_free(w->env.out);
}

/* ---- what happens ---- */

static void pick_mac(struct script *s, uint8_t mac[6])
{
	memcpy(mac, "\x52\x54\0\0\0", 5);
	mac[5] = (uint8_t)script_pick(s, 12);
}

static struct address pick_address(struct script *s)
{
	uint8_t v4[4] = {192, 0, 2, (uint8_t)script_pick(s, 20)};
	struct address a;

	need(address_set(&a, AFI_IPV4, v4, sizeof(v4)));
	return a;
}

static void link_event(struct world *w, struct script *s)
{
	static const char *const names[] = {"tap0", "tap1", "tap2", "eth0"};
	unsigned int i = script_pick(s, PORTS);
	struct snoop_link link = {.ifindex = (int)i + 1, .master = 20, .name = names[i]};
	uint8_t how = script_u8(s);

	if (how % 4 == 3) {
		snoop_unlink(w->snoop, link.ifindex);
		return;
	}
	if (how % 16 == 14)
		link.name = names[3];
	link.running = how % 4 != 2;
	link.mac[5] = (uint8_t)(0xf0 + i);
	snoop_link(w->snoop, &link);
}

/* ARP that is well formed, so that the rest is reached. */
static void arp(struct world *w, struct script *s)
{
	uint8_t frame[42] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1};
	int ifindex = 1 + (int)script_pick(s, PORTS);
	struct address a;

	pick_mac(s, frame + 6);
	memcpy(frame + 22, frame + 6, 6);
	a = pick_address(s);
	memcpy(frame + 28, a.bytes, 4);
	memcpy(frame + 38, a.bytes, 4);
	if (script_u8(s) % 4 == 0)
		memcpy(frame + 12, "\x80\x35\0\1\x8\0\x6\4\0\3", 10);
	snoop_frame(w->snoop, ifindex, frame, sizeof(frame));
}

static void raw_frame(struct world *w, struct script *s)
{
	uint8_t frame[128];
	int ifindex = 1 + (int)script_pick(s, PORTS);
	size_t len = script_pick(s, sizeof(frame));

	for (size_t i = 0; i < len; i++)
		frame[i] = script_u8(s);
	snoop_frame(w->snoop, ifindex, frame, len);
}

static void neighbour(struct world *w, struct script *s)
{
	static const int places[] = {1, 2, 3, UPLINK, 20};
	int ifindex = places[script_pick(s, 5)];
	uint8_t mac[6], how = script_u8(s);
	struct address a = pick_address(s);

	pick_mac(s, mac);
	if (how % 2)
		snoop_learnt(w->snoop, ifindex, mac);
	else
		snoop_neighbour(w->snoop, ifindex, &a, how % 8 == 0 ? NULL : mac);
}

static void named_guest(struct world *w, struct script *s)
{
	struct handover_id uuid = {{(uint8_t)(1 + script_pick(s, 3))}};
	struct handover_host host = {0};
	struct address a = pick_address(s);
	const char name[] = {'g', (char)('0' + uuid.bytes[0]), '\0'};
	struct guest *g;

	pick_mac(s, host.mac);
	host.eid = eid_host(7, &a);
	switch (script_pick(s, 4)) {
	case 0:
		guests_bind(w->guests, name, &uuid, GUEST_OF_LIBVIRT, &host, 1);
		break;
	case 1:
		if (!guests_by_uuid(w->guests, &uuid))
			guests_bind(w->guests, name, &uuid, GUEST_OF_SNOOP, NULL, 0);
		snoop_card_of(w->snoop, host.mac, name, &uuid);
		break;
	default:
		g = guests_by_uuid(w->guests, &uuid);
		if (g)
			guests_news(
				w->guests, g, (enum guest_news)script_pick(s, GUEST_ABSENT + 1));
	}
}

static void pass(struct world *w, uint64_t ms)
{
	const struct mono end = mono_add_ms(w->env.now, ms);
	struct mono next;

	while (next = timers_next(&w->env.timers), mono_due(next, end)) {
		w->env.now = mono_before(next, w->env.now) ? w->env.now : next;
		timers_run(&w->env.timers, w->env.now);
	}
	w->env.now = end;
}

static void step(struct world *w, struct script *s)
{
	switch (script_pick(s, 8)) {
	case 0:
		link_event(w, s);
		break;
	case 1:
	case 2:
		arp(w, s);
		break;
	case 3:
		raw_frame(w, s);
		break;
	case 4:
		neighbour(w, s);
		break;
	case 5:
		named_guest(w, s);
		break;
	case 6:
		pass(w, script_u16(s));
		break;
	case 7:
		snoop_reload(w->snoop, &w->rules);
		break;
	}
	outbox_clear(w->env.out);
}

/* ---- what must hold ---- */

static bool is_here(const struct guest *g)
{
	return g->named == GUEST_OF_SNOOP && g->told_by == GUEST_OF_SNOOP &&
	       g->place == GUEST_RUNNING;
}

static bool within(const struct world *w, const struct eid *eid)
{
	return snoop_may_have(w->snoop, eid);
}

static unsigned int holders(const struct world *w, const struct eid *eid)
{
	unsigned int count = 0;

	for (const struct guest *g = guests_first(w->guests); g; g = g->next)
		for (unsigned int i = 0; is_here(g) && i < g->report.content.host_count; i++)
			count += eid_equal(&g->report.content.hosts[i].eid, eid);
	return count;
}

static void look(const struct world *w)
{
	unsigned int addresses = 0;

	for (const struct guest *g = guests_first(w->guests); g; g = g->next) {
		if (!is_here(g))
			continue;
		need(g->report.content.host_count > 0);
		for (unsigned int i = 0; i < g->report.content.host_count; i++) {
			need(within(w, &g->report.content.hosts[i].eid));
			need(holders(w, &g->report.content.hosts[i].eid) == 1);
		}
		addresses += g->report.content.host_count;
	}
	/* Some of a port that has just gone are told of until a second is over. */
	need(addresses <= 2 * PORTS * ADDRESSES);
	need(snoop_cards(w->snoop) <= PORTS * ADDRESSES);
	need(snoop_ports(w->snoop) == w->listening);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script s = {data, data + size};
	static struct world w;

	world_init(&w);
	while (!script_over(&s)) {
		step(&w, &s);
		look(&w);
	}
	pass(&w, 120000); /* all that is due comes to an end */
	look(&w);
	world_fini(&w);
	return 0;
}
