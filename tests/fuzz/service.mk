# fuzz targets of service
check_PROGRAMS += tests/fuzz/fuzz_config
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c $(FUZZ_MAIN)
tests_fuzz_fuzz_config_LDADD = $(TEST_LIBS)
tests_fuzz_fuzz_config_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER_FLAGS)
EXTRA_DIST += tests/fuzz/corpus/config
check_PROGRAMS += tests/fuzz/fuzz_api
tests_fuzz_fuzz_api_SOURCES = tests/fuzz/fuzz_api.c $(FUZZ_MAIN)
tests_fuzz_fuzz_api_LDADD = $(TEST_LIBS)
tests_fuzz_fuzz_api_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER_FLAGS)
EXTRA_DIST += tests/fuzz/corpus/api
check_PROGRAMS += tests/fuzz/fuzz_http
tests_fuzz_fuzz_http_SOURCES = tests/fuzz/fuzz_http.c $(FUZZ_MAIN)
tests_fuzz_fuzz_http_LDADD = $(TEST_LIBS)
tests_fuzz_fuzz_http_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER_FLAGS)
EXTRA_DIST += tests/fuzz/corpus/http
