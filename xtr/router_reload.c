/* See router.h: a new policy takes the place of the old one; what is the same in both goes on
 * undisturbed. */
#include "xtr/rooms.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Everything that can fail is made first. */
struct reload {
	struct policy old;
	struct router_server fresh[POLICY_SERVERS_MAX];
	bool keep[POLICY_SERVERS_MAX]; /* by the place among the old */
	int from[POLICY_SERVERS_MAX];  /* by the place among the new: the old one, or -1 */
};

static bool same_rlocs(const struct policy *a, const struct policy *b)
{
	unsigned int i;

	if (a->rloc_count != b->rloc_count)
		return false;
	for (i = 0; i < a->rloc_count; i++)
		if (!address_equal(&a->rlocs[i].addr, &b->rlocs[i].addr))
			return false;
	return true;
}

/* The registrations' messages are laid out for the locators and the identity; with others they
 * begin anew. */
static bool may_keep(const struct policy *old, const struct policy *new)
{
	return same_rlocs(old, new) && !memcmp(&old->xtr_id, &new->xtr_id, sizeof(old->xtr_id)) &&
	       old->site_id == new->site_id;
}

/* What a Map-Server has said counts no second time because our locators, say, are others now. */
static void keep_seen(const struct router *r, struct router_server *fresh)
{
	for (unsigned int i = 0; i < r->server_count; i++)
		if (address_equal(
			    &r->servers[i].server->conf.at.addr, &fresh->server->conf.at.addr))
			fresh->nexts = r->servers[i].nexts;
}

static int plan_servers(struct router *r, struct reload *l, const struct policy *new)
{
	bool may = may_keep(&r->env.policy, new);
	unsigned int i, j;

	for (i = 0; i < new->server_count; i++) {
		l->from[i] = -1;
		for (j = 0; may && j < r->server_count; j++) {
			if (!server_same(r->servers[j].server, &new->servers[i]))
				continue;
			l->from[i] = (int)j;
			l->keep[j] = true;
		}
		if (l->from[i] >= 0)
			continue;
		if (site_server_new(r, &l->fresh[i], &new->servers[i]) < 0)
			return -ENOMEM;
		keep_seen(r, &l->fresh[i]);
	}
	return 0;
}

static void undo(struct reload *l)
{
	unsigned int i;

	for (i = 0; i < POLICY_SERVERS_MAX; i++)
		site_server_free(&l->fresh[i]);
}

static void swap_servers(struct router *r, struct reload *l)
{
	struct router_server list[POLICY_SERVERS_MAX] = {0};
	unsigned int i, count = r->env.policy.server_count;

	for (i = 0; i < count; i++)
		list[i] = l->from[i] < 0 ? l->fresh[i] : r->servers[l->from[i]];
	for (i = 0; i < r->server_count; i++)
		if (!l->keep[i])
			site_server_free(&r->servers[i]);
	memcpy(r->servers, list, sizeof(list));
	r->server_count = count;
}

/* What is known of the locators that stay. */
static void carry_rlocs(struct router *r, const struct policy *old)
{
	struct address translated[POLICY_RLOCS_MAX] = {0};
	const struct policy *p = &r->env.policy;
	bool drained[POLICY_RLOCS_MAX] = {false};
	unsigned int i, j;

	for (i = 0; i < p->rloc_count; i++)
		for (j = 0; j < old->rloc_count; j++) {
			if (!address_equal(&p->rlocs[i].addr, &old->rlocs[j].addr))
				continue;
			drained[i] = r->env.drained[j];
			translated[i] = r->env.translated[j];
		}
	memcpy(r->env.drained, drained, sizeof(drained));
	memcpy(r->env.translated, translated, sizeof(translated));
}

static bool listed(const struct eid *list, size_t count, const struct eid *eid)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (eid_equal(&list[i], eid))
			return true;
	return false;
}

static void swap_statics(struct router *r, const struct policy *old)
{
	const struct policy *p = &r->env.policy;
	size_t i;

	for (i = 0; i < old->eid_count; i++)
		if (!listed(p->eids, p->eid_count, &old->eids[i]))
			site_static_remove(r, &old->eids[i]);
	for (i = 0; i < p->eid_count; i++)
		if (site_static_add(r, &p->eids[i]) < 0)
			env_count(&r->env, XTR_NO_MEMORY);
}

static void update_list(struct router *r, const struct eid *list, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		forwarding_update(r, &list[i]);
}

static bool drop_foreign_host(struct dynamic_eid_host *h, void *arg)
{
	struct router *r = arg;
	struct eid host = h->node.eid;

	if (!policy_dynamic(&r->env.policy, &host))
		site_drop(r, &host, true);
	return true;
}

static bool drop_foreign_mapping(const struct map_cache_entry *e, void *arg)
{
	struct router *r = arg;
	struct eid eid = e->node.eid;

	if (!policy_space(&r->env.policy, &eid))
		map_cache_remove(r->cache, &eid);
	return true;
}

static void apply(struct router *r, struct reload *l)
{
	const struct policy *p = &r->env.policy;
	unsigned int i;

	carry_rlocs(r, &l->old);
	nat_stop(r->nat);
	swap_servers(r, l);
	site_nat_start(r);
	swap_statics(r, &l->old);
	dynamic_eid_each(r->hosts, drop_foreign_host, r);
	map_cache_each(r->cache, drop_foreign_mapping, r);
	update_list(r, l->old.space, l->old.space_count);
	update_list(r, l->old.dynamic, l->old.dynamic_count);
	update_list(r, p->space, p->space_count);
	update_list(r, p->dynamic, p->dynamic_count);
	for (i = 0; i < r->server_count; i++) {
		if (l->from[i] < 0) {
			site_server_fill(r, &r->servers[i]);
			continue;
		}
		registration_refresh(r->servers[i].registration);
		if (r->servers[i].claim)
			claim_renew(r->servers[i].claim);
	}
}

/* The limits of these two are laid down when they are made. */
static int renew_limits(struct router *r)
{
	struct smr *smr = smr_new(&r->env);
	struct etr *etr = site_etr_new(r);

	if (!smr || !etr) {
		smr_free(smr);
		etr_free(etr);
		return -ENOMEM;
	}
	smr_free(r->smr);
	etr_free(r->etr);
	r->smr = smr;
	r->etr = etr;
	return 0;
}

int router_reload(
	struct router *r, const struct policy *policy, struct mono now, struct outbox *out)
{
	struct reload l = {0};
	struct policy copy;

	if (policy_copy(&copy, policy) < 0)
		return -ENOMEM;
	if (plan_servers(r, &l, &copy) < 0) {
		undo(&l);
		policy_fini(&copy);
		return -ENOMEM;
	}
	l.old = r->env.policy;
	r->env.policy = copy;
	if (renew_limits(r) < 0) {
		r->env.policy = l.old;
		undo(&l);
		policy_fini(&copy);
		return -ENOMEM;
	}
	r->env.now = now;
	r->env.out = out;
	if (handover_reload(r->handover) < 0)
		env_count(&r->env, XTR_NO_MEMORY);
	apply(r, &l);
	policy_fini(&l.old);
	router_timer(r, now, out);
	return 0;
}
