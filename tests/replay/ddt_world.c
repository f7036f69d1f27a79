/* See ddt_world.h. */
#include "tests/replay/ddt_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/rcu.h"
#include "lisp/ecm.h"
#include "mapserver/ddt_client.h"
#include "mapserver/ddt_resolver.h"
#include "tests/unit/ddt_vector.h"

static const uint8_t secret[16] = "ddt-replay-test";

struct delegation_table *ddt_table(void)
{
	return delegation_table_new(secret);
}

void ddt_authority(struct delegation_table *t, const char *prefix, const char *const *peers)
{
	struct authority *a = calloc(1, sizeof(*a));

	assert_non_null(a);
	a->root = !prefix;
	if (prefix)
		a->prefix = world_eid(prefix);
	for (; peers && *peers; peers++)
		a->peers[a->peer_count++] = world_address(*peers);
	assert_int_equal(delegation_table_authority(t, a), 0);
}

void ddt_delegate(struct delegation_table *t, const char *prefix, bool map_servers,
	const char *const *children, const char *key)
{
	struct delegation *d = calloc(1, sizeof(*d));
	const char *why = "";

	assert_non_null(d);
	d->prefix = world_eid(prefix);
	d->map_servers = map_servers;
	for (; *children; children++) {
		struct delegation_child *c = &d->children[d->child_count++];

		c->addr = world_address(*children);
		c->priority = 1; /* all weights 0: they are asked in this order */
		if (key) {
			c->keys[c->key_count++] = referral_key_public_pem(key, strlen(key), &why);
			if (!c->keys[0])
				fail_msg("%s", why);
		}
	}
	assert_int_equal(delegation_table_add(t, d), 0);
}

void ddt_sign_with_vector(struct delegation_table *t, uint32_t per_s)
{
	struct ddt_signer_options o = {
		.key_count = 1, .life_s = 7 * 86400, .rate = limit_per_s(per_s, per_s)};
	const char *why = "";

	o.keys[0] = referral_key_private_pem(
		vector_parent_private, sizeof(vector_parent_private) - 1, &why);
	if (!o.keys[0])
		fail_msg("%s", why);
	delegation_table_sign(t, ddt_signer_new(&o));
}

size_t ddt_write_request(uint8_t *buf, size_t cap, const char *eid, const char *itr, uint64_t nonce)
{
	struct map_request_spec s = {.nonce = nonce, .itr_rloc_count = 1, .eid = world_eid(eid)};
	size_t len;

	s.itr_rlocs[0] = world_endpoint(itr).addr;
	len = world_write_request(buf, cap, &s, itr);
	buf[0] |= 0x04; /* D: RFC 8111 section 5 */
	return len;
}

void ddt_request(struct world *w, const char *eid, const char *itr)
{
	uint8_t buf[600];

	world_receive(w, "192.0.2.77:4342", buf,
		ddt_write_request(buf, sizeof(buf), eid, itr, 0x1122334455667788));
}

static size_t record_text(char *text, size_t size, struct referral_record *rec)
{
	static const char *const acts[8] = {"node-referral", "ms-referral", "ms-ack",
		"not-registered", "hole", "not-authoritative", "act-6", "act-7"};
	char eid[EID_TEXT], addr[ADDRESS_TEXT];
	struct lisp_rloc rloc;
	struct address a;
	size_t n;

	n = (size_t)snprintf(text, size, "%s %s ttl %u%s {", acts[rec->act],
		eid_format(&rec->eid.eid, eid, sizeof(eid)), rec->ttl_min,
		rec->incomplete ? " I" : "");
	while (referral_next(rec, &rloc))
		if (lisp_field_locator(&rloc.field, &a))
			n += (size_t)snprintf(text + n, size - n, " %s%s",
				address_format(&a, addr, sizeof(addr)),
				rloc.field.afi == AFI_LCAF ? "+key" : "");
	n += (size_t)snprintf(text + n, size - n, " }");
	if (rec->signature_count)
		n += (size_t)snprintf(text + n, size - n, " sigs %u", rec->signature_count);
	return n;
}

const char *ddt_referral_text(const uint8_t *bytes, size_t len)
{
	static char text[2048];
	struct referral_record rec;
	struct wire_fault fault;
	struct map_referral m;
	size_t n = 0;

	if (map_referral_parse(bytes, len, &m, &fault))
		return "no Map-Referral";
	text[0] = '\0';
	while (map_referral_next(&m, &rec)) {
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", n ? "; " : "");
		n += record_text(text + n, sizeof(text) - n, &rec);
	}
	return text;
}

const char *ddt_referral(struct world *w, unsigned int i)
{
	if (i >= w->out->count)
		fail_msg("%u datagrams were sent, number %u is wanted; log: %s", w->out->count, i,
			w->log_text);
	return ddt_referral_text(outbox_bytes(w->out, i), w->out->list[i].len);
}

struct world *ddt_resolver_world(struct site_table *sites, const char *key)
{
	struct ddt_resolver_options o = {
		.pending_max = 64, .referrals_max = 16, .ipv4 = true, .ipv6 = true};
	struct world *w = world_new(sites, NULL, NULL);
	struct referral_root roots[2] = {{.key_count = 0}};
	const char *why = "";

	roots[0].at = world_endpoint("192.0.2.1");
	roots[1].at = world_endpoint("192.0.2.2");
	for (unsigned int i = 0; key && i < 2; i++) {
		roots[i].keys[0] = referral_key_public_pem(key, strlen(key), &why);
		roots[i].key_count = roots[i].keys[0] ? 1 : 0;
	}
	memcpy(o.secret, secret, sizeof(secret));
	w->server->ddt = ddt_resolver_new(&o, referral_new_root(roots, 2));
	assert_non_null(w->server->ddt);
	for (unsigned int i = 0; key && i < 2; i++)
		referral_key_free(roots[i].keys[0]);
	w->server->wall_offset_s = (int64_t)DDT_WALL - (int64_t)(w->now.ns / 1000000000);
	return w;
}

void ddt_pass(struct world *w, uint64_t ms)
{
	w->now = mono_add_ms(w->now, ms);
	rcu_enter();
	ddt_client_run(&w->thread, w->now, w->out);
	rcu_leave();
}

const char *ddt_asked(struct world *w, unsigned int i)
{
	static char text[ENDPOINT_TEXT + EID_TEXT + 32];
	char to[ENDPOINT_TEXT], eid[EID_TEXT];
	struct map_request_record rec;
	struct map_request m;
	struct wire_fault fault;
	struct ecm ecm;

	if (i >= w->out->count)
		fail_msg("%u datagrams were sent, number %u is wanted; log: %s", w->out->count, i,
			w->log_text);
	if (ecm_parse(outbox_bytes(w->out, i), w->out->list[i].len, &ecm, &fault) || !ecm.ddt ||
		map_request_parse(ecm.message, ecm.message_len, &m, &fault) ||
		!map_request_next(&m, &rec))
		return "no DDT Map-Request";
	snprintf(text, sizeof(text), "%s %s nonce %ju",
		endpoint_format(&w->out->list[i].to, to, sizeof(to)),
		eid_format(&rec.eid.eid, eid, sizeof(eid)), (uintmax_t)m.nonce);
	return text;
}

static void sign_record(struct wire_writer *w, const struct ddt_record *r)
{
	const char *why;
	struct referral_key *k = referral_key_private_pem(
		vector_parent_private, sizeof(vector_parent_private) - 1, &why);
	const struct referral_key *keys[] = {k};

	assert_int_equal(
		referral_sign(w, 12, keys, 1, r->inception ? r->inception : DDT_WALL - 86400,
			r->expiration ? r->expiration : DDT_WALL + 86400),
		0);
	referral_key_free(k);
}

size_t ddt_write_referral(uint8_t *buf, size_t cap, uint64_t nonce, const struct ddt_record *r)
{
	struct lisp_rloc rloc = {.priority = 1, .reachable = true};
	const char *why;
	struct referral_key *child =
		referral_key_public_pem(vector_child_public, sizeof(vector_child_public) - 1, &why);
	const struct referral_key *keys[] = {child};
	struct eid prefix = world_eid(r->prefix);
	struct wire_writer w;
	uint8_t count = 0;

	while (count < 4 && r->rlocs[count])
		count++;
	wire_writer_init(&w, buf, cap);
	map_referral_begin(&w, nonce);
	map_referral_record_write(&w, &prefix,
		r->no_ttl    ? 0
		: r->ttl_min ? r->ttl_min
			     : 1440,
		count, r->sign, r->act_raw ? (enum referral_act)r->act_raw : r->act, r->incomplete,
		0);
	for (unsigned int i = 0; i < count; i++) {
		struct address a = world_address(r->rlocs[i]);

		rloc.priority = r->priorities[i] ? r->priorities[i] : 1;
		rloc.weight = r->weights[i];
		referral_rloc_write(&w, &rloc, &a, keys, r->child_key);
	}
	if (r->sign)
		sign_record(&w, r);
	map_referral_finish(&w, 1);
	referral_key_free(child);
	assert_true(wire_written(&w));
	return w.pos;
}

void ddt_refer(struct world *w, const char *peer, uint64_t nonce, struct ddt_record r)
{
	uint8_t buf[1500];

	world_receive(w, peer, buf, ddt_write_referral(buf, sizeof(buf), nonce, &r));
}

/* ---- searches ---- */

/* DDT_ITR asks for 10.1.2.3, and the root was asked: nothing of it is left in the outbox. */
struct world *ddt_searching(const char *key)
{
	struct world *w = ddt_resolver_world(NULL, key);

	world_request(w, "10.1.2.3/32", DDT_ITR);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(ddt_asked(w, 0), DDT_ASKED("192.0.2.1"));
	world_clear(w);
	return w;
}

void ddt_ask(struct world *w, const char *eid, const char *itr, uint64_t nonce)
{
	struct map_request_spec s = {.nonce = nonce, .itr_rloc_count = 1, .eid = world_eid(eid)};
	uint8_t buf[512];

	s.itr_rlocs[0] = world_endpoint(itr).addr;
	world_receive(w, itr, buf, world_write_request(buf, sizeof(buf), &s, itr));
}

size_t ddt_pending(struct world *w)
{
	return ddt_resolver_state(w->server->ddt).pending;
}

size_t ddt_kept(struct world *w)
{
	return ddt_resolver_state(w->server->ddt).referrals;
}

void ddt_expect_negative(struct world *w, const char *records)
{
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_to(w, 0), DDT_ITR);
	assert_string_equal(world_records(world_reply(w, 0).records), records);
	assert_true(world_reply(w, 0).nonce == DDT_NONCE);
	assert_int_equal(ddt_pending(w), 0);
}

/* ---- the nodes of section 9's figure ---- */

struct delegation_table *ddt_root_table(void)
{
	struct delegation_table *t = ddt_table();

	ddt_authority(t, NULL, NULL);
	ddt_delegate(t, "2001:db8::/32", false,
		(const char *const[]){"192.0.2.11", "192.0.2.12", NULL}, NULL);
	return t;
}

struct delegation_table *ddt_second_level_table(void)
{
	struct delegation_table *t = ddt_table();

	ddt_authority(t, "2001:db8::/32", NULL);
	ddt_delegate(
		t, "2001:db8:100::/40", true, (const char *const[]){"192.0.2.101", NULL}, NULL);
	ddt_delegate(
		t, "2001:db8:500::/40", false, (const char *const[]){"192.0.2.201", NULL}, NULL);
	return t;
}
