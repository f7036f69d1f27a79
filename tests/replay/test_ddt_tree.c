/* The lookups of RFC 8111 section 9, step by step, over its example topology: every node of the
 * figure is a map-server core of its own, and the datagrams that one sends are what the next
 * receives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/rcu.h"
#include "mapserver/ddt_resolver.h"
#include "tests/replay/ddt_world.h"

#define STEPS_TEXT 2048

enum node {
	ROOT1,
	ROOT2,
	NODE1,
	NODE2,
	NODE3,
	MAP_SERVER1,
	MAP_SERVER2,
	MAP_SERVER3,
	RESOLVER,
	NODES,
};

struct tree {
	struct world *worlds[NODES];
	char steps[STEPS_TEXT]; /* what went from whom to whom */
};

static const char *const addresses[NODES] = {"192.0.2.1", "192.0.2.2", "192.0.2.11", "192.0.2.12",
	"192.0.2.201", "192.0.2.101", "192.0.2.211", "192.0.2.221", "192.0.2.77"};
static const char *const names[NODES] = {
	"root1", "root2", "node1", "node2", "node3", "ms1", "ms2", "ms3", "resolver"};

static struct world *node(struct site_table *sites, struct delegation_table *t)
{
	struct world *w = world_new(sites, NULL, NULL);

	w->server->delegations = t;
	return w;
}

static struct world *node3(void)
{
	struct delegation_table *t = ddt_table();

	ddt_authority(t, "2001:db8:500::/40", NULL);
	ddt_delegate(
		t, "2001:db8:500::/48", true, (const char *const[]){"192.0.2.211", NULL}, NULL);
	ddt_delegate(
		t, "2001:db8:501::/48", true, (const char *const[]){"192.0.2.221", NULL}, NULL);
	return node(NULL, t);
}

/* A Map-Server of two sites, whose ETRs have registered them and answer for themselves. */
static struct world *map_server(const char *prefix, const char *site1, const char *site2)
{
	struct delegation_table *t = ddt_table();
	struct site_table *sites = world_sites();
	struct world *w;

	ddt_authority(t, prefix, NULL);
	world_site(sites, "a", site1, false);
	world_site(sites, "b", site2, false);
	w = node(sites, t);
	world_register(w, (struct world_register){.eids = {site1},
				  .locators = {"198.51.100.1"},
				  .no_proxy = true,
				  .no_notify = true});
	world_register(w, (struct world_register){.site = "b",
				  .eids = {site2},
				  .locators = {"198.51.100.2"},
				  .no_proxy = true,
				  .no_notify = true});
	world_clear(w);
	return w;
}

static void grow(struct tree *t)
{
	t->steps[0] = '\0';
	t->worlds[ROOT1] = node(NULL, ddt_root_table());
	t->worlds[ROOT2] = node(NULL, ddt_root_table());
	t->worlds[NODE1] = node(NULL, ddt_second_level_table());
	t->worlds[NODE2] = node(NULL, ddt_second_level_table());
	t->worlds[NODE3] = node3();
	t->worlds[MAP_SERVER1] =
		map_server("2001:db8:100::/40", "2001:db8:103::/48", "2001:db8:104::/48");
	t->worlds[MAP_SERVER2] =
		map_server("2001:db8:500::/48", "2001:db8:500:1::/64", "2001:db8:500:2::/64");
	t->worlds[MAP_SERVER3] =
		map_server("2001:db8:501::/48", "2001:db8:501:8::/64", "2001:db8:501:9::/64");
	t->worlds[RESOLVER] = ddt_resolver_world(NULL, NULL);
}

static void fell(struct tree *t)
{
	for (unsigned int i = 0; i < NODES; i++)
		world_free(t->worlds[i]);
}

static int node_at(const struct address *a)
{
	char text[ADDRESS_TEXT];

	address_format(a, text, sizeof(text));
	for (int i = 0; i < NODES; i++)
		if (strcmp(addresses[i], text) == 0)
			return i;
	return -1;
}

static void note(struct tree *t, const char *from, const char *to, const char *what)
{
	size_t used = strlen(t->steps);

	snprintf(t->steps + used, sizeof(t->steps) - used, "%s > %s: %s\n", from, to, what);
}

static const char *what_is(const uint8_t *bytes, size_t len, struct world *w, unsigned int i)
{
	switch (lisp_type_of(bytes, len)) {
	case LISP_ECM:
		return bytes[0] & 0x04 ? "DDT Map-Request" : "Map-Request";
	case LISP_MAP_REFERRAL:
		return ddt_referral_text(bytes, len);
	default:
		return world_records(world_reply(w, i).records);
	}
}

/* Let what @from has sent come to whom it is for, and so on; ITRs and ETRs swallow theirs. */
static void flow(struct tree *t, int from)
{
	struct world *w = t->worlds[from];
	struct outbox *sent = w->out;

	w->out = outbox_new(64, 1 << 16);
	for (uint32_t i = 0; i < sent->count; i++) {
		struct outbox *fresh = w->out;
		const char *what;
		struct datagram d = {.bytes = outbox_bytes(sent, i),
			.len = sent->list[i].len,
			.peer = {.addr = world_address(addresses[from]), .port = 4342},
			.local = sent->list[i].to.addr};
		int to = node_at(&d.local);
		char text[ADDRESS_TEXT];

		w->out = sent; /* world_reply looks there */
		what = what_is(d.bytes, d.len, w, i);
		w->out = fresh;
		note(t, names[from],
			to < 0 ? address_format(&d.local, text, sizeof(text)) : names[to], what);
		if (to < 0)
			continue;
		rcu_enter();
		server_receive(&t->worlds[to]->thread, &d, t->worlds[to]->now, t->worlds[to]->out);
		rcu_leave();
		flow(t, to);
	}
	outbox_free(sent);
}

/* What the lookup of @eid by an ITR comes to. */
static const char *lookup(struct tree *t, const char *eid)
{
	t->steps[0] = '\0';
	world_request(t->worlds[RESOLVER], eid, "203.0.113.9:40000");
	flow(t, RESOLVER);
	assert_int_equal(ddt_resolver_state(t->worlds[RESOLVER]->server->ddt).pending, 0);
	return t->steps;
}

static void the_lookups_of_section_9(void **state)
{
	struct tree t;

	(void)state;
	grow(&t);
	/* 9.1: two levels. */
	assert_string_equal(lookup(&t, "2001:db8:103:1::1/128"),
		"resolver > root1: DDT Map-Request\n"
		"root1 > resolver: node-referral 2001:db8::/32 ttl 1440 { 192.0.2.11 192.0.2.12 }\n"
		"resolver > node1: DDT Map-Request\n"
		"node1 > resolver: ms-referral 2001:db8:100::/40 ttl 1440 { 192.0.2.101 }\n"
		"resolver > ms1: DDT Map-Request\n"
		"ms1 > 198.51.100.1: Map-Request\n"
		"ms1 > resolver: ms-ack 2001:db8:103::/48 ttl 1440 I { 192.0.2.101 }\n");
	/* 9.2: three levels; this resolver has the first referral already. */
	assert_string_equal(lookup(&t, "2001:db8:501:8:4::1/128"),
		"resolver > node1: DDT Map-Request\n"
		"node1 > resolver: node-referral 2001:db8:500::/40 ttl 1440 { 192.0.2.201 }\n"
		"resolver > node3: DDT Map-Request\n"
		"node3 > resolver: ms-referral 2001:db8:501::/48 ttl 1440 { 192.0.2.221 }\n"
		"resolver > ms3: DDT Map-Request\n"
		"ms3 > 198.51.100.1: Map-Request\n"
		"ms3 > resolver: ms-ack 2001:db8:501:8::/64 ttl 1440 I { 192.0.2.221 }\n");
	/* 9.3: straight to the Map-Server. */
	assert_string_equal(lookup(&t, "2001:db8:104:2::2/128"),
		"resolver > ms1: DDT Map-Request\n"
		"ms1 > 198.51.100.2: Map-Request\n"
		"ms1 > resolver: ms-ack 2001:db8:104::/48 ttl 1440 I { 192.0.2.101 }\n");
	/* 9.4: from a node in the middle. */
	assert_string_equal(lookup(&t, "2001:db8:500:2:4::1/128"),
		"resolver > node3: DDT Map-Request\n"
		"node3 > resolver: ms-referral 2001:db8:500::/48 ttl 1440 { 192.0.2.211 }\n"
		"resolver > ms2: DDT Map-Request\n"
		"ms2 > 198.51.100.2: Map-Request\n"
		"ms2 > resolver: ms-ack 2001:db8:500:2::/64 ttl 1440 I { 192.0.2.211 }\n");
	/* 9.5: there is no such EID; the second time the resolver knows. */
	assert_string_equal(lookup(&t, "2001:db8:500::1/128"),
		"resolver > ms2: DDT Map-Request\n"
		"ms2 > resolver: hole 2001:db8:500::/64 ttl 15 { }\n"
		"resolver > 203.0.113.9: 2001:db8:500::/64 ttl 15 act 1 { }\n");
	assert_string_equal(lookup(&t, "2001:db8:500::2/128"),
		"resolver > 203.0.113.9: 2001:db8:500::/64 ttl 15 act 1 { }\n");
	fell(&t);
}

/* Section 7.3.2: what is kept has become wrong. */
static void a_map_server_that_lost_its_prefix_sends_the_search_back_to_the_root(void **state)
{
	struct delegation_table *gone = ddt_table();
	struct tree t;

	(void)state;
	grow(&t);
	lookup(&t, "2001:db8:103:1::1/128");
	/* 192.0.2.101 is a node for something else now, and node1 knows who came in its place. */
	world_free(t.worlds[MAP_SERVER1]);
	ddt_authority(gone, "2001:db8:900::/40", NULL);
	t.worlds[MAP_SERVER1] = node(NULL, gone);
	assert_string_equal(lookup(&t, "2001:db8:103:1::2/128"),
		"resolver > ms1: DDT Map-Request\n"
		"ms1 > resolver: not-authoritative 2001:db8:103:1::2 ttl 0 I { }\n"
		"resolver > root1: DDT Map-Request\n"
		"root1 > resolver: node-referral 2001:db8::/32 ttl 1440 { 192.0.2.11 192.0.2.12 }\n"
		"resolver > node1: DDT Map-Request\n"
		"node1 > resolver: ms-referral 2001:db8:100::/40 ttl 1440 { 192.0.2.101 }\n"
		"resolver > ms1: DDT Map-Request\n"
		"ms1 > resolver: not-authoritative 2001:db8:103:1::2 ttl 0 I { }\n"
		"resolver > 203.0.113.9: 2001:db8:103:1::2 ttl 1 act 1 { }\n");
	fell(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lookups_of_section_9),
		cmocka_unit_test(
			a_map_server_that_lost_its_prefix_sends_the_search_back_to_the_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
