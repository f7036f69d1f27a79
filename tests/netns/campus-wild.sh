#!/bin/bash
# The campus that loses and regains links at random (tests/campus/campus.sh), for some seconds: no frame is sent on twice by one RBridge, and
# whenever links rest all stations reach each other exactly once. The same seed is the same sequence, and another is another.
set -u
: "${top_srcdir:=.}" "${top_builddir:=build/plain}"
export top_srcdir top_builddir
. "$top_srcdir/tests/netns/require.sh"
require root netns bpf ip bridge ethtool curl jq
campus=$top_srcdir/tests/campus/campus.sh
"$campus" --help | grep -q '^usage: ./run campus' || { echo "FAIL --help does not begin with its usage"; exit 1; }
! "$campus" --seed x 2>/dev/null || { echo "FAIL --seed x was taken"; exit 1; }
[ "$("$campus" --list --seed 7)" = "$("$campus" --list --seed 7)" ] || { echo "FAIL one seed is not one sequence"; exit 1; }
[ "$("$campus" --list --seed 7)" != "$("$campus" --list --seed 8)" ] || { echo "FAIL two seeds are one sequence"; exit 1; }
out=$(timeout 120 "$campus" --seconds 2 --seed 42 --interval-ms 5 --deadline-ms 30000 -v)
status=$?
printf '%s\n' "$out"
[ $status = 0 ] || { echo "FAIL it ended with $status"; exit 1; }
tail -n 1 <<<"$out" | jq -e '.campus | .rests >= 1 and .events >= 1 and .probes.one.sent > 100 and .probes.all.links > 100 and .broken == []' >/dev/null ||
	{ echo "FAIL the last line does not tell of a run"; exit 1; }
