#!/bin/bash
# sim.sh: builds the simulator, and runs it.   usage: ./run sim [see --help]; ./run sim --trill: that of TRILL campuses; --stations: of LANs with end stations
set -eu
cd "$(dirname "$0")/../.."
. tests/build.sh
if [ "${1:-}" = --trill ]; then
	shift
	build plain tests/trill/sim
	exec build/plain/tests/trill/sim "$@"
fi
if [ "${1:-}" = --stations ]; then
	shift
	build plain tests/trill/sim_lans
	exec build/plain/tests/trill/sim_lans "$@"
fi
build plain tests/sim/sim
exec build/plain/tests/sim/sim "$@"
