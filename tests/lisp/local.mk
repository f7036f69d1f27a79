# tests/lisp: what others make of our messages.
noinst_PROGRAMS += tests/lisp/say
tests_lisp_say_SOURCES = tests/lisp/say.c
tests_lisp_say_LDADD = lisp/liblisp.a lib/libnet.a lib/libbase.a $(OPENSSL_LIBS) $(BSD_LIBS)
dist_check_SCRIPTS += tests/lisp/tshark.sh
EXTRA_DIST += tests/decoder.sh
