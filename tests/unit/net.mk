# unit tests of net
check_PROGRAMS += tests/unit/test_address tests/unit/test_outbox tests/unit/test_checksum
tests_unit_test_address_SOURCES = tests/unit/test_address.c
tests_unit_test_address_LDADD = $(TEST_LIBS) $(CMOCKA_LIBS)
tests_unit_test_outbox_SOURCES = tests/unit/test_outbox.c
tests_unit_test_outbox_LDADD = $(TEST_LIBS) $(CMOCKA_LIBS)
tests_unit_test_checksum_SOURCES = tests/unit/test_checksum.c
tests_unit_test_checksum_LDADD = $(TEST_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_udp_batch tests/unit/test_udp_steer
tests_unit_test_udp_batch_SOURCES = tests/unit/test_udp_batch.c
tests_unit_test_udp_batch_LDADD = $(TEST_LIBS) $(CMOCKA_LIBS)
tests_unit_test_udp_steer_SOURCES = tests/unit/test_udp_steer.c tests/unit/own_net.h
tests_unit_test_udp_steer_LDADD = $(TEST_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_arp_nd tests/unit/test_netlink
tests_unit_test_arp_nd_SOURCES = tests/unit/test_arp_nd.c
tests_unit_test_arp_nd_LDADD = $(TEST_LIBS) $(CMOCKA_LIBS)
tests_unit_test_netlink_SOURCES = tests/unit/test_netlink.c tests/unit/own_net.h
tests_unit_test_netlink_LDADD = $(TEST_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_eid_url
tests_unit_test_eid_url_SOURCES = tests/unit/test_eid_url.c $(WORLD_PARSE)
tests_unit_test_eid_url_LDADD = $(TEST_LIBS) $(CMOCKA_LIBS)
