/* See edge_log.h. */
#include "trill/edge_log.h"

#include <stdio.h>

#include "trill/core/arp_proxy.h"

#define MAC_TEXT    18
#define SYSTEM_TEXT 15

static void mac_text(const uint8_t *b, char text[MAC_TEXT])
{
	snprintf(text, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4],
		b[5]);
}

/* Which of @count counters, from @from on, is another than it was; 0: none. */
static unsigned int raised(
	const uint64_t *was, const uint64_t *is, unsigned int from, unsigned int count)
{
	for (unsigned int i = from; i < count; i++)
		if (was[i] != is[i])
			return i;
	return 0;
}

static void system_text(const struct system_id *id, char text[SYSTEM_TEXT])
{
	const uint8_t *b = id->bytes;

	snprintf(text, SYSTEM_TEXT, "%02x%02x.%02x%02x.%02x%02x", b[0], b[1], b[2], b[3], b[4],
		b[5]);
}

static void lsp_say(struct trill_edge_log *l, const char *port, const char *mac,
	enum lsdb_verdict verdict, struct mono now)
{
	const char *why = verdict == LSDB_CONFUSED    ? "of a known number, with other contents"
			  : verdict == LSDB_BAD_PURGE ? "a purge with contents"
			  : verdict == LSDB_FULL      ? "no room (limits: lsps)"
			  : verdict == LSDB_STRANGER
				  ? "no room (limits: lsps) for who is nobody's neighbour"
				  : NULL;

	if (why)
		log_limited(l->log, &l->lsp, now, LOG_LEVEL_WARNING, "port %s: LSP from %s: %s",
			port, mac, why);
}

/* RFC 7356 section 5: "SHOULD trigger management notifications". */
static void scope_say(struct trill_edge_log *l, const char *port, const uint8_t *frame,
	const struct rbridge_counters *was, const struct rbridge_counters *is, struct mono now)
{
	char mac[MAC_TEXT];

	mac_text(frame + MAC_LEN, mac);
	if (was->scope_unknown != is->scope_unknown)
		log_limited(l->log, &l->scope, now, LOG_LEVEL_WARNING,
			"port %s: FS-LSPs from %s of a flooding scope that is not taken here", port,
			mac);
	if (was->scope_refused != is->scope_refused)
		log_limited(l->log, &l->scope, now, LOG_LEVEL_WARNING,
			"port %s: %s says that it takes no FS-LSPs of a flooding scope", port, mac);
}

void trill_edge_log_frame(struct trill_edge_log *l, const char *port, const uint8_t *frame,
	size_t len, const struct rbridge_counters *was, const struct rbridge_counters *is,
	struct mono now)
{
	unsigned int error = raised(was->malformed, is->malformed, 1, TRILL_ERRORS);
	unsigned int hello = raised(was->hellos, is->hellos, HELLO_TAKEN + 1, HELLO_VERDICTS);
	unsigned int lsp = raised(was->lsps, is->lsps, LSDB_CONFUSED, LSDB_VERDICTS);
	bool full = was->refused != is->refused;
	char mac[MAC_TEXT];

	if (len >= 2 * MAC_LEN)
		scope_say(l, port, frame, was, is, now);
	if ((!error && !hello && !lsp && !full) || len < 2 * MAC_LEN)
		return;
	mac_text(frame + MAC_LEN, mac); /* behind the destination */
	if (error)
		log_limited(l->log, &l->pdu, now, LOG_LEVEL_WARNING, "port %s: PDU from %s: %s",
			port, mac, trill_error_name((int)error));
	if (hello)
		log_limited(l->log, &l->hello, now, LOG_LEVEL_WARNING,
			"port %s: Hello from %s is not taken: %s%s", port, mac,
			hello_verdict_name((enum hello_verdict)hello),
			hello == HELLO_KIND
				? ": point-to-point at one end, a LAN at the other: p2p "
				  "must be the same at both"
				: "");
	if (lsp)
		lsp_say(l, port, mac, (enum lsdb_verdict)lsp, now);
	if (full)
		log_limited(l->log, &l->full, now, LOG_LEVEL_WARNING,
			"port %s: Hello from %s: there are as many neighbours as limits: neighbors allows",
			port, mac);
}

void trill_edge_log_adjacency(
	struct trill_edge_log *l, const char *port, const struct rbridge_event *e, struct mono now)
{
	char system[SYSTEM_TEXT];
	bool in = e->state == ADJACENCY_REPORT, was_in = e->was == ADJACENCY_REPORT;

	system_text(&e->neighbor, system);
	if (in != was_in)
		log_limited(l->log, &l->adjacency, now, LOG_LEVEL_INFO,
			"port %s: neighbour %s is %s", port, system,
			in ? "in the topology" : "lost");
}

void trill_edge_log_hindrance(struct trill_edge_log *l, const char *port,
	const struct rbridge_event *e, uint16_t designated, struct mono now)
{
	switch (e->hindrance) {
	case RBRIDGE_UNHINDERED:
		log_limited(l->log, &l->hindrance, now, LOG_LEVEL_INFO,
			"port %s: nothing hinders it any more", port);
		break;
	case RBRIDGE_SUSPENDED:
		log_limited(l->log, &l->hindrance, now, LOG_LEVEL_WARNING,
			"port %s is suspended: an RBridge of higher priority on its link has the "
			"same MAC there; want another MAC for one of them",
			port);
		break;
	case RBRIDGE_NOT_ENABLED:
		log_limited(l->log, &l->hindrance, now, LOG_LEVEL_WARNING,
			"port %s: the Designated VLAN of its link is %u, which is none of vlans: "
			"nobody there can be its neighbour",
			port, designated);
		break;
	}
}

void trill_edge_log_same_id(struct trill_edge_log *l, const char *port, const struct system_id *own,
	const struct rbridge_event *e, struct mono now)
{
	char system[SYSTEM_TEXT], mac[MAC_TEXT];

	system_text(own, system);
	mac_text(e->same_id->mac.bytes, mac);
	if (e->gone)
		log_limited(l->log, &l->same_id, now, LOG_LEVEL_INFO,
			"system ID %s: no other RBridge has it any more", system);
	else if (e->same_id->near)
		log_limited(l->log, &l->same_id, now, LOG_LEVEL_WARNING,
			"system ID %s is also used by the RBridge at port %s with MAC %s: give one of them another system-id",
			system, port, mac);
	else
		log_limited(l->log, &l->same_id, now, LOG_LEVEL_WARNING,
			"system ID %s is also used by an RBridge behind port %s, whose LSPs the neighbour with MAC %s passes on: give one of them another system-id",
			system, port, mac);
}

void trill_edge_log_duplicate(
	struct trill_edge_log *l, const struct rbridge_event *e, struct mono now)
{
	const struct arp_proxy_event *d = e->duplicate;
	char is[MAC_TEXT], claims[MAC_TEXT], ip[ADDRESS_TEXT];

	mac_text(d->is.bytes, is);
	mac_text(d->claims.bytes, claims);
	log_limited(l->log, &l->duplicate, now, LOG_LEVEL_WARNING,
		"%s %u: %s claims %s, which %s has and answers for",
		d->label.fgl ? "label" : "VLAN", d->label.id, claims,
		address_format(&d->ip, ip, sizeof(ip)), is);
}

void trill_edge_log_mapping(
	struct trill_edge_log *l, const char *port, const struct rbridge_event *e, struct mono now)
{
	char system[SYSTEM_TEXT];

	system_text(&e->neighbor, system);
	log_limited(l->log, &l->mapping, now, LOG_LEVEL_WARNING,
		e->gone ? "port %s: neighbour %s maps VLANs to labels as we do "
			  "(VLAN %u, label %u)"
			: "port %s: neighbour %s maps VLAN %u to label %u, "
			  "which is otherwise here; want labels alike at all RBridges of a link",
		port, system, e->difference->vlan, e->difference->fgl);
}

void trill_edge_log_said(
	struct trill_edge_log *l, const struct fragment_counts *said, struct mono now)
{
	if (said->used_up != l->said.used_up)
		log_limited(l->log, &l->used_up, now, LOG_LEVEL_WARNING,
			"an LSP of ours has no sequence number left: what it says is unknown to others for %u s (who says the last number in our name?)",
			FRAGMENT_REST_S);
	l->said = *said;
}

void trill_edge_log_unsaid(
	struct trill_edge_log *l, const struct origin_unsaid *unsaid, struct mono now)
{
	if (unsaid->labels > l->left.labels || unsaid->neighbors > l->left.neighbors)
		log_limited(l->log, &l->unsaid, now, LOG_LEVEL_WARNING,
			"our LSPs have no room for %u VLANs and labels that are served here, and %u neighbours: others do not know of them",
			unsaid->labels, unsaid->neighbors);
	l->left = *unsaid;
}

void trill_edge_log_untold(struct trill_edge_log *l, uint32_t stations, struct mono now)
{
	if (stations > l->untold_stations)
		log_limited(l->log, &l->untold, now, LOG_LEVEL_WARNING,
			"ESADI has no room for %u end stations that frames have shown here: told of when there is (GET /v1/esadi)",
			stations);
	l->untold_stations = stations;
}

/* Only who has configured the same twice has something to mend. */
void trill_edge_log_rival(
	struct trill_edge_log *l, const struct rbridge_rival *rival, struct mono now)
{
	bool twice = rival->ours & rival->theirs & NICKNAME_CONFIGURED;
	char system[SYSTEM_TEXT];

	system_text(&rival->system, system);
	log_limited(l->log, &l->rival, now, twice ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO,
		"nickname 0x%04x is also claimed by RBridge %s, %s: priority %u here, %u there%s%s",
		rival->nickname, system, rival->kept ? "and stays ours" : "which keeps it",
		rival->ours, rival->theirs,
		rival->ours == rival->theirs ? ", and the higher system ID decides" : "",
		twice ? "; configured at both: give one of them another nickname" : "");
}

void trill_edge_log_rows(
	struct trill_edge_log *l, uint64_t refused, uint64_t no_room, struct mono now)
{
	if (refused != l->refused_rows)
		log_limited(l->log, &l->refused, now, LOG_LEVEL_WARNING,
			"the data plane has refused rows: tried again later%s",
			no_room != l->no_room ? " (no room: limits too small?)" : "");
	l->refused_rows = refused;
	l->no_room = no_room;
}
