#!/bin/bash
# Two xTRs on one campus with one gateway MAC (docs/decisions/gateway.md). tokyo is at paris4, paris at paris6; the machine is behind paris1, nearer to
# tokyo, and parisb behind paris3, nearer to paris. Each guest's frames for the gateway go to the nearer xTR, whose own MAC they never learn; both register
# the machine (merge), the nearer with the better priority, and the client's packets come by that. It is killed: the machine's own packets, and the
# client's, go by the other. What is lost meanwhile is printed and not judged. Then it is back, and nearest again. A guest that sends from the gateway's MAC
# is not heard.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
CAMPUS_SITES=paris
gateway=02:53:55:4e:00:01
CAMPUS_MORE="gateway-mac = {\"$gateway\"}"
CAMPUS_VLAN='site-port = "lan"  anycast = yes  port = "xtr"' CAMPUS_COSTS=yes CAMPUS_XTR=203.0.113.2
. "$top_srcdir/tests/lab/campus.sh"
require ethtool ip python3 # for raw frames
CAMPUS_ACCESS[4]="xtr:10"
test_begin

lab_core machine
lab_segment paris machine eth0
cable tokyo lan 02:53:55:4e:00:0b paris4 xtr 02:00:00:00:04:0a
for n in "tokyo lan" "client eth0"; do campus_station $n; done
lab_ip paris link set lan address 02:53:55:4e:00:0a
# own SITE N: the interface's own addresses; the gateway's, which others have too, at lo, for which lan does not answer
own()
{
	lab_exec "$1" sysctl -qw net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2
	lab_ip "$1" addr add "203.0.113.$2/24" dev lan
	lab_ip "$1" addr add "2001:db8:e:1::$2/64" dev lan nodad
	lab_ip "$1" addr add 203.0.113.1/32 dev lo
	lab_ip "$1" addr add 2001:db8:e:1::1/128 dev lo nodad
	lab_ip "$1" link set lan up
}
own paris 2
own tokyo 3
lab_host machine $LAB_MACHINE/24 203.0.113.1 $LAB_MACHINE6/64 2001:db8:e:1::1
lab_ip parisb route add default via 203.0.113.1

lab_own_conf
for n in paris tokyo; do
	sed -i "s|^site-port.*|site-port \"lan\" {\n\tgateway = {\"203.0.113.1\", \"2001:db8:e:1::1\"}\n\tgateway-mac = $gateway\n}|
		s|^map-server .*|&\n\tprotocol = standard\n\tmerge = yes|; s|^site-id.*|site-id = 1|" "$LAB_CONF/$n.conf"
done
printf 'timers {\n\tprobe = 1s\n}\n' >>"$LAB_CONF/office.conf"
campus_start || exit 1
printf 'rbridge {\n\tsocket = "%s"\n\tcosts = yes\n\tvlan "10" { %s }\n}\n' "$LAB_DIR/paris4/api.sock" "$CAMPUS_VLAN" >>"$LAB_CONF/tokyo.conf"
lab_daemon ms sunward-mapserver mapserver.conf && lab_daemon mr sunward-mapserver resolver.conf || exit 1
for n in paris tokyo office; do lab_daemon $n sunward-xtr $n.conf || exit 1; done

gateways() { echo "$(campus_where paris 1 $gateway)|$(campus_where paris 3 $gateway)|$(campus_where paris 4 $gateway)|$(campus_where paris 6 $gateway)"; }
gateways_are() { [ "$(gateways)" = "$1" ]; }
nearest() # WHAT BY-1 BY-3 BY-4 BY-6: where paris1, paris3, paris4 and paris6 send frames for the gateway
{
	eventually 15 "$1" gateways_are "$2|$3|$4|$5" || echo "     $(gateways)"
}
nearest "each RBridge has the gateway at its nearest xTR" "esadi 0x0c04" "esadi 0x0c06" "port xtr" "port xtr"

told() { lab_exec "$1" ip neigh show "$2" | grep -o 'lladdr [^ ]*'; } # NS IP
reaches() { lab_exec "$1" ping -n -q -c 1 -W 1 "$2"; }
eventually 10 "the machine reaches its gateway" reaches machine 203.0.113.1
eventually 10 "also by IPv6" reaches machine 2001:db8:e:1::1
eventually 10 "so does its neighbour" reaches parisb 203.0.113.1
expect "the MAC of the gateway, at the machine" "$(told machine 203.0.113.1)" "lladdr $gateway"
expect "and by IPv6" "$(told machine 2001:db8:e:1::1)" "lladdr $gateway"

# The map-server's locators of the machine: their priorities.
priority() { lab_sunward ms -j eid show $LAB_MACHINE 2>/dev/null | jq -r --arg a "$1" '[.. | objects | select(.address? == $a) | .priority][0] // empty'; }
both() { [ -n "$(priority 198.51.100.2)" ] && [ -n "$(priority 198.51.100.10)" ]; }
eventually 15 "both xTRs are registered for the machine" both
expect "the nearer one's priority number, $(priority 198.51.100.10), and the other's, $(priority 198.51.100.2): the difference" \
	"$(($(priority 198.51.100.2) - $(priority 198.51.100.10)))" -ge 1
eventually 10 "the client reaches the machine" reaches client $LAB_MACHINE
eventually 10 "and its neighbour" reaches client "${CAMPUS_NEIGHBOR[paris]}"

passed() { echo "$(counter "$1" datapath encap) $(counter "$1" datapath decap)"; } # SITE
grown() { # SITE BEFORE: packets out, packets in since
	local now=($(passed "$1")) before=($2)
	echo "$((now[0] - before[0])) $((now[1] - before[1]))"
}
t=$(passed tokyo) p=$(passed paris)
lab_exec client ping -n -q -c 100 -i 0.01 $LAB_MACHINE >"$LAB_DIR/pings"
read -r out in <<<"$(grown tokyo "$t")"
expect "of 100 pings, those that the nearer xTR sent out" "$out" -ge 90
expect "and let in" "$in" -ge 90
read -r out in <<<"$(grown paris "$p")"
expect "and the other let in" "$in" -le 10
t=$(passed tokyo)
lab_exec parisb ping -n -q -c 100 -i 0.01 $LAB_CLIENT >"$LAB_DIR/pings"
expect "packets of its neighbour that the farther xTR sent out" "$(grown tokyo "$t" | cut -d' ' -f1)" -le 10

# A guest says that it is the gateway.
lab_exec parisb python3 - $gateway <<'P'
import socket, sys
mac = bytes.fromhex(sys.argv[1].replace(':', ''))
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(('eth0', 0))
arp = b'\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01' + mac + bytes([203, 0, 113, 1]) + bytes(6) + bytes([203, 0, 113, 1])
for i in range(20):
    s.send(b'\xff' * 6 + mac + arp + bytes(18))
P
spoofed() { [ "$(ask paris3 /metrics | awk '/drop_anycast/ && !/^#/ {print $2}')" -ge 20 ]; }
eventually 5 "its frames are dropped and counted" spoofed
expect "and the gateway is where it was" "$(gateways)" "esadi 0x0c04|esadi 0x0c06|port xtr|port xtr"

# In the log of probes: number, sent, arrived, hop limit, answered; ns, 0: never.
lab_start client traffic "$LAB_BIN/tests/lab/traffic" $LAB_MACHINE --rate 200 --seconds 40 --log "$LAB_DIR/probes"
run=$LAB_LAST
lab_poll 5 "probes" grep -q '"received":[1-9]' "$LAB_DIR/traffic.out"
lab_ip core link set to-tokyo down
kill -9 "${LAB_PID[tokyo]}" && wait "${LAB_PID[tokyo]}" 2>/dev/null
unset "LAB_PID[tokyo]"
began=${EPOCHREALTIME/./}
nearest "the nearer xTR is killed: its neighbours' frames go to the other" "esadi 0x0c06" "esadi 0x0c06" "esadi 0x0c06" "port xtr"
echo "     all RBridges have it at the other after $(((${EPOCHREALTIME/./} - began) / 1000)) ms (lease 3 s)"
p=$(passed paris)
eventually 10 "the machine reaches the client" reaches machine $LAB_CLIENT
eventually 10 "the client reaches the machine" reaches client $LAB_MACHINE
read -r out in <<<"$(grown paris "$p")"
expect "packets that the other xTR sends out" "$out" -ge 1
expect "and lets in" "$in" -ge 1
wait "$run"
echo "     lost $(tail -n 1 "$LAB_DIR/traffic.out" | jq .lost) of $(tail -n 1 "$LAB_DIR/traffic.out" | jq .sent) probes, one each 5 ms; $(awk '
	$5 {if (last && $2 - last > most) most = $2 - last; last = $2} END {printf "the longest time without an answer %.1f s", most / 1e9}' "$LAB_DIR/probes")"
expect "probes of the last second that were answered" \
	"$(awk '{n++; row[n] = $5 > 0} END {for (i = n - 199; i <= n; i++) a += row[i]; print a + 0}' "$LAB_DIR/probes")" -ge 150

lab_ip core link set to-tokyo up
lab_daemon tokyo sunward-xtr tokyo.conf || exit 1
nearest "it is back, and nearest again" "esadi 0x0c04" "esadi 0x0c06" "port xtr" "port xtr"
eventually 10 "the machine reaches the client by it" reaches machine $LAB_CLIENT
expect "frames that went round" "$(campus_looped paris)" 0
test_end
