# Unit tests of cli/.
CLI_TEST_LIBS = $(CLI_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_cli_grammar
tests_unit_test_cli_grammar_SOURCES = tests/unit/test_cli_grammar.c tests/unit/cli_run.c tests/unit/cli_run.h
tests_unit_test_cli_grammar_LDADD = $(CLI_TEST_LIBS)
