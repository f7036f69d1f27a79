/* See memory.h. */
#include "trill/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/store/store.h"
#include "trill/codec/trill.h"

static const char nickname_key[] = "nickname";

struct trill_memory {
	struct store *store;
	struct log *log;
	uint16_t nickname;
};

struct trill_memory *trill_memory_open(const char *dir, struct log *log)
{
	const char *const tables[] = {"rbridge", NULL};
	struct trill_memory *m = calloc(1, sizeof(*m));
	char spec[512], why[256];
	uint16_t kept;
	size_t len = sizeof(kept);

	if (!m)
		return NULL;
	m->log = log;
	snprintf(spec, sizeof(spec), "lmdb:%s?size=16MiB", dir);
	if (store_open(&m->store, spec, tables, why, sizeof(why))) {
		log_error(log, "state-dir %s: %s", dir, why);
		free(m);
		return NULL;
	}
	if (!store_get(m->store, 0, nickname_key, strlen(nickname_key), &kept, &len) &&
		len == sizeof(kept) && nickname_usable(kept))
		m->nickname = kept;
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
	const struct store_change change = {.key = nickname_key,
		.key_len = strlen(nickname_key),
		.value = &nickname,
		.value_len = sizeof(nickname)};
	int rc;

	if (nickname == m->nickname || !nickname_usable(nickname))
		return;
	rc = store_commit(m->store, &change, 1);
	if (rc == 0)
		m->nickname = nickname;
	else
		log_error(m->log, "state: nickname 0x%04x cannot be kept: %s", nickname,
			strerror(-rc));
}
