#!/bin/bash
# The demo in short with a real guest, which QEMU migrates Paris -> Tokyo -> Paris under traffic, with agents. Its probes are pings, which the guest's kernel answers: on a
# busy machine it has been seen to leave some of some hundred unanswered that came to it at once after a long pause, with none dropped on the way. Here the bounds are such that
# only what is not held breaks them; migrate-libvirt.sh counts datagrams, and allows none to be lost.
set -u
. "${top_srcdir:-.}/tests/netns/require.sh"
require root netns bpf
. "${top_srcdir:-.}/tests/lab/topology.sh"
. "${top_srcdir:-.}/tests/lab/guest/guest.sh"
. "${top_srcdir:-.}/tests/lab/guest/qemu.sh"
export LAB_BUILD=${top_builddir:-build/plain}
LAB_BIN=$LAB_BUILD LAB_CONF=${top_srcdir:-.}/tests/lab/conf
! reason=$(guest_unable) || skip "$reason"
"${top_srcdir:-.}/tests/lab/demo.sh" --require-guests --seconds 9 --gap-max 5000 --lost-max 150 --plain 2>&1
