#!/bin/sh
# sim.sh: small campuses lose and regain links at random on virtual time: on LANs of two, point to point with chosen nicknames, and on LANs of four
set -e
sim=${SIM:-./tests/trill/sim}
timeout 120 "$sim" -n 20 -t 120 -s 1
timeout 120 "$sim" -n 12 -t 60 -s 2 -p -c
timeout 120 "$sim" -n 12 -l 20 -m 6 -t 60 -s 3
