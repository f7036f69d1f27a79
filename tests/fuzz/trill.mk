# fuzz targets of trill
TRILL_FUZZ_LIBS = trill/libtrillcodec.a lib/libbase.a $(OPENSSL_LIBS) $(BSD_LIBS)
check_PROGRAMS += tests/fuzz/fuzz_trill_pdu
tests_fuzz_fuzz_trill_pdu_SOURCES = tests/fuzz/fuzz_trill_pdu.c tests/fuzz/need.h $(FUZZ_MAIN)
tests_fuzz_fuzz_trill_pdu_LDADD = $(TRILL_FUZZ_LIBS)
tests_fuzz_fuzz_trill_pdu_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER_FLAGS)
check_PROGRAMS += tests/fuzz/fuzz_trill_data
tests_fuzz_fuzz_trill_data_SOURCES = tests/fuzz/fuzz_trill_data.c tests/fuzz/need.h $(FUZZ_MAIN)
tests_fuzz_fuzz_trill_data_LDADD = $(TRILL_FUZZ_LIBS)
tests_fuzz_fuzz_trill_data_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER_FLAGS)
EXTRA_DIST += tests/fuzz/corpus/trill_pdu tests/fuzz/corpus/trill_data tests/fuzz/trill_corpus.py
