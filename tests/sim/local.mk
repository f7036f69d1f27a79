# The simulator: the real cores of map-server and xTR under virtual time. `make check` runs test_sim.sh.
noinst_PROGRAMS += tests/sim/sim
tests_sim_sim_SOURCES = %D%/checker.c %D%/checker.h %D%/checker_internal.h %D%/crashpoint.c %D%/crashpoint.h %D%/dataplane.c %D%/dataplane.h \
	%D%/disk.c %D%/disk.h %D%/evacuate.c %D%/evacuate.h %D%/hosts.c %D%/hosts.h %D%/hypervisor.c %D%/hypervisor.h %D%/main.c %D%/gates.c %D%/gates.h %D%/network.c %D%/network.h %D%/options.c \
	%D%/options.h %D%/party_agent.c %D%/party_agent.h %D%/party_mapserver.c %D%/party_mapserver.h %D%/party_xtr.c %D%/party_xtr.h %D%/probes.c %D%/probes.h %D%/report.c \
	%D%/report.h %D%/sabotage.c %D%/sabotage.h %D%/scenario.c %D%/scenario.h %D%/sim.c %D%/sim.h %D%/verify.c
tests_sim_sim_LDADD = mapserver/libmapserver.a xtr/libxtrcore.a vmmobility/libvmcore.a $(TEST_LIBS)
check_PROGRAMS += tests/sim/test_disk
tests_sim_test_disk_SOURCES = %D%/disk.c %D%/disk.h %D%/test_disk.c
tests_sim_test_disk_LDADD = mapserver/libmapserver.a $(TEST_LIBS) $(CMOCKA_LIBS)
dist_check_SCRIPTS += %D%/test_sim.sh
EXTRA_DIST += %D%/sim.sh
