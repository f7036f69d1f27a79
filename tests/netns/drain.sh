#!/bin/bash
# A locator is taken out of use, by the operator (drain) or because it is dead (RLOC-probes): a stream of datagrams goes on by the other
# one, of the other address family, and comes back when the first is in use again. The core counts which family carried it.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
test_begin
mkdir "$LAB_DIR/conf" && cp "$LAB_CONF"/* "$LAB_DIR/conf"
LAB_CONF=$LAB_DIR/conf
printf 'timers {\n\tprobe = 500ms\n}\n' >>"$LAB_CONF/office.conf"
lab_network && lab_daemons || exit 1

carried4() { lab_exec core awk '$1 == "Ip:" && $2 != "Forwarding" {print $7}' /proc/net/snmp; }
carried6() { lab_exec core awk '$1 == "Ip6OutForwDatagrams" {print $2}' /proc/net/snmp6; }
cached() { table office cache ".cache[] | select(.eid == \"$LAB_MACHINE\") | .locators[] | select(.address == \"$1\") | .$2"; } # RLOC FIELD
cached_is() { [ "$(cached "$1" "$2")" = "$3" ]; }

# stream PORT COUNT: at 1,000 a second, in the background
stream()
{
	receive machine "$1" "$2" $(($2 + 6000))
	lab_start client "send-$1" "$DATAGRAMS" send $LAB_MACHINE "$1" "$2" 1000
	SENDER=$LAB_LAST
}

all_arrived() # WHAT COUNT: those that changed their path may have overtaken each other
{
	wait "$SENDER" "$RECEIVER"
	expect "$1: received, duplicated, damaged" "$(jq -r '"\(.received) \(.duplicated) \(.damaged)"' "$RECEIVED")" "$2 0 0"
}

by_family() # WHAT PORT 4|6: 200 datagrams, by which family
{
	local four=$(carried4) six=$(carried6)
	receive machine "$2" 200 8000
	lab_exec client "$DATAGRAMS" send $LAB_MACHINE "$2" 200 2000
	received "$1" 200
	four=$(($(carried4) - four)) six=$(($(carried6) - six))
	if [ "$3" = 4 ]; then expect "$1: IPv4 packets in the core" $four -ge 200; else expect "$1: IPv6 packets in the core" $six -ge 200; fi
	if [ "$3" = 4 ]; then expect "$1: IPv6 packets" $six -lt 100; else expect "$1: IPv4 packets" $four -lt 100; fi
}

by_family "at first" 7401 4
stream 7402 3000
lab_sunward paris rloc drain "${LAB_RLOC[paris]}" >/dev/null || fail "rloc drain exits $?"
eventually 5 "the mapping has priority 255 there" table_is ms "eid show $LAB_MACHINE" \
	"[.. | objects | select(.address? == \"${LAB_RLOC[paris]}\") | .priority][0]" 255
eventually 5 "the office has heard of it" cached_is "${LAB_RLOC[paris]}" priority 255
all_arrived "a stream during the drain" 3000
by_family "drained" 7403 6
expect "Paris says" "$(table paris 'rloc list' ".rlocs[] | select(.address == \"${LAB_RLOC[paris]}\") | .drained")" true

# The machine has said nothing so far: the office heard of the drain from the answers to its probes. Now Paris knows whom to tell.
expect "SMRs of Paris so far" "$(counter paris xtr_smrs_sent)" -eq 0
eventually 5 "the machine answers" lab_exec client ping -c 1 -W 1 $LAB_MACHINE
stream 7404 3000
lab_sunward paris rloc undrain "${LAB_RLOC[paris]}" >/dev/null || fail "rloc undrain exits $?"
eventually 8 "the office has heard that it is back" cached_is "${LAB_RLOC[paris]}" priority 1
all_arrived "a stream during the undrain" 3000
expect "SMRs of Paris" "$(counter paris xtr_smrs_sent)" -ge 1
by_family "undrained" 7405 4

# A locator that is dead without a word: probes find it.
down=$(counter office xtr_rloc_down)
lab_ip core route add blackhole "${LAB_RLOC[paris]}/32"
eventually 10 "the office's probes find the locator down" counter_is office xtr_rloc_down -gt "$down"
expect "the office says: up" "$(table office 'rloc list' ".rlocs[] | select(.address == \"${LAB_RLOC[paris]}\") | .up")" false
by_family "dead" 7406 6
up=$(counter office xtr_rloc_up)
lab_ip core route del blackhole "${LAB_RLOC[paris]}/32"
eventually 10 "the office's probes find it up again" counter_is office xtr_rloc_up -gt "$up"
by_family "alive again" 7407 4
test_end
