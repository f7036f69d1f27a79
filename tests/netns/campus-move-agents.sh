#!/bin/bash
# A guest that agents announce moves within a site, from a hypervisor at one RBridge's access port to one at another's, and back, under probes of 1 ms
# from another station of the campus and from a client at another site: none of them is lost, and no LISP message is sent. Of the client hardly one
# is where the guest goes on at once, and where the RBridges at its two places get no processor meanwhile: the xTR lets go what it holds when its own
# RBridge does not have the guest at its old place any more. (What is sent there before the xTR has heard of the stop may be lost.)
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
. "$top_srcdir/tests/lab/campus_standin.sh"
require ethtool ip tshark dumpcap
test_begin
campus_standin 1 "move-wait = 10s" || { fail "the lab does not come up"; test_end; }

metric() { curl -sf -m 5 --unix-socket "$LAB_DIR/$1/api.sock" http://localhost/metrics | awk -v n="$2" '$1 == n {print $2}'; } # NAME METRIC
answered() { lab_exec "$1" ping -q -c 1 -W 2 $LAB_MACHINE; }
flowing() { [ -s "$LAB_DIR/traffic-$1.out" ] && tail -n 1 "$LAB_DIR/traffic-$1.out" | jq -e '.received > 200'; }

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

# move FROM TO [HOW]: hypervisors; how the guest stops and goes on
resumed=()
move()
{
	campus_standin_prepare $1 $2 || fail "the move to $2 is not prepared"
	${3:-slowly} $1 $2 || fail "the guest does not go on at $2"
	campus_standin_left $1 $2 || fail "$2 does not have the guest"
}
slowly() # FROM TO
{
	standin_do stop all $1 || return
	eventually 10 "no RBridge has it, while it runs nowhere" campus_at none
	standin_do completed all $1 && resumed+=("$(date +%s%N)") && standin_do resume all $2
}
move parishv besidehv
move besidehv parishv

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

at_once() { standin_do cut all $1 $2 5; }
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
move parishv besidehv at_once
move besidehv parishv at_once
move parishv besidehv while_the_rbridges_stand_still
move besidehv parishv at_once
kill "${traffic[client]}"
wait "${traffic[client]}"
seen=$(tail -n 1 "$LAB_DIR/traffic-client.out")
echo "     four moves at once: of $(jq .sent <<<"$seen") probes of 1 ms $(jq -r '"\(.lost) were lost, \(.duplicated) came twice, \(.reordered) late"' <<<"$seen")"
expect "probes that were lost of a guest that went on at once" "$(jq .lost <<<"$seen")" -le 5
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
