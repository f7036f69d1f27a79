/* See sender.h. */
#include "mapserver/sender.h"

#include <string.h>

#include "lib/base/rcu.h"
#include "mapserver/pinhole.h"
#include "mapserver/quota.h"

#define SECONDS_MAX (10ull * 365 * 86400) /* a time-out beyond this is as good as for ever */

/* The key of @site that @auth names, for this thread; in @s also what was found, if it is not all.
 */
static bool find_key(
	struct server_thread *t, const struct auth_field *auth, struct site *site, struct sender *s)
{
	struct site_key *key = site_find_key(site, auth->key_id, (enum auth_alg)auth->alg);

	if (!key)
		return false;
	s->site = site;
	s->key = key;
	s->ready = site_ready_key(key, t->slot);
	return s->ready != NULL;
}

bool sender_find(struct server_thread *t, const struct auth_field *auth, const struct eid *eid,
	struct xtr *xtr, struct sender *s)
{
	struct site_match match;
	struct site *site;

	*s = (struct sender){.sites = rcu_load(&t->server->sites), .xtr = xtr};
	if (!s->sites || !site_table_match(s->sites, eid, &match))
		return false;
	site = site_match_named(&match, xtr->who.site);
	return site && find_key(t, auth, site, s);
}

/* None of the sites' keys was right. */
static void refuse(struct server_thread *t, const struct datagram *d, enum lisp_type type,
	const struct auth_field *auth, const struct site_match *match, struct mono now,
	const struct sender *s)
{
	const char *others = match->holders->next ? ", nor for that of a site that shares it" : "";

	if (!s->key)
		server_drop(t, DROP_UNKNOWN_KEY, type, &d->peer, now,
			"site %s has no key %u with algorithm %u%s", match->holders->site->name,
			auth->key_id, auth->alg, others);
	else if (!s->ready)
		server_drop(t, DROP_NO_MEMORY, type, &d->peer, now, "no memory for a key");
	else
		server_drop(t, DROP_BAD_MAC, type, &d->peer, now,
			"authentication data at byte %zu (length %u, %zu expected) is not right for "
			"key %u of site %s%s",
			auth->offset, auth->len,
			auth_length((enum auth_alg)auth->alg, &s->site->auth), auth->key_id,
			s->site->name, others);
}

bool sender_authenticate(struct server_thread *t, const struct datagram *d, enum lisp_type type,
	uint64_t nonce, const struct auth_field *auth, const struct eid *eid, struct mono now,
	struct sender *s)
{
	struct site_match match;
	char text[EID_TEXT];

	*s = (struct sender){.sites = rcu_load(&t->server->sites)};
	if (!s->sites || !site_table_match(s->sites, eid, &match)) {
		server_drop(t, DROP_NO_SITE, type, &d->peer, now, "%s belongs to no site",
			eid_format(eid, text, sizeof(text)));
		return false;
	}
	for (const struct site_holder *h = match.holders; h; h = h->next)
		if (find_key(t, auth, h->site, s) &&
			auth_verify(s->ready, type, &s->site->auth, d->bytes, d->len, nonce, auth))
			return true;
	refuse(t, d, type, auth, &match, now, s);
	return false;
}

bool sender_authenticate_as(struct server_thread *t, const struct datagram *d, enum lisp_type type,
	uint64_t nonce, const struct auth_field *auth, const struct xtr *xtr, struct mono now,
	struct sender *s)
{
	const struct site_table *sites = rcu_load(&t->server->sites);
	struct site_holder one = {.site = sites ? site_table_named(sites, xtr->who.site) : NULL};
	const struct site_match match = {.holders = &one};

	*s = (struct sender){.sites = sites};
	if (!one.site) {
		server_drop(
			t, DROP_NO_SITE, type, &d->peer, now, "site %s is no more", xtr_site(xtr));
		return false;
	}
	if (find_key(t, auth, one.site, s) &&
		auth_verify(s->ready, type, &s->site->auth, d->bytes, d->len, nonce, auth))
		return true;
	refuse(t, d, type, auth, &match, now, s);
	return false;
}

bool sender_allows(struct server_thread *t, const struct datagram *d, enum lisp_type type,
	const struct eid *eid, struct mono now, const struct sender *s)
{
	char text[EID_TEXT];

	if (site_table_allows(s->sites, s->site, eid))
		return true;
	server_drop(t, DROP_EID_REFUSED, type, &d->peer, now, "%s is not for site %s to register",
		eid_format(eid, text, sizeof(text)), s->site->name);
	return false;
}

static void drop_for_room(struct server_thread *t, const struct datagram *d, enum lisp_type type,
	struct mono now, const struct sender *s)
{
	server_drop(t, DROP_XTR_LIMIT, type, &d->peer, now,
		"no room for another xTR of site %s, which has %zu (of all there are %zu, at most "
		"%zu)",
		s->site->name, xtr_count_of(t->server->xtrs, s->site->name),
		xtr_table_count(t->server->xtrs), t->server->opt.xtrs_max);
}

/* A tenant whose xTRs call themselves by ever new names does not use up the room of all, nor does a
 * site: neither here nor, where we would remember its nonce, there. */
static bool new_allowed(struct server_thread *t, const struct datagram *d, enum lisp_type type,
	struct mono now, const struct sender *s)
{
	if (rcu_load(&t->server->tenants) && !quota_allows_xtr(t->server, s->site)) {
		server_drop(t, DROP_TENANT_XTRS, type, &d->peer, now,
			"site %s: its tenant has as many xTRs as it may", s->site->name);
		return false;
	}
	if (xtr_has_room(t->server->xtrs, s->site->name))
		return true;
	drop_for_room(t, d, type, now, s);
	return false;
}

bool sender_accept(struct server_thread *t, const struct datagram *d, enum lisp_type type,
	uint64_t nonce, uint64_t site_id, const struct lisp_xtr_id *xtr_id, struct mono now,
	struct sender *s)
{
	struct xtr_path path = {.peer = d->peer,
		.local = d->local,
		.key_id = s->key->id,
		.alg = (uint8_t)s->key->alg};
	enum replay_verdict verdict = REPLAY_NEW;
	static const struct lisp_xtr_id nobody;
	struct xtr_identity who;
	/* Ids behind the MAC's end are not authenticated: whoever replays would change them. Move
	 * messages have theirs before it. */
	bool own_count = type != LISP_MAP_REGISTER || !s->site->auth.records_only;
	bool known;

	xtr_identity_set(&who, s->site->name, site_id, xtr_id);
	s->xtr = xtr_find(t->server->xtrs, &who);
	known = s->xtr != NULL;
	if (!known && !new_allowed(t, d, type, now, s))
		return false;
	if (!s->site->replay_off)
		verdict = replay_check(t->server->replay, own_count ? site_id : 0,
			own_count ? xtr_id : &nobody, s->key->fingerprint, nonce,
			type == LISP_EXTENSION ? REPLAY_ANY_ORDER : REPLAY_RISING, &s->replay);
	if (verdict == REPLAY_OLD) {
		server_drop(t, DROP_REPLAY, type, &d->peer, now,
			"nonce 0x%016llx at byte 4 is not %s: a replay, or an xTR that forgot its "
			"nonces and needs a new key",
			(unsigned long long)nonce,
			type == LISP_EXTENSION ? "a new one" : "above the last one");
		return false;
	}
	if (!known && verdict != REPLAY_FULL)
		s->xtr = xtr_intern(t->server->xtrs, &who);
	if (!s->xtr || verdict == REPLAY_FULL) {
		drop_for_room(t, d, type, now, s);
		return false;
	}
	if (rcu_load(&t->server->tenants))
		quota_charge_xtr(t->server, s->site, s->xtr);
	if (known && verdict == REPLAY_LATE)
		return true; /* since it was sent, the xTR was heard from where it is now */
	xtr_path_note(s->xtr, &path);
	if (path.peer.port != t->server->opt.port)
		pinhole_heard(t->server->pinholes, s->xtr, &path.peer, now);
	return true;
}

static bool keep_locators(struct server_thread *t, const struct datagram *d, enum lisp_type type,
	struct lisp_record *rec, struct mono now, struct locators *locators)
{
	switch (locators_from_record(rec, locators)) {
	case LOCATORS_TOO_MANY:
		server_drop(t, DROP_LOCATORS, type, &d->peer, now,
			"%u locators of %zu bytes, at most %d of %d are kept", rec->locator_count,
			rec->locators_raw_len, MAPPING_LOCATORS_MAX, MAPPING_LOCATOR_BYTES);
		return false;
	case LOCATORS_MULTICAST:
		server_drop(t, DROP_LOCATORS, type, &d->peer, now,
			"a locator is a group, broadcast or unspecified address");
		return false;
	default:
		return true;
	}
}

static uint64_t expiry_after(struct mono now, uint64_t seconds)
{
	return mono_add_s(now, seconds < SECONDS_MAX ? seconds : SECONDS_MAX).ns;
}

static void fill(struct registration *in, const struct lisp_record *rec,
	const struct locators *locators, const struct sender *s, bool proxy)
{
	*in = (struct registration){.eid = rec->eid.eid,
		.ttl_min = rec->ttl_min,
		.map_version = rec->map_version,
		.owner = s->xtr,
		.locators = locators};
	if (s->site->proxy == SITE_PROXY_ALWAYS ||
		(s->site->proxy == SITE_PROXY_AS_REGISTERED && proxy))
		in->flags |= MAPPING_PROXY;
	if (!locators->count)
		in->flags |= (uint8_t)((unsigned int)rec->act << MAPPING_ACT_SHIFT);
}

bool sender_registration(struct server_thread *t, const struct datagram *d,
	const struct map_register *m, struct lisp_record *rec, const struct sender *s,
	struct mono now, struct locators *locators, struct registration *in)
{
	uint64_t timeout_s = t->server->opt.registration_timeout_s;

	if (!keep_locators(t, d, LISP_MAP_REGISTER, rec, now, locators))
		return false;
	fill(in, rec, locators, s, m->proxy_reply);
	in->flags |= m->want_notify ? MAPPING_NOTIFY : 0;
	in->flags |= m->security ? MAPPING_SECURE : 0;
	if (m->use_ttl)
		timeout_s = (uint64_t)rec->ttl_min * 60;
	in->expiry_ns = expiry_after(now, timeout_s);
	return true;
}

bool sender_claim(struct server_thread *t, const struct datagram *d, struct move *m,
	const struct sender *s, struct mono now, struct locators *locators, struct registration *in)
{
	if (!keep_locators(t, d, LISP_EXTENSION, &m->record, now, locators))
		return false;
	/* Sunward's xTRs answer nothing that the Map-Server can answer: they always ask for proxy
	 * replies. */
	fill(in, &m->record, locators, s, true);
	in->flags |= MAPPING_NOTIFY | MAPPING_CLAIMED;
	in->flags |= m->security ? MAPPING_SECURE : 0;
	in->expiry_ns = expiry_after(now, t->server->opt.registration_timeout_s);
	return true;
}

/* Hand over what was written, or count why not. */
static void commit_reply(struct server_thread *t, const struct datagram *d, enum lisp_type type,
	int len, unsigned int counter, struct mono now, struct outbox *out)
{
	if (len < 0) {
		server_drop(t, DROP_OUTBOX_FULL, type, &d->peer, now, "the answer does not fit");
		return;
	}
	outbox_commit(out, (uint32_t)len, &d->peer, &d->local);
	server_count(t, counter);
}

void sender_acknowledge(struct server_thread *t, const struct datagram *d,
	const struct map_register *m, const struct sender *s, struct mono now, struct outbox *out)
{
	size_t records_at = m->auth.offset + m->auth.len;
	uint32_t most = (uint32_t)d->len + AUTH_DATA_MAX;
	uint8_t *room = outbox_begin(out, most);
	struct map_register ack = {.type = LISP_MAP_NOTIFY,
		.has_xtr_id = m->has_xtr_id,
		.nonce = m->nonce,
		.xtr_id = m->xtr_id,
		.site_id = m->site_id};
	struct wire_writer w;

	if (!room) {
		server_drop(
			t, DROP_OUTBOX_FULL, LISP_MAP_REGISTER, &d->peer, now, "not acknowledged");
		return;
	}
	wire_writer_init(&w, room, most);
	map_register_begin(&w, &ack, s->key->id, s->key->alg, &s->site->auth);
	wire_put_bytes(&w, d->bytes + records_at, m->auth.records_end - records_at);
	commit_reply(t, d, LISP_MAP_REGISTER,
		map_register_finish(&w, &ack, m->record_count, s->ready, &s->site->auth),
		COUNT_ACKNOWLEDGED, now, out);
}

int sender_write_move(uint8_t *buf, size_t cap, enum move_kind kind, uint64_t nonce, uint64_t seq,
	const struct eid *eid, const struct mapping *present, const struct site *site,
	const struct site_key *key, struct auth_key *ready)
{
	struct move m = {.kind = kind,
		.nonce = nonce,
		.seq = seq,
		.has_locators = present && present->locators->count > 0};
	struct wire_writer w;

	if (present) {
		m.xtr_id = present->owner->who.id;
		m.site_id = present->owner->who.site_id;
	}
	wire_writer_init(&w, buf, cap);
	move_begin(&w, &m, key->id, key->alg, &site->auth);
	lisp_record_write(&w, eid, present ? present->ttl_min : 0,
		present ? present->locators->count : 0,
		present ? mapping_act(present) : LISP_ACT_NONE, false,
		present ? present->map_version : 0);
	if (present)
		wire_put_bytes(&w, present->locators->wire, present->locators->wire_len);
	return move_finish(&w, &m, ready, &site->auth);
}

void sender_answer_move(struct server_thread *t, const struct datagram *d, const struct move *m,
	enum move_kind kind, uint64_t seq, const struct mapping *present, const struct sender *s,
	struct mono now, struct outbox *out)
{
	uint8_t *room = outbox_begin(out, NOTIFY_BYTES_MAX);

	if (!room) {
		server_drop(t, DROP_OUTBOX_FULL, LISP_EXTENSION, &d->peer, now, "not answered");
		return;
	}
	commit_reply(t, d, LISP_EXTENSION,
		sender_write_move(room, NOTIFY_BYTES_MAX, kind, m->nonce, seq, &m->record.eid.eid,
			present, s->site, s->key, s->ready),
		kind == MOVE_GRANTED ? COUNT_CLAIMS_GRANTED : COUNT_CLAIMS_REFUSED, now, out);
}
