# fuzz targets of the data plane's user half
check_PROGRAMS += tests/fuzz/fuzz_exception
tests_fuzz_fuzz_exception_SOURCES = tests/fuzz/fuzz_exception.c $(FUZZ_MAIN)
tests_fuzz_fuzz_exception_LDADD = xtr/libdatapath.a lib/libnet.a lib/libbase.a $(BSD_LIBS)
tests_fuzz_fuzz_exception_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER_FLAGS)
EXTRA_DIST += tests/fuzz/corpus/exception
check_PROGRAMS += tests/fuzz/fuzz_tail
tests_fuzz_fuzz_tail_SOURCES = tests/fuzz/fuzz_tail.c $(FUZZ_MAIN)
tests_fuzz_fuzz_tail_LDADD = vmmobility/libtail.a lib/libnet.a lib/libbase.a $(BPF_LIBS) $(MNL_LIBS) $(BSD_LIBS)
tests_fuzz_fuzz_tail_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER_FLAGS)
EXTRA_DIST += tests/fuzz/corpus/tail
