lib_libnet_a_SOURCES = %D%/address.h %D%/outbox.h
