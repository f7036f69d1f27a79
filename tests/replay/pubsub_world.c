/* See pubsub_world.h. */
#include "tests/replay/pubsub_world.h"

#include <stdio.h>
#include <string.h>

#include "lisp/ecm.h"
#include "lisp/lispsec.h"

struct site_table *pubsub_sites(void)
{
	struct site_table *t = world_sites();

	world_site(t, "a", "10.0.0.0/8", true);
	world_site(t, "b", "172.16.0.0/12", true);
	return t;
}

struct world *pubsub_world(void)
{
	struct world *w = world_new(pubsub_sites(), NULL, NULL);

	pubsub_begin(w);
	return w;
}

void pubsub_begin(struct world *w)
{
	world_register(w, (struct world_register){.site = "b",
				  .peer = ITR_PEER,
				  .xtr = 9,
				  .eids = {"172.16.9.0/24"},
				  .locators = {ITR},
				  .no_notify = true});
	world_register(w, (struct world_register){.site = "b",
				  .peer = ITR2_PEER,
				  .xtr = 10,
				  .eids = {"172.16.10.0/24"},
				  .locators = {ITR2},
				  .no_notify = true});
	world_clear(w);
}

void at_site_a(struct world *w, const char *eid, const char *locator)
{
	world_register(w, (struct world_register){.peer = "198.51.100.1:4342",
				  .xtr = 1,
				  .eids = {eid},
				  .locators = {locator},
				  .no_notify = true});
}

void pubsub_peer(struct world *w, const char *prefix, bool unwrapped)
{
	struct secure_peer peer = {.unwrapped = unwrapped};
	struct eid e = world_eid(prefix);

	if (!w->server->peers)
		w->server->peers = secure_peers_new((const uint8_t *)"0123456789abcdef");
	assert_int_equal(otk_keys_add(&peer.keys, 1, "itr-secret", 10), 0);
	assert_int_equal(secure_peers_add(w->server->peers, &e, &peer), 0);
}

static size_t write_protected(
	uint8_t *buf, size_t cap, const struct map_request_spec *s, const struct request *r)
{
	struct endpoint source = world_endpoint(r->source ? r->source : ITR_PEER);
	struct endpoint dest = world_endpoint("10.0.0.1:4342");
	struct otk_tools *tools = otk_tools_new();
	struct otk_keys keys = {0};
	struct otk_wrapped wrapped;
	uint8_t message[512], ad[64];
	struct wire_writer w;
	int len = map_request_write(message, sizeof(message), s);

	assert_true(len > 0);
	assert_int_equal(otk_keys_add(&keys, 1, "itr-secret", 10), 0);
	if (r->null_wrap)
		otk_wrap_null(r->otk, &wrapped);
	else
		assert_true(otk_wrap(tools, &keys.list[0], s->nonce, r->otk, &wrapped));
	otk_tools_free(tools);
	wire_writer_init(&w, ad, sizeof(ad));
	lispsec_request_write(&w, 0, &wrapped);
	lispsec_eid_ad_write_bare(&w, 0);
	len = ecm_write_secure(buf, cap, &source, &dest, ad, w.pos, message, (size_t)len);
	assert_true(len > 0);
	return (size_t)len;
}

size_t write_subscribe(uint8_t *buf, size_t cap, const struct request *r)
{
	struct map_request_spec s = {.nonce = r->nonce,
		.subscribe = !r->no_n,
		.has_xtr_id = !r->no_id,
		.itr_rloc_count = 1,
		.site_id = r->site_id ? r->site_id : 7,
		.eid = world_eid(r->eid)};
	const char *rloc = r->rloc ? r->rloc : ITR;

	s.xtr_id.bytes[15] = r->xtr ? r->xtr : 9;
	if (strcmp(rloc, "none") != 0)
		s.itr_rlocs[0] = world_address(rloc);
	if (r->otk)
		return write_protected(buf, cap, &s, r);
	return world_write_request(buf, cap, &s, r->source ? r->source : ITR_PEER);
}

void subscribe(struct world *w, struct request r)
{
	const char *source = r.source ? r.source : ITR_PEER;
	uint8_t buf[1200];

	world_receive(w, r.outer ? r.outer : source, buf, write_subscribe(buf, sizeof(buf), &r));
}

void acknowledge_with(struct world *w, const void *psk, size_t psk_len, uint8_t id, uint64_t nonce,
	const char *eid, const char *peer)
{
	const struct auth_options opt = {false, false};
	struct map_register m = {.type = LISP_MAP_NOTIFY_ACK, .nonce = nonce};
	struct auth_key *key = auth_key_new(psk, psk_len);
	struct eid e = world_eid(eid);
	struct wire_writer wr;
	uint8_t buf[256];
	int len;

	wire_writer_init(&wr, buf, sizeof(buf));
	map_register_begin(&wr, &m, id, AUTH_HMAC_SHA256_128, &opt);
	lisp_record_write(&wr, &e, 1440, 0, LISP_ACT_NONE, false, 0);
	len = map_register_finish(&wr, &m, 1, key, &opt);
	auth_key_free(key);
	assert_true(len > 0);
	world_receive(w, peer, buf, (size_t)len);
}

void acknowledge_as(
	struct world *w, const char *key_text, uint64_t nonce, const char *eid, const char *peer)
{
	acknowledge_with(w, key_text, strlen(key_text), 1, nonce, eid, peer);
}

void acknowledge(struct world *w, uint64_t nonce, const char *eid)
{
	acknowledge_as(w, "secret-b", nonce, eid, ITR_PEER);
}

const char *told_with(struct world *w, unsigned int i, const void *psk, size_t len, uint8_t id)
{
	static char text[600];
	const struct auth_options opt = {false, false};
	struct auth_key *key = auth_key_new(psk, len);
	struct wire_fault fault;
	struct map_register m;
	const uint8_t *bytes;

	if (i >= w->out->count) {
		auth_key_free(key);
		return "nothing";
	}
	bytes = outbox_bytes(w->out, i);
	if (map_register_parse(bytes, w->out->list[i].len, &m, &fault) ||
		m.type != LISP_MAP_NOTIFY || m.auth.key_id != id ||
		!auth_verify(
			key, LISP_MAP_NOTIFY, &opt, bytes, w->out->list[i].len, m.nonce, &m.auth))
		snprintf(text, sizeof(text), "no Map-Notify with this key");
	else
		snprintf(text, sizeof(text), "%llu %s", (unsigned long long)m.nonce,
			world_records(m.records));
	auth_key_free(key);
	return text;
}

const char *told(struct world *w)
{
	static char text[600];
	struct map_register m;

	if (w->out->count != 1)
		return w->out->count ? "more than one" : "nothing";
	m = world_notify(w, 0, "b");
	snprintf(text, sizeof(text), "%llu %s", (unsigned long long)m.nonce,
		world_records(m.records));
	world_clear(w);
	return text;
}

struct world *subscribed_world(const char *eid, uint64_t nonce)
{
	struct world *w = pubsub_world();

	at_site_a(w, "10.1.0.5/32", "192.0.2.1");
	subscribe(w, (struct request){.eid = eid, .nonce = nonce});
	acknowledge(w, nonce, eid);
	world_clear(w);
	return w;
}
