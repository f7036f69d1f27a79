/* See memory.h. */
#include "trill/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/store/store.h"
#include "trill/codec/trill.h"

static const char nickname_key[] = "nickname", system_key[] = "system-id";

struct trill_memory {
	struct store *store;
	struct log *log;
	uint16_t nickname;
	bool has_system;
	struct system_id system;
};

/* It is there, of just that length. */
static bool get(struct trill_memory *m, const char *key, void *value, size_t len)
{
	size_t got = len;

	return !store_get(m->store, 0, key, strlen(key), value, &got) && got == len;
}

/* 0 or -errno. */
static int put(struct trill_memory *m, const char *key, const void *value, size_t len)
{
	const struct store_change change = {
		.key = key, .key_len = strlen(key), .value = value, .value_len = len};

	return store_commit(m->store, &change, 1);
}

struct trill_memory *trill_memory_open(const char *dir, struct log *log)
{
	const char *const tables[] = {"rbridge", NULL};
	struct trill_memory *m = calloc(1, sizeof(*m));
	char spec[512], why[256];
	uint16_t kept;

	if (!m)
		return NULL;
	m->log = log;
	snprintf(spec, sizeof(spec), "lmdb:%s?size=16MiB", dir);
	if (store_open(&m->store, spec, tables, why, sizeof(why))) {
		log_error(log, "state-dir %s: %s", dir, why);
		free(m);
		return NULL;
	}
	if (get(m, nickname_key, &kept, sizeof(kept)) && nickname_usable(kept))
		m->nickname = kept;
	m->has_system = get(m, system_key, m->system.bytes, sizeof(m->system.bytes));
	return m;
}

void trill_memory_close(struct trill_memory *m)
{
	if (!m)
		return;
	store_close(m->store);
	free(m);
}

uint16_t trill_memory_nickname(struct trill_memory *m)
{
	return m->nickname;
}

void trill_memory_keep_nickname(struct trill_memory *m, uint16_t nickname)
{
	int rc;

	if (nickname == m->nickname || !nickname_usable(nickname))
		return;
	rc = put(m, nickname_key, &nickname, sizeof(nickname));
	if (rc == 0)
		m->nickname = nickname;
	else
		log_error(m->log, "state: nickname 0x%04x cannot be kept: %s", nickname,
			strerror(-rc));
}

bool trill_memory_system(const struct trill_memory *m, struct system_id *id)
{
	if (m->has_system)
		*id = m->system;
	return m->has_system;
}

void trill_memory_keep_system(struct trill_memory *m, const struct system_id *id)
{
	int rc;

	if (m->has_system && !system_id_compare(&m->system, id))
		return;
	rc = put(m, system_key, id->bytes, sizeof(id->bytes));
	if (rc == 0) {
		m->system = *id;
		m->has_system = true;
	} else {
		log_error(m->log, "state: the system ID cannot be kept: %s", strerror(-rc));
	}
}
