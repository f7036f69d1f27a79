#!/bin/bash
# A guest that agents announce moves within a site, from a hypervisor at one RBridge's access port to one at another's, and back, under probes of 1 ms
# from another station of the campus and from a client at another site: none of them is lost, and no LISP message is sent. So it is for the client
# where the guest goes on at once, and where the RBridges at its two places get no processor meanwhile: the xTR lets go what it holds when its own
# RBridge does not have the guest at its old place any more.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
CAMPUS_SITES=paris STANDIN_HOSTS="parishv besidehv"
. "$top_srcdir/tests/lab/campus.sh"
. "$top_srcdir/tests/lab/standin.sh"
require ethtool ip tshark dumpcap
CAMPUS_ACCESS[4]="hv:10"
STANDIN_SITE[besidehv]=paris
LAB_SITES="paris office ms mr"
declare -A RBRIDGE=([parishv]=paris1 [besidehv]=paris4)
mac=52:54:00:53:00:00
test_begin

network()
{
	local h
	lab_core $STANDIN_HOSTS
	lab_segment paris parishv uplink
	cable besidehv uplink 02:00:00:00:04:0b paris4 hv 02:00:00:00:04:0a
	campus_station besidehv uplink
	campus_station client eth0
	lab_gateway paris 203.0.113.1/24 2001:db8:e:1::1/64
	for h in $STANDIN_HOSTS; do standin_switch paris $h; done
}

# The agents tell their RBridges; campus_start has the xTR hear its own.
standin_more() { printf 'rbridge {\n\tsocket = "%s/%s/api.sock"\n\tvlan "10" { port = "hv" }\n}\n' "$LAB_DIR" "${RBRIDGE[$1]}"; }
network && campus_start && standin_xtrs && sed -i 's/^rbridge {/&\n\tmove-wait = 1s/' "$LAB_CONF/paris.conf" && lab_daemon ms sunward-mapserver mapserver.conf && lab_daemon mr sunward-mapserver resolver.conf &&
	lab_daemon paris sunward-xtr paris.conf && lab_daemon office sunward-xtr office.conf && standin_agents 1 && standin_boot paris ||
	{ fail "the lab does not come up"; test_end; }

at() { [[ "$(campus_where paris 1 $mac)|$(campus_where paris 4 $mac)|$(campus_where paris 6 $mac)" = $1 ]]; } # PATTERN
known() { eventually 10 "$1" at "$2"; }
metric() { curl -sf -m 5 --unix-socket "$LAB_DIR/$1/api.sock" http://localhost/metrics | awk -v n="$2" '$1 == n {print $2}'; } # NAME METRIC
answered() { lab_exec "$1" ping -q -c 1 -W 2 $LAB_MACHINE; }
flowing() { [ -s "$LAB_DIR/traffic-$1.out" ] && tail -n 1 "$LAB_DIR/traffic-$1.out" | jq -e '.received > 200'; }
known "the guest is at paris1, as its agent attests" 'port hv|esadi 0x0c01|esadi 0x0c01'

declare -A traffic=()
probe() # NS: from now on
{
	eventually 10 "$1 reaches the guest" answered $1
	lab_start $1 "traffic-$1" "$LAB_BIN/tests/lab/traffic" $LAB_MACHINE --log "$LAB_DIR/probes-$1"
	traffic[$1]=$LAB_LAST
	eventually 5 "the probes of $1 flow" flowing $1
}
for n in parisb client; do probe $n; done

lab_start core lisp dumpcap -q -i to-paris -w "$LAB_DIR/lisp.pcapng" -f 'udp port 4342'
lab_poll 10 "dumpcap" grep -q '^File:' "$LAB_DIR/lisp.log"
claims=$(counter ms mapserver_claims_granted)

# move FROM TO AT [HOW]: hypervisors; where all RBridges have the guest then; how it stops and goes on
resumed=()
move()
{
	local from=$1 to=$2
	standin_do incoming all $to && lab_poll 30 "$to to expect the guest" standin_all $to incoming &&
		standin_do migrate all $from && lab_poll 30 "$from to send it" standin_all $from leaving || fail "the move to $to is not prepared"
	${4:-slowly} $from $to || fail "the guest does not go on at $to"
	known "all RBridges have it at $to" "$3"
	eventually 5 "the agent at $to says that the guest runs" standin_all $to running
	standin_do die all $from && lab_poll 30 "$from to say that it is gone" standin_all $from gone || fail "the guest's QEMU at $from does not end"
}
slowly() # FROM TO
{
	standin_do stop all $1 || return
	known "no RBridge has it, while it runs nowhere" '||'
	standin_do completed all $1 && resumed+=("$(date +%s%N)") && standin_do resume all $2
}
at_besidehv='esadi 0x0c04|port hv|esadi 0x0c04' at_parishv='port hv|esadi 0x0c01|esadi 0x0c01'
move parishv besidehv "$at_besidehv"
move besidehv parishv "$at_parishv"

# first NAME NS: ms from then until the first answer of a probe of NAME's log: number, sent, arrived, hop limit, answered; ns, 0: never
first() { awk -v since="$2" '$5 >= since && (!at || $5 < at) {at = $5} END {printf "%.1f", (at - since) / 1e6}' "$LAB_DIR/probes-$1"; }
for n in "${traffic[@]}"; do kill "$n"; done
for n in parisb client; do
	wait "${traffic[$n]}"
	seen=$(tail -n 1 "$LAB_DIR/traffic-$n.out")
	echo "     $n: of $(jq .sent <<<"$seen") probes of 1 ms $(jq -r '"\(.lost) were lost, \(.duplicated) came twice, \(.reordered) late"' <<<"$seen");" \
		"the first was answered $(first $n "${resumed[0]}") ms and $(first $n "${resumed[1]}") ms after the guest went on"
	expect "probes of $n that were lost" "$(jq .lost <<<"$seen")" 0
done

at_once() { standin_do cut all $1 $2 2; }
held() { ask paris /v1/handover | jq -e '.handover | any(.phase == "paused" and .word == "running" and .holds)'; }
while_the_rbridges_stand_still()
{
	local pids=("${LAB_PID[paris1]}" "${LAB_PID[paris4]}") ok=0
	kill -STOP "${pids[@]}"
	at_once $1 $2 || ok=1
	eventually 1 "what comes for a guest that runs already is held" held
	kill -CONT "${pids[@]}"
	return $ok
}
probe client
move parishv besidehv "$at_besidehv" at_once
move besidehv parishv "$at_parishv" at_once
move parishv besidehv "$at_besidehv" while_the_rbridges_stand_still
move besidehv parishv "$at_parishv" at_once
kill "${traffic[client]}"
wait "${traffic[client]}"
seen=$(tail -n 1 "$LAB_DIR/traffic-client.out")
echo "     four moves at once: of $(jq .sent <<<"$seen") probes of 1 ms $(jq -r '"\(.lost) were lost, \(.duplicated) came twice, \(.reordered) late"' <<<"$seen")"
expect "probes that were lost of a guest that went on at once" "$(jq .lost <<<"$seen")" 0
expect "moves of which paris6 did not tell in time" "$(metric paris sunward_xtr_handover_campus_late_total)" 0
for h in $STANDIN_HOSTS; do expect "words to its RBridge that $h's agent could not say" "$(metric $h 'sunward_vmagent_rbridge_total{result="refused"}')" 0; done
# A last word, after which the capture is whole.
lab_exec paris bash -c 'echo "the end" >/dev/udp/198.51.100.1/4342'
eventually 5 "the capture is whole" grep -q "the end" "$LAB_DIR/lisp.pcapng"
kill -INT "${LAB_PID[lisp]}" && wait "${LAB_PID[lisp]}"
lisp=$("${LAB_TSHARK[@]}" -r "$LAB_DIR/lisp.pcapng" -Y 'lisp && !(ip.dst == 198.51.100.1) && !(lisp.type == 2) && !(lisp.mreq.flags.probe == 1)' 2>/dev/null)
expect "LISP messages while the guest moved within the site, but for probes of locators" "$lisp" ""
expect "claims that the map-server has granted since" "$(($(counter ms mapserver_claims_granted) - claims))" 0
test_end
