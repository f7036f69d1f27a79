/* rcu_fixture: a group's setup and teardown: its thread reads what RCU protects. */
#ifndef SUNWARD_TESTS_UNIT_RCU_FIXTURE_H
#define SUNWARD_TESTS_UNIT_RCU_FIXTURE_H

#include "lib/base/rcu.h"

static int rcu_setup(void **state)
{
	(void)state;
	rcu_thread_start();
	return 0;
}

static int rcu_teardown(void **state)
{
	(void)state;
	rcu_barrier_all();
	rcu_thread_stop();
	return 0;
}

#endif
