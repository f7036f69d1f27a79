/* See announce.h. */
#include "mapserver/announce.h"

#include "lib/base/rcu.h"
#include "mapserver/sender.h"

/* RFC 9301 section 5.7: an unsolicited Map-Notify with the EID's new locators; none, with TTL 0,
 * when it has gone. */
static int write_notify(uint8_t *buf, const struct change *c, uint64_t nonce,
	const struct site *site, const struct site_key *key, struct auth_key *ready)
{
	struct map_register m = {.type = LISP_MAP_NOTIFY, .nonce = nonce};
	const struct mapping *now = c->new;
	struct wire_writer w;

	wire_writer_init(&w, buf, NOTIFY_BYTES_MAX);
	map_register_begin(&w, &m, key->id, key->alg, &site->auth);
	lisp_record_write(&w, &c->eid, now ? now->ttl_min : 0, now ? now->locators->count : 0,
		now ? mapping_act(now) : LISP_ACT_NONE, false, now ? now->map_version : 0);
	if (now)
		wire_put_bytes(&w, now->locators->wire, now->locators->wire_len);
	return map_register_finish(&w, &m, 1, ready, &site->auth);
}

/* @moved: in the move messages' form. */
static void tell(struct server_thread *t, struct xtr *x, const struct change *ch, bool moved,
	struct mono now, struct outbox *out)
{
	struct site_table *sites = rcu_load(&t->server->sites);
	struct site *site = sites ? site_table_named(sites, x->who.site) : NULL;
	uint64_t nonce = random_u64(t->random);
	struct auth_key *ready;
	struct site_key *key;
	struct xtr_path path;
	uint8_t *room;
	int len;

	if (!site || !xtr_path_get(x, &path))
		return;
	key = site_key_for(site, &path);
	ready = key ? site_ready_key(key, t->slot) : NULL;
	room = ready ? outbox_begin(out, NOTIFY_BYTES_MAX) : NULL;
	if (!room)
		return;
	if (moved)
		len = sender_write_move(room, NOTIFY_BYTES_MAX, MOVE_NOTIFY, nonce, ch->seq,
			&ch->eid, ch->new, site, key, ready);
	else
		len = write_notify(room, ch, nonce, site, key, ready);
	if (len < 0)
		return;
	outbox_commit(out, (uint32_t)len, &path.peer, &path.local);
	server_count(t, COUNT_NOTIFIES);
	if (!notify_add(t->server->notify, &ch->eid, nonce, x, room, (size_t)len, &path.peer,
		    &path.local, now))
		server_count(t, COUNT_NOTIFY_NO_ROOM);
}

/* The old owner, where it asked to be told and is not itself the sender, learns who has the EID
 * now. */
void announce_previous(
	struct server_thread *t, const struct change *ch, struct mono now, struct outbox *out)
{
	if (ch->old->flags & MAPPING_NOTIFY)
		tell(t, ch->old->owner, ch, ch->old->flags & MAPPING_CLAIMED, now, out);
}

void announce_again(struct server_thread *t, const struct eid *eid, struct xtr *x, struct mono now,
	struct outbox *out)
{
	struct change ch = {.kind = CHANGE_MOVED, .eid = *eid};

	ch.new = registry_present(t->server->registry, eid, now, &ch.seq);
	if (ch.new && !notify_waits(t->server->notify, eid, x))
		tell(t, x, &ch, false, now, out);
}

void announce_receivers(
	struct server_thread *t, const struct change *ch, struct mono now, struct outbox *out)
{
	const struct registry *r = t->server->registry;
	unsigned int source_plen, group_plen;
	struct eid source = {.iid = ch->eid.iid};
	const struct mapping *m;
	struct address group;

	eid_get_sg(&ch->eid, &source.addr, &source_plen, &group, &group_plen);
	source.plen = (uint8_t)source_plen;
	m = registry_longest(r, &source, now);
	if (m && m->flags & MAPPING_NOTIFY && !m->owner->is_static)
		tell(t, m->owner, ch, false, now, out);
}
