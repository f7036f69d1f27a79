/* See xtr.h. */
#include "mapserver/xtr.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "lib/base/rcu.h"
#include "mapserver/share.h"

struct xtr_table {
	struct keymap *map;
	struct shares *shares; /* by site */
	struct hash_key secret;
	size_t max;
	struct xtr fixed; /* the static owner */
};

struct xtr_table *xtr_table_new(size_t max, const uint8_t secret[16])
{
	struct xtr_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->map = keymap_new(max, offsetof(struct xtr, who) - offsetof(struct xtr, node),
		sizeof(struct xtr_identity), secret);
	t->shares = shares_new();
	t->max = max;
	hash_key_set(&t->secret, secret);
	t->fixed.is_static = true;
	if (t->map && t->shares)
		return t;
	keymap_free(t->map);
	shares_free(t->shares);
	free(t);
	return NULL;
}

static void free_one(struct keymap_node *node, void *arg)
{
	struct xtr *x = (struct xtr *)(void *)((char *)node - offsetof(struct xtr, node));

	(void)arg;
	free(x->path);
	free(x);
}

void xtr_table_free(struct xtr_table *t)
{
	if (!t)
		return;
	keymap_each(t->map, free_one, NULL);
	keymap_free(t->map);
	shares_free(t->shares);
	free(t);
}

size_t xtr_table_count(const struct xtr_table *t)
{
	return keymap_count(t->map);
}

struct visit_each {
	void (*visit)(const struct xtr *x, void *arg);
	void *arg;
};

static void visit_node(struct keymap_node *node, void *arg)
{
	struct visit_each *v = arg;

	v->visit((const struct xtr *)(const void *)((char *)node - offsetof(struct xtr, node)),
		v->arg);
}

void xtr_each(const struct xtr_table *t, void (*visit)(const struct xtr *x, void *arg), void *arg)
{
	struct visit_each v = {visit, arg};

	keymap_each(t->map, visit_node, &v);
}

void xtr_identity_set(
	struct xtr_identity *who, const char *site, uint64_t site_id, const struct lisp_xtr_id *id)
{
	memset(who, 0, sizeof(*who));
	strncpy(who->site, site, SITE_NAME_MAX);
	who->site_id = site_id;
	who->id = *id;
}

static struct xtr *of_node(struct keymap_node *node)
{
	return node ? (struct xtr *)(void *)((char *)node - offsetof(struct xtr, node)) : NULL;
}

struct xtr *xtr_find(const struct xtr_table *t, const struct xtr_identity *who)
{
	return of_node(keymap_find(t->map, who));
}

/* Whose share of the table an xTR of @site takes. */
static uint64_t party(const struct xtr_table *t, const char *site)
{
	return hash_bytes(&t->secret, site, strlen(site));
}

static size_t room_left(const struct xtr_table *t)
{
	size_t count = keymap_count(t->map);

	return count < t->max ? t->max - count : 0;
}

bool xtr_has_room(const struct xtr_table *t, const char *site)
{
	return shares_allow(t->shares, party(t, site), room_left(t));
}

size_t xtr_count_of(const struct xtr_table *t, const char *site)
{
	return shares_count(t->shares, party(t, site));
}

/* @room: as far as the site's share goes. */
static struct xtr *intern(struct xtr_table *t, const struct xtr_identity *who, size_t room)
{
	struct xtr *x = xtr_find(t, who);
	struct keymap_node *there = NULL;

	if (x)
		return x;
	if (!shares_take(t->shares, party(t, who->site), room))
		return NULL;
	x = calloc(1, sizeof(*x));
	if (x) {
		x->who = *who;
		there = keymap_insert(t->map, &x->node);
	}
	if (x && there == &x->node)
		return x;
	free(x); /* another thread came first, or the table is full */
	shares_return(t->shares, party(t, who->site));
	return of_node(there);
}

struct xtr *xtr_intern(struct xtr_table *t, const struct xtr_identity *who)
{
	return intern(t, who, room_left(t));
}

struct xtr *xtr_load(struct xtr_table *t, const struct xtr_identity *who)
{
	return intern(t, who, SIZE_MAX);
}

struct xtr *xtr_static(struct xtr_table *t)
{
	return &t->fixed;
}

void xtr_path_note(struct xtr *x, const struct xtr_path *path)
{
	struct xtr_path *old = rcu_load(&x->path), *new;

	if (old && old->peer.port == path->peer.port && old->key_id == path->key_id &&
		old->alg == path->alg && address_equal(&old->peer.addr, &path->peer.addr) &&
		address_equal(&old->local, &path->local))
		return;
	new = malloc(sizeof(*new));
	if (!new)
		return; /* the old path is the best we know */
	*new = *path;
	old = __atomic_exchange_n(&x->path, new, __ATOMIC_ACQ_REL);
	if (old)
		rcu_defer_free(old);
}

bool xtr_path_get(const struct xtr *x, struct xtr_path *path)
{
	const struct xtr_path *p = rcu_load(&x->path);

	if (p)
		*path = *p;
	return p != NULL;
}

void xtr_waiting_add(struct xtr *x, int n)
{
	__atomic_add_fetch(&x->waiting, (uint32_t)n, __ATOMIC_ACQ_REL);
}

bool xtr_waiting(const struct xtr *x)
{
	return __atomic_load_n(&x->waiting, __ATOMIC_ACQUIRE) != 0;
}

const char *xtr_site(const struct xtr *x)
{
	return !x ? "?" : x->is_static ? "-" : x->who.site;
}

void xtr_rtt_note(struct xtr *x, uint64_t rtt_us)
{
	uint32_t old = __atomic_load_n(&x->rtt_us, __ATOMIC_RELAXED);
	uint32_t new = rtt_us > 10000000 ? 10000000 : (uint32_t)rtt_us;

	/* The weights of RFC 6298 section 2: 7/8 of what was known, 1/8 of the new. */
	new = old ? old - old / 8 + new / 8 : new;
	__atomic_store_n(&x->rtt_us, new ? new : 1, __ATOMIC_RELAXED);
}
