# Benchmarks: `make bench-programs` (or `bench`) builds them; plain `make` does not. Each adds itself to BENCHES and links BENCH_LIBS.
BENCHES =
include tests/bench/datapath.mk
BENCH_LIBS = tests/bench/libbench.a $(TEST_LIBS)
EXTRA_PROGRAMS += $(BENCHES)
EXTRA_LIBRARIES = tests/bench/libbench.a
include tests/bench/mapserver.mk
include tests/bench/trill.mk
tests_bench_libbench_a_SOURCES = %D%/bench.c %D%/bench.h %D%/xdp_bench.c %D%/xdp_bench.h %D%/xdp_bench.bpf.h
CLEANFILES += $(BENCHES) tests/bench/libbench.a

bench bench-programs: $(BENCHES)
.PHONY: bench bench-programs

BENCHES += tests/bench/bench_lpm
tests_bench_bench_lpm_SOURCES = %D%/bench_lpm.c %D%/lpm_patricia.c %D%/lpm_patricia.h
tests_bench_bench_lpm_LDADD = $(BENCH_LIBS) -lurcu-cds
dist_check_SCRIPTS += %D%/test_bench_lpm.sh

BENCHES += tests/bench/bench_move
tests_bench_bench_move_SOURCES = %D%/bench_move.c %D%/lab_process.c %D%/lab_process.h %D%/move_guests.c %D%/move_guests.h
tests_bench_bench_move_LDADD = $(BENCH_LIBS)
EXTRA_DIST += %D%/move_lab.sh
dist_check_SCRIPTS += %D%/test_bench_move.sh
check_DATA += tests/bench/bench_move

BENCHES += tests/bench/bench_evacuate
tests_bench_bench_evacuate_SOURCES = %D%/bench_evacuate.c %D%/lab_process.c
tests_bench_bench_evacuate_LDADD = $(BENCH_LIBS)
EXTRA_DIST += %D%/evacuate_lab.sh
dist_check_SCRIPTS += %D%/test_bench_evacuate.sh
check_DATA += tests/bench/bench_evacuate
