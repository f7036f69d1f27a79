#!/bin/bash
# A campus of six RBridges with redundant links, two VLANs, two end stations in each: all links are in the topology, stations reach those of
# their VLAN and no others, and while probes of 1 ms run, a link is lost, one is cut with its carrier up, and an RBridge dies: traffic comes back by another way. What was
# lost is printed, and not judged: that depends on the machine.
#
# The links are those of campus_six.sh; a, c at rb1; b, d at rb6. VLAN 10: a, b; VLAN 20: c, d.
set -u
: "${top_srcdir:=.}" "${top_builddir:=build/plain}"
. "$top_srcdir/tests/netns/require.sh"
require root netns bpf tun ip ping ethtool curl jq
. "$top_srcdir/tests/verdict.sh"
. "$top_srcdir/tests/netns/campus.sh"
. "$top_srcdir/tests/netns/campus_six.sh"
campus_begin trcp $(six_spaces rb) wire a b c d
# Between rb1 and rb5 stands an ordinary bridge, where the wire can be cut and the carrier stays.
six_cables rb wire
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

# probe COUNT: from a to b, one each ms
received() { ip -n "$id-b" -j -s link show eth0 | jq '.[0].stats64.rx.packets'; }
more_than() { [ "$(received)" -gt "$1" ]; }
probe() { in_ns a ping -n -q -c "$1" -i 0.001 -W 1 10.9.0.2 >"$dir/probe" 2>&1; }
# how many of them were lost, and how long that is at the rate they ran
lost() { sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.* time \([0-9]*\)ms/\1 \2 \3/p' "$dir/probe" |
	awk '{printf "%d of %d probes, about %d ms\n", $1 - $2, $1, ($1 - $2) * $3 / $1}'; }
used() { hop rb1 0x0c06 | grep -q to5; }
hop() { ask "$1" /v1/nicknames | jq -r ".nicknames[] | select(.nickname == \"$2\") | .hops[].port"; }
has "rb1 has a way to rb6" "$(hop rb1 0x0c06)" to5

before=$(received)
probe 500 &
loss=$!
until_true "probes run" more_than $((before + 100))
ip -n "$id-rb1" link set to5 down
wait $loss
echo "     a link lost: $(lost)"
unused() { ! used; }
until_true "the link is not used" unused
until_true "a reaches b without it" in_ns a ping -n -c 1 -W 1 10.9.0.2
ip -n "$id-rb1" link set to5 up
until_true "with the link it is used again" used

before=$(received)
probe 500 &
loss=$!
until_true "probes run" more_than $((before + 100))
ip -n "$id-wire" link set at1 nomaster
wait $loss
echo "     a link lost that keeps its carrier: $(lost)"
until_true "BFD has missed it" unused
until_true "a reaches b without that" in_ns a ping -n -c 1 -W 1 10.9.0.2
ip -n "$id-wire" link set at1 master wire
until_true "with the link it is used again" used

before=$(received)
probe 500 &
loss=$!
until_true "probes run" more_than $((before + 100))
kill -9 "$pid_rb5"
for p in $(six_trunks 5); do ip -n "$id-rb5" link set "$p" down; done
wait $loss
echo "     an RBridge lost: $(lost)"
without() { [ "$(ask "$1" /v1/nicknames | jq -r '.nicknames[] | select(.nickname == "0x0c05") | .cost')" = null ]; }
until_true "it is not reached any more" without rb1
until_true "a reaches b without it" in_ns a ping -n -c 1 -W 1 10.9.0.2
until_true "c reaches d without it" in_ns c ping -n -c 1 -W 1 10.9.0.4
has "and so it stays" "$(in_ns a ping -n -c 5 -i 0.1 -W 2 10.9.0.2 2>&1)" "5 received"
exit $bad
