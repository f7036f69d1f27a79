# Replay tests: scripted packets and virtual time against the real core of the map-server.
REPLAY_WORLD = tests/replay/world.c tests/replay/world.h tests/replay/world_alone.c
REPLAY_LIBS = mapserver/libmapserver.a $(TEST_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/replay/test_requests tests/replay/test_registrations tests/replay/test_claims \
	tests/replay/test_threads tests/replay/test_pubsub tests/replay/test_recovery
tests_replay_test_recovery_SOURCES = tests/replay/test_recovery.c $(REPLAY_WORLD)
tests_replay_test_recovery_LDADD = $(REPLAY_LIBS)
tests_replay_test_requests_SOURCES = tests/replay/test_requests.c $(REPLAY_WORLD)
tests_replay_test_requests_LDADD = $(REPLAY_LIBS)
tests_replay_test_registrations_SOURCES = tests/replay/test_registrations.c $(REPLAY_WORLD)
tests_replay_test_registrations_LDADD = $(REPLAY_LIBS)
tests_replay_test_claims_SOURCES = tests/replay/test_claims.c $(REPLAY_WORLD)
tests_replay_test_claims_LDADD = $(REPLAY_LIBS)
tests_replay_test_threads_SOURCES = tests/replay/test_threads.c $(REPLAY_WORLD)
tests_replay_test_threads_LDADD = $(REPLAY_LIBS)
check_PROGRAMS += tests/replay/test_ddt_node
DDT_WORLD = tests/replay/ddt_world.c tests/replay/ddt_world.h tests/unit/ddt_vector.h $(REPLAY_WORLD)
tests_replay_test_ddt_node_SOURCES = tests/replay/test_ddt_node.c $(DDT_WORLD)
tests_replay_test_ddt_node_LDADD = $(REPLAY_LIBS)
check_PROGRAMS += tests/replay/test_ddt_resolver
tests_replay_test_ddt_resolver_SOURCES = tests/replay/test_ddt_resolver.c $(DDT_WORLD)
tests_replay_test_ddt_resolver_LDADD = $(REPLAY_LIBS)
check_PROGRAMS += tests/replay/test_ddt_tree
tests_replay_test_ddt_tree_SOURCES = tests/replay/test_ddt_tree.c $(DDT_WORLD)
tests_replay_test_ddt_tree_LDADD = $(REPLAY_LIBS)
check_PROGRAMS += tests/replay/test_ddt_threads
tests_replay_test_ddt_threads_SOURCES = tests/replay/test_ddt_threads.c $(DDT_WORLD)
tests_replay_test_ddt_threads_LDADD = $(REPLAY_LIBS)
tests_replay_test_pubsub_SOURCES = tests/replay/test_pubsub.c $(REPLAY_WORLD)
tests_replay_test_pubsub_LDADD = $(REPLAY_LIBS)
check_PROGRAMS += tests/replay/test_secure
tests_replay_test_secure_SOURCES = tests/replay/test_secure.c $(DDT_WORLD)
tests_replay_test_secure_LDADD = $(REPLAY_LIBS)
check_PROGRAMS += tests/replay/test_secure_path
tests_replay_test_secure_path_SOURCES = tests/replay/test_secure_path.c tests/unit/fake_datapath.c \
	tests/unit/fake_datapath.h $(REPLAY_WORLD)
tests_replay_test_secure_path_LDADD = xtr/libxtrcore.a $(REPLAY_LIBS)
dist_check_SCRIPTS += tests/replay/daemon.sh tests/replay/api_tls.sh
