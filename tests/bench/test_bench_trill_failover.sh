#!/bin/bash
# test_bench_trill_failover: the failover benchmark runs in short: RBridges lose a link and find the other way, an end station moves and is
# followed, and the last line is the JSON object with what was measured. No figure is judged.
set -u
. "${top_srcdir:=.}/tests/netns/require.sh"
export top_srcdir
require root netns bpf jq curl ethtool ip ping
bench=${top_builddir:=build/plain}/tests/bench/bench_trill_failover
"$bench" --help | grep -q '^usage: bench trill-failover' || { echo "--help does not begin with its usage"; exit 1; }
! "$bench" --stp x 2>/dev/null || { echo "--stp x was taken"; exit 1; }
out=$(timeout 200 "$bench" --quick)
status=$?
printf '%s\n' "$out"
[ $status = 0 ] || { echo "it ended with $status"; exit 1; }
failed=0
for what in carrier_lost carrier_gap_ms move_lost move_gap_ms move_arrived_ms; do
	tail -n 1 <<<"$out" | jq -e --arg m "rbridge_$what" \
		'.bench == "trill-failover" and .rounds == 1 and (.metrics[$m] | type == "number")' >/dev/null && continue
	echo "FAIL: the last line has no number for $what"
	failed=1
done
exit $failed
