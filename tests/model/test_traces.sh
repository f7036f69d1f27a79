#!/bin/bash
# test_traces.sh: walks of spin through the handover's model that no test has seen before, and the C state machine along them.
# TRACE_SEED: the first seed (that of a failure is printed); TRACE_COUNT: walks of each kind.
set -u
here=$(cd "$(dirname "$0")" && pwd)
seed=${TRACE_SEED:-$((RANDOM * 100 + 1000))} count=${TRACE_COUNT:-20}
if ! command -v spin >/dev/null; then
	echo "skipped: no spin (Debian package spin)"
	exit 77
fi
walks=$(mktemp "${TMPDIR:-/tmp}/sunward-walks.XXXXXX")
trap 'rm -f "$walks"' EXIT
echo "TRACE_SEED=$seed TRACE_COUNT=$count"
timeout 200 "$here/traces.sh" "$count" "$seed" >"$walks" || exit 1
timeout 100 "${top_builddir:-.}"/tests/unit/test_handover_trace "$walks"
