# Benchmarks: `make bench-programs` (or `bench`) builds them; plain `make` does not. Each adds itself to BENCHES and links BENCH_LIBS.
BENCHES =
include tests/bench/datapath.mk
BENCH_LIBS = tests/bench/libbench.a $(TEST_LIBS)
EXTRA_PROGRAMS = $(BENCHES)
EXTRA_LIBRARIES = tests/bench/libbench.a
tests_bench_libbench_a_SOURCES = %D%/bench.c %D%/bench.h
CLEANFILES += $(BENCHES) tests/bench/libbench.a

bench bench-programs: $(BENCHES)
.PHONY: bench bench-programs
