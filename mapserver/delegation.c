/* See delegation.h. */
#include "mapserver/delegation.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/rcu.h"

struct delegation_table {
	struct rcu_node rcu;
	struct lpm *delegated, *authoritative;
	struct delegation **delegations;
	size_t delegation_count;
	struct authority **authorities;
	size_t authority_count;
	struct ddt_signer *signer;
};

struct delegation_table *delegation_table_new(const uint8_t secret[16])
{
	struct delegation_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->delegated = lpm_new(XEID_BITS,
		offsetof(struct delegation, xeid.key) - offsetof(struct delegation, entry), secret);
	t->authoritative = lpm_new(XEID_BITS,
		offsetof(struct authority, xeid.key) - offsetof(struct authority, entry), secret);
	if (t->delegated && t->authoritative)
		return t;
	delegation_table_free(t);
	return NULL;
}

void delegation_free(struct delegation *d)
{
	if (!d)
		return;
	for (unsigned int i = 0; i < d->child_count; i++)
		for (unsigned int k = 0; k < d->children[i].key_count; k++)
			referral_key_free(d->children[i].keys[k]);
	free(d);
}

void delegation_table_free(struct delegation_table *t)
{
	if (!t)
		return;
	if (t->delegated)
		lpm_free(t->delegated);
	if (t->authoritative)
		lpm_free(t->authoritative);
	for (size_t i = 0; i < t->delegation_count; i++)
		delegation_free(t->delegations[i]);
	for (size_t i = 0; i < t->authority_count; i++)
		free(t->authorities[i]);
	free(t->delegations);
	free(t->authorities);
	ddt_signer_free(t->signer);
	free(t);
}

static void free_later(struct rcu_node *node)
{
	delegation_table_free(
		(struct delegation_table *)(void *)((char *)node -
						    offsetof(struct delegation_table, rcu)));
}

void delegation_table_retire(struct delegation_table *t)
{
	if (t)
		rcu_defer(&t->rcu, free_later);
}

int delegation_table_authority(struct delegation_table *t, struct authority *a)
{
	struct authority **list =
		realloc(t->authorities, (t->authority_count + 1) * sizeof(t->authorities[0]));
	int err = -ENOMEM;

	if (list) {
		t->authorities = list;
		if (!a->root)
			a->xeid = xeid_of(&a->prefix);
		a->entry.plen = a->xeid.plen;
		err = !a->root && !xeid_fits(&a->prefix) ? -EINVAL
							 : lpm_insert(t->authoritative, &a->entry);
	}
	if (err)
		free(a);
	else
		list[t->authority_count++] = a;
	return err;
}

int delegation_table_add(struct delegation_table *t, struct delegation *d)
{
	struct delegation **list =
		realloc(t->delegations, (t->delegation_count + 1) * sizeof(t->delegations[0]));
	int err = -ENOMEM;

	if (list) {
		t->delegations = list;
		d->xeid = xeid_of(&d->prefix);
		d->entry.plen = d->xeid.plen;
		err = xeid_fits(&d->prefix) ? lpm_insert(t->delegated, &d->entry) : -EINVAL;
	}
	if (err)
		delegation_free(d);
	else
		list[t->delegation_count++] = d;
	return err;
}

void delegation_table_sign(struct delegation_table *t, struct ddt_signer *s)
{
	ddt_signer_free(t->signer);
	t->signer = s;
}

struct ddt_signer *delegation_table_signer(const struct delegation_table *t)
{
	return t->signer;
}

const struct delegation *delegation_find(const struct delegation_table *t, const struct eid *eid)
{
	struct xeid x = xeid_of(eid);

	return (const struct delegation *)(const void *)lpm_longest(t->delegated, x.key, x.plen);
}

const struct authority *delegation_authority(
	const struct delegation_table *t, const struct eid *eid)
{
	struct xeid x = xeid_of(eid);

	return (const struct authority *)(const void *)lpm_longest(t->authoritative, x.key, x.plen);
}

int delegation_free_prefix(
	const struct delegation_table *t, const struct eid *eid, unsigned int floor)
{
	struct xeid x = xeid_of(eid);
	int plen = lpm_free_prefix(t->delegated, x.key, XEID_HEAD_BITS + floor);

	return plen < 0 ? -1 : plen - XEID_HEAD_BITS;
}

size_t delegation_count(const struct delegation_table *t)
{
	return t->delegation_count;
}

const struct delegation *delegation_at(const struct delegation_table *t, size_t i)
{
	return t->delegations[i];
}

size_t delegation_authorities(const struct delegation_table *t)
{
	return t->authority_count;
}

const struct authority *delegation_authority_at(const struct delegation_table *t, size_t i)
{
	return t->authorities[i];
}
