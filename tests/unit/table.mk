check_PROGRAMS += tests/unit/test_rcu
tests_unit_test_rcu_SOURCES = tests/unit/test_rcu.c
tests_unit_test_rcu_LDADD = $(TEST_LIBS) $(CMOCKA_LIBS)
