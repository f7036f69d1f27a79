#!/bin/bash
# traces.sh: random walks of spin through the handover's model, as test_handover_trace reads them.
# usage: traces.sh COUNT [FIRST-SEED]    COUNT walks of each kind, to standard output
set -u
here=$(cd "$(dirname "$0")" && pwd)
count=${1:?COUNT walks of each kind} first=${2:-1}
work=$(mktemp -d "${TMPDIR:-/tmp}/sunward-traces.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp "$here/handover.pml" "$work/" && cd "$work" || exit 1

# kind NAME SITES CUTOVER DEFINES...
kind()
{
	local name=$1 sites=$2 cutover=$3 seed
	shift 3
	for ((seed = first; seed < first + count; seed++)); do
		# A walk through an error of the model would be no measure.
		if spin -T -n$seed -DTRACE -DP=6 -DN="$sites" "$@" handover.pml >out 2>&1 && grep -q '^end$' out; then
			echo "trace $name-$seed $sites $cutover"
			grep -vE "^[0-9]* process" out | sed "/^end\$/q"
		else
			echo "traces.sh: $name, seed $seed: $(tail -n 3 out)" >&2
			exit 1
		fi
	done
}

kind migration 2 stop
kind at-resume 2 resume -DNO_CUT
kind cut-off 2 stop -DCUTS=1
kind twice 2 stop -DMIGS=2 -DNO_ORDER
kind race 3 stop -DRACES=1 -DNO_ORDER
kind three-sites 3 stop -DMIGS=2 -DRACES=1 -DNO_ORDER
kind prompt 2 stop -DMIGS=2 -DPROMPT -DNO_ORDER
kind fails 2 stop -DMIGS=2 -DPROMPT -DFAILS -DNO_ORDER
kind fails-at-resume 2 resume -DNO_CUT -DMIGS=2 -DPROMPT -DFAILS -DNO_ORDER
kind fails-race 3 stop -DMIGS=2 -DRACES=1 -DPROMPT -DFAILS -DNO_ORDER
