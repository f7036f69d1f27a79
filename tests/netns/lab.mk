# The lab's tests: each brings up the lab of tests/lab/topology.sh, or a part of it, under its own prefix.
noinst_PROGRAMS += tests/netns/datagrams
tests_netns_datagrams_SOURCES = tests/netns/datagrams.c
tests_netns_datagrams_LDADD = lib/libnet.a lib/libbase.a $(BSD_LIBS)
dist_check_SCRIPTS += tests/netns/demo-quick.sh tests/netns/first-packets.sh tests/netns/away.sh tests/netns/restart.sh tests/netns/ports.sh tests/netns/drain.sh tests/netns/cli.sh tests/netns/config.sh tests/netns/reload.sh tests/netns/tunnel-in-tunnel.sh
EXTRA_DIST += tests/netns/require.sh tests/netns/lab_test.sh
dist_check_SCRIPTS += tests/netns/clear-up.sh tests/netns/ddt.sh
dist_check_SCRIPTS += tests/netns/store.sh
dist_check_SCRIPTS += tests/netns/pubsub.sh
dist_check_SCRIPTS += tests/netns/nat.sh
dist_check_SCRIPTS += tests/netns/lisp-sec.sh
noinst_PROGRAMS += tests/netns/poison
tests_netns_poison_SOURCES = tests/netns/poison.c
tests_netns_poison_LDADD = $(TEST_LIBS)
dist_check_SCRIPTS += tests/netns/tenants.sh
