/* See secure.h. */
#include "mapserver/secure.h"

#include <string.h>

#include <openssl/crypto.h>

#include "lib/base/rcu.h"
#include "mapserver/secure_peers.h"

_Static_assert(OTK_PSK_MAX == AUTH_KEY_MAX, "a site's key serves as the ETR's");

/* ---- a request comes ---- */

void secure_start(struct secure *s)
{
	s->cant_sign = false;
	wire_writer_init(&s->w, s->bytes, sizeof(s->bytes));
	lispsec_eid_ad_begin(&s->w, &s->eid_ad, otk_kdf_for(s->kdf_id), otk_hmac_for(s->hmac_id));
}

static bool drop(struct server_thread *t, enum drop_reason reason, const struct datagram *d,
	struct mono now, const char *why)
{
	server_drop(t, reason, LISP_ECM, &d->peer, now, "%s", why);
	return false;
}

/* By the key of the sender's address (section 6.5). */
static bool unwrap(struct server_thread *t, struct secure *s, const struct datagram *d,
	const struct otk_wrapped *wrapped, struct mono now)
{
	const struct secure_peer *peer =
		secure_peers_find(rcu_load(&t->server->peers), &d->peer.addr);
	const struct otk_key *key = peer ? otk_keys_find(&peer->keys, wrapped->key_id) : NULL;

	if (!peer) {
		server_drop(t, DROP_LISP_SEC, LISP_ECM, &d->peer, now,
			"no peer of lisp-sec covers this address");
		return false;
	}
	if (wrapped->wrap_id == OTK_WRAP_NULL) {
		if (peer->unwrapped && otk_unwrap_null(wrapped, &s->itr_otk))
			return true;
		return drop(t, DROP_OTK_NULL, d, now,
			"an unencrypted One-Time Key, which this peer may not send");
	}
	if (!key) {
		server_drop(t, DROP_OTK_KEY, LISP_ECM, &d->peer, now,
			"this peer of lisp-sec has no key %u", wrapped->key_id);
		return false;
	}
	if (otk_unwrap(t->otk, key, s->nonce, wrapped, &s->itr_otk))
		return true;
	server_drop(t, DROP_OTK_WRAP, LISP_ECM, &d->peer, now,
		"the One-Time Key does not unwrap with key %u (wrapping %u, 2 is right)",
		wrapped->key_id, wrapped->wrap_id);
	return false;
}

bool secure_open(struct server_thread *t, struct secure *s, const struct datagram *d,
	const struct ecm *m, uint64_t nonce, struct mono now)
{
	struct lispsec_request ad;
	struct wire_fault fault;
	int err = lispsec_request_parse(d->bytes, m->security_data, m->security_len, &ad, &fault);

	if (err) {
		server_drop_fault(t, err, LISP_ECM, &d->peer, now, &fault);
		return false;
	}
	s->nonce = nonce;
	s->wrap_id = ad.otk.wrap_id;
	s->hmac_id = ad.hmac_id;
	s->kdf_id = ad.eid_ad.kdf_id;
	if (!unwrap(t, s, d, &ad.otk, now))
		return false;
	secure_start(s);
	server_count(t, COUNT_PROTECTED_REQUESTS);
	return true;
}

void secure_close(struct secure *s)
{
	OPENSSL_cleanse(&s->itr_otk, sizeof(s->itr_otk));
}

/* ---- a reply ---- */

void secure_add(struct secure *s, const struct eid *eid)
{
	lispsec_eid_ad_add(&s->w, &s->eid_ad, eid);
}

void secure_add_answer(struct secure *s, const struct answer *a)
{
	if (a->kind == ANSWER_NEGATIVE)
		secure_add(s, &a->prefix);
	for (unsigned int i = 0; a->kind == ANSWER_MAPPINGS && i < a->count; i++) {
		struct eid eid = i ? mapping_eid(a->mappings[i]) : a->prefix;

		secure_add(s, &eid);
	}
}

/* MS-OTK, from the KDF that the EID-AD names. */
static bool derive(struct server_thread *t, const struct secure *s, struct otk *ms_otk)
{
	return otk_derive(t->otk, (uint16_t)otk_kdf_for(s->kdf_id), &s->itr_otk, ms_otk);
}

bool secure_reply(struct server_thread *t, struct secure *s, struct wire_writer *w)
{
	struct otk ms_otk;
	bool ok;

	lispsec_eid_ad_finish(&s->w, &s->eid_ad, s->cant_sign, t->otk, &s->itr_otk);
	if (!wire_written(&s->w) || !derive(t, s, &ms_otk))
		return false;
	ok = lispsec_reply_finish(
		     w, s->bytes, s->w.pos, otk_hmac_for(s->hmac_id), t->otk, &ms_otk) > 0;
	OPENSSL_cleanse(&ms_otk, sizeof(ms_otk));
	return ok;
}

/* ---- passed on ---- */

/* The key that the ETR shares with us: the site's for LISP-SEC, or the one of its last
 * registration. */
static bool etr_key(struct server_thread *t, const struct secure_etr *etr, struct otk_key *key)
{
	const struct site_table *sites = rcu_load(&t->server->sites);
	struct eid eid = mapping_eid(etr->mapping);
	struct site_match match;
	struct xtr_path path;
	const struct site *site;

	if (!sites || !site_table_match(sites, &eid, &match))
		return false;
	site = site_match_named(&match, etr->registrant->who.site);
	if (!site) /* the prefix has another site since */
		site = match.holders->site;
	if (site->otk_keys.count) {
		*key = site->otk_keys.list[0];
		return true;
	}
	if (!xtr_path_get(etr->registrant, &path))
		return false;
	for (unsigned int i = 0; i < site->key_count; i++) {
		const struct site_key *k = &site->keys[i];

		if (k->id != path.key_id)
			continue;
		*key = (struct otk_key){.id = k->id, .len = k->len};
		memcpy(key->psk, k->psk, k->len);
		return true;
	}
	return false;
}

bool secure_pass_to_etr(struct server_thread *t, const struct secure *s, const struct datagram *d,
	const struct secure_etr *etr, struct wire_writer *w, struct mono now)
{
	struct eid prefix = mapping_eid(etr->mapping);
	struct lispsec_eid_ad_writer e;
	struct otk_wrapped wrapped;
	struct otk_key key;
	struct otk ms_otk;
	bool ok;

	if (!etr_key(t, etr, &key))
		return drop(t, DROP_OTK_PASS, d, now,
			"the registrant's site has no key to wrap a One-Time Key with");
	ok = derive(t, s, &ms_otk) && otk_wrap(t->otk, &key, s->nonce, &ms_otk, &wrapped);
	OPENSSL_cleanse(&key, sizeof(key));
	OPENSSL_cleanse(&ms_otk, sizeof(ms_otk));
	if (!ok)
		return drop(t, DROP_NO_MEMORY, d, now, "the One-Time Key is not wrapped");
	lispsec_request_write(w, s->hmac_id, &wrapped);
	lispsec_eid_ad_begin(w, &e, otk_kdf_for(s->kdf_id), otk_hmac_for(s->hmac_id));
	lispsec_eid_ad_add(w, &e, &prefix);
	lispsec_eid_ad_finish(w, &e, etr->cant_sign, t->otk, &s->itr_otk);
	return true;
}

bool secure_pass_to_server(struct server_thread *t, const struct secure *s,
	const struct datagram *d, const struct address *to, struct wire_writer *w, struct mono now)
{
	const struct secure_peer *peer = secure_peers_find(rcu_load(&t->server->peers), to);
	struct otk_wrapped wrapped;

	if (peer && peer->keys.count) {
		if (!otk_wrap(t->otk, &peer->keys.list[0], s->nonce, &s->itr_otk, &wrapped))
			return drop(t, DROP_NO_MEMORY, d, now, "the One-Time Key is not wrapped");
	} else if (peer && peer->unwrapped) {
		otk_wrap_null(&s->itr_otk, &wrapped);
	} else {
		return drop(t, DROP_OTK_PASS, d, now,
			"the Map-Server that answers is no peer of lisp-sec with a key");
	}
	lispsec_request_write(w, s->hmac_id, &wrapped);
	lispsec_eid_ad_write_bare(w, s->kdf_id);
	OPENSSL_cleanse(&wrapped, sizeof(wrapped));
	return true;
}
