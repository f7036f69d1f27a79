# unit tests of net
check_PROGRAMS += tests/unit/test_address tests/unit/test_outbox tests/unit/test_checksum
tests_unit_test_address_SOURCES = tests/unit/test_address.c
tests_unit_test_address_LDADD = $(TEST_LIBS) $(CMOCKA_LIBS)
tests_unit_test_outbox_SOURCES = tests/unit/test_outbox.c
tests_unit_test_outbox_LDADD = $(TEST_LIBS) $(CMOCKA_LIBS)
tests_unit_test_checksum_SOURCES = tests/unit/test_checksum.c
tests_unit_test_checksum_LDADD = $(TEST_LIBS) $(CMOCKA_LIBS)
