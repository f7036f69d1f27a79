/* What agents have said outlives a restart of the tunnel router, in its state-dir. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "common/state.h"
#include "lib/base/log.h"
#include "tests/unit/scratch.h"
#include "xtr/agent_memory.h"
#include "xtr/router.h"

#define WALL 1700000000ull /* seconds */

struct fixture {
	char dir[64], path[80];
	struct log log;
	char last[LOG_LINE_MAX];
	struct state *state;
	struct agent_memory memory;
	/* What the router was told, by the first byte of the agents' IDs; the others are 0xaa. */
	uint64_t told[256];
	unsigned int times;
};

/* In place of the router's. */
void router_agent_heard(struct router *r, const uint8_t id[16], uint64_t counter)
{
	struct fixture *f = (struct fixture *)r;

	for (unsigned int i = 1; i < 16; i++)
		assert_int_equal(id[i], 0xaa);
	f->told[id[0]] = counter;
	f->times++;
}

static void on_line(struct log *log, enum log_level level, const char *line)
{
	struct fixture *f = log->arg;

	snprintf(f->last, sizeof(f->last), "%s", line);
}

static void open_state(struct fixture *f)
{
	f->state = state_open(f->path, "xtr", WALL, &f->log);
	if (!f->state)
		fail_msg("%s", f->last);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/sunward-agents-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/state", f->dir);
	log_init_sink(&f->log, on_line, f);
	f->memory.log = &f->log;
	open_state(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	state_close(f->state);
	scratch_remove(f->dir);
	free(f);
	return 0;
}

static void hear(struct fixture *f, uint8_t first, uint64_t counter)
{
	uint8_t id[16];

	memset(id, 0xaa, sizeof(id));
	id[0] = first;
	agent_memory_heard(&f->memory, id, counter);
}

/* The router is started anew; what was not settled is lost. */
static void restart(struct fixture *f)
{
	state_close(f->state);
	memset(&f->memory, 0, sizeof(f->memory));
	f->memory.log = &f->log;
	memset(f->told, 0, sizeof(f->told));
	f->times = 0;
	open_state(f);
	agent_memory_recall(&f->memory, f->state, (struct router *)f);
}

static void the_highest_counter_of_each_agent_outlives_a_restart(void **state)
{
	struct fixture *f = *state;

	hear(f, 1, 5);
	hear(f, 2, 0xfedcba9876543210);
	hear(f, 1, 6);
	agent_memory_settle(&f->memory, f->state);
	hear(f, 1, 7);
	agent_memory_settle(&f->memory, f->state);
	restart(f);
	assert_int_equal(f->times, 2);
	assert_int_equal(f->told[1], 7);
	assert_int_equal(f->told[2], 0xfedcba9876543210);
	restart(f); /* and the next, though nobody has spoken */
	assert_int_equal(f->told[1], 7);
}

static void a_router_that_has_heard_nobody_recalls_nobody(void **state)
{
	struct fixture *f = *state;

	agent_memory_settle(&f->memory, f->state);
	restart(f);
	assert_int_equal(f->times, 0);
}

/* An agent was taken out of the configuration, and comes back. */
static void what_was_just_heard_is_recalled_by_a_new_configuration(void **state)
{
	struct fixture *f = *state;

	hear(f, 3, 9);
	agent_memory_recall(&f->memory, f->state, (struct router *)f);
	assert_int_equal(f->told[3], 9);
}

static void a_record_of_another_length_is_left_out(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(state_keep(f->state, "agent/x", 7, "12345678", 8), 0);
	hear(f, 4, 1);
	agent_memory_settle(&f->memory, f->state);
	restart(f);
	assert_int_equal(f->times, 1);
}

static void of_many_agents_all_are_kept(void **state)
{
	struct fixture *f = *state;

	for (unsigned int i = 0; i < POLICY_AGENTS_MAX; i++)
		hear(f, (uint8_t)i, i + 1);
	agent_memory_settle(&f->memory, f->state);
	restart(f);
	assert_int_equal(f->times, POLICY_AGENTS_MAX);
	for (unsigned int i = 0; i < POLICY_AGENTS_MAX; i++)
		assert_int_equal(f->told[i], i + 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(the_highest_counter_of_each_agent_outlives_a_restart),
		TEST(a_router_that_has_heard_nobody_recalls_nobody),
		TEST(what_was_just_heard_is_recalled_by_a_new_configuration),
		TEST(a_record_of_another_length_is_left_out),
		TEST(of_many_agents_all_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
