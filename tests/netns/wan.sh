#!/bin/bash
# The lab's long roads: a relay between a site and the core delays, loses, doubles and reorders as asked for, and nothing besides. That no
# packet is early, how many come and in which order is judged; how late they are is a matter of who else wants the processors, and only said.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
require ethtool
test_begin
lab_network || exit 1
core() { echo "${LAB_RLOC[$1]%.*}.$((${LAB_RLOC[$1]##*.} - 1))"; }
did() { tail -n 1 "$LAB_DIR/wan-$1.out" | jq ".$2.$3"; } # SITE a_to_b|b_to_a WHAT
rtts() { lab_exec paris ping -c 50 -i 0.01 -W 4 "$(core paris)"; }

lab_exec paris ping -q -c 1 -W 4 "$(core paris)" >/dev/null || fail "no way to the core without a road"
lab_wan paris 20 || exit 1
lab_exec paris ping -q -c 1 -W 4 "$(core paris)" >/dev/null # finds the neighbour
rtts >"$LAB_DIR/ping"
expect "answers over 20 ms each way" "$(grep -c time= "$LAB_DIR/ping")" -eq 50
expect "round trips of less than 40 ms" "$(awk -F 'time=' '/time=/ && $2 + 0 < 40' "$LAB_DIR/ping" | wc -l)" -eq 0
tail -n 1 "$LAB_DIR/ping"
# The best of 50 says what the road is; a busy machine makes others longer.
expect "shortest round trip below 44 ms" "$(awk -F 'time=' '/time=/ && (!m || $2 + 0 < m) {m = $2 + 0} END {print m < 44}' "$LAB_DIR/ping")" 1
lab_wan_end paris
expect "packets that the core's way lost" "$(did paris b_to_a lost)" -eq 0
expect "packets that came unfinished" "$(did paris a_to_b unfinished)" -eq 0
echo "late by us: $(did paris a_to_b late_us_p50) half of them, $(did paris a_to_b late_us_p99) 99 of 100, $(did paris a_to_b late_us_max) at most"

# One way with other delays, and another relay in place of the first: paris to core 1 ms, core to paris 30 ms
lab_wan paris 1 --b-to-a --delay-ms 30
rtts >"$LAB_DIR/ping"
expect "round trips of less than 31 ms" "$(awk -F 'time=' '/time=/ && $2 + 0 < 31' "$LAB_DIR/ping" | wc -l)" -eq 0

stream() # COUNT PORT open|shut OPTIONS...: so many numbered datagrams from tokyo to the core, at 20,000 a second; in $got what came
{
	local count=$1 port=$2 shut=$3
	shift 3
	lab_wan tokyo 5 "$@" || exit 1
	[ "$shut" = shut ] || lab_exec tokyo ping -q -c 1 -w 8 "$(core tokyo)" >/dev/null # finds the neighbour
	receive core "$port" $((2 * count)) 300
	lab_exec tokyo "$DATAGRAMS" send "$(core tokyo)" "$port" "$count" 20000
	wait "$RECEIVER"
	got=$(cat "$RECEIVED")
	lab_wan_end tokyo
}
arrived() { jq ".$1" <<<"$got"; }

stream 5000 7301 open
expect "5,000 datagrams, no jitter" "$got" '{"received":5000,"duplicated":0,"reordered":0,"damaged":0,"highest":4999}'
stream 5000 7302 open --jitter-ms 2
expect "with jitter: received" "$(arrived received)" -eq 5000
expect "with jitter: overtaken" "$(arrived reordered)" -ge 500
# 10 % of 5,000 are 500; 130 are six standard deviations
stream 5000 7303 open --loss 10 --seed 3
expect "with loss: received at least" "$(arrived received)" -ge 4370
expect "with loss: received at most" "$(arrived received)" -le 4630
expect "with loss: lost by the relay, datagrams and an ARP or two" "$(did tokyo a_to_b lost)" -ge $((5000 - $(arrived received)))
expect "with loss: reordered" "$(arrived reordered)" -eq 0
stream 5000 7304 open --duplicate 10 --reorder 10 --seed 4
expect "with duplicates: at least" "$(arrived duplicated)" -ge 370
expect "with duplicates: at most" "$(arrived duplicated)" -le 630
expect "with duplicates: every datagram came" "$(arrived received)" -eq 5000
expect "with reordering: overtaken" "$(arrived reordered)" -ge 300
stream 500 7305 shut --a-to-b --loss 100
expect "one way shut: received" "$(arrived received)" -eq 0
expect "one way shut: lost by the relay" "$(did tokyo a_to_b lost)" -eq "$(did tokyo a_to_b received)"

for wrong in "--loss 101" "--delay-ms x" "--delay-ms -1" "--limit 1e9"; do
	# shellcheck disable=SC2086
	lab_exec road "$LAB_BIN/tests/lab/wan" near-paris far-paris $wrong 2>/dev/null
	expect "wan $wrong" $? -eq 2
done
test_end
