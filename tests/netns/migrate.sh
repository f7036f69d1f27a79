#!/bin/bash
# A real guest migrates Paris -> Tokyo -> Paris (QEMU without KVM, its memory goes from one QEMU to the other) while numbered datagrams go both ways
# and a TCP stream runs. The mappings of its IPv4 and IPv6 addresses follow, so does the traffic, and the connection is kept.
#
# MIGRATE_BY: who migrates it, qemu or libvirt (migrate-libvirt.sh). MIGRATE_ONCE: not back. MIGRATE_AGENTS: with agents.
#
# With agents nothing is lost. One or two packets may come twice in a move, which QEMU may have thrown away when it stopped, or not; and those of a second where the guest, on a busy machine, did not come to
# read all while it left (docs/decisions/handover.md). To the guest the order is kept as a rule: on a busy machine one of 20 moves had 22 datagrams out of order. Without them the tunnel routers find the guest by its own announcement after it runs again: what comes
# for it while it is paused is lost with the tap that it left: one hole, as long as the longest gap, and nothing outside of it.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
. "$top_srcdir/tests/lab/guest/guest.sh"
. "$top_srcdir/tests/lab/guest/${MIGRATE_BY:=qemu}.sh"
test_begin
! reason=$(guest_unable) || skip "$reason"
guest_network && lab_mapping_system && guest_boot || {
	! reason=$(guest_broken) || skip "$reason"
	fail "the guest's lab does not come up"
	test_end
}
[ -z "${MIGRATE_AGENTS:-}" ] || "${GUEST_BY}_agents" || fail "the agents do not start"

for site in paris tokyo; do
	lab_exec ${site}hv ping -c 1 -W 5 "${GUEST_NET[${site}hv]}.1" >/dev/null && pass "the hypervisor at $site reaches its xTR" ||
		fail "the hypervisor at $site does not reach its xTR"
done

twice=0
[ -z "${MIGRATE_AGENTS:-}" ] || twice=1100

of() { jq -r "$1" <<<"$seen"; }
move() # FROM TO
{
	guest_measured_move "$1" "$2" >"$LAB_DIR/seen.json" || { fail "the guest does not migrate $1 -> $2"; return; }
	seen=$(<"$LAB_DIR/seen.json")
	echo "     $seen"
	expect "$1 -> $2: both mappings followed" "$(of '.mapping_after_resume_ms != null')" true
	expect "$1 -> $2: datagrams to the guest" "$(of .to_guest.sent)" -gt 1000
	if [ -n "${MIGRATE_AGENTS:-}" ]; then
		expect "$1 -> $2: lost, both ways" "$(of '.to_guest.lost + .from_guest.lost')" 0
		expect "$1 -> $2: out of order, from the guest" "$(of .from_guest.reordered)" 0
	else
		expect "$1 -> $2: lost on the way to the guest: one hole, no more" \
			"$(of '.to_guest.lost <= .to_guest.longest_gap_ms + .own_pause_ms + 100')" true
		expect "$1 -> $2: lost on the way from the guest" "$(of .from_guest.lost)" -le 64
	fi
	expect "$1 -> $2: the xTR delivers to the hypervisor" "$(of '.first_at_host_after_resume_ms != null')" true
	expect "$1 -> $2: twice, to the guest" "$(of .to_guest.duplicated)" -le "$twice"
	expect "$1 -> $2: twice, from the guest" "$(of .from_guest.duplicated)" 0
	expect "$1 -> $2: the TCP connection" "$(of .tcp.state)" kept
	eventually 5 "$1 -> $2: $1 has the guest no longer" left "$1"
	for eid in $LAB_MACHINE $LAB_MACHINE6; do
		lab_exec client ping -c 3 -i 0.2 -W 5 $eid | grep -q ' 0% packet loss' && pass "$1 -> $2: the client reaches $eid" ||
			fail "$1 -> $2: the client does not reach $eid"
	done
}
left() { ! lab_registered "$1" $LAB_MACHINE && ! lab_registered "$1" $LAB_MACHINE6; } # SITE

# agent HOST: what its agent says of the guest
agent() { curl -sf -m 5 --unix-socket "$LAB_DIR/$1/api.sock" http://localhost/v1/guests | jq -c '.guests[0] | [.state, (.hosts | map(.eid) | sort[])]'; }
agent_says() { [ "$(agent "$1")" = "[\"$2\",\"$LAB_MACHINE6\",\"$LAB_MACHINE\"]" ]; } # HOST STATE: of both addresses

[ -z "${MIGRATE_AGENTS:-}" ] || eventually 5 "the agent at paris: running" agent_says parishv running
move paris tokyo
if [ -n "${MIGRATE_AGENTS:-}" ]; then
	eventually 5 "the agent at tokyo: running" agent_says tokyohv running
	eventually 5 "the agent at paris: gone" agent_says parishv gone
	echo "     paris: $(agent parishv), tokyo: $(agent tokyohv)"
fi
[ -n "${MIGRATE_ONCE:-}" ] || move tokyo paris
[ $failures = 0 ] || ! reason=$(guest_broken) || skip "$reason"
test_end
