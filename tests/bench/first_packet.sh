#!/bin/bash
# first_packet.sh: how long a first packet takes, through the whole of the lab: it is held, its mapping is asked for (map-resolver,
# map-server), and it is let go. Once the lab stands it prints "ready", and for each line of its input the milliseconds of one such packet:
# what the first ping takes there and back, less half of what the second takes, whose mapping is known.
# usage: first_packet.sh BUILD_DIR
set -u
. "$(dirname "$0")/../lab/topology.sh"
lab_init "${1:?BUILD_DIR}"
trap lab_down EXIT
trap 'exit 130' INT TERM
{ lab_network && lab_daemons; } >&2 || exit 1
lab_poll 10 "the machine to answer" lab_exec client ping -q -c 1 -W 1 $LAB_MACHINE || exit 1
echo ready
while read -r _; do
	lab_sunward office cache clear $LAB_MACHINE >&2 || exit 1
	lab_exec client ping -c 2 -i 0.02 -W 5 $LAB_MACHINE |
		awk -F 'time=' '/time=/ {t[++n] = $2 + 0} END {if (n != 2) exit 1; print t[1] - t[2] / 2; fflush()}' || exit 1
done
