/* See xtr_oracle.h. */
#include "tests/fuzz/xtr_oracle.h"

#include <string.h>

#include "lisp/info.h"
#include "tests/fuzz/need.h"

#define FIXED_ENTRIES 16 /* of the data plane: prefixes of the policy */

static void learn_ecm(const struct world_sent *s, struct xtr_nonces *n)
{
	struct map_request_record rec;
	struct wire_fault fault;
	struct map_request m;
	struct ecm ecm;

	need(ecm_parse(s->bytes, s->len, &ecm, &fault) == 0);
	need(map_request_parse(ecm.message, ecm.message_len, &m, &fault) == 0);
	need(map_request_next(&m, &rec));
	n->request = m.nonce;
	n->asked = rec.eid.eid;
	n->security = ecm.security && ecm.security_len <= sizeof(n->ad);
	if (!n->security)
		return;
	n->ad_len = ecm.security_len;
	memcpy(n->ad, ecm.security_data, ecm.security_len);
}

static void check(const struct world_sent *s, struct xtr_nonces *n)
{
	struct wire_fault fault;
	struct map_register reg;
	struct map_request req;
	struct map_reply rep;
	struct info info;
	struct move move;

	switch (lisp_type_of(s->bytes, s->len)) {
	case LISP_ECM:
		learn_ecm(s, n);
		break;
	case LISP_MAP_REQUEST:
		need(map_request_parse(s->bytes, s->len, &req, &fault) == 0);
		n->probe = req.probe ? req.nonce : n->probe;
		break;
	case LISP_MAP_REPLY:
		need(map_reply_parse(s->bytes, s->len, &rep, &fault) == 0);
		break;
	case LISP_MAP_REGISTER:
	case LISP_MAP_NOTIFY_ACK:
		need(map_register_parse(s->bytes, s->len, &reg, &fault) == 0);
		n->registration = reg.nonce;
		break;
	case LISP_INFO:
		need(info_parse(s->bytes, s->len, &info, &fault) == 0);
		n->info = info.nonce;
		break;
	case LISP_EXTENSION:
		need(move_parse(s->bytes, s->len, &move, &fault) == 0);
		n->move = move.nonce;
		break;
	default:
		need(!"a type that an xTR sends");
	}
}

void xtr_oracle_sent(struct world *w, struct xtr_nonces *n)
{
	for (unsigned int i = 0; i < w->sent_count; i++) {
		const struct world_sent *s = &w->sent[i];

		need(!address_is_multicast(&s->to.addr) && !address_is_unspecified(&s->to.addr));
		need(!policy_is_rloc(&w->policy, &s->to.addr));
		check(s, n);
	}
	world_forget(w);
}

void xtr_oracle_state(struct world *w)
{
	const struct policy_limits *l = &w->policy.limits;

	need(router_held_bytes(w->router) <= l->hold_bytes);
	need(w->dp.count <= l->cache_entries + l->hosts + l->away + FIXED_ENTRIES);
	for (unsigned int i = 0; i < w->dp.count; i++) {
		const struct datapath_entry *e = &w->dp.entries[i].e;

		need(e->action != DATAPATH_ENCAP || e->locator_count > 0);
		for (unsigned int j = 0; j < e->locator_count; j++)
			need(!policy_is_rloc(&w->policy, &e->locators[j].rloc) &&
				!address_is_multicast(&e->locators[j].rloc));
	}
}
