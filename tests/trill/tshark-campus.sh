#!/bin/bash
# tshark-campus.sh: tshark reads all that RBridges of virtual campuses send each other while links come and go: nothing is malformed, it finds each
# LSP's checksum right, and it complains of nothing but what it does not know: TLV 243, sub-TLV 16, flooding-scoped PDUs (ESADI's, too) and MTU PDUs.
set -u
UNKNOWN='IS-IS CLV \(243\)|Unknown SubTlv: Type: 16,|Unknown ISIS packet type'

campus() # KIND LSPS: of which it must have seen so many at least
{
	local lsps good complaints
	SAY="${top_builddir:-.}/tests/trill/record" SAYS=$1
	READS=()
	. "${top_srcdir:-.}/tests/decoder.sh"
	none '_ws.malformed'
	none '!isis.hello && !isis.lsp && !isis.csnp && !isis.psnp && !trill && !(isis.type in {10, 11, 12, 23, 28})'
	complaints=$(read_frames -q -z expert | grep -E '^ +[0-9]+ ' | grep -vE "$UNKNOWN")
	[ -z "$complaints" ] || { echo "$complaints"; bad=1; }
	lsps=$(read_frames -Y isis.lsp | wc -l)
	good=$(read_frames -Y 'isis.lsp.checksum.status == 1' | wc -l)
	[ "$good" = "$lsps" ] || { echo "$1: of $lsps LSPs, $good have a right checksum"; bad=1; }
	[ "$lsps" -ge "$2" ] || { echo "$1: no more than $lsps LSPs"; bad=1; }
	[ $bad = 0 ] && echo "$1: tshark reads $(read_frames | wc -l) frames clean, among them $lsps LSPs with a right checksum"
	exit $bad
}

(campus lan 100) || exit
(campus p2p 40)
