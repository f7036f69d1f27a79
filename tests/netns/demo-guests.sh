#!/bin/bash
# The demo in short with a real guest, which QEMU migrates Paris -> Tokyo -> Paris under traffic, with agents, over a TRILL campus in each of them. Nothing is lost; how long the gaps are is also a matter of who
# else wants the processors.
set -u
. "${top_srcdir:-.}/tests/netns/require.sh"
require root netns bpf
. "${top_srcdir:-.}/tests/lab/topology.sh"
. "${top_srcdir:-.}/tests/lab/guest/guest.sh"
. "${top_srcdir:-.}/tests/lab/guest/qemu.sh"
export LAB_BUILD=${top_builddir:-build/plain}
LAB_BIN=$LAB_BUILD LAB_CONF=${top_srcdir:-.}/tests/lab/conf
! reason=$(guest_unable) || skip "$reason"
"${top_srcdir:-.}/tests/lab/demo.sh" --require-guests --seconds 9 --gap-max 20000 --lost-max 0 --plain 2>&1
