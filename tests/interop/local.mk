# Peers that others wrote, and an independent decoder.
dist_check_SCRIPTS += tests/interop/oor-xtr.sh tests/interop/oor-mapserver.sh tests/interop/oor-nat.sh tests/interop/tshark-lab.sh
EXTRA_DIST += tests/interop/reach.sh tests/interop/oor.sh tests/interop/conf/oor-xtr.conf tests/interop/conf/oor-mapserver.conf tests/interop/conf/office.conf \
	tests/interop/conf/peer.conf tests/interop/conf/mapserver.conf
# FRR's isisd as a neighbour of an RBridge: our side of the link, and the link between, which translates.
noinst_PROGRAMS += tests/interop/rbridge_peer tests/interop/isis_shim
tests_interop_rbridge_peer_SOURCES = tests/interop/rbridge_peer.c
tests_interop_rbridge_peer_LDADD = trill/libtrillcore.a trill/libtrillcodec.a lib/libnet.a lib/libbase.a $(OPENSSL_LIBS) $(BSD_LIBS)
tests_interop_isis_shim_SOURCES = tests/interop/isis_shim.c
tests_interop_isis_shim_LDADD = $(OPENSSL_LIBS) $(BSD_LIBS)
dist_check_SCRIPTS += tests/interop/trill-frr.sh tests/interop/trill-frr-rbridge.sh
EXTRA_DIST += tests/interop/frr.sh
