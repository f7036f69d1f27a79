/* See storage.h. */
#include "mapserver/storage.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/service/json.h"
#include "lisp/stored.h"

#define RETRY_MS 2000

static const char *const found_words[] = {
	[STORE_FRESH] = "fresh",
	[STORE_INTACT] = "intact",
	[STORE_LED_BACK] = "led-back",
	[STORE_FROM_SNAPSHOT] = "snapshot",
	[STORE_LOST] = "lost",
};

struct store *storage_store(const struct storage *s)
{
	return __atomic_load_n(&s->store, __ATOMIC_ACQUIRE);
}

/* What was found is worth a line. */
static void tell(struct storage *s, struct store *store)
{
	struct store_stat st;

	store_stat(store, &st);
	switch (st.opening.found) {
	case STORE_FROM_SNAPSHOT:
		log_error(s->log,
			"store %s/store: damaged: %s; what there was is put aside as "
			"data.mdb.damaged, the last snapshot takes its place",
			s->opt.state_dir, st.opening.why);
		break;
	case STORE_LOST:
		log_error(s->log,
			"store %s/store: damaged: %s; what there was is put aside as "
			"data.mdb.damaged, and there is no good snapshot: it begins empty",
			s->opt.state_dir, st.opening.why);
		break;
	case STORE_LED_BACK:
		log_warning(s->log,
			"store %s/store: the machine was started anew: at most the last second "
			"before is missing",
			s->opt.state_dir);
		break;
	default:
		break;
	}
}

static int try_open(struct storage *s, struct mono now)
{
	struct store *store;
	char spec[512];
	int err;

	snprintf(spec, sizeof(spec), "lmdb:%s/store?size=%llu&sync=%s&snapshot=%llu",
		s->opt.state_dir, (unsigned long long)s->opt.size,
		s->opt.power ? "power" : "process", (unsigned long long)s->opt.snapshot_s);
	err = store_open(&store, spec, stored_tables, s->why, sizeof(s->why));
	if (err)
		return err;
	tell(s, store);
	s->opened = now;
	__atomic_store_n(&s->store, store, __ATOMIC_RELEASE);
	return 0;
}

int storage_open(struct storage *s, const struct storage_options *opt, struct log *log)
{
	int err;

	*s = (struct storage){.opt = *opt, .log = log, .wanted = true};
	if (mkdir(opt->state_dir, 0750) < 0 && errno != EEXIST)
		log_debug(log, "%s: %s", opt->state_dir, strerror(errno));
	err = try_open(s, mono_now());
	s->next_try = mono_add_ms(mono_now(), RETRY_MS);
	if (err)
		log_error(log,
			"state-dir %s: %s; it must be a directory that this user may write to%s",
			opt->state_dir, s->why,
			err == -EBUSY ? ", each daemon its own"
				      : ": until it is, changes live in memory only");
	return err == -EBUSY ? err : 0;
}

void storage_close(struct storage *s)
{
	store_close(s->store);
	s->store = NULL;
}

struct store *storage_retry(struct storage *s, struct mono now)
{
	if (!s->wanted || storage_store(s) || !mono_due(s->next_try, now))
		return NULL;
	s->next_try = mono_add_ms(now, RETRY_MS);
	return try_open(s, now) ? NULL : s->store;
}

int storage_save_floor(const struct storage *s, uint64_t end)
{
	char directory[512];

	snprintf(directory, sizeof(directory), "%s/store", s->opt.state_dir);
	return store_mark_save(directory, end);
}

/* ---- what there is to say ---- */

const char *storage_found(const struct storage *s)
{
	struct store *store = storage_store(s);
	struct store_stat st;

	if (!store)
		return "none";
	store_stat(store, &st);
	return found_words[st.opening.found];
}

void storage_found_partial(struct storage *s, bool partial, uint64_t unreadable)
{
	__atomic_store_n(&s->partial, partial, __ATOMIC_RELEASE);
	__atomic_store_n(&s->unreadable, unreadable, __ATOMIC_RELEASE);
}

static bool is_other_file(const struct store_stat *st)
{
	return st->opening.found == STORE_FROM_SNAPSHOT || st->opening.found == STORE_LOST;
}

bool storage_damaged(const struct storage *s)
{
	struct store *store = storage_store(s);
	struct store_stat st;

	if (!store)
		return false;
	store_stat(store, &st);
	return is_other_file(&st) || __atomic_load_n(&s->partial, __ATOMIC_ACQUIRE) ||
	       __atomic_load_n(&s->unreadable, __ATOMIC_ACQUIRE);
}

/* Of a file that is whole. */
static const char *partial(struct storage *s)
{
	uint64_t unreadable = __atomic_load_n(&s->unreadable, __ATOMIC_ACQUIRE);

	if (__atomic_load_n(&s->partial, __ATOMIC_ACQUIRE))
		snprintf(s->problem, sizeof(s->problem),
			"the run before was ended while it wrote its store anew: for %llu s from the "
			"start, until the xTRs have registered anew, mappings may be missing",
			(unsigned long long)s->opt.heal_s);
	else if (unreadable)
		snprintf(s->problem, sizeof(s->problem),
			"%llu records of the store could not be read (see the log): for %llu s from "
			"the start, until the xTRs have registered anew, mappings may be missing",
			(unsigned long long)unreadable, (unsigned long long)s->opt.heal_s);
	else
		return NULL;
	return s->problem;
}

/* What xTRs register meanwhile makes good what was lost. */
static const char *loss(struct storage *s, const struct store_stat *st, struct mono now)
{
	char when[32] = "";
	time_t made = (time_t)st->snapshot_wall_s;
	struct tm tm;

	if (mono_due(mono_add_s(s->opened, s->opt.heal_s), now))
		return NULL;
	if (!is_other_file(st))
		return partial(s);
	if (st->opening.found == STORE_FROM_SNAPSHOT && gmtime_r(&made, &tm))
		strftime(when, sizeof(when), " of %Y-%m-%dT%H:%M:%SZ", &tm);
	snprintf(s->problem, sizeof(s->problem),
		"the store was damaged (%s): started from %s%s; for %llu s from the start, until "
		"the xTRs have registered anew, mappings may be missing",
		st->opening.why, *when ? "the snapshot" : "nothing", when,
		(unsigned long long)s->opt.heal_s);
	return s->problem;
}

const char *storage_problem(struct storage *s, bool durable, bool recovering, struct mono now)
{
	struct store *store = storage_store(s);
	struct store_stat st;

	if (!s->wanted)
		return NULL;
	if (!store)
		return "the store cannot be opened (see the log): changes are acknowledged but live "
		       "in memory only";
	if (recovering)
		return "the store is being read: hosts are answered, prefixes and unknown EIDs are "
		       "not yet";
	if (!durable)
		return "the store fails: changes are acknowledged but live in memory only";
	store_stat(store, &st);
	if (st.failing) {
		snprintf(s->problem, sizeof(s->problem), "the store cannot write to the disk: %s",
			strerror(-st.failing));
		return s->problem;
	}
	return loss(s, &st, now);
}

struct json_object *storage_json(const struct storage *s, bool durable, bool recovering)
{
	struct json_object *o = json_object_new_object();
	struct store *store = storage_store(s);
	struct store_stat st = {0};

	if (store)
		store_stat(store, &st);
	json_add(o, "state",
		!s->wanted           ? "none"
		: !store || !durable ? "memory"
		: recovering         ? "recovering"
				     : "durable");
	json_add(o, "found", storage_found(s));
	json_add(o, "durability", s->opt.power ? "power" : "process");
	json_add_u64(o, "bytes", st.used);
	json_add_u64(o, "size", st.size);
	json_add_u64(o, "journal_bytes", st.journal);
	json_add_u64(o, "snapshot_at", st.snapshot_wall_s);
	return o;
}
