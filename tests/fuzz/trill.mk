# fuzz targets of trill
TRILL_FUZZ_LIBS = trill/libtrillcodec.a lib/libnet.a lib/libbase.a $(OPENSSL_LIBS) $(BSD_LIBS)
check_PROGRAMS += tests/fuzz/fuzz_trill_pdu
tests_fuzz_fuzz_trill_pdu_SOURCES = tests/fuzz/fuzz_trill_pdu.c tests/fuzz/need.h $(FUZZ_MAIN)
tests_fuzz_fuzz_trill_pdu_LDADD = $(TRILL_FUZZ_LIBS)
tests_fuzz_fuzz_trill_pdu_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER_FLAGS)
check_PROGRAMS += tests/fuzz/fuzz_trill_data
tests_fuzz_fuzz_trill_data_SOURCES = tests/fuzz/fuzz_trill_data.c tests/fuzz/need.h $(FUZZ_MAIN)
tests_fuzz_fuzz_trill_data_LDADD = $(TRILL_FUZZ_LIBS)
tests_fuzz_fuzz_trill_data_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER_FLAGS)
EXTRA_DIST += tests/fuzz/corpus/trill_pdu tests/fuzz/corpus/trill_data tests/fuzz/trill_corpus.py
# The whole core. Its seeds anew: make tests/fuzz/rbridge_seeds && tests/fuzz/rbridge_seeds DIRECTORY
TRILL_CORE_FUZZ_LIBS = trill/libtrillcore.a $(TRILL_FUZZ_LIBS)
check_PROGRAMS += tests/fuzz/fuzz_rbridge
tests_fuzz_fuzz_rbridge_SOURCES = tests/fuzz/fuzz_rbridge.c tests/fuzz/need.h $(FUZZ_MAIN)
tests_fuzz_fuzz_rbridge_LDADD = $(TRILL_CORE_FUZZ_LIBS)
tests_fuzz_fuzz_rbridge_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER_FLAGS)
EXTRA_PROGRAMS += tests/fuzz/rbridge_seeds
tests_fuzz_rbridge_seeds_SOURCES = tests/fuzz/rbridge_seeds.c tests/trill/virtual_campus.c tests/trill/virtual_campus.h
tests_fuzz_rbridge_seeds_LDADD = $(TRILL_CORE_FUZZ_LIBS)
EXTRA_DIST += tests/fuzz/corpus/rbridge
# What API clients and configurations say of end stations, bonds and labels.
check_PROGRAMS += tests/fuzz/fuzz_station
tests_fuzz_fuzz_station_SOURCES = tests/fuzz/fuzz_station.c tests/fuzz/need.h $(FUZZ_MAIN)
tests_fuzz_fuzz_station_LDADD = $(TRILL_SHELL_LIBS)
tests_fuzz_fuzz_station_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER_FLAGS)
EXTRA_DIST += tests/fuzz/corpus/station
