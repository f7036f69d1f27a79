# The data plane in network namespaces.
noinst_PROGRAMS += tests/netns/dp_static
tests_netns_dp_static_SOURCES = tests/netns/dp_static.c
tests_netns_dp_static_LDADD = $(DATAPATH_LIBS)

BPF_FRAME = tests/netns/bpf_frame.c tests/netns/bpf_frame.h tests/netns/bpf_load.h
XTR_BPF_TEST = tests/netns/xtr_bpf.c tests/netns/xtr_bpf.h $(BPF_FRAME)
check_PROGRAMS += tests/netns/test_xtr_bpf_encap
tests_netns_test_xtr_bpf_encap_SOURCES = tests/netns/test_xtr_bpf_encap.c $(XTR_BPF_TEST)
tests_netns_test_xtr_bpf_encap_LDADD = $(DATAPATH_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/netns/test_xtr_bpf_decap
tests_netns_test_xtr_bpf_decap_SOURCES = tests/netns/test_xtr_bpf_decap.c $(XTR_BPF_TEST)
tests_netns_test_xtr_bpf_decap_LDADD = $(DATAPATH_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/netns/test_xtr_bpf_up
tests_netns_test_xtr_bpf_up_SOURCES = tests/netns/test_xtr_bpf_up.c $(XTR_BPF_TEST)
tests_netns_test_xtr_bpf_up_LDADD = $(DATAPATH_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/netns/test_xtr_bpf_events
tests_netns_test_xtr_bpf_events_SOURCES = tests/netns/test_xtr_bpf_events.c $(XTR_BPF_TEST)
tests_netns_test_xtr_bpf_events_LDADD = $(DATAPATH_LIBS) $(CMOCKA_LIBS)

noinst_PROGRAMS += tests/netns/dp_traffic tests/netns/dp_pump
tests_netns_dp_traffic_SOURCES = tests/netns/dp_traffic.c
tests_netns_dp_traffic_LDADD = lib/libnet.a lib/libbase.a $(BSD_LIBS)
tests_netns_dp_pump_SOURCES = tests/netns/dp_pump.c
dist_check_SCRIPTS += tests/netns/datapath-matrix.sh tests/netns/datapath-restart.sh

check_PROGRAMS += tests/netns/test_tail
tests_netns_test_tail_SOURCES = tests/netns/test_tail.c
tests_netns_test_tail_LDADD = $(VMAGENT_LIBS) $(CMOCKA_LIBS)
