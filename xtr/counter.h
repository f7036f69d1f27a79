/* counter: what the xTR's core counts, declared once. The shell exports the array by these names.
 *
 * Every packet, message or event that is dropped or refused has one counter, by reason. */
#ifndef SUNWARD_XTR_COUNTER_H
#define SUNWARD_XTR_COUNTER_H

/* X(enumerator, name, help) */
#define XTR_COUNTERS(X)                                                                                                                    \
	X(MISSES, "xtr_misses", "Packets that came up for want of a mapping")                                                              \
	X(HOLD_RELEASED, "xtr_hold_released", "Held packets sent when their mapping came")                                                 \
	X(HOLD_DROP_EID_FULL, "xtr_hold_drop_eid_full",                                                                                    \
		"Held packets dropped: too many for one EID")                                                                              \
	X(HOLD_DROP_FULL, "xtr_hold_drop_full", "Held packets dropped: too many bytes in all")                                             \
	X(HOLD_DROP_SHARE, "xtr_hold_drop_share",                                                                                          \
		"Held packets dropped: those of their port are as many bytes as are free")                                                 \
	X(HOLD_DROP_TIMEOUT, "xtr_hold_drop_timeout", "Held packets dropped: no mapping in time")                                          \
	X(HOLD_DROP_NEGATIVE, "xtr_hold_drop_negative",                                                                                    \
		"Held packets dropped: the mapping says drop")                                                                             \
	X(HOLD_DROP_INJECT, "xtr_hold_drop_inject",                                                                                        \
		"Held packets dropped: the data plane did not take them back")                                                             \
	X(HOLD_DROP_NO_SPACE, "xtr_hold_drop_no_space",                                                                                    \
		"Packets dropped: destination outside the EID-space")                                                                      \
	X(NO_MEMORY, "xtr_no_memory", "Events not acted upon for want of memory")                                                          \
	X(OUTBOX_FULL, "xtr_outbox_full", "Messages not sent: no room in the outbox")                                                      \
	X(DATAPATH_ERRORS, "xtr_datapath_errors", "Entries that the data plane refused")                                                   \
	X(LOCATORS_LEFT_OUT, "xtr_locators_left_out", "Locators beyond what an entry holds")                                               \
	X(LOCATORS_UNUSABLE, "xtr_locators_unusable",                                                                                      \
		"Locators of kinds that are not used here: paths, lists, unknown ones")                                                    \
	X(CACHE_INSTALLED, "xtr_cache_installed", "Map-cache entries installed or replaced")                                               \
	X(CACHE_EXPIRED, "xtr_cache_expired", "Map-cache entries that expired")                                                            \
	X(CACHE_EVICTED, "xtr_cache_evicted", "Map-cache entries evicted at the limit")                                                    \
	X(CACHE_REFRESHED, "xtr_cache_refreshed",                                                                                          \
		"Map-Requests sent before an entry in use expired")                                                                        \
	X(REQUESTS_SENT, "xtr_map_requests_sent", "Map-Requests sent to a Map-Resolver")                                                   \
	X(SUBSCRIBES_SENT, "xtr_subscribes_sent",                                                                                          \
		"Map-Requests sent that ask to be told of changes")                                                                        \
	X(SUBSCRIBED, "xtr_subscribed",                                                                                                    \
		"Subscriptions that a Map-Server accepted, renewals counted")                                                              \
	X(SUBSCRIBES_REFUSED, "xtr_subscribes_refused", "Subscriptions that a Map-Server refused")                                         \
	X(UNSUBSCRIBES_SENT, "xtr_unsubscribes_sent", "Map-Requests sent that end a subscription")                                         \
	X(SUBSCRIPTIONS_ENDED, "xtr_subscriptions_ended", "Subscriptions that a Map-Server ended")                                         \
	X(UNSUBSCRIBES_ACKED, "xtr_unsubscribes_acked",                                                                                    \
		"Subscriptions whose end a Map-Server has confirmed")                                                                      \
	X(PUBLICATIONS, "xtr_publications", "Changes told by a Map-Server, and followed")                                                  \
	X(PUBLICATIONS_AGAIN, "xtr_publications_again",                                                                                    \
		"Publications that came twice, and were acknowledged once more")                                                           \
	X(NOTIFY_DROP_EARLY, "xtr_map_notify_drop_early",                                                                                  \
		"Publications dropped: they overtook the answer to their subscription, and come again")                                    \
	X(NOTIFY_DROP_REPLAY, "xtr_map_notify_drop_replay",                                                                                \
		"Publications dropped: their nonce is below the last one")                                                                 \
	X(REQUESTS_GIVEN_UP, "xtr_map_requests_given_up",                                                                                  \
		"Resolutions that found no answer after every retransmission")                                                             \
	X(REQUESTS_LIMITED, "xtr_map_requests_limited",                                                                                    \
		"Resolutions not begun: too many under way")                                                                               \
	X(REQUESTS_NO_RESOLVER, "xtr_map_requests_no_resolver",                                                                            \
		"Resolutions not begun: no Map-Resolver of a usable family")                                                               \
	X(REPLIES_RECEIVED, "xtr_map_replies_received", "Map-Replies accepted")                                                            \
	X(REPLY_DROP_NONCE, "xtr_map_reply_drop_nonce",                                                                                    \
		"Map-Replies dropped: no request has this nonce")                                                                          \
	X(REPLY_DROP_MALFORMED, "xtr_map_reply_drop_malformed", "Map-Replies dropped: malformed")                                          \
	X(REPLY_DROP_SECURITY, "xtr_map_reply_drop_security",                                                                              \
		"Map-Replies dropped: LISP-SEC is not configured")                                                                         \
	X(PROTECTED_SENT, "xtr_protected_requests_sent",                                                                                   \
		"Map-Requests sent with a LISP-SEC One-Time Key")                                                                          \
	X(PROTECTED_RECEIVED, "xtr_protected_replies_received",                                                                            \
		"Map-Replies whose two HMACs were right")                                                                                  \
	X(PROTECTED_REPLIES_SENT, "xtr_protected_replies_sent",                                                                            \
		"Map-Replies sent with LISP-SEC's authentication data")                                                                    \
	X(DOWNGRADED, "xtr_protection_downgraded",                                                                                         \
		"Map-Requests repeated without protection: the Map-Server says that an ETR cannot sign")                                   \
	X(REPLY_DROP_UNPROTECTED, "xtr_map_reply_drop_unprotected",                                                                        \
		"Map-Replies dropped: not protected, and the request was")                                                                 \
	X(REPLY_DROP_EID_HMAC, "xtr_map_reply_drop_eid_hmac",                                                                              \
		"Map-Replies dropped: wrong EID HMAC")                                                                                     \
	X(REPLY_DROP_PKT_HMAC, "xtr_map_reply_drop_pkt_hmac",                                                                              \
		"Map-Replies dropped: wrong PKT HMAC")                                                                                     \
	X(REPLY_DROP_ALGORITHM, "xtr_map_reply_drop_algorithm",                                                                            \
		"Map-Replies dropped: protected by other algorithms than were asked for")                                                  \
	X(REPLY_DROP_OVERCLAIM, "xtr_map_reply_drop_overclaim",                                                                            \
		"Records of Map-Replies dropped: over-claims")                                                                             \
	X(REPLY_DROP_EID, "xtr_map_reply_drop_eid",                                                                                        \
		"Records of Map-Replies dropped: not about what was asked")                                                                \
	X(REPLY_DROP_SOURCE, "xtr_map_reply_drop_source",                                                                                  \
		"Map-Replies dropped: from a multicast, unspecified or own address")                                                       \
	X(REPLY_DROP_AUTHORITATIVE, "xtr_probe_reply_drop_not_authoritative",                                                              \
		"Probe replies dropped: A is not set")                                                                                     \
	X(PROBES_SENT, "xtr_probes_sent", "RLOC-probes sent")                                                                              \
	X(PROBES_LOST, "xtr_probes_lost", "RLOC-probes without an answer in time")                                                         \
	X(RLOC_DOWN, "xtr_rloc_down", "Locators found down")                                                                               \
	X(RLOC_UP, "xtr_rloc_up", "Locators found up again")                                                                               \
	X(REGISTERS_SENT, "xtr_map_registers_sent", "Map-Registers sent")                                                                  \
	X(REGISTERS_ACKED, "xtr_map_registers_acked", "Map-Registers acknowledged")                                                        \
	X(REGISTERS_RETRIED, "xtr_map_registers_retried", "Map-Registers sent again")                                                      \
	X(NOTIFY_DROP_SERVER, "xtr_map_notify_drop_server",                                                                                \
		"Map-Notifies dropped: from no Map-Server of ours")                                                                        \
	X(NOTIFY_DROP_MALFORMED, "xtr_map_notify_drop_malformed",                                                                          \
		"Map-Notifies dropped: malformed")                                                                                         \
	X(NOTIFY_DROP_AUTH, "xtr_map_notify_drop_auth", "Map-Notifies dropped: wrong MAC or key")                                          \
	X(NOTIFY_DROP_FOREIGN, "xtr_map_notify_drop_foreign",                                                                              \
		"Map-Notifies dropped: unasked, about EIDs that are not this site's")                                                      \
	X(NOTIFY_UNSOLICITED, "xtr_map_notify_unsolicited",                                                                                \
		"Unsolicited Map-Notifies accepted and acknowledged")                                                                      \
	X(REGISTERS_ACKED_AGAIN, "xtr_map_registers_acked_again",                                                                          \
		"Acknowledgements of Map-Registers that came twice, or after what they acknowledge had changed")                           \
	X(CLAIMS_SENT, "xtr_claims_sent", "Claims sent, repetitions counted")                                                              \
	X(CLAIMS_GRANTED, "xtr_claims_granted", "Claims granted")                                                                          \
	X(CLAIMS_REFUSED, "xtr_claims_refused", "Claims and refreshes refused")                                                            \
	X(CLAIMS_DAMPED, "xtr_claims_damped", "Claims put off: this EID is claimed too often")                                             \
	X(REFRESHES_SENT, "xtr_refreshes_sent", "Refreshes sent, repetitions counted")                                                     \
	X(WITHDRAWALS_SENT, "xtr_withdrawals_sent", "Withdrawals sent, repetitions counted")                                               \
	X(MOVE_NOTIFIED, "xtr_move_notified", "Move notifications accepted and acknowledged")                                              \
	X(MOVE_DROP_MALFORMED, "xtr_move_drop_malformed",                                                                                  \
		"Move messages dropped: malformed or of an unknown version")                                                               \
	X(MOVE_DROP_SERVER, "xtr_move_drop_server",                                                                                        \
		"Move messages dropped: from no Map-Server of ours")                                                                       \
	X(MOVE_DROP_AUTH, "xtr_move_drop_auth", "Move messages dropped: wrong MAC or key")                                                 \
	X(MOVE_DROP_NONCE, "xtr_move_drop_nonce",                                                                                          \
		"Move answers dropped: nothing under way has this nonce")                                                                  \
	X(MOVE_DROP_STALE, "xtr_move_drop_stale",                                                                                          \
		"Move messages ignored: older than what is known")                                                                         \
	X(MOVE_DROP_EID, "xtr_move_drop_eid", "Move messages dropped: not about an EID of ours")                                           \
	X(HOSTS_FOUND, "xtr_hosts_found", "Hosts found at this site")                                                                      \
	X(HOSTS_MOVED_PORT, "xtr_hosts_moved_port", "Hosts seen behind another port of this site")                                         \
	X(HOSTS_GONE, "xtr_hosts_gone", "Hosts withdrawn: no sign of life")                                                                \
	X(HOSTS_LEFT, "xtr_hosts_left", "Hosts that moved to another site")                                                                \
	X(HOSTS_DUPLICATE, "xtr_hosts_duplicate",                                                                                          \
		"Hosts heard here, of which another site's agent says that they run there")                                                \
	X(HOSTS_DROP_MOVING, "xtr_hosts_drop_moving",                                                                                      \
		"Signs of life not believed: the host's agent says otherwise")                                                             \
	X(HOSTS_DROP_ATTESTED, "xtr_hosts_drop_attested",                                                                                  \
		"Signs of life not believed: who knows says that the address is another machine's")                                        \
	X(CAMPUS_EVENTS, "xtr_campus_events", "Events of end stations that the RBridge told")                                              \
	X(CAMPUS_LISTED, "xtr_campus_listed", "End stations in the lists that the RBridge gave")                                           \
	X(CAMPUS_DROP_FULL, "xtr_campus_drop_full",                                                                                        \
		"End stations that the RBridge told and that there was no room for")                                                       \
	X(CAMPUS_LEFT, "xtr_campus_left",                                                                                                  \
		"Machines that went to another site, of which the RBridge was told")                                                       \
	X(HOSTS_DROP_LIMIT, "xtr_hosts_drop_limit",                                                                                        \
		"Hosts not taken: the site's or the port's limit")                                                                         \
	X(HOSTS_DROP_RATE, "xtr_hosts_drop_rate",                                                                                          \
		"Hosts not taken: too many new ones a second on a port")                                                                   \
	X(HOSTS_DROP_PREFIX, "xtr_hosts_drop_prefix",                                                                                      \
		"Hosts not taken: outside the dynamic-EID prefixes")                                                                       \
	X(HOSTS_DROP_OWN, "xtr_hosts_drop_own",                                                                                            \
		"Hosts not taken: they speak with an address of ours")                                                                     \
	X(HOST_PROBES, "xtr_host_probes", "Hosts asked for a sign of life by ARP or ND")                                                   \
	X(AWAY_SET, "xtr_away_set", "Hosts put into the away table")                                                                       \
	X(AWAY_SETTLED, "xtr_away_settled", "Hosts forgotten by the away table")                                                           \
	X(AWAY_EVICTED, "xtr_away_evicted", "Hosts evicted from the away table at the limit")                                              \
	X(AWAY_HITS, "xtr_away_hits", "Packets for a host that is not here")                                                               \
	X(SMRS_SENT, "xtr_smrs_sent", "Solicit-Map-Requests sent")                                                                         \
	X(SMRS_LIMITED, "xtr_smrs_limited", "Solicit-Map-Requests not sent: rate limit")                                                   \
	X(SMRS_RECEIVED, "xtr_smrs_received", "Solicit-Map-Requests acted upon")                                                           \
	X(SMR_DROP_UNCACHED, "xtr_smr_drop_uncached",                                                                                      \
		"Solicit-Map-Requests ignored: nothing cached")                                                                            \
	X(SMRS_PUT_OFF, "xtr_smrs_put_off",                                                                                                \
		"Solicit-Map-Requests acted upon later: rate limit of the EID-prefix")                                                     \
	X(SMR_DROP_LIMITED, "xtr_smr_drop_limited", "Solicit-Map-Requests ignored: rate limit")                                            \
	X(REPLIES_SENT, "xtr_map_replies_sent", "Map-Replies sent")                                                                        \
	X(PROBE_REPLIES_SENT, "xtr_probe_replies_sent", "Map-Replies sent to RLOC-probes")                                                 \
	X(REQUEST_DROP_MALFORMED, "xtr_map_request_drop_malformed",                                                                        \
		"Map-Requests dropped: malformed")                                                                                         \
	X(REQUEST_DROP_EID, "xtr_map_request_drop_eid",                                                                                    \
		"Map-Requests dropped: for an EID that is not here")                                                                       \
	X(REQUEST_DROP_RLOC, "xtr_map_request_drop_rloc",                                                                                  \
		"Map-Requests dropped: no usable ITR-RLOC")                                                                                \
	X(REQUEST_DROP_AMPLIFY, "xtr_map_request_drop_amplify",                                                                            \
		"Map-Requests dropped: the reply would be larger than the request, to an address that it did not come from, or too often") \
	X(REQUEST_DROP_LIMITED, "xtr_map_request_drop_limited",                                                                            \
		"Map-Requests dropped: rate limit of the ITR-RLOC")                                                                        \
	X(REQUEST_DROP_SECURITY, "xtr_map_request_drop_security",                                                                          \
		"Map-Requests dropped: protected, and LISP-SEC is off")                                                                    \
	X(REQUEST_DROP_UNWRAPPED, "xtr_map_request_drop_unwrapped",                                                                        \
		"Map-Requests dropped: an unencrypted One-Time Key")                                                                       \
	X(REQUEST_DROP_OTK, "xtr_map_request_drop_otk",                                                                                    \
		"Map-Requests dropped: no key unwraps the One-Time Key")                                                                   \
	X(REQUEST_DROP_DONT_REPLY, "xtr_map_request_drop_dont_reply",                                                                      \
		"Map-Requests not answered: D is set")                                                                                     \
	X(ECM_DROP_MALFORMED, "xtr_ecm_drop_malformed",                                                                                    \
		"Encapsulated control messages dropped: malformed")                                                                        \
	X(ECM_DROP_INNER, "xtr_ecm_drop_inner",                                                                                            \
		"Encapsulated control messages dropped: not a Map-Request inside, or a probe")                                             \
	X(INFO_SENT, "xtr_info_requests_sent", "Info-Requests sent, repetitions counted")                                                  \
	X(INFO_RETRIED, "xtr_info_requests_retried",                                                                                       \
		"Info-Requests repeated for want of an answer")                                                                            \
	X(INFO_REPLIES, "xtr_info_replies", "Info-Replies taken")                                                                          \
	X(NAT_CHANGES, "xtr_nat_changes",                                                                                                  \
		"Changes of what others are told as our locators, because of a NAT")                                                       \
	X(INFO_DROP_SERVER, "xtr_info_drop_server",                                                                                        \
		"Info messages dropped: not from a Map-Server of ours, or from another port of it")                                        \
	X(INFO_DROP_MALFORMED, "xtr_info_drop_malformed", "Info messages dropped: malformed")                                              \
	X(INFO_DROP_NONCE, "xtr_info_drop_nonce",                                                                                          \
		"Info messages dropped: they answer nothing that was asked, or what was answered")                                         \
	X(INFO_DROP_AUTH, "xtr_info_drop_auth", "Info-Replies dropped: authentication")                                                    \
	X(INFO_DROP_ADDRESS, "xtr_info_drop_address",                                                                                      \
		"Info-Replies dropped: port 0, or an address that nobody has")                                                             \
	X(HANDOVER_STATES, "xtr_handover_states", "States of guests taken from agents")                                                    \
	X(HANDOVER_TAILS, "xtr_handover_tails",                                                                                            \
		"Packets that a guest had not read, taken from its agent")                                                                 \
	X(HANDOVER_ASKS, "xtr_handover_asks", "Questions sent to agents")                                                                  \
	X(HANDOVER_PREPARES, "xtr_handover_prepares_sent",                                                                                 \
		"Map-Servers told of a guest to come, repetitions counted")                                                                \
	X(HANDOVER_STEPS_SENT, "xtr_handover_steps_sent",                                                                                  \
		"Steps of moves sent to other xTRs, repetitions counted")                                                                  \
	X(HANDOVER_STEPS, "xtr_handover_steps", "Steps of moves taken from other xTRs")                                                    \
	X(HANDOVER_PREPARED, "xtr_handover_prepared", "Guests expected here")                                                              \
	X(HANDOVER_PAUSED, "xtr_handover_paused", "Guests that stopped here to go elsewhere")                                              \
	X(HANDOVER_RESUMED, "xtr_handover_resumed", "Guests that came here")                                                               \
	X(HANDOVER_ABORTED, "xtr_handover_aborted", "Guests that stopped here and stayed")                                                 \
	X(HANDOVER_CAMPUS_LATE, "xtr_handover_campus_late",                                                                                \
		"Guests that moved within the site, of which the RBridge did not hear in time")                                            \
	X(HANDOVER_REFUSED, "xtr_handover_refused",                                                                                        \
		"Guests said to run here that their owner keeps")                                                                          \
	X(HANDOVER_CONTESTED, "xtr_handover_contested",                                                                                    \
		"Guests that run here and that another site was refused")                                                                  \
	X(HANDOVER_TAKEN_OVER, "xtr_handover_taken_over",                                                                                  \
		"Guests taken from an owner that said nothing")                                                                            \
	X(HANDOVER_PROVEN, "xtr_handover_proven",                                                                                          \
		"Places accepted for a guest that leaves here, by its ticket")                                                             \
	X(HANDOVER_UNPROVEN, "xtr_handover_unproven",                                                                                      \
		"Who asked for a guest that leaves here, without its ticket")                                                              \
	X(HANDOVER_DROP_TICKET, "xtr_handover_drop_ticket",                                                                                \
		"Tickets of guests not kept: not wrapped under their agent's key")                                                         \
	X(HANDOVER_DROP_MALFORMED, "xtr_handover_drop_malformed",                                                                          \
		"Handover messages dropped: malformed, or of another version")                                                             \
	X(HANDOVER_DROP_KIND, "xtr_handover_drop_kind",                                                                                    \
		"Handover messages dropped: of a kind that is not for xTRs")                                                               \
	X(HANDOVER_DROP_AUTH, "xtr_handover_drop_auth",                                                                                    \
		"Handover messages dropped: authentication, or an unknown sender")                                                         \
	X(HANDOVER_DROP_EID, "xtr_handover_drop_eid",                                                                                      \
		"Handover messages dropped: EIDs that are not their sender's to speak of")                                                 \
	X(HANDOVER_DROP_STALE, "xtr_handover_drop_stale",                                                                                  \
		"Handover messages dropped: a replay, or nothing waits for them")                                                          \
	X(HANDOVER_DROP_AGENT_FULL, "xtr_handover_drop_agent_full",                                                                        \
		"EIDs that an agent spoke of beyond its share, answered so")                                                               \
	X(HANDOVER_DROP_AGENT_RATE, "xtr_handover_drop_agent_rate",                                                                        \
		"Handover messages dropped: what an agent says, brings or repeats too often")                                              \
	X(PROXY_ANSWERED, "xtr_proxy_answered",                                                                                            \
		"ARP and ND questions for machines elsewhere, answered with the MAC of the gateway")                                       \
	X(PROXY_DEFENDED, "xtr_proxy_defended",                                                                                            \
		"Probes by a second machine for the address of one that has left, answered")                                               \
	X(PROXY_PROBES, "xtr_proxy_probes",                                                                                                \
		"Probes for the address of a machine elsewhere, left to its own site")                                                     \
	X(PROXY_ANNOUNCED, "xtr_proxy_announced",                                                                                          \
		"Machines that left or came, announced to their neighbours")                                                               \
	X(PROXY_CORRECTED, "xtr_proxy_corrected",                                                                                          \
		"Machines told that one they sent to is elsewhere")                                                                        \
	X(PROXY_DROP_LIMIT, "xtr_proxy_drop_limit",                                                                                        \
		"ARP and ND questions not looked at: too many a second on a port")                                                         \
	X(PROXY_DROP_FULL, "xtr_proxy_drop_full",                                                                                          \
		"ARP and ND questions not looked up: too many wait for a mapping")                                                         \
	X(PROXY_DROP_MALFORMED, "xtr_proxy_drop_malformed",                                                                                \
		"ARP and ND questions dropped: malformed")                                                                                 \
	X(GATEWAY_ANSWERED, "xtr_gateway_answered",                                                                                        \
		"ARP and ND questions for the gateway, answered")                                                                          \
	X(CONTROL_DROP_TYPE, "xtr_control_drop_type",                                                                                      \
		"Control messages dropped: of a type that an xTR does not take")                                                           \
	X(CONTROL_DROP_NO_CHECKSUM, "xtr_control_drop_no_checksum",                                                                        \
		"Control messages dropped: no UDP checksum (RFC 9301 section 5), or nothing in them")

enum xtr_counter {
#define XTR_COUNTER_ENUM(id, name, help) XTR_##id,
	XTR_COUNTERS(XTR_COUNTER_ENUM)
#undef XTR_COUNTER_ENUM
		XTR_COUNTER_COUNT
};

struct xtr_counter_info {
	const char *name;
	const char *help;
};

/* By enum xtr_counter. */
extern const struct xtr_counter_info xtr_counter_info[XTR_COUNTER_COUNT];

#endif
