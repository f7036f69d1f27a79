/* See peer.h. The world, and what happens in it besides messages. */
#include "tests/fuzz/peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rcu.h"
#include "lisp/ecm.h"
#include "mapserver/ddt_resolver.h"
#include "mapserver/site.h"
#include "tests/fuzz/need.h"
#include "tests/unit/ddt_vector.h"

static const uint8_t secret[16] = "fuzz-peer";

/* The last one of each is added by all but PEER_NARROW. */
static const char *const prefixes_a[] = {"10.0.0.0/8", "2001:db8:a::/48", "[7]52:54:00:00:00:00/24",
	"[7]10.0.0.0/8", "(*,232.0.0.0/8)", "[7]\"vm-\"/24"};
static const char *const prefixes_b[] = {"172.16.0.0/12", "10.77.0.0/16", "2001:db8:b::/48",
	"[8]10.0.0.0/8", "(*,233.0.0.0/8)", "[7]52:54:00:77:00:00/32"};

struct eid peer_eid(unsigned int i)
{
	static const char *const eids[PEER_EIDS] = {"10.1.0.1/32", "10.1.0.2/32", "10.1.0.0/16",
		"10.0.0.0/8", "2001:db8:a::1/128", "2001:db8:a::/64", "[7]52:54:00:00:00:01",
		"[7]10.1.0.1/32", "(192.0.2.1,232.1.1.1)", "(*,232.1.1.1)", "[7]\"vm-1\"",
		"10.1.0.3/32",
		/* The honest one's. */
		"10.77.0.1/32", "10.77.0.0/16", "172.16.0.1/32", "172.16.0.0/12",
		"2001:db8:b::1/128", "[8]10.1.0.1/32", "(192.0.2.1,233.1.1.1)",
		"[7]52:54:00:77:00:01",
		/* Nobody's. */
		"0.0.0.0/0", "9.0.0.1/32", "11.1.0.1/32", "[9]10.1.0.1/32",
		/* Both may register it. */
		"10.99.0.1/32"};

	return world_eid(eids[i % PEER_EIDS]);
}

static void add_site(struct site_table *t, struct site *s, const char *const *prefixes, size_t n)
{
	const struct eid both = world_eid("10.99.0.0/16");
	const struct site *holder;
	char key[SITE_NAME_MAX + 8];

	need(s);
	snprintf(key, sizeof(key), "secret-%s", s->name);
	need(!site_add_key(s, 1, AUTH_HMAC_SHA256_128, key, strlen(key)));
	need(!site_add_key(s, 2, AUTH_HMAC_SHA256_128_HKDF, key, strlen(key)));
	for (size_t i = 0; i < n; i++) {
		struct eid e = world_eid(prefixes[i]);

		need(!site_add_prefix(s, &e, true));
	}
	need(!site_add_prefix(s, &both, true));
	site_share_prefix(s);
	s->subscribe = true;
	need(!site_add_site_id(s, 7));
	need(!site_table_add(t, s, &holder));
}

struct site_table *peer_sites(uint8_t config)
{
	size_t n = sizeof(prefixes_a) / sizeof(prefixes_a[0]);
	struct site_table *t = site_table_new(secret);
	struct site *a = site_new("a", 2);

	need(t && a);
	a->move = config & PEER_OWNER_FIRST ? SITE_MOVE_OWNER_FIRST : SITE_MOVE_LAST_WRITER;
	a->proxy = config & PEER_PROXY_ALWAYS ? SITE_PROXY_ALWAYS : SITE_PROXY_AS_REGISTERED;
	a->replay_off = config & PEER_REPLAY_OFF;
	a->auth.records_only = config & PEER_RECORDS_ONLY;
	a->auth.full_length = config & PEER_FULL_LENGTH;
	a->drop_policy = config & PEER_DROP_POLICY;
	add_site(t, a, prefixes_a, config & PEER_NARROW ? 1 : n);
	add_site(t, site_new("b", 2), prefixes_b, sizeof(prefixes_b) / sizeof(prefixes_b[0]));
	return t;
}

/* Both of his kinds of key: wrapped, and in clear. */
static struct secure_peers *secure_peers(void)
{
	struct secure_peers *peers = secure_peers_new(secret);
	struct secure_peer peer = {.unwrapped = true};
	struct eid his = world_eid("198.51.100.0/24"), all = world_eid("0.0.0.0/0");

	need(peers && !otk_keys_add(&peer.keys, 1, "itr-secret", 10));
	need(!secure_peers_add(peers, &his, &peer));
	peer.unwrapped = false;
	need(!secure_peers_add(peers, &all, &peer));
	return peers;
}

static void plant_tree(struct world *w)
{
	static struct referral_key *key; /* reading it takes longer than a run */
	struct ddt_resolver_options o = {
		.pending_max = 16, .referrals_max = 8, .ipv4 = true, .ipv6 = true};
	struct referral_root root = {.key_count = 1, .at = world_endpoint("192.0.2.1")};
	struct delegation_table *t = ddt_table();
	const char *why;

	if (!key)
		key = referral_key_public_pem(
			vector_parent_public, sizeof(vector_parent_public) - 1, &why);
	need(key);
	root.keys[0] = key;
	w->server->ddt = ddt_resolver_new(&o, referral_new_root(&root, 1));
	need(w->server->ddt);
	ddt_authority(t, "8.0.0.0/5", (const char *const[]){"192.0.2.53", NULL});
	ddt_delegate(t, "9.0.0.0/8", false, (const char *const[]){"192.0.2.9", NULL}, NULL);
	ddt_delegate(t, "11.1.0.0/16", true, (const char *const[]){"192.0.2.11", NULL}, NULL);
	w->server->delegations = t;
}

static void equip(struct peer *p)
{
	p->w->server->peers = secure_peers();
	if (p->config & PEER_TREE)
		plant_tree(p->w);
	p->w->server->wall_offset_s =
		(int64_t)(p->w->wall_ms / 1000) - (int64_t)(p->w->now.ns / 1000000000);
}

static struct forward_table *forward(const struct peer *p)
{
	struct forward_table *t = forward_table_new(secret);
	struct endpoint to = world_endpoint("192.0.2.200");
	struct eid all = world_eid(p->config & PEER_TREE ? "12.0.0.0/8" : "11.0.0.0/8");

	need(t && !forward_table_add(t, &all, &to));
	return t;
}

void peer_start(struct peer *p, uint8_t config)
{
	memset(p, 0, sizeof(*p));
	p->config = config;
	p->nonce = p->nonce_b = 1000;
	p->w = world_start(peer_sites(config), forward(p), NULL, DDT_WALL);
	equip(p);
}

void peer_end(struct peer *p)
{
	world_free(p->w);
	if (p->reloaded) /* what was retired would look like a leak */
		rcu_barrier_all();
}

void peer_reload(struct peer *p, uint8_t config)
{
	struct site_table *t = peer_sites(config);

	p->config = (uint8_t)((config & ~PEER_TREE) | (p->config & PEER_TREE));
	p->reloaded = true;
	site_table_retire(__atomic_exchange_n(&p->w->server->sites, t, __ATOMIC_ACQ_REL));
}

void peer_restart(struct peer *p, bool killed)
{
	world_commit(p->w);
	p->w = world_again(p->w, peer_sites(p->config), forward(p), killed);
	equip(p);
}

static void remember(
	struct peer *p, enum lisp_type type, uint64_t nonce, uint64_t seq, const struct lisp_eid *e)
{
	if (e->plain)
		p->said[p->said_at++ % PEER_SAID] = (struct peer_said){type, nonce, seq, e->eid};
}

static void hear_question(struct peer *p, const struct ecm *ecm, const struct endpoint *to)
{
	struct map_request_record rec;
	struct wire_fault fault;
	struct map_request m;

	if (!ecm->ddt || map_request_parse(ecm->message, ecm->message_len, &m, &fault) ||
		!map_request_next(&m, &rec) || !rec.eid.plain)
		return;
	p->asked = *to;
	p->asked_nonce = m.nonce;
	p->asked_eid = rec.eid.eid;
}

void peer_listen(struct peer *p)
{
	const struct outbox *out = p->w->out;

	for (uint32_t i = 0; i < out->count; i++) {
		const uint8_t *bytes = outbox_bytes(out, i);
		size_t len = out->list[i].len;
		struct map_register m;
		struct lisp_record rec;
		struct wire_fault fault;
		struct move move;
		struct ecm ecm;

		if (lisp_type_of(bytes, len) == LISP_EXTENSION &&
			!move_parse(bytes, len, &move, &fault))
			remember(p, LISP_EXTENSION, move.nonce, move.seq, &move.record.eid);
		else if (lisp_type_of(bytes, len) == LISP_MAP_NOTIFY &&
			 !map_register_parse(bytes, len, &m, &fault) &&
			 lisp_records_next(&m.records, &rec))
			remember(p, LISP_MAP_NOTIFY, m.nonce, 0, &rec.eid);
		else if (lisp_type_of(bytes, len) == LISP_ECM &&
			 !ecm_parse(bytes, len, &ecm, &fault))
			hear_question(p, &ecm, &out->list[i].to);
	}
}
