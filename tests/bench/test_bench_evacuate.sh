#!/bin/bash
# test_bench_evacuate: the evacuate benchmark runs in short: 20 guests of two agents a site move at once under traffic, all of them are
# reached at their new place, and the last line is the JSON object with what was measured. No figure is judged.
set -u
. "${top_srcdir:=.}/tests/netns/require.sh"
export top_srcdir
require root netns bpf jq curl
bench=${top_builddir:=build/plain}/tests/bench/bench_evacuate
"$bench" --help | grep -q '^usage: bench evacuate' || { echo "--help does not begin with its usage"; exit 1; }
! "$bench" --guests 0 2>/dev/null || { echo "--guests 0 was taken"; exit 1; }
out=$(timeout 200 "$bench" --quick)
status=$?
printf '%s\n' "$out"
[ $status = 0 ] || { echo "it ended with $status"; exit 1; }
tail -n 1 <<<"$out" | jq -e '.bench == "evacuate" and .metrics.sent > 0 and .metrics.converge_ms_max > 0' >/dev/null ||
	{ echo "FAIL: the last line has no figures, or not all guests were reached"; exit 1; }
