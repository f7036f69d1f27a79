# cli/: sunward, the operator's command, and lig by its other name.
noinst_LIBRARIES += cli/libcli.a
cli_libcli_a_SOURCES = %D%/cli.c %D%/cli.h %D%/ddt.c %D%/grammar.c %D%/grammar.h %D%/help.c %D%/commands.c \
	%D%/verbs.c %D%/verbs.h %D%/writer.c %D%/writer.h %D%/client.c %D%/client.h \
	%D%/watch.c %D%/watch.h %D%/status.c %D%/site.c %D%/subscription.c %D%/tenant.c %D%/key.c %D%/eid.c %D%/history.c %D%/xtr.c %D%/trill.c %D%/trill_view.h %D%/trill_list.c %D%/trill_oam.c %D%/trill_station.c %D%/trill_campus.c %D%/campus_picture.h %D%/campus_place.c %D%/campus_text.c %D%/campus_svg.c %D%/vm.c %D%/vm_move.c %D%/move.c %D%/counters.c %D%/config.c \
	%D%/store.c %D%/store.h %D%/store_restore.c %D%/lig.c %D%/lig.h %D%/lig_args.c %D%/lig_message.c %D%/lig_show.c
cli_libcli_a_CPPFLAGS = $(AM_CPPFLAGS) -DSBINDIR='"$(sbindir)"'

CLI_LIBS = cli/libcli.a lib/libstore.a lisp/liblisp.a lib/libnet.a lib/libbase.a $(LMDB_LIBS) $(CURL_LIBS) $(JSON_LIBS) $(OPENSSL_LIBS) \
	$(BSD_LIBS) -lm

bin_PROGRAMS += sunward
sunward_SOURCES = %D%/main.c
sunward_LDADD = $(CLI_LIBS)

# The same program by its other name.
install-exec-hook:
	cd $(DESTDIR)$(bindir) && rm -f lig && ln -s sunward lig
uninstall-hook:
	rm -f $(DESTDIR)$(bindir)/lig
