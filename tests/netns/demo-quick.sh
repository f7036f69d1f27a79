#!/bin/bash
# The demo in short: a machine moves Paris -> Tokyo -> Paris under traffic. Both moves are followed, the TCP connection is kept, traffic
# runs to its end. How long a gap is and how many packets fall into it is also a matter of who else wants the processors: `./run demo --stand-in`
# holds 20 ms and 0.1 %; here the bounds are such that only what waits for a timer (the first retransmission of a claim: 250 ms; of a
# Map-Request: 1 s) or for nothing at all breaks them.
set -u
. "${top_srcdir:-.}/tests/netns/require.sh"
require root netns bpf
out=$(LAB_BUILD=${top_builddir:-build/plain} "${top_srcdir:-.}/tests/lab/demo.sh" --stand-in --flat --seconds 6 --lost-max 600 --gap-max 200 --plain 2>&1)
rc=$?
printf '%s\n' "$out"
exit $rc
