# The map-server against an echo, HMAC alone, NSD and Knot DNS.
EXTRA_LIBRARIES += tests/bench/libload.a
tests_bench_libload_a_SOURCES = %D%/stage.c %D%/stage.h %D%/generator.c %D%/generator.h %D%/lisp_load.c %D%/lisp_load.h \
	%D%/dns_load.c %D%/dns_load.h
CLEANFILES += tests/bench/libload.a
BENCHES += tests/bench/bench_resolve tests/bench/echo_udp
LOAD_LIBS = tests/bench/libload.a $(BENCH_LIBS)
tests_bench_bench_resolve_SOURCES = %D%/bench_resolve.c %D%/xdp_load.c %D%/xdp_load.h
nodist_tests_bench_bench_resolve_SOURCES = tests/bench/xdp_requests.skel.h
tests_bench_bench_resolve_LDADD = $(LOAD_LIBS) $(BPF_LIBS)
EXTRA_DIST += %D%/xdp_requests.bpf.c
BUILT_SOURCES += tests/bench/xdp_requests.skel.h
CLEANFILES += tests/bench/xdp_requests.skel.h tests/bench/xdp_requests.bpf.o
tests/bench/xdp_load.o: tests/bench/xdp_requests.skel.h
tests_bench_echo_udp_SOURCES = %D%/echo_udp.c
tests_bench_echo_udp_LDADD = $(TEST_LIBS)
BENCHES += tests/bench/bench_register tests/bench/bench_memory tests/bench/bench_publish
tests_bench_bench_publish_SOURCES = %D%/bench_publish.c %D%/listeners.c %D%/listeners.h
tests_bench_bench_publish_LDADD = $(LOAD_LIBS)
tests_bench_bench_register_SOURCES = %D%/bench_register.c
tests_bench_bench_register_LDADD = $(LOAD_LIBS)
tests_bench_bench_memory_SOURCES = %D%/bench_memory.c
tests_bench_bench_memory_LDADD = $(LOAD_LIBS)
BENCHES += tests/bench/bench_restart
tests_bench_bench_restart_SOURCES = %D%/bench_restart.c
tests_bench_bench_restart_LDADD = $(LOAD_LIBS)
dist_check_SCRIPTS += tests/bench/quick.sh
check_DATA += tests/bench/bench_resolve tests/bench/bench_register tests/bench/bench_memory tests/bench/bench_publish tests/bench/bench_restart tests/bench/echo_udp
BENCHES += tests/bench/bench_secure
tests_bench_bench_secure_SOURCES = %D%/bench_secure.c
tests_bench_bench_secure_LDADD = $(LOAD_LIBS)
check_DATA += tests/bench/bench_secure
