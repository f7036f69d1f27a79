/* See agent_memory.h. A record stands under "agent/" and the agent's ID: the counter, 64 bits in
 * network order. */
#include "xtr/agent_memory.h"

#include <string.h>

#include "common/state.h"
#include "lib/base/log.h"
#include "lib/base/wire.h"
#include "xtr/router.h"

#define PREFIX      "agent/"
#define PREFIX_LEN  (sizeof(PREFIX) - 1)
#define ID_LEN      16
#define COUNTER_LEN 8

void agent_memory_heard(struct agent_memory *m, const uint8_t id[16], uint64_t counter)
{
	unsigned int i = 0;

	while (i < m->count && memcmp(m->heard[i].id, id, ID_LEN) != 0)
		i++;
	if (i == POLICY_AGENTS_MAX)
		return; /* not configured any more, as others are */
	memcpy(m->heard[i].id, id, ID_LEN);
	m->heard[i].counter = counter;
	m->count += i == m->count;
}

static int keep(struct state *s, const uint8_t id[16], uint64_t counter)
{
	uint8_t key[PREFIX_LEN + ID_LEN], value[COUNTER_LEN];
	struct wire_writer w;

	memcpy(key, PREFIX, PREFIX_LEN);
	memcpy(key + PREFIX_LEN, id, ID_LEN);
	wire_writer_init(&w, value, sizeof(value));
	wire_put_u64(&w, counter);
	return state_keep(s, key, sizeof(key), value, sizeof(value));
}

void agent_memory_settle(struct agent_memory *m, struct state *s)
{
	while (m->count) {
		int rc = keep(s, m->heard[m->count - 1].id, m->heard[m->count - 1].counter);

		if (rc && !m->failed && m->log)
			log_error(m->log,
				"state-dir: the counter of an agent cannot be kept: %s; after a restart what it has said could be played back",
				strerror(-rc));
		m->failed = rc != 0;
		if (rc)
			return;
		m->count--;
	}
}

static bool on_record(
	void *arg, const void *key, size_t key_len, const void *value, size_t value_len)
{
	const uint8_t *id = (const uint8_t *)key + PREFIX_LEN;
	struct wire_fault fault;
	struct wire_reader r;

	if (key_len != PREFIX_LEN + ID_LEN || value_len != COUNTER_LEN)
		return true;
	wire_reader_init(&r, value, value_len, &fault);
	router_agent_heard(arg, id, wire_get_u64(&r, "counter"));
	return true;
}

void agent_memory_recall(struct agent_memory *m, struct state *s, struct router *r)
{
	int rc;

	agent_memory_settle(m, s);
	rc = state_kept(s, PREFIX, on_record, r);
	if (rc && m->log)
		log_error(m->log,
			"state-dir: the counters of agents cannot be read: %s; what they have said could be played back",
			strerror(-rc));
}
