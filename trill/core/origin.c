/* See origin.h. */
#include "trill/core/origin.h"

#include <stdlib.h>
#include <string.h>

#include "trill/codec/hello_tlv.h"
#include "trill/codec/lsp_tlv.h"

#define REACH_PER_TLV 20 /* of 11 bytes, and with an MTU 15 */
#define NICKS_PER_TLV 48
#define TREES_PER_TLV 100
#define TLV_MAX       257 /* bytes, with type and length */

/* Fragments as they are packed. */
struct packing {
	uint8_t *bytes; /* @room for each */
	size_t room;
	size_t len[ORIGIN_FRAGMENTS];
	unsigned int at;
	struct origin_unsaid unsaid;
};

static uint8_t *packed(const struct packing *p, unsigned int i)
{
	return p->bytes + i * p->room;
}

static bool packing_init(struct packing *p, uint16_t room)
{
	memset(p, 0, sizeof(*p));
	p->room = (room > LSP_BUFFER_SIZE_LEAST ? room : LSP_BUFFER_SIZE_LEAST) - ORIGIN_HEAD_LEN;
	p->bytes = malloc(ORIGIN_FRAGMENTS * p->room);
	return p->bytes;
}

/* Number 0 is for all, whatever they can take (RFC 7176 section 4.4). */
static size_t room_in(const struct packing *p)
{
	return p->at ? p->room : ORIGIN_FRAGMENT_LEN;
}

static size_t room_left(const struct packing *p)
{
	return room_in(p) - p->len[p->at];
}

/* One TLV: into this fragment, or if it does not fit any more, the next. False: there is none. */
static bool pack(struct packing *p, const struct wire_writer *w)
{
	if (!wire_written(w))
		return false;
	if (w->pos > room_left(p)) {
		if (p->at + 1 == ORIGIN_FRAGMENTS)
			return false;
		p->at++;
	}
	memcpy(packed(p, p->at) + p->len[p->at], w->buf, w->pos);
	p->len[p->at] += w->pos;
	return true;
}

/* What has to stand in LSP number 0. */
static void pack_head(struct packing *p, const struct origin_content *c)
{
	uint8_t tlv[ORIGIN_FRAGMENT_LEN];
	struct wire_writer w;
	size_t at;

	wire_writer_init(&w, tlv, sizeof(tlv));
	hello_area_put(&w);
	hello_protocols_put(&w);
	buffer_size_put(&w, c->buffer_size ? c->buffer_size : LSP_BUFFER_SIZE_LEAST);
	at = capability_begin(&w, 0);
	hello_version_put(&w, CAPABILITY_VERSION, &c->version);
	capability_trees_put(&w, &c->trees);
	if (c->channel_count)
		capability_channels_put(&w, c->channels, c->channel_count);
	tlv_end(&w, at, TLV_STANDARD);
	pack(p, &w);
}

static void pack_nicknames(struct packing *p, const struct origin_content *c)
{
	uint8_t tlv[256];
	struct wire_writer w;
	size_t at;

	for (unsigned int i = 0; i < c->nickname_count; i += NICKS_PER_TLV) {
		unsigned int n = c->nickname_count - i;

		wire_writer_init(&w, tlv, sizeof(tlv));
		at = capability_begin(&w, 0);
		capability_nicknames_put(
			&w, c->nicknames + i, n < NICKS_PER_TLV ? n : NICKS_PER_TLV);
		tlv_end(&w, at, TLV_STANDARD);
		pack(p, &w);
	}
}

/* Sub-TLV 8 or 9: trees are numbered from 1 on. */
static void pack_tree_ids(
	struct packing *p, unsigned int type, const uint16_t *nicknames, unsigned int count)
{
	uint8_t tlv[256];
	struct wire_writer w;
	size_t at;

	for (unsigned int i = 0; i < count; i += TREES_PER_TLV) {
		unsigned int n = count - i;

		wire_writer_init(&w, tlv, sizeof(tlv));
		at = capability_begin(&w, 0);
		capability_tree_ids_put(&w, type, (uint16_t)(i + 1), nicknames + i,
			n < TREES_PER_TLV ? n : TREES_PER_TLV);
		tlv_end(&w, at, TLV_STANDARD);
		pack(p, &w);
	}
}

static void pack_affinities(struct packing *p, const struct origin_content *c)
{
	uint8_t tlv[128];
	struct wire_writer w;
	size_t at;

	for (unsigned int i = 0; i < c->affinity_count; i++) {
		const struct origin_affinity *a = &c->affinities[i];

		if (!a->count)
			continue;
		wire_writer_init(&w, tlv, sizeof(tlv));
		at = capability_begin(&w, 0);
		capability_affinity_put(&w, a->nickname, a->trees, a->count);
		tlv_end(&w, at, TLV_STANDARD);
		pack(p, &w);
	}
}

/* What is said of one label. */
struct saying {
	bool esadi;
	uint32_t af_lost;
	unsigned int root_count;
	uint8_t roots[ORIGIN_ROOTS_MAX * ORIGIN_ROOT_LEN];
};

static void saying_of(const struct origin_content *c, unsigned int number, struct saying *s)
{
	memset(s, 0, sizeof(*s));
	s->esadi = label_set_has(c->esadi, number);
	s->af_lost = c->af_lost[number];
	if (c->roots_of)
		s->root_count = c->roots_of(c->roots_arg, (uint16_t)number, s->roots);
}

/* The same is said of the label @number. */
static bool says(const struct origin_content *c, unsigned int number, const struct saying *s)
{
	struct saying other;

	if (!label_set_has(c->interested, number))
		return false;
	saying_of(c, number, &other);
	return !memcmp(s, &other, sizeof(other));
}

/* TLV 242 with sub-TLVs of interests, as many as it holds, or the fragment. */
struct interests {
	struct packing *p;
	struct wire_writer w; /* empty: not begun */
	size_t at;
	uint32_t labels; /* that it speaks of */
	uint8_t tlv[TLV_MAX];
};

static void interests_end(struct interests *in)
{
	if (in->w.pos) {
		tlv_end(&in->w, in->at, TLV_STANDARD);
		if (!pack(in->p, &in->w))
			in->p->unsaid.labels += in->labels;
	}
	wire_writer_init(&in->w, in->tlv, sizeof(in->tlv));
	in->labels = 0;
}

/* A sub-TLV for a range. Multicast is not snooped: M4 and M6 (RFC 6325 section 4.7). */
static void pack_interest(struct interests *in, const struct origin_content *c, struct label first,
	uint32_t last, const struct saying *s)
{
	struct capability_interest i = {.nickname = c->nickname,
		.fgl = first.fgl,
		.start = first.id,
		.end = last,
		.m4 = true,
		.m6 = true,
		.esadi = s->esadi,
		.af_lost = s->af_lost,
		.root_count = s->root_count,
		.roots = s->roots};
	size_t left = room_left(in->p);
	struct wire_writer sub;
	uint8_t bytes[128];

	wire_writer_init(&sub, bytes, sizeof(bytes));
	capability_interest_put(&sub, &i);
	if (in->w.pos + sub.pos > (left < TLV_MAX ? left : TLV_MAX))
		interests_end(in);
	if (!in->w.pos)
		in->at = capability_begin(&in->w, 0);
	wire_put_bytes(&in->w, bytes, sub.pos);
	in->labels += last - first.id + 1;
}

static void pack_vlans(struct interests *in, const struct origin_content *c)
{
	unsigned int vlan = label_set_next(c->interested, 1), last;
	struct saying s;

	for (; vlan && vlan <= VLAN_LAST; vlan = label_set_next(c->interested, last + 1)) {
		saying_of(c, vlan, &s);
		for (last = vlan; last < VLAN_LAST && says(c, last + 1, &s);)
			last++;
		pack_interest(in, c, (struct label){.id = vlan}, last, &s);
	}
}

/* The same of fine-grained labels, in their own order (RFC 7176 section 2.3.8). */
static void pack_labels(struct interests *in, const struct origin_content *c)
{
	const struct labels *l = c->labels;
	struct saying s;

	for (unsigned int i = 0; l && i < l->count; i++) {
		struct label first = {.id = labels_at(l, i), .fgl = true};
		uint32_t last = first.id;

		if (!label_set_has(c->interested, l->sorted[i]))
			continue;
		saying_of(c, l->sorted[i], &s);
		while (i + 1 < l->count && labels_at(l, i + 1) == last + 1 &&
			says(c, l->sorted[i + 1], &s)) {
			last++;
			i++;
		}
		pack_interest(in, c, first, last, &s);
	}
}

static void pack_interests(struct packing *p, const struct origin_content *c)
{
	struct interests in = {.p = p};

	if (!c->nickname || !c->interested)
		return;
	interests_end(&in);
	pack_vlans(&in, c);
	pack_labels(&in, c);
	interests_end(&in);
}

static void pack_neighbors(struct packing *p, const struct origin_content *c)
{
	uint8_t tlv[256];
	struct wire_writer w;
	size_t at;

	for (unsigned int i = 0, n; i < c->neighbor_count; i += n) {
		wire_writer_init(&w, tlv, sizeof(tlv));
		at = tlv_begin(&w, TLV_REACHABILITY, TLV_STANDARD);
		for (n = 0; n < REACH_PER_TLV && i + n < c->neighbor_count; n++)
			reach_put(&w, &c->neighbors[i + n]);
		tlv_end(&w, at, TLV_STANDARD);
		if (!pack(p, &w))
			p->unsaid.neighbors += n;
	}
}

static struct lsp_id id_of(const struct origin *o, unsigned int fragment)
{
	return (struct lsp_id){
		.system = o->own, .pseudonode = o->pseudonode, .fragment = (uint8_t)fragment};
}

/* Set the timer to the next refresh. */
static void refresh_wait(struct origin *o)
{
	struct mono next = MONO_NEVER;

	for (unsigned int i = 0; i < ORIGIN_FRAGMENTS; i++)
		next = mono_min(next, fragment_next(&o->fragments[i].is));
	timer_set(o->timers, &o->timer, next);
}

/* Say fragment @i, unless it stands there already and is young. True: it went out. */
static bool say(struct origin *o, unsigned int i, const uint8_t *tlvs, size_t len, uint8_t flags,
	struct mono now)
{
	struct origin_fragment *f = &o->fragments[i];
	bool changed = f->len != len || f->flags != flags || !f->said || memcmp(f->said, tlvs, len);
	struct lsp_id id = id_of(o, i);
	uint8_t *said;

	if (!fragment_is_due(&f->is, changed, now))
		return false;
	said = len > f->len || !f->said ? realloc(f->said, len ? len : 1) : f->said;
	if (said)
		f->said = said;
	if (!fragment_say(&f->is, o->db, &id, flags, said ? tlvs : NULL, len, o->counts, now))
		return false;
	if (!f->is.live)
		return true;
	memcpy(f->said, tlvs, len);
	f->len = len;
	f->flags = flags;
	o->originated++;
	return true;
}

/* True: it was there. */
static bool purge(struct origin *o, unsigned int i, struct mono now)
{
	struct lsp_id id = id_of(o, i);

	return fragment_purge(&o->fragments[i].is, o->db, &id, now);
}

void origin_withdraw(struct origin *o, struct mono now)
{
	for (unsigned int i = 0; i < ORIGIN_FRAGMENTS; i++)
		purge(o, i, now);
	timer_cancel(o->timers, &o->timer);
}

void origin_say(struct origin *o, const struct origin_content *content, struct mono now)
{
	uint8_t flags = ISIS_LSP_LEVEL1 | (o->overloaded ? ISIS_LSP_OVERLOAD : 0);
	struct packing packing, *p = &packing;
	bool any = false;

	if (!packing_init(p, content->room))
		return;
	if (!o->pseudonode) {
		pack_head(p, content);
		pack_nicknames(p, content);
		pack_tree_ids(p, CAPABILITY_TREE_IDS, content->roots, content->root_count);
		pack_tree_ids(p, CAPABILITY_TREE_USE_IDS, content->uses, content->use_count);
		pack_affinities(p, content);
	}
	pack_neighbors(p, content);
	pack_interests(p, content); /* what there may be most of comes last */
	for (unsigned int i = 0; i < ORIGIN_FRAGMENTS; i++)
		any |= i <= p->at ? say(o, i, packed(p, i), p->len[i], i ? ISIS_LSP_LEVEL1 : flags,
					    now)
				  : purge(o, i, now);
	o->unsaid = p->unsaid;
	free(p->bytes);
	if (any && o->gainsays)
		backoff_done(&o->gainsay, now);
	else if (any && o->roots_alone)
		o->roots_told = now;
	else if (any)
		backoff_done(&o->backoff, now);
	o->roots_alone = o->gainsays = false;
	refresh_wait(o);
}

static void origin_fire(struct timer *t, struct mono now)
{
	struct origin *o = t->arg;

	o->ask(o->arg, now);
}

bool origin_is_due(const struct origin *o, struct mono now)
{
	return timer_is_set(&o->timer) && mono_due(o->timer.due, now);
}

static void say_at(struct origin *o, struct mono due)
{
	if (!timer_is_set(&o->timer) || mono_before(due, o->timer.due))
		timer_set(o->timers, &o->timer, due);
}

void origin_changed(struct origin *o, struct mono now)
{
	o->roots_alone = false;
	say_at(o, backoff_due(&o->backoff, now));
}

void origin_resign(struct origin *o, struct mono now)
{
	for (unsigned int i = 0; i < ORIGIN_FRAGMENTS; i++)
		if (o->fragments[i].is.live)
			o->fragments[i].is.refresh = now;
	origin_changed(o, now);
}

void origin_roots_changed(struct origin *o, struct mono now)
{
	struct mono due = mono_add_s(now, ORIGIN_ROOTS_FIRST_S);
	struct mono least = mono_add_s(o->roots_told, ORIGIN_ROOTS_LEAST_S);

	if (o->roots_told.ns && mono_before(due, least))
		due = least;
	if (timer_is_set(&o->timer) && !mono_before(due, o->timer.due))
		return;
	timer_set(o->timers, &o->timer, due);
	o->roots_alone = true;
}

void origin_reissue(struct origin *o, const struct lsp_id *id, uint32_t sequence, struct mono now)
{
	if (!fragment_known(&o->fragments[id->fragment].is, o->db, id, sequence, now))
		return;
	o->gainsays = true;
	o->roots_alone = false;
	say_at(o, backoff_due(&o->gainsay, now));
}

static void overload_settle(struct origin *o, struct mono now)
{
	bool was = o->overloaded;

	o->overloaded = o->overload_asked || timer_is_set(&o->overload);
	if (was != o->overloaded)
		origin_changed(o, now);
}

static void overload_fire(struct timer *t, struct mono now)
{
	overload_settle(t->arg, now);
}

void origin_overload_for(struct origin *o, uint32_t s, struct mono now)
{
	struct mono until = mono_add_s(now, s);

	if (!timer_is_set(&o->overload) || mono_before(o->overload.due, until))
		timer_set(o->timers, &o->overload, until);
	overload_settle(o, now);
}

void origin_full(struct origin *o, struct mono now)
{
	origin_overload_for(o, ORIGIN_OVERLOAD_WAIT_S, now);
}

void origin_overload(struct origin *o, bool on, struct mono now)
{
	o->overload_asked = on;
	overload_settle(o, now);
}

void origin_init(struct origin *o)
{
	timer_init(&o->timer, origin_fire, o);
	timer_init(&o->overload, overload_fire, o);
	o->gainsay = (struct backoff){.first_us = ORIGIN_FIRST_US, .cap_us = ORIGIN_GAINSAY_US};
	o->backoff =
		(struct backoff){.first_us = ORIGIN_FIRST_US, .cap_us = ORIGIN_LEAST_S * 1000000};
}

void origin_fini(struct origin *o)
{
	timer_cancel(o->timers, &o->timer);
	timer_cancel(o->timers, &o->overload);
	for (unsigned int i = 0; i < ORIGIN_FRAGMENTS; i++)
		free(o->fragments[i].said);
}
