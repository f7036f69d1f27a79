/* memory: what of the RBridge outlives its restart: the nickname that it held, so that it takes the
 * same again if that is free (RFC 6325 section 3.7.3). */
#ifndef SUNWARD_TRILL_MEMORY_H
#define SUNWARD_TRILL_MEMORY_H

#include <stdint.h>

struct log;
struct trill_memory;

/* Opens @dir (made when its parent is there). NULL after logging why. */
struct trill_memory *trill_memory_open(const char *dir, struct log *log);
void trill_memory_close(struct trill_memory *m);

/* NICKNAME_NONE: none is known. */
uint16_t trill_memory_nickname(struct trill_memory *m);
/* A failure is logged: the next start chooses another, then. */
void trill_memory_keep_nickname(struct trill_memory *m, uint16_t nickname);

#endif
