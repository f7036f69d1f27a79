# The xTR's pure core.
noinst_LIBRARIES += xtr/libxtrcore.a
xtr_libxtrcore_a_SOURCES = %D%/datapath.h %D%/env.h %D%/rooms.h \
	%D%/router.c %D%/router.h %D%/router_view.c %D%/router_reload.c \
	%D%/site.c %D%/remote.c %D%/forwarding.c \
	%D%/policy.c %D%/policy.h %D%/counter.c %D%/counter.h %D%/eid_table.c %D%/eid_table.h \
	%D%/locator.c %D%/locator.h %D%/hold.c %D%/hold.h %D%/resolution.c %D%/resolution.h \
	%D%/probe.c %D%/probe.h %D%/map_cache.c %D%/map_cache.h %D%/verify.c %D%/verify.h \
	%D%/away.c %D%/away.h %D%/subscriber.c %D%/subscriber.h %D%/smr.c %D%/smr.h  %D%/etr.c %D%/etr.h %D%/server.c %D%/server.h \
	%D%/acknowledge.c %D%/acknowledge.h %D%/registration.c %D%/registration.h %D%/claim.c %D%/claim.h \
	%D%/dynamic_eid.c %D%/dynamic_eid.h %D%/move_log.c %D%/move_log.h
xtr_libxtrcore_a_SOURCES += %D%/campus.c %D%/campus.h
xtr_libxtrcore_a_SOURCES += %D%/handover_share.c
xtr_libxtrcore_a_SOURCES += %D%/protection.c %D%/protection.h
xtr_libxtrcore_a_SOURCES += %D%/handover.c %D%/handover.h %D%/handover_internal.h \
	%D%/handover_agent.c %D%/handover_arrival.c %D%/handover_contest.c %D%/handover_departure.c %D%/handover_hearsay.c %D%/handover_order.c %D%/handover_seek.c %D%/handover_passage.c %D%/handover_passage.h %D%/handover_peer.c %D%/handover_rival.c %D%/handover_ticket.c %D%/handover_share.c %D%/handover_turn.c %D%/handover_view.c %D%/handover_within.c
xtr_libxtrcore_a_SOURCES += %D%/nat.c %D%/nat.h
xtr_libxtrcore_a_SOURCES += %D%/gateway.c %D%/gateway.h
