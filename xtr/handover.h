/* handover: guests on their way from or to this site: what their agents say of them, what the other
 * site's xTR says, and what follows for their packets (docs/decisions/handover.md; the numbers of
 * events here are that page's).
 *
 * A passage is an EID of which an agent has spoken, or that another site prepares to take over. Who
 * owns it is the claims' matter. This room is one of those that join others (rooms.h):
 * handover.c has the table and what others ask, handover_passage.c, handover_arrival.c and
 * handover_departure.c the states, handover_agent.c the agents' messages, handover_peer.c those of
 * Map-Server and xTRs. */
#ifndef SUNWARD_XTR_HANDOVER_H
#define SUNWARD_XTR_HANDOVER_H

#include "lisp/handover.h"
#include "xtr/eid_table.h"
#include "xtr/locator.h"
#include "xtr/router.h"

struct handover_room;
struct router;

struct handover_room *handover_new(struct router *r);
void handover_free(struct handover_room *room);
/* Ask all agents whose addresses are known for all their guests: after a start. */
void handover_start(struct handover_room *room);
/* In an earlier run, or under an earlier policy, the agent @id has said @counter: nothing of it up
 * to that counts. */
void handover_recall(struct handover_room *room, const uint8_t id[16], uint64_t counter);
/* The policy has changed: other agents, other keys. 0 or -ENOMEM. */
int handover_reload(struct handover_room *room);
/* A message of sub-type HANDOVER_SUBTYPE. */
void handover_message(struct handover_room *room, const uint8_t *bytes, size_t len,
	const struct endpoint *from, const struct address *to);

/* What the other rooms ask. */

/* Fill in @e, the entry of the host @eid as it would be without a handover. False: as it is. */
bool handover_entry(struct handover_room *room, const struct eid *eid, struct datapath_entry *e);
/* What becomes of a packet that came up for @eid. */
enum handover_packet {
	HANDOVER_NO_MATTER, /* as without a handover */
	HANDOVER_WAITS,
	HANDOVER_GOES_ON, /* down again, also to where it came from */
};
enum handover_packet handover_packet(const struct handover_room *room, const struct eid *eid);
/* The guest @host has just come, and its old site may still send what is older than what comes
 * straight from elsewhere. */
bool handover_orders(const struct handover_room *room, const struct eid *host);
/* The packet that came up is no such older one. */
bool handover_overtakes(const struct handover_room *room, const struct datapath_event *e);
/* All that came for @host before now has gone where its entry says. */
void handover_drained(struct handover_room *room, const struct eid *host);
/* An agent answers for @host: it is no use to believe ARP, ND or a packet, or to ask for one. */
bool handover_speaks(const struct handover_room *room, const struct eid *host);
/* A sign of life of a host of which that is so. */
void handover_heard(
	struct handover_room *room, const struct eid *host, int ifindex, const uint8_t mac[6]);
/* An agent says what @host does, be it here or not. */
bool handover_knows(const struct handover_room *room, const struct eid *host);
/* A guest has come here within the last hold-move. */
bool handover_arrived(const struct handover_room *room);
/* Where @host is for its neighbours at this site, as its agents say. */
enum handover_place {
	HANDOVER_NOT_SAID,
	HANDOVER_HERE,
	HANDOVER_LEFT, /* or it stands still, to go elsewhere. *@mac: its own, borrowed; NULL: not
			  known */
};
enum handover_place handover_place(
	const struct handover_room *room, const struct eid *host, const uint8_t **mac);
/* A Map-Server says that another owns @host, by @seq, at @set; @claimed: since when we have claimed
 * it there, zero: we have not. True: it was dealt with. */
bool handover_contested(struct handover_room *room, const struct eid *host, uint64_t seq,
	const struct locator_set *set, struct mono claimed);
/* The Map-Server has granted us @host. */
void handover_granted(struct handover_room *room, const struct eid *host, uint64_t seq);
/* It has stopped here to go elsewhere, or has gone. */
bool handover_departs(const struct handover_room *room, const struct eid *host);
/* The campus has said something else of where @host is: see campus_where(). */
void handover_placed(struct handover_room *room, const struct eid *host);
/* The mapping system's answer for @host. True: it was waited for. */
bool handover_resolved(
	struct handover_room *room, const struct eid *host, const struct locator_set *set);
/* The host does not answer any more. True: it is on its way, and nothing is withdrawn. */
bool handover_silent(struct handover_room *room, const struct eid *host);
/* An operator wants @host to be this site's. @force: whatever its owner says. */
enum router_claim handover_claim(struct handover_room *room, const struct eid *host, bool force);
/* The host's answer, or its silence, to a question by ARP or ND. True: nothing else follows. */
bool handover_verified(struct handover_room *room, const struct eid *host, bool here);

#endif
