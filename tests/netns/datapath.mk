# The data plane in network namespaces.
noinst_PROGRAMS += tests/netns/dp_static
tests_netns_dp_static_SOURCES = tests/netns/dp_static.c
tests_netns_dp_static_LDADD = $(DATAPATH_LIBS)
