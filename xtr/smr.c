/* See smr.h. */
#include "xtr/smr.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"
#include "xtr/locator.h"

#define SMR_MAX       512   /* bytes of one */
#define EIDS_MAX      65536 /* (RLOC, EID) pairs, and EID-prefixes of which an SMR came, remembered */
#define EIDS_MIN      64
#define RLOCS_MAX     4096
#define ANSWERS_PER_S 1000 /* Map-Requests that others' SMRs can make us send */

struct smr {
	struct env *env;
	struct limit_table *pairs;
	struct limit_table *rlocs;
	struct limit_table *answers;
	struct limit all_answers;
	struct limit all; /* over all RLOCs: forged outer sources must not make us a flood */
};

/* As many as there can be mappings to speak of. */
static uint32_t remembered(const struct policy *p)
{
	uint32_t n = p->limits.cache_entries;

	return n > EIDS_MAX ? EIDS_MAX : n < EIDS_MIN ? EIDS_MIN : n;
}

struct smr *smr_new(struct env *env)
{
	const struct policy *p = &env->policy;
	const struct limit_rate once = limit_every_ms(p->timers.smr_ms, 1);
	struct smr *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->env = env;
	s->pairs = limit_table_new(remembered(p), once, env->secret);
	s->answers = limit_table_new(remembered(p), once, env->secret);
	s->rlocs = limit_table_new(RLOCS_MAX,
		limit_per_s(p->limits.smrs_per_rloc, p->limits.smrs_per_rloc), env->secret);
	if (s->pairs && s->answers && s->rlocs)
		return s;
	smr_free(s);
	return NULL;
}

void smr_free(struct smr *s)
{
	if (!s)
		return;
	limit_table_free(s->pairs);
	limit_table_free(s->answers);
	limit_table_free(s->rlocs);
	free(s);
}

/* A key of an EID and perhaps an RLOC that fits LIMIT_KEY_MAX: two hashes, which nobody without the
 * secret makes collide. */
static void key_of(
	const struct smr *s, const struct eid *eid, const struct address *rloc, uint64_t key[2])
{
	struct {
		struct eid eid;
		struct address rloc;
	} both;
	struct hash_key secret;

	memset(&both, 0, sizeof(both));
	both.eid.iid = eid->iid;
	both.eid.plen = eid->plen;
	both.eid.addr = eid->addr;
	if (rloc)
		both.rloc = *rloc;
	hash_key_set(&secret, s->env->secret);
	key[0] = hash_bytes(&secret, &both, sizeof(both));
	secret.k0 = ~secret.k0;
	key[1] = hash_bytes(&secret, &both, sizeof(both));
}

static bool may_send(struct smr *s, const struct address *rloc, const struct eid *eid)
{
	const struct limit_rate all = limit_per_s(s->env->policy.limits.smrs_per_rloc * 100,
		s->env->policy.limits.smrs_per_rloc * 10);
	uint64_t key[2];

	key_of(s, eid, rloc, key);
	return limit_table_take(s->pairs, key, sizeof(key), s->env->now) &&
	       limit_table_take(s->rlocs, rloc->bytes, rloc->len, s->env->now) &&
	       limit_take(&s->all, &all, s->env->now);
}

/* The EID in both places, for either kind of receiver; D, since no Map-Reply is wanted. */
void smr_send(struct smr *s, const struct address *rloc, const struct eid *eid)
{
	const struct endpoint to = {.addr = *rloc, .port = LISP_CONTROL_PORT};
	const struct address *own = locator_own(s->env, rloc->afi);
	struct map_request_spec spec = {.smr = true,
		.dont_reply = true,
		.source_eid = eid->addr,
		.source_iid = eid->iid,
		.itr_rloc_count = 1,
		.eid = *eid};
	uint8_t *bytes;
	int len;

	if (!own || address_is_multicast(rloc) || address_is_unspecified(rloc) ||
		locator_is_ours(s->env, rloc))
		return;
	if (!may_send(s, rloc, eid)) {
		env_count(s->env, XTR_SMRS_LIMITED);
		return;
	}
	bytes = env_begin(s->env, SMR_MAX);
	if (!bytes)
		return;
	spec.nonce = random_u64(s->env->random);
	spec.itr_rlocs[0] = *locator_own_public(s->env, rloc->afi);
	len = map_request_write(bytes, SMR_MAX, &spec);
	if (len < 0)
		return;
	outbox_commit(s->env->out, (uint32_t)len, &to, own);
	env_count(s->env, XTR_SMRS_SENT);
}

/* A Source-EID is an address without a length: a host. */
static bool source_of(const struct lisp_field *f, struct eid *eid)
{
	struct lcaf l;

	if (f->afi != AFI_LCAF) {
		*eid = eid_host(0, &f->addr);
		return address_bits(&f->addr) > 0;
	}
	if (!f->known || f->lcaf != LCAF_IID)
		return false;
	lcaf_decode(f, &l);
	*eid = eid_host(l.u.iid.iid, &l.u.iid.addr.addr);
	return address_bits(&eid->addr) > 0;
}

unsigned int smr_eids(const struct map_request *m, struct eid eids[2])
{
	struct map_request it = *m;
	struct map_request_record rec;
	unsigned int count = 0;

	if (map_request_next(&it, &rec) && rec.eid.plain)
		eids[count++] = rec.eid.eid;
	if (source_of(&m->source_eid, &eids[count]))
		count++;
	return count;
}

enum smr_verdict smr_accept(struct smr *s, const struct eid *eid)
{
	const struct limit_rate all = limit_per_s(ANSWERS_PER_S, ANSWERS_PER_S);
	uint64_t key[2];

	if (!limit_take(&s->all_answers, &all, s->env->now)) {
		env_count(s->env, XTR_SMR_DROP_LIMITED);
		return SMR_NEVER;
	}
	key_of(s, eid, NULL, key);
	if (limit_table_take(s->answers, key, sizeof(key), s->env->now)) {
		env_count(s->env, XTR_SMRS_RECEIVED);
		return SMR_NOW;
	}
	env_count(s->env, XTR_SMRS_PUT_OFF);
	return SMR_LATER;
}
