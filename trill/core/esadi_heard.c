/* What the LSPs of neighbours say, and which of it is new or gone (see esadi.h). */
#include "trill/core/esadi_internal.h"

#include <stdlib.h>
#include <string.h>

#include "lib/net/address.h"

#include "trill/codec/interface_tlv.h"

static int said_order(struct esadi_said *a, struct esadi_said *b)
{
	return lsp_id_compare(&a->id, &b->id);
}

/* Some of what it makes is not used, which RB_GENERATE_STATIC() leaves untold on Linux. */
RB_GENERATE_INTERNAL(said_tree, esadi_said, node, said_order, __attribute__((unused)) static)

/* ---- what is new, and what is gone ---- */

static void tell(struct esadi *e, const struct esadi_said *s, unsigned int i, bool gone)
{
	e->config.learned(e->config.arg, s->heard[i].nickname, &s->heard[i].address, gone);
}

static int station_order(const void *a, const void *b)
{
	const struct esadi_heard *x = a, *y = b;
	int order = mac_compare(&x->address.mac, &y->address.mac);

	return order ? order : (int)x->nickname - (int)y->nickname;
}

static const struct esadi_heard *said_find(const struct esadi_said *s, const struct esadi_heard *h)
{
	return s->count ? bsearch(h, s->heard, s->count, sizeof(*h), station_order) : NULL;
}

static bool same(const struct esadi_heard *a, const struct esadi_heard *b)
{
	return a && a->address.has_laalp == b->address.has_laalp &&
	       !laalp_id_compare(&a->address.laalp, &b->address.laalp) &&
	       a->address.confidence == b->address.confidence &&
	       ip_list_equal(&a->address.ips, &b->address.ips);
}

/* @s takes the place of what was said before under its ID; what differs is told. An LSP that says
 * nothing has no place. */
static void said_replace(struct esadi *e, struct esadi_said *was, struct esadi_said *s)
{
	struct esadi_said old = {.count = was->count, .heard = was->heard};

	if (s->count)
		qsort(s->heard, s->count, sizeof(*s->heard), station_order);
	/* What is asked for while it is told is answered by what is said now. */
	esadi_index_take(e, &old);
	was->count = s->count;
	was->heard = s->heard;
	esadi_index_add(e, was);
	for (unsigned int i = 0; i < old.count; i++)
		if (!said_find(was, &old.heard[i]))
			tell(e, &old, i, true);
	for (unsigned int i = 0; i < was->count; i++)
		if (!same(said_find(&old, &was->heard[i]), &was->heard[i]))
			tell(e, was, i, false);
	free(old.heard);
	if (was->count)
		return;
	RB_REMOVE(said_tree, &e->said, was);
	free(was);
}

void esadi_heard_free(struct esadi *e)
{
	struct esadi_said *s;

	while ((s = RB_ROOT(&e->said))) {
		esadi_index_take(e, s);
		RB_REMOVE(said_tree, &e->said, s);
		free(s->heard);
		free(s);
	}
}

/* ---- what an LSP says ---- */

static struct esadi_heard *heard_add(struct esadi_said *s, uint16_t nickname, uint8_t confidence)
{
	struct esadi_heard *more =
		s->count < s->max ? reallocarray(s->heard, s->count + 1, sizeof(*more)) : NULL;

	if (!more)
		return NULL;
	s->heard = more;
	more += s->count++;
	*more = (struct esadi_heard){.nickname = nickname, .address.confidence = confidence};
	return more;
}

/* @laalp: between whose boundaries it stands; NULL: none. */
static void macs_read(struct esadi_said *s, const struct tlv *t, uint16_t originator,
	const struct laalp_id *laalp)
{
	struct mac_reach m;

	if (mac_reach_read(t, &m))
		return;
	for (unsigned int i = 0; i < m.count; i++) {
		struct mac mac;
		struct esadi_heard *h;

		mac_reach_at(&m, i, &mac);
		if (mac_is_group(&mac))
			continue;
		h = heard_add(s, m.nickname ? m.nickname : originator, m.confidence);
		if (!h)
			return;
		h->address.mac = mac;
		h->address.has_laalp = laalp;
		if (laalp)
			h->address.laalp = *laalp;
	}
}

/* What is said of its MAC already. */
static bool fits(const struct esadi_heard *h, uint16_t nickname, const struct interface_set *set)
{
	return h->nickname == nickname && !mac_compare(&h->address.mac, &set->mac);
}

/* Those of set @i. Beyond what a list holds they are ignored. */
static void addresses_take(struct esadi_address *a, const struct interface_list *l, unsigned int i)
{
	const uint8_t *bytes;
	struct address ip;
	bool ipv6;

	for (unsigned int k = 0; interface_ip_at(l, i, k, &ipv6, &bytes); k++)
		if (address_set(&ip, ipv6 ? AFI_IPV6 : AFI_IPV4, bytes, ipv6 ? 16 : 4))
			ip_list_add(&a->ips, &ip);
}

/* The IP addresses of a MAC that the same LSP has, or a MAC that is there with them alone. */
static void interfaces_read(struct esadi_said *s, const struct tlv *t, uint16_t originator)
{
	struct interface_list l;

	if (interface_read(t, TLV_EXTENDED, &l))
		return;
	for (unsigned int i = 0; i < l.set_count; i++) {
		struct esadi_heard *h = NULL;
		struct interface_set set;
		uint16_t nickname = l.nickname ? l.nickname : originator;

		interface_set_at(&l, i, &set);
		if (!set.has_mac || (!set.has_ipv4 && !set.has_ipv6) || mac_is_group(&set.mac))
			continue;
		for (unsigned int k = 0; k < s->count && !h; k++)
			if (fits(&s->heard[k], nickname, &set))
				h = &s->heard[k];
		if (!h)
			h = heard_add(s, nickname, l.confidence);
		if (!h)
			return;
		h->address.mac = set.mac;
		addresses_take(&h->address, &l, i);
	}
}

/* The APPsub-TLVs; @param: the first ESADI-PARAM, of fragment 0 alone. */
static void geninfo_take(struct esadi_said *s, const struct tlv *t, uint16_t originator,
	struct esadi_param *param, bool *has_param)
{
	struct tlv_iter subs;
	struct tlv sub;

	if (geninfo_read(t, TLV_EXTENDED, &subs))
		return;
	while (tlv_next(&subs, &sub)) {
		if (sub.type == APPSUB_INTERFACE)
			interfaces_read(s, &sub, originator);
		else if (sub.type == APPSUB_ESADI_PARAM && !s->id.fragment && !*has_param)
			*has_param = !esadi_param_read(&sub, param);
	}
}

/* What stands from here on is of @laalp, or (*@is false) of none: RFC 7781 section 9.3. */
static void boundaries_take(const struct tlv *t, struct laalp_id *laalp, bool *is)
{
	struct tlv_iter subs;
	struct tlv sub;

	if (geninfo_read(t, TLV_EXTENDED, &subs))
		return;
	while (tlv_next(&subs, &sub)) {
		if (sub.type == APPSUB_LAALP_START)
			*is = !laalp_start_read(&sub, laalp);
		else if (sub.type == APPSUB_LAALP_END)
			*is = false;
	}
}

static struct esadi_said *said_of(struct esadi *e, const struct lsp_id *id)
{
	struct esadi_said key = {.id = *id}, *s = RB_FIND(said_tree, &e->said, &key);

	if (s)
		return s;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->id = *id;
	RB_INSERT(said_tree, &e->said, s);
	return s;
}

/* Read what a neighbour's LSP says now; purged, or of one that is none any more: nothing. */
void esadi_heard_read(struct esadi *e, const struct lsdb_lsp *lsp)
{
	static const struct esadi_param defaults = {
		.priority = ESADI_PRIORITY_DEFAULT, .csnp_s = ESADI_CSNP_S_DEFAULT};
	struct esadi_neighbor *n = esadi_neighbor_of(e, &lsp->id.system);
	struct esadi_said s = {.id = lsp->id}, *was = said_of(e, &lsp->id);
	struct esadi_param param = defaults;
	struct wire_fault fault;
	struct laalp_id laalp;
	bool has_param = false, within = false;
	struct tlv_iter it;
	struct isis_pdu p;
	struct tlv t;

	if (!was)
		return;
	s.max = was->count + esadi_index_room(e);
	if (n && !lsp->purged && !isis_parse(lsp->bytes, lsp->len, &p, &fault)) {
		isis_tlvs(&p, &it);
		while (tlv_next(&it, &t)) {
			if (t.type == TLV_MAC_REACH)
				macs_read(&s, &t, n->nickname, within ? &laalp : NULL);
			else if (t.type == TLV_GENINFO)
				boundaries_take(&t, &laalp, &within);
		}
		isis_tlvs(&p, &it);
		while (tlv_find(&it, TLV_GENINFO, &t))
			geninfo_take(&s, &t, n->nickname, &param, &has_param);
	}
	if (n && !lsp->id.fragment)
		n->param = param;
	said_replace(e, was, &s);
}

void esadi_retell(struct esadi *e)
{
	struct esadi_said *s;

	RB_FOREACH (s, said_tree, &e->said)
		for (unsigned int k = 0; k < s->count; k++)
			tell(e, s, k, false);
}
