lib_libnet_a_SOURCES = %D%/address.c %D%/address_text.c %D%/address.h %D%/outbox.c %D%/outbox.h \
	%D%/checksum.c %D%/checksum.h
lib_libnet_a_SOURCES += %D%/eid_url.c %D%/eid_url.h
