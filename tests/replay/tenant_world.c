/* See tenant_world.h. */
#include "tests/replay/tenant_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/rcu.h"

static void add_site(struct site_table *t, const char *name, const char *instance)
{
	static const char *const prefixes[] = {"10.0.0.0/8", "2001:db8:1::/48",
		"00:00:00:00:00:00/0", "\"vm-\"/24", "(*,232.0.0.0/8)"};
	struct site *s = site_new(name, 2);
	const struct site *holder;
	char text[80];

	snprintf(text, sizeof(text), "secret-%s", name);
	assert_int_equal(site_add_key(s, 1, AUTH_HMAC_SHA256_128, text, strlen(text)), 0);
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		struct eid e;

		snprintf(text, sizeof(text), "%s%s", instance, prefixes[i]);
		e = world_eid(text);
		assert_int_equal(site_add_prefix(s, &e, true), 0);
	}
	s->subscribe = true;
	assert_int_equal(site_add_site_id(s, 7), 0);
	assert_int_equal(site_table_add(t, s, &holder), 0);
}

struct site_table *tenant_sites(void)
{
	struct site_table *t = world_sites();

	add_site(t, "a", A);
	add_site(t, "b", B);
	return t;
}

static void add_tenant(struct tenant_table *t, const char *name, const struct tenant_quota *quota,
	const char *first, const char *more)
{
	const struct tenant_quota none = {0};
	const char *const ranges[] = {first, more};
	const struct tenant *holder;
	struct tenant_range r;
	struct tenant *tenant;

	assert_int_equal(tenant_table_add(t, name, quota ? quota : &none, &tenant), 0);
	for (unsigned int i = 0; i < 2 && ranges[i]; i++) {
		assert_true(tenant_range_parse(&r, ranges[i]));
		assert_int_equal(tenant_table_add_range(t, tenant, r.first, r.last, &holder), 0);
	}
}

void tenant_set(struct world *w, const struct tenant_quota *quota, const char *more)
{
	struct tenant_table *t = tenant_table_new(false);

	add_tenant(t, "a", quota, "10", more);
	add_tenant(t, "b", NULL, "20", NULL);
	assert_int_equal(server_set_tenants(w->server, t), 0);
}

struct world *tenant_world(const struct tenant_quota *quota)
{
	struct world *w = world_new(tenant_sites(), NULL, NULL);

	tenant_set(w, quota, NULL);
	return w;
}

uint64_t tenant_refusals(const struct world *w, const char *name, enum tenant_refusal why)
{
	return tenant_refused(tenant_table_named(w->server->tenants, name), why);
}

struct listing {
	struct mono now;
	char *text;
	size_t used, size;
	bool whole;
};

static void say(struct listing *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct listing *l, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(l->text + l->used, l->size - l->used, format, args);
	va_end(args);
	assert_true(n >= 0 && (size_t)n < l->size - l->used);
	l->used += (size_t)n;
}

static bool list_one(struct mapping *m, void *arg)
{
	struct eid eid = mapping_eid(m);
	struct listing *l = arg;
	struct wire_fault fault;
	struct lisp_record rec = locators_iterate(
		m->locators->wire, m->locators->wire_len, m->locators->count, &fault);
	char name[EID_TEXT], at[ADDRESS_TEXT];
	struct lisp_rloc rloc;

	if (!mapping_alive(m, l->now))
		return true;
	say(l, "%s%s seq %llu {", l->used ? "; " : "", eid_format(&eid, name, sizeof(name)),
		(unsigned long long)m->seq);
	while (lisp_rloc_next(&rec, &rloc))
		say(l, " %s", address_format(&rloc.field.addr, at, sizeof(at)));
	say(l, " }");
	if (l->whole)
		say(l, " until %llu owner %s", (unsigned long long)mapping_expiry(m),
			m->owner->who.site);
	return true;
}

const char *tenant_mappings(const struct world *w, const char *prefix)
{
	static char texts[4][2048];
	static unsigned int turn;
	struct listing l = {w->now, texts[turn++ % 4], 0, sizeof(texts[0]), false};
	struct eid e = world_eid(prefix);

	l.text[0] = '\0';
	rcu_enter();
	registry_covered(w->server->registry, &e, list_one, &l);
	rcu_leave();
	return l.text;
}

const char *tenant_state(const struct world *w, const char *name, const char *instance)
{
	static const uint16_t families[] = {
		AFI_IPV4, AFI_IPV6, AFI_MAC, AFI_NAME, AFI_SG_IPV4, AFI_SG_IPV6};
	static char text[4096];
	struct listing l = {w->now, text, 0, sizeof(text), true};
	const struct tenant *t = tenant_table_named(w->server->tenants, name);
	char root[32];
	struct eid e;

	text[0] = '\0';
	snprintf(root, sizeof(root), "%s0.0.0.0/0", instance);
	e = world_eid(root);
	rcu_enter();
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		e.addr.afi = families[i];
		e.addr.len = (uint8_t)mapping_key_bytes(families[i]);
		registry_covered(w->server->registry, &e, list_one, &l);
	}
	rcu_leave();
	for (unsigned int i = 0; i < TENANT_REFUSALS; i++)
		say(&l, "; refused %llu",
			(unsigned long long)tenant_refused(t, (enum tenant_refusal)i));
	say(&l, "; subscriptions %zu", t->use->subscriptions);
	return text;
}

void tenant_acknowledge(struct world *w, const char *site, const char *peer, uint64_t nonce,
	const char *eid, enum lisp_type type)
{
	const struct auth_options opt = {false, false};
	struct map_register m = {.type = type, .nonce = nonce};
	struct eid e = world_eid(eid);
	struct auth_key *key;
	struct wire_writer wr;
	char secret[32];
	uint8_t buf[256];
	int len;

	snprintf(secret, sizeof(secret), "secret-%s", site);
	key = auth_key_new(secret, strlen(secret));
	wire_writer_init(&wr, buf, sizeof(buf));
	map_register_begin(&wr, &m, 1, AUTH_HMAC_SHA256_128, &opt);
	lisp_record_write(&wr, &e, 1440, 0, LISP_ACT_NONE, false, 0);
	len = map_register_finish(&wr, &m, 1, key, &opt);
	auth_key_free(key);
	assert_true(len > 0);
	world_receive(w, peer, buf, (size_t)len);
}
