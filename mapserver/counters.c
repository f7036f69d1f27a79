/* See counters.h. */
#include "mapserver/counters.h"

#define DROPPED(reason, text)                                                                      \
	[COUNT_DROPPED + (reason)] = {"sunward_mapserver_dropped_total",                           \
		"Messages that were not followed, by reason.", "reason", text, METRIC_COUNTER}
#define RECEIVED(type, text)                                                                       \
	[COUNT_RECEIVED + (type)] = {"sunward_mapserver_received_total",                           \
		"Datagrams received, by message type.", "type", text, METRIC_COUNTER}
#define TOTAL(row, name, help)                                                                     \
	[row] = {"sunward_mapserver_" name "_total", help, NULL, NULL, METRIC_COUNTER}

#define REFERRED(act, text)                                                                        \
	[COUNT_REFERRALS + (act)] = {"sunward_mapserver_referrals_total",                          \
		"Records of Map-Referrals sent, by action.", "act", text, METRIC_COUNTER}

const struct metric mapserver_metrics[COUNT_MAX] = {
	DROPPED(DROP_TRUNCATED, "truncated"),
	DROPPED(DROP_MALFORMED, "malformed"),
	DROPPED(DROP_UNKNOWN_AFI, "unknown-afi"),
	DROPPED(DROP_UNKNOWN_TYPE, "unknown-type"),
	DROPPED(DROP_UNSUPPORTED, "unsupported"),
	DROPPED(DROP_NOT_ENCAPSULATED, "not-encapsulated"),
	DROPPED(DROP_ECM_NESTED, "ecm-nested"),
	DROPPED(DROP_ECM_INNER, "ecm-inner-type"),
	DROPPED(DROP_LISP_SEC, "lisp-sec"),
	DROPPED(DROP_PROBE, "probe"),
	DROPPED(DROP_SMR, "smr"),
	DROPPED(DROP_MAP_REPLY, "map-reply"),
	DROPPED(DROP_NO_ROLE, "no-role"),
	DROPPED(DROP_NO_ITR_RLOC, "no-itr-rloc"),
	DROPPED(DROP_ITR_RLOC_REFUSED, "itr-rloc-refused"),
	DROPPED(DROP_AMPLIFICATION, "amplification"),
	DROPPED(DROP_EID_KIND, "eid-kind"),
	DROPPED(DROP_NO_SITE, "no-site"),
	DROPPED(DROP_UNKNOWN_KEY, "unknown-key"),
	DROPPED(DROP_BAD_MAC, "bad-mac"),
	DROPPED(DROP_REPLAY, "replay"),
	DROPPED(DROP_EID_REFUSED, "eid-refused"),
	DROPPED(DROP_NO_RECORDS, "no-records"),
	DROPPED(DROP_LOCATORS, "locators"),
	DROPPED(DROP_MERGE, "merge"),
	DROPPED(DROP_OLD_MAP_VERSION, "old-map-version"),
	DROPPED(DROP_OWNER_FIRST, "owner-first"),
	DROPPED(DROP_NOT_OWNER, "not-owner"),
	DROPPED(DROP_XTR_LIMIT, "xtr-limit"),
	DROPPED(DROP_QUEUE_FULL, "queue-full"),
	DROPPED(DROP_OUTBOX_FULL, "outbox-full"),
	DROPPED(DROP_NO_MEMORY, "no-memory"),
	DROPPED(DROP_UNEXPECTED_ACK, "unexpected-ack"),
	DROPPED(DROP_MOVE_KIND, "move-kind"),
	DROPPED(DROP_FORWARD_LOOP, "forward-loop"),
	DROPPED(DROP_HOP_LIMIT, "hop-limit"),
	DROPPED(DROP_SIGN_LIMIT, "sign-limit"),
	DROPPED(DROP_NO_CHECKSUM, "no-checksum"),
	RECEIVED(0, "type-0"),
	RECEIVED(1, "map-request"),
	RECEIVED(2, "map-reply"),
	RECEIVED(3, "map-register"),
	RECEIVED(4, "map-notify"),
	RECEIVED(5, "map-notify-ack"),
	RECEIVED(6, "map-referral"),
	RECEIVED(7, "info"),
	RECEIVED(8, "ecm"),
	RECEIVED(9, "type-9"),
	RECEIVED(10, "type-10"),
	RECEIVED(11, "type-11"),
	RECEIVED(12, "type-12"),
	RECEIVED(13, "type-13"),
	RECEIVED(14, "type-14"),
	RECEIVED(15, "extension"),
	TOTAL(COUNT_REPLIES, "replies", "Map-Replies sent with a mapping."),
	TOTAL(COUNT_NEGATIVE_REPLIES, "negative_replies", "Negative Map-Replies sent."),
	TOTAL(COUNT_FORWARDED_ETR, "forwarded_to_etr", "Map-Requests forwarded to an ETR."),
	TOTAL(COUNT_FORWARDED_SERVER, "forwarded_to_server",
		"Map-Requests forwarded to another Map-Server."),
	TOTAL(COUNT_ACKNOWLEDGED, "acknowledged",
		"Map-Notifies sent to acknowledge a registration."),
	TOTAL(COUNT_REFRESHED, "refreshed", "Records that changed nothing but the expiry."),
	TOTAL(COUNT_REGISTERED, "registered", "Mappings that came where there was none."),
	TOTAL(COUNT_CHANGED, "changed", "Mappings that changed, with the same owner."),
	TOTAL(COUNT_MOVED, "moved", "Mappings that changed their owner."),
	TOTAL(COUNT_WITHDRAWN, "withdrawn", "Mappings that were withdrawn."),
	TOTAL(COUNT_EXPIRED, "expired", "Mappings that expired."),
	TOTAL(COUNT_CLAIMS_GRANTED, "claims_granted", "Claims that were accepted."),
	TOTAL(COUNT_CLAIMS_REFUSED, "claims_refused",
		"Claims and refreshes whose sequence number or owner was not the present one."),
	TOTAL(COUNT_NOTIFIES, "notifies", "Unsolicited notifies sent to previous owners."),
	TOTAL(COUNT_NOTIFY_RETRANSMITS, "notify_retransmits",
		"Retransmissions of unsolicited notifies."),
	TOTAL(COUNT_NOTIFY_ACKS, "notify_acks", "Unsolicited notifies that were acknowledged."),
	TOTAL(COUNT_NOTIFY_GAVE_UP, "notify_gave_up",
		"Unsolicited notifies that nobody acknowledged."),
	TOTAL(COUNT_NOTIFY_NO_ROOM, "notify_no_room",
		"Unsolicited notifies sent once, for lack of room to remember them."),
	TOTAL(COUNT_STORE_FAILURES, "store_failures",
		"Changes that live in memory only, because the store failed."),
	REFERRED(0, "node-referral"),
	REFERRED(1, "ms-referral"),
	REFERRED(2, "ms-ack"),
	REFERRED(3, "ms-not-registered"),
	REFERRED(4, "delegation-hole"),
	REFERRED(5, "not-authoritative"),
};

const char *drop_reason_name(enum drop_reason reason)
{
	return reason < DROP_REASONS ? mapserver_metrics[COUNT_DROPPED + reason].value : "unknown";
}
