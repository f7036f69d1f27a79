check_PROGRAMS += tests/unit/test_rcu
tests_unit_test_rcu_SOURCES = tests/unit/test_rcu.c
tests_unit_test_rcu_LDADD = $(TEST_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_lpm
tests_unit_test_lpm_SOURCES = tests/unit/test_lpm.c tests/unit/lpm_model.c tests/unit/lpm_model.h \
	tests/unit/rcu_fixture.h
tests_unit_test_lpm_LDADD = $(TEST_LIBS) $(CMOCKA_LIBS)
tests_unit_test_lpm_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc,--wrap=aligned_alloc
check_PROGRAMS += tests/unit/test_lpm_threads
tests_unit_test_lpm_threads_SOURCES = tests/unit/test_lpm_threads.c
tests_unit_test_lpm_threads_LDADD = $(TEST_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_locset tests/unit/test_lpm_set
tests_unit_test_locset_SOURCES = tests/unit/test_locset.c
tests_unit_test_locset_LDADD = $(TEST_LIBS) $(CMOCKA_LIBS)
tests_unit_test_lpm_set_SOURCES = tests/unit/test_lpm_set.c
tests_unit_test_lpm_set_LDADD = $(TEST_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_prefix_table
tests_unit_test_prefix_table_SOURCES = tests/unit/test_prefix_table.c
tests_unit_test_prefix_table_LDADD = $(TEST_LIBS) $(CMOCKA_LIBS)
