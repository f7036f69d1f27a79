# The RBridge's data plane against a plain forward and the kernel.
BENCHES += tests/bench/bench_trill
tests_bench_bench_trill_SOURCES = tests/bench/bench_trill.c trill/copies.c
nodist_tests_bench_bench_trill_SOURCES = tests/bench/bench_trill.skel.h
tests_bench_bench_trill_LDADD = tests/bench/libbench.a $(TRILL_DATAPATH_LIBS) $(JSON_LIBS) $(TEST_LIBS)
EXTRA_DIST += %D%/bench_trill.bpf.c
BUILT_SOURCES += tests/bench/bench_trill.skel.h
CLEANFILES += tests/bench/bench_trill.skel.h tests/bench/bench_trill.bpf.o
tests/bench/bench_trill.bpf.o: %D%/xdp_bench.bpf.h
tests/bench/bench_trill.o: tests/bench/bench_trill.skel.h
# The core alone.
BENCHES += tests/bench/bench_trill_core
tests_bench_bench_trill_core_SOURCES = tests/bench/bench_trill_core.c tests/trill/virtual_campus.c tests/trill/virtual_campus.h tests/trill/phantom.c tests/trill/phantom.h
tests_bench_bench_trill_core_LDADD = tests/bench/libbench.a trill/libtrillcore.a trill/libtrillcodec.a lib/libnet.a lib/libbase.a $(JSON_LIBS) $(OPENSSL_LIBS) $(BSD_LIBS)
dist_check_SCRIPTS += %D%/test_bench_trill_core.sh
# The daemons, in labs.
BENCHES += tests/bench/bench_trill_failover
tests_bench_bench_trill_failover_SOURCES = tests/bench/bench_trill_failover.c tests/bench/lab_process.c
tests_bench_bench_trill_failover_LDADD = $(BENCH_LIBS)
EXTRA_DIST += %D%/failover_lab.sh %D%/failover_evpn.sh %D%/failover_agents.sh
noinst_PROGRAMS += tests/bench/crowd
tests_bench_crowd_SOURCES = %D%/crowd.c tests/lab/there.c tests/lab/there.h
tests_bench_crowd_LDADD = lib/libnet.a lib/libbase.a
dist_check_SCRIPTS += %D%/test_bench_trill_failover.sh
check_DATA += tests/bench/bench_trill_failover
