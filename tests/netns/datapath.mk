# The data plane in network namespaces.
noinst_PROGRAMS += tests/netns/dp_static
tests_netns_dp_static_SOURCES = tests/netns/dp_static.c
tests_netns_dp_static_LDADD = $(DATAPATH_LIBS)

check_PROGRAMS += tests/netns/test_xtr_bpf
tests_netns_test_xtr_bpf_SOURCES = tests/netns/test_xtr_bpf.c
tests_netns_test_xtr_bpf_LDADD = $(DATAPATH_LIBS) $(CMOCKA_LIBS)

noinst_PROGRAMS += tests/netns/dp_traffic tests/netns/dp_pump
tests_netns_dp_traffic_SOURCES = tests/netns/dp_traffic.c
tests_netns_dp_traffic_LDADD = lib/libnet.a lib/libbase.a $(BSD_LIBS)
tests_netns_dp_pump_SOURCES = tests/netns/dp_pump.c
dist_check_SCRIPTS += tests/netns/datapath-matrix.sh tests/netns/datapath-restart.sh
