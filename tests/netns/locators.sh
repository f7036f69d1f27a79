#!/bin/bash
# Locators through the real map-server: explicit paths (RFC 8060 section 4.6), replication lists (4.9) and a type that nobody knows (RFC 9306
# section 3) pass unharmed, also over a kill -9; clones of one host, registered with the merge bit by the xTRs of two sites, are one mapping with
# the priorities and weights of each (RFC 9301 section 5.6). tshark reads all of it.
set -u
. "$top_srcdir/tests/netns/require.sh"
require root netns jq tshark dumpcap nsenter ethtool
[ -n "${SUNWARD_LOCATORS_TEST:-}" ] || SUNWARD_LOCATORS_TEST=1 exec unshare -n "$0"
. "$top_srcdir/tests/netns/beside.sh"

# RLOC-records: priorities, weights, flags, AFI and address, in the order in which they are answered.
plain=015aff0000010001c0000201
path=0a04fe00000140030000'0a000010''00070001c0000265''00000001c0000266' # through 192.0.2.101 (L, P, S), then 192.0.2.102
list=0d060164000140030000'0d000014''000000010001c0000283''000000800001c0000284'
unknown=c80aff0000014003'ffa5c8770003''010203'

beside_begin <<'END'
site "one" {
	key "1" { key = "key of one" }
	eid-prefix "10.6.0.0/16" { accept-more-specifics = yes  shared = yes }
}
site "two" {
	key "1" { key = "key of two" }
	eid-prefix "10.6.0.0/16" { accept-more-specifics = yes  shared = yes }
}
END

tool register 198.51.100.2 1 "key of one" 1 10.6.0.1/32 "$plain$path$list" || bad=1
tool register 198.51.100.2 1 "key of one" 1 10.6.0.3/32 "$plain$unknown" || bad=1
is "what was registered is answered" "$(ask 10.6.0.1/32)" "10.6.0.1 1440 $plain$path$list"
is "also of a type that nobody knows" "$(ask 10.6.0.3/32)" "10.6.0.3 1440 $plain$unknown"
tool register 198.51.100.2 1 "key of one" 1 10.6.0.2/32 0164ff0000010001c0000209 merge || bad=1
until_true 5 "one of two clones" answers 10.6.0.2/32 "10.6.0.2 1440 0164ff0000010001c0000209"
tool register 198.51.100.3 1 "key of two" 2 10.6.0.2/32 0219ff0000010001c0000203 merge || bad=1
until_true 5 "both clones" answers 10.6.0.2/32 "10.6.0.2 1440 0219ff0000010001c00002030164ff0000010001c0000209"
is "each site's part is known" "$(run -j eid show 10.6.0.2 | jq -c '[.contributors | sort_by(.site)[] | [.site, .locators[0].priority, .locators[0].weight]]')" \
	'[["one",1,100],["two",2,25]]'
kill -9 $pid
wait $pid 2>/dev/null
start
is "the locators after kill -9" "$(ask 10.6.0.1/32)" "10.6.0.1 1440 $plain$path$list"
is "and of that type" "$(ask 10.6.0.3/32)" "10.6.0.3 1440 $plain$unknown"
is "the clones after kill -9" "$(ask 10.6.0.2/32)" "10.6.0.2 1440 0219ff0000010001c00002030164ff0000010001c0000209"

beside_end 'lisp.lcaf.type == 200'
fields() { read_frames -Y "lisp.type == 2 && $1" -T fields -e "$2" | sort -u; }
is "tshark's word on the path" "$(fields 'lisp.lcaf.type == 10' lisp.lcaf.elp_hop.ipv4)" 192.0.2.101,192.0.2.102
is "and on the list" "$(fields 'lisp.lcaf.type == 13' lisp.lcaf.rle_entry.level)" 1,128
is "and on the types" "$(fields 'lisp.lcaf.type == 10' lisp.lcaf.type)" 10,13
is "and on the unknown one" "$(fields 'lisp.mapping.eid.ipv4 == 10.6.0.3' lisp.lcaf.type)" 200
is "and on the clones" "$(fields 'lisp.mapping.eid.ipv4 == 10.6.0.2' lisp.loc.priority | tail -n 1)" 2,1
[ $bad = 0 ] || tail -20 "$dir/daemon.log"
exit $bad
