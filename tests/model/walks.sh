#!/bin/bash
# walks.sh: walks of spin through the handover's model, made anew, and the C state machine along them.
# TRACE_SEED: the first seed, 1000 unless given, so that two runs of one tree do the same; "random": walks that nobody has seen before.
# TRACE_COUNT: walks of each kind.
set -u
here=$(cd "$(dirname "$0")" && pwd)
seed=${TRACE_SEED:-1000} count=${TRACE_COUNT:-20}
[ "$seed" != random ] || seed=$((RANDOM * 100 + 1000))
if ! command -v spin >/dev/null; then
	echo "skipped: no spin (Debian package spin)"
	exit 77
fi
test=${top_builddir:-$here/../../build/plain}/tests/unit/test_handover_trace
[ -x "$test" ] || { echo "no $test: make check builds it" >&2; exit 2; }
walks=$(mktemp "${TMPDIR:-/tmp}/sunward-walks.XXXXXX")
trap 'rm -f "$walks"' EXIT
echo "TRACE_SEED=$seed TRACE_COUNT=$count"
timeout 200 "$here/traces.sh" "$count" "$seed" >"$walks" || exit 1
timeout 100 "$test" "$walks"
