#!/bin/bash
# Daemons that are killed and started again. A tunnel router goes on with its nonces, so that the map-server takes its messages, owns
# nothing until it has heard of its hosts, and then carries their traffic again. A map-server that comes back knows
# its mappings, and refuses old registrations that somebody has kept and sends again, byte for byte; the next ones it takes.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
test_begin
mkdir "$LAB_DIR/conf" && cp "$LAB_CONF"/* "$LAB_DIR/conf"
LAB_CONF=$LAB_DIR/conf
for site in paris tokyo office; do printf 'timers {\n\tregister = 1s\n}\n' >>"$LAB_CONF/$site.conf"; done
lab_network && lab_daemons || exit 1

killed() # SITE: without a word
{
	kill -9 "${LAB_PID[$1]}"
	wait "${LAB_PID[$1]}" 2>/dev/null
	mv "$LAB_DIR/$1.log" "$LAB_DIR/$1.before.log"
}

ten_arrive() # WHAT EID PORT
{
	receive machine "$3" 10 8000
	lab_exec client "$DATAGRAMS" send "$2" "$3" 10
	received "$1" 10
}

keep() # SITE TYPE FILE
{
	lab_start "$1" "keep-$2" "$DATAGRAMS" keep wan "$2" "$3" 20000
	lab_poll 5 "the ear at $1" grep -q ready "$LAB_DIR/keep-$2.out"
}

reachable() { lab_exec client ping -c 1 -W 1 "$1"; }
hosts() { table "$1" local '[.local[] | select(.dynamic)] | length'; }
acked() { table_is "$1" status '[.. | .acked? | select(. != null)] | all' true; }
replays() { counter ms mapserver_dropped replay; }
bares() { [ "$(counter ms mapserver_dropped no-checksum)" "$@" ]; }

# What the office and Paris said is kept for later: a Map-Register, and a refresh of a claim.
keep office 3 "$LAB_DIR/register"
keep paris 15 "$LAB_DIR/refresh"
eventually 5 "a Map-Register was kept" test -s "$LAB_DIR/register"
eventually 5 "a refresh was kept" test -s "$LAB_DIR/refresh"

# A tunnel router that owns a prefix: its nonces go on, so nothing is taken for a replay.
killed office
lab_daemon office sunward-xtr office.conf || exit 1
eventually 5 "the office is acknowledged after its restart" acked office
expect "registrations that it had to repeat" "$(counter office xtr_map_registers_retried)" -eq 0
expect "messages that the map-server took for replays" "$(replays)" -eq 0
ten_arrive "10 datagrams through the restarted office" $LAB_MACHINE 7201
ten_arrive "10 datagrams through the restarted office" $LAB_MACHINE6 7202

# A tunnel router of hosts: while the machine's cable is out, it owns nothing.
seq=$(seq_of $LAB_MACHINE)
killed paris
lab_ip rack link set paris down
lab_daemon paris sunward-xtr paris.conf || exit 1
expect "hosts of the restarted Paris, its port being down" "$(hosts paris)" -eq 0
expect "claims of the restarted Paris" "$(counter paris xtr_claims_sent)" -eq 0
lab_ip rack link set paris up
lab_ip paris neigh flush dev lan
expect "hosts while the machine is silent" "$(hosts paris)" -eq 0
# It is found because the map-server still says that it is here: packets for it come, and it is asked.
eventually 8 "the silent machine is found when packets come for it" reachable $LAB_MACHINE
eventually 8 "the silent machine is found when packets come for it" reachable $LAB_MACHINE6
eventually 5 "Paris owns both its EIDs again" table_is paris local '[.local[] | select(.dynamic and .registered)] | length' 2
expect "seq: its claim of what is its own already stands" "$(seq_of $LAB_MACHINE)" -eq "$seq"
expect "messages that the map-server took for replays" "$(replays)" -eq 0
ten_arrive "10 datagrams through the restarted Paris" $LAB_MACHINE 7203
ten_arrive "10 datagrams through the restarted Paris" $LAB_MACHINE6 7204

# The map-server. Nobody but the replayed messages speaks to it at first.
kill -STOP "${LAB_PID[office]}" "${LAB_PID[paris]}"
killed ms
lab_daemon ms sunward-mapserver mapserver.conf || exit 1
lab_exec office "$DATAGRAMS" replay wan "$LAB_DIR/register"
lab_exec paris "$DATAGRAMS" replay wan "$LAB_DIR/refresh"
eventually 5 "both old messages are refused as replays" counter_is ms mapserver_dropped -eq 2
expect "replays" "$(replays)" -eq 2
lab_exec office "$DATAGRAMS" replay wan "$LAB_DIR/register" bare
eventually 5 "a message without UDP checksum is refused for that" bares -eq 1
expect "registrations that they made" "$(counter ms mapserver_registered)" -eq 0
expect "registrations that they refreshed" "$(counter ms mapserver_refreshed)" -eq 0
# Its store knows every mapping before anybody speaks.
mapping_is 192.0.2.0/24 "${LAB_RLOC[office]}" && pass "192.0.2.0/24 is known" || fail "192.0.2.0/24 is lost"
mapping_is $LAB_MACHINE "${LAB_RLOC[paris]}" && pass "$LAB_MACHINE is known" || fail "$LAB_MACHINE is lost"
kill -CONT "${LAB_PID[office]}" "${LAB_PID[paris]}"
eventually 8 "all that is registered is refreshed by itself" counter_is ms mapserver_refreshed -ge 4
for eid in 192.0.2.0/24 2001:db8:e:2::/64; do eventually 8 "$eid is where it was" mapping_is $eid "${LAB_RLOC[office]}"; done
for eid in $LAB_MACHINE $LAB_MACHINE6; do eventually 8 "$eid is where it was" mapping_is $eid "${LAB_RLOC[paris]}"; done
expect "the machine's seq is what it was" "$(seq_of $LAB_MACHINE)" -eq "$seq"
lab_sunward office cache clear $LAB_MACHINE >/dev/null
ten_arrive "10 datagrams after a fresh question" $LAB_MACHINE 7205
test_end
