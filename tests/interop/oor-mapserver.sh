#!/bin/bash
# Sunward's tunnel routers register with a map-server that others wrote (Debian's openoverlayrouter), resolve through it, and
# exchange traffic: prefixes and hosts found one by one, IPv4 and IPv6 EIDs; first over IPv4 with the map-server answering, then
# over IPv6 with the map-server forwarding Map-Requests to us.
set -u
. "${top_srcdir:-.}/tests/interop/oor.sh"

# What this map-server needs of us: docs/decisions/interop-openoverlayrouter.md.
options='protocol = standard\n\tkey-id = 0\n\talgorithm = hmac-sha1-96\n\tmac-length = full'

forwarded="Found xTR with locator"
replied="Send Map Reply"

ms_round() # MAP-SERVER V4-PRIORITY V6-PRIORITY OFFICE-RLOC PEER-RLOC PROXY-REPLY PROOF-IN-ITS-LOG HOW
{
	local how=$8 subst="s|@MAPSERVER@|$1|g; s|@V4PRIORITY@|$2|; s|@V6PRIORITY@|$3|"
	interop_begin
	interop_oor ms oor-mapserver.conf
	LAB_SUBST="$subst; s|@SERVER@|$options\n\tproxy-reply = $6\n\tkey = \"office shares this with the peer\"|"
	lab_daemon office sunward-xtr office.conf || exit 1
	LAB_SUBST="$subst; s|@SERVER@|$options\n\tproxy-reply = $6\n\tkey = \"the data centre shares this with the peer\"|"
	lab_daemon peer sunward-xtr peer.conf || exit 1
	prove "$how: it takes our IPv4 EID-prefix and acknowledges" registered office 192.0.2.0/24
	prove "$how: it takes our IPv6 EID-prefix and acknowledges" registered office 2001:db8:e:2::/64
	prove_traffic "$how"
	prove "$how: it takes our IPv4 host and acknowledges" registered peer $LAB_MACHINE
	prove "$how: it takes our IPv6 host and acknowledges" registered peer $LAB_MACHINE6
	prove "$how: we learned our mappings through it, IPv4 EIDs" cached office $LAB_MACHINE "$5"
	prove "$how: we learned our mappings through it, IPv6 EIDs" cached peer 2001:db8:e:2::/64 "$4"
	prove "$how: lig understands its answer" ligs "$1" $LAB_CLIENT "$4"
	prove "$how: the Map-Requests went that way" grep -q "$7" "$LAB_DIR/oor.out"
	test_clean
}

registered() { lab_sunward "$1" -j local | jq -e --arg e "$2" '.local[] | select(.eid == $e) | .registered'; } # SITE EID
ligs() { lab_exec peer "$LAB_BIN/sunward" lig "$2" to "$1" | grep -q "$3"; } # MAP-RESOLVER EID RLOC

ms_round 198.51.100.26 1 2 198.51.100.18 198.51.100.50 yes "$replied" "over IPv4, it answers"
ms_round 2001:db8:51:4::2 2 1 2001:db8:51:3::2 2001:db8:51:7::2 no "$forwarded" "over IPv6, we answer"
echo "openoverlayrouter as map-server: $proved proofs"
