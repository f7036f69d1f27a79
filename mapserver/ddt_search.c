/* ddt_search: one request on its way down the tree: whom it asks next, what is sent, when it gives
 * up, and what its ITR is told. Knows neither the rules by which referrals are believed nor the
 * list's order. */
#include "mapserver/ddt_resolver_internal.h"

#include <stdlib.h>
#include <string.h>

#include "lisp/ecm.h"
#include "lisp/map_reply.h"

#define NEGATIVE_BYTES 256 /* a negative Map-Reply, protected */
#define HEADS_BYTES    64  /* of ECM, IP and UDP */
#define AD_BYTES       256 /* of authentication data */

/* ---- its beginning and its end ---- */

bool ddt_search_set_message(struct ddt_search *s, const struct ddt_question *q)
{
	uint8_t *message = malloc(q->len);

	if (!message)
		return false;
	memcpy(message, q->message, q->len);
	free(s->message);
	s->message = message;
	s->len = q->len;
	s->nonce = q->nonce;
	s->reply_to = q->reply_to;
	s->local = q->local;
	s->source = q->source;
	s->dest = q->dest;
	s->is_protected = q->protection != NULL;
	if (q->protection)
		s->protection = *q->protection;
	return true;
}

static void fire(struct timer *t, struct mono now)
{
	struct ddt_search *s = t->arg;

	s->at->rlocs[s->index].down_until = mono_add_ms(now, DDT_DOWN_MS);
	ddt_resolver_count(s->owner, COUNT_DDT_TIMEOUTS);
	ddt_search_ask_next(s);
}

struct ddt_search *ddt_search_new(struct ddt_resolver *r, const struct ddt_question *q)
{
	struct ddt_search *s = calloc(1, sizeof(*s));

	if (!s || !ddt_search_set_message(s, q)) {
		free(s);
		return NULL;
	}
	s->owner = r;
	s->eid = q->eid;
	s->asked_nonce = q->nonce;
	timer_init(&s->timer, fire, s);
	ddt_pending_add(s);
	return s;
}

void ddt_search_end(struct ddt_search *s)
{
	ddt_pending_remove(s);
	timer_cancel(&s->owner->timers, &s->timer);
	referral_unref(s->at);
	explicit_bzero(&s->protection, sizeof(s->protection));
	free(s->message);
	free(s);
}

/* ---- what is sent ---- */

void ddt_search_deny(struct ddt_resolver *r, const struct endpoint *to, const struct address *local,
	uint64_t nonce, const struct ddt_protection *protection, const struct eid *eid,
	const struct eid *prefix, uint32_t ttl_min)
{
	const struct ddt_turn *turn = r->turn;
	struct eid told = turn->narrow ? turn->narrow(turn->arg, eid, prefix->plen) : *prefix;
	uint8_t *room = outbox_begin(turn->out, NEGATIVE_BYTES);
	struct wire_writer w;

	if (!room) {
		ddt_resolver_count(r, COUNT_DROPPED + DROP_OUTBOX_FULL);
		return;
	}
	wire_writer_init(&w, room, NEGATIVE_BYTES);
	map_reply_begin(&w, false, nonce);
	lisp_record_write(&w, &told, ttl_min, 0, LISP_ACT_NATIVE_FORWARD, false, 0);
	map_reply_finish(&w, 1);
	if (!wire_written(&w) ||
		(protection && !turn->vouch(turn->arg, protection, nonce, &told, &w)))
		return;
	outbox_commit(turn->out, (uint32_t)w.pos, to, to->addr.afi == local->afi ? local : NULL);
	ddt_resolver_count(r, COUNT_NEGATIVE_REPLIES);
}

void ddt_search_fail(struct ddt_search *s, const struct eid *prefix, uint32_t ttl_min)
{
	ddt_search_deny(s->owner, &s->reply_to, &s->local, s->nonce,
		s->is_protected ? &s->protection : NULL, &s->eid, prefix, ttl_min);
	ddt_search_end(s);
}

static bool wants_protection(const struct ddt_search *s)
{
	return s->is_protected &&
	       (s->insist || s->at->act == REFERRAL_MS || s->at->act == REFERRAL_MS_ACK);
}

/* The DDT Map-Request in the outbox' room: its length, or negative. */
static int write_request(
	const struct ddt_search *s, uint8_t *room, size_t cap, const uint8_t *ad, size_t ad_len)
{
	int len = ad_len ? ecm_write_secure(
				   room, cap, &s->source, &s->dest, ad, ad_len, s->message, s->len)
			 : ecm_write(room, cap, &s->source, &s->dest, true, s->message, s->len);

	if (len > 0)
		ecm_mark_ddt(room);
	return len;
}

static void send_to_rloc(struct ddt_search *s)
{
	const struct referral_rloc *to = &s->at->rlocs[s->index];
	const struct ddt_turn *turn = s->owner->turn;
	uint8_t ad[AD_BYTES], *room;
	struct wire_writer w;
	uint32_t room_len;
	int len;

	wire_writer_init(&w, ad, sizeof(ad));
	s->sent_protected = wants_protection(s);
	if (s->sent_protected &&
		!(turn->protect && turn->protect(turn->arg, &s->protection, s->nonce, &s->reply_to,
					   &to->at.addr, &w)))
		return; /* the timer goes on to the next */
	room_len = (uint32_t)(HEADS_BYTES + w.pos + s->len);
	room = wire_written(&w) ? outbox_begin(turn->out, room_len) : NULL;
	len = room ? write_request(s, room, room_len, ad, w.pos) : -LISP_ENOROOM;
	if (len < 0) {
		ddt_resolver_count(
			s->owner, COUNT_DROPPED + DROP_OUTBOX_FULL); /* the timer tries again */
		return;
	}
	outbox_commit(turn->out, (uint32_t)len, &to->at,
		to->at.addr.afi == s->local.afi ? &s->local : NULL);
	ddt_resolver_count(s->owner, COUNT_DDT_REQUESTS);
}

int ddt_search_next_rloc(const struct ddt_search *s)
{
	const struct ddt_resolver *r = s->owner;
	uint32_t left = 0;

	for (unsigned int i = 0; i < s->at->rloc_count; i++)
		if (s->at->rlocs[i].at.addr.afi == AFI_IPV4 ? r->o.ipv4 : r->o.ipv6)
			left |= 1u << i;
	return referral_choose(s->at, left & ~s->tried, r->turn->now,
		hash_bytes(&r->hash, &s->nonce, sizeof(s->nonce)));
}

void ddt_search_ask_rloc(struct ddt_search *s, unsigned int index)
{
	struct ddt_resolver *r = s->owner;

	s->index = index;
	s->tried |= 1u << index;
	ddt_pending_renew(s);
	send_to_rloc(s);
	timer_set(&r->timers, &s->timer,
		mono_add_ms(r->turn->now, (uint64_t)DDT_RETRY_MS << s->round));
}

void ddt_search_ask_next(struct ddt_search *s)
{
	int i = ddt_search_next_rloc(s);

	if (i < 0 && s->tried && s->round + 1 < DDT_ROUNDS) {
		s->round++;
		s->tried = 0;
		i = ddt_search_next_rloc(s);
	}
	if (i >= 0) {
		ddt_search_ask_rloc(s, (unsigned int)i);
	} else if (!s->through_root) {
		ddt_search_restart(s);
	} else {
		ddt_resolver_count(s->owner, COUNT_DDT_GAVE_UP);
		ddt_search_end(s);
	}
}

void ddt_search_go_to(struct ddt_search *s, struct referral *at)
{
	referral_ref(at);
	referral_unref(s->at);
	s->at = at;
	s->tried = 0;
	s->round = 0;
	s->through_root |= at->root;
	s->insist = false;
}

void ddt_search_restart(struct ddt_search *s)
{
	struct ddt_resolver *r = s->owner;

	ddt_resolver_count(r, COUNT_DDT_RESTARTS);
	referral_cache_drop(r->cache, s->at);
	ddt_search_go_to(s, r->root);
	ddt_search_ask_next(s);
}
