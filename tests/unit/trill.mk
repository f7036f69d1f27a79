# unit tests of trill
EXTRA_DIST += tests/unit/trill_test.h
TRILL_TEST_LIBS = trill/libtrillcodec.a lib/libbase.a $(OPENSSL_LIBS) $(BSD_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_trill_data
tests_unit_test_trill_data_SOURCES = tests/unit/test_trill_data.c
tests_unit_test_trill_data_LDADD = $(TRILL_TEST_LIBS)
check_PROGRAMS += tests/unit/test_trill_isis
tests_unit_test_trill_isis_SOURCES = tests/unit/test_trill_isis.c
tests_unit_test_trill_isis_LDADD = $(TRILL_TEST_LIBS)
check_PROGRAMS += tests/unit/test_trill_isis_auth
tests_unit_test_trill_isis_auth_SOURCES = tests/unit/test_trill_isis_auth.c
tests_unit_test_trill_isis_auth_LDADD = $(TRILL_TEST_LIBS)
check_PROGRAMS += tests/unit/test_trill_hello
tests_unit_test_trill_hello_SOURCES = tests/unit/test_trill_hello.c
tests_unit_test_trill_hello_LDADD = $(TRILL_TEST_LIBS)
check_PROGRAMS += tests/unit/test_trill_lsp
tests_unit_test_trill_lsp_SOURCES = tests/unit/test_trill_lsp.c
tests_unit_test_trill_lsp_LDADD = $(TRILL_TEST_LIBS)
