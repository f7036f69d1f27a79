#!/bin/bash
# The demo in short: a machine moves Paris -> Tokyo -> Paris under traffic, with the demo's own assertions except the share of lost
# packets, which a shorter run cannot keep (the dark time alone is more than a thousandth of it): at most 60 packets here.
set -u
. "${top_srcdir:-.}/tests/netns/require.sh"
require root netns bpf
out=$(LAB_BUILD=${top_builddir:-build/plain} "${top_srcdir:-.}/tests/lab/demo.sh" --seconds 6 --lost-max 60 --plain 2>&1)
rc=$?
printf '%s\n' "$out"
exit $rc
