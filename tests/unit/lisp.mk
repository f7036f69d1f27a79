# unit tests of lisp
EXTRA_DIST += tests/unit/lisp_test.h
check_PROGRAMS += tests/unit/test_map_register
tests_unit_test_map_register_SOURCES = tests/unit/test_map_register.c
tests_unit_test_map_register_LDADD = $(TEST_LIBS) $(CMOCKA_LIBS)
