# The tunnel router's shell, and the daemon.
noinst_LIBRARIES += xtr/libxtrshell.a
xtr_libxtrshell_a_SOURCES = %D%/shell.c %D%/shell.h %D%/agent_memory.c %D%/agent_memory.h %D%/shell_metrics.c %D%/shell_metrics.h %D%/api.c %D%/api.h %D%/api_moves.c %D%/api_moves.h \
	%D%/config.c %D%/config.h %D%/config_internal.h \
	%D%/config_map_server.c %D%/config_agent.c %D%/config_security.c %D%/config_port.c %D%/config_limits.c %D%/ports.c %D%/ports.h %D%/helper.c %D%/helper.h
xtr_libxtrshell_a_SOURCES += %D%/config_rbridge.c %D%/rbridge.c %D%/rbridge.h %D%/rbridge_row.c %D%/rbridge_row.h %D%/shell_rbridge.c %D%/shell_rbridge.h

sbin_PROGRAMS += sunward-xtr
sunward_xtr_SOURCES = %D%/main.c
sunward_xtr_LDADD = xtr/libxtrshell.a xtr/libxtrcore.a xtr/libdatapath.a common/libcommon.a lisp/liblisp.a lib/libservice.a lib/libstore.a \
	lib/libtable.a lib/libnet.a lib/libbase.a $(BPF_LIBS) $(OPENSSL_LIBS) $(EVENT_LIBS) $(CONFUSE_LIBS) $(JSON_LIBS) \
	$(LMDB_LIBS) $(MNL_LIBS) $(URCU_LIBS) $(CAPNG_LIBS) $(SECCOMP_LIBS) $(BSD_LIBS)
