#!/bin/bash
# lab.sh: the demo's network and daemons, left standing for as long as this command runs.
# usage: ./run lab        end it with Ctrl-C or, where there is no terminal, with SIGTERM
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/topology.sh"
if [ $# -gt 0 ]; then
	sed -n '2,3s/^# \{0,1\}//p' "$0"
	[ "$1" = --help ]
	exit
fi
lab_init "${LAB_BUILD:-$here/../../build/plain}"
trap lab_down EXIT
trap 'exit 0' INT TERM
lab_network && lab_daemons || exit 1
lab_start machine echo "$LAB_BIN/tests/lab/echo" 7777
cat <<T
The lab stands. Namespaces: $(for n in core $LAB_SITES client rack machine; do printf '%s ' "$(lab_ns "$n")"; done)
Logs, configurations and sockets: $LAB_DIR

  a shell at the client:         ip netns exec $(lab_ns client) bash       then: ping $LAB_MACHINE
  the map-server's mappings:     $LAB_BIN/sunward --socket $LAB_DIR/ms/api.sock eid show
  the office's map-cache:        $LAB_BIN/sunward --socket $LAB_DIR/office/api.sock cache
  ask the map-resolver:          ip netns exec $(lab_ns office) $LAB_BIN/sunward lig $LAB_MACHINE to ${LAB_RLOC[mr]}
  move the machine to Tokyo:     $LAB_BIN/tests/lab/replug $(lab_ns rack) paris tokyo $(lab_ns tokyo) lan 5 $(lab_ns machine) eth0 $LAB_MACHINE $LAB_MACHINE6

Ctrl-C takes it down.
T
while :; do read -rt 3600 <> <(:) || :; done
