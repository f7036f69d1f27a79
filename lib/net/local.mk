lib_libnet_a_SOURCES = %D%/address.h %D%/outbox.h
lib_libnet_a_SOURCES += %D%/eid_url.c %D%/eid_url.h
