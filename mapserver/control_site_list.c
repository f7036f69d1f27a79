/* control_site_list: GET /v1/sites, in pages by name; and how many EIDs sites have.
 *
 * This thread does other things too, so a page costs one walk through the xTRs, whatever it holds,
 * and the words of as much as fits in it.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rcu.h"
#include "lib/service/json.h"
#include "mapserver/control.h"

#define LIST_DEFAULT  1000
#define LIST_MAX      10000
#define PAGE_PREFIXES 10000 /* of the sites of a page, but for the last of them */

/* EIDs by the place of their site in its table. */
struct tally {
	const struct site_table *sites;
	size_t *eids;
};

struct count {
	const char *name;
	size_t eids;
};

static void count_one(const struct xtr *x, void *arg)
{
	struct count *c = arg;

	if (!strcmp(x->who.site, c->name))
		c->eids += __atomic_load_n(&x->eids, __ATOMIC_RELAXED);
}

size_t control_site_eids(struct mapserver *ms, const char *name)
{
	struct count c = {name, 0};

	rcu_enter();
	xtr_each(ms->server->xtrs, count_one, &c);
	rcu_leave();
	return c.eids;
}

static void tally_one(const struct xtr *x, void *arg)
{
	size_t eids = __atomic_load_n(&x->eids, __ATOMIC_RELAXED);
	struct tally *t = arg;
	size_t at = eids ? site_table_place(t->sites, x->who.site) : SIZE_MAX;

	if (at != SIZE_MAX)
		t->eids[at] += eids;
}

static int by_name(const void *a, const void *b)
{
	const struct site *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* Those after @after (NULL: all) that the client may see, by name, into @list. Their number. */
static size_t select_sites(struct mapserver *ms, const struct api_request *req,
	const struct site_table *t, const char *after, const struct site **list)
{
	size_t count = 0;

	for (size_t i = 0; i < site_table_count(t); i++) {
		const struct site *s = site_table_at(t, i);

		if ((!after || strcmp(s->name, after) > 0) && control_sees_site(ms, req, s))
			list[count++] = s;
	}
	qsort(list, count, sizeof(*list), by_name);
	return count;
}

/* The first of @list, @limit at most, into @to. How many of @count. */
static size_t add_page(struct mapserver *ms, const struct tally *t, const struct site *const *list,
	size_t count, uint64_t limit, struct json_object *to)
{
	size_t prefixes = 0, n = 0;

	for (; n < count && n < limit && prefixes < PAGE_PREFIXES; n++) {
		size_t at = site_table_place(t->sites, list[n]->name);

		json_object_array_add(to, control_site_json(ms, list[n], t->eids[at]));
		prefixes += list[n]->prefix_count;
	}
	return n;
}

void control_site_list(struct api_request *req, void *arg)
{
	struct json_object *o = json_object_new_object(), *page = json_object_new_array();
	struct mapserver *ms = arg;
	struct tally t = {.sites = ms->server->sites};
	size_t sites = t.sites ? site_table_count(t.sites) : 0, count = 0, n = 0;
	const struct site **list = calloc(sites + 1, sizeof(*list));
	uint64_t limit;

	json_take(o, "sites", page);
	t.eids = calloc(sites + 1, sizeof(*t.eids));
	if (!api_query_u64(req, "limit", 1, LIST_MAX, LIST_DEFAULT, &limit)) {
		json_object_put(o);
	} else if (!list || !t.eids) {
		api_problem(req, 503, "no memory");
		json_object_put(o);
	} else {
		if (sites) {
			rcu_enter();
			xtr_each(ms->server->xtrs, tally_one, &t);
			rcu_leave();
			count = select_sites(ms, req, t.sites, api_query(req, "after"), list);
			n = add_page(ms, &t, list, count, limit, page);
		}
		json_add(o, "next", n < count ? list[n - 1]->name : NULL);
		api_reply(req, 200, o);
	}
	free(list);
	free(t.eids);
}
