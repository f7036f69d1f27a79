#!/bin/bash
# An independent decoder reads what the lab sends: four runs of the lab (over IPv4; over IPv6 with the standard's protocol alone and no
# proxy replies; in an instance; with LISP-SEC), each captured in the core while hosts are found, asked for, reached, probed and moved. tshark must
# find nothing malformed, no warning or error, every IP, UDP and TCP checksum right, and some packets of every kind.
#
# What tshark 4.0 does not know, and what is asked of these frames instead:
#   Map-Notify-Ack (type 5)     shown as data: at least its type
#   Shared Extension (type 15)  shown as data: at least its type
#   UDP checksum zero over IPv6 an error for tshark; RFC 9300 section 5.3 and RFC 6935 want it for data packets: only there it is let pass
#   LISP-SEC in an ECM          the rest is shown as data, the Map-Request inside too: at least the S bit; tests/unit/test_lispsec.c reads it
#   LISP-SEC in a Map-Reply     the authentication data is shown as data; all before it is read
# Map-Referral, which the lab does not send, is read in tests/lisp/tshark.sh; Info-Request and Info-Reply there and in tests/netns/nat.sh.
set -u
. "${top_srcdir:-.}/tests/interop/reach.sh"
require tshark dumpcap ethtool
. "$top_srcdir/tests/lab/capture.sh"

reached() { eventually 10 "$1 reaches $2" pings "$1" "$2"; } # FROM ADDRESS
refused() { lab_sunward office -j cache | jq -e '.cache[] | select(.negative)'; }
probed() { lab_sunward office -j rloc list | jq -e '.rlocs[] | select(.local == false and .rtt_us != null)'; }
follows() # RLOC: the machine answers, and the office sends to it there
{
	pings client $LAB_MACHINE && lab_sunward office -j cache |
		jq -e --arg r "$1" '.cache[] | select(.eid | endswith("203.0.113.10")) | .locators[0].address == $r'
}

run() # NAME TOKYO-RLOC SED: the lab with these changes to its configurations, traffic of every kind, and its capture
{
	echo "--- $1"
	test_begin
	LAB_SUBST="s|^xtr-id.*|&\ntimers {\n\tprobe = 1s\n}|; $3"
	lab_network
	capture_begin
	lab_daemons || fail "the lab's daemons"
	serve machine
	reached client $LAB_MACHINE
	reached client $LAB_MACHINE6
	eventually 5 "TCP, IPv4 EIDs" echoes client $LAB_MACHINE
	eventually 5 "TCP, IPv6 EIDs" echoes client $LAB_MACHINE6
	eventually 5 "a packet in fragments" lab_exec client ping -q -M dont -s 4000 -c 1 -W 1 $LAB_MACHINE
	lab_exec client ping -q -c 1 -W 0.1 203.0.113.99 >/dev/null
	eventually 5 "a negative answer" refused
	eventually 5 "a probe's answer" probed
	lab_move paris tokyo 5 >"$LAB_DIR/move.log" 2>&1 || fail "the move"
	eventually 5 "the machine reached and known to be in tokyo" follows "$2"
	reached client $LAB_MACHINE6
	capture_end
}

# Each line: how many frames are wanted (0 or +), the display filter, the kind.
common_kinds='
0|_ws.malformed|malformed
0|_ws.expert.severity >= 0x600000|with a warning or an error
0|lisp && _ws.expert|of LISP with any remark
0|lisp.undecoded or lisp.unexpected_field or lisp.invalid_field|with a field that could not be decoded
0|ip.checksum.status == "Bad" or udp.checksum.status == "Bad" or tcp.checksum.status == "Bad"|with a bad IP, UDP or TCP checksum
0|icmp.checksum.status == "Bad" or icmpv6.checksum.status == "Bad"|with a bad ICMP checksum
0|udp.dstport == 4342 && udp.checksum == 0|of control without UDP checksum
0|lisp && data && !(lisp.type == 5) && !(lisp.type == 15) && !(lisp.ecm.flags.sec == 1) && !(lisp.mrep.flags.sec == 1)|of a type that is shown as data
0|!lisp && !lisp-data && !arp && !(icmpv6.type >= 130 && icmpv6.type <= 143) && !(ip.dst == 203.0.113.99) && !(udp.dstport == 9)|that are neither LISP nor a link'"'"'s own nor the native one
+|lisp.type == 3|Map-Register
+|lisp.type == 4|Map-Notify
+|lisp.type == 8 && lisp.type == 1|Map-Request in an ECM
+|lisp.type == 2 && lisp.mapping.loccnt > 0 && lisp.mrep.flags.probe == 0|Map-Reply
+|lisp.type == 2 && lisp.mapping.loccnt == 0|Map-Reply, negative
+|lisp.type == 1 && lisp.mreq.flags.probe == 1|probe
+|lisp.type == 2 && lisp.mrep.flags.probe == 1|probe reply
+|lisp.mreq.flags.smr == 1|SMR
+|lisp.mreq.flags.smri == 1|Map-Request, SMR-invoked
+|lisp-data && tcp && sll.etype == OUTER && ip.dst == 203.0.113.10|data: TCP, IPv4
+|lisp-data && tcp && sll.etype == OUTER && ipv6.dst == 2001:db8:e:1::10|data: TCP, IPv6
+|lisp-data && icmp && sll.etype == OUTER|data: ICMP
+|lisp-data && icmpv6.type == 128 && sll.etype == OUTER|data: ICMPv6
+|lisp-data && ip.frag_offset > 0 && sll.etype == OUTER|data: fragment'

# read_capture OUTER-ETHERTYPE KINDS [NOT]: the common kinds and these. NOT: a pattern of common kinds that this run has not
read_capture()
{
	capture_read "$({ grep -v "${3:-^$}" <<<"$common_kinds"; echo "$2"; } | sed "s/OUTER/$1/")"
	test_clean
}

both_rlocs='s|\(rloc "198.*priority = \)1|\12|; s|\(rloc "2001.*priority = \)2|\11|'
servers='s|"198.51.100.26"|"2001:db8:51:4::2"|; s|"198.51.100.34"|"2001:db8:51:5::2"|'

run "over IPv4" 198.51.100.10 ""
read_capture 0x0800 '
+|lisp.type == 15 && data|move message
0|lisp-data.flags.iid == 1|with an instance-ID'

run "over IPv6, the standard's messages alone, no proxy replies" 2001:db8:51:2::2 \
	"$both_rlocs; $servers; s|^\tkey-id = [12]|&\n\tprotocol = standard\n\tproxy-reply = no|"
read_capture 0x86dd '
+|lisp.type == 5 && data|Map-Notify-Ack
0|lisp.type == 15|move message'

run "in an instance" 198.51.100.10 \
	's/"\(203\.0\|192\.0\|2001:db8:e:\)\([^"]*\)"/"[7]\1\2"/g; s/"\(2001:db8:e::[^"]*\)"/"[7]\1"/; s|^site-port "lan" {|&\n\tinstance-id = 7\n|'
read_capture 0x0800 '
+|lisp.type == 15 && data|move message
+|lisp.lcaf.iid == 7|with an instance-ID in an LCAF
+|lisp-data.iid == 7|data with an instance-ID
0|lisp-data && lisp-data.flags.iid == 0|data without the instance-ID'

secret='{\n\tkey "1" {\n\t\tkey = "all but the ETRs"\n\t}\n}'
run "with LISP-SEC, no proxy replies" 198.51.100.10 \
	"s|^site-id.*|&\nlisp-sec $secret|; s|^roles.*|&\nlisp-sec {\npeer \"198.51.100.0/24\" $secret\n}|; s|^site \"data.*|&\n\tproxy-reply = never|"
read_capture 0x0800 '
+|lisp.type == 8 && lisp.ecm.flags.sec == 1 && data|protected Map-Request
0|lisp.type == 8 && lisp.ecm.flags.sec == 0|unprotected Map-Request in an ECM
+|lisp.type == 2 && lisp.mrep.flags.sec == 1 && lisp.mapping.loccnt > 0 && data|protected Map-Reply
+|lisp.type == 2 && lisp.mrep.flags.sec == 1 && lisp.mapping.loccnt == 0 && data|protected Map-Reply, negative
0|lisp.type == 2 && lisp.mrep.flags.sec == 0 && lisp.mrep.flags.probe == 0|unprotected Map-Reply
+|lisp.mreg.flags.sec == 1|Map-Register of one that can sign
0|lisp.mreg.flags.sec == 0|Map-Register of one that cannot' 'in an ECM$\|SMR-invoked$'
test_end
