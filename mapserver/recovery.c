/* See recovery.h. */
#include "mapserver/recovery.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mapserver/loss.h"
#include "mapserver/publish.h"

/* ---- what many mappings share ---- */

/* Room for one more of @size bytes in *@list. */
static bool grow(void *list_of, size_t count, size_t *cap, size_t size)
{
	void **list = list_of, *new;
	size_t want = *cap ? *cap * 2 : 256;

	if (count < *cap)
		return true;
	new = realloc(*list, want * size);
	if (!new)
		return false;
	*list = new;
	*cap = want;
	return true;
}

static bool take_owner(
	void *arg, const void *key, size_t key_len, const void *value, size_t value_len)
{
	struct recovery *r = arg;
	struct recovery_owner *new;
	struct stored_owner o;
	uint32_t number;

	if (!stored_owner_number(key, key_len, &number) ||
		!stored_owner_read(value, value_len, &o)) {
		r->unreadable++;
		return true;
	}
	if (!grow(&r->owners, r->owner_count, &r->owner_cap, sizeof(r->owners[0]))) {
		r->unreadable++;
		return true;
	}
	new = &r->owners[r->owner_count++];
	*new = (struct recovery_owner){.number = number};
	xtr_identity_set(&new->who, o.site, o.site_id, &o.xtr_id);
	return true;
}

static struct xtr *make_owner(const struct recovery *r, struct recovery_owner *o)
{
	if (o->xtr)
		return o->xtr;
	o->xtr = xtr_load(r->t->server->xtrs, &o->who);
	if (o->xtr && !o->xtr->number)
		o->xtr->number = o->number;
	return o->xtr;
}

/* The bytes are locators, as many as they say. */
static bool is_set(const struct stored_set *s)
{
	struct wire_fault fault;
	struct lisp_rloc rloc;
	struct lisp_record rec;
	unsigned int n = 0;

	if (s->count > MAPPING_LOCATORS_MAX || s->len > MAPPING_LOCATOR_BYTES)
		return false;
	rec = locators_iterate(s->wire, s->len, s->count, &fault);
	while (n < s->count && lisp_rloc_next(&rec, &rloc))
		n++;
	return n == s->count && wire_left(&rec.locators) == 0;
}

static bool take_set(
	void *arg, const void *key, size_t key_len, const void *value, size_t value_len)
{
	struct recovery *r = arg;
	struct stored_set s;
	struct locset *set;
	uint64_t number;

	if (!stored_set_number(key, key_len, &number) || !stored_set_read(value, value_len, &s) ||
		!is_set(&s)) {
		r->unreadable++;
		return true;
	}
	set = registry_set(r->t->server->registry, s.count, s.wire, s.len);
	if (!set || !grow(&r->sets, r->set_count, &r->set_cap, sizeof(r->sets[0]))) {
		if (set)
			registry_set_unref(r->t->server->registry, set);
		r->unreadable++;
		return true;
	}
	if (!set->number)
		set->number = number;
	r->sets[r->set_count++] = (struct recovery_set){number, set};
	return true;
}

/* Both lists came in the order of their numbers. */
struct xtr *recovery_owner(const struct recovery *r, uint32_t number)
{
	size_t low = 0, high = r->owner_count;

	if (!number)
		return xtr_static(r->t->server->xtrs);
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (r->owners[mid].number < number)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == r->owner_count || r->owners[low].number != number)
		return NULL;
	return make_owner(r, &r->owners[low]);
}

/* With one more reference. */
static struct locset *set_of(const struct recovery *r, uint64_t number)
{
	size_t low = 0, high = r->set_count;

	if (!number)
		return registry_set(r->t->server->registry, 0, "", 0);
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (r->sets[mid].number < number)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == r->set_count || r->sets[low].number != number)
		return NULL;
	locset_ref(r->sets[low].set);
	return r->sets[low].set;
}

/* ---- parts of merged mappings ---- */

static int take_part(struct recovery *r, const struct eid *eid, const struct stored_part *s)
{
	const struct stored_mapping life = {.wall_s = s->wall_s, .life_s = s->life_s};
	uint32_t grace_s = (uint32_t)r->t->server->opt.registration_timeout_s;
	struct merge_part part = {.owner = recovery_owner(r, s->owner),
		.ttl_min = s->ttl_min,
		.map_version = s->map_version,
		.flags = s->flags,
		.expiry_ns = mono_add_s(r->now, stored_mapping_left(&life, r->wall_s, grace_s)).ns};

	part.locators = part.owner ? set_of(r, s->set) : NULL;
	return part.locators ? merge_load(r->t->server->merge, eid, &part) : -EBADMSG;
}

static bool take_parts(
	void *arg, const void *key, size_t key_len, const void *value, size_t value_len)
{
	struct recovery *r = arg;
	struct stored_part list[STORED_PARTS_MAX];
	unsigned int count;
	struct eid eid;

	if (!stored_eid_read(key, key_len, &eid) ||
		!stored_parts_read(value, value_len, list, &count)) {
		r->unreadable++;
		return true;
	}
	if (registry_knows(r->t->server->registry, &eid))
		return true;
	for (unsigned int i = 0; i < count; i++)
		if (take_part(r, &eid, &list[i]))
			r->unreadable++;
	return true;
}

/* ---- mappings ---- */

/* How old it counts as: never so old that it goes before xTRs have refreshed, so that it does what
 * it is there for also where the clock was set forward. */
static uint64_t tombstone_age(const struct recovery *r, const struct stored_mapping *s)
{
	uint64_t life_s = r->t->server->opt.registry.tombstone_life_s,
		 grace_s = r->t->server->opt.registration_timeout_s,
		 age_s = r->wall_s > s->wall_s ? r->wall_s - s->wall_s : 0,
		 most_s = life_s > grace_s ? life_s - grace_s : 0;

	return age_s < most_s ? age_s : most_s;
}

static int take_tombstone(struct recovery *r, const struct eid *eid, const struct stored_mapping *s)
{
	/* What the configuration file put is the file's to put again. */
	return registry_load_tombstone(
		r->t->server->registry, eid, s->seq, s->gone ? tombstone_age(r, s) : 0, r->now);
}

/* With parts it is a sum, and lives as long as the last of them. */
static void sum_up(struct recovery *r, struct registration *in)
{
	struct merge *merge = r->t->server->merge;
	struct merge_part parts[MERGE_PARTS_MAX];
	unsigned int n = merge_count(merge) ? merge_parts(merge, &in->eid, parts) : 0;

	in->merged = n > 0;
	for (unsigned int i = 0; i < n; i++)
		if (parts[i].expiry_ns > in->expiry_ns)
			in->expiry_ns = parts[i].expiry_ns;
}

/* It is told again when it comes with what it said before. */
static void take_loss(struct recovery *r, const struct eid *eid, const struct stored_mapping *s)
{
	struct loss loss = {.xtr = s->lost ? recovery_owner(r, s->lost) : NULL, .said = s->said};
	uint64_t age_ns = r->wall_s > s->wall_s ? (r->wall_s - s->wall_s) * 1000000000 : 0;
	struct mono since = {r->now.ns > age_ns ? r->now.ns - age_ns : 0};

	if (loss.xtr)
		losses_note(r->t->server->losses, eid, &loss, since, r->now);
}

static int take_mapping(struct recovery *r, const struct eid *eid, const struct stored_mapping *s)
{
	uint32_t grace_s = (uint32_t)r->t->server->opt.registration_timeout_s;
	uint32_t left_s = stored_mapping_left(s, r->wall_s, grace_s);
	struct registration in = {.eid = *eid,
		.ttl_min = s->ttl_min,
		.map_version = s->map_version,
		.flags = s->flags,
		.owner = recovery_owner(r, s->owner),
		.restore_seq = s->seq,
		.expiry_ns = MAPPING_FOREVER};
	struct locset *set = in.owner ? set_of(r, s->set) : NULL;

	if (!set)
		return -EBADMSG;
	if (s->life_s)
		in.expiry_ns = mono_add_s(r->now, left_s).ns;
	sum_up(r, &in);
	if (s->life_s)
		in.expiry_ns |= 1; /* tentative */
	take_loss(r, eid, s);
	return registry_load(r->t->server->registry, &in, set, r->now);
}

static void take(struct recovery *r, const struct eid *eid, const void *value, size_t value_len)
{
	struct stored_mapping s;
	int err = -EBADMSG;

	if (registry_knows(r->t->server->registry, eid))
		return;
	if (stored_mapping_read(value, value_len, &s))
		err = s.gone || s.flags & MAPPING_CONFIGURED ? take_tombstone(r, eid, &s)
							     : take_mapping(r, eid, &s);
	if (err) {
		r->unreadable++;
		return;
	}
	r->taken++;
	if (s.wall_s >= r->told_s) /* we died before all had heard of it, perhaps */
		publish_news(r->t->server->publish, eid);
}

static bool take_next(
	void *arg, const void *key, size_t key_len, const void *value, size_t value_len)
{
	struct recovery *r = arg;
	struct eid eid;

	if (stored_eid_read(key, key_len, &eid))
		take(r, &eid, value, value_len);
	else
		r->unreadable++;
	if (key_len <= sizeof(r->at)) {
		memcpy(r->at, key, key_len);
		r->at_len = key_len;
	}
	return --r->left > 0;
}

/* All prefixes that are no host's: few, and a longest match needs them. */
static bool take_wide(
	void *arg, const void *key, size_t key_len, const void *value, size_t value_len)
{
	struct recovery *r = arg;

	r->left = 2;
	return *(const uint8_t *)key < STORED_HOSTS && take_next(r, key, key_len, value, value_len);
}

static bool tell_wide(
	void *arg, const void *key, size_t key_len, const void *value, size_t value_len)
{
	struct recovery *r = arg;
	struct stored_mapping s;
	struct eid eid;

	if (*(const uint8_t *)key >= STORED_HOSTS)
		return false;
	if (stored_eid_read(key, key_len, &eid) && stored_mapping_read(value, value_len, &s) &&
		s.wall_s >= r->told_s)
		publish_news(r->t->server->publish, &eid);
	return true;
}

void recovery_tell_wide(struct recovery *r)
{
	if (r->view)
		store_view_scan(r->view, STORED_MAPPINGS, NULL, 0, tell_wide, r);
}

int recovery_begin(struct recovery *r, struct server_thread *t, struct store *store,
	struct mono now, uint64_t wall_s, char *why, size_t why_size)
{
	int err;

	*r = (struct recovery){.t = t, .wall_s = wall_s, .now = now, .began = now};
	err = store_view_open(store, &r->view);
	if (!err)
		err = store_view_scan(r->view, STORED_OWNERS, NULL, 0, take_owner, r);
	if (!err)
		err = store_view_scan(r->view, STORED_SETS, NULL, 0, take_set, r);
	if (!err)
		err = store_view_scan(r->view, STORED_PARTS, NULL, 0, take_parts, r);
	if (!err)
		err = store_view_scan(r->view, STORED_MAPPINGS, NULL, 0, take_wide, r);
	if (err) {
		snprintf(why, why_size, "cannot read the mappings: %s", strerror(-err));
		recovery_end(r);
		return err;
	}
	r->at[0] = STORED_HOSTS;
	r->at_len = 1;
	__atomic_store_n(&t->server->recovering, true, __ATOMIC_RELEASE);
	return 0;
}

/* xTRs that have nothing any more: their names would take room for ever. */
static void find_unused(struct recovery *r)
{
	r->unused = calloc(r->owner_count + 1, sizeof(r->unused[0]));
	for (size_t i = 0; r->unused && i < r->owner_count; i++)
		if (!r->owners[i].xtr)
			r->unused[r->unused_count++] = r->owners[i].number;
}

bool recovery_step(struct recovery *r, struct mono now, size_t max)
{
	int err;

	if (!r->view)
		return false;
	r->now = now;
	r->left = max;
	err = store_view_scan(r->view, STORED_MAPPINGS, r->at, r->at_len, take_next, r);
	if (!err && r->left == 0)
		return true;
	if (err) {
		log_error(r->t->log, "store: cannot read on: %s", strerror(-err));
		r->unreadable++; /* one at least */
	}
	log_info(r->t->log, "store: %llu mappings and tombstones taken in within %llu ms",
		(unsigned long long)r->taken, (unsigned long long)mono_since_ms(r->began, now));
	if (r->unreadable)
		log_error(r->t->log, "store: %llu records cannot be read and are left out",
			(unsigned long long)r->unreadable);
	else if (!err)
		find_unused(r);
	recovery_end(r);
	return false;
}

void recovery_eid(struct recovery *r, const struct eid *eid, struct mono now)
{
	uint8_t key[STORED_EID_BYTES], value[STORED_MAPPING_BYTES];
	size_t key_len, len = sizeof(value);

	if (!r->view || registry_knows(r->t->server->registry, eid))
		return;
	key_len = stored_eid_key(key, sizeof(key), eid);
	r->now = now;
	if (key_len && store_view_get(r->view, STORED_MAPPINGS, key, key_len, value, &len) == 0)
		take(r, eid, value, len);
}

/* Sets that nothing refers to go with their last reference: the registry tells it. */
void recovery_end(struct recovery *r)
{
	for (size_t i = 0; i < r->set_count; i++)
		registry_set_unref(r->t->server->registry, r->sets[i].set);
	free(r->sets);
	free(r->owners);
	r->sets = NULL;
	r->owners = NULL;
	r->set_count = r->owner_count = r->set_cap = r->owner_cap = 0;
	store_view_close(r->view);
	r->view = NULL;
	if (r->t)
		__atomic_store_n(&r->t->server->recovering, false, __ATOMIC_RELEASE);
}

void recovery_forget_unused(struct recovery *r)
{
	free(r->unused);
	r->unused = NULL;
	r->unused_count = 0;
}
