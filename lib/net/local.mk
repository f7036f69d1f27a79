lib_libnet_a_SOURCES = %D%/address.c %D%/address_text.c %D%/address.h %D%/outbox.c %D%/outbox.h \
	%D%/checksum.c %D%/checksum.h
lib_libnet_a_SOURCES += %D%/tap.c %D%/tap.h
lib_libnet_a_SOURCES += %D%/eid_url.c %D%/eid_url.h
lib_libnet_a_SOURCES += %D%/udp_batch.c %D%/udp_socket.c %D%/udp_batch.h %D%/udp_steer.c %D%/udp_steer.h
lib_libnet_a_SOURCES += %D%/arp_nd.c %D%/arp_nd.h %D%/packet.c %D%/packet.h %D%/netlink.c %D%/netlink_write.c %D%/netlink.h %D%/link_kind.c %D%/link_kind.h %D%/link_queue.c %D%/link_queue.h %D%/link_stats.c %D%/link_stats.h %D%/bpf_counters.c %D%/bpf_counters.h %D%/counters_bpf.h %D%/bpf_log.c %D%/bpf_log.h %D%/tc_program.c %D%/tc_program.h
lib_libnet_a_SOURCES += %D%/sse.c %D%/sse.h
