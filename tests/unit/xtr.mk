# Unit and replay tests of the xTR's core: virtual time, scripted packets, a data plane in memory.
XTR_CORE_LIBS = xtr/libxtrcore.a $(TEST_LIBS) $(CMOCKA_LIBS)
XTR_WORLD = tests/unit/xtr_world.c tests/unit/xtr_world.h tests/unit/fake_datapath.c \
	tests/unit/fake_datapath.h $(WORLD_PARSE)
check_PROGRAMS += tests/unit/test_xtr_policy tests/unit/test_xtr_hold tests/unit/test_xtr_resolution \
	tests/unit/test_xtr_registration tests/unit/test_xtr_claim tests/unit/test_xtr_site \
	tests/unit/test_xtr_smr tests/unit/test_xtr_probe tests/unit/test_xtr_etr
tests_unit_test_xtr_policy_SOURCES = tests/unit/test_xtr_policy.c $(XTR_WORLD)
tests_unit_test_xtr_policy_LDADD = $(XTR_CORE_LIBS)
tests_unit_test_xtr_hold_SOURCES = tests/unit/test_xtr_hold.c $(XTR_WORLD)
tests_unit_test_xtr_hold_LDADD = $(XTR_CORE_LIBS)
tests_unit_test_xtr_resolution_SOURCES = tests/unit/test_xtr_resolution.c $(XTR_WORLD)
tests_unit_test_xtr_resolution_LDADD = $(XTR_CORE_LIBS)
tests_unit_test_xtr_registration_SOURCES = tests/unit/test_xtr_registration.c $(XTR_WORLD)
tests_unit_test_xtr_registration_LDADD = $(XTR_CORE_LIBS)
tests_unit_test_xtr_claim_SOURCES = tests/unit/test_xtr_claim.c $(XTR_WORLD)
tests_unit_test_xtr_claim_LDADD = $(XTR_CORE_LIBS)
tests_unit_test_xtr_site_SOURCES = tests/unit/test_xtr_site.c $(XTR_WORLD)
tests_unit_test_xtr_site_LDADD = $(XTR_CORE_LIBS)
tests_unit_test_xtr_smr_SOURCES = tests/unit/test_xtr_smr.c $(XTR_WORLD)
tests_unit_test_xtr_smr_LDADD = $(XTR_CORE_LIBS)
tests_unit_test_xtr_probe_SOURCES = tests/unit/test_xtr_probe.c $(XTR_WORLD)
tests_unit_test_xtr_probe_LDADD = $(XTR_CORE_LIBS)
tests_unit_test_xtr_etr_SOURCES = tests/unit/test_xtr_etr.c $(XTR_WORLD)
tests_unit_test_xtr_etr_LDADD = $(XTR_CORE_LIBS)
check_PROGRAMS += tests/unit/test_xtr_subscriber
tests_unit_test_xtr_subscriber_SOURCES = tests/unit/test_xtr_subscriber.c $(XTR_WORLD)
tests_unit_test_xtr_subscriber_LDADD = $(XTR_CORE_LIBS)
check_PROGRAMS += tests/unit/test_xtr_protection
tests_unit_test_xtr_protection_SOURCES = tests/unit/test_xtr_protection.c $(XTR_WORLD)
tests_unit_test_xtr_protection_LDADD = $(XTR_CORE_LIBS)
check_PROGRAMS += tests/unit/test_xtr_nat
tests_unit_test_xtr_nat_SOURCES = tests/unit/test_xtr_nat.c $(XTR_WORLD)
tests_unit_test_xtr_nat_LDADD = $(XTR_CORE_LIBS)
HANDOVER_SITES = tests/unit/handover_sites.c tests/unit/handover_sites.h $(XTR_WORLD)
check_PROGRAMS += tests/unit/test_xtr_handover
tests_unit_test_xtr_handover_SOURCES = tests/unit/test_xtr_handover.c $(HANDOVER_SITES)
tests_unit_test_xtr_handover_LDADD = $(XTR_CORE_LIBS)
check_PROGRAMS += tests/unit/test_xtr_handover_again
tests_unit_test_xtr_handover_again_SOURCES = tests/unit/test_xtr_handover_again.c $(HANDOVER_SITES)
tests_unit_test_xtr_handover_again_LDADD = $(XTR_CORE_LIBS)
check_PROGRAMS += tests/unit/test_xtr_handover_mac
tests_unit_test_xtr_handover_mac_SOURCES = tests/unit/test_xtr_handover_mac.c $(HANDOVER_SITES)
tests_unit_test_xtr_handover_mac_LDADD = $(XTR_CORE_LIBS)
check_PROGRAMS += tests/unit/test_xtr_handover_trust
tests_unit_test_xtr_handover_trust_SOURCES = tests/unit/test_xtr_handover_trust.c $(HANDOVER_SITES)
tests_unit_test_xtr_handover_trust_LDADD = $(XTR_CORE_LIBS)

check_PROGRAMS += tests/unit/test_xtr_handover_neighbour
tests_unit_test_xtr_handover_neighbour_SOURCES = tests/unit/test_xtr_handover_neighbour.c $(HANDOVER_SITES)
tests_unit_test_xtr_handover_neighbour_LDADD = $(XTR_CORE_LIBS)
check_PROGRAMS += tests/unit/test_xtr_handover_share
tests_unit_test_xtr_handover_share_SOURCES = tests/unit/test_xtr_handover_share.c $(HANDOVER_SITES)
tests_unit_test_xtr_handover_share_LDADD = $(XTR_CORE_LIBS)
check_PROGRAMS += tests/unit/test_xtr_handover_order
tests_unit_test_xtr_handover_order_SOURCES = tests/unit/test_xtr_handover_order.c $(HANDOVER_SITES)
tests_unit_test_xtr_handover_order_LDADD = $(XTR_CORE_LIBS)
check_PROGRAMS += tests/unit/test_xtr_handover_evidence
tests_unit_test_xtr_handover_evidence_SOURCES = tests/unit/test_xtr_handover_evidence.c $(HANDOVER_SITES)
tests_unit_test_xtr_handover_evidence_LDADD = $(XTR_CORE_LIBS)
check_PROGRAMS += tests/unit/test_xtr_handover_contest
tests_unit_test_xtr_handover_contest_SOURCES = tests/unit/test_xtr_handover_contest.c $(HANDOVER_SITES)
tests_unit_test_xtr_handover_contest_LDADD = $(XTR_CORE_LIBS)
check_PROGRAMS += tests/unit/test_xtr_gateway
tests_unit_test_xtr_gateway_SOURCES = tests/unit/test_xtr_gateway.c $(XTR_WORLD)
tests_unit_test_xtr_gateway_LDADD = $(XTR_CORE_LIBS)
# The states of a handover against those of the model: tests/model/traces are spin's (tests/model/traces.sh).
check_PROGRAMS += tests/unit/test_handover_trace
tests_unit_test_handover_trace_SOURCES = tests/unit/test_handover_trace.c $(XTR_WORLD)
tests_unit_test_handover_trace_LDADD = $(XTR_CORE_LIBS)
# Only the shell's file that it tests: the router is the test's own.
check_PROGRAMS += tests/unit/test_agent_memory
tests_unit_test_agent_memory_SOURCES = tests/unit/test_agent_memory.c $(SCRATCH)
tests_unit_test_agent_memory_LDADD = xtr/libxtrshell.a $(TEST_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_xtr_campus
tests_unit_test_xtr_campus_SOURCES = tests/unit/test_xtr_campus.c $(XTR_WORLD)
tests_unit_test_xtr_campus_LDADD = $(XTR_CORE_LIBS)
