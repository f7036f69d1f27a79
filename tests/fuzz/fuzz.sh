#!/bin/bash
# fuzz.sh: coverage-guided fuzzing (libFuzzer, ASan, UBSan) from the committed corpora.
# usage: ./run fuzz [TARGET ...] [--seconds N] [--jobs N] [--list]
#   --seconds N   each target's time (default 60)     --jobs N   targets at a time (default: the processors)
# A finding is left in build/fuzz/findings/TARGET/, and the exit status is 1. What was learnt goes to build/fuzz/corpus/TARGET/,
# never into the tree: a finding's input is committed to tests/fuzz/corpus/TARGET/ with its fix.
set -u
cd "$(dirname "$0")/../.."
. tests/build.sh
seconds=60 jobs=$(nproc) targets=()
while [ $# -gt 0 ]; do
	case $1 in
	--seconds) seconds=${2:?--seconds needs a number}; shift ;;
	--jobs) jobs=${2:?--jobs needs a number}; shift ;;
	--list) for f in tests/fuzz/fuzz_*.c; do f=${f##*/fuzz_}; echo "${f%.c}"; done; exit 0 ;;
	--help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;;
	-*) sed -n '3s/^# //p' "$0" >&2; exit 2 ;;
	*) targets+=("$1") ;;
	esac
	shift
done
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <("$0" --list)
for t in "${targets[@]}"; do
	[ -f "tests/fuzz/fuzz_$t.c" ] || { echo "fuzz: no target '$t'; there are: $("$0" --list | tr '\n' ' ')" >&2; exit 2; }
done
build fuzz fuzz-programs || exit 1

one() # TARGET
{
	local t=$1 log=build/fuzz/$1.fuzz.log
	mkdir -p "build/fuzz/corpus/$t" "build/fuzz/findings/$t"
	build/fuzz/tests/fuzz/fuzz_"$t" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=1 \
		-artifact_prefix="build/fuzz/findings/$t/" "build/fuzz/corpus/$t" "tests/fuzz/corpus/$t" >"$log" 2>&1
	local rc=$?
	printf '%-18s %12s runs in %5s s   coverage %6s   %s\n' "$t" \
		"$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" "$seconds" \
		"$(sed -n 's/.*cov: \([0-9]*\).*/\1/p' "$log" | tail -n 1)" \
		"$([ $rc = 0 ] && echo 'no finding' || echo "FINDING, see $log")"
	return $rc
}

echo "fuzzing ${#targets[@]} targets for $seconds s each, $jobs at a time ..."
bad=0 running=0
for t in "${targets[@]}"; do
	[ "$running" -lt "$jobs" ] || { wait -n || bad=1; running=$((running - 1)); }
	one "$t" &
	running=$((running + 1))
done
while [ "$running" -gt 0 ]; do
	wait -n || bad=1
	running=$((running - 1))
done
exit $bad
