/* forward: which Map-Server answers for an EID-prefix that is not ours (`resolver { forward PREFIX
 * to MAP-SERVER }`).
 *
 * A table is built whole and never changed afterwards; a reload puts another in its place through
 * RCU. */
#ifndef SUNWARD_MAPSERVER_FORWARD_H
#define SUNWARD_MAPSERVER_FORWARD_H

#include "lib/net/address.h"

struct forward_table;

/* @secret: 16 random bytes. NULL when out of memory. */
struct forward_table *forward_table_new(const uint8_t secret[16]);
/* Immediately: no reader may be left. */
void forward_table_free(struct forward_table *t);
/* After every reader of now has left. */
void forward_table_retire(struct forward_table *t);
/* 0, -EEXIST, -ENOMEM. */
int forward_table_add(
	struct forward_table *t, const struct eid *prefix, const struct endpoint *server);
size_t forward_table_count(const struct forward_table *t);
void forward_table_at(
	const struct forward_table *t, size_t i, struct eid *prefix, struct endpoint *server);

/* The Map-Server of the longest prefix that covers @eid. */
bool forward_table_find(
	const struct forward_table *t, const struct eid *eid, struct endpoint *server);
/* As lpm_free_prefix; @floor where there is no table. */
int forward_table_free_prefix(
	const struct forward_table *t, const struct eid *eid, unsigned int floor);

#endif
