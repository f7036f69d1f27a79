# Peers that others wrote, and an independent decoder.
dist_check_SCRIPTS += tests/interop/oor-xtr.sh tests/interop/oor-mapserver.sh tests/interop/oor-nat.sh tests/interop/tshark-lab.sh
EXTRA_DIST += tests/interop/reach.sh tests/interop/oor.sh tests/interop/conf/oor-xtr.conf tests/interop/conf/oor-mapserver.conf tests/interop/conf/office.conf \
	tests/interop/conf/peer.conf tests/interop/conf/mapserver.conf
