# fuzz targets of mapserver
check_PROGRAMS += tests/fuzz/fuzz_server
FUZZ_SENT = tests/fuzz/need.h tests/fuzz/server_sent.c tests/fuzz/server_sent.h
tests_fuzz_fuzz_server_SOURCES = tests/fuzz/fuzz_server.c $(FUZZ_SENT) $(FUZZ_MAIN)
tests_fuzz_fuzz_server_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_server_LDADD = mapserver/libmapserver.a $(TEST_LIBS)
EXTRA_DIST += tests/fuzz/corpus/server
# Writes the seeds anew: make tests/fuzz/server_corpus && tests/fuzz/server_corpus DIRECTORY
EXTRA_PROGRAMS += tests/fuzz/server_corpus
tests_fuzz_server_corpus_SOURCES = tests/fuzz/server_corpus.c $(REPLAY_WORLD)
tests_fuzz_server_corpus_LDADD = mapserver/libmapserver.a $(TEST_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/fuzz/fuzz_ddt
tests_fuzz_fuzz_ddt_SOURCES = tests/fuzz/fuzz_ddt.c tests/fuzz/need.h tests/unit/ddt_vector.h $(FUZZ_MAIN)
tests_fuzz_fuzz_ddt_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_ddt_LDADD = mapserver/libmapserver.a $(TEST_LIBS)
EXTRA_DIST += tests/fuzz/corpus/ddt tests/fuzz/ddt_corpus.py
check_PROGRAMS += tests/fuzz/fuzz_peer
tests_fuzz_fuzz_peer_SOURCES = tests/fuzz/fuzz_peer.c tests/fuzz/peer.c tests/fuzz/peer.h tests/fuzz/peer_message.c \
	tests/fuzz/peer_oracle.c tests/fuzz/mutate.c tests/fuzz/mutate.h tests/fuzz/script.h $(FUZZ_SENT) \
	$(DDT_WORLD) $(FUZZ_MAIN)
tests_fuzz_fuzz_peer_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_peer_LDADD = mapserver/libmapserver.a $(TEST_LIBS) $(CMOCKA_LIBS)
EXTRA_DIST += tests/fuzz/corpus/peer tests/fuzz/peer_corpus.py tests/fuzz/peer_seeds.py
