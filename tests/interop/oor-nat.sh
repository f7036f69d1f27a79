#!/bin/bash
# A tunnel router that others wrote (Debian's openoverlayrouter) asks Sunward's map-server by an Info-Request whether there is a NAT, and
# believes the Info-Reply: its MAC, its EID-prefix, and the RTRs that it names, one of which it registers by from then on. (Its own
# map-server ends with a segmentation fault at any Info-Request, also at its own tunnel router's: docs/decisions/interop-openoverlayrouter.md.)
set -u
. "${top_srcdir:-.}/tests/interop/oor.sh"

registers_by() # RTR
{
	grep -q "Encap Map-Register for mapping 203.0.113.0/24 to MS 198.51.100.26 from RLOC 198.51.100.50 through RTR $1" "$LAB_DIR/oor.out"
}

interop_begin
mkdir "$LAB_DIR/conf" && cp "$LAB_CONF"/* "$LAB_DIR/conf"
LAB_CONF=$LAB_DIR/conf
printf 'nat {\n\trtr = {"198.51.100.18"}\n}\n' >>"$LAB_CONF/mapserver.conf"
# With NAT support it takes one EID-prefix.
sed -i 's/^nat_traversal_support = off/nat_traversal_support = on/
	/^database-mapping/{x; s/^/x/; /xx/{x; Q}; x}' "$LAB_CONF/oor-xtr.conf"
lab_daemon ms sunward-mapserver mapserver.conf || exit 1
interop_oor peer oor-xtr.conf 4 198.51.100.26 on
prove "our map-server believes its Info-Request, and answers" counter_is ms mapserver_info_replies -ge 1
prove "it believes the Info-Reply, and registers by the RTR that it names" registers_by 198.51.100.18
expect "messages that our map-server did not believe" "$(table ms counters '[.. | objects | select(.name? == "sunward_mapserver_dropped_total") | .value] | add // 0')" 0
echo "openoverlayrouter and NAT: $proved proofs"
test_end
