#!/bin/bash
# tshark-campus.sh: tshark reads all that RBridges of virtual campuses send each other while links come and go: nothing is malformed, it complains
# of nothing but TLV 243, which it does not know, and it finds each LSP's checksum right.
set -u

campus() # KIND LSPS: of which it must have seen so many at least
{
	SAY="${top_builddir:-.}/tests/trill/record" SAYS=$1
	READS=()
	. "${top_srcdir:-.}/tests/decoder.sh"
	none '_ws.malformed'
	none '_ws.expert && !(isis.hello.clv.type == 243)'
	none '!isis.hello && !isis.lsp && !isis.csnp && !isis.psnp && !trill'
	lsps=$(read_frames -Y isis.lsp | wc -l)
	good=$(read_frames -Y 'isis.lsp.checksum.status == 1' | wc -l)
	[ "$good" = "$lsps" ] || { echo "$1: of $lsps LSPs, $good have a right checksum"; bad=1; }
	[ "$lsps" -ge "$2" ] || { echo "$1: no more than $lsps LSPs"; bad=1; }
	[ $bad = 0 ] && echo "$1: tshark reads $(read_frames | wc -l) frames clean, among them $lsps LSPs with a right checksum"
	exit $bad
}

(campus lan 100) || exit
(campus p2p 40)
