#!/bin/bash
# A campus of six RBridges with redundant links, two VLANs, two end stations in each: all links are in the topology, stations reach those of
# their VLAN and no others, and while probes of 1 ms run a link is lost: once it is gone round nothing is lost any more. (Links that fall silent,
# and RBridges that die: campus-wild.sh.)
#
# The links are those of campus_six.sh; a, c at rb1; b, d at rb6. VLAN 10: a, b; VLAN 20: c, d.
set -u
: "${top_srcdir:=.}" "${top_builddir:=build/plain}"
. "$top_srcdir/tests/netns/require.sh"
require root netns bpf tun ip ping ethtool curl jq
. "$top_srcdir/tests/verdict.sh"
. "$top_srcdir/tests/netns/campus.sh"
. "$top_srcdir/tests/netns/campus_six.sh"
campus_begin trcp $(six_spaces rb) a b c d
six_cables rb
SIX_TIMES="hello = 300ms; holding = 2s; bfd = yes; bfd-interval = 100ms"
host a 10.9.0.1/24 rb1 h0 1
host b 10.9.0.2/24 rb6 h0 2
host c 10.9.0.3/24 rb1 h1 3
host d 10.9.0.4/24 rb6 h1 4

for n in 1 2 3 4 5 6; do
	access=
	case $n in 1 | 6) access="h0:10 h1:20" ;; esac
	{ printf 'api-socket = "%s"\nstate-dir = "%s"\n' "$dir/rb$n.sock" "$dir/rb$n.state" && six_config $n $access; } >"$dir/rb$n.conf"
	rbridge rb$n
done

for n in 1 2 3 4 5 6; do until_true "rb$n knows the whole campus" six_whole rb $n; done
for n in 1 6; do until_true "rb$n serves its end stations" six_serves rb $n 10 20; done
until_true "a reaches b" in_ns a ping -n -c 1 -W 1 10.9.0.2
until_true "c reaches d" in_ns c ping -n -c 1 -W 1 10.9.0.4
has "a reaches none of VLAN 20" "$(in_ns a ping -n -c 2 -i 0.2 -W 1 10.9.0.4 2>&1)" "0 received"
pictured=$("$top_builddir/sunward" --socket "$dir/rb1.sock" trill campus 2>&1)
for n in 1 2 3 4 5 6; do has "rb$n is in the picture" "$pictured" "0x0c0$n"; done
"$top_builddir/sunward" --socket "$dir/rb1.sock" trill campus --svg "$dir/campus.svg"
is "links in the drawing" "$(grep -c '<line ' "$dir/campus.svg")" 9

hop() { ask "$1" /v1/nicknames | jq -r ".nicknames[] | select(.nickname == \"$2\") | .hops[].port"; }
used() { hop rb1 0x0c06 | grep -q to5; }
around() { ! used && ! hop rb5 0x0c01 | grep -q to1; }
has "rb1 has a way to rb6" "$(hop rb1 0x0c06)" to5

# A link is lost under probes of 1 ms. Some are lost with it; of those that leave once it is gone round, none is, and none comes twice.
ip netns exec "$id-a" "$top_builddir/tests/lab/traffic" 10.9.0.2 --rate 1000 --status-ms 20 --log "$dir/probes" >"$dir/traffic" &
traffic=$!
pids+=($traffic)
answered() { [ "$(tail -n 1 "$dir/traffic" | jq .received)" -gt "$1" ]; }
until_true "probes run" answered 100
ip -n "$id-rb1" link set to5 down
until_true "the link is not used" around
round_ns=$(date +%s%N)
until_true "probes are answered without it" answered $(($(tail -n 1 "$dir/traffic" | jq .sent) + 300))
kill $traffic
wait $traffic
since() { awk -v since="$round_ns" '$2 > since' "$dir/probes"; }
is "probes since then were sent" "$(since | awk 'END {print (NR >= 300)}')" 1
is "probes lost since then" "$(since | awk '!$5' | wc -l)" 0
is "probes that came twice" "$(tail -n 1 "$dir/traffic" | jq .duplicated)" 0
echo "     a link lost: $(tail -n 1 "$dir/traffic" | jq .lost) probes"
ip -n "$id-rb1" link set to5 up
until_true "with the link it is used again" used
exit $bad
