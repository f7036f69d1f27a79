check_PROGRAMS += tests/unit/test_exception tests/unit/test_datapath_locset
tests_unit_test_exception_SOURCES = tests/unit/test_exception.c
tests_unit_test_exception_LDADD = xtr/libdatapath.a lib/libnet.a lib/libbase.a $(CMOCKA_LIBS) $(BSD_LIBS)
tests_unit_test_datapath_locset_SOURCES = tests/unit/test_datapath_locset.c
tests_unit_test_datapath_locset_LDADD = xtr/libdatapath.a lib/libnet.a lib/libbase.a $(CMOCKA_LIBS) $(BSD_LIBS)
