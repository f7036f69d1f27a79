#!/bin/bash
# failover_agents.sh: one more system of the failover benchmark: a guest that agents announce moves within a site, between hypervisors behind two
# RBridges of its campus of six, under the probes of a client at another site. The guest and its QEMU are stand-ins (tests/lab/standin.sh).
# usage: failover_agents.sh BUILD_DIR     the input and output of failover_lab.sh; of what happens: move
# The gap is what is over PAUSE_MS, for which the guest stands still; the last number is from when it runs to the first answer after that.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lab/topology.sh"
. "$here/../lab/campus_standin.sh"
lab_init "${1:?BUILD_DIR}"
trap lab_down EXIT
trap 'exit 130' INT TERM
: "${LAB_PRIORITY=1}"
PAUSE_MS=5 REST_S=1.5
at=parishv

move()
{
	local to=$([ $at = parishv ] && echo besidehv || echo parishv) pause resumed
	campus_standin_prepare $at $to || return
	rm -f "$LAB_DIR/traffic.out"
	lab_start client traffic "$LAB_BIN/tests/lab/traffic" $LAB_MACHINE --seconds 1.5 --log "$LAB_DIR/probes"
	lab_poll 5 "0.3 s of traffic" grep -q '"t_s":0.[3-9]' "$LAB_DIR/traffic.out"
	standin_do cut all $at $to $PAUSE_MS || return
	read -r pause resumed < <(jq -r '"\(.dark_ms) \(.resumed_ns)"' <<<"$STANDIN_SAID")
	wait "${LAB_PID[traffic]}" || return
	tail -n 1 "$LAB_DIR/traffic.out" | jq -r --argjson pause "$pause" '"\(.sent) \(.lost) \(.duplicated) \(.reordered) \(.longest_gap_ms - $pause)"' | tr '\n' ' '
	awk -v since="$resumed" '$5 > since && (!first || $5 < first) {first = $5} END {printf "%.3f\n", first ? (first - since) / 1e6 : -1}' "$LAB_DIR/probes"
	campus_standin_left $at $to && at=$to
}

! why=$(campus_unable) || { echo "unable $why"; exit 77; }
campus_standin 1 >&2 && lab_poll 10 "the client to reach the guest" lab_exec client ping -n -q -c 1 -W 1 $LAB_MACHINE || exit 1
echo "ready $$ $(jobs -pr | tr '\n' ' ')"
while read -r verb number; do
	lab_pause $REST_S
	case $verb in
	move) move || exit 1 ;;
	*) echo "failover_agents: '$verb $number'" >&2; exit 2 ;;
	esac
done
