#!/bin/bash
# sim.sh: builds the simulator, and runs it.   usage: ./run sim [see --help]
set -eu
cd "$(dirname "$0")/../.."
. tests/build.sh
build plain tests/sim/sim
exec build/plain/tests/sim/sim "$@"
