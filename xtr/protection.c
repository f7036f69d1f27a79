/* See protection.h. */
#include "xtr/protection.h"

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

_Static_assert(OTK_PSK_MAX == AUTH_KEY_MAX, "the key of registrations serves for LISP-SEC");

static void refuse(
	struct env *env, enum xtr_counter reason, const struct endpoint *from, const char *what)
{
	char text[ENDPOINT_TEXT];

	env_count(env, reason);
	log_limited(env->log, &env->protection_log, env->now, LOG_LEVEL_WARNING, "%s from %s", what,
		endpoint_format(from, text, sizeof(text)));
}

/* ---- the ITR asks ---- */

void protection_begin(struct env *env, struct protection *p)
{
	p->on = env->policy.security.mode != POLICY_SECURITY_OFF && !p->downgraded;
	if (p->on)
		random_bytes(env->random, p->otk.bytes, sizeof(p->otk.bytes));
}

bool protection_write(
	struct env *env, const struct protection *p, uint64_t nonce, struct wire_writer *w)
{
	const struct policy_security *s = &env->policy.security;
	struct otk_wrapped wrapped;

	if (!otk_wrap(env->otk, &s->keys.list[0], nonce, &p->otk, &wrapped))
		return false;
	lispsec_request_write(w, (uint16_t)s->hmacs[p->hmac], &wrapped);
	lispsec_eid_ad_write_bare(w, (uint16_t)s->kdfs[p->kdf]);
	return true;
}

void protection_pubsub_key(
	struct env *env, const struct protection *p, uint64_t nonce, struct pubsub_key *key)
{
	*key = (struct pubsub_key){0};
	if (p->on)
		key->len = (uint8_t)otk_pubsub_key(
			env->otk, OTK_WRAP_AES_HKDF_SHA256, &p->otk, nonce, key->bytes);
}

void protection_end(struct protection *p)
{
	OPENSSL_cleanse(&p->otk, sizeof(p->otk));
	p->on = false;
}

/* ---- the ITR believes, or not ---- */

/* The next of the policy's algorithms is asked for, in turn. */
static enum protection_verdict other(
	struct env *env, struct protection *p, bool hmac, const struct endpoint *from)
{
	const struct policy_security *s = &env->policy.security;

	if (hmac)
		p->hmac = (uint8_t)((p->hmac + 1u) % s->hmac_count);
	else
		p->kdf = (uint8_t)((p->kdf + 1u) % s->kdf_count);
	refuse(env, XTR_REPLY_DROP_ALGORITHM, from,
		hmac ? "protected Map-Reply with another HMAC than was asked for"
		     : "protected Map-Reply with another KDF than was asked for");
	return PROTECTION_RETRY;
}

static bool packet_verifies(struct env *env, const struct protection *p,
	const struct lispsec_reply *m, const void *msg, size_t len)
{
	struct otk ms_otk;
	bool ok = otk_derive(env->otk, m->eid_ad.kdf_id, &p->otk, &ms_otk) &&
		  lispsec_reply_verify(env->otk, m, msg, len, &ms_otk);

	OPENSSL_cleanse(&ms_otk, sizeof(ms_otk));
	return ok;
}

static bool is_negative(const struct map_reply *reply)
{
	struct lisp_records it = reply->records;
	struct lisp_record rec;

	while (lisp_records_next(&it, &rec))
		if (rec.locator_count)
			return false;
	return true;
}

/* The EID-AD is looked at first: what the Map-Server said decides whether we ask for other
 * algorithms, not what somebody on the way made of it. */
enum protection_verdict protection_check(struct env *env, struct protection *p,
	const struct map_reply *reply, const void *msg, size_t len, const struct endpoint *from,
	struct lispsec_eid_ad *ad)
{
	const struct policy_security *s = &env->policy.security;
	struct wire_fault fault;
	struct lispsec_reply m;

	if (!reply->security) {
		refuse(env, XTR_REPLY_DROP_UNPROTECTED, from,
			"unprotected Map-Reply to a protected Map-Request");
		return PROTECTION_REFUSED;
	}
	if (lispsec_reply_parse(msg, reply->security_data, reply->security_len, &m, &fault)) {
		env_count(env, XTR_REPLY_DROP_MALFORMED);
		return PROTECTION_REFUSED;
	}
	if (!lispsec_eid_ad_verify(env->otk, &m.eid_ad, &p->otk)) {
		refuse(env, XTR_REPLY_DROP_EID_HMAC, from, "Map-Reply with a wrong EID HMAC");
		return PROTECTION_REFUSED;
	}
	if (m.eid_ad.kdf_id != (uint16_t)s->kdfs[p->kdf])
		return other(env, p, false, from);
	if (m.hmac_id != (uint16_t)s->hmacs[p->hmac])
		return other(env, p, true, from);
	if (!packet_verifies(env, p, &m, msg, len)) {
		refuse(env, XTR_REPLY_DROP_PKT_HMAC, from, "Map-Reply with a wrong PKT HMAC");
		return PROTECTION_REFUSED;
	}
	if (m.eid_ad.cant_sign && s->mode == POLICY_SECURITY_ON && is_negative(reply)) {
		p->downgraded = true;
		env_count(env, XTR_DOWNGRADED);
		return PROTECTION_DOWNGRADE;
	}
	*ad = m.eid_ad;
	env_count(env, XTR_PROTECTED_RECEIVED);
	return PROTECTION_GOOD;
}

void protection_overclaims(struct env *env, const struct map_reply *reply,
	const struct lispsec_eid_ad *ad, const struct endpoint *from)
{
	struct lisp_records it = reply->records;
	char text[EID_TEXT], what[EID_TEXT + 48];
	struct lisp_record rec;

	while (lisp_records_next(&it, &rec)) {
		if (!rec.eid.plain || lispsec_vouched(ad, &rec.eid.eid))
			continue;
		snprintf(what, sizeof(what), "over-claim of %s in a Map-Reply",
			eid_format(&rec.eid.eid, text, sizeof(text)));
		refuse(env, XTR_REPLY_DROP_OVERCLAIM, from, what);
	}
}

/* ---- the ETR answers ---- */

/* The keys that we share with a Map-Server: its own for LISP-SEC, or that of our registrations. */
static bool unwrap(struct env *env, const struct policy_server *s, uint64_t nonce,
	const struct otk_wrapped *wrapped, struct otk *out)
{
	const struct otk_key *key = otk_keys_find(&s->otk_keys, wrapped->key_id);
	struct otk_key registering = {.id = s->key_id, .len = (uint8_t)s->key_len};
	bool ok;

	if (s->otk_keys.count)
		return key && otk_unwrap(env->otk, key, nonce, wrapped, out);
	if (s->key_id != wrapped->key_id)
		return false;
	memcpy(registering.psk, s->key, s->key_len);
	ok = otk_unwrap(env->otk, &registering, nonce, wrapped, out);
	OPENSSL_cleanse(&registering, sizeof(registering));
	return ok;
}

/* The message may come from any address of a Map-Server: whose key fits, sent it. */
static bool unwrap_any(struct env *env, const struct otk_wrapped *wrapped, uint64_t nonce,
	const struct endpoint *from, struct otk *out)
{
	if (wrapped->wrap_id == OTK_WRAP_NULL) {
		refuse(env, XTR_REQUEST_DROP_UNWRAPPED, from,
			"protected Map-Request with an unencrypted One-Time Key");
		return false;
	}
	for (unsigned int i = 0; i < env->policy.server_count; i++)
		if (unwrap(env, &env->policy.servers[i], nonce, wrapped, out))
			return true;
	refuse(env, XTR_REQUEST_DROP_OTK, from,
		"protected Map-Request whose One-Time Key no key of a Map-Server unwraps");
	return false;
}

bool protection_open(struct env *env, const struct ecm *m, const void *msg, uint64_t nonce,
	const struct endpoint *from, struct protection_etr *out)
{
	struct lispsec_request ad;
	struct wire_fault fault;

	if (env->policy.security.mode == POLICY_SECURITY_OFF) {
		refuse(env, XTR_REQUEST_DROP_SECURITY, from,
			"protected Map-Request, and lisp-sec is off here");
		return false;
	}
	if (lispsec_request_parse(msg, m->security_data, m->security_len, &ad, &fault) ||
		ad.eid_ad.bare || ad.eid_ad.raw_len > PROTECTION_REPLY_BYTES - 64) {
		env_count(env, XTR_ECM_DROP_MALFORMED);
		return false;
	}
	if (!unwrap_any(env, &ad.otk, nonce, from, &out->ms_otk))
		return false;
	out->hmac_id = otk_hmac_for(ad.hmac_id);
	out->eid_ad = ad.eid_ad.raw;
	out->eid_ad_len = ad.eid_ad.raw_len;
	return true;
}

bool protection_close(struct env *env, struct protection_etr *p, struct wire_writer *w)
{
	int len =
		lispsec_reply_finish(w, p->eid_ad, p->eid_ad_len, p->hmac_id, env->otk, &p->ms_otk);

	OPENSSL_cleanse(&p->ms_otk, sizeof(p->ms_otk));
	return len > 0;
}
