# fuzz targets of xtr
check_PROGRAMS += tests/fuzz/fuzz_router
tests_fuzz_fuzz_router_SOURCES = tests/fuzz/fuzz_router.c $(XTR_WORLD) $(FUZZ_MAIN)
tests_fuzz_fuzz_router_LDADD = $(XTR_CORE_LIBS)
tests_fuzz_fuzz_router_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER_FLAGS)
EXTRA_DIST += tests/fuzz/corpus/router
