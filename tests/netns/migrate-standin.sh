#!/bin/bash
# Announced moves of a guest, paris -> tokyo -> paris: a stand-in for the guest and its QEMUs, real agents and routers, 1,000 probes a second,
# 200 ms dark. Nothing that the client sends is lost; the mapping follows, and so does that of the guest's MAC.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
. "$top_srcdir/tests/lab/standin.sh"
test_begin
macs=52:54:00:53:00:00/32 mac=52:54:00:53:00:00 STANDIN_MACS=yes
take_macs() # the sites may register them, and do
{
	sed -i "s|^site \"data-centres\" {|&\n\teid-prefix \"$macs\" {\n\t\taccept-more-specifics = yes\n\t}|" "$LAB_CONF/mapserver.conf"
	printf 'dynamic-eid += {"%s"}\n' $macs | tee -a "$LAB_CONF/paris.conf" >>"$LAB_CONF/tokyo.conf"
}
standin_network && standin_xtrs && take_macs && lab_mapping_system && standin_agents 1 && standin_boot paris || { fail "the lab does not come up"; test_end; }

handovers() { curl -sf -m 5 --unix-socket "$LAB_DIR/$1/api.sock" http://localhost/metrics | awk -v n="sunward_xtr_handover_$2_total" '$1 == n {print $2}'; } # SITE WHAT
answered() { lab_exec client ping -q -c 1 -W 2 $LAB_MACHINE; }
flowing() { [ -s "$LAB_DIR/traffic.out" ] && tail -n 1 "$LAB_DIR/traffic.out" | jq -e '.received > 200'; }

eventually 10 "the client reaches the guest" answered
lab_start client traffic "$LAB_BIN/tests/lab/traffic" $LAB_MACHINE
traffic=$LAB_LAST
eventually 5 "its probes flow" flowing
eventually 5 "the guest's MAC is registered by paris" mapping_is $mac "${LAB_RLOC[paris]}"
from=paris
for to in tokyo paris; do
	seq=$(seq_of $mac)
	standin_prepare all $from $to || fail "the move to $to is not prepared"
	standin_move all $from $to 200 || fail "the guest does not move to $to"
	expect "it was dark on the way to $to for 200 ms at least" "$(jq '.dark_ms >= 200' <<<"$STANDIN_SAID")" true
	eventually 5 "the mapping follows to $to" mapping_is $LAB_MACHINE "${LAB_RLOC[$to]}"
	eventually 5 "that of its MAC follows, too" mapping_is $mac "${LAB_RLOC[$to]}"
	expect "with a higher seq" "$(seq_of $mac)" -gt "$seq"
	eventually 5 "the agent at $to says that the guest runs" standin_all ${to}hv running
	standin_left all $from || fail "the guest's QEMU at $from does not end"
	from=$to
done
kill "$traffic" && wait "$traffic"
seen=$(tail -n 1 "$LAB_DIR/traffic.out")
echo "$seen"
expect "no probe was lost" "$(jq .lost <<<"$seen")" 0
expect "the gap shows that the guest stood still" "$(jq '.longest_gap_ms >= 190' <<<"$seen")" true
for site in paris tokyo; do
	expect "$site expected the guest's address and its MAC, and cut them off, once each" \
		"$(handovers $site prepared) $(handovers $site paused) $(handovers $site aborted) $(handovers $site refused)" "2 2 0 0"
done
test_end
