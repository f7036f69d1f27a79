/* there: into another network namespace for a moment: a socket stays in the one that it was made
 * in. */
#ifndef SUNWARD_TESTS_LAB_THERE_H
#define SUNWARD_TESTS_LAB_THERE_H

/* Go into the named namespace (/run/netns/@name). Returns what there_leave() takes, or -1 with
 * errno: we are where we were. */
int there_enter(const char *name);
/* Back again; @here is closed, errno kept. Ends the program when that fails. */
void there_leave(int here);

#endif
