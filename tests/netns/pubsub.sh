#!/bin/bash
# PubSub (RFC 9437): the office subscribes, through a map-resolver that is a process of its own, to the machine that it sends to. The
# machine moves Paris -> Tokyo -> Paris, two sites with a key of their own each, and is taken away: the office hears of each change from the Map-Server, and asks
# nobody: no Map-Request, no SMR, and no datagram goes by the old place.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
test_begin
mkdir "$LAB_DIR/conf" && cp "$LAB_CONF"/* "$LAB_DIR/conf"
LAB_CONF=$LAB_DIR/conf
# Each data centre is a site with a key of its own; they share the machine's subnet.
sed -i '/^site "data-centres"/,/^}/d' "$LAB_CONF/mapserver.conf"
for site in paris:1 tokyo:2; do
	cat >>"$LAB_CONF/mapserver.conf" <<END
site "${site%:*}" {
	key "${site#*:}" { key = "${site%:*} shares this with the map-server" }
	eid-prefix "203.0.113.0/24" { accept-more-specifics = yes  shared = yes }
	eid-prefix "2001:db8:e:1::/64" { accept-more-specifics = yes  shared = yes }
}
END
done
printf 'subscribe = yes\ntimers {\n\tprobe = 0ms\n}\n' >>"$LAB_CONF/office.conf"
lab_network && lab_daemons || exit 1

cached_at() { table_is office cache ".cache[] | select(.eid == \"$1\") | .locators[0].address" "$2"; }
counters_of() { echo "requests $(counter office xtr_map_requests_sent) SMRs $(counter office xtr_smrs_received)"; }
acked() { [ "$(counter ms mapserver_publish_acks)" -ge "$1" ]; }
forgotten() { table_is office cache "[.cache[] | select(.eid == \"$1\")] | length" 0; }

for eid in $LAB_MACHINE $LAB_MACHINE6; do
	receive machine 7200 10 5000
	lab_exec client "$DATAGRAMS" send $eid 7200 10
	received "10 datagrams to $eid in Paris" 10
done
eventually 3 "the map-server took two subscriptions and knows that they were heard" acked 2
expect "subscribed, says the office" "$(counter office xtr_subscribed)" -ge 2
for eid in $LAB_MACHINE $LAB_MACHINE6; do
	expect "the map-server's list has the office's subscription to $eid" \
		"$(table ms "subscription show" ".subscriptions[] | select(.eid == \"$eid\") | .state + \" \" + .site + \" \" + .itr_rlocs[0]")" \
		"live office ${LAB_RLOC[office]}"
done
before=$(counters_of) told=$(counter office xtr_publications) port=7210
at=(paris tokyo paris)
for i in 1 2; do
	from=${at[i - 1]} to=${at[i]}
	reencap=$(counter "$from" datapath reencap)
	lab_move $from $to 5 >/dev/null
	for eid in $LAB_MACHINE $LAB_MACHINE6; do
		eventually 3 "move $i: the mapping of $eid follows to $to" mapping_is $eid "${LAB_RLOC[$to]}"
		expect "move $i: it is $to's" "$(lab_sunward ms -j eid show $eid | jq -r .site)" $to
		eventually 3 "move $i: the office knows it, unasked" cached_at $eid "${LAB_RLOC[$to]}"
		receive machine $port 20 5000
		lab_exec client "$DATAGRAMS" send $eid $port 20
		received "20 datagrams to $eid in $to" 20
		port=$((port + 1))
	done
	expect "move $i: datagrams sent on by $from" $(($(counter "$from" datapath reencap) - reencap)) -eq 0
done
eventually 3 "each publication was acknowledged" acked 6
expect "the office asked and was solicited as before" "$(counters_of)" "$before"
expect "changes that the office was told" $(($(counter office xtr_publications) - told)) -ge 4
expect "publications lost" "$(counter ms mapserver_publish_gave_up)" -eq 0

# The operator takes the machine's mapping away: TTL 0.
lab_sunward ms eid del $LAB_MACHINE >/dev/null
eventually 3 "the withdrawal is told too" forgotten "$LAB_MACHINE"
expect "the office asked and was solicited as before" "$(counters_of)" "$before"
test_end
