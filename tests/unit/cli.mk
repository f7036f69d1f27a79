# Unit tests of cli/.
CLI_TEST_LIBS = $(CLI_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_cli_grammar
tests_unit_test_cli_grammar_SOURCES = tests/unit/test_cli_grammar.c tests/unit/cli_run.c tests/unit/cli_run.h
tests_unit_test_cli_grammar_LDADD = $(CLI_TEST_LIBS)

check_PROGRAMS += tests/unit/test_cli_client
CLI_ASK = tests/unit/cli_ask.c tests/unit/cli_ask.h tests/unit/cli_run.c tests/unit/cli_run.h tests/unit/fake_http.c tests/unit/fake_http.h
tests_unit_test_cli_client_SOURCES = tests/unit/test_cli_client.c $(CLI_ASK)
tests_unit_test_cli_client_LDADD = $(CLI_TEST_LIBS)

check_PROGRAMS += tests/unit/test_cli_mapping
tests_unit_test_cli_mapping_SOURCES = tests/unit/test_cli_mapping.c $(CLI_ASK)
tests_unit_test_cli_mapping_LDADD = $(CLI_TEST_LIBS)

check_PROGRAMS += tests/unit/test_cli_move
tests_unit_test_cli_move_SOURCES = tests/unit/test_cli_move.c $(CLI_ASK)
tests_unit_test_cli_move_LDADD = $(CLI_TEST_LIBS)

check_PROGRAMS += tests/unit/test_cli_writer
tests_unit_test_cli_writer_SOURCES = tests/unit/test_cli_writer.c
tests_unit_test_cli_writer_LDADD = $(CLI_TEST_LIBS)

check_PROGRAMS += tests/unit/test_cli_lig
tests_unit_test_cli_lig_SOURCES = tests/unit/test_cli_lig.c tests/unit/cli_run.c tests/unit/cli_run.h \
	tests/unit/fake_http.c tests/unit/fake_http.h
tests_unit_test_cli_lig_LDADD = $(CLI_TEST_LIBS)

dist_check_SCRIPTS += tests/unit/cli_config.sh tests/unit/cli_man.sh tests/unit/cli_store.sh

check_PROGRAMS += tests/unit/test_cli_trill
tests_unit_test_cli_trill_SOURCES = tests/unit/test_cli_trill.c $(CLI_ASK)
tests_unit_test_cli_trill_LDADD = $(CLI_TEST_LIBS)
