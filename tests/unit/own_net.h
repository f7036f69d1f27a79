/* A network namespace for a test program alone: nothing outside is seen or changed. */
#ifndef SUNWARD_TESTS_UNIT_OWN_NET_H
#define SUNWARD_TESTS_UNIT_OWN_NET_H

#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Run a command of iproute2, by its full text. */
static inline bool own_net_run(const char *command)
{
	return system(command) == 0;
}

/* Enter it and bring its loopback up. False, with @why, where that is not permitted. */
static inline bool own_net_enter(const char **why)
{
	*why = "a network namespace of its own is not permitted here (needs CAP_SYS_ADMIN)";
	if (unshare(CLONE_NEWNET) < 0)
		return false;
	*why = "`ip` (iproute2) is missing or may not bring the loopback up";
	return own_net_run("ip link set lo up");
}

#endif
