#!/bin/bash
# PubSub (RFC 9437): the office subscribes, through a map-resolver that is a process of its own, to the machine that it sends to. The
# machine moves Paris -> Tokyo -> Paris, two sites with a key of their own each, and is taken away: the office hears of each change from the Map-Server, and asks
# nobody: no Map-Request, no SMR, and no datagram goes by the old place. Then the Map-Server is killed, and knows its subscribers when
# it is back. An independent decoder reads all of it.
#
# What tshark 4.0 does not know, and what is asked of these frames instead:
#   the I bit of a Map-Request     in its reserved bits: it is set; xTR-ID and Site-ID behind the record are shown as data
#   the N bit of its record        in the record's reserved bits: it is set
#   Map-Notify-Ack (type 5)        shown as data: at least its type
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
require tshark dumpcap ethtool
. "$top_srcdir/tests/lab/capture.sh"
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
lab_network || exit 1
capture_begin
lab_daemons || exit 1
lab_start ms watch "$LAB_BIN/sunward" --socket "$LAB_DIR/ms/api.sock" -j eid watch
listens() { lab_exec ms ss -xH src "$LAB_DIR/ms/api.sock" | grep -q ESTAB; }
lab_poll 10 "the watch to be connected" listens && lab_sunward ms status >/dev/null # which is answered after it has been heard

cached_at() { table_is office cache ".cache[] | select(.eid == \"$1\") | .locators[0].address" "$2"; }
counters_of() { echo "requests $(counter office xtr_map_requests_sent) SMRs $(counter office xtr_smrs_received)"; }
acked() { [ "$(counter ms mapserver_publish_acks)" -ge "$1" ]; }
forgotten() { table_is office cache "[.cache[] | select(.eid == \"$1\")] | length" 0; }

for eid in $LAB_MACHINE $LAB_MACHINE6; do
	receive machine 7200 10 5000
	lab_exec client "$DATAGRAMS" send $eid 7200 10
	received "10 datagrams to $eid in Paris" 10
done
watched() { grep -q "\"event\":\"$1\".*$2" "$LAB_DIR/watch.out"; }
eventually 3 "the map-server took two subscriptions and knows that they were heard" acked 2
eventually 3 "an event says so" watched subscribed "$LAB_MACHINE"
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

# Killed without a word, the Map-Server knows after its start whom to tell.
kill -9 "${LAB_PID[ms]}"
wait "${LAB_PID[ms]}" 2>/dev/null
lab_daemon ms sunward-mapserver mapserver.conf || exit 1
expect "subscriptions that outlived it" "$(table ms "subscription show" '[.subscriptions[] | select(.site == "office")] | length')" -eq 2
expect "and stand in a dump of its store" \
	"$("$LAB_BIN/sunward" store dump "$LAB_DIR/ms/state" | jq -r 'select(.kind == "subscription") | .eid' | sort | tr '\n' ' ')" \
	"$(printf '%s\n' $LAB_MACHINE $LAB_MACHINE6 | sort | tr '\n' ' ')"
eventually 10 "paris is registered anew" lab_registered paris $LAB_MACHINE
lab_move paris tokyo 5 >/dev/null
for eid in $LAB_MACHINE $LAB_MACHINE6; do
	eventually 5 "the mapping of $eid follows to tokyo" mapping_is $eid "${LAB_RLOC[tokyo]}"
	eventually 3 "the office knows it, unasked" cached_at $eid "${LAB_RLOC[tokyo]}"
done
expect "the office asked and was solicited as before" "$(counters_of)" "$before"

# The operator takes the machine's mapping away: TTL 0.
lab_sunward ms eid del $LAB_MACHINE >/dev/null
eventually 3 "the withdrawal is told too" forgotten "$LAB_MACHINE"
expect "the office asked and was solicited as before" "$(counters_of)" "$before"
capture_end
capture_read '
0|_ws.malformed|malformed
0|lisp && _ws.expert|of LISP with any remark
0|lisp.undecoded or lisp.unexpected_field or lisp.invalid_field|with a field that could not be decoded
0|lisp && (ip.checksum.status == "Bad" or udp.checksum.status == "Bad")|of LISP with a bad checksum
+|lisp.mreq.res != 0 && lisp.mreq.record.res != 0|Map-Requests that subscribe
+|lisp.type == 4 && udp.dstport == 4342 && ip.dst == 198.51.100.18|Map-Notifies to the office
+|lisp.type == 4 && lisp.mapping.ttl == 0 && ip.dst == 198.51.100.18|of them with TTL 0
+|lisp.type == 5 && ip.src == 198.51.100.18|acknowledgements of the office'
test_end
