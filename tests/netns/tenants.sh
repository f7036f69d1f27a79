#!/bin/bash
# Two tenants with the same addresses (RFC 8060 section 4.1): acme has instance 10, with a machine in Paris and a client in the office; globex
# has instance 20, with a machine of the same addresses in Tokyo and a client of the same addresses in Berlin. Each reaches its own;
# nothing of one arrives at the other, not by a packet made for it either; and a tenant that is full is refused what is new.
#
#   machine -- paris --.            .-- office -- client       [10]203.0.113.10  [10]192.0.2.10
#                       core -- ms
#   twin ----- tokyo --'            '-- berlin -- other        [20]203.0.113.10  [20]192.0.2.10
set -u
. "${top_srcdir:-.}/tests/interop/reach.sh"
require tshark dumpcap ethtool
. "$top_srcdir/tests/lab/capture.sh"
test_begin
LAB_SITES="paris tokyo office berlin ms"
LAB_RLOC[berlin]=198.51.100.42 LAB_RLOC6[berlin]=2001:db8:51:6::2
mkdir "$LAB_DIR/conf"

# xtr NAME INSTANCE SITE-ID KEY HOW: its configuration, from the lab's, in an instance
xtr()
{
	local space='"[@]203.0.113.0\/24", "[@]192.0.2.0\/24", "[@]2001:db8:e::\/48"'
	sed "s/198.51.100.18/${LAB_RLOC[$1]}/; s/2001:db8:51:3::2/${LAB_RLOC6[$1]}/; s/office shares this/$4/
		s/^site-port.*/site-port \"lan\" {\n\tinstance-id = $2\n}/; s/198.51.100.34/${LAB_RLOC[ms]}/
		s/^xtr-id.*/xtr-id = \"5357000000000000000000000000000$3\"/; s/^site-id.*/site-id = $3/
		/^eid-prefix/d; s/^eid-space.*/$5\neid-space = {$space}/; s/@\]/$2]/g" "$top_srcdir/tests/lab/conf/office.conf" >"$LAB_CONF/$1.conf"
}
LAB_CONF=$LAB_DIR/conf
here='dynamic-eid = {"[@]203.0.113.0\/24", "[@]2001:db8:e:1::\/64"}' stays='eid-prefix = {"[@]192.0.2.0\/24", "[@]2001:db8:e:2::\/64"}'
xtr paris 10 1 "acme in paris shares this" "$here"
xtr office 10 2 "acme in the office shares this" "$stays"
echo "subscribe = yes" >>"$LAB_CONF/office.conf"
xtr tokyo 20 1 "globex in tokyo shares this" "$here" # the same xTR-IDs and Site-IDs: they are of other sites
xtr berlin 20 2 "globex in berlin shares this" "$stays"
site() # NAME INSTANCE KEY PREFIX...
{
	printf 'site "%s" {\n\tkey "1" {\n\t\tkey = "%s shares this with the map-server"\n\t}\n' "$1" "$3"
	printf "\teid-prefix \"[$2]%s\" {\n\t\taccept-more-specifics = yes\n\t}\n" "${@:4}"
	echo "}"
}
cat >"$LAB_CONF/mapserver.conf" <<END
tenants-only = yes
tenant "acme" {
	instance-id = {10}
}
tenant "globex" {
	instance-id = {20}
	quota {
		mappings = 4
	}
}
$(site acme-paris 10 "acme in paris" 203.0.113.0/24 2001:db8:e:1::/64)
$(site acme-office 10 "acme in the office" 192.0.2.0/24 2001:db8:e:2::/64)
$(site globex-tokyo 20 "globex in tokyo" 203.0.113.0/24 2001:db8:e:1::/64)
$(site globex-berlin 20 "globex in berlin" 192.0.2.0/24 2001:db8:e:2::/64)
api-socket = "@DIR@/api.sock"
state-dir = "@DIR@/state"
END
lab_spaces core $LAB_SITES machine twin client other
for n in $LAB_SITES; do lab_uplink "$n"; done
for pair in machine:paris twin:tokyo; do
	lab_link "${pair%:*}" eth0 "${pair#*:}" lan
	lab_gateway "${pair#*:}" 203.0.113.1/24 2001:db8:e:1::1/64
	lab_host "${pair%:*}" $LAB_MACHINE/24 203.0.113.1 $LAB_MACHINE6/64 2001:db8:e:1::1
done
for pair in client:office other:berlin; do
	lab_link "${pair%:*}" eth0 "${pair#*:}" lan
	lab_gateway "${pair#*:}" 192.0.2.1/24 2001:db8:e:2::1/64
	lab_host "${pair%:*}" $LAB_CLIENT/24 192.0.2.1 $LAB_CLIENT6/64 2001:db8:e:2::1
done
capture_begin
lab_daemon ms sunward-mapserver mapserver.conf || exit 1
for n in paris tokyo office berlin; do lab_daemon $n sunward-xtr $n.conf || exit 1; done
lab_speak machine paris 203.0.113.1 2001:db8:e:1::1 $LAB_MACHINE $LAB_MACHINE6
lab_speak twin tokyo 203.0.113.1 2001:db8:e:1::1 $LAB_MACHINE $LAB_MACHINE6

# Map-Register, Map-Request and Map-Reply: each has its own of the same EID.
for eid in $LAB_MACHINE $LAB_MACHINE6; do
	eventually 3 "acme's $eid is in Paris" mapping_is "[10]$eid" "${LAB_RLOC[paris]}"
	eventually 3 "globex's $eid is in Tokyo" mapping_is "[20]$eid" "${LAB_RLOC[tokyo]}"
done
# asked INSTANCE: the first locator that the map-resolver gives
asked() { lab_exec ms "$LAB_BIN/sunward" -j lig $LAB_MACHINE -i "$1" to "${LAB_RLOC[ms]}" count 1 | jq -r '[.. | objects | .locators? // empty][0][0].address'; }
eventually 3 "all of globex is registered" table_is ms "tenant show globex" .mappings.used 4
expect "asked for in acme's instance" "$(asked 10)" "${LAB_RLOC[paris]}"
expect "asked for in globex's" "$(asked 20)" "${LAB_RLOC[tokyo]}"
expect "asked for in nobody's" "$(asked 30)" null

# Packets: each to its own. The other tenant's routers take nothing out of a tunnel meanwhile.
carried() { echo "$(counter "$1" datapath decap) $(counter "$2" datapath decap)"; }
for tenant in "client machine tokyo berlin 7200" "other twin paris office 7210"; do
	read -r from to far1 far2 port <<<"$tenant"
	before=$(carried $far1 $far2)
	for eid in $LAB_MACHINE $LAB_MACHINE6; do
		receive "$to" "$port" 10 5000
		lab_exec "$from" "$DATAGRAMS" send $eid "$port" 10
		received "10 datagrams from $from to $eid" 10
		port=$((port + 1))
	done
	expect "there and back by pings" "$(many_pings "$from" $LAB_MACHINE && echo there)" there
	expect "taken out of a tunnel by $far1 and $far2 meanwhile" "$(carried $far1 $far2)" "$before"
done

# Subscriptions (RFC 9437) count for the tenant, also those of before a restart.
subscribed() { [ "$(table ms "tenant show $1" .subscriptions.used)" = "$2" ]; }
eventually 3 "acme's office has subscribed" subscribed acme 2
expect "globex's subscriptions" "$(table ms "tenant show globex" .subscriptions.used)" 0
expect "xTRs of each, heard since the start" "$(table ms "tenant show" '[.tenants[].xtrs.used] | join(" ")')" "2 2"
kill -9 "${LAB_PID[ms]}"
wait "${LAB_PID[ms]}" 2>/dev/null
rm -f "$LAB_DIR/ms/api.sock"
lab_daemon ms sunward-mapserver mapserver.conf
eventually 3 "they count when the map-server begins again" subscribed acme 2

# A packet by hand: a LISP header with an instance, and in it UDP from 192.0.2.10 to 203.0.113.10, port 7201.
forged() # INSTANCE (hexadecimal, 3 bytes): from the office to Tokyo
{
	printf '%b' "\x08\x00\x00\x00$1\x00\x45\x00\x00\x20\x00\x00\x00\x00\x40\x11\x7c\xb8\xc0\x00\x02\x0a\xcb\x00\x71\x0a\x1c\x84\x1c\x21\x00\x0c\x00\x00\x65\x76\x69\x6c" \
		>"$LAB_DIR/forged"
	lab_exec office bash -c 'cat "$1" >"/dev/udp/$2/4341"' forged "$LAB_DIR/forged" "${LAB_RLOC[tokyo]}" # whole: a newline is a byte like any
}
heard() { lab_exec twin nstat -asz UdpNoPorts | awk '/UdpNoPorts/ {print $2}'; }
drops() { echo $(($(counter tokyo datapath drop_not_local) + $(counter tokyo datapath drop_instance))); }
hears_more() { [ "$(heard)" -gt "$1" ]; }
drops_more() { [ "$(drops)" -ge "$1" ]; }
before=$(heard) dropped=$(drops)
forged '\x00\x00\x0a'
eventually 3 "one of acme's instance is dropped in Tokyo" drops_more $((dropped + 1))
forged '\x00\x00\x00'
forged '\x00\x00\x1e'
eventually 3 "of no instance, and of nobody's, too" drops_more $((dropped + 3))
expect "datagrams that globex's machine heard" "$(heard)" "$before"
forged '\x00\x00\x14'
eventually 3 "the same in globex's own instance arrives" hears_more "$before"

# Quotas: globex has the four mappings that it may have.
lab_ip twin addr add 203.0.113.11/24 dev eth0
lab_ip machine addr add 203.0.113.11/24 dev eth0
for n in twin machine; do lab_exec $n ping -c 1 -W 1 -I 203.0.113.11 203.0.113.1 >/dev/null; done
eventually 3 "acme has one more" mapping_is '[10]203.0.113.11' "${LAB_RLOC[paris]}"
full() { [ "$(table ms "tenant show globex" '.mappings.refused')" -ge 1 ]; }
eventually 5 "globex is refused one more" full
expect "what globex uses" "$(table ms "tenant show globex" '[.mappings.used, .mappings.max, .sites.used] | join(" ")')" "4 4 2"
expect "what acme uses" "$(table ms "tenant show acme" '[.mappings.used, .mappings.refused] | join(" ")')" "5 0"
expect "what globex has is there all the same" "$(many_pings other $LAB_MACHINE && echo there)" there
expect "messages under a wrong key" "$(counter ms mapserver_dropped bad-mac)" -eq 0
capture_end
capture_read '
0|_ws.malformed|malformed
0|lisp && _ws.expert|of LISP with any remark
0|lisp.undecoded or lisp.unexpected_field or lisp.invalid_field|with a field that could not be decoded
0|lisp && (ip.checksum.status == "Bad" or udp.checksum.status == "Bad")|of LISP with a bad checksum
+|lisp.type == 3 && lisp.lcaf.iid == 10|Map-Register of acme
+|lisp.type == 8 && lisp.lcaf.iid == 20|Map-Request of globex, encapsulated
+|lisp.type == 2 && lisp.lcaf.iid == 20 && ip.dst == 198.51.100.42|Map-Reply to Berlin
0|lisp.type == 2 && lisp.lcaf.iid == 20 && ip.dst == 198.51.100.18|Map-Reply about globex to the office
0|lisp.type == 2 && lisp.lcaf.iid == 10 && ip.dst == 198.51.100.42|Map-Reply about acme to Berlin
+|lisp-data.flags.iid == 1 && lisp-data.iid == 10 && ip.dst == 198.51.100.2|data of acme to Paris
+|lisp-data.flags.iid == 1 && lisp-data.iid == 20 && ip.dst == 198.51.100.10|data of globex to Tokyo'
test_end
