/* edge_log: what neighbours do, and what of theirs is not taken, as lines of the log, no more than
 * a person can read.
 *
 * The core counts and logs nothing: here its counters before and after a frame are compared. */
#ifndef SUNWARD_TRILL_EDGE_LOG_H
#define SUNWARD_TRILL_EDGE_LOG_H

#include "lib/base/log.h"
#include "trill/core/rbridge.h"

struct trill_edge_log {
	struct log *log;
	struct log_limit adjacency, hindrance, mapping, pdu, hello, lsp, full, duplicate, refused,
		used_up, unsaid, scope, untold, same_id, rival;
	struct fragment_counts said; /* as they were last */
	struct origin_unsaid left;   /* likewise */
	uint32_t untold_stations;
	uint64_t refused_rows, no_room;
};

/* @frame, whole, has come in on @port, and its counters were @was before. */
void trill_edge_log_frame(struct trill_edge_log *l, const char *port, const uint8_t *frame,
	size_t len, const struct rbridge_counters *was, const struct rbridge_counters *is,
	struct mono now);
/* A neighbour has entered or left the topology; else nothing is said. */
void trill_edge_log_adjacency(
	struct trill_edge_log *l, const char *port, const struct rbridge_event *e, struct mono now);
/* A port of a LAN is hindered, or is no more. @designated: the link's Designated VLAN. */
void trill_edge_log_hindrance(struct trill_edge_log *l, const char *port,
	const struct rbridge_event *e, uint16_t designated, struct mono now);
/* Another RBridge has our system ID @own, or none has any more. @port: of the event. */
void trill_edge_log_same_id(struct trill_edge_log *l, const char *port, const struct system_id *own,
	const struct rbridge_event *e, struct mono now);
/* Two end stations have one address (RFC 8302 section 7). */
void trill_edge_log_duplicate(
	struct trill_edge_log *l, const struct rbridge_event *e, struct mono now);
/* A neighbour maps a VLAN to another label, or does no more (RFC 8139 section 7). */
void trill_edge_log_mapping(
	struct trill_edge_log *l, const char *port, const struct rbridge_event *e, struct mono now);
/* What became of LSPs of ours: of one the sequence numbers are used up; else nothing is said. */
void trill_edge_log_said(
	struct trill_edge_log *l, const struct fragment_counts *said, struct mono now);
/* What our LSPs have no room for; nothing is said unless it is more than it was. */
void trill_edge_log_unsaid(
	struct trill_edge_log *l, const struct origin_unsaid *unsaid, struct mono now);
/* @stations here ESADI has no room for; nothing is said unless they are more than they were. */
void trill_edge_log_untold(struct trill_edge_log *l, uint32_t stations, struct mono now);
/* Somebody claims a nickname of ours: who it is, and who keeps it. */
void trill_edge_log_rival(
	struct trill_edge_log *l, const struct rbridge_rival *rival, struct mono now);
/* The data plane has refused so many rows by now, @no_room of them for want of room; nothing is
 * said unless they are more. */
void trill_edge_log_rows(
	struct trill_edge_log *l, uint64_t refused, uint64_t no_room, struct mono now);

#endif
