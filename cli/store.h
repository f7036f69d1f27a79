/* store: what the verbs of the store share. */
#ifndef SUNWARD_CLI_STORE_H
#define SUNWARD_CLI_STORE_H

#include <stdbool.h>
#include <stddef.h>

#define CLI_STORE_PATH 4000

/* The directory of the store that was @given, or whose state-dir was: what is called `store`, or
 * has a store's files, is one; of anything else it is the directory `store`, be it there already or
 * not. False: too long. */
bool cli_store_directory(const char *given, char *path, size_t size);
/* Remove a store that we made, with its files. */
void cli_store_remove(const char *directory);

#endif
