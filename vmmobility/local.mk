# files of vmmobility/
include vmmobility/core.mk

# The agent's shell, and the daemon.
noinst_LIBRARIES += vmmobility/libvmagent.a
vmmobility_libvmagent_a_SOURCES = %D%/agent.c %D%/agent.h %D%/agent_api.c %D%/agent_api.h %D%/agent_metrics.c %D%/agent_moves.c %D%/agent_moves.h %D%/agent_arrivals.c %D%/agent_arrivals.h %D%/libvirt_mover.h %D%/libvirt_tickets.h %D%/agent_ticket.c %D%/agent_ticket.h \
	%D%/agent_metrics.h %D%/agent_recall.c %D%/agent_recall.h %D%/agent_snoop.c %D%/agent_snoop.h \
	%D%/netlink_source.c %D%/netlink_source.h %D%/packet_source.c %D%/packet_source.h %D%/agent_campus.c %D%/agent_campus.h %D%/campus_claims.c %D%/campus_claims.h %D%/config.c %D%/config.h %D%/config_internal.h %D%/config_rbridge.c %D%/helper.c %D%/helper.h %D%/taps.c %D%/taps.h %D%/qmp_source.c %D%/qmp_source.h %D%/hook_source.c %D%/hook_source.h %D%/libvirt_source.h

if LIBVIRT
vmmobility_libvmagent_a_SOURCES += %D%/libvirt_source.c %D%/libvirt_queue.c %D%/libvirt_queue.h %D%/libvirt_event.c %D%/libvirt_event.h \
	%D%/libvirt_news.c %D%/libvirt_news.h %D%/libvirt_mover.c %D%/libvirt_tickets.c
else
vmmobility_libvmagent_a_SOURCES += %D%/libvirt_none.c
endif

VMAGENT_LIBS = vmmobility/libvmagent.a vmmobility/libvmcore.a vmmobility/libtail.a common/libcommon.a lisp/liblisp.a lib/libservice.a lib/libstore.a \
	lib/libtable.a lib/libnet.a lib/libbase.a $(OPENSSL_LIBS) $(EVENT_LIBS) $(CONFUSE_LIBS) $(JSON_LIBS) $(LMDB_LIBS) \
	$(MNL_LIBS) $(URCU_LIBS) $(CAPNG_LIBS) $(SECCOMP_LIBS) $(BSD_LIBS) $(XML_LIBS) $(LIBVIRT_LIBS) $(BPF_LIBS)

sbin_PROGRAMS += sunward-vmagent
sunward_vmagent_SOURCES = %D%/main.c
sunward_vmagent_LDADD = $(VMAGENT_LIBS)

# What libvirt calls as a hook. It links next to nothing: libvirt waits for it.
sunwardlibexecdir = $(libexecdir)/sunward
sunwardlibexec_PROGRAMS = sunward-vm-hook
sunward_vm_hook_SOURCES = %D%/hook_main.c %D%/hook_message.c %D%/hook_message.h
sunward_vm_hook_LDADD = lib/libbase.a
