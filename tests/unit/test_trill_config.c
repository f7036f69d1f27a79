/* From the RBridge's configuration file to the core: what it is told where the file says nothing,
 * and what a reload changes (docs/trill.md, items D to Q). */
#include "tests/unit/trill_campus.h"

#include "trill/config_internal.h"
#include "trill/core/rbridge_internal.h"

struct loaded {
	struct config *file;
	struct trill_config c;
};

static struct loaded *load(const char *text)
{
	struct config_mistakes *m = config_mistakes_new();
	struct loaded *l = calloc(1, sizeof(*l));

	assert_non_null(l);
	l->file = config_read_text(trill_config_schema, "x.conf", text, strlen(text), NULL, m);
	if (!l->file)
		fail_msg("%s\n%s", text, config_mistake(m, 0, &(bool){0}));
	config_mistakes_free(m);
	assert_int_equal(trill_config_load(&l->c, config_root(l->file)), 0);
	return l;
}

static void drop(struct loaded *l)
{
	trill_config_fini(&l->c);
	config_free(l->file);
	free(l);
}

/* RFC 8139 section 3: the root bridge change inhibition timer is 30 s by default, and 0 to 30. The
 * others: RFC 6325 section 3.7.3, RFC 7172 section 4.5, and what sunward-rbridge.conf(5) says. */
static void g_what_the_file_does_not_say_the_core_has_by_default(void **state)
{
	struct loaded *l = load("port \"p\" {\nkind = hybrid\n}\n");
	const struct rbridge_config *c = &l->c.core;
	struct rbridge_port_config p;

	(void)state;
	assert_int_equal(c->root_change_s, 30);
	assert_int_equal(c->nickname_count, 1);
	assert_int_equal(c->nicknames[0].nickname, NICKNAME_NONE);
	assert_int_equal(c->nicknames[0].priority, 64);
	assert_int_equal(c->nicknames[0].root_priority, 36864);
	assert_int_equal(c->trees.compute, 1);
	assert_int_equal(c->trees.use, 1);
	assert_int_equal(c->trees.max, TABLES_TREES_MAX);
	assert_int_equal(c->roots.count + c->uses.count, 0);
	assert_true(vlan_set_is_empty(&c->esadi));
	assert_int_equal(c->esadi_fgl_count, 0);
	assert_int_equal(c->key_count + c->esadi_key_count, 0);
	assert_int_equal(c->overload_s, 0);
	assert_int_equal(c->lsp_size, 1470);
	assert_int_equal(c->arp_age_s, 225);
	assert_false(c->arp_proxy);
	assert_int_equal(c->check_count, 0);
	assert_int_equal(c->check_interval, CONTINUITY_1S);
	assert_int_equal(c->neighbors_max, 64);
	assert_int_equal(c->nodes_max, 2048);
	assert_int_equal(c->links_max, 16384);
	assert_int_equal(c->lsps_max, 4096);
	assert_int_equal(c->nicknames_max, 4096);
	assert_int_equal(c->stations_max, 131072);

	trill_config_port_core(&l->c.ports[0], &p);
	assert_false(p.p2p || p.access || p.trunk || p.deaf || p.bfd || p.lag || p.exclusive);
	assert_false(p.mtu_test);
	assert_int_equal(p.pvid, 1);
	assert_int_equal(p.untagged, 1);
	assert_int_equal(p.desired_vlan, 1);
	assert_int_equal(p.priority, 64);
	assert_int_equal(vlan_set_count(&p.enabled), 1);
	assert_int_equal(vlan_set_count(&p.announcing), 1);
	assert_int_equal(p.hello_ms, 3000);
	assert_int_equal(p.holding_s, 30);
	assert_int_equal(p.bfd_us, 15000);
	assert_int_equal(p.bfd_multiplier, 3);
	assert_int_equal(p.mapping_count, 0);
	assert_int_equal(p.mapping_alert_s, 30);
	drop(l);
}

/* Ranges of RFC 8139 section 3, item 6. */
static void g_root_change_is_of_0_to_30_whole_seconds(void **state)
{
	static const char *const refused[] = {"31s", "1500ms"};
	struct loaded *l = load("root-change = 0s\nport \"p\" {\nkind = hybrid\n}\n");
	char text[64];

	(void)state;
	assert_int_equal(l->c.core.root_change_s, 0);
	drop(l);
	for (unsigned int i = 0; i < 2; i++) {
		struct config_mistakes *m = config_mistakes_new();

		snprintf(text, sizeof(text), "root-change = %s\nport \"p\" {\nkind = hybrid\n}\n",
			refused[i]);
		assert_null(config_read_text(
			trill_config_schema, "x.conf", text, strlen(text), NULL, m));
		config_mistakes_free(m);
	}
}

struct change {
	const char *option, *line;
};

static const struct change port_changes[] = {
	{"kind", "kind = access"},
	{"p2p", "p2p = yes"},
	{"neighbors", "neighbors = no"},
	{"vlans", "vlans = {1, 10}"},
	{"labels", "labels = {\"1=70000\"}"},
	{"labels-alert", "labels-alert = 7s"},
	{"announcing-vlans", "announcing-vlans = {1, 2}"},
	{"pvid", "pvid = 0"},
	{"designated-vlan", "designated-vlan = 9"},
	{"cost", "cost = 9"},
	{"priority", "priority = 9"},
	{"hello", "hello = 1s"},
	{"holding", "holding = 9s"},
	{"bfd", "bfd = yes"},
	{"bfd-interval", "bfd-interval = 9ms"},
	{"bfd-multiplier", "bfd-multiplier = 9"},
	{"lag", "lag = \"02:00:00:00:00:01:00:01\""},
	{"lag-exclusive", "lag-exclusive = yes"},
	{"mtu-test", "mtu-test = yes"},
	{"mtu", "mtu = 1400"},
	{NULL, NULL},
};

static const char *change_of(const struct change *changes, const char *option)
{
	while (changes->option && strcmp(changes->option, option) != 0)
		changes++;
	if (!changes->option)
		fail_msg("no test changes option %s by a reload", option);
	return changes->line;
}

/* What was said of the port, and is: @line stands in the place of a line of its option. */
static struct loaded *port_with(const char *line)
{
	char text[256];

	snprintf(text, sizeof(text), "port \"p\" {\n%s\n%s\n}\n",
		line && !strncmp(line, "kind", 4) ? "" : "kind = hybrid", line ? line : "");
	return load(text);
}

static struct rbridge_port_config core_of(const struct loaded *l)
{
	struct rbridge_port_config core;

	trill_config_port_core(&l->c.ports[0], &core);
	core.ifindex = 1;
	core.mac = (struct mac){{2, 0, 0, 0, 0, 1}};
	return core;
}

static void g_each_option_of_a_port_is_changed_by_a_reload(void **state)
{
	struct loaded *was = port_with(NULL), *again = port_with(NULL);
	struct rbridge_port_config before = core_of(was);
	struct virtual_campus *c = campus_of(1, &lan);
	struct rbridge *rb = c->nodes[0].rb;

	(void)state;
	assert_true(trill_config_port_equal(&was->c.ports[0], &again->c.ports[0]));
	drop(again);
	for (const struct config_option *o = trill_config_port_options; o->name; o++) {
		struct loaded *is = port_with(change_of(port_changes, o->name));
		struct rbridge_port_config after = core_of(is);

		if (trill_config_port_equal(&was->c.ports[0], &is->c.ports[0]))
			fail_msg("a port with another %s is taken for the same", o->name);
		if (!memcmp(&before, &after, sizeof(after)))
			fail_msg("the core is not told of %s", o->name);
		assert_true(rbridge_port_reconfigure(rb, 0, &before, c->now));
		assert_memory_equal(&rb->ports[0].config, &before, sizeof(before));
		assert_true(rbridge_port_reconfigure(rb, 0, &after, c->now));
		if (memcmp(&rb->ports[0].config, &after, sizeof(after)) != 0)
			fail_msg("the core does not take another %s", o->name);
		drop(is);
	}
	drop(was);
	campus_free(c);
}

static const struct change root_changes[] = {
	{"port", "port \"q\" {\nkind = trunk\n}"},
	{"station", "station \"52:54:00:00:00:01\" {\nvlan = 1\nport = p\n}"},
	{"gateway-mac", "gateway-mac = {\"00:00:5e:00:01:01\"}"},
	{"trees", "trees = 3"},
	{"tree-roots", "tree-roots = {7}"},
	{"tree-uses", "tree-uses = {7, 8}"},
	{"key", "key \"7\" {\nkey = \"of the campus\"\n}"},
	{"esadi", "esadi = {10}"},
	{"esadi-labels", "esadi-labels = {70000}"},
	{"overload", "overload = yes"},
	{"check", "check = {7}"},
	{"check-interval", "check-interval = 100ms"},
	{"root-change", "root-change = 9s"},
	{"oam-authentication", "oam-authentication = sign"},
	{"arp-proxy", "arp-proxy = yes"},
	{"api-tls", "api-tls {\nlisten = \"[::1]:9\"\ncertificate = a\nkey = b\nclient-ca = c\n}"},
	{"limits", "limits {\nlsps = 9\n}"},
	{NULL, NULL},
};

static struct loaded *root_with(const char *line)
{
	char text[512];

	snprintf(text, sizeof(text), "port \"p\" {\nkind = hybrid\n}\n%s\n", line);
	return load(text);
}

/* Each option that the schema does not leave for the next start. */
static void g_each_option_of_the_file_is_changed_by_a_reload(void **state)
{
	(void)state;
	for (const struct config_option *o = trill_config_schema; o->name; o++) {
		struct loaded *l, *fresh;
		struct trill_config *want;

		if (o->flags & CONFIG_AT_START)
			continue;
		l = root_with("");
		fresh = root_with(change_of(root_changes, o->name));
		want = malloc(sizeof(*want));
		assert_non_null(want);
		*want = fresh->c;
		want->core.keys = l->c.keys;
		want->core.esadi_keys = l->c.esadi_keys;
		trill_config_take_over(&l->c, &fresh->c);
		if (memcmp(&l->c, want, sizeof(*want)) != 0)
			fail_msg("a reload does not take over %s", o->name);
		free(want);
		trill_config_fini(&l->c);
		trill_config_fini(&fresh->c);
		config_free(l->file);
		config_free(fresh->file);
		free(l);
		free(fresh);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(g_what_the_file_does_not_say_the_core_has_by_default),
		cmocka_unit_test(g_root_change_is_of_0_to_30_whole_seconds),
		cmocka_unit_test(g_each_option_of_a_port_is_changed_by_a_reload),
		cmocka_unit_test(g_each_option_of_the_file_is_changed_by_a_reload),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
