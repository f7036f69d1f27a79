#!/bin/bash
# model.sh: the move protocol, checked by spin over its whole state space (docs/model.md says what is claimed).
# usage: ./run model [--quick] [--list] [NAME ...]    a NAME is a row's, as printed; without any: all
#   --quick      what ./run check runs, some 30 s; all takes 4 minutes on an idle core and up to 1.2 GB
#   --list       the rows, without running them
#   --trace NAME the steps to an error: what there is after each, of the handover; of ownership, what spin prints
#   --walks      instead: new random walks of the model, and the C state machine along them (after a ./run check; see walks.sh)
# Columns: model, variant, states stored, transitions, depth, MB, seconds, verdict. A row holds ("no error", the whole
# space searched) or is broken on purpose, and then must be caught. Exit: 1 when one is not as it should be; 77: no spin.
set -u
here=$(cd "$(dirname "$0")" && pwd)
quick= list= trace=
while [ $# -gt 0 ]; do
	case $1 in
	--quick) quick=1 ;;
	--list) list=1 ;;
	--trace) trace=1 ;;
	--walks) exec "$here/walks.sh" ;;
	--help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
	-*) echo "model.sh: '$1' is no option; see --help" >&2; exit 2 ;;
	*) break ;;
	esac
	shift
done
names=" $* "
if ! command -v spin >/dev/null; then
	echo "skipped: no spin (Debian package spin)"
	exit 77
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/sunward-model.XXXXXX")
trap 'rm -rf "$work"' EXIT
bad=0 rows=0 ran=0

# pan OUT: a number of pan's report
states() { sed -n 's/^ *\([0-9.e+]*\) states, stored.*/\1/p' "$1" | tail -n 1; }
transitions() { sed -n 's/^ *\([0-9.e+]*\) transitions (=.*/\1/p' "$1" | tail -n 1; }
depth() { sed -n 's/.*depth reached \([0-9]*\),.*/\1/p' "$1" | tail -n 1; }
memory() { sed -n 's/^ *\([0-9.]*\)	total actual memory usage.*/\1/p' "$1" | tail -n 1; }
seconds() { sed -n 's/^pan: elapsed time \([0-9.e+-]*\) seconds.*/\1/p' "$1" | tail -n 1; }
fault() { sed -n 's/^pan:[0-9]*: \(.*\) (at depth.*/\1/p' "$1" | head -n 1; }

# verdict KIND OUT: also sets $bad
verdict()
{
	local found
	found=$(fault "$2")
	if grep -qE 'max search depth too small|out of memory|search not completed|Search not completed' "$2" && [ -z "$found" ]; then
		echo "NOT WHOLE"
	elif ! grep -q 'errors: ' "$2"; then
		echo "NOT RUN: $(tail -n 1 "$2")"
	elif [ "$1" = holds ]; then
		[ -z "$found" ] && grep -q 'errors: 0' "$2" && echo "no error" || echo "FAILED: $found"
	else
		[ -n "$found" ] && echo "caught: $found" || echo "NOT CAUGHT"
	fi
}

# row SET KIND MODEL NAME DEFINES...: SET quick | all; KIND holds | broken
row()
{
	local set=$1 kind=$2 model=$3 name=$4 dir=$work/$4 result opt=-O1
	shift 4
	if [ "$names" != "  " ]; then
		case $names in *" $name "*) ;; *) return ;; esac
	elif [ -n "$quick" ] && [ "$set" != quick ]; then
		return
	fi
	rows=$((rows + 1))
	if [ -n "$list" ]; then
		printf '%-6s %-7s %-10s %-26s %s\n' "$set" "$kind" "$model" "$name" "$*"
		return
	fi
	[ "$set" = all ] || opt=-O0
	[ -z "$trace" ] || set -- "$@" -DTELL
	mkdir -p "$dir"
	cp "$here/$model.pml" "$dir/model.pml"
	(
		cd "$dir" && spin -a "$@" model.pml >out 2>&1 &&
			# -a: cycles, each state being marked; NOREDUCE: one process, there is nothing to reduce
			gcc $opt -w -DNOREDUCE -DNOFAIR -DCOLLAPSE -DMEMLIM=7000 -o pan pan.c >>out 2>&1 &&
			nice -n 19 timeout 1800 ./pan -a -m2000000 >out 2>&1
	)
	result=$(verdict "$kind" "$dir/out")
	ran=$((ran + 1))
	case $result in 'no error' | caught*) ;; *) bad=1; tail -n 5 "$dir/out" >&2 ;; esac
	printf '%-10s %-26s %12s %12s %7s %8s %7s  %s\n' "$model" "$name" "$(states "$dir/out")" "$(transitions "$dir/out")" \
		"$(depth "$dir/out")" "$(memory "$dir/out")" "$(seconds "$dir/out")" "$result"
	[ -z "$trace" ] || if [ "$model" = handover ]; then
		(cd "$dir" && spin -t -T "$@" model.pml)
	else
		(cd "$dir" && spin -t -p -g "$@" model.pml)
	fi
}

[ -n "$list" ] || printf '%-10s %-26s %12s %12s %7s %8s %7s  %s\n' model variant states transitions depth MB seconds verdict

# Ownership. Each line: what may happen besides loss, repetition and reordering.
row quick holds ownership move -DMOVES=1
row quick holds ownership move-destroyed -DMOVES=1 -DGONE=1
row all holds ownership move-crash -DMOVES=1 -DCRASHES=1
row all holds ownership move-expiry -DMOVES=1 -DEXPIRIES=1
row all holds ownership move-loss -DMOVES=1 -DLOSSES=1
row all holds ownership moves-2 -DMOVES=2
row all holds ownership crash-2-expiry -DMOVES=0 -DCRASHES=2 -DEXPIRIES=1
row quick broken ownership newest-wins -DMOVES=1 -DS=6 -DBREAK_NEWEST_WINS
row all broken ownership base-zero -DMOVES=1 -DS=6 -DBREAK_BASE_ZERO
row quick broken ownership refresh-claims -DMOVES=1 -DS=6 -DBREAK_REFRESH_CLAIMS
row all broken ownership refresh-silent -DMOVES=1 -DCRASHES=1 -DBREAK_REFRESH_SILENT
row all broken ownership claim-from-memory -DMOVES=1 -DS=6 -DBREAK_FROM_MEMORY
row all broken ownership smr-away-only -DMOVES=1 -DCRASHES=1 -DBREAK_SMR_AWAY_ONLY
row all broken ownership expiry-forgets -DMOVES=1 -DEXPIRIES=1 -DBREAK_EXPIRY_FORGETS
row all broken ownership loss-refuses -DMOVES=1 -DLOSSES=1 -DBREAK_LOSS_REFUSES
row all broken ownership loss-reuses -DMOVES=1 -DLOSSES=1 -DBREAK_LOSS_REUSES

# Handover: packets. A migration, which may fail at any time; all delays and losses of control messages.
row quick holds handover migration -DP=2
row all holds handover migration-3 -DP=3
row all holds handover stale-itr -DP=2 -DFIRST=1 -DNO_ORDER
row all holds handover m-cut-off -DP=2 -DCUTS=1
row all holds handover m-cut-off-stale-itr -DP=2 -DFIRST=1 -DNO_ORDER -DCUTS=1
row all holds handover xtr-crash -DP=1 -DCRASHES=1
row all holds handover migrations-2 -DP=1 -DMIGS=2
row all holds handover m-restart -DP=1 -DRESTARTS=1
row all holds handover agent-crash -DP=1 -DAGENT_CRASHES=1
row all holds handover expiry -DP=1 -DEXPIRIES=1
# Three sites. At once: what is said arrives at any later time, as it is then.
row quick holds handover race -DN=3 -DP=1 -DRACES=1 -DNO_ORDER -DAT_ONCE
row all holds handover race-2 -DN=3 -DP=2 -DRACES=1 -DNO_ORDER -DAT_ONCE
row all holds handover chain -DN=3 -DP=1 -DMIGS=2 -DCHAIN -DNO_ORDER -DAT_ONCE
row quick holds handover liar -DN=3 -DP=1 -DLIAR -DNO_ORDER -DAT_ONCE
row all holds handover liar-m-cut-off -DN=3 -DP=1 -DLIAR -DCUTS=1 -DNO_ORDER -DAT_ONCE
row quick broken handover unproven -DN=3 -DP=1 -DLIAR -DNO_ORDER -DAT_ONCE -DBREAK_UNPROVEN
row quick broken handover silence-takes -DN=3 -DP=1 -DLIAR -DCUTS=1 -DNO_ORDER -DAT_ONCE -DBREAK_SILENCE_TAKES
row all broken handover asks-once -DP=1 -DRESTARTS=1 -DBREAK_ASKS_ONCE
row all broken handover gone-ignored -DP=1 -DAGENT_CRASHES=1 -DBREAK_GONE_IGNORED
row all broken handover nobody-waits -DP=1 -DEXPIRIES=1 -DBREAK_NOBODY_WAITS
row quick broken handover cut-back -DP=2 -DBREAK_CUT_BACK
row all broken handover never-back -DP=2 -DFIRST=1 -DNO_ORDER -DBREAK_NEVER_BACK
row all broken handover prepare-delivers -DP=2 -DFIRST=1 -DNO_ORDER -DBREAK_PREPARE_DELIVERS
row all broken handover cut-unacknowledged -DP=2 -DBREAK_CUT_UNACKED
row all broken handover abort-tail -DP=2 -DBREAK_ABORT_TAIL
row all broken handover gone-first -DP=2 -DBREAK_GONE_FIRST
row all broken handover claim-memory -DP=2 -DBREAK_CLAIM_MEMORY

[ "$rows" -gt 0 ] || { echo "model.sh: no row is called$names; see --list" >&2; exit 2; }
[ -n "$list" ] || [ "$bad" = 1 ] || echo "$ran rows as they should be"
exit $bad
