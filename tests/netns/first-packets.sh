#!/bin/bash
# The first packets to an address that nobody has asked for yet: 50 datagrams at once are held until the mapping comes, and arrive all,
# once, in order and undamaged, over IPv4 and IPv6. What nobody answers for is dropped and counted, and so is what exceeds the limit
# of 64 packets for an EID.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
test_begin
mkdir "$LAB_DIR/conf" && cp "$LAB_CONF"/* "$LAB_DIR/conf"
LAB_CONF=$LAB_DIR/conf
printf 'timers {\n\thold = 8s\n}\n' >>"$LAB_CONF/office.conf" # for a busy machine the usual 2 s are short
lab_network && lab_daemons || exit 1

held() { table office status '.. | .held_bytes? // empty'; }
holds_more() { [ "$(held)" -gt "$1" ]; } # BYTES

misses=$(counter office xtr_misses) released=$(counter office xtr_hold_released)
for to in $LAB_MACHINE $LAB_MACHINE6; do
	table_is office cache "[.cache[] | select(.eid == \"$to\")] | length" 0 && pass "$to is not cached" || fail "$to is cached already"
	receive machine 7001 50 10000
	kill -STOP "${LAB_PID[mr]}" # so that no answer comes before all are sent
	lab_exec client "$DATAGRAMS" send $to 7001 50
	eventually 1 "50 packets are held for $to" holds_more $((50 * 128))
	kill -CONT "${LAB_PID[mr]}"
	received "50 datagrams to $to" 50
	expect "$to is cached now, locators" "$(table office cache "[.cache[] | select(.eid == \"$to\").locators[].address] | join(\" \")")" \
		"${LAB_RLOC[paris]} ${LAB_RLOC6[paris]}"
done
misses=$(($(counter office xtr_misses) - misses)) released=$(($(counter office xtr_hold_released) - released))
expect "packets held" "$misses" -eq 100
expect "packets released: as many as were held" "$released" -eq "$misses"
for reason in eid_full full share timeout negative inject no_space; do
	expect "dropped from the hold ($reason)" "$(counter office xtr_hold_drop_$reason)" -eq 0
done
expect "packets that the data plane held" "$(counter office datapath held)" -eq "$(counter office xtr_misses)"

# Nobody is at 203.0.113.99: the map-server says that the prefix is registered by nobody there, for a minute, natively-forward.
# What the operator has set to drop is dropped, what is held as well as what comes later.
lab_sunward ms eid add 203.0.113.66 --action drop --ttl 5
negative=$(counter office xtr_hold_drop_negative)
lab_exec client "$DATAGRAMS" send 203.0.113.66 7002 10
eventually 3 "a negative mapping is cached" table_is office cache '.cache[] | select(.eid == "203.0.113.66") | .negative' true
expect "its action" "$(table office cache '.cache[] | select(.eid == "203.0.113.66") | .action')" drop
dropped() { [ $(($(counter office xtr_hold_drop_negative) - negative + $(counter office datapath denied))) = "$1" ]; }
eventually 1 "its 10 packets are dropped and counted" dropped 10
expect "negative replies of the map-server" "$(counter ms mapserver_negative_replies)" -ge 1

# 80 packets to an EID for which no answer comes, as the map-resolver is gone: 64 are held, 16 are dropped at once, 64 after the time.
kill -STOP "${LAB_PID[mr]}"
lab_exec client "$DATAGRAMS" send 2001:db8:e:1::99 7003 80
eventually 3 "16 of 80 packets to one EID exceed the limit" counter_is office xtr_hold_drop_eid_full -eq 16
expect "bytes held: 64 packets" "$(held)" -gt $((64 * 148))
eventually 10 "the 64 held packets are dropped when their time is over" counter_is office xtr_hold_drop_timeout -eq 64
expect "bytes held then" "$(held)" -eq 0
kill -CONT "${LAB_PID[mr]}"
test_end
