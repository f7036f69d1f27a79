#!/bin/bash
# PubSub without a shared key (RFC 9437 section 7.1): the office is a pure ITR. It registers nothing and knows no Map-Server; it speaks
# LISP-SEC with its Map-Resolver, a process of its own, which speaks it with the Map-Server. The key of the subscription comes from the
# One-Time Key of the request; by it the office believes what the Map-Server publishes, and follows a move unasked.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
require tshark dumpcap ethtool
. "$top_srcdir/tests/lab/capture.sh"
test_begin
mkdir "$LAB_DIR/conf" && cp "$LAB_CONF"/* "$LAB_DIR/conf"
LAB_CONF=$LAB_DIR/conf
cat >"$LAB_CONF/office.conf" <<'END'
rloc "198.51.100.18" {}
core-port "wan" {}
site-port "lan" {}
map-resolver = {"198.51.100.34"}
xtr-id = "53570000000000000000000000000003"
site-id = 3
eid-space = {"203.0.113.0/24", "2001:db8:e::/48"}
subscribe = yes
timers { probe = 0ms }
lisp-sec {
	mode = required
	key "1" { key = "ITRs and resolver" }
}
api-socket = "@DIR@/api.sock"
state-dir = "@DIR@/state"
END
cat >>"$LAB_CONF/mapserver.conf" <<'END'
site "itrs" {
	subscriber = {"53570000000000000000000000000003"}
	site-id = {3}
	itr-rloc = {"198.51.100.18/32"}
}
lisp-sec {
	peer "198.51.100.34/32" { key "3" { key = "resolver and map-server" } }
}
END
cat >>"$LAB_CONF/resolver.conf" <<'END'
lisp-sec {
	peer "198.51.100.18/32" { key "1" { key = "ITRs and resolver" } }
	peer "198.51.100.26/32" { key "3" { key = "resolver and map-server" } }
}
END
lab_network || exit 1
capture_begin
lab_daemons || exit 1

cached_at() { table_is office cache ".cache[] | select(.eid == \"$1\") | .locators[0].address" "$2"; }
counters_of() { echo "requests $(counter office xtr_map_requests_sent) SMRs $(counter office xtr_smrs_received)"; }
acked() { [ "$(counter ms mapserver_publish_acks)" -ge "$1" ]; }

receive machine 7200 10 5000
lab_exec client "$DATAGRAMS" send $LAB_MACHINE 7200 10
received "10 datagrams to the machine in Paris" 10
eventually 3 "the map-server took a subscription and knows that it was heard" acked 1
expect "the map-server's list has it" \
	"$(table ms "subscription show" ".subscriptions[] | select(.eid == \"$LAB_MACHINE\") | .state + \" \" + .site + \" \" + .itr_rlocs[0]")" \
	"live itrs 198.51.100.18"
before=$(counters_of)
lab_move paris tokyo 5 >/dev/null
eventually 3 "the office knows of the move, unasked" cached_at $LAB_MACHINE "${LAB_RLOC[tokyo]}"
receive machine 7201 20 5000
lab_exec client "$DATAGRAMS" send $LAB_MACHINE 7201 20
received "20 datagrams to the machine in Tokyo" 20
# The key outlives the Map-Server.
kill -9 "${LAB_PID[ms]}"
wait "${LAB_PID[ms]}" 2>/dev/null
lab_daemon ms sunward-mapserver mapserver.conf || exit 1
eventually 10 "tokyo is registered anew" lab_registered tokyo $LAB_MACHINE
lab_move tokyo paris 5 >/dev/null
eventually 5 "the office knows of the next move too" cached_at $LAB_MACHINE "${LAB_RLOC[paris]}"
expect "the office asked and was solicited as before" "$(counters_of)" "$before"
expect "Map-Notifies that the office did not believe" "$(counter office xtr_map_notify_drop_auth)" -eq 0
capture_end
# The Map-Request is inside a protected ECM, of which tshark 4.0 shows the rest as data.
capture_read '
0|_ws.malformed|malformed
0|lisp && _ws.expert|of LISP with any remark
0|lisp.undecoded or lisp.unexpected_field or lisp.invalid_field|with a field that could not be decoded
+|lisp.ecm.flags.sec == 1 && ip.src == 198.51.100.18|protected requests of the office
+|lisp.type == 4 && ip.src == 198.51.100.26 && ip.dst == 198.51.100.18|Map-Notifies to the office
+|lisp.type == 5 && ip.src == 198.51.100.18|acknowledgements of the office'
test_end
