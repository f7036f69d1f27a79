#!/bin/bash
# measure.sh: a real guest migrates paris -> tokyo -> paris ... under traffic; what was lost, per direction.
# usage: measure.sh [--by qemu|libvirt] [--agents | --bare] [--moves N] [--keep]       prints a JSON object a migration, then one with the medians
#   --agents      with a sunward-vmagent at each hypervisor
#   --bare        the same guest between two QEMUs on one bridge, without any Sunward: what QEMU costs by itself
# Exit 77, with the reason, where the machine cannot run guests.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../topology.sh"
. "$here/guest.sh"
by=qemu moves=2 agents= bare=
while [ $# -gt 0 ]; do
	case $1 in
	--by) by=${2:?--by needs qemu or libvirt}; shift ;;
	--agents) agents=1 ;;
	--bare) bare=1 ;;
	--moves) moves=${2:?--moves needs a number}; shift ;;
	--keep) LAB_KEEP=1 ;;
	--help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;;
	*) sed -n '3s/^# //p' "$0" >&2; exit 2 ;;
	esac
	shift
done
case $by in qemu | libvirt) . "$here/$by.sh" ;; *) echo "measure.sh: --by is qemu or libvirt, not '$by'" >&2; exit 2 ;; esac
lab_init "${LAB_BUILD:-$here/../../../build/plain}"
trap lab_down EXIT
trap 'exit 130' INT TERM
! reason=$(guest_unable) || { echo "skipped: $reason"; exit 77; }
# A subscribed office, and a map-server that lets a guest move as often as it likes.
mkdir "$LAB_DIR/conf" && cp "$LAB_CONF"/* "$LAB_DIR/conf" && LAB_CONF=$LAB_DIR/conf
echo 'subscribe = yes' >>"$LAB_CONF/office.conf"
printf 'flap {\n\tmoves = 0\n}\n' >>"$LAB_CONF/mapserver.conf"
if [ -n "$bare" ]; then
	guest_network_bare
else
	guest_network && lab_mapping_system
fi && guest_boot || exit 1
[ -z "$agents" ] || "${by}_agents" || exit 1
at=(paris tokyo)
for ((i = 0; i < moves; i++)); do
	guest_measured_move "${at[i % 2]}" "${at[(i + 1) % 2]}" >>"$LAB_DIR/moves.json" || exit 1
	tail -n 1 "$LAB_DIR/moves.json"
done
jq -cs 'def mid: sort | .[length / 2 | floor]; {moves: length,
	lost_to_guest: {median: map(.to_guest.lost) | mid, max: map(.to_guest.lost) | max},
	lost_from_guest: {median: map(.from_guest.lost) | mid, max: map(.from_guest.lost) | max},
	gap_to_guest_ms: {median: map(.to_guest.longest_gap_ms) | mid, max: map(.to_guest.longest_gap_ms) | max},
	stop_to_resume_ms: {median: map(.stop_to_resume_ms) | mid, max: map(.stop_to_resume_ms) | max},
	tcp_timeouts: map(.tcp.timeouts + .tcp.guest_timeouts) | add}' "$LAB_DIR/moves.json"
