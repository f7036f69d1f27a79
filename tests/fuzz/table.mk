# fuzz targets of table
check_PROGRAMS += tests/fuzz/fuzz_lpm
tests_fuzz_fuzz_lpm_SOURCES = tests/fuzz/fuzz_lpm.c tests/unit/lpm_model.c tests/unit/lpm_model.h $(FUZZ_MAIN)
tests_fuzz_fuzz_lpm_LDADD = $(TEST_LIBS)
tests_fuzz_fuzz_lpm_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER_FLAGS)
EXTRA_DIST += tests/fuzz/corpus/lpm
