#!/bin/bash
# One subnet at two sites. Ada stands in Paris, Ben in Tokyo, and the machine moves between them, each time with the switches of both sites
# between it and the tunnel router. All have addresses of one subnet, and reach each other by IPv4 and IPv6 through the tunnel routers, which
# answer ARP and neighbour solicitations for who is at the other site with the gateway's MAC: no site's question leaves the site. The first
# move leaves the old switch in the belief that the machine is still there; of the second the switch knows, and floods what still comes for
# its MAC.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
. "$top_srcdir/tests/lab/capture.sh"
test_begin
require tshark dumpcap
ADA=203.0.113.11 ADA6=2001:db8:e:1::11 BEN=203.0.113.12 BEN6=2001:db8:e:1::12 NOBODY=203.0.113.99
mkdir "$LAB_DIR/conf" && cp "$LAB_CONF"/* "$LAB_DIR/conf"
LAB_CONF=$LAB_DIR/conf
# Paris's interface has another MAC than the gateway's, and its address; Tokyo's the other way round.
sed -i "s|^site-port \"lan\" {}|site-port \"lan\" {\n\tgateway-mac = \"$LAB_GATEWAY_MAC\"\n\tgateway = {\"203.0.113.1\", \"2001:db8:e:1::1\"}\n}|" \
	"$LAB_CONF"/{paris,tokyo}.conf

switch() # SITE NEIGHBOUR: the site's switch, with a port to its tunnel router, to the neighbour and to the machine's cable
{
	lab_ip rack link add "sw-$1" type bridge stp_state 0 forward_delay 0
	lab_link "$1" lan rack "$1"
	lab_link "$2" eth0 rack "$2"
	lab_ip rack link add "cable-$1" type veth peer name "plug-$1"
	for n in "$1" "$2" "plug-$1"; do
		lab_ip rack link set "$n" master "sw-$1"
		lab_ip rack link set "$n" up
	done
	lab_ip rack link set "cable-$1" master rack
	lab_ip rack link set "sw-$1" up
}

lab_core rack machine ada ben
lab_ip rack link add rack type bridge stp_state 0 forward_delay 0 mcast_snooping 0
lab_link machine eth0 rack plug
lab_ip rack link set plug master rack
lab_ip rack link set plug up
lab_ip rack link set rack up
switch paris ada
switch tokyo ben
# The cable learns nothing. Both its ends have a carrier, and one passes frames.
for n in plug cable-paris cable-tokyo; do ip netns exec "$(lab_ns rack)" bridge link set dev $n learning off; done
for n in paris tokyo; do lab_ip rack link set "cable-$n" up; done
ip netns exec "$(lab_ns rack)" bridge link set dev cable-tokyo state 0
lab_gateway paris 203.0.113.1/24 2001:db8:e:1::1/64
lab_gateway tokyo 203.0.113.2/24 2001:db8:e:1::2/64
lab_ip paris link set lan address 02:00:00:00:00:77 # gateway-mac will change that
lab_host machine $LAB_MACHINE/24 203.0.113.1 $LAB_MACHINE6/64 2001:db8:e:1::1
lab_host ada $ADA/24 203.0.113.1 $ADA6/64 2001:db8:e:1::1
lab_host ben $BEN/24 203.0.113.1 $BEN6/64 2001:db8:e:1::1
lab_mapping_system || exit 1

mac_of() { lab_exec "$1" cat "/sys/class/net/$2/address"; }
remembers() { lab_ip "$1" -j neigh show "$2" dev eth0 | jq -r '.[0].lladdr // "nothing"'; } # NS ADDRESS: the MAC that it has for it
remembers_it() { [ "$(remembers "$1" "$2")" = "$3" ]; }
reaches() { lab_exec "$1" ping -c 1 -W 1 "$2"; }
MACHINE_MAC=$(mac_of machine eth0)

lab_start ada dump-ada dumpcap -q -i eth0 -f "arp or icmp6" -w "$LAB_DIR/ada.pcapng"
DUMP_ADA=$LAB_LAST
lab_start ben dump-ben dumpcap -q -i eth0 -f "arp or icmp6" -w "$LAB_DIR/ben.pcapng"
DUMP_BEN=$LAB_LAST
for n in ada ben; do lab_poll 10 "dumpcap at $n" grep -q '^File:' "$LAB_DIR/dump-$n.log"; done

lab_speak machine paris 203.0.113.1 2001:db8:e:1::1 $LAB_MACHINE $LAB_MACHINE6
lab_speak ada paris 203.0.113.1 2001:db8:e:1::1 $ADA $ADA6
lab_speak ben tokyo 203.0.113.2 2001:db8:e:1::2 $BEN $BEN6
for to in 203.0.113.1 2001:db8:e:1::1; do reaches ben $to & done # of no answer: they are not Tokyo's own, but it has their MAC
for n in ada ben; do
	for to in 203.0.113.1 2001:db8:e:1::1; do
		eventually 2 "$n's gateway $to has the one MAC" remembers_it $n $to $LAB_GATEWAY_MAC
	done
done

# Two who have never heard of each other: the first question waits for the mapping, and is answered when it comes.
for pair in "ada $BEN" "ben $ADA" "ada $BEN6" "ben $ADA6" "ben $LAB_MACHINE" "ben $LAB_MACHINE6"; do
	set -- $pair
	eventually 3 "$1 reaches $2" reaches $1 $2
	expect "$1 has $2 at the gateway" "$(remembers $1 $2)" $LAB_GATEWAY_MAC
done
for pair in "ada $LAB_MACHINE" "machine $ADA6"; do
	set -- $pair
	eventually 3 "$1 reaches $2, at its own site" reaches $1 $2
	expect "$1 has $2 at its own MAC" "$(remembers $1 $2)" "$(mac_of $([ $1 = ada ] && echo machine || echo ada) eth0)"
done
if reaches ada $NOBODY >/dev/null; then fail "ada reaches nobody"; else pass "of an address that nobody has, nobody answers"; fi
expect "ada has no MAC for nobody" "$(remembers ada $NOBODY)" nothing

lab_start machine echo "$LAB_BIN/tests/lab/echo" 7777
lab_poll 5 "the echo server" sh -c "ip netns exec $(lab_ns machine) ss -tlnH sport = :7777 | grep -q ."

traffic_grows() { [ "$(tail -n 1 "$LAB_DIR/traffic-$1.out" | jq .received)" -gt $(($2 + 100)) ]; } # NS SINCE
move() # FROM TO HOW: under 1 ms probes and a TCP connection of each neighbour
{
	local from=$1 to=$2 how=${3:-} n
	declare -A pid=()
	for n in "ada $LAB_MACHINE" "ben $LAB_MACHINE6"; do
		lab_start ${n% *} "traffic-${n% *}" "$LAB_BIN/tests/lab/traffic" ${n#* } --tcp 7777 --rate 1000 --status-ms 100
		pid[${n% *}]=$LAB_LAST
		lab_poll 5 "traffic of ${n% *}" traffic_grows "${n% *}" 0
	done
	"$LAB_BIN/tests/lab/replug" $how "$(lab_ns rack)" "cable-$from" "cable-$to" "$(lab_ns rack)" "plug-$to" 5 "$(lab_ns machine)" eth0 \
		$LAB_MACHINE $LAB_MACHINE6 >"$LAB_DIR/replug.out"
	for n in $LAB_MACHINE $LAB_MACHINE6; do
		eventually 3 "the mapping of $n is at $to" mapping_is $n "${LAB_RLOC[$to]}"
	done
	for n in ada ben; do
		eventually 5 "$n reaches the machine at $to" traffic_grows $n "$(tail -n 1 "$LAB_DIR/traffic-$n.out" | jq .received)"
		kill "${pid[$n]}"
	done
	for n in ada ben; do
		wait "${pid[$n]}"
		tail -n 1 "$LAB_DIR/traffic-$n.out" | jq -r '"     " + "probes lost \(.lost) of \(.sent), longest gap \(.longest_gap_ms) ms"'
		expect "$n's connection" "$(tail -n 1 "$LAB_DIR/traffic-$n.out" | jq -r .tcp)" kept
	done
}
# Each finds the machine where it is: at its own MAC at the site where it stands, at the gateway's elsewhere.
met() # SITE
{
	local ada=$LAB_GATEWAY_MAC ben=$LAB_GATEWAY_MAC n
	if [ "$1" = paris ]; then ada=$MACHINE_MAC; else ben=$MACHINE_MAC; fi
	for n in $LAB_MACHINE $LAB_MACHINE6; do
		eventually 3 "ada has $n at $ada" remembers_it ada $n $ada
		eventually 3 "ben has $n at $ben" remembers_it ben $n $ben
	done
	for n in "ada $LAB_MACHINE" "ada $LAB_MACHINE6" "ben $LAB_MACHINE" "ben $LAB_MACHINE6"; do
		eventually 3 "${n% *} reaches ${n#* }" reaches $n
	done
	for n in 203.0.113.1 2001:db8:e:1::1; do expect "the machine's gateway $n" "$(remembers machine $n)" $LAB_GATEWAY_MAC; done
}

move paris tokyo --silent
met tokyo
for n in ada ben; do
	receive machine 7400 50 5000
	lab_exec $n "$DATAGRAMS" send $LAB_MACHINE 7400 50
	received "50 datagrams of $n, once and in order" 50
done
lab_ip rack link set cable-paris down # from here on it is pulled and plugged
move tokyo paris
met paris

expect "announced by Paris: gone and come, IPv4 and IPv6" "$(counter paris xtr_proxy_announced)" -ge 4
expect "frames to a MAC that has gone" $(($(counter paris datapath astray) + $(counter tokyo datapath astray))) -ge 1
expect "told that they sent to such a MAC" $(($(counter paris xtr_proxy_corrected) + $(counter tokyo xtr_proxy_corrected))) -ge 1
expect "Tokyo answered for the gateway, whose address its interface has not" "$(counter tokyo xtr_gateway_answered)" -ge 2
for site in paris tokyo; do
	expect "$site answered for who is elsewhere" "$(counter $site xtr_proxy_answered)" -ge 2
	expect "malformed questions at $site" "$(counter $site xtr_proxy_drop_malformed)" -eq 0
	expect "loops cut at $site" "$(counter $site datapath drop_loop)" -eq 0
done

# What is no longer wanted ends with a reload.
sed -i 's/^\tgateway-mac/\tproxy = no\n&/' "$LAB_DIR/paris.conf"
promiscuous() { [ "$(lab_ip "$1" -d -j link show lan | jq '.[0].promiscuity')" = "$2" ]; } # SITE 0|1
eventually 1 "Paris's port hears frames to all MACs" promiscuous paris 1
kill -HUP "${LAB_PID[paris]}"
eventually 3 "without proxy no longer" promiscuous paris 0
table_is paris status '.. | objects | select(.name? == "lan") | .proxy' false && pass "and says so" || fail "Paris says that it is a proxy"
answers=$(counter paris xtr_proxy_answered)
lab_ip ada neigh flush dev eth0
if reaches ada $BEN >/dev/null; then fail "ada reaches $BEN without the proxy"; else pass "ada does not reach $BEN without the proxy"; fi
expect "answers of Paris then" "$(counter paris xtr_proxy_answered)" -eq "$answers"

# What the neighbours saw: no frame of the other site's switch, and ARP and ND of which an independent decoder finds nothing wrong.
kill -INT "$DUMP_ADA" "$DUMP_BEN"
wait "$DUMP_ADA" "$DUMP_BEN"
ada=$(mac_of ada eth0) ben=$(mac_of ben eth0)
gateway_tells="arp.isgratuitous == 1 && arp.src.proto_ipv4 == $LAB_MACHINE && arp.src.hw_mac == $LAB_GATEWAY_MAC"
clean='0|_ws.malformed or icmpv6.checksum.status == "Bad"|malformed, or of a wrong checksum
0|arp.src.hw_mac == '$LAB_GATEWAY_MAC' && eth.src != '$LAB_GATEWAY_MAC'|that tell the MAC of the gateway and are not from it
+|arp.opcode == 2 && arp.src.hw_mac == '$LAB_GATEWAY_MAC'|answers by ARP with the MAC of the gateway
+|icmpv6.type == 136 && icmpv6.nd.na.flag.s == 1 && icmpv6.opt.linkaddr == '$LAB_GATEWAY_MAC'|the same by ND'
capture_read "$clean
0|eth.src == $ben or arp.src.hw_mac == $ben or icmpv6.opt.linkaddr == $ben|of Ben's at Ada's switch
+|$gateway_tells|that told Ada that the machine is at the gateway
+|icmpv6.type == 136 && icmpv6.nd.na.target_address == $LAB_MACHINE6 && icmpv6.nd.na.flag.s == 0 && icmpv6.nd.na.flag.o == 1 && icmpv6.opt.linkaddr == $LAB_GATEWAY_MAC|the same by ND" ada.pcapng
capture_read "$clean
0|eth.src == $ada or arp.src.hw_mac == $ada or icmpv6.opt.linkaddr == $ada|of Ada's at Ben's switch
+|$gateway_tells|that told Ben that the machine is at the gateway" ben.pcapng
test_end
