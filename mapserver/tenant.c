/* See tenant.h. Instances are found by halving a sorted list of ranges: no hash, no lock. */
#include "mapserver/tenant.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rcu.h"

struct tenant_uses {
	struct tenant_use *first;
};

/* A range in the order of all. */
struct place {
	struct tenant_range range;
	const struct tenant *tenant;
};

struct tenant_table {
	struct rcu_node rcu;
	bool only;
	struct tenant **list;
	size_t count;
	struct place *places;
	size_t place_count;
};

/* ---- uses ---- */

struct tenant_uses *tenant_uses_new(void)
{
	return calloc(1, sizeof(struct tenant_uses));
}

bool tenant_uses_any(const struct tenant_uses *u)
{
	return u->first != NULL;
}

void tenant_uses_free(struct tenant_uses *u)
{
	while (u && u->first) {
		struct tenant_use *use = u->first;

		u->first = use->next;
		free(use);
	}
	free(u);
}

static struct tenant_use *use_of(struct tenant_uses *u, const char *name)
{
	struct tenant_use *use;

	for (use = u->first; use; use = use->next)
		if (!strcmp(use->name, name))
			return use;
	use = calloc(1, sizeof(*use));
	if (!use)
		return NULL;
	snprintf(use->name, sizeof(use->name), "%s", name);
	use->next = u->first;
	u->first = use;
	return use;
}

void tenant_count_refusal(const struct tenant *t, enum tenant_refusal why)
{
	__atomic_fetch_add(&t->use->refused[why], 1, __ATOMIC_RELAXED);
}

uint64_t tenant_refused(const struct tenant *t, enum tenant_refusal why)
{
	return __atomic_load_n(&t->use->refused[why], __ATOMIC_RELAXED);
}

/* ---- the table ---- */

struct tenant_table *tenant_table_new(bool only)
{
	struct tenant_table *t = calloc(1, sizeof(*t));

	if (t)
		t->only = only;
	return t;
}

void tenant_table_free(struct tenant_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++) {
		free(t->list[i]->ranges);
		free(t->list[i]);
	}
	free(t->list);
	free(t->places);
	free(t);
}

static void free_later(struct rcu_node *node)
{
	tenant_table_free(
		(struct tenant_table *)(void *)((char *)node - offsetof(struct tenant_table, rcu)));
}

void tenant_table_retire(struct tenant_table *t)
{
	if (t)
		rcu_defer(&t->rcu, free_later);
}

int tenant_table_add(struct tenant_table *t, const char *name, const struct tenant_quota *quota,
	struct tenant **out)
{
	struct tenant **list = reallocarray(t->list, t->count + 1, sizeof(list[0]));
	struct tenant *tenant = list ? calloc(1, sizeof(*tenant)) : NULL;

	if (list)
		t->list = list;
	if (!tenant)
		return -ENOMEM;
	if (tenant_table_named(t, name)) {
		free(tenant);
		return -EEXIST;
	}
	snprintf(tenant->name, sizeof(tenant->name), "%s", name);
	tenant->quota = *quota;
	tenant->rate = limit_per_s(quota->registration_rate,
		quota->registration_burst ? quota->registration_burst : 1);
	t->list[t->count++] = tenant;
	*out = tenant;
	return 0;
}

/* The first place that does not end before @iid. */
static size_t place_from(const struct tenant_table *t, uint32_t iid)
{
	size_t low = 0, high = t->place_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->places[mid].range.last < iid)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int tenant_table_add_range(struct tenant_table *t, struct tenant *tenant, uint32_t first,
	uint32_t last, const struct tenant **holder)
{
	size_t at = place_from(t, first);
	struct place *places;
	struct tenant_range *ranges;

	*holder = NULL;
	if (first > last)
		return -EINVAL;
	if (at < t->place_count && t->places[at].range.first <= last) {
		*holder = t->places[at].tenant;
		return -EEXIST;
	}
	places = reallocarray(t->places, t->place_count + 1, sizeof(places[0]));
	if (places)
		t->places = places;
	ranges = reallocarray(tenant->ranges, tenant->range_count + 1, sizeof(ranges[0]));
	if (ranges)
		tenant->ranges = ranges;
	if (!places || !ranges)
		return -ENOMEM;
	memmove(&places[at + 1], &places[at], (t->place_count - at) * sizeof(places[0]));
	places[at] = (struct place){{first, last}, tenant};
	t->place_count++;
	ranges[tenant->range_count++] = (struct tenant_range){first, last};
	return 0;
}

int tenant_table_bind(struct tenant_table *t, struct tenant_uses *u)
{
	for (size_t i = 0; t && i < t->count; i++) {
		t->list[i]->use = use_of(u, t->list[i]->name);
		if (!t->list[i]->use)
			return -ENOMEM;
	}
	return 0;
}

const struct tenant *tenant_table_of(const struct tenant_table *t, uint32_t iid)
{
	size_t at;

	if (!t)
		return NULL;
	at = place_from(t, iid);
	return at < t->place_count && t->places[at].range.first <= iid ? t->places[at].tenant
								       : NULL;
}

const struct tenant *tenant_table_named(const struct tenant_table *t, const char *name)
{
	for (size_t i = 0; t && i < t->count; i++)
		if (!strcmp(t->list[i]->name, name))
			return t->list[i];
	return NULL;
}

bool tenant_table_only(const struct tenant_table *t)
{
	return t && t->only;
}

size_t tenant_table_count(const struct tenant_table *t)
{
	return t ? t->count : 0;
}

const struct tenant *tenant_table_at(const struct tenant_table *t, size_t i)
{
	return t->list[i];
}

/* ---- ranges as text ---- */

static bool read_number(const char **text, uint32_t *out)
{
	uint64_t n = 0;

	if (!isdigit((unsigned char)**text))
		return false;
	for (; isdigit((unsigned char)**text); ++*text) {
		n = n * 10 + (uint64_t)(**text - '0');
		if (n > UINT32_MAX)
			return false;
	}
	*out = (uint32_t)n;
	return true;
}

bool tenant_range_parse(struct tenant_range *r, const char *text)
{
	struct tenant_range range;

	if (!read_number(&text, &range.first))
		return false;
	range.last = range.first;
	if (*text == '-') {
		text++;
		if (!read_number(&text, &range.last))
			return false;
	}
	if (*text || range.first > range.last)
		return false;
	*r = range;
	return true;
}

const char *tenant_range_format(const struct tenant_range *r, char *text, size_t size)
{
	if (r->first == r->last)
		snprintf(text, size, "%u", r->first);
	else
		snprintf(text, size, "%u-%u", r->first, r->last);
	return text;
}
