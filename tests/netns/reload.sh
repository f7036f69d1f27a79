#!/bin/bash
# A tunnel router that runs is told to read its file again: a wrong one changes nothing and is told all its mistakes; a right one takes
# effect without a packet lost.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
test_begin
mkdir "$LAB_DIR/conf" && cp "$LAB_CONF"/* "$LAB_DIR/conf"
LAB_CONF=$LAB_DIR/conf
sed -i 's|^eid-prefix.*|eid-prefix = {"192.0.2.0/24"}|' "$LAB_CONF/office.conf"
lab_network && lab_daemons || exit 1

reload() { kill -HUP "${LAB_PID[office]}"; }
mistakes() { sed -n 's/.*office\.conf\(:[0-9]*: .*\)/\1/p' "$LAB_DIR/office.log"; }
own() { table office local '[.local[].eid] | sort | join(" ")'; }

receive machine 7501 3000 8000
lab_start client send "$DATAGRAMS" send $LAB_MACHINE 7501 3000 1000
cp "$LAB_DIR/office.conf" "$LAB_DIR/right"
sed -i 's/priority = 2 /priority = 2000 /; s/^site-port "lan" {}/site-port "lan" { instance = 3 }/; s/^eid-space.*/eid-space = {"203.0.113.1\/24"}/' \
	"$LAB_DIR/office.conf"
before=$(own)
reload
eventually 5 "the mistakes are in the log" grep -q eid-space "$LAB_DIR/office.log"
expect "all of them" "$(mistakes)" ':3: rloc "2001:db8:51:3::2": priority is "2000"; want a number from 0 to 255
:5: site-port "lan": there is no option `instance` here; did you mean `instance-id`?
:14: eid-space is "203.0.113.1/24"; want an EID like 192.0.2.0/24, 2001:db8::/32 or [7]10.0.0.1/32 (the address has bits set beyond its prefix length: clear them, or give a longer length)'
expect "its EIDs are what they were" "$(own)" "$before"

sed 's|^eid-prefix = {|&"2001:db8:e:2::/64", |; s|"198.51.100.18" { priority = 1 |"198.51.100.18" { priority = 3 |' "$LAB_DIR/right" >"$LAB_DIR/office.conf"
reload
eventually 5 "a right file adds a prefix" table_is office local '[.local[].eid] | sort | join(" ")' "192.0.2.0/24 2001:db8:e:2::/64"
eventually 5 "which is registered" mapping_is 2001:db8:e:2::/64 "${LAB_RLOC[office]}"
eventually 5 "and its locators' new priorities are registered" table_is ms "eid show 192.0.2.0/24" \
	'[.. | objects | select(.address? == "198.51.100.18") | .priority][0]' 3
received "3000 datagrams meanwhile" 3000
test_end
