#!/bin/bash
# Paris stands behind a NAT that forwards UDP port 4341 to it, and gives its control messages another port (draft-ermagan-lisp-nat-traversal,
# RFC 8060 section 4.4): it asks the map-server by Info-Request as what it is seen, registers that, is answered, told of a move and of
# what it subscribed to through the hole in the NAT, and finds it again when the NAT has forgotten all.
#
#   machine -- paris 10.99.0.2 -- 10.99.0.1 nat 198.51.100.2 -- core -- ...
set -u
. "${top_srcdir:-.}/tests/interop/reach.sh"
require nft tshark dumpcap ethtool
. "$top_srcdir/tests/lab/capture.sh"
test_begin
mkdir "$LAB_DIR/conf" && cp "$LAB_CONF"/* "$LAB_DIR/conf"
LAB_CONF=$LAB_DIR/conf
sed -i '/^rloc "2001/d; s/^rloc "198.51.100.2"/rloc "10.99.0.2"/' "$LAB_CONF/paris.conf"
# A prefix of its own, for which it answers itself: requests for it are passed on by the map-server.
sed -i 's/^map-server .*/&\n\tproxy-reply = no/' "$LAB_CONF/paris.conf"
sed -i 's/^site "data-centres" {/&\n\teid-prefix "198.18.0.0\/24" {}/' "$LAB_CONF/mapserver.conf"
printf 'eid-prefix = {"198.18.0.0/24"}\nnat = required\nsubscribe = yes\ntimers {\n\tnat-keepalive = 1s\n}\n' >>"$LAB_CONF/paris.conf"
printf 'nat {\n\trtr = {"198.51.100.250", "198.51.100.251"}\n}\n' >>"$LAB_CONF/mapserver.conf"

# translate FIRST-LAST: what the NAT does; its ports for control are of this range
translate()
{
	lab_exec nat nft -f - <<-END
		table ip nat
		delete table ip nat
		table ip nat {
			chain post {
				type nat hook postrouting priority srcnat
				oifname "out" udp sport 4342 masquerade to :$1
				oifname "out" masquerade
			}
			chain pre {
				type nat hook prerouting priority dstnat
				iifname "out" udp dport 4341 dnat to 10.99.0.2
			}
		}
	END
}

outside() # the NAT's own way out, as paris had it
{
	lab_ip nat addr replace 198.51.100.2/29 dev out
	lab_ip nat link set out up
	lab_ip nat route replace default via 198.51.100.1
}

seen_as() { table paris status '.daemons[0].map_servers[0].seen_as'; }
seen_at() { [[ $(seen_as) =~ ^198\.51\.100\.2:$1...$ ]]; }
here() { lab_registered paris $LAB_MACHINE; }

lab_network
lab_spaces nat
lab_ip paris link set wan netns "$(lab_ns nat)" name out
outside
lab_link paris wan nat in
lab_ip nat addr add 10.99.0.1/24 dev in
lab_ip paris addr add 10.99.0.2/24 dev wan
lab_ip nat link set in up
lab_ip paris link set wan up
lab_ip paris route add default via 10.99.0.1
translate 20000-20999 || exit 1
capture_begin
lab_daemons || exit 1

expect "paris behind a NAT, as it says" "$(table paris status '.daemons[0].map_servers[0].nat')" behind
eventually 1 "and as what" seen_at 20
expect "its locator, as others have it" "$(table paris "rloc list" '.rlocs[] | select(.address == "10.99.0.2") | .seen_as')" 198.51.100.2
expect "the RTRs that the map-server names" "$(table paris status '.daemons[0].map_servers[0].rtrs | join(" ")')" "198.51.100.250 198.51.100.251"
for eid in $LAB_MACHINE $LAB_MACHINE6; do expect "what the map-server has of $eid" "$(mapping $eid)" 198.51.100.2; done
for eid in $LAB_MACHINE $LAB_MACHINE6; do
	receive machine 7200 10 5000
	lab_exec client "$DATAGRAMS" send $eid 7200 10
	received "10 datagrams to $eid by the forwarded port" 10
done
eventually 5 "the machine reaches the client: an answer to a Map-Request comes through the NAT" pings machine $LAB_CLIENT
serve machine
eventually 5 "TCP both ways" echoes client $LAB_MACHINE
answered() # by paris itself, which the map-server reaches through the NAT only
{
	[ "$(lab_exec office "$LAB_BIN/sunward" -j lig 198.18.0.9 to "${LAB_RLOC[ms]}" count 1 | jq -r '[.. | objects | .locators? // empty][0][0].address')" = 198.51.100.2 ]
}
eventually 3 "a Map-Request that it must answer itself" answered
expect "passed on to it" "$(counter ms mapserver_forwarded_to_etr)" -ge 1
eventually 3 "paris has subscribed, and heard it through the NAT" counter_is paris xtr_subscribed -ge 1

# It forgets every translation when its way out goes down, and has other ports then.
translate 30000-30999
lab_ip nat link set out down
outside
eventually 5 "paris hears of the NAT's other port" seen_at 30
expect "changes of its locators" "$(counter paris xtr_nat_changes)" -eq 1

notified=$(counter paris xtr_move_notified)
lab_move paris tokyo 5 >/dev/null
for eid in $LAB_MACHINE $LAB_MACHINE6; do eventually 3 "the mapping of $eid follows to tokyo" mapping_is $eid "${LAB_RLOC[tokyo]}"; done
eventually 3 "paris is told so through the NAT" counter_is paris xtr_move_notified -ge $((notified + 2))
eventually 3 "the machine reached in tokyo" pings client $LAB_MACHINE
lab_move tokyo paris 5 >/dev/null
eventually 3 "and back behind the NAT" mapping_is $LAB_MACHINE 198.51.100.2
eventually 3 "acknowledged" here
eventually 5 "the machine reached in paris" pings client $LAB_MACHINE
expect "notifications that nobody acknowledged" "$(counter ms mapserver_notify_gave_up)" -eq 0
eventually 5 "paris goes on asking: Info-Replies" counter_is paris xtr_info_replies -ge 3
for why in server malformed nonce auth address; do expect "those that it did not: $why" "$(counter paris xtr_info_drop_$why)" -eq 0; done
capture_end
capture_read '
0|_ws.malformed|malformed
0|lisp && _ws.expert|of LISP with any remark
0|lisp.undecoded or lisp.unexpected_field or lisp.invalid_field|with a field that could not be decoded
0|lisp.type == 7 && data|Info messages shown as data
0|lisp && (ip.checksum.status == "Bad" or udp.checksum.status == "Bad")|of LISP with a bad checksum
0|lisp && ip.addr == 10.99.0.2|with an address that nobody outside may see
+|lisp.type == 7 && lisp.info.r == 0 && udp.srcport >= 20000 && udp.srcport <= 20999|Info-Request
+|lisp.type == 7 && lisp.info.r == 1 && udp.srcport == 4342 && udp.dstport >= 30000 && udp.dstport <= 30999|Info-Reply
+|lisp.type == 7 && lisp.info.r == 1 && lisp.lcaf.natt.rloc.ipv4 == 198.51.100.2|Info-Reply with the global RLOC
+|lisp-data && ip.dst == 198.51.100.2|data to the NAT'
test_end
