/* See site.h. */
#include "mapserver/site.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/sha.h>

struct site *site_new(const char *name, unsigned int slots)
{
	struct site *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	strncpy(s->name, name, SITE_NAME_MAX);
	s->slots = slots;
	s->refs = 1;
	return s;
}

void site_ref(struct site *s)
{
	__atomic_add_fetch(&s->refs, 1, __ATOMIC_RELAXED);
}

void site_unref(struct site *s)
{
	if (!s || __atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL))
		return;
	for (unsigned int i = 0; i < s->key_count; i++) {
		for (unsigned int slot = 0; s->keys[i].ready && slot < s->slots; slot++)
			auth_key_free(s->keys[i].ready[slot]);
		free(s->keys[i].ready);
	}
	OPENSSL_cleanse(s->keys, sizeof(s->keys));
	otk_keys_wipe(&s->otk_keys);
	if (s->stored)
		OPENSSL_cleanse(s->stored, strlen(s->stored));
	free(s->stored);
	free(s->prefixes);
	free(s->site_ids);
	free(s->subscribers);
	free(s->itr_rlocs);
	free(s);
}

/* A copy of @n bytes; of none: NULL. *@lost: there was no memory. */
static void *copy_list(const void *list, size_t n, bool *lost)
{
	void *copy = n ? malloc(n) : NULL;

	if (copy)
		memcpy(copy, list, n);
	*lost |= n && !copy;
	return copy;
}

/* What site_unref() frees is copied, all else is plain. */
struct site *site_copy(const struct site *s)
{
	struct site *c = malloc(sizeof(*c));
	bool lost = false;

	if (!c)
		return NULL;
	*c = *s;
	c->refs = 1;
	c->stored = copy_list(s->stored, s->stored ? strlen(s->stored) + 1 : 0, &lost);
	c->prefixes = copy_list(s->prefixes, s->prefix_count * sizeof(s->prefixes[0]), &lost);
	c->site_ids = copy_list(s->site_ids, s->site_id_count * sizeof(s->site_ids[0]), &lost);
	c->subscribers =
		copy_list(s->subscribers, s->subscriber_count * sizeof(s->subscribers[0]), &lost);
	c->itr_rlocs = copy_list(s->itr_rlocs, s->itr_rloc_count * sizeof(s->itr_rlocs[0]), &lost);
	for (unsigned int i = 0; i < c->key_count; i++) {
		c->keys[i].ready = calloc(c->slots, sizeof(c->keys[i].ready[0]));
		lost |= !c->keys[i].ready;
	}
	if (!lost)
		return c;
	site_unref(c);
	return NULL;
}

/* 64 bits of a digest: enough to tell keys apart, and nothing to log in with. Two sites whose keys
 * read alike have two keys: the nonces of one say nothing of the other's. */
static uint64_t fingerprint_of(const struct site *s, const void *psk, size_t len)
{
	uint8_t text[16 + sizeof(s->name) + AUTH_KEY_MAX] = "sunward-key-id:";
	uint8_t digest[SHA256_DIGEST_LENGTH];
	uint64_t f = 0;

	memcpy(text + 16, s->name, sizeof(s->name)); /* padded with NULs */
	memcpy(text + 16 + sizeof(s->name), psk, len);
	SHA256(text, 16 + sizeof(s->name) + len, digest);
	for (int i = 0; i < 8; i++)
		f = f << 8 | digest[i];
	OPENSSL_cleanse(text, sizeof(text));
	return f;
}

int site_add_key(struct site *s, uint8_t id, enum auth_alg alg, const void *psk, size_t len)
{
	struct site_key *k = &s->keys[s->key_count];

	if (s->key_count == SITE_KEYS_MAX)
		return -ENOSPC;
	if (len < 1 || len > AUTH_KEY_MAX)
		return -EINVAL;
	for (unsigned int i = 0; i < s->key_count; i++)
		if (s->keys[i].id == id)
			return -EEXIST;
	k->ready = calloc(s->slots, sizeof(k->ready[0]));
	if (!k->ready)
		return -ENOMEM;
	k->id = id;
	k->alg = alg;
	k->len = (uint8_t)len;
	memcpy(k->psk, psk, len);
	k->fingerprint = fingerprint_of(s, psk, len);
	s->key_count++;
	return 0;
}

static void drop_key(struct site *s, unsigned int at)
{
	struct site_key *k = &s->keys[at];

	for (unsigned int slot = 0; slot < s->slots; slot++)
		auth_key_free(k->ready[slot]);
	free(k->ready);
	OPENSSL_cleanse(k, sizeof(*k));
	s->key_count--;
	memmove(k, k + 1, (s->key_count - at) * sizeof(*k));
	OPENSSL_cleanse(&s->keys[s->key_count], sizeof(*k));
}

static bool is_retired(const struct site *s, const struct site_key *k)
{
	for (unsigned int i = 0; i < s->retired_count; i++)
		if (s->retired[i] == k->fingerprint)
			return true;
	return false;
}

static void note_retired(struct site *s, const struct site_key *k)
{
	if (is_retired(s, k))
		return;
	if (s->retired_count == SITE_RETIRED_MAX)
		memmove(s->retired, s->retired + 1, --s->retired_count * sizeof(s->retired[0]));
	s->retired[s->retired_count++] = k->fingerprint;
}

int site_retire_key(struct site *s, uint8_t id)
{
	for (unsigned int i = 0; i < s->key_count; i++) {
		if (s->keys[i].id != id)
			continue;
		if (s->key_count == 1)
			return -EBUSY;
		note_retired(s, &s->keys[i]);
		drop_key(s, i);
		return 0;
	}
	return -ENOENT;
}

static bool has_key(const struct site *s, uint64_t fingerprint)
{
	for (unsigned int i = 0; i < s->key_count; i++)
		if (s->keys[i].fingerprint == fingerprint)
			return true;
	return false;
}

bool site_keep_keys(struct site *s, const struct site *before)
{
	bool all = true;

	memcpy(s->retired, before->retired, sizeof(s->retired));
	s->retired_count = before->retired_count;
	for (unsigned int i = s->key_count; i-- > 0;)
		if (is_retired(s, &s->keys[i]) && s->key_count > 1)
			drop_key(s, i);
	for (unsigned int i = 0; i < before->key_count; i++) {
		const struct site_key *k = &before->keys[i];

		/* One that the operator has put into the file meanwhile is the file's. */
		if (!k->from_api || has_key(s, k->fingerprint))
			continue;
		if (site_add_key(s, k->id, k->alg, k->psk, k->len) == 0)
			s->keys[s->key_count - 1].from_api = true;
		else
			all = false;
	}
	/* The file's only key had been retired: now there is another. */
	for (unsigned int i = s->key_count; i-- > 0;)
		if (is_retired(s, &s->keys[i]) && s->key_count > 1)
			drop_key(s, i);
	return all;
}

int site_add_prefix(struct site *s, const struct eid *eid, bool accept_more_specifics)
{
	struct site_prefix *list =
		realloc(s->prefixes, (s->prefix_count + 1) * sizeof(s->prefixes[0]));

	if (!list)
		return -ENOMEM;
	s->prefixes = list;
	list[s->prefix_count++] =
		(struct site_prefix){.eid = *eid, .accept_more_specifics = accept_more_specifics};
	return 0;
}

void site_share_prefix(struct site *s)
{
	s->prefixes[s->prefix_count - 1].shared = true;
}

int site_add_site_id(struct site *s, uint64_t site_id)
{
	uint64_t *list = realloc(s->site_ids, (s->site_id_count + 1) * sizeof(list[0]));

	if (!list)
		return -ENOMEM;
	s->site_ids = list;
	list[s->site_id_count++] = site_id;
	return 0;
}

int site_add_subscriber(struct site *s, const struct lisp_xtr_id *id)
{
	struct lisp_xtr_id *list =
		realloc(s->subscribers, (s->subscriber_count + 1) * sizeof(list[0]));

	if (!list)
		return -ENOMEM;
	s->subscribers = list;
	list[s->subscriber_count++] = *id;
	return 0;
}

int site_add_itr_rloc(struct site *s, const struct eid *prefix)
{
	struct eid *list = realloc(s->itr_rlocs, (s->itr_rloc_count + 1) * sizeof(list[0]));

	if (!list)
		return -ENOMEM;
	s->itr_rlocs = list;
	list[s->itr_rloc_count++] = *prefix;
	return 0;
}

struct site_key *site_find_key(struct site *s, uint8_t id, enum auth_alg alg)
{
	for (unsigned int i = 0; i < s->key_count; i++)
		if (s->keys[i].id == id && s->keys[i].alg == alg)
			return &s->keys[i];
	return NULL;
}

struct site_key *site_key_for(struct site *s, const struct xtr_path *path)
{
	struct site_key *k = site_find_key(s, path->key_id, (enum auth_alg)path->alg);

	return k ? k : s->key_count ? &s->keys[0] : NULL;
}

struct auth_key *site_ready_key(struct site_key *k, unsigned int slot)
{
	if (!k->ready[slot])
		k->ready[slot] = auth_key_new(k->psk, k->len);
	return k->ready[slot];
}

const struct tenant *site_tenant(const struct site *s, const struct tenant_table *t)
{
	return s->prefix_count ? tenant_table_of(t, s->prefixes[0].eid.iid) : NULL;
}

bool site_fits_tenants(const struct site *s, const struct tenant_table *t,
	const struct site_prefix **one, const struct site_prefix **other)
{
	const struct tenant *tenant = site_tenant(s, t);

	for (unsigned int i = 1; i < s->prefix_count; i++) {
		*one = &s->prefixes[0];
		*other = &s->prefixes[i];
		if (tenant_table_of(t, s->prefixes[i].eid.iid) != tenant)
			return false;
	}
	return true;
}
