#!/bin/bash
# test_bench_move: the move benchmark runs in short: an EVPN, a classic LISP and Sunward, announced and not, each move a machine once under traffic, each move is
# followed, and the last line is the JSON object with what was measured. No figure is judged.
set -u
. "${top_srcdir:=.}/tests/netns/require.sh"
export top_srcdir
require root netns bpf jq curl ethtool nft
bench=${top_builddir:=build/plain}/tests/bench/bench_move
"$bench" --help | grep -q '^usage: bench move' || { echo "--help does not begin with its usage"; exit 1; }
! "$bench" --rtt x 2>/dev/null || { echo "--rtt x was taken"; exit 1; }
out=$(timeout 200 "$bench" --quick)
status=$?
printf '%s\n' "$out"
[ $status = 0 ] || { echo "it ended with $status"; exit 1; }
failed=0
systems="lisp_smr sunward_garp sunward_announced"
grep -q 'not measured: EVPN' <<<"$out" && echo "without EVPN" || systems="evpn_reflector $systems"
for system in $systems; do
	for what in lost gap_ms converge_ms; do
		tail -n 1 <<<"$out" | jq -e --arg m "${system}_rtt10_dark0_$what" \
			'.bench == "move" and .rounds == 1 and (.metrics + .reference | .[$m] | type == "number")' >/dev/null && continue
		echo "FAIL: the last line has no number for $what of $system"
		failed=1
	done
done
exit $failed
