#!/bin/bash
# A host with a link to each of two RBridges, which serve it as one (RFC 7781): it sends one frame by the one and the next by the other. It
# speaks with a station behind a third RBridge, has each broadcast once, and none of its own; a link is lost, and the other carries on.
#
#   h ==(bond)== rb1, rb2;  rb1 - rb2 - rb3 - rb1;  s - rb3
set -u
: "${top_srcdir:=.}" "${top_builddir:=build/plain}"
. "$top_srcdir/tests/netns/require.sh"
require root netns bpf tun ip ping tcpdump ethtool curl jq python3
. "$top_srcdir/tests/verdict.sh"
. "$top_srcdir/tests/netns/campus.sh"
campus_begin traa rb1 rb2 rb3 h s
cable rb1 r2 02:00:00:00:01:02 rb2 r1 02:00:00:00:02:01
cable rb1 r3 02:00:00:00:01:03 rb3 r1 02:00:00:00:03:01
cable rb2 r3 02:00:00:00:02:03 rb3 r2 02:00:00:00:03:02
cable h l1 02:00:00:00:ee:11 rb1 h0 02:00:00:00:aa:11
cable h l2 02:00:00:00:ee:12 rb2 h0 02:00:00:00:aa:12
host s 10.9.0.2/24 rb3 h0 2
ip netns exec "$id-h" python3 "$top_srcdir/tests/netns/bond.py" bond0 02:00:00:00:ee:01 l1 l2 >"$dir/bond" 2>&1 &
pids+=($!)
until_true "the bond is there" grep -q ready "$dir/bond"
ip -n "$id-h" link set bond0 mtu 1500
ip -n "$id-h" addr add 10.9.0.1/24 dev bond0

for n in 1 2 3; do
	{
		printf '%s\n' "system-id = \"0200.0000.000$n\"" "nickname = 0x0b0$n" "root-priority = $((40000 - n))" "trees = 2" "esadi = {10}" \
			"api-socket = \"$dir/rb$n.sock\"" "state-dir = \"$dir/rb$n.state\""
		for p in 1 2 3; do
			[ $p = $n ] || printf '%s\n' "port \"r$p\" {" "kind = trunk" "p2p = yes" "hello = 100ms" "holding = 3s" "}"
		done
		printf '%s\n' 'port "h0" {' "kind = access" "neighbors = no" "pvid = 10" "hello = 300ms" "holding = 1s"
		[ $n = 3 ] || echo 'lag = "02:00:00:00:ee:01"'
		echo "}"
	} >"$dir/rb$n.conf"
	rbridge rb$n
done

group() { ask "$1" /v1/status | jq -r '.lags[0] | "\(.state) \(.members | length) \(.nickname)"'; }
is_member() { [[ $(group "$1") = "member 2 0x"* ]]; }
until_true "rb1 is a member of the group" is_member rb1
until_true "rb2 is" is_member rb2
is "they share a nickname" "$(group rb1)" "$(group rb2)"
is "it is counted" "$(ask rb1 /metrics | grep '^sunward_trill_lags{state="member"}')" 'sunward_trill_lags{state="member"} 1'
has "and shown" "$("$top_builddir/sunward" --socket "$dir/rb1.sock" trill status 2>&1)" "02:00:00:00:ee:01:00:00"
shared=$(group rb1)
shared=${shared##* }
until_true "h reaches s" in_ns h ping -n -c 1 -W 1 10.9.0.2
out=$(in_ns h ping -n -c 40 -i 0.02 -W 5 10.9.0.2 2>&1)
has "h reaches s by both links" "$out" "40 received"
lacks "nothing came twice" "$out" "DUP"
for n in rb1 rb2; do
	used() { [ "$(in_ns ${n} cat /sys/class/net/h0/statistics/rx_packets)" -ge 15 ]; }
	until_true "$n had its share" used
done
behind() { ask rb3 /v1/macs | jq -r ".macs[] | select(.mac == \"02:00:00:00:ee:01\") | .nickname"; }
is "rb3 knows h behind the shared nickname" "$(behind | sort -u)" "$shared"

# Each broadcast of s comes to h once; of its own none does.
capture h bond0 bond
in_ns s ping -n -b -c 7 -i 0.02 -W 1 10.9.0.255 >/dev/null 2>&1
in_ns h ping -n -b -c 9 -i 0.02 -W 1 10.9.0.255 >/dev/null 2>&1
has "h reaches s after that" "$(in_ns h ping -n -c 1 -W 5 -s 77 10.9.0.2)" "1 received"
count() { tcpdump -n -r "$dir/bond.pcap" "$1" 2>/dev/null | wc -l; }
seen() { [ "$(count "$1")" -ge 2 ]; }
until_true "the last ping stands in h's capture" seen 'icmp and greater 119 and less 119'
is "broadcasts of s at h" "$(count 'icmp and src host 10.9.0.2 and dst host 10.9.0.255')" 7
is "h's own, as they were sent" "$(count 'icmp and src host 10.9.0.1 and dst host 10.9.0.255')" 9

# rb1's link to h is lost.
ip -n "$id-h" link set l1 down
alone() { [[ $(group rb2) = "alone 1 "* ]]; }
until_true "rb2 serves h alone" alone
until_true "s reaches h again" in_ns s ping -n -c 1 -W 0.1 10.9.0.1
out=$(in_ns s ping -n -c 20 -i 0.02 -W 5 10.9.0.1 2>&1)
has "s reaches h by the other" "$out" "20 received"
lacks "nothing came twice" "$out" "DUP"
[ "$bad" = 0 ] || cat "$dir/log"
exit $bad
