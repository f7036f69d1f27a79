/* party_mapserver: a Map-Server and Map-Resolver: the real core (mapserver/server.h, the
 * committer's commit) with its shell played on one thread: what a worker submits is committed a
 * little later. */
#ifndef SUNWARD_TESTS_SIM_PARTY_MAPSERVER_H
#define SUNWARD_TESTS_SIM_PARTY_MAPSERVER_H

#include "tests/sim/sim.h"

struct party_mapserver;
struct mapping;

/* Down. @front: only a resolver, that forwards to the others. */
struct party_mapserver *party_mapserver_new(struct sim *sim, unsigned int index, bool front);
void party_mapserver_free(struct party_mapserver *m);

void party_mapserver_start(struct party_mapserver *m);
/* kill -9; @power: what was not flushed to the disk is gone too. */
void party_mapserver_crash(struct party_mapserver *m, bool power);
/* The same, in the midst of the next commit that writes; it starts again @down_us later. */
void party_mapserver_crash_in_commit(struct party_mapserver *m, bool power, uint64_t down_us);
/* Its wall clock is set to @offset_s seconds from the right time, for good. */
void party_mapserver_set_clock(struct party_mapserver *m, int32_t offset_s);
/* Its store takes no changes, or does again. */
void party_mapserver_fill_store(struct party_mapserver *m, bool full);
/* As /readyz has it: what it acknowledged is in the store. */
bool party_mapserver_is_durable(const struct party_mapserver *m);
bool party_mapserver_is_up(const struct party_mapserver *m);
bool party_mapserver_is_front(const struct party_mapserver *m);

void party_mapserver_receive(struct party_mapserver *m, const void *bytes, size_t len,
	const struct endpoint *from, const struct address *to);

/* For the checker: what stands at @eid now. The owner: -1 none, -2 somebody unknown. */
struct party_mapserver_view {
	uint64_t seq;
	int owner;
};
void party_mapserver_look(
	struct party_mapserver *m, const struct eid *eid, struct party_mapserver_view *v);
size_t party_mapserver_mappings(const struct party_mapserver *m);
/* Notifies and jobs that wait. */
size_t party_mapserver_waiting(struct party_mapserver *m);
/* xTR @xtr has a subscription to @eid, and has acknowledged all that it was told by it. */
bool party_mapserver_has_told(struct party_mapserver *m, unsigned int xtr, const struct eid *eid);
int party_mapserver_owner(const struct sim *s, const struct mapping *m);

#endif
