#!/bin/bash
# Signal-free multicast (RFC 8378) through the real map-server: the xTRs of two sites, each with a key of its own, register (S,G) with
# replication lists that are merged (section 5.1.3); the longest match of a source and its group is answered (section 8); the source's ITR is
# told of each change (section 5.3); after kill -9 all stands as it was. tshark reads all of it.
set -u
. "$top_srcdir/tests/netns/require.sh"
require root netns jq tshark dumpcap nsenter ethtool
[ -n "${SUNWARD_MULTICAST_TEST:-}" ] || SUNWARD_MULTICAST_TEST=1 exec unshare -n "$0"
. "$top_srcdir/tests/netns/beside.sh"

# Site 1 by xTR 1 at 198.51.100.2, site 2 by xTR 2 at 198.51.100.3.
joins() { tool register 198.51.100.$(($1 + 1)) 1 "receivers $1" "$1" "$2" "$3" merge; }
told() { [ "$(wc -l <"$dir/heard")" -ge "$1" ]; }

# RLOC-records (RFC 9301 section 5.4) of replication lists (RFC 8060 section 4.9), level 128.
one() { printf '0164ff0000014003 00000d00000a 00000080 0001c00002%02x' "$1" | tr -d ' '; }
two() { printf '0164ff0000014003 00000d000014 00000080 0001c00002%02x 00000080 0001c00002%02x' "$1" "$2" | tr -d ' '; }

beside_begin <<'END'
site "receivers-1" {
	key "1" { key = "receivers 1" }
	eid-prefix "(*,232.0.0.0/8)" { accept-more-specifics = yes  shared = yes }
}
site "receivers-2" {
	key "1" { key = "receivers 2" }
	eid-prefix "(*,232.0.0.0/8)" { accept-more-specifics = yes  shared = yes }
}
site "source" {
	key "1" { key = "the source's" }
	eid-prefix "10.1.0.0/16" {}
}
END

sg="(10.1.0.5,232.1.2.3)"
source_hears() # COUNT: the source's ITR registers with M, and is told of so many changes
{
	tool register 198.51.100.7 1 "the source's" 7 10.1.0.0/16 0164ff0000010001c6336407 || bad=1
	tool hear 198.51.100.7 1 "the source's" "$1" >>"$dir/heard" 2>"$dir/hear.log" &
	hears=$!
	until_true 10 "the source's ITR" grep -q listening "$dir/hear.log"
}
source_hears 3

joins 1 "$sg" "$(one 9)"
until_true 5 "one receiver" answers "$sg" "$sg 1440 $(one 9)"
until_true 5 "the ITR hears of it" told 1
joins 2 "$sg" "$(one 1)"
until_true 5 "two receivers are one list" answers "$sg" "$sg 1440 $(two 1 9)"
until_true 5 "the ITR hears of it" told 2
is "each contributor is known" "$(run -j eid show "$sg" |
	jq -r '[.contributors | sort_by(.site)[] | .site + " " + .owner.xtr_id[31:] + " " + .locators[0].lcaf.hex] | join(", ")')" \
	"receivers-1 1 $(one 9 | cut -c13-), receivers-2 2 $(one 1 | cut -c13-)"

# Section 8: (S,G), (S-prefix,G), (0/0,G), in this order.
joins 1 "(*,232.1.2.3)" "$(one 4)"
until_true 5 "any source" answers "(10.1.0.6,232.1.2.3)" "(*,232.1.2.3) 1440 $(one 4)"
joins 1 "(10.1.0.0/16,232.1.2.3)" "$(one 5)"
until_true 5 "a prefix of sources" answers "(10.1.0.6,232.1.2.3)" "(10.1.0.0/16,232.1.2.3) 1440 $(one 5)"
is "the source itself" "$(ask "$sg")" "$sg 1440 $(two 1 9)"
is "another source" "$(ask "(10.2.0.1,232.1.2.3)")" "(*,232.1.2.3) 1440 $(one 4)"
is "another group" "$(ask "(10.1.0.5,232.9.9.9)" | cut -d ' ' -f 2-)" "1 -"

until_true 10 "the ITR heard of three changes" told 3
wait $hears
kill -9 $pid
wait $pid 2>/dev/null
is "the parts are in the store" "$("$sunward" store dump "$dir/state" |
	jq -r 'select(.kind == "parts" and .eid == "'"$sg"'") | .parts | length')" 2
start
until_true 5 "after kill -9" answers "$sg" "$sg 1440 $(two 1 9)"
is "its contributors" "$(run -j eid show "$sg" | jq '.contributors | length')" 2
source_hears 1
joins 1 "$sg" -
until_true 5 "one receiver has left" answers "$sg" "$sg 1440 $(one 1)"
until_true 10 "the ITR heard of all" told 4
is "what the ITR heard" "$(cat "$dir/heard")" "$sg 1440 $(one 9)
$sg 1440 $(two 1 9)
(10.1.0.0/16,232.1.2.3) 1440 $(one 5)
$sg 1440 $(one 1)"

beside_end
is "the types of messages" "$(read_frames -T fields -e lisp.type | tr , '\n' | sort -nu | grep . | tr '\n' ' ')" "1 2 3 4 5 8 "
[ $bad = 0 ] || tail -20 "$dir/daemon.log"
exit $bad
