#!/bin/bash
# Sunward's tunnel routers register with a map-server that others wrote (Debian's openoverlayrouter), resolve through it, and
# exchange traffic: prefixes and hosts found one by one, IPv4 and IPv6 EIDs; first over IPv4 with the map-server answering, then
# over IPv6 with the map-server forwarding Map-Requests to us.
set -u
. "${top_srcdir:-.}/tests/interop/oor.sh"

# What this map-server needs of us: docs/decisions/interop-openoverlayrouter.md.
options='protocol = standard\n\tkey-id = 0\n\talgorithm = hmac-sha1-96\n\tmac-length = full'

ms_round() # RLOC-VERSION MAP-SERVER PROXY HOW
{
	local how=$4
	interop_init
	interop_network
	interop_oor ms oor-mapserver.conf "$1" "$2"
	LAB_SUBST="s|@MAPSERVER@|$2|g; s|@V6PRIORITY@|2|; s|@SERVER@|$options\n\tproxy-reply = $3\n\tkey = \"office shares this with the peer\"|"
	lab_daemon office sunward-xtr office.conf || exit 1
	LAB_SUBST="s|@MAPSERVER@|$2|g; s|@SERVER@|$options\n\tproxy-reply = $3\n\tkey = \"the data centre shares this with the peer\"|"
	lab_daemon peer sunward-xtr peer.conf || exit 1
	prove "$how: it takes our IPv4 EID-prefix and acknowledges" registered office 192.0.2.0/24
	prove "$how: it takes our IPv6 EID-prefix and acknowledges" registered office 2001:db8:e:2::/64
	prove_traffic "$how"
	prove "$how: it takes our IPv4 host and acknowledges" registered peer $LAB_MACHINE
	prove "$how: it takes our IPv6 host and acknowledges" registered peer $LAB_MACHINE6
	prove "$how: we learned our mappings through it, IPv4 EIDs" cached office $LAB_MACHINE 198.51.100.50
	prove "$how: we learned our mappings through it, IPv6 EIDs" cached peer $LAB_CLIENT6 198.51.100.18
	prove "$how: lig understands its answer" ligs "$2" 192.0.2.10 198.51.100.18
	interop_end
}

registered() { lab_sunward "$1" -j local | jq -e --arg e "$2" '.local[] | select(.eid == $e) | .registered'; } # SITE EID
ligs() { lab_exec peer "$LAB_BIN/sunward" lig "$2" to "$1" | grep -q "$3"; } # MAP-RESOLVER EID RLOC

ms_round 4 198.51.100.26 yes "over IPv4, it answers"
ms_round 6 2001:db8:51:4::2 no "over IPv6, we answer"
echo "openoverlayrouter as map-server: $proved proofs"
