# The data plane against the kernel.
BENCHES += tests/bench/bench_datapath
tests_bench_bench_datapath_SOURCES = tests/bench/bench_datapath.c
nodist_tests_bench_bench_datapath_SOURCES = tests/bench/bench_datapath.skel.h
tests_bench_bench_datapath_LDADD = tests/bench/libbench.a $(DATAPATH_LIBS) $(JSON_LIBS) $(TEST_LIBS)
EXTRA_DIST += %D%/bench_datapath.bpf.c %D%/first_packet.sh
BUILT_SOURCES += tests/bench/bench_datapath.skel.h
CLEANFILES += tests/bench/bench_datapath.skel.h tests/bench/bench_datapath.bpf.o
tests/bench/bench_datapath.bpf.o: %D%/xdp_bench.bpf.h
tests/bench/bench_datapath.o: tests/bench/bench_datapath.skel.h
