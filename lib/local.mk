# lib/: knows no protocol.
noinst_LIBRARIES += lib/libbase.a lib/libnet.a lib/libtable.a lib/libservice.a lib/libstore.a
include lib/base/local.mk
include lib/net/local.mk
include lib/table/local.mk
include lib/service/local.mk
include lib/store/local.mk
