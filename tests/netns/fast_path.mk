# The map-server's fast path: by itself, and beside the core in every replay of it.
FAST_WORLD = tests/replay/world.c tests/replay/world.h tests/netns/world_fast.c tests/netns/world_fast.h \
	tests/unit/world_parse.c tests/unit/world_parse.h
FAST_LIBS = mapserver/libmapserver.a $(TEST_LIBS) $(BPF_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/netns/test_fast_path tests/netns/test_fast_requests tests/netns/test_fast_registrations \
	tests/netns/test_fast_claims
tests_netns_test_fast_path_SOURCES = tests/netns/test_fast_path.c $(FAST_WORLD)
tests_netns_test_fast_path_LDADD = $(FAST_LIBS)
tests_netns_test_fast_requests_SOURCES = tests/replay/test_requests.c $(FAST_WORLD)
tests_netns_test_fast_requests_LDADD = $(FAST_LIBS)
tests_netns_test_fast_registrations_SOURCES = tests/replay/test_registrations.c $(FAST_WORLD)
tests_netns_test_fast_registrations_LDADD = $(FAST_LIBS)
tests_netns_test_fast_claims_SOURCES = tests/replay/test_claims.c $(FAST_WORLD)
tests_netns_test_fast_claims_LDADD = $(FAST_LIBS)

dist_check_SCRIPTS += tests/netns/fast-path.sh
EXTRA_DIST += %D%/xdp_pass.bpf.c
check_DATA += tests/netns/xdp_pass.bpf.o
CLEANFILES += tests/netns/xdp_pass.bpf.o
tests/netns/xdp_pass.bpf.o: %D%/xdp_pass.bpf.c
	@$(MKDIR_P) tests/netns
	$(AM_V_GEN)$(CLANG) $(BPF_TARGET_FLAGS) -c $(top_srcdir)/tests/netns/xdp_pass.bpf.c -o $@

# What came later: subscriptions, protected requests, a restart.
check_PROGRAMS += tests/netns/test_fast_pubsub tests/netns/test_fast_secure tests/netns/test_fast_recovery
tests_netns_test_fast_pubsub_SOURCES = tests/replay/test_pubsub.c tests/replay/pubsub_world.c tests/replay/pubsub_world.h $(FAST_WORLD)
tests_netns_test_fast_pubsub_LDADD = $(FAST_LIBS)
tests_netns_test_fast_secure_SOURCES = tests/replay/test_secure.c tests/replay/ddt_world.c tests/replay/ddt_world.h \
	tests/unit/ddt_vector.h $(FAST_WORLD)
tests_netns_test_fast_secure_LDADD = $(FAST_LIBS)
tests_netns_test_fast_recovery_SOURCES = tests/replay/test_recovery.c $(FAST_WORLD)
tests_netns_test_fast_recovery_LDADD = $(FAST_LIBS)
# Tenants: the kernel answers each in its own instance.
check_PROGRAMS += tests/netns/test_fast_tenants
tests_netns_test_fast_tenants_SOURCES = tests/replay/test_tenants.c tests/replay/tenant_world.c tests/replay/tenant_world.h $(FAST_WORLD)
tests_netns_test_fast_tenants_LDADD = $(FAST_LIBS)
