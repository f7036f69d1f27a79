/* See there.h. */
#include "tests/lab/there.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int there_enter(const char *name)
{
	char path[PATH_MAX];
	int here, there, saved;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	there = open(path, O_RDONLY | O_CLOEXEC);
	if (here < 0 || there < 0 || setns(there, CLONE_NEWNET)) {
		saved = errno;
		if (here >= 0)
			close(here);
		here = -1;
		errno = saved;
	}
	saved = errno;
	if (there >= 0)
		close(there);
	errno = saved;
	return here;
}

void there_leave(int here)
{
	int saved = errno;

	if (setns(here, CLONE_NEWNET)) {
		perror("back into the own network namespace");
		exit(1);
	}
	close(here);
	errno = saved;
}
