# The map-server's fast path: by itself, and beside the core in every replay of it.
FAST_WORLD = tests/replay/world.c tests/replay/world.h tests/netns/world_fast.c tests/netns/world_fast.h tests/netns/bpf_load.h \
	$(WORLD_PARSE)
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

# What came later: subscriptions, protected requests, a restart.
check_PROGRAMS += tests/netns/test_fast_pubsub tests/netns/test_fast_secure tests/netns/test_fast_recovery
tests_netns_test_fast_pubsub_SOURCES = tests/replay/test_pubsub.c tests/replay/pubsub_world.c tests/replay/pubsub_world.h $(FAST_WORLD)
tests_netns_test_fast_pubsub_LDADD = $(FAST_LIBS)
tests_netns_test_fast_secure_SOURCES = tests/replay/test_secure.c tests/replay/ddt_world.c tests/replay/ddt_world.h \
	tests/unit/ddt_vector.h $(FAST_WORLD)
tests_netns_test_fast_secure_LDADD = $(FAST_LIBS)
tests_netns_test_fast_recovery_SOURCES = tests/replay/test_recovery.c $(KEPT_WORLD) $(FAST_WORLD)
tests_netns_test_fast_recovery_LDADD = $(FAST_LIBS)
# Tenants: the kernel answers each in its own instance.
check_PROGRAMS += tests/netns/test_fast_tenants
tests_netns_test_fast_tenants_SOURCES = tests/replay/test_tenants.c tests/replay/tenant_world.c tests/replay/tenant_world.h $(FAST_WORLD)
tests_netns_test_fast_tenants_LDADD = $(FAST_LIBS)

# The rest of the map-server's replay tests. Not here: test_threads and test_*_threads, whose workers receive by
# themselves and not through the world (tests/unit/test_mapserver_fast_table.c has the table's threads), and
# test_contract, which speaks to a daemon's API.
FAST_PUBSUB_WORLD = tests/replay/pubsub_world.c tests/replay/pubsub_world.h $(FAST_WORLD)
FAST_TENANT_WORLD = tests/replay/tenant_world.c tests/replay/tenant_world.h
FAST_DDT_WORLD = tests/replay/ddt_world.c tests/replay/ddt_world.h tests/unit/ddt_vector.h $(FAST_WORLD)
check_PROGRAMS += tests/netns/test_fast_lcaf_locators tests/netns/test_fast_merge \
	tests/netns/test_fast_parts tests/netns/test_fast_moves tests/netns/test_fast_shared \
	tests/netns/test_fast_nat tests/netns/test_fast_room tests/netns/test_fast_quotas \
	tests/netns/test_fast_tenants_tree tests/netns/test_fast_pubsub_keys \
	tests/netns/test_fast_pubsub_store tests/netns/test_fast_pubsub_changes \
	tests/netns/test_fast_ddt_node tests/netns/test_fast_ddt_tree \
	tests/netns/test_fast_ddt_resolver tests/netns/test_fast_ddt_trust tests/netns/test_fast_secure_path
tests_netns_test_fast_lcaf_locators_SOURCES = tests/replay/test_lcaf_locators.c $(FAST_WORLD)
tests_netns_test_fast_lcaf_locators_LDADD = $(FAST_LIBS)
tests_netns_test_fast_merge_SOURCES = tests/replay/test_merge.c $(FAST_WORLD)
tests_netns_test_fast_merge_LDADD = $(FAST_LIBS)
tests_netns_test_fast_parts_SOURCES = tests/replay/test_parts.c $(KEPT_WORLD) $(FAST_WORLD)
tests_netns_test_fast_parts_LDADD = $(FAST_LIBS)
tests_netns_test_fast_moves_SOURCES = tests/replay/test_moves.c $(FAST_WORLD)
tests_netns_test_fast_moves_LDADD = $(FAST_LIBS)
tests_netns_test_fast_shared_SOURCES = tests/replay/test_shared.c $(FAST_WORLD)
tests_netns_test_fast_shared_LDADD = $(FAST_LIBS)
tests_netns_test_fast_nat_SOURCES = tests/replay/test_nat.c $(FAST_WORLD)
tests_netns_test_fast_nat_LDADD = $(FAST_LIBS)
tests_netns_test_fast_room_SOURCES = tests/replay/test_room.c $(FAST_WORLD)
tests_netns_test_fast_room_LDADD = $(FAST_LIBS)
tests_netns_test_fast_quotas_SOURCES = tests/replay/test_quotas.c $(FAST_TENANT_WORLD) $(FAST_WORLD)
tests_netns_test_fast_quotas_LDADD = $(FAST_LIBS)
tests_netns_test_fast_tenants_tree_SOURCES = tests/replay/test_tenants_tree.c $(FAST_TENANT_WORLD) $(FAST_DDT_WORLD)
tests_netns_test_fast_tenants_tree_LDADD = $(FAST_LIBS)
tests_netns_test_fast_pubsub_keys_SOURCES = tests/replay/test_pubsub_keys.c $(FAST_PUBSUB_WORLD)
tests_netns_test_fast_pubsub_keys_LDADD = $(FAST_LIBS)
tests_netns_test_fast_pubsub_store_SOURCES = tests/replay/test_pubsub_store.c $(KEPT_WORLD) $(FAST_PUBSUB_WORLD)
tests_netns_test_fast_pubsub_store_LDADD = $(FAST_LIBS)
tests_netns_test_fast_pubsub_changes_SOURCES = tests/replay/test_pubsub_changes.c $(FAST_PUBSUB_WORLD)
tests_netns_test_fast_pubsub_changes_LDADD = $(FAST_LIBS)
tests_netns_test_fast_ddt_node_SOURCES = tests/replay/test_ddt_node.c $(FAST_DDT_WORLD)
tests_netns_test_fast_ddt_node_LDADD = $(FAST_LIBS)
tests_netns_test_fast_ddt_tree_SOURCES = tests/replay/test_ddt_tree.c $(FAST_DDT_WORLD)
tests_netns_test_fast_ddt_tree_LDADD = $(FAST_LIBS)
tests_netns_test_fast_ddt_trust_SOURCES = tests/replay/test_ddt_trust.c $(FAST_DDT_WORLD)
tests_netns_test_fast_ddt_trust_LDADD = $(FAST_LIBS)
tests_netns_test_fast_ddt_resolver_SOURCES = tests/replay/test_ddt_resolver.c $(FAST_DDT_WORLD)
tests_netns_test_fast_ddt_resolver_LDADD = $(FAST_LIBS)
tests_netns_test_fast_secure_path_SOURCES = tests/replay/test_secure_path.c tests/unit/fake_datapath.c \
	tests/unit/fake_datapath.h $(FAST_WORLD)
tests_netns_test_fast_secure_path_LDADD = xtr/libxtrcore.a $(FAST_LIBS)
