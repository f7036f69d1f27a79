/* counter: what the agent counts, declared once. The shell exports the array by these names.
 *
 * Every message or event that is dropped or refused has one counter, by reason. */
#ifndef SUNWARD_VMMOBILITY_COUNTER_H
#define SUNWARD_VMMOBILITY_COUNTER_H

/* X(enumerator, name, help) */
#define VM_COUNTERS(X)                                                                                       \
	X(STATES_SENT, "vmagent_states_sent", "States of guests told to an xTR, repetitions too")            \
	X(STATES_REPEATED, "vmagent_states_repeated", "States told again for want of an answer")             \
	X(STATES_TAKEN, "vmagent_states_taken", "States that an xTR has acknowledged")                       \
	X(STATES_OLD, "vmagent_states_old", "States that an xTR held to be older than it knows")             \
	X(STATES_REFUSED, "vmagent_states_refused", "States that an xTR does not let us tell")               \
	X(TAILS_SENT, "vmagent_tails_sent",                                                                  \
		"Packets that a guest had not read, told to an xTR, repetitions too")                        \
	X(TAILS_TAKEN, "vmagent_tails_taken", "The same, acknowledged")                                      \
	X(TAILS_LOST, "vmagent_tails_lost",                                                                  \
		"Frames that a guest had not read and of which there was no copy")                           \
	X(ASKED, "vmagent_asked", "Questions of xTRs that were answered")                                    \
	X(DROP_MALFORMED, "vmagent_drop_malformed", "Datagrams dropped: malformed")                          \
	X(DROP_KIND, "vmagent_drop_kind", "Datagrams dropped: not for an agent")                             \
	X(DROP_AUTH, "vmagent_drop_auth", "Datagrams dropped: no xTR's key makes their MAC")                 \
	X(DROP_REPLAY, "vmagent_drop_replay",                                                                \
		"Questions dropped: their counter is not above the last one")                                \
	X(DROP_UNASKED, "vmagent_drop_unasked",                                                              \
		"Acknowledgements dropped: nothing waits for them")                                          \
	X(OUTBOX_FULL, "vmagent_outbox_full", "Messages not sent: no room in the outbox")                    \
	X(NO_MEMORY, "vmagent_no_memory", "Events not acted upon for want of memory")                        \
	X(GUESTS_FULL, "vmagent_guests_full", "Guests not taken in: too many")                               \
	X(CHANGES, "vmagent_guest_changes", "Changes of a guest's state")                                    \
	X(NOT_KEPT, "vmagent_not_kept",                                                                      \
		"Guests that could not be kept in the state directory, or not be forgotten")                 \
	X(EXPECTED_EXPIRED, "vmagent_expected_expired",                                                      \
		"Guests that were announced and never came")                                                 \
	X(SNOOP_FRAMES, "vmagent_snoop_frames",                                                              \
		"Frames of ARP, RARP and neighbour discovery that were looked at")                           \
	X(SNOOP_FOUND, "vmagent_snoop_found", "Addresses found behind interfaces")                           \
	X(SNOOP_ASKED, "vmagent_snoop_asked", "ARP requests and solicitations sent to guests")               \
	X(SNOOP_SPOOFED, "vmagent_snoop_spoofed",                                                            \
		"Addresses and MACs heard behind an interface that are another guest's: not believed")       \
	X(SNOOP_OUTSIDE, "vmagent_snoop_outside", "Addresses heard that no eid-prefix covers")               \
	X(SNOOP_LIMIT, "vmagent_snoop_limit",                                                                \
		"Interfaces, cards and addresses not taken in: too many")                                    \
	X(SNOOP_RATE, "vmagent_snoop_rate",                                                                  \
		"Frames not looked at: more than 100 a second behind one interface")                         \
	X(SNOOP_MALFORMED, "vmagent_snoop_malformed",                                                        \
		"Frames of ARP, RARP and neighbour discovery that are malformed, or speak for another card") \
	X(HOOKS, "vmagent_hooks", "Hooks of libvirt that were heard")                                        \
	X(HOOKS_MALFORMED, "vmagent_hooks_malformed", "Hooks whose message or XML is wrong")                 \
	X(TICKETS_FAILED, "vmagent_tickets_failed",                                                          \
		"Tickets of guests that could not be written into their domains' metadata")                  \
	X(QMP_CONNECTS, "vmagent_qmp_connects", "QMP sessions that began")                                   \
	X(QMP_LOST, "vmagent_qmp_lost", "QMP sessions that ended")                                           \
	X(QMP_EVENTS, "vmagent_qmp_events", "QMP events of the kinds that are heeded")                       \
	X(QMP_ERRORS, "vmagent_qmp_errors", "QMP commands that QEMU refused")                                \
	X(QMP_MALFORMED, "vmagent_qmp_malformed", "QMP sessions ended: malformed or too long")

enum vm_counter {
#define VM_COUNTER_ENUM(id, name, help) VM_##id,
	VM_COUNTERS(VM_COUNTER_ENUM)
#undef VM_COUNTER_ENUM
		VM_COUNTER_COUNT
};

struct vm_counter_info {
	const char *name;
	const char *help;
};

/* By enum vm_counter. */
extern const struct vm_counter_info vm_counter_info[VM_COUNTER_COUNT];

#endif
