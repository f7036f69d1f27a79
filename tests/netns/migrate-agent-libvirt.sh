#!/bin/bash
# A real guest in a domain of libvirt moves from Paris to Tokyo because `sunward vm move` asks its agent for it: an agent at each hypervisor hears of it by
# libvirt's events and hooks, takes the guest's addresses from its domain's metadata, and why it moves. A libvirtd that is gone takes nothing back.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
. "$top_srcdir/tests/lab/guest/guest.sh"
. "$top_srcdir/tests/lab/guest/libvirt.sh"
test_begin
! reason=$(guest_unable) || skip "$reason"
guest_network && lab_mapping_system && guest_boot && libvirt_agents || { fail "the guest's lab does not come up"; test_end; }

agent() { curl -sf -m 5 --unix-socket "$LAB_DIR/$1/api.sock" "http://localhost/v1/$2"; }  # HOST PATH
said() { agent "$1" guests | jq -r '.guests[0].state // "none"'; }                       # HOST
says() { [ "$(said "$1")" = "$2" ]; }                                                    # HOST STATE
complete() { [ "$(agent "$1" status | jq .complete)" = true ]; }                         # HOST
listened() { lab_exec "$1" ss -xH | grep -q "$LAB_DIR/$1/api.sock"; }                    # HOST
told() { [ "$(heard "$1")" = "$2 " ]; }                                                  # HOST STATES
heard() { sed -n 's/^data: //p' "$LAB_DIR/$1-heard.out" | jq -r 'select(.hosts?) | .state' | uniq | tr '\n' ' '; } # HOST

for h in $GUEST_HOSTS; do eventually 10 "the agent at $h knows all domains" complete "$h"; done
expect "the agent at paris: running" "$(said parishv)" running
expect "the agent at tokyo: no guest" "$(said tokyohv)" none
expect "the addresses of the metadata" "$(agent parishv guests | jq -rc '[.guests[0].hosts[] | .eid + " " + .mac]')" \
	"[\"$LAB_MACHINE $GUEST_MAC\",\"$LAB_MACHINE6 $GUEST_MAC\"]"
for h in $GUEST_HOSTS; do
	lab_start "$h" "$h-heard" curl -sN --unix-socket "$LAB_DIR/$h/api.sock" http://localhost/v1/events
	eventually 5 "a listener at $h" listened "$h"
done
ticket() { libvirt_virsh "$1" metadata guest urn:sunward:ticket:1 2>/dev/null | tr -d '\n'; } # HOST
has_ticket() { [[ $(ticket "$1") == *"$2"* ]]; }                                              # HOST AGENT-ID
paris_id=$(agent parishv status | jq -r .agent_id) tokyo_id=$(agent tokyohv status | jq -r .agent_id)
eventually 10 "the guest has a ticket of its stay at paris" has_ticket parishv "$paris_id"
first=$(ticket parishv)
may() { lab_sunward parishv -j vm move "$@" --dry-run | jq -r "$may"; } # GUEST WORDS...
may='[.possible, (.checks[] | select(.good | not) | .check)] | join(" ")'
eventually 10 "paris' router has taken the guest's state" eval 'agent parishv guests | grep -q "\"taken\""'
expect "a dry run" "$(may guest --to tokyo)" "true"
expect "a dry run that the agent at tokyo is asked about, too" "$(may guest --to tokyo --there "$LAB_DIR/tokyohv/api.sock")" "true"
eventually 5 "and tokyo expects nobody" eval '[ "$(lab_sunward tokyo -j move list | jq "[.moves[] | select(.result == \"under-way\")] | length")" = 0 ]'
expect "a dry run to nowhere" "$(may guest --to mars)" "false destination"
expect "a dry run of a guest that is at its destination already" "$(may guest --to paris)" "false libvirt"
moved=$(lab_sunward parishv -j vm move guest --to tokyo --reason evacuation --deadline 60000) || fail "the guest does not move: $moved"
expect "its move" "$(jq -r '[.guest, .to, .by, .reason, .deadline_ms, .state] | join(" ")' <<<"$moved")" "guest tokyo libvirt evacuation 60000 moved"
expect "another, when it has gone" "$(lab_sunward parishv vm move guest --to tokyo 2>&1)" "sunward: guest is gone here"
eventually 20 "the agent at tokyo: running" says tokyohv running
eventually 20 "the agent at paris: gone" says parishv gone
expect "what was heard from paris" "$(heard parishv)" "leaving paused gone "
expect "what was heard from tokyo" "$(heard tokyohv)" "incoming gone incoming running "
expect "who has told of it at tokyo" "$(agent tokyohv guests | jq -rc '.guests[0].sources')" '["libvirt","hook"]'

eventually 10 "it has another of its stay at tokyo" has_ticket tokyohv "$tokyo_id"
[ "${first##*\'>}" != "$(ticket tokyohv)" ] && pass "which paris does not know" || fail "which paris does not know: $first"
[ "$(counter paris xtr_handover_proven)" -ge 1 ] && pass "who has it has shown the ticket" || fail "who has it has shown the ticket"
expect "and nobody asked without it" "$(counter paris xtr_handover_unproven)" 0
ended_moves() { lab_sunward "$1" -j move list | jq -r '[.moves[] | select(.result == "moved")] | length'; } # SITE
has_ended() { [ "$(ended_moves "$1")" = 2 ]; }                                                           # SITE
seen() { lab_sunward "$1" -j move list | jq -r '[.moves[] | .eid, .side, .reason, .deadline_ms, .move] | map(tostring) | join(" ")'; } # SITE
id=$(jq -r .id <<<"$moved")
for site in paris tokyo; do eventually 5 "both addresses have moved, at $site" has_ended $site; done
for eid in $LAB_MACHINE $LAB_MACHINE6; do
	seen paris | grep -q "$eid source evacuation 60000 $id" && pass "why $eid moves, at paris" || fail "why $eid moves, at paris: $(seen paris)"
	seen tokyo | grep -q "$eid destination evacuation 60000 $id" && pass "why $eid moves, at tokyo" || fail "why $eid moves, at tokyo: $(seen tokyo)"
done
hint() { libvirt_virsh tokyohv metadata guest urn:sunward:move:1 2>&1 | grep -c '<move'; }
expect "what told it is taken away at its new place" "$(hint)" 0

kill -9 "${LAB_PID[tokyohv-libvirtd]}"
ended() { grep -q 'the connection has ended' "$LAB_DIR/tokyohv.log"; }
eventually 10 "the agent at tokyo hears that libvirtd has gone" ended
expect "and the guest has not" "$(said tokyohv)" running
test_end
