# Peers that others wrote, and an independent decoder.
dist_check_SCRIPTS += tests/interop/oor-xtr.sh tests/interop/oor-mapserver.sh
EXTRA_DIST += tests/interop/oor.sh tests/interop/conf/oor-xtr.conf tests/interop/conf/oor-mapserver.conf tests/interop/conf/office.conf \
	tests/interop/conf/peer.conf tests/interop/conf/mapserver.conf
