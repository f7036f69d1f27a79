# The RBridge's data plane.
TRILL_BPF_TEST = tests/netns/trill_bpf.c tests/netns/trill_bpf.h $(BPF_FRAME)
check_PROGRAMS += tests/netns/test_trill_receive
tests_netns_test_trill_receive_SOURCES = tests/netns/test_trill_receive.c $(TRILL_BPF_TEST)
tests_netns_test_trill_receive_LDADD = $(TRILL_DATAPATH_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/netns/test_trill_forward
tests_netns_test_trill_forward_SOURCES = tests/netns/test_trill_forward.c $(TRILL_BPF_TEST)
tests_netns_test_trill_forward_LDADD = $(TRILL_DATAPATH_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/netns/test_trill_recent
tests_netns_test_trill_recent_SOURCES = tests/netns/test_trill_recent.c $(TRILL_BPF_TEST)
tests_netns_test_trill_recent_LDADD = $(TRILL_DATAPATH_LIBS) $(CMOCKA_LIBS)
noinst_PROGRAMS += tests/netns/trill_static
tests_netns_trill_static_SOURCES = tests/netns/trill_static.c
tests_netns_trill_static_LDADD = $(TRILL_DATAPATH_LIBS)
dist_check_SCRIPTS += tests/netns/trill-datapath.sh
check_PROGRAMS += tests/netns/test_trill_copies
tests_netns_test_trill_copies_SOURCES = tests/netns/test_trill_copies.c $(TRILL_BPF_TEST)
nodist_tests_netns_test_trill_copies_SOURCES = tests/netns/trill_mix.skel.h
tests_netns_test_trill_copies_LDADD = $(TRILL_DATAPATH_LIBS) $(CMOCKA_LIBS)
EXTRA_DIST += %D%/trill_mix.bpf.c
BUILT_SOURCES += tests/netns/trill_mix.skel.h
CLEANFILES += tests/netns/trill_mix.skel.h tests/netns/trill_mix.bpf.o
tests/netns/test_trill_copies.o: tests/netns/trill_mix.skel.h
dist_check_SCRIPTS += tests/netns/rbridge.sh tests/netns/rbridge-campus.sh
EXTRA_DIST += tests/netns/campus.sh
noinst_PROGRAMS += tests/netns/contract_rbridge
tests_netns_contract_rbridge_SOURCES = tests/netns/contract_rbridge.c $(CONTRACT)
tests_netns_contract_rbridge_LDADD = $(CMOCKA_LIBS) $(CURL_LIBS) $(JSON_LIBS)
