# tests/trill: what others make of an RBridge's frames.
noinst_PROGRAMS += tests/trill/say
tests_trill_say_SOURCES = tests/trill/say.c
tests_trill_say_LDADD = trill/libtrillcodec.a lib/libbase.a $(OPENSSL_LIBS) $(BSD_LIBS)
dist_check_SCRIPTS += tests/trill/tshark.sh
EXTRA_DIST += tests/trill/mutate.sh tests/trill/mutations.list
