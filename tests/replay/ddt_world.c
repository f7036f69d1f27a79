/* See ddt_world.h. */
#include "tests/replay/ddt_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lisp/ecm.h"
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
		c->priority = 1;
		c->weight = 100;
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
