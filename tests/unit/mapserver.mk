# unit tests of mapserver, and of the table that it brought
check_PROGRAMS += tests/unit/test_mapserver_site tests/unit/test_mapserver_registry tests/unit/test_keymap
tests_unit_test_mapserver_site_SOURCES = tests/unit/test_mapserver_site.c
tests_unit_test_mapserver_site_LDADD = mapserver/libmapserver.a $(TEST_LIBS) $(CMOCKA_LIBS)
tests_unit_test_mapserver_registry_SOURCES = tests/unit/test_mapserver_registry.c
tests_unit_test_mapserver_registry_LDADD = mapserver/libmapserver.a $(TEST_LIBS) $(CMOCKA_LIBS)
tests_unit_test_keymap_SOURCES = tests/unit/test_keymap.c
tests_unit_test_keymap_LDADD = $(TEST_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_mapserver_expect
tests_unit_test_mapserver_expect_SOURCES = tests/unit/test_mapserver_expect.c
tests_unit_test_mapserver_expect_LDADD = mapserver/libmapserver.a $(TEST_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_mapserver_fast_table
tests_unit_test_mapserver_fast_table_SOURCES = tests/unit/test_mapserver_fast_table.c
tests_unit_test_mapserver_fast_table_LDADD = mapserver/libmapserver.a $(TEST_LIBS) $(CMOCKA_LIBS)
dist_check_SCRIPTS += tests/unit/tenant_config.sh
check_PROGRAMS += tests/unit/test_mapserver_tenant
tests_unit_test_mapserver_tenant_SOURCES = tests/unit/test_mapserver_tenant.c
tests_unit_test_mapserver_tenant_LDADD = mapserver/libmapserver.a $(TEST_LIBS) $(CMOCKA_LIBS)
