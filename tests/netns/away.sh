#!/bin/bash
# A machine moves Paris -> Tokyo -> Paris -> Tokyo under a stream of numbered datagrams. Where it has left, what still comes for it is sent
# on (reencap), and the sender's tunnel router is told to ask again (SMR, RFC 9301 section 4.4); then the traffic goes straight. Neither
# router keeps a wrong memory of where the machine is.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
test_begin
mkdir "$LAB_DIR/conf" && cp "$LAB_CONF"/* "$LAB_DIR/conf"
LAB_CONF=$LAB_DIR/conf
printf 'timers {\n\tprobe = 0ms\n}\n' >>"$LAB_CONF/office.conf"
lab_network && lab_daemons || exit 1

here() { lab_sunward "$1" -j local | jq -e --arg e "$2" '.local[] | select(.eid == $e and .registered)'; }
gone() { ! lab_sunward "$1" -j local | jq -e --arg e "$2" '.local[] | select(.eid == $e)'; }
away_to() { table_is "$1" away ".away[] | select(.eid == \"$2\") | .locators[0].address" "$3"; }
cached_at() { table_is office cache ".cache[] | select(.eid == \"$1\") | .locators[0].address" "$2"; }
smrs_heard() { echo $(($(counter office xtr_smrs_received) + $(counter office xtr_smrs_put_off))); }

# The office sends to @to what it used to send to @from. It sends no probes: one for an EID that has left would draw an SMR too, before
# any datagram.
straight() # FROM TO EID PORT
{
	local from=$1 to=$2 eid=$3 port=$4 before
	receive machine "$port" 10 5000
	before=$(counter "$from" datapath reencap)
	cached_at "$eid" "${LAB_RLOC[$from]}" && pass "the office still has $from" || fail "the office has $from no longer"
	lab_exec client "$DATAGRAMS" send "$eid" "$port" 10
	received "the first 10 datagrams after the move" 10
	expect "sent on by $from" $(($(counter "$from" datapath reencap) - before)) -ge 1
	sent_on=$((sent_on + $(counter "$from" datapath reencap) - before))
	eventually 8 "office asks again and learns of $to" cached_at "$eid" "${LAB_RLOC[$to]}"
	receive machine $((port + 1)) 20 5000
	before=$(counter "$from" datapath reencap)
	lab_exec client "$DATAGRAMS" send "$eid" $((port + 1)) 20
	received "20 datagrams straight to $to" 20
	expect "sent on by $from then" $(($(counter "$from" datapath reencap) - before)) -eq 0
}

for eid in $LAB_MACHINE $LAB_MACHINE6; do
	receive machine 7100 10 5000
	lab_exec client "$DATAGRAMS" send $eid 7100 10
	received "10 datagrams to $eid in Paris" 10
done
at=(paris tokyo paris tokyo) sent_on=0
for i in 1 2 3; do
	from=${at[i - 1]} to=${at[i]}
	smrs=$(counter "$from" xtr_smrs_sent) heard=$(smrs_heard) moved=$(counter "$from" xtr_hosts_left)
	lab_move $from $to 5 >/dev/null
	for eid in $LAB_MACHINE $LAB_MACHINE6; do
		eventually 3 "move $i: the mapping of $eid follows to $to" mapping_is $eid "${LAB_RLOC[$to]}"
		eventually 3 "move $i: $to has it, registered" here $to $eid
		eventually 3 "move $i: $from has it no longer" gone $from $eid
		eventually 3 "move $i: away at $from, to $to" away_to $from $eid "${LAB_RLOC[$to]}"
		eventually 3 "move $i: not away at $to" table_is $to away "[.away[] | select(.eid == \"$eid\")] | length" 0
		expect "move $i: seq" "$(seq_of $eid)" -eq $((i + 1))
		straight $from $to $eid $((7100 + i * 10 + (${#eid} > 12) * 4))
	done
	expect "move $i: hosts that left $from" $(($(counter "$from" xtr_hosts_left) - moved)) -eq 2
	expect "move $i: SMRs of $from" $(($(counter "$from" xtr_smrs_sent) - smrs)) -ge 2
	expect "move $i: SMRs that the office acted upon, at once or later" $(($(smrs_heard) - heard)) -ge 2
done
expect "datagrams sent on in all" $sent_on -ge 20
expect "the map-server granted each claim once" "$(counter ms mapserver_claims_granted)" -eq 8
for site in paris tokyo; do expect "loops cut at $site" "$(counter $site datapath drop_loop)" -eq 0; done
test_end
