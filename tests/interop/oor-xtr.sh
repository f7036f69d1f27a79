#!/bin/bash
# A tunnel router that others wrote (Debian's openoverlayrouter) registers with Sunward's map-server, resolves through it, and
# exchanges traffic with Sunward's tunnel router: IPv4 and IPv6 EIDs, first over IPv4 with the map-server answering in its place,
# then over IPv6 with the map-server forwarding Map-Requests to it (RFC 9301 sections 8.1 to 8.4).
set -u
. "${top_srcdir:-.}/tests/interop/oor.sh"

office_keys='key = "office shares this with the map-server"'

xtr_round() # RLOC-VERSION MAP-SERVER PEER-RLOC OFFICE-RLOC V4-PRIORITY V6-PRIORITY PROXY-REPLY HOW
{
	local how=$8
	interop_begin
	lab_daemon ms sunward-mapserver mapserver.conf || exit 1
	LAB_SUBST="s|@MAPSERVER@|$2|g; s|@V4PRIORITY@|$5|; s|@V6PRIORITY@|$6|; s|@SERVER@|$office_keys|"
	lab_daemon office sunward-xtr office.conf || exit 1
	interop_oor peer oor-xtr.conf "$1" "$2" "$7"
	prove "$how: it registers its IPv4 EID-prefix with our map-server" mapped ms 203.0.113.0/24 "$3"
	prove "$how: it registers its IPv6 EID-prefix with our map-server" mapped ms 2001:db8:e:1::/64 "$3"
	prove "$how: it takes our Map-Notify for its IPv4 EID-prefix" acknowledged 203.0.113.0/24
	prove "$how: it takes our Map-Notify for its IPv6 EID-prefix" acknowledged 2001:db8:e:1::/64
	prove "$how: lig gets its mapping" ligs_to "$2" $LAB_MACHINE "$3"
	prove_traffic "$how"
	prove "$how: our tunnel router learned its mapping, IPv4 EIDs" cached office 203.0.113.0/24 "$3"
	prove "$how: our tunnel router learned its mapping, IPv6 EIDs" cached office 2001:db8:e:1::/64 "$3"
	prove "$how: it learned ours" grep -q "Added locator .$4, Up.* EID 192.0.2.0/24" "$LAB_DIR/oor.out"
	test_clean
}

acknowledged() { grep -q "Map-Notify message confirms correct registration of $1" "$LAB_DIR/oor.out"; }
ligs_to() { lab_exec office "$LAB_BIN/sunward" lig "$2" to "$1" | grep -q "$3"; } # MAP-RESOLVER EID RLOC

xtr_round 4 198.51.100.26 198.51.100.50 198.51.100.18 1 2 on "over IPv4, map-server answers"
xtr_round 6 2001:db8:51:4::2 2001:db8:51:7::2 2001:db8:51:3::2 2 1 off "over IPv6, it answers"
echo "openoverlayrouter as tunnel router: $proved proofs"
