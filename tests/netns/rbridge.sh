#!/bin/bash
# Three RBridges, daemons that nobody tells anything but their ports and keys, in a triangle with end stations of a VLAN and a fine-grained label: they find each
# other, choose nicknames, and carry what is sent; a link is lost and traffic goes by the other way; a nickname is kept over a restart;
# tshark reads what is on a wire.
#
#   a (VLAN 10), e (VLAN 30, label 70000) - rb1 ======= rb2 - d (VLAN 10)
#                                              \         |
#                                               \===== rb3 - b (VLAN 10), c (VLAN 20, label 70000)
set -u
: "${top_srcdir:=.}" "${top_builddir:=build/plain}"
. "$top_srcdir/tests/netns/require.sh"
require root netns bpf tun ip ping tshark tcpdump ethtool curl jq iperf3 ss python3
. "$top_srcdir/tests/verdict.sh"
. "$top_srcdir/tests/netns/campus.sh"
campus_begin trrb rb1 rb2 rb3 a b c d e
cable rb1 r2 02:00:00:00:01:02 rb2 r1 02:00:00:00:02:01
cable rb1 r3 02:00:00:00:01:03 rb3 r1 02:00:00:00:03:01
cable rb2 r3 02:00:00:00:02:03 rb3 r2 02:00:00:00:03:02
host a 10.9.0.1/24 rb1 h0 1
host b 10.9.0.2/24 rb3 h0 2
host c 10.9.0.3/24 rb3 h1 3
host d 10.9.0.4/24 rb2 h0 4
host e 10.9.0.5/24 rb1 h1 5
echo "of the whole campus" >"$dir/campus.key"
chmod 600 "$dir/campus.key"

configure() # NS ROOT-PRIORITY
{
	cat <<T
root-priority = $2
system-id = "0200.0000.000${1#rb}"
key "7" {
	algorithm = hmac-sha256
	key-file = "$dir/campus.key"
}
oam-authentication = demand
esadi = {10}
esadi-labels = {70000}
arp-proxy = yes
api-socket = "$dir/$1.sock"
state-dir = "$dir/$1.state"
T
}
trunk() { echo "port \"$1\" { kind = trunk; hello = 100ms; holding = ${3:-1s}; ${2:-} }" | tr ';' '\n'; }
access() { echo "port \"$1\" { kind = access; pvid = $2; ${3:-} hello = 300ms; holding = 1s }" | tr ';' '\n'; }
# rb1's nickname is chosen, so that rb2 cannot check back; the others' are configured. Of end stations in VLAN 10 they tell each other by ESADI; rb2 is told of one more.
static='station "52:54:00:00:00:77" { vlan = 10; port = h0 }'
{ configure rb1 100; echo "check = {0x0b02}"; echo "check-interval = 100ms"; trunk r2; trunk r3 "cost = 5000"; access h0 10; tr ';' '\n' <<<"${static/77/78}"; access h1 30 'labels = {"30=70000"};'; } >"$dir/rb1.conf"
{ configure rb2 300; echo "nickname = 0x0b02"; echo "check = {0x0b03}"; echo "check-interval = 100ms"; tr ';' '\n' <<<"$static"; trunk r1; trunk r3 "p2p = yes" 60s; access h0 10; } >"$dir/rb2.conf"
{ configure rb3 200 | sed '/^arp-proxy/d'; echo "nickname = 0x0b03"; echo "check = {0x0b02}"; echo "check-interval = 100ms"; trunk r1 "cost = 5000"; trunk r2 "p2p = yes" 60s; access h0 10; access h1 20 'labels = {"20=70000"};'; } >"$dir/rb3.conf"
capture rb2 r3 wire
for n in rb1 rb2 rb3; do rbridge $n; done

sunward() { "$top_builddir/sunward" --socket "$dir/$1.sock" "${@:2}" 2>&1; }
# path NS NICKNAME: the port that leads there, and the cost
path() { sunward "$1" -j trill nickname | jq -r ".nicknames[] | select(.nickname == \"$2\") | \"\(.hops[0].port) \(.cost)\""; }
path_is() { [ "$(path "$1" "$2")" = "$3" ]; }
mine() { ask "$1" /v1/status | jq -r '.nickname // empty'; }
has_nickname() { [ -n "$(mine "$1")" ]; }

until_true "rb1 knows a way to rb3" path_is rb1 0x0b03 "r2 4000"
until_true "rb3 knows rb2" path_is rb3 0x0b02 "r2 2000"
until_true "rb1 has chosen a nickname" has_nickname rb1
chosen=$(mine rb1)
until_true "rb3 knows it" path_is rb3 "$chosen" "r2 4000"
adj=$(sunward rb2 trill adj)
has "rb2's neighbours" "$adj" "0200.0000.0001"
has "they are in the topology" "$adj" "report"
has "one is point-to-point" "$(sunward rb2 trill status)" "point-to-point"
has "all LSPs are everywhere" "$(sunward rb1 trill lsdb | tr -s ' ')" "0200.0000.0003.00-00"
is "the tree is of the highest root priority" "$(sunward rb1 -j trill tree | jq -r '.trees[].root')" 0x0b02
is "RBridges that each reaches" "$(for n in rb1 rb2 rb3; do ask $n /v1/status | jq .rbridges; done | tr '\n' ' ')" "3 3 3 "
has "the daemons are asked as others are" "$(SUNWARD_SOCKET=$dir/rb1.sock "$top_builddir/sunward" status)" sunward-rbridge
is "each reason not to take a frame has its row" "$(ask rb1 /metrics | grep -c '^sunward_trill_ignored_total{')" 15
has "and counted" "$(ask rb1 /metrics | grep 'hellos_total{verdict="taken"}')" "sunward_trill_hellos_total"

# OAM: rb3 is pinged by way of rb2, which answers a trace.
has "rb1 pings rb3" "$(sunward rb1 trill ping 0x0b03 --count 1 | tr -s ' ')" "1 reached 0x0b03"
is "the way from rb1 to rb3" "$(sunward rb1 -j trill trace 0x0b03 | jq -r '.answers[] | "\(.hops) \(.nickname) \(.result)"' | tr '\n' ';')" "1 0x0b02 on the way;2 0x0b03 reached;"
checks() { [ "$(ask rb2 /metrics | sed -n 's/^sunward_trill_oam_total{verdict="taken"} //p')" -ge 10 ]; }
until_true "rb2 and rb3 check continuity" checks
is "and hear each other" "$(for n in rb2 rb3; do sunward $n -j trill check | jq -r '.checks[] | "\(.nickname) \(.state)"'; done | tr '\n' ' ')" "0x0b03 heard 0x0b02 heard "
is "nobody's OAM lacks a digest" "$(for n in rb1 rb2 rb3; do ask $n /metrics | sed -n 's/^sunward_trill_oam_total{verdict="auth"} //p'; done | tr '\n' ' ')" "0 0 0 "
has "who is not there is not asked" "$(sunward rb1 trill ping 0x0bff)" "does not say that it is OAM capable"

# End stations: what is sent arrives, once, in its VLAN alone.
forwards() { [ "$(ask "$1" /v1/vlans | jq -r ".vlans[] | select(.port == \"$2\") | \"\(.appointed) \(.inhibited)\"")" = "$3 null" ]; }
until_true "rb1 is forwarder of VLAN 10 at h0" forwards rb1 h0 10
until_true "rb2 at its h0" forwards rb2 h0 10
until_true "rb3 at its h0" forwards rb3 h0 10
until_true "rb3 of VLAN 20 at h1" forwards rb3 h1 20
wants() { [ "$(ask "$1" /v1/campus | jq -r '[.rbridges[] | .vlans, .fgls] | join(" ")')" = "10 70000 10  10 70000" ]; }
until_true "all know of all VLANs and labels" wants rb1
for n in b d; do capture $n eth0 $n; done
pings() { in_ns "$1" ping -n "${@:3}" "$2" 2>&1 | tail -n 3; } # NS ADDRESS OPTIONS
until_true "a reaches b" in_ns a ping -n -c 1 -W 1 10.9.0.2
out=$(in_ns a ping -n -c 5 -i 0.05 -W 5 10.9.0.2 2>&1)
has "a reaches b" "$out" "5 received"
lacks "nothing came twice" "$out" "DUP"
has "a reaches d" "$(pings a 10.9.0.4 -c 3 -i 0.05 -W 5)" "3 received"
has "b reaches d with long packets" "$(pings b 10.9.0.4 -c 3 -i 0.05 -W 5 -s 1472 -M do)" "3 received"
# b has asked for d: rb3 sends that on, reads it, and tells b's address; rb1 answers for b, and nobody else hears a's question.
answered() { ask rb1 /metrics | sed -n 's/^sunward_trill_arp_total{verdict="answered"} //p'; }
silently()
{
	local before
	in_ns a ip neigh flush dev eth0
	before=$(answered)
	in_ns a ping -n -c 1 -W 1 10.9.0.2 >/dev/null 2>&1 && [ "$(answered)" -gt "$before" ]
}
until_true "rb1 answers a's question for b" silently
has "c, in label 70000, is not reached" "$(pings a 10.9.0.3 -c 2 -i 0.2 -W 1)" "0 received"
until_true "rb1 is forwarder of VLAN 30 at h1" forwards rb1 h1 30
until_true "c reaches e: one label, two VLANs" in_ns c ping -n -c 1 -W 1 10.9.0.5
has "and e reaches c" "$(pings e 10.9.0.3 -c 3 -i 0.05 -W 5)" "3 received"
in_label() { [ "$(sunward rb1 -j trill mac --fgl 70000 | jq -r '.macs[] | select(.mac == "02:00:00:00:ee:03") | "\(.vlan) \(.fgl) \(.nickname)"')" = "null 70000 0x0b03" ]; }
until_true "rb1 knows c by its label" in_label
ip netns exec "$id-b" iperf3 -s -1 -p 5001 >"$dir/iperf" 2>&1 &
pids+=($!)
until_true "b listens" in_ns b sh -c 'ss -ltn | grep -q :5001'
has "TCP from a to b" "$(in_ns a iperf3 -c 10.9.0.2 -p 5001 -n 2M 2>&1)" "iperf Done"
in_ns a ping -n -b -c 7 -i 0.02 -W 1 10.9.0.255 >/dev/null 2>&1
has "a reaches b after that" "$(pings a 10.9.0.2 -c 1 -W 5 -s 77)" "1 received"
has "a reaches d after that" "$(pings a 10.9.0.4 -c 1 -W 5 -s 77)" "1 received"
count() { tcpdump -n -r "$dir/$1.pcap" "$2" 2>/dev/null | wc -l; }
seen() { [ "$(count "$1" "$2")" -ge 1 ]; }
for n in b d; do
	until_true "the last ping stands in $n's capture" seen $n 'icmp and greater 119 and less 119'
	is "broadcasts at $n" "$(count $n 'icmp and dst host 10.9.0.255')" 7
done
# where NS MAC: by whom it is known there, and behind whom or which port
where() { sunward "$1" -j trill mac --vlan 10 | jq -r ".macs[] | select(.mac == \"$2\") | \"\(.origin) \(.port // .nickname)\""; }
where_is() { [ "$(where "$1" "$2")" = "$3" ]; }
is "rb1 knows a" "$(where rb1 02:00:00:00:ee:01)" "port h0"
until_true "rb1 is told of b" where_is rb1 02:00:00:00:ee:02 "esadi 0x0b03"
until_true "and of what rb2 was told" where_is rb1 52:54:00:00:00:77 "esadi 0x0b02"
is "rb2 was told of it" "$(where rb2 52:54:00:00:00:77)" "static h0"
# Who knows tells rb1 of a station with its addresses, of which rb3 hears by ESADI; and that it has left.
has "rb1 is told of a station" "$(sunward rb1 trill station add 10 02:00:00:00:ee:aa --ip 10.9.0.99 --ip 2001:db8::99)" attested
ips() { sunward "$1" -j trill mac --vlan 10 | jq -r ".macs[] | select(.mac == \"$2\") | \"\(.confidence) \(.ips | join(\" \"))\""; }
ips_are() { [ "$(ips "$1" "$2")" = "$3" ]; }
until_true "rb3 hears where it is" where_is rb3 02:00:00:00:ee:aa "esadi $chosen"
is "and its addresses" "$(ips rb3 02:00:00:00:ee:aa)" "64 10.9.0.99 2001:db8::99"
has "rb3 is told that it has left" "$(sunward rb3 trill station leave 10 02:00:00:00:ee:aa)" remote
is "which its own agent says" "$(sunward rb1 trill station leave 10 02:00:00:00:ee:aa | tr -s ' ')" "Was: local"
until_true "and rb3 hears" where_is rb3 02:00:00:00:ee:aa ""
# Two agents behind one port: the first takes it back once more when the second has it.
agent() { curl -s --max-time 5 --unix-socket "$dir/rb1.sock" -X "$1" -H "Content-Type: application/json" ${3:+-d "$3"} "http://localhost/v1/stations/10/02:00:00:00:ee:ab$2"; } # METHOD QUERY BODY
first=61000000000000000000000000000001 second=61000000000000000000000000000002
for teller in $first $second; do
	is "agent $teller says that it has a station" "$(agent PUT '' "{\"port\":\"h0\",\"agent\":\"$teller\"}" | jq -r .origin)" attested
done
# As a guest of IPv6 has them after a week of temporary addresses, and two of more than there is room for.
many=$(jq -nc --arg agent $second '{port: "h0", agent: $agent, ips: ([range(10; 28) | "2001:db8::\(.)"] + ["10.9.0.98"])}')
is "of many addresses the first count" "$(agent PUT '' "$many" | jq -r '"\(.origin) \(.left_out) \(.ips | length)"')" "attested 2 17"
all="64 10.9.0.98 $(printf '2001:db8::%d ' {10..25})"
until_true "rb3 hears them all" ips_are rb3 02:00:00:00:ee:ab "${all% }"
is "the first takes it back" "$(agent DELETE "?port=h0&agent=$first" | jq -r .was)" absent
is "the second does" "$(agent DELETE "?port=h0&agent=$second" | jq -r .was)" "local"
is "who is no agent" "$(agent DELETE "?port=h0&agent=me" | jq -r .detail)" "agent is 'me', must be 32 hexadecimal digits, not all zero"
has "with whom they speak of stations" "$(sunward rb1 trill esadi | tr -s ' ')" "0200.0000.0003 0x0b03"
is "rb1 has learned all" "$(ask rb1 /v1/status | jq .stations_learned)" 5

# What there is stands in the metrics, and how often it came and went.
metric() { ask "$1" /metrics | awk -v n="$2" '$1 == n {print $2}'; }
is "rb1's neighbours" "$(metric rb1 'sunward_trill_adjacencies{state="report"}')" 2
is "rb1's stations" "$(metric rb1 sunward_trill_stations)" "$(sunward rb1 -j trill mac | jq '.macs | length')"
has "a list that is cut says so" "$(sunward rb1 trill mac --limit 1)" "1 of $(metric rb1 sunward_trill_stations) end stations"
is "rb2 tells of its stations" "$(metric rb2 sunward_trill_esadi_announced)" "$(sunward rb2 -j trill esadi | jq '[.esadi[].announced] | add')"
is "rb3 has flushed the one that left" "$(metric rb3 'sunward_trill_flushes_total{direction="sent"}')" 1
is "of which rb2 has heard" "$([ "$(metric rb2 'sunward_trill_flushes_total{direction="received"}')" -ge 1 ] && echo yes)" yes
lost=$(metric rb2 sunward_trill_adjacencies_lost_total)
is "one has given way to the other as Designated RBridge of a link" "$([ "$(($(metric rb1 sunward_trill_drb_changes_total) + $(metric rb2 sunward_trill_drb_changes_total)))" -ge 1 ] && echo yes)" yes

# What is malformed is counted, and told with who sent it.
in_ns a python3 -c 'import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
s.send(bytes.fromhex("0180c2000041" "0200000000ee" "22f4" "831b0106") + bytes(46))'
malformed() { grep -q 'port h0: PDU from 02:00:00:00:00:ee: ' "$dir/log"; }
until_true "a malformed PDU is told" malformed
has "and counted" "$(ask rb1 /metrics | grep 'malformed_total' | grep -v ' 0$')" "sunward_trill_malformed_total"
has "ESADI is counted" "$(ask rb1 /metrics | grep 'esadi_total{verdict="taken"}' | grep -v ' 0$')" "sunward_trill_esadi_total"
has "neighbours are told, too" "$(cat "$dir/log")" "port r2: neighbour 0200.0000.0002 is in the topology"

# One whose ports are not attached says so and why, and is not ready: lo's driver has no XDP of its own, and the other is not there.
printf 'system-id = "0200.0000.0009"\napi-socket = "%s/sick.sock"\nstate-dir = "%s/sick.state"\nport "lo" {\nkind = trunk\n}\nport "nowhere" {\nkind = trunk\n}\n' "$dir" "$dir" >"$dir/sick.conf"
ip netns exec "$id-a" "$top_builddir/sunward-rbridge" -c "$dir/sick.conf" >"$dir/sick.log" 2>&1 &
pids+=($!)
sick_ports_are() { [ "$(ask sick /v1/ports | jq -r '[.ports[] | "\(.name) \(.hindrance)"] | join(", ")')" = "$1" ]; }
until_true "ports that are not attached say so" sick_ports_are "lo not-attached, nowhere no-interface"
has "and why" "$(ask sick /v1/ports | jq -r '.ports[0].reason')" "Operation not supported; the driver has no XDP of its own"
has "in one line of the log" "$(cat "$dir/sick.log")" "port lo: cannot be attached: Operation not supported; the driver has no XDP of its own"
has "and it is not ready" "$(curl -s --unix-socket "$dir/sick.sock" http://localhost/readyz | jq -r '.reasons[]')" "no port is attached: lo: Operation not supported"
is "the others are" "$(ask rb1 /readyz | jq -r .ready)" true
# What the API promises, at an RBridge that knows something.
"$top_builddir/tests/netns/contract_rbridge" "$top_srcdir/docs/openapi/rbridge.json" "$dir/rb1.sock" 0x0b03 "$chosen" "$dir/sick.sock" >"$dir/contract" 2>&1
is "the contract of docs/openapi/rbridge.json" $? 0
[ $bad = 0 ] || grep -v '^\[.*OK' "$dir/contract"

# A link is lost: the carrier at once, and then the interface as a whole; it comes back.
ip -n "$id-rb2" link set r1 down
until_true "without the link the other way is used" path_is rb1 0x0b02 "r3 7000"
is "rb2 has counted that" "$(metric rb2 sunward_trill_adjacencies_lost_total)" "$((lost + 1))"
has "and end stations use it" "$(pings a 10.9.0.4 -c 3 -i 0.05 -W 5)" "3 received"
ip -n "$id-rb2" link set r1 up
until_true "with the link it is used again" path_is rb1 0x0b02 "r2 2000"
ip -n "$id-rb1" link del r2
until_true "without the interface likewise" path_is rb1 0x0b02 "r3 7000"
cable rb1 r2 02:00:00:00:01:02 rb2 r1 02:00:00:00:02:01
until_true "a new one of its name is taken" path_is rb1 0x0b02 "r2 2000"

# rb2, the Designated RBridge of their link, wants a VLAN there that rb1 has not: rb1 says what hinders its port.
hindrance_is() { [ "$(ask rb1 /v1/status | jq -r '.ports[] | select(.name == "r2") | .hindrance')" = "$1" ]; }
until_true "nothing hinders a port" hindrance_is null
cp "$dir/rb2.conf" "$dir/rb2.before"
sed -i '/port "r1"/a vlans = {1, 20}\ndesignated-vlan = 20' "$dir/rb2.conf"
kill -HUP "$pid_rb2"
until_true "rb1 has not the Designated VLAN of the link" hindrance_is designated-vlan
until_true "and says so" grep -q 'port r2: the Designated VLAN of its link is 20, ' "$dir/log"
cp "$dir/rb2.before" "$dir/rb2.conf"
kill -HUP "$pid_rb2"
until_true "nothing hinders it any more" hindrance_is null
until_true "and the link is used again" path_is rb1 0x0b02 "r2 2000"
# A point-to-point link may have one MAC at both ends.
heard_as() { [ "$(ask rb2 /v1/adjacencies | jq -r '.adjacencies[] | select(.port == "r3") | "\(.mac) \(.state)"')" = "$1 report" ]; }
another_mac() { ip -n "$id-rb3" link set r2 down && ip -n "$id-rb3" link set r2 address "$1" && ip -n "$id-rb3" link set r2 up; }
until_true "rb2 hears rb3" heard_as 02:00:00:00:03:02
another_mac 02:00:00:00:02:03
until_true "rb2 hears rb3 with its own MAC" heard_as 02:00:00:00:02:03
pinged() { sunward rb2 trill ping 0x0b03 --count 1 | tr -s ' ' | grep -q "1 reached 0x0b03"; }
until_true "and pings it" pinged
another_mac 02:00:00:00:03:02
until_true "and with another again" heard_as 02:00:00:00:03:02

# A reload: a port changes its cost; what is wrong changes nothing; what waits for the next start is told.
downs=$(grep -c 'port r3: down' "$dir/log")
sed -i 's/cost = 5000/cost = 1000/' "$dir/rb1.conf"
sed -i 's/root-priority = 100/root-priority = 101/' "$dir/rb1.conf"
sed -i '/^esadi-labels/d' "$dir/rb1.conf"
esadi_labels() { sunward "$1" -j trill esadi | jq -r '[.esadi[].fgl | select(.)] | join(" ")'; }
esadi_labels_are() { [ "$(esadi_labels "$1")" = "$2" ]; }
is "rb1 has ESADI for the label" "$(esadi_labels rb1)" 70000
kill -HUP "$pid_rb1"
until_true "the new cost counts" path_is rb1 0x0b03 "r3 1000"
until_true "and ESADI for the label has ended" esadi_labels_are rb1 ""
is "and the port stayed up" "$(grep -c 'port r3: down' "$dir/log")" "$downs"
has "what waits for the next start is told" "$(cat "$dir/log")" "root-priority: changed; it stays as it was"
# Trees and overload likewise: rb2, who says which roots there are, names rb3; then nothing goes through rb1.
roots() { sunward "$1" -j trill tree | jq -r '[.trees[].root] | join(" ")'; }
roots_are() { [ "$(roots "$1")" = "$2" ]; }
overloaded_at() { [ "$(sunward "$1" -j trill lsdb | jq -r '[.lsdb[] | select(.overload) | .id] | join(" ")')" = "$2" ]; }
printf 'trees = 2\ntree-roots = {0x0b03}\n' >>"$dir/rb2.conf"
kill -HUP "$pid_rb2"
until_true "the root that is listed, and then by priority" roots_are rb1 "0x0b03 0x0b02"
echo "overload = yes" >>"$dir/rb1.conf"
kill -HUP "$pid_rb1"
until_true "rb1 says overload" overloaded_at rb3 0200.0000.0001.00-00
sed -i '/^overload/d' "$dir/rb1.conf"
kill -HUP "$pid_rb1"
until_true "and no more" overloaded_at rb3 ""
# Another key, in three steps of a reload each (conf/rbridge.conf): after a second without a Hello that it believes rb1 would give others up.
echo "of the whole campus, from now on" >"$dir/new.key"
chmod 600 "$dir/new.key"
keys() # NS ID...: the keys of its file are these
{
	local id
	sed -i '/^key /,/^}/d' "$dir/$1.conf"
	for id in "${@:2}"; do
		printf 'key "%s" {\nkey-file = "%s"\n}\n' "$id" "$dir/$([ "$id" = 7 ] && echo campus || echo new).key" >>"$dir/$1.conf"
	done
}
reloads() { grep -c 'is in use' "$dir/log"; }
more_reloads() { [ "$(reloads)" -gt "$1" ]; }
told=$(grep -c ': neighbour ' "$dir/log")
for step in "7 8" "8 7" "8"; do
	for n in rb1 rb2 rb3; do
		was=$(reloads) pid=pid_$n
		keys $n $step
		kill -HUP "${!pid}"
		until_true "$n has the keys $step" more_reloads "$was"
	done
done
# Each RBridge's last Hello on the wire: type 3, and its key's ID.
last_hello() { tcpdump -n -xx -r "$dir/wire.pcap" "ether src $1 and ether proto 0x22f4" 2>/dev/null | sed -n 's/^[[:space:]]*0x[0-9a-f]*: *//p' | tr -d ' \n' | grep -o '0a23030[0-9a-f]\{3\}' | tail -n 1; }
signs() { [ "$(last_hello "$1")" = 0a23030008 ]; }
for mac in 02:00:00:00:02:03 02:00:00:00:03:02; do until_true "$mac signs by the new key" signs $mac; done
has "end stations reach each other" "$(pings a 10.9.0.4 -c 3 -i 0.05 -W 5)" "3 received"
is "neighbours that came or went meanwhile" "$(grep -c ': neighbour ' "$dir/log")" "$told"
sed -i 's/kind = trunk/kind = trunck/' "$dir/rb1.conf"
kill -HUP "$pid_rb1"
until_true "a mistake is told" grep -q 'kind is "trunck"' "$dir/log"
is "and changes nothing" "$(path rb1 0x0b03)" "r3 1000"
sed -i 's/kind = trunck/kind = trunk/' "$dir/rb1.conf"

# A port that is said to have no neighbours takes no IS-IS from the reload on.
unheard() { ask rb1 /metrics | sed -n 's/^sunward_trill_ignored_total{reason="neighbors-off"} //p'; }
hello()
{
	in_ns a python3 -c 'import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
s.send(bytes.fromhex("0180c2000041" "0200000000ef" "22f4" "831b0106") + bytes(46))'
}
deaf() { hello && [ "$(unheard)" -gt 0 ]; }
is "IS-IS that was not taken for where it came" "$(unheard)" 0
sed -i 's/^port "h0" { kind = access/&\nneighbors = no/' "$dir/rb1.conf"
kill -HUP "$pid_rb1"
until_true "after a reload h0 takes none" deaf
# h2 takes the place of h1: nobody has said that the station there is at h2.
in_70000() { sunward rb1 -j trill mac --fgl 70000 | jq -r '.macs[] | select(.mac == "02:00:00:00:ee:bb") | .port'; }
cable rb1 h2 02:00:00:00:aa:06 e eth1 02:00:00:00:ee:06
has "rb1 is told of a station at h1" "$(sunward rb1 trill station add 30 02:00:00:00:ee:bb --port h1)" attested
is "which is there" "$(in_70000)" h1
sed -i 's/^port "h1"/port "h2"/' "$dir/rb1.conf"
kill -HUP "$pid_rb1"
until_true "h2 is a port" forwards rb1 h2 30
is "the station is not at h2" "$(in_70000)" ""
sed -i 's/^port "h2"/port "h1"/' "$dir/rb1.conf"
kill -HUP "$pid_rb1"
until_true "h1 is a port again" forwards rb1 h1 30

# The nickname outlives a restart; also when it ends without a word. So does the system ID, if the file has none.
sed -i '/^system-id/d' "$dir/rb1.conf"
kill -9 "$pid_rb1"
wait "$pid_rb1" 2>/dev/null
misses() { case $(path "$1" "$2") in "" | null\ *) ;; *) return 1 ;; esac; }
until_true "the others miss it" misses rb3 "$chosen"
is "and no link joins it to them" "$(ask rb3 /v1/campus | jq '[.rbridges[].system_id == "0200.0000.0001"] as $gone | [.links[] | select($gone[.from] != $gone[.to])] | length')" 0
rbridge rb1
until_true "it is back" has_nickname rb1
is "its nickname" "$(mine rb1)" "$chosen"
is "its system ID" "$(ask rb1 /v1/status | jq -r .system_id)" 0200.0000.0001
until_true "and known" path_is rb3 "$chosen" "r2 4000"

# Of each frame of IS-IS: its type, what is wrong, the LSP's checksum (1: right), and its TLVs, of which 10 is authentication.
tshark -n -r "$dir/wire.pcap" -Y isis -T fields -E 'separator=;' -e isis.type -e _ws.malformed -e isis.lsp.checksum.status \
	-e isis.hello.clv.type -e isis.lsp.clv.type -e isis.csnp.clv.type -e isis.psnp.clv.type >"$dir/wire" 2>/dev/null
is "frames that tshark finds fault with" "$(awk -F ';' '$2 != ""' "$dir/wire" | wc -l)" 0
is "LSPs with a wrong checksum" "$(awk -F ';' '$1 == 18 && $3 != 1' "$dir/wire" | wc -l)" 0
is "LSPs with a right one are there" "$([ "$(awk -F ';' '$1 == 18 && $3 == 1' "$dir/wire" | wc -l)" -ge 3 ] && echo yes)" yes
is "without authentication" "$(awk -F ';' '$1 >= 15 && ("," $4 "," $5 "," $6 "," $7 ",") !~ /,10,/' "$dir/wire" | wc -l)" 0
# One that is stopped tells its neighbours, who do not wait for a holding time of 60 s.
kill "$pid_rb3"
wait "$pid_rb3"
is "rb3 ends in order" $? 0
alone() { [ "$(ask rb2 /v1/adjacencies | jq '[.adjacencies[] | select(.port == "r3")] | length')" = 0 ]; }
until_true "rb2 has been told" alone
kill "$pid_rb1" "$pid_rb2"
for n in rb1 rb2; do
	pid=pid_$n
	wait "${!pid}"
	is "$n ends in order" $? 0
done
is "errors in the log" "$(grep -c ' error: ' "$dir/log")" "$(grep -c 'trunck\|was not taken over' "$dir/log")"
exit $bad
