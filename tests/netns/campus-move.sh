#!/bin/bash
# What somebody attests at an RBridge is registered by the site's xTR without a question. A machine moves within a site, from one RBridge's access
# port to another's and back, under probes of 1 ms from a client at another site: an Address Flush goes out (RFC 8383), all RBridges have it at its
# new place, and no LISP message is sent. What was sent while it was at neither is lost, and what followed until the first probe that reaches it at
# its new place; nothing before, and nothing after. How many those are depends on the machine and is not judged: bench trill-failover is for that.
# A machine that turns up at another site is forgotten by the campus when the map-server says so.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
CAMPUS_SITES=paris
. "$top_srcdir/tests/lab/campus.sh"
require ethtool ip tshark dumpcap
CAMPUS_ACCESS[4]="hv:10"
LAB_SITES="paris office ms mr"
test_begin

# The cable (see topology.sh) has a port to paris1 and one to paris4, "beside".
lab_core rack machine
lab_ip rack link add rack type bridge stp_state 0 forward_delay 0
lab_link machine eth0 rack plug
lab_segment paris rack paris
cable rack beside 02:00:00:00:04:0b paris4 hv 02:00:00:00:04:0a
for n in "rack beside" "machine eth0" "client eth0"; do campus_station $n; done
for n in plug paris beside; do lab_ip rack link set $n up master rack; done
lab_ip rack link set rack up
lab_silent_rack beside
lab_gateway paris 203.0.113.1/24 2001:db8:e:1::1/64
lab_host machine $LAB_MACHINE/24 203.0.113.1 $LAB_MACHINE6/64 2001:db8:e:1::1
mac=$(lab_exec machine cat /sys/class/net/eth0/address)
campus_start || exit 1
lab_daemon ms sunward-mapserver mapserver.conf && lab_daemon mr sunward-mapserver resolver.conf &&
	lab_daemon paris sunward-xtr paris.conf && lab_daemon office sunward-xtr office.conf || exit 1
lab_speak machine paris 203.0.113.1 2001:db8:e:1::1 $LAB_MACHINE $LAB_MACHINE6 && lab_speak parisb paris 203.0.113.1 203.0.113.1 ${CAMPUS_NEIGHBOR[paris]} || exit 1
eventually 10 "the client reaches the machine" lab_exec client ping -n -q -c 1 -W 1 $LAB_MACHINE

at() { [[ "$(campus_where paris 1 "$mac")|$(campus_where paris 4 "$mac")|$(campus_where paris 6 "$mac")" = $1 ]]; } # PATTERN
known() { eventually 10 "$1" at "$2"; }
known "the machine is at paris1, as all RBridges are told" 'port hv|esadi 0x0c01|esadi 0x0c01'

# attest RBRIDGE: who knows says that a station that is silent is behind that one's port hv
silent=02:00:00:00:aa:77 silent_ip=203.0.113.77
attest()
{
	curl -sf -m 5 -X PUT -H 'Content-Type: application/json' --unix-socket "$LAB_DIR/$1/api.sock" -d "{\"port\":\"hv\",\"ips\":[\"$silent_ip\"]}" \
		"http://localhost/v1/stations/10/$silent" >/dev/null
}
silent_at() { [[ "$(campus_where paris 1 $silent)|$(campus_where paris 4 $silent)|$(campus_where paris 6 $silent)" = $1 ]]; } # PATTERN
mapped() { lab_sunward ms -j eid show "$1" 2>/dev/null | grep -q "\"$2\""; } # IP RLOC
since() { echo "$(((${EPOCHREALTIME/./} - $1) / 1000)) ms"; }
began=${EPOCHREALTIME/./}
lab_start paris arp dumpcap -q -w "$LAB_DIR/arp.pcapng" -i lan -f "arp host $silent_ip"
lab_poll 10 "dumpcap at paris" grep -q '^File:' "$LAB_DIR/arp.log"
lab_poll 10 "paris to listen to paris6" test "$(counter paris xtr_rbridge stands)" = 1
began=${EPOCHREALTIME/./}
attest paris1 || fail "paris1 takes who is attested"
eventually 10 "who is attested at paris1 is registered by paris" mapped $silent_ip 198.51.100.2
echo "     attested at paris1, and registered by paris within $(since "$began")"
eventually 10 "the attested one is at paris1" silent_at 'port hv|esadi 0x0c01|esadi 0x0c01'

# capture NS NAME ARGUMENT...: into $LAB_DIR/NAME.pcapng, from when it returns
capture()
{
	local n=$1 name=$2
	shift 2
	lab_start "$n" "$name" dumpcap -q -w "$LAB_DIR/$name.pcapng" "$@"
	lab_poll 10 "dumpcap at $n" grep -q '^File:' "$LAB_DIR/$name.log"
}
capture paris4 told -i to1 -i to5
capture core lisp -i to-paris -f 'udp port 4342'
claims=$(counter ms mapserver_claims_granted)
expect "claims that the map-server granted" "$claims" -ge 3

# In the log of probes: number, sent, arrived, hop limit, answered; ns, 0: never.
holes() { awk '!$5 && (NR == 1 || had) {n++} {had = $5} END {print n + 0}' "$LAB_DIR/probes"; }
answered_since() { awk -v since="$1" '$2 > since && $5 {n++} END {print n + 0}' "$LAB_DIR/probes"; } # NS

# move FROM TO: under two seconds of probes
move()
{
	lab_start client traffic "$LAB_BIN/tests/lab/traffic" $LAB_MACHINE --rate 1000 --seconds 1.5 --log "$LAB_DIR/probes"
	local run=$LAB_LAST last
	lab_poll 5 "probes" grep -q '"received":[1-9]' "$LAB_DIR/traffic.out"
	"$LAB_BIN/tests/lab/replug" --silent "$(lab_ns rack)" "$1" "$2" "$(lab_ns paris)" lan 1 "$(lab_ns machine)" eth0 $LAB_MACHINE $LAB_MACHINE6 >"$LAB_DIR/replug.out"
	wait "$run"
	last=$(tail -n 1 "$LAB_DIR/traffic.out")
	echo "     the machine moved $1 -> $2, at neither for $(jq .dark_ms "$LAB_DIR/replug.out") ms: lost $(jq .lost <<<"$last") of $(jq .sent <<<"$last") probes of 1 ms"
	expect "rows of lost probes" "$(holes)" -le 1
	expect "probes of after the move that were answered" "$(answered_since "$(jq .resumed_ns "$LAB_DIR/replug.out")")" -ge 100
	expect "probes that came twice" "$(jq .duplicated <<<"$last")" -le 1
}
move paris beside
known "the machine is at paris4, as all RBridges are told" 'esadi 0x0c04|port hv|esadi 0x0c04'
move beside paris
known "the machine is at paris1 again" 'port hv|esadi 0x0c01|esadi 0x0c01'

# So does one that is attested, and never says a word.
attest paris4 || fail "paris4 takes who is attested"
eventually 10 "the attested one is at paris4" silent_at 'esadi 0x0c04|port hv|esadi 0x0c04'

# A last word, after which both captures are whole.
lab_exec paris bash -c 'echo "the end" >/dev/udp/198.51.100.1/4342'
eventually 5 "the captures are whole" grep -q "the end" "$LAB_DIR/lisp.pcapng"
for n in told lisp; do kill -INT "${LAB_PID[$n]}" && wait "${LAB_PID[$n]}"; done
flush=$(tshark -n -r "$LAB_DIR/told.pcapng" -Y 'trill.ingress_nick == 0x0c04 && vlan.etype == 0x8946' -T fields -e data.data 2>/dev/null)
expect "an Address Flush of paris4 names paris1 and the machine's MAC" "$(grep -c "^0009.*0c01.*${mac//:/}" <<<"$flush")" -ge 1
lisp=$(tshark -n -r "$LAB_DIR/lisp.pcapng" -Y 'lisp && !(ip.dst == 198.51.100.1) && !(lisp.type == 2) && !(lisp.mreq.flags.probe == 1)' 2>/dev/null)
expect "LISP messages while the machine moved within the site, but for probes of locators" "$lisp" ""
expect "claims that it has granted since" "$(($(counter ms mapserver_claims_granted) - claims))" 0
kill -INT "${LAB_PID[arp]}" && wait "${LAB_PID[arp]}"
expect "questions for the address of the attested one" "$(tshark -n -r "$LAB_DIR/arp.pcapng" 2>/dev/null | wc -l)" 0

# The machine turns up at another site, as the map-server hears: paris asks it, and has the campus forget it.
lab_ip rack link set plug down
began=${EPOCHREALTIME/./}
lab_sunward ms eid set $LAB_MACHINE --rloc 198.51.100.10,1,100 >/dev/null || fail "the map-server takes another place of the machine"
lab_sunward ms eid set $LAB_MACHINE6 --rloc 198.51.100.10,1,100 >/dev/null || fail "and of its other address"
forgotten() { [[ "$(campus_where paris 1 "$mac")|$(campus_where paris 3 "$mac")|$(campus_where paris 6 "$mac")" = "||" ]]; }
eventually 5 "the campus forgets the machine" forgotten
echo "     elsewhere by the map-server, and forgotten by the campus within $(since "$began")"
expect "machines of which paris told paris6 that they have left" "$(counter paris xtr_rbridge_told told)" 1
test_end
