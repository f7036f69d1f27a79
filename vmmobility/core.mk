# The agent's pure core.
noinst_LIBRARIES += vmmobility/libvmcore.a
vmmobility_libvmcore_a_SOURCES = %D%/env.h %D%/counter.c %D%/counter.h %D%/guest_uuid.c %D%/guest_uuid.h \
	%D%/reporter.c %D%/reporter.h %D%/tail_run.c %D%/tail_run.h %D%/guests.c %D%/guests.h %D%/moves.c %D%/moves.h %D%/recall.c %D%/recall.h %D%/ticket_queue.c %D%/ticket_queue.h %D%/qmp_reader.c %D%/qmp_reader.h \
	%D%/guest_index.c %D%/guest_index.h %D%/sendings.c %D%/sendings.h \
	%D%/qmp_session.c %D%/qmp_session.h %D%/domain_xml.c %D%/domain_xml.h %D%/hook_message.c %D%/hook_message.h
# Guests known by what is heard behind their interfaces.
vmmobility_libvmcore_a_SOURCES += %D%/snoop.c %D%/snoop.h %D%/snoop_card.c %D%/snoop_internal.h
