#!/bin/bash
# Ports of a site come, go and come again. A port that appears later is attached, and so is one that was deleted and made anew. While
# a machine's port is down its packets are held, and they are delivered when it is up again. Two machines with the same address behind
# ports of different instances never see each other's packets.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
test_begin
# Instance 7 at Paris and at the office: red ports, made while the daemons run. The same addresses as those of instance 0.
mkdir "$LAB_DIR/conf" && cp "$LAB_CONF"/* "$LAB_DIR/conf"
LAB_CONF=$LAB_DIR/conf
for site in paris office; do
	printf 'site-port "red" { instance-id = 7 }\neid-space += {"[7]192.0.2.0/24", "[7]203.0.113.0/24"}\n' >>"$LAB_CONF/$site.conf"
done
printf 'dynamic-eid += {"[7]203.0.113.0/24"}\ntimers {\n\thold = 20s\n}\n' >>"$LAB_CONF/paris.conf"
printf 'eid-prefix += {"[7]192.0.2.0/24"}\n' >>"$LAB_CONF/office.conf"
sed -i 's|^\teid-prefix "203.0.113.0/24" {|\teid-prefix "[7]203.0.113.0/24" {\n\t\taccept-more-specifics = yes\n\t}\n&|
	s|^\teid-prefix "192.0.2.0/24" {}|\teid-prefix "[7]192.0.2.0/24" {}\n&|' "$LAB_CONF/mapserver.conf"
sed -i 's|^\tforward "192.0.2.0/24" {|\tforward "[7]0.0.0.0/0" {\n\t\tto = "198.51.100.26"\n\t}\n&|' "$LAB_CONF/resolver.conf"
lab_network || exit 1
lab_spaces redmachine redclient
lab_daemons || exit 1

held_more() { [ $(($(counter paris datapath held) - $1)) -ge "$2" ]; } # SINCE N
port_is() { table_is "$1" status ".. | objects | select(.name? == \"$2\") | .$3" "$4"; } # SITE PORT FIELD VALUE

red_port() # SITE NS ADDRESS/LEN HOST-ADDRESS/LEN SUBNET
{
	lab_link "$2" eth0 "$1" red
	lab_ip "$1" link set red address $LAB_GATEWAY_MAC
	lab_ip "$1" link set red up
	lab_ip "$1" addr add "$3" dev red noprefixroute
	lab_ip "$1" route replace "$5" dev red table 77 # what comes for the instance is routed as from its port
	lab_ip "$1" rule add iif red lookup 77
	lab_ip "$2" link set eth0 up
	lab_ip "$2" addr add "$4" dev eth0
	lab_ip "$2" route add default via "${3%/*}"
}

for site in paris office; do expect "$site: the red port is not there yet" "$(table $site status '.. | objects | select(.name? == "red") | .ifindex')" null; done
red_port paris redmachine 203.0.113.1/24 $LAB_MACHINE/24 203.0.113.0/24
red_port office redclient 192.0.2.1/24 $LAB_CLIENT/24 192.0.2.0/24
for site in paris office; do eventually 5 "$site: the red port is attached when it appears" port_is $site red up true; done
eventually 5 "the red prefix of the office is registered" mapping_is "[7]192.0.2.0/24" "${LAB_RLOC[office]}"

# Both instances at once, the same addresses, other payloads: each side gets its own.
lab_exec redmachine ping -c 1 -W 1 203.0.113.1 >/dev/null # no answer: the router itself lives in instance 0
eventually 5 "the red machine is found and registered" mapping_is "[7]$LAB_MACHINE" "${LAB_RLOC[paris]}"
receive machine 7301 30 8000
white=$RECEIVER white_out=$RECEIVED
receive redmachine 7302 40 8000
lab_exec client "$DATAGRAMS" send $LAB_MACHINE 7301 30
lab_exec redclient "$DATAGRAMS" send $LAB_MACHINE 7302 40
received "40 datagrams of instance 7" 40
RECEIVER=$white RECEIVED=$white_out
received "30 datagrams of instance 0 to the same address" 30
# What is sent to the other's port number arrives at nobody: the addresses are the same, the instances are not.
receive machine 7302 1 250
white=$RECEIVER white_out=$RECEIVED
receive redmachine 7301 1 250
lab_exec client "$DATAGRAMS" send $LAB_MACHINE 7301 5
lab_exec redclient "$DATAGRAMS" send $LAB_MACHINE 7302 5
for pair in "$RECEIVER $RECEIVED" "$white $white_out"; do
	wait ${pair% *}
	expect "datagrams that crossed to the other instance" "$(jq .received ${pair#* })" -eq 0
done
expect "the machine of instance 7 in Paris's table" "$(table paris local "[.local[] | select(.eid == \"[7]$LAB_MACHINE\") | .port] | join(\" \")")" red
expect "the machine of instance 0 in Paris's table" "$(table paris local "[.local[] | select(.eid == \"$LAB_MACHINE\") | .port] | join(\" \")")" lan

# Deleted and made anew: attached again, and the machine behind it is found again.
was=$(table paris status '.. | objects | select(.name? == "red") | .ifindex')
lab_ip paris link del red
eventually 5 "the deleted port is detached" port_is paris red ifindex null
red_port paris redmachine 203.0.113.1/24 $LAB_MACHINE/24 203.0.113.0/24
eventually 5 "the port is attached again" port_is paris red up true
expect "its index is another" "$(table paris status '.. | objects | select(.name? == "red") | .ifindex')" != "$was"
lab_exec redmachine ping -c 1 -W 1 203.0.113.1 >/dev/null # no answer: the router itself lives in instance 0
eventually 5 "the red machine is behind it" table_is paris local ".local[] | select(.eid == \"[7]$LAB_MACHINE\" and .registered) | .port" red
receive redmachine 7303 10 8000
lab_exec redclient "$DATAGRAMS" send $LAB_MACHINE 7303 10
received "10 datagrams through the new port" 10

# Carrier down: held for the machine behind it, and delivered in order when it is up again.
held=$(counter paris datapath held) released=$(counter paris xtr_hold_released)
lab_ip rack link set paris down
eventually 5 "Paris knows that the port is down" port_is paris lan up false
receive machine 7304 20 8000
lab_exec client "$DATAGRAMS" send $LAB_MACHINE 7304 20
eventually 2 "20 packets are held" held_more "$held" 20
lab_ip rack link set paris up
received "20 datagrams sent while the port was down" 20
expect "packets released" $(($(counter paris xtr_hold_released) - released)) -ge 20
for reason in eid_full full share timeout negative inject no_space; do
	expect "dropped from the hold ($reason)" "$(counter paris xtr_hold_drop_$reason)" -eq 0
done
test_end
