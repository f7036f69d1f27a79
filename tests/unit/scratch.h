/* scratch: what tests leave on the disk, taken away. */
#ifndef SUNWARD_TESTS_UNIT_SCRATCH_H
#define SUNWARD_TESTS_UNIT_SCRATCH_H

/* Remove @path and all below it, which may not be there. 0, or -1 with errno. */
int scratch_remove(const char *path);

#endif
