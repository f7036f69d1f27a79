# fuzz targets of xtr
XTR_ORACLE = tests/fuzz/need.h tests/fuzz/script.h tests/fuzz/xtr_oracle.c tests/fuzz/xtr_oracle.h $(XTR_WORLD)
check_PROGRAMS += tests/fuzz/fuzz_router tests/fuzz/fuzz_xtr_peer
tests_fuzz_fuzz_router_SOURCES = tests/fuzz/fuzz_router.c $(XTR_ORACLE) $(FUZZ_MAIN)
tests_fuzz_fuzz_router_LDADD = $(XTR_CORE_LIBS)
tests_fuzz_fuzz_router_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_xtr_peer_SOURCES = tests/fuzz/fuzz_xtr_peer.c tests/fuzz/mutate.c tests/fuzz/mutate.h $(XTR_ORACLE) \
	$(FUZZ_MAIN)
tests_fuzz_fuzz_xtr_peer_LDADD = $(XTR_CORE_LIBS)
tests_fuzz_fuzz_xtr_peer_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER_FLAGS)
EXTRA_DIST += tests/fuzz/corpus/router tests/fuzz/corpus/xtr_peer tests/fuzz/xtr_peer_corpus.py
check_PROGRAMS += tests/fuzz/fuzz_neighbour
tests_fuzz_fuzz_neighbour_SOURCES = tests/fuzz/fuzz_neighbour.c tests/fuzz/need.h tests/fuzz/script.h $(XTR_WORLD) $(FUZZ_MAIN)
tests_fuzz_fuzz_neighbour_LDADD = $(XTR_CORE_LIBS)
tests_fuzz_fuzz_neighbour_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER_FLAGS)
EXTRA_DIST += tests/fuzz/corpus/neighbour
check_PROGRAMS += tests/fuzz/fuzz_rbridge_row
tests_fuzz_fuzz_rbridge_row_SOURCES = tests/fuzz/fuzz_rbridge_row.c tests/fuzz/need.h xtr/rbridge_row.c xtr/rbridge_row.h $(FUZZ_MAIN)
tests_fuzz_fuzz_rbridge_row_LDADD = $(XTR_CORE_LIBS) $(TEST_LIBS)
tests_fuzz_fuzz_rbridge_row_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER_FLAGS)
EXTRA_DIST += tests/fuzz/corpus/rbridge_row
