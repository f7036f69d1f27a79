# fuzz targets of vmmobility
check_PROGRAMS += tests/fuzz/fuzz_qmp
tests_fuzz_fuzz_qmp_SOURCES = tests/fuzz/fuzz_qmp.c tests/fuzz/need.h $(FUZZ_MAIN)
tests_fuzz_fuzz_qmp_LDADD = vmmobility/libvmcore.a $(TEST_LIBS)
tests_fuzz_fuzz_qmp_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER_FLAGS)
EXTRA_DIST += tests/fuzz/corpus/qmp
check_PROGRAMS += tests/fuzz/fuzz_domain_xml
tests_fuzz_fuzz_domain_xml_SOURCES = tests/fuzz/fuzz_domain_xml.c tests/fuzz/need.h $(FUZZ_MAIN)
tests_fuzz_fuzz_domain_xml_LDADD = vmmobility/libvmcore.a $(TEST_LIBS) $(XML_LIBS)
tests_fuzz_fuzz_domain_xml_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER_FLAGS)
EXTRA_DIST += tests/fuzz/corpus/domain_xml
check_PROGRAMS += tests/fuzz/fuzz_snoop
tests_fuzz_fuzz_snoop_SOURCES = tests/fuzz/fuzz_snoop.c tests/fuzz/need.h tests/fuzz/script.h $(FUZZ_MAIN)
tests_fuzz_fuzz_snoop_LDADD = vmmobility/libvmcore.a $(TEST_LIBS)
tests_fuzz_fuzz_snoop_LDFLAGS = $(AM_LDFLAGS) $(LIBFUZZER_FLAGS)
EXTRA_DIST += tests/fuzz/corpus/snoop
