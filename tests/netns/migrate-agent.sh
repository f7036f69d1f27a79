#!/bin/bash
# A real guest migrates from Paris to Tokyo, an agent at each hypervisor hears of it from QEMU: at Paris that the guest leaves, is paused for
# the migration and is gone; at Tokyo that it comes and runs. No agent ever says that it runs at both.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
. "$top_srcdir/tests/lab/guest/guest.sh"
. "$top_srcdir/tests/lab/guest/qemu.sh"
test_begin
! reason=$(guest_unable) || skip "$reason"
guest_network && lab_mapping_system && guest_boot && qemu_agents || { fail "the guest's lab does not come up"; test_end; }

agent() { curl -sf -m 5 --unix-socket "$LAB_DIR/$1/api.sock" "http://localhost/v1/$2"; }      # HOST PATH
said() { agent "$1" guests | jq -r '.guests[0].state'; }                                     # HOST
says() { [ "$(said "$1")" = "$2" ]; }                                                        # HOST STATE
listened() { lab_exec "$1" ss -xH | grep -q "$LAB_DIR/$1/api.sock"; }                        # HOST
counted() { curl -sf -m 5 --unix-socket "$LAB_DIR/$1/api.sock" http://localhost/metrics | awk -v n="sunward_xtr_handover_$2_total" '$1 == n {print $2}'; } # SITE WHAT
told() { [ "$(heard "$1")" = "$2 " ]; }                                                      # HOST STATES
heard() { sed -n 's/^data: //p' "$LAB_DIR/$1-heard.out" | jq -r 'select(.hosts?) | .state' | uniq | tr '\n' ' '; } # HOST

eventually 5 "the agent at paris: running" says parishv running
expect "the agent at paris has QEMU's UUID" "$(agent parishv guests | jq -r '.guests[0].uuid')" $GUEST_UUID
expect "the agent at tokyo: nothing yet" "$(said tokyohv)" unknown
for h in $GUEST_HOSTS; do
	lab_start "$h" "$h-heard" curl -sN --unix-socket "$LAB_DIR/$h/api.sock" http://localhost/v1/events
	eventually 5 "a listener at $h" listened $h
done
qemu_prepare tokyohv
eventually 5 "the agent at tokyo: incoming" says tokyohv incoming
eventually 10 "paris' router has taken the guest's state" eval 'agent parishv guests | grep -q "\"taken\""'
moved=$(lab_sunward parishv -j vm move guest --to tokyo --reason planner) || fail "the guest does not move: $moved"
expect "its move" "$(jq -r '[.to, .by, .reason, .state] | join(" ")' <<<"$moved")" "tokyo qmp planner moved"
eventually 5 "the agent at tokyo: running" says tokyohv running
expect "the agent at paris, while QEMU still is there: in migration" "$(agent parishv guests | jq -r '.guests[0] | "\(.state) \(.in_migration)"')" "paused true"
for site in paris tokyo; do
	eventually 5 "the contract of docs/openapi/xtr.json, moves at $site" \
		"$top_builddir/tests/netns/contract_xtr" "$top_srcdir/docs/openapi/xtr.json" "$LAB_DIR/$site/api.sock" moves
done
qemu_left parishv
eventually 5 "the agent at paris: gone" says parishv gone
eventually 5 "what was heard from paris" told parishv "leaving paused gone"
eventually 5 "what was heard from tokyo" told tokyohv "incoming running"
expect "tokyo's router expected the guest's two addresses, and has them" "$(counted tokyo prepared) $(counted tokyo resumed)" "2 2"
expect "paris' router cut them off when it stopped" "$(counted paris paused) $(counted paris aborted)" "2 0"
expect "nobody's word was refused" "$(counted paris drop_auth) $(counted tokyo refused)" "0 0"
# A router that is quicker than the Map-Server is heard at tokyo before the key of the move, and says it again.
expect "nor any at tokyo but what came too early" "$(counted tokyo drop_auth)" -le 8
for eid in $LAB_MACHINE $LAB_MACHINE6; do
	eventually 5 "the mapping of $eid follows" guest_mapped tokyo $eid
done
[ $failures = 0 ] || ! reason=$(guest_broken) || skip "$reason"
test_end
