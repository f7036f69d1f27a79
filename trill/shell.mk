# The RBridge's shell, and the daemon.
noinst_LIBRARIES += trill/libtrillshell.a
trill_libtrillshell_a_SOURCES = %D%/shell.c %D%/shell.h %D%/config.c %D%/config.h %D%/config_internal.h %D%/config_port.c %D%/config_label.c %D%/config_station.c %D%/config_reload.c \
	%D%/ports.c %D%/ports.h %D%/helper.c %D%/helper.h %D%/port_filter.c %D%/port_filter.h %D%/edge_log.c %D%/edge_log.h %D%/copies.c %D%/copies.h %D%/memory.c %D%/memory.h %D%/metrics.c %D%/metrics.h %D%/metrics_rooms.c \
	%D%/api.c %D%/api.h %D%/api_internal.h %D%/api_campus.c %D%/api_station.c %D%/api_probe.c %D%/api_attest.c %D%/station_body.c %D%/station_body.h
trill_libtrillshell_a_SOURCES += %D%/api_lag.c %D%/api_check.c %D%/api_ready.c

TRILL_SHELL_LIBS = trill/libtrillshell.a trill/libtrillcore.a trill/libtrilldatapath.a trill/libtrillcodec.a lib/libservice.a \
	lib/libstore.a lib/libtable.a lib/libnet.a lib/libbase.a $(BPF_LIBS) $(OPENSSL_LIBS) $(EVENT_LIBS) $(CONFUSE_LIBS) \
	$(JSON_LIBS) $(LMDB_LIBS) $(MNL_LIBS) $(URCU_LIBS) $(CAPNG_LIBS) $(SECCOMP_LIBS) $(BSD_LIBS)
sbin_PROGRAMS += sunward-rbridge
sunward_rbridge_SOURCES = %D%/main.c
sunward_rbridge_LDADD = $(TRILL_SHELL_LIBS)
