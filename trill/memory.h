/* memory: what of the RBridge outlives its restart: the nickname that it held, so that it takes the
 * same again if that is free (RFC 6325 section 3.7.3), and its system ID, so that what it said
 * before is its own. */
#ifndef SUNWARD_TRILL_MEMORY_H
#define SUNWARD_TRILL_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

struct log;
struct system_id;
struct trill_memory;

/* Opens @dir (made when its parent is there). NULL after logging why. */
struct trill_memory *trill_memory_open(const char *dir, struct log *log);
void trill_memory_close(struct trill_memory *m);

/* NICKNAME_NONE: none is known. */
uint16_t trill_memory_nickname(struct trill_memory *m);
/* A failure is logged: the next start chooses another, then. */
void trill_memory_keep_nickname(struct trill_memory *m, uint16_t nickname);

/* False, and *@id is as it was: none is known. */
bool trill_memory_system(const struct trill_memory *m, struct system_id *id);
/* A failure is logged. */
void trill_memory_keep_system(struct trill_memory *m, const struct system_id *id);

#endif
