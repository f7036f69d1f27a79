#!/bin/bash
# mutants.sh: the C state machine of the handover, broken in one place at a time, along the recorded walks: each has to be noticed.
# usage: mutants.sh [BUILD [WALKS]]    BUILD: a configured and built tree (`.`), with tests/unit/test_handover_trace made; WALKS: others than those kept
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
walks=$(realpath "${2:-$top/tests/model/traces/handover.txt}")
cd "${1:-.}" || exit 2
work=$(mktemp -d "${TMPDIR:-/tmp}/sunward-mutants.XXXXXX")
trap 'rm -rf "$work"' EXIT
ask() { printf 'include Makefile\nask:\n\t@echo $(%s)\n' "$1" | make -s -f - ask; }
cc=$(ask COMPILE) flags="$(ask AM_CFLAGS) $(ask CFLAGS)" libs=$(ask tests_unit_test_handover_trace_LDADD) objects=$(ask tests_unit_test_handover_trace_OBJECTS)
link="$(ask CC) $flags $(ask AM_LDFLAGS) $(ask LDFLAGS)"
bad=0 count=0

# mutant FILE WHAT SED: sed has to change the file
mutant()
{
	local file=$1 what=$2
	sed "$3" "$top/$file" >"$work/${file##*/}"
	count=$((count + 1))
	if cmp -s "$top/$file" "$work/${file##*/}"; then
		echo "NOT FOUND     $what: the place in $file has changed"
		bad=1
		return
	fi
	# The broken file before the archive, whose member is then not looked for.
	if ! $cc -w -c -o "$work/mutant.o" "$work/${file##*/}" >"$work/out" 2>&1 || ! $link -o "$work/test" $objects "$work/mutant.o" $libs $(ask LIBS) >>"$work/out" 2>&1; then
		echo "NOT BUILT     $what: $(grep -m 1 error "$work/out")"
		bad=1
	elif timeout 60 "$work/test" "$walks" >"$work/out" 2>&1; then
		echo "NOT NOTICED   $what"
		bad=1
	else
		printf 'noticed       %-72s %s\n' "$what" "$(sed -n 's/.*: trace \([^:]*\): ERROR: \(.*\)/\1: \2/p' "$work/out" | head -n 1 | cut -c 1-100)"
	fi
}

joins=xtr/handover_passage.c comes=xtr/handover_arrival.c leaves=xtr/handover_departure.c
mutant $leaves 'redirected before the next place has acknowledged ACCEPTED' 's/ || !peer->accepted ||/ ||/'
mutant $leaves 'on an abort the tail is delivered too' 's/^\t\thold_drop_tail(.*/\t\t;/'
mutant $leaves 'an abort is told to nobody' '/^void departure_abort/,/^}/s/passage_each_next(p, NULL, HANDOVER_ABORTED);//'
mutant $comes 'who has it now does not tell' 's/peer_send(&p->owner, HANDOVER_RESUMED);/;/'
mutant $joins 'who does not get it does not tell' 's/peer_send(&p->owner, HANDOVER_CANCELLED);//'
mutant $comes 'what is held does not go back when the move was aborted' '/^static void aborted/,/^}/s/passage_let_go(p, true);/;/'
mutant $leaves 'paused before it was accepted: it still waits to be served' '/^void departure_paused/,/^}/s/p->phase == PHASE_WAITING/0/'
mutant $joins 'leaving is not told to those that wait for it' 's|departure_accept(p);|;|'
mutant $joins 'it runs, and is not claimed' 's/^\tsite_arrived(r, &p->node.eid, p->ifindex, p->mac);//'
mutant xtr/handover.c 'after the cut packets go back to where they come from' 's/e->back ? DATAPATH_UNEXPECTED : DATAPATH_EXPECT_OWNER/DATAPATH_UNEXPECTED/'
mutant xtr/handover.c 'prepared, it does not wait for what comes from the owner' 's/? DATAPATH_EXPECT_OWNER$/? DATAPATH_UNEXPECTED/'
mutant xtr/handover.c 'once it has moved nothing goes back' 's/if (!away || !timer_is_set(&p->back))/if (1)/'
echo "$count mutants"
exit $bad
