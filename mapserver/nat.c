/* See nat.h. */
#include "mapserver/nat.h"

#include <string.h>

#include "lib/base/rcu.h"
#include "lisp/info.h"
#include "mapserver/pinhole.h"

#define REPLY_BYTES_MAX 512
#define REPLY_FACTOR    3    /* times the request: docs/decisions/amplification.md */
#define RTR_TTL_MIN     1440 /* how long an xTR may keep the list of RTRs */

/* Whose question it is. */
struct asker {
	struct site *site;
	struct site_key *key;
	struct auth_key *ready;
};

/* The Key ID may mean two keys of @site, by either reading: the MAC tells which. In @a also what
 * was found, if it is not right. */
static bool find_key(struct server_thread *t, const struct datagram *d, struct info *m,
	struct site *site, struct asker *a)
{
	for (unsigned int i = 0; i < site->key_count; i++) {
		struct site_key *k = &site->keys[i];

		if (!info_key_fits(m->key_id, k->id, k->alg))
			continue;
		*a = (struct asker){site, k, site_ready_key(k, t->slot)};
		m->auth.key_id = k->id;
		m->auth.alg = (uint8_t)k->alg;
		if (a->ready && auth_verify(a->ready, LISP_INFO, &site->auth, d->bytes, d->len,
					m->nonce, &m->auth))
			return true;
	}
	return false;
}

/* None of the keys was right. */
static void refuse(struct server_thread *t, const struct datagram *d, const struct info *m,
	const struct site *first, struct mono now, const struct asker *a)
{
	if (!a->key)
		server_drop(t, DROP_UNKNOWN_KEY, LISP_INFO, &d->peer, now, "site %s has no key %u",
			first->name, m->key_id);
	else if (!a->ready)
		server_drop(t, DROP_NO_MEMORY, LISP_INFO, &d->peer, now, "no memory for a key");
	else
		server_drop(t, DROP_BAD_MAC, LISP_INFO, &d->peer, now,
			"authentication data at byte %zu (length %u, %zu expected) is not right for "
			"key %u of site %s",
			m->auth.offset, m->auth.len, auth_length(a->key->alg, &a->site->auth),
			a->key->id, a->site->name);
}

static bool authenticate(struct server_thread *t, const struct datagram *d, struct info *m,
	struct mono now, struct asker *a)
{
	const struct site_table *sites = rcu_load(&t->server->sites);
	struct site_match match;
	char text[EID_TEXT];

	memset(a, 0, sizeof(*a));
	if (!sites || !site_table_match(sites, &m->eid.eid, &match)) {
		server_drop(t, DROP_NO_SITE, LISP_INFO, &d->peer, now, "%s belongs to no site",
			eid_format(&m->eid.eid, text, sizeof(text)));
		return false;
	}
	for (const struct site_holder *h = match.holders; h; h = h->next)
		if (find_key(t, d, m, h->site, a))
			return true;
	refuse(t, d, m, match.holders->site, now, a);
	return false;
}

/* RFC 8060 section 4.4. The private address is not ours to know: AFI 0, as where there is no RTR.
 */
static void fill_nat(const struct server *s, const struct datagram *d, struct lcaf *l)
{
	*l = (struct lcaf){.type = LCAF_NAT};
	l->u.nat.ms_port = s->opt.port;
	l->u.nat.etr_port = d->peer.port;
	l->u.nat.global.addr = d->peer.addr;
	l->u.nat.ms.addr = d->local;
	for (unsigned int i = 0; i < s->opt.rtr_count; i++)
		l->u.nat.rtr[i].addr = s->opt.rtrs[i];
	l->u.nat.rtr_count = (uint8_t)(s->opt.rtr_count ? s->opt.rtr_count : 1);
}

/* As many RTRs as go into @cap bytes. */
static int write_reply(const struct server *s, const struct datagram *d, const struct info *m,
	const struct asker *a, uint8_t *buf, size_t cap)
{
	struct info reply = {.reply = true,
		.nonce = m->nonce,
		.key_id = m->key_id,
		.ttl_min = RTR_TTL_MIN,
		.eid = m->eid};
	struct lcaf l;
	int len;

	fill_nat(s, d, &l);
	while ((len = info_write(buf, cap, &reply, &l, a->key->alg, &a->site->auth)) < 0 &&
		l.u.nat.rtr_count)
		l.u.nat.rtr_count--;
	if (len > 0 && auth_sign(a->ready, LISP_INFO, &a->site->auth, buf, (size_t)len, m->nonce,
			       &reply.auth) < 0)
		return -LISP_EUNSUPPORTED;
	return len;
}

/* Whoever has seen one can send it again from a forged address: nobody is sent more than a share of
 * the replies that are larger than what they answer. */
static void answer(struct server_thread *t, const struct datagram *d, const struct info *m,
	const struct asker *a, struct mono now, struct outbox *out)
{
	size_t most = d->len * REPLY_FACTOR;
	uint8_t *room = outbox_begin(out, REPLY_BYTES_MAX);
	int len = room ? write_reply(t->server, d, m, a, room,
				 most < REPLY_BYTES_MAX ? most : REPLY_BYTES_MAX)
		       : -LISP_ENOROOM;

	if (len < 0) {
		server_drop(t, DROP_OUTBOX_FULL, LISP_INFO, &d->peer, now, "not answered");
		return;
	}
	if ((size_t)len > d->len &&
		!limit_shared_take(t->server->excess, d->peer.addr.bytes, d->peer.addr.len, now)) {
		server_drop(t, DROP_AMPLIFICATION, LISP_INFO, &d->peer, now,
			"too many Info-Replies to this address");
		return;
	}
	outbox_commit(out, (uint32_t)len, &d->peer, &d->local);
	server_count(t, COUNT_INFO_REPLIES);
}

void nat_receive(
	struct server_thread *t, const struct datagram *d, struct mono now, struct outbox *out)
{
	struct wire_fault fault;
	struct asker a;
	struct info m;
	int err = info_parse(d->bytes, d->len, &m, &fault);

	if (server_refuses(t, err, LISP_INFO, &d->peer, now, &fault))
		return;
	if (m.reply) {
		server_drop(t, DROP_INFO_REPLY, LISP_INFO, &d->peer, now,
			"an Info-Reply, and nobody here has asked");
	} else if (!m.eid.plain) {
		server_drop(t, DROP_EID_KIND, LISP_INFO, &d->peer, now,
			"an EID of a kind that is not kept (AFI %u, LCAF type %u)", m.eid.field.afi,
			m.eid.field.lcaf);
	} else if (!d->peer.port) {
		server_drop(t, DROP_MALFORMED, LISP_INFO, &d->peer, now,
			"UDP source port is 0: nothing can be sent there");
	} else if (authenticate(t, d, &m, now, &a)) {
		pinhole_asked(t->server->pinholes, &d->peer, now);
		answer(t, d, &m, &a, now, out);
	}
}
