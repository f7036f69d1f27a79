#!/bin/bash
# Three RBridges' data planes with tables that are written by hand, in a triangle, and end stations in two VLANs: what is sent arrives, once,
# and in its VLAN alone; hop counts go down; nothing is lost while the tables are replaced; tshark reads what is on the wire.
#
#   a (VLAN 10) - rb1 ======= rb2 - d (VLAN 10)      The tree of root 2: rb1 - rb2 - rb3. Unicast from rb1 to rb3 goes by rb2, back by the
#                    \         |                     third side. Between rb2 and rb3 stands an ordinary bridge, at which is listened.
#                     \===== rb3 - b (VLAN 10), c (VLAN 20)
set -u
: "${top_srcdir:=.}" "${top_builddir:=build/plain}"
. "$top_srcdir/tests/netns/require.sh"
require root netns bpf ip ping tshark tcpdump ethtool
. "$top_srcdir/tests/verdict.sh"
. "$top_srcdir/tests/netns/campus.sh"
campus_begin trilldp rb1 rb2 rb3 wire a b c d

cable rb1 r2 02:00:00:00:01:02 rb2 r1 02:00:00:00:02:01
cable rb1 r3 02:00:00:00:01:03 rb3 r1 02:00:00:00:03:01
cable rb2 r3 02:00:00:00:02:03 wire w2 02:00:00:00:ff:02
cable wire w3 02:00:00:00:ff:03 rb3 r2 02:00:00:00:03:02
ip -n "$id-wire" link add br0 type bridge
for p in w2 w3; do ip -n "$id-wire" link set $p master br0; done
ip -n "$id-wire" link set br0 up
host a 10.9.0.1/24 rb1 h0 1
host b 10.9.0.2/24 rb3 h0 2
host c 10.9.0.3/24 rb3 h1 3
host d 10.9.0.4/24 rb2 h0 4

# plane NAME: starts it; what it is told goes to descriptor NAME_in, what it says comes from NAME_out
plane()
{
	mkfifo "$dir/$1.in" "$dir/$1.out"
	in_ns "$1" "$top_builddir/tests/netns/trill_static" <"$dir/$1.in" >"$dir/$1.out" 2>>"$dir/log" &
	pids+=($!)
	eval "exec {$1_in}>\"$dir/$1.in\" {$1_out}<\"$dir/$1.out\""
}
tell() { local fd=${1}_in; cat >&"${!fd}"; }
hear() # NAME WORD: reads up to it
{
	local fd=${1}_out line
	while IFS= read -rt 20 line <&"${!fd}"; do [ "$line" = "$2" ] && return 0; done
	fail "$1 does not say $2"
	cat "$dir/log"
	exit 1
}
counters() # NAME: into $counted
{
	local fd=${1}_out line
	echo counters | tell "$1"
	counted=
	while IFS= read -rt 20 line <&"${!fd}" && [ -n "$line" ]; do counted+="$line"$'\n'; done
}
count_of() { sed -n "s/^$1 //p" <<<"$counted" | grep . || echo 0; }

for n in rb1 rb2 rb3; do plane $n; done
tell rb1 <<T
port r2 trill
port r3 trill
port h0 native 10
forward h0 10
adjacency r2 02:00:00:00:02:01 2
adjacency r3 02:00:00:00:03:01 0
path 2 20 r2 02:00:00:00:02:01
path 3 20 r2 02:00:00:00:02:01
rpf 1 2 r2
rpf 1 3 r2
tree 1 2 9 r2
self 1 2
ready
T
tell rb2 <<T
port r1 trill
port r3 trill
port h0 native 10
forward h0 10
adjacency r1 02:00:00:00:01:02 2
adjacency r3 02:00:00:00:03:02 2
path 1 20 r1 02:00:00:00:01:02
path 3 20 r3 02:00:00:00:03:02
rpf 1 1 r1
rpf 1 3 r3
prune 1 r1 20
tree 1 2 9 r1 r3
self 2 2
ready
T
tell rb3 <<T
port r1 trill
port r2 trill
port h0 native 10
port h1 native 20
forward h0 10
forward h1 20
adjacency r1 02:00:00:00:01:03 0
adjacency r2 02:00:00:00:02:03 2
path 1 20 r1 02:00:00:00:01:03
path 2 20 r2 02:00:00:00:02:03
rpf 1 1 r2
rpf 1 2 r2
tree 1 2 9 r2
self 3 2
ready
T
for n in rb1 rb2 rb3; do hear $n ready; done

# Captures: at the stations, and on the wire between rb2 and rb3.
capture wire w2 wire
for n in a b c d; do capture $n eth0 $n; done

pings() { in_ns "$1" ping -n "${@:3}" "$2" 2>&1 | tail -n 3; } # NS ADDRESS OPTIONS
out=$(in_ns a ping -n -c 5 -i 0.05 -W 5 10.9.0.2 2>&1)
has "a reaches b over rb2" "$out" "5 received"
lacks "nothing came twice" "$out" "DUP"
has "a reaches d" "$(pings a 10.9.0.4 -c 3 -i 0.05 -W 5)" "3 received"
has "b reaches d with long packets" "$(pings b 10.9.0.4 -c 3 -i 0.05 -W 5 -s 1472 -M do)" "3 received"
has "c, in VLAN 20, is not reached" "$(pings a 10.9.0.3 -c 2 -i 0.2 -W 1)" "0 received"

# Broadcasts: each once, at each station of the VLAN. Replies are off by default.
in_ns a ping -n -b -c 7 -i 0.02 -W 1 10.9.0.255 >/dev/null 2>&1
# Behind them what ends the count: it takes the same way.
has "a reaches b after that" "$(pings a 10.9.0.2 -c 2 -i 0.05 -W 5 -s 77)" "2 received"
has "a reaches d after that" "$(pings a 10.9.0.4 -c 2 -i 0.05 -W 5 -s 77)" "2 received"
frames() { tshark -n -r "$dir/$1.pcap" -Y "$2" 2>/dev/null | wc -l; }
seen() { [ "$(frames "$1" "$2")" -ge "$3" ]; }
for n in b d; do
	until_true "the last ping stands in $n's capture" seen $n 'icmp.type == 8 && frame.len == 119' 2
	is "broadcasts at $n" "$(frames $n 'icmp.type == 8 && ip.dst == 10.9.0.255')" 7
done
until_true "the last pings stand in a's capture" seen a 'icmp.type == 8 && frame.len == 119' 4
is "broadcasts back at a" "$(frames a 'icmp.type == 8 && ip.dst == 10.9.0.255')" 7 # those that it sent
is "of VLAN 10 at c" "$(frames c 'ip.addr == 10.9.0.1')" 0

# On the wire: what tshark makes of it.
until_true "the last ping stands in the wire's capture" seen wire 'icmp.type == 8 && trill && frame.len == 143' 2
is "frames that tshark finds fault with" "$(frames wire '_ws.malformed || (_ws.expert.severity == error)')" 0
is "unicast from a to b: one of 20 hops is gone" "$(frames wire 'trill.egress_nick == 3 && trill.ingress_nick == 1 && icmp && !(trill.hop_cnt == 19)')" 0
is "unicast from a to b: on the wire" "$(frames wire 'trill.egress_nick == 3 && trill.ingress_nick == 1 && trill.hop_cnt == 19 && icmp.type == 8')" 7
is "from b to a: by the third side" "$(frames wire 'trill.egress_nick == 1')" 0
is "broadcasts of a, 8 of 9 hops left" "$(frames wire 'trill.multi_dst == 1 && trill.egress_nick == 2 && trill.ingress_nick == 1 && trill.hop_cnt == 8 && ip.dst == 10.9.0.255')" 7
is "to All-RBridges, from the port" "$(frames wire 'trill.multi_dst == 1 && trill.ingress_nick == 1 && !(eth.dst == 01:80:c2:00:00:40 && eth.src == 02:00:00:00:02:03)')" 0

# VLAN 20 is pruned towards rb1: c's broadcasts are on the wire, and rb1 does not get them.
counters rb1
before=$(count_of tree)
in_ns c ping -n -b -c 4 -i 0.02 -W 1 10.9.0.255 >/dev/null 2>&1
has "a reaches b after c spoke" "$(pings a 10.9.0.2 -c 1 -W 5)" "1 received"
counters rb2
is "copies that rb2 pruned" "$(count_of copy_pruned)" 4
counters rb1
is "trees' frames at rb1 since" "$(($(count_of tree) - before))" 0

# Tables are replaced, by the same, and each port is made a hybrid one and back, while packets run: 400 to each side, none lost, none twice.
in_ns a ping -n -q -c 400 -i 0.002 -W 5 10.9.0.2 >"$dir/churn.b" 2>&1 &
one=$!
in_ns b ping -n -q -c 400 -i 0.002 -W 5 10.9.0.4 >"$dir/churn.d" 2>&1 &
two=$!
for n in rb1 rb2 rb3; do echo "churn 3" | tell $n; done
for n in rb1 rb2 rb3; do hear $n churned; done
wait $one $two
has "a to b while tables are replaced" "$(cat "$dir/churn.b")" "400 received, 0% packet loss"
has "b to d while tables are replaced" "$(cat "$dir/churn.d")" "400 received, 0% packet loss"
lacks "nothing came twice" "$(cat "$dir/churn.b" "$dir/churn.d")" "duplicates"

for n in rb1 rb2 rb3; do
	counters $n
	for c in drop_rpf drop_hops drop_adjacency drop_room drop_mtu drop_egress drop_ingress drop_no_tree; do
		[ "$(count_of $c)" = 0 ] || fail "$n: $c $(count_of $c)"
	done
done
echo "ok   no RBridge dropped a frame of the campus"
exit $bad
