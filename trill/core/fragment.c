/* See fragment.h. */
#include "trill/core/fragment.h"

bool fragment_rests(const struct fragment *f, struct mono now)
{
	return mono_before(now, f->rests);
}

struct mono fragment_next(const struct fragment *f)
{
	return f->refresh.ns ? f->refresh : MONO_NEVER;
}

bool fragment_is_due(const struct fragment *f, bool changed, struct mono now)
{
	return !fragment_rests(f, now) &&
	       (changed || !f->live || f->above || mono_due(fragment_next(f), now));
}

bool fragment_say(struct fragment *f, struct lsdb *db, const struct lsp_id *id, uint8_t flags,
	const uint8_t *tlvs, size_t len, struct fragment_counts *counts, struct mono now)
{
	int err = tlvs ? lsdb_originate(db, id, f->above, flags, tlvs, len, now) : -TRILL_ENOROOM;

	if (err && err != -TRILL_EVALUE) {
		f->refresh = mono_add_s(now, FRAGMENT_RETRY_S);
		if (counts)
			counts->unsaid++;
		return false;
	}
	f->live = !err;
	f->above = 0;
	f->refresh = mono_add_s(now, FRAGMENT_REFRESH_S);
	if (!err)
		return true;
	lsdb_purge_at(db, id, LSDB_SEQUENCE_MAX, now);
	f->rests = f->refresh = mono_add_s(now, FRAGMENT_REST_S);
	if (counts)
		counts->used_up++;
	return true;
}

bool fragment_purge(struct fragment *f, struct lsdb *db, const struct lsp_id *id, struct mono now)
{
	if (!f->live && !f->above)
		return false;
	lsdb_purge_at(db, id, f->above, now);
	f->live = false;
	f->above = 0;
	f->refresh = (struct mono){0};
	return true;
}

bool fragment_known(struct fragment *f, struct lsdb *db, const struct lsp_id *id, uint32_t sequence,
	struct mono now)
{
	if (fragment_rests(f, now)) {
		lsdb_purge_at(db, id, sequence, now);
		return false;
	}
	if (f->above < sequence)
		f->above = sequence;
	return true;
}
