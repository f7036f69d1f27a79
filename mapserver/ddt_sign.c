/* See ddt_sign.h. */
#include "mapserver/ddt_sign.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"

/* Records of each kind that are kept; powers of two. */
#define SLOTS_CONFIGURED 16384
#define SLOTS_ASKED      1024
#define SLOTS_NOWHERE    256
#define ASKER_BUCKETS    4096

static const struct {
	uint32_t first, count; /* of the slots */
	unsigned int share;    /* of the rate: one of so many parts */
} kinds[DDT_SIGN_KINDS] = {
	[DDT_SIGN_CONFIGURED] = {0, SLOTS_CONFIGURED, 1},
	[DDT_SIGN_ASKED] = {SLOTS_CONFIGURED, SLOTS_ASKED, 1},
	[DDT_SIGN_NOWHERE] = {SLOTS_CONFIGURED + SLOTS_ASKED, SLOTS_NOWHERE, 4},
};

/* A record and its signatures behind it. */
struct kept {
	uint64_t until_s; /* made anew from here on */
	size_t record_len, len;
	uint8_t bytes[];
};

struct ddt_signer {
	struct ddt_signer_options o;
	struct hash_key hash;
	pthread_mutex_t lock;
	struct limit spent[DDT_SIGN_KINDS];
	struct limit_rate rates[DDT_SIGN_KINDS];
	struct limit_shared *askers; /* by address; of what is about no configured prefix */
	struct kept *slots[SLOTS_CONFIGURED + SLOTS_ASKED + SLOTS_NOWHERE];
};

/* The same, one part of @parts, but for a burst of one at least. */
static struct limit_rate part_of(struct limit_rate rate, unsigned int parts)
{
	rate.interval_ns *= parts;
	if (rate.depth_ns < rate.interval_ns)
		rate.depth_ns = rate.interval_ns;
	return rate;
}

struct ddt_signer *ddt_signer_new(const struct ddt_signer_options *o)
{
	struct ddt_signer *s = calloc(1, sizeof(*s));

	if (s)
		s->askers = limit_shared_new(ASKER_BUCKETS, part_of(o->rate, 2), o->secret);
	if (!s || !s->askers) {
		for (unsigned int i = 0; i < o->key_count; i++)
			referral_key_free(o->keys[i]);
		free(s);
		return NULL;
	}
	s->o = *o;
	for (unsigned int kind = 0; kind < DDT_SIGN_KINDS; kind++)
		s->rates[kind] = part_of(o->rate, kinds[kind].share);
	hash_key_set(&s->hash, o->secret);
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void ddt_signer_free(struct ddt_signer *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < sizeof(s->slots) / sizeof(s->slots[0]); i++)
		free(s->slots[i]);
	for (unsigned int i = 0; i < s->o.key_count; i++)
		referral_key_free(s->o.keys[i]);
	limit_shared_free(s->askers);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

unsigned int ddt_signer_count(const struct ddt_signer *s)
{
	return s->o.key_count;
}

const struct referral_key *ddt_signer_key(const struct ddt_signer *s, unsigned int i)
{
	return s->o.keys[i];
}

static struct kept **slot_of(
	struct ddt_signer *s, enum ddt_sign_kind kind, const uint8_t *record, size_t len)
{
	uint64_t hash = hash_bytes(&s->hash, record, len);

	return &s->slots[kinds[kind].first + (hash & (kinds[kind].count - 1))];
}

/* Append what is kept; false: nothing is. Under the lock. */
static bool append_kept(const struct kept *k, struct wire_writer *w, size_t record_at,
	size_t record_len, uint64_t wall_s)
{
	if (!k || k->record_len != record_len || wall_s >= k->until_s ||
		memcmp(k->bytes, w->buf + record_at, record_len) != 0)
		return false;
	wire_put_bytes(w, k->bytes + record_len, k->len - record_len);
	return true;
}

static void keep(struct ddt_signer *s, enum ddt_sign_kind kind, const struct wire_writer *w,
	size_t record_at, size_t record_len, uint64_t until_s)
{
	size_t len = w->pos - record_at;
	struct kept *k = malloc(sizeof(*k) + len), **slot;

	if (!k)
		return; /* it is made anew the next time */
	*k = (struct kept){.until_s = until_s, .record_len = record_len, .len = len};
	memcpy(k->bytes, w->buf + record_at, len);
	pthread_mutex_lock(&s->lock);
	slot = slot_of(s, kind, k->bytes, record_len);
	free(*slot);
	*slot = k;
	pthread_mutex_unlock(&s->lock);
}

/* Under the lock. */
static bool may_sign(
	struct ddt_signer *s, enum ddt_sign_kind kind, const struct address *asker, struct mono now)
{
	return (kind == DDT_SIGN_CONFIGURED ||
		       limit_shared_take(s->askers, asker->bytes, asker->len, now)) &&
	       limit_take(&s->spent[kind], &s->rates[kind], now);
}

int ddt_signer_sign(struct ddt_signer *s, struct wire_writer *w, size_t record_at,
	enum ddt_sign_kind kind, const struct address *asker, struct mono now, uint64_t wall_s)
{
	size_t record_len = w->pos - record_at;
	uint64_t inception = wall_s > DDT_SIGN_SKEW_S ? wall_s - DDT_SIGN_SKEW_S : 0;
	uint64_t expiration = wall_s + s->o.life_s;
	struct kept **slot;
	bool may;
	int err;

	if (!wire_written(w))
		return -ENOBUFS;
	pthread_mutex_lock(&s->lock);
	slot = slot_of(s, kind, w->buf + record_at, record_len);
	if (append_kept(*slot, w, record_at, record_len, wall_s)) {
		pthread_mutex_unlock(&s->lock);
		return wire_written(w) ? 0 : -ENOBUFS;
	}
	may = may_sign(s, kind, asker, now);
	pthread_mutex_unlock(&s->lock);
	if (!may)
		return -EAGAIN;
	err = referral_sign(w, record_at, (const struct referral_key *const *)s->o.keys,
		s->o.key_count, (uint32_t)inception,
		expiration > UINT32_MAX ? UINT32_MAX : (uint32_t)expiration);
	if (err)
		return err == -LISP_ENOROOM ? -ENOBUFS : -EIO;
	keep(s, kind, w, record_at, record_len, wall_s + s->o.life_s / 2);
	return 0;
}
