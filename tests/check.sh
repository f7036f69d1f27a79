#!/bin/bash
# check.sh: all tests, in three builds. The last line is "N passed, N failed, N skipped".
#   plain        everything
#   asan         everything again under AddressSanitizer and UBSan, but what tests/plain.list names
#   tsan         the programs that have threads, under ThreadSanitizer (tests/threads.list)
# usage: ./run check [--only plain|asan|tsan] [TEST ...]      a TEST is a name as it is printed
set -u
cd "$(dirname "$0")/.."
. tests/build.sh

kinds="plain asan tsan"
if [ "${1:-}" = --help ]; then
	sed -n '2,6s/^# \{0,1\}//p' "$0"
	exit 0
fi
if [ "${1:-}" = --only ]; then
	kinds=${2:?--only needs plain, asan or tsan}
	shift 2
fi
tests=$*
export SIM_SEEDS=100 # tests/sim/test_sim.sh
passed=0 failed=0 skipped=0

# show LOG: a failed test's checks that failed, wherever they stand in it, then its end; a short log whole. A failure that
# comes once in a hundred runs must be understood from this output alone.
show()
{
	local what='^(FAIL|failed|expected|want|got )|FAILED|\[ +(ERROR|LINE) +\]|runtime error:|: [A-Za-z]*Sanitizer|Assertion|Segmentation|core dumped'
	echo "---- $1"
	if [ "$(wc -l <"$1")" -le 60 ]; then
		cat "$1"
		return
	fi
	echo "(what failed)"
	grep -nE -m 40 -A 3 "$what" "$1"
	echo "(its end)"
	tail -n 25 "$1"
}

count() # KIND RESULT: how many .trs files say so
{
	find "build/$1/tests" -name '*.trs' -exec grep -h '^:test-result:' {} + 2>/dev/null |
		grep -c "^:test-result: $2"
}

# all KIND: the tests that a make check would run
all()
{
	printf 'include Makefile\nprint-tests:\n\t@echo $(TESTS)\n' | make -s --no-print-directory -C "build/$1" -f - print-tests
}

# some KIND JOBS TEST...: run these, so many at a time
some()
{
	local kind=$1 jobs=$2
	shift 2
	[ $# = 0 ] || make -C "build/$kind" -k -j"$jobs" check TESTS="$*" 2>&1 |
		grep -E --line-buffered '^(PASS|FAIL|SKIP|ERROR|XPASS|XFAIL):|error:|\*\*\*.*(Error|No rule)'
}

for kind in $kinds; do
	start=$SECONDS
	if ! build "$kind"; then
		failed=$((failed + 1))
		continue
	fi
	find "build/$kind/tests" -name '*.trs' -delete 2>/dev/null
	list=$tests
	[ "$kind" != tsan ] || list=${tests:-$(grep -v '^#' tests/threads.list | tr '\n' ' ')}
	echo "== $kind"
	[ "$kind" != asan ] || [ -n "$tests" ] || list=$(all asan | tr -s ' ' '\n' | grep -vxF -f <(grep -v '^#' tests/plain.list))
	# Labs and benchmarks have the machine for themselves; the rest share it, and labs that tests/shared.list names. The longest come first.
	alone='^tests/(netns|interop|bench)/' first='^tests/(sim|model)/'
	mapfile -t names < <(tr -s ' ' '\n' <<<"${list:-$(all "$kind")}" | sed '/^$/d')
	mapfile -t single < <(printf '%s\n' "${names[@]}" | grep -E "$alone" | grep -vxFf tests/shared.list)
	mapfile -t shared < <(printf '%s\n' "${names[@]}" | grep -vxFf <(printf '%s\n' "${single[@]:-none}"))
	mapfile -t shared < <(printf '%s\n' "${shared[@]}" | grep -E "$first"; printf '%s\n' "${shared[@]}" | grep -vE "$first")
	make -C "build/$kind" -k -j"$(nproc)" check TESTS= >/dev/null 2>&1 # the programs; what does not build is told below
	some "$kind" "$(nproc)" "${shared[@]}"
	some "$kind" 1 "${single[@]}"
	p=$(count "$kind" PASS) s=$(count "$kind" SKIP)
	f=$(($(count "$kind" FAIL) + $(count "$kind" ERROR) + $(count "$kind" XPASS)))
	# A build of the tests themselves that breaks leaves no result behind.
	[ $((p + s + f)) -gt 0 ] || f=1
	find "build/$kind/tests" -name '*.trs' -exec grep -l '^:test-result: \(FAIL\|ERROR\)' {} + 2>/dev/null |
		while read -r trs; do show "${trs%.trs}.log"; done
	find "build/$kind/tests" -name '*.trs' -exec grep -l '^:test-result: SKIP' {} + 2>/dev/null |
		while read -r trs; do echo "skipped: ${trs%.trs}: $(tail -n 2 "${trs%.trs}.log" | head -n 1)"; done
	echo "== $kind: $p passed, $f failed, $s skipped in $((SECONDS - start)) s"
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
