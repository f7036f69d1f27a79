# The lab's tests: each brings up the lab of tests/lab/topology.sh, or a part of it, under its own prefix.
noinst_PROGRAMS += tests/netns/datagrams
tests_netns_datagrams_SOURCES = tests/netns/datagrams.c
tests_netns_datagrams_LDADD = lib/libnet.a lib/libbase.a $(BSD_LIBS)
dist_check_SCRIPTS += tests/netns/demo-quick.sh tests/netns/first-packets.sh tests/netns/away.sh tests/netns/restart.sh tests/netns/ports.sh tests/netns/drain.sh tests/netns/cli.sh tests/netns/config.sh tests/netns/reload.sh tests/netns/tunnel-in-tunnel.sh
EXTRA_DIST += tests/netns/require.sh tests/netns/lab_test.sh
dist_check_SCRIPTS += tests/netns/clear-up.sh tests/netns/ddt.sh
dist_check_SCRIPTS += tests/netns/store.sh
dist_check_SCRIPTS += tests/netns/pubsub.sh tests/netns/pubsub-keyless.sh
dist_check_SCRIPTS += tests/netns/migrate.sh tests/netns/migrate-libvirt.sh tests/netns/demo-guests.sh tests/netns/migrate-agent.sh tests/netns/migrate-agent-libvirt.sh
dist_check_SCRIPTS += tests/netns/migrate-standin.sh
dist_check_SCRIPTS += tests/netns/snoop.sh
dist_check_SCRIPTS += tests/netns/nat.sh
dist_check_SCRIPTS += tests/netns/lisp-sec.sh
noinst_PROGRAMS += tests/netns/poison
tests_netns_poison_SOURCES = tests/netns/poison.c
tests_netns_poison_LDADD = $(TEST_LIBS)
dist_check_SCRIPTS += tests/netns/multicast.sh tests/netns/locators.sh
EXTRA_DIST += tests/netns/beside.sh
noinst_PROGRAMS += tests/netns/multicast
tests_netns_multicast_SOURCES = tests/netns/multicast.c
tests_netns_multicast_LDADD = $(TEST_LIBS)
dist_check_SCRIPTS += tests/netns/tenants.sh
dist_check_SCRIPTS += tests/netns/xtr-api.sh
noinst_PROGRAMS += tests/netns/contract_xtr
tests_netns_contract_xtr_SOURCES = tests/netns/contract_xtr.c $(CONTRACT)
tests_netns_contract_xtr_LDADD = $(CMOCKA_LIBS) $(CURL_LIBS) $(JSON_LIBS)
# A preloaded clock; never with a sanitizer of its own.
dist_check_SCRIPTS += tests/netns/clock.sh
EXTRA_DIST += tests/netns/wall_shift.c
noinst_DATA += tests/netns/wall_shift.so
CLEANFILES += tests/netns/wall_shift.so
tests/netns/wall_shift.so: $(top_srcdir)/tests/netns/wall_shift.c
	@$(MKDIR_P) $(@D)
	$(AM_V_GEN)$(CC) -D_GNU_SOURCE -O2 -shared -fPIC -o $@ $<
dist_check_SCRIPTS += tests/netns/rotate-key.sh
noinst_PROGRAMS += tests/netns/registers
tests_netns_registers_SOURCES = tests/netns/registers.c
tests_netns_registers_LDADD = $(TEST_LIBS)
dist_check_SCRIPTS += tests/netns/wan.sh
dist_check_SCRIPTS += tests/netns/one-subnet.sh tests/netns/one-subnet-agents.sh
dist_check_SCRIPTS += tests/netns/faults-quick.sh
dist_check_SCRIPTS += tests/netns/campus-move.sh tests/netns/campus-move-agents.sh tests/netns/campus-wild.sh tests/netns/two-xtrs.sh
EXTRA_DIST += tests/netns/campus_six.sh tests/lab/campus.sh
