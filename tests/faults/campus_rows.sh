# campus_rows.sh: to be sourced by rows.sh. A real guest that bare QEMUs migrate within a site, between hypervisors behind two RBridges of its campus.

row campus-there-and-back campus 0 500 10 "a migration to the hypervisor behind another RBridge of the campus, and back" \
	"it runs at paris; the mapping system hears nothing, and TCP is kept"
do_campus_there_and_back() { from_outside there_and_back; }
there_and_back()
{
	move_within parishv besidehv && poll 5 "the campus to have it at its new place" campus_says 0x0c04 &&
		move_within besidehv parishv && mark runs "$GUEST_RESUME_S"
}
