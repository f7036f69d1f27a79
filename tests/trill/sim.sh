#!/bin/sh
# sim.sh: small campuses lose and regain links at random on virtual time: on LANs, and point to point with chosen nicknames
set -e
sim=${SIM:-./tests/trill/sim}
timeout 120 "$sim" -n 20 -t 120 -s 1
timeout 120 "$sim" -n 12 -t 60 -s 2 -p -c
