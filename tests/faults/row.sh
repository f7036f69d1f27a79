#!/bin/bash
# row.sh: one row of the fault table in a lab of its own; prints what was seen as a JSON object. Exit 1 if it fails, 77, with the reason as
# the last line of its errors, where it cannot run.
# usage: row.sh NAME          FAULTS_KEEP: its files stay; FAULTS_LENIENT: how many probes were lost, and how late, is told but not judged
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
. "$here/rows.sh"
name=${1:?row.sh needs the name of a row}
[ -n "${ROW_LAB[$name]:-}" ] || { echo "row.sh: there is no row '$name'" >&2; exit 2; }
. "$top/tests/lab/topology.sh"
. "$top/tests/lab/guest/guest.sh"
FAULT_EIDS="$LAB_MACHINE $LAB_MACHINE6" FAULT_SITES="paris tokyo" # what is looked at
. "$here/judge.sh"
. "$here/lab_${ROW_LAB[$name]}.sh"
FAILURES=() AT=
[ -z "${FAULTS_KEEP:-}" ] || LAB_KEEP=1
lab_init "${LAB_BUILD:-$top/build/plain}"
trap 'lab_down >&2' EXIT
trap 'exit 130' INT TERM

mark() { echo "$1 ${2:-$EPOCHREALTIME}" >>"$LAB_DIR/marks"; } # NAME [SECONDS]
fault_fail() { FAILURES+=("$*"); }
pause() { lab_pause "$1"; } # SECONDS
poll() { lab_poll "$@" 2>>"$LAB_DIR/polls" || { fault_fail "waited in vain for $2"; return 1; }; } # SECONDS WHAT COMMAND...
fault_kill() { kill -9 "${LAB_PID[$1]}" && wait "${LAB_PID[$1]}" 2>/dev/null; } # LOG: the process

! reason=$(fault_unable) || { echo "$reason" >&2; exit 77; }
fault_lab >&2 || { echo "the lab does not come up" >&2; fault_logs >&2; exit 3; }
probe_start || exit 3
pause 0.5 # of undisturbed traffic
AT=paris
"do_${name//-/_}"
if [ "$(type -t guest_broken)" = function ] && [ "${ROW_LAB[$name]}" != standin ] && reason=$(guest_broken); then
	echo "$reason" >&2
	exit 77
fi
judge "$name"
