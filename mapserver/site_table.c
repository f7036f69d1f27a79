/* site_table: the sites of now, by name and by the longest prefix that covers an EID. See site.h.
 *
 * Whoever changes a table has it to himself; readers have another (site_change). What is done to
 * one site costs what that site holds, however many there are.
 */
#include "mapserver/site.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "lib/base/rcu.h"
#include "lib/table/keymap.h"
#include "lib/table/prefix_table.h"

/* A configured prefix in its table. */
struct row {
	struct prefix_row prefix;
	bool shared;
	struct site_holder first;
};

/* A site in its table. */
struct place {
	struct keymap_node node;
	char name[SITE_NAME_MAX + 1]; /* padded with zeros */
	struct site *site;
	size_t at;
};

struct site_table {
	struct rcu_node rcu;
	uint8_t secret[16];
	uint64_t serial;
	struct prefix_table *rows;
	struct keymap *names;
	struct place **places;
	size_t count, cap;
	size_t policies, subscribed; /* sites that have the drop policy, that may subscribe */
};

struct site_table *site_table_new(const uint8_t secret[16])
{
	struct site_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	memcpy(t->secret, secret, sizeof(t->secret));
	t->rows = prefix_table_new(sizeof(struct row), secret);
	t->names = keymap_new(SIZE_MAX, offsetof(struct place, name) - offsetof(struct place, node),
		SITE_NAME_MAX + 1, secret);
	if (t->rows && t->names)
		return t;
	site_table_free(t);
	return NULL;
}

uint64_t site_table_serial(const struct site_table *t)
{
	return t->serial;
}

void site_table_succeeds(struct site_table *t, const struct site_table *before)
{
	t->serial = before ? before->serial + 1 : t->serial;
}

static struct row *row_of(struct prefix_row *prefix)
{
	return (struct row *)(void *)prefix;
}

static void free_sharers(struct row *row)
{
	while (row->first.next) {
		struct site_holder *h = row->first.next;

		row->first.next = h->next;
		free(h);
	}
}

void site_table_free(struct site_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; t->rows && i < prefix_table_count(t->rows); i++)
		free_sharers(row_of(prefix_table_at(t->rows, i)));
	prefix_table_free(t->rows);
	for (size_t i = 0; i < t->count; i++) {
		site_unref(t->places[i]->site);
		free(t->places[i]);
	}
	keymap_free(t->names);
	free(t->places);
	free(t);
}

static void free_later(struct rcu_node *node)
{
	site_table_free(
		(struct site_table *)(void *)((char *)node - offsetof(struct site_table, rcu)));
}

void site_table_retire(struct site_table *t)
{
	if (t)
		rcu_defer(&t->rcu, free_later);
}

/* NULL: there is none. */
static struct place *place_of(const struct site_table *t, const char *name)
{
	char key[SITE_NAME_MAX + 1] = "";
	size_t len = strlen(name);

	if (len > SITE_NAME_MAX)
		return NULL;
	memcpy(key, name, len);
	return (struct place *)(void *)keymap_find(t->names, key); /* node is its first member */
}

static bool grow(struct site_table *t)
{
	size_t cap = t->cap ? t->cap * 2 : 16;
	struct place **places;

	if (t->count < t->cap)
		return true;
	places = reallocarray(t->places, cap, sizeof(*places));
	if (!places)
		return false;
	t->places = places;
	t->cap = cap;
	return true;
}

/* Behind all others. The reference is the table's then. False: out of memory. */
static bool add_place(struct site_table *t, struct site *s)
{
	struct place *p = grow(t) ? calloc(1, sizeof(*p)) : NULL;

	if (!p)
		return false;
	memcpy(p->name, s->name, sizeof(p->name));
	p->site = s;
	p->at = t->count;
	t->places[t->count++] = p;
	keymap_insert(t->names, &p->node);
	t->policies += s->drop_policy;
	t->subscribed += s->subscribe;
	return true;
}

/* Behind those that share it already. */
static int add_sharer(struct row *row, struct site *s, const struct site_prefix *p)
{
	struct site_holder **end = &row->first.next, *h = malloc(sizeof(*h));

	if (!h)
		return -ENOMEM;
	*h = (struct site_holder){s, p->accept_more_specifics, NULL};
	while (*end)
		end = &(*end)->next;
	*end = h;
	return 0;
}

static int add_row(struct site_table *t, struct site *s, const struct site_prefix *p)
{
	int error;
	struct row *row = row_of(prefix_table_add(t->rows, &p->eid, &error));

	if (!row && error == -EEXIST)
		return add_sharer(row_of(prefix_table_exact(t->rows, &p->eid)), s, p);
	if (!row)
		return error;
	row->shared = p->shared;
	row->first = (struct site_holder){s, p->accept_more_specifics, NULL};
	return 0;
}

static bool same_key(const struct site *a, const struct site *b)
{
	for (unsigned int i = 0; i < a->key_count; i++)
		for (unsigned int j = 0; j < b->key_count; j++)
			if (a->keys[i].id == b->keys[j].id && a->keys[i].alg == b->keys[j].alg &&
				a->keys[i].len == b->keys[j].len &&
				!CRYPTO_memcmp(a->keys[i].psk, b->keys[j].psk, a->keys[i].len))
				return true;
	return false;
}

/* Whether @s may hold a prefix beside those that hold it: 0, or why not, and who is in the way. */
static int may_share(const struct row *row, const struct site *s, const struct site_prefix *p,
	const struct site **holder)
{
	unsigned int count = 0;

	*holder = row->first.site;
	if (!row->shared || !p->shared)
		return -EEXIST;
	for (const struct site_holder *h = &row->first; h; h = h->next, count++) {
		*holder = h->site;
		if (same_key(h->site, s))
			return -EKEYREJECTED;
	}
	return count < SITE_SHARERS_MAX ? 0 : -ENOSPC;
}

/* 0: the name and the prefixes of @s are free, or may be shared. */
static int is_free(const struct site_table *t, const struct site *s, const struct site **holder)
{
	int err = 0;

	*holder = site_table_named(t, s->name);
	if (*holder)
		return -EEXIST;
	for (unsigned int i = 0; !err && i < s->prefix_count; i++) {
		const struct row *row = row_of(prefix_table_exact(t->rows, &s->prefixes[i].eid));

		if (row)
			err = may_share(row, s, &s->prefixes[i], holder);
	}
	return err;
}

static int compare_eids(const void *a, const void *b)
{
	const struct site_prefix *const *x = a, *const *y = b;

	return eid_compare(&(*x)->eid, &(*y)->eid);
}

/* No prefix stands twice in one site: 0, -EINVAL, or -ENOMEM. */
static int are_distinct(const struct site *s)
{
	const struct site_prefix **sorted = calloc(s->prefix_count + 1, sizeof(*sorted));
	int err = 0;

	if (!sorted)
		return -ENOMEM;
	for (unsigned int i = 0; i < s->prefix_count; i++)
		sorted[i] = &s->prefixes[i];
	qsort(sorted, s->prefix_count, sizeof(*sorted), compare_eids);
	for (unsigned int i = 1; i < s->prefix_count; i++)
		if (eid_equal(&sorted[i - 1]->eid, &sorted[i]->eid))
			err = -EINVAL;
	free(sorted);
	return err;
}

/* What is known to be free. Takes the reference. */
static int add_checked(struct site_table *t, struct site *s)
{
	int err = 0;

	if (!add_place(t, s)) {
		site_unref(s);
		return -ENOMEM;
	}
	for (unsigned int i = 0; !err && i < s->prefix_count; i++)
		err = add_row(t, s, &s->prefixes[i]);
	return err;
}

int site_table_add(struct site_table *t, struct site *s, const struct site **holder)
{
	int err = are_distinct(s);

	if (!err)
		err = is_free(t, s, holder);
	if (!err)
		return add_checked(t, s);
	site_unref(s);
	return err;
}

struct site_table *site_table_copy(const struct site_table *t)
{
	struct site_table *copy = site_table_new(t->secret);

	for (size_t i = 0; copy && i < t->count; i++) {
		site_ref(t->places[i]->site);
		if (add_checked(copy, t->places[i]->site)) {
			site_table_free(copy);
			copy = NULL;
		}
	}
	return copy;
}

/* @s holds @row no more. */
static void drop_holder(struct site_table *t, struct row *row, const struct site *s)
{
	struct site_holder *gone = row->first.next, **link = &row->first.next;

	if (row->first.site == s && !gone) {
		prefix_table_remove(t->rows, &row->prefix);
		return;
	}
	if (row->first.site == s) {
		row->first = *gone;
		free(gone);
		return;
	}
	while (*link && (*link)->site != s)
		link = &(*link)->next;
	gone = *link;
	if (gone)
		*link = gone->next;
	free(gone);
}

struct site *site_table_take(struct site_table *t, const char *name)
{
	struct place *p = place_of(t, name);
	struct site *s = p ? p->site : NULL;

	if (!p)
		return NULL;
	for (unsigned int i = 0; i < s->prefix_count; i++) {
		struct prefix_row *row = prefix_table_exact(t->rows, &s->prefixes[i].eid);

		if (row)
			drop_holder(t, row_of(row), s);
	}
	t->policies -= s->drop_policy;
	t->subscribed -= s->subscribe;
	keymap_remove(t->names, &p->node);
	t->places[p->at] = t->places[--t->count];
	t->places[p->at]->at = p->at;
	free(p);
	return s;
}

size_t site_table_count(const struct site_table *t)
{
	return t->count;
}

struct site *site_table_at(const struct site_table *t, size_t i)
{
	return t->places[i]->site;
}

size_t site_table_place(const struct site_table *t, const char *name)
{
	const struct place *p = place_of(t, name);

	return p ? p->at : SIZE_MAX;
}

struct site *site_table_named(const struct site_table *t, const char *name)
{
	const struct place *p = place_of(t, name);

	return p ? p->site : NULL;
}

bool site_table_match(const struct site_table *t, const struct eid *eid, struct site_match *m)
{
	const struct row *row = row_of(prefix_table_longest(t->rows, eid));

	if (!row)
		return false;
	m->holders = &row->first;
	m->prefix = row->prefix.eid;
	return true;
}

struct site *site_match_named(const struct site_match *m, const char *name)
{
	const struct site_holder *h = m->holders;

	while (h && strcmp(h->site->name, name) != 0)
		h = h->next;
	return h ? h->site : NULL;
}

bool site_match_denies(const struct site_match *m)
{
	const struct site_holder *h = m->holders;

	while (h && !h->site->drop_policy)
		h = h->next;
	return h != NULL;
}

bool site_table_allows(const struct site_table *t, const struct site *s, const struct eid *eid)
{
	const struct row *row = row_of(prefix_table_longest(t->rows, eid));

	const struct site_holder *h = row ? &row->first : NULL;

	while (h && h->site != s)
		h = h->next;
	return h && (row->prefix.eid.plen == eid->plen || h->accept_more_specifics);
}

bool site_table_has_subscribe(const struct site_table *t)
{
	return t->subscribed > 0;
}

bool site_table_has_policy(const struct site_table *t)
{
	return t->policies > 0;
}

int site_table_free_prefix(const struct site_table *t, const struct eid *eid, unsigned int floor)
{
	return prefix_table_free_prefix(t->rows, eid, floor);
}
