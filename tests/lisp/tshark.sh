#!/bin/bash
# tshark.sh: an independent decoder reads one message of each kind that say.c writes: named fields have the values that were
# meant, checksums are right, and nothing is malformed. tshark 4.0 does not know Map-Notify-Ack (type 5) nor the Shared Extension
# (type 15): for these two frames only that they come as data is checked. It names the AFI of a TRILL nickname, and reads no further in frame 14's AFI-List;
# what is behind is in test_xtr_campus, byte by byte.
set -u
SAY="${top_builddir:-.}/tests/lisp/say"
READS=(-o ip.check_checksum:TRUE -o udp.check_checksum:TRUE)
. "${top_srcdir:-.}/tests/decoder.sh"

frames 14
none '_ws.malformed'
none '_ws.expert && !(frame.number == 14)'
none 'ip.checksum.status == "Bad" || udp.checksum.status == "Bad"'
none 'udp.checksum == 0'
none '(lisp.undecoded || lisp.unexpected_field || lisp.invalid_field) && !(frame.number == 14)'
none 'data && !(frame.number in {12, 13, 14})'

# Map-Request, SMR-invoked
field 1 lisp.type 1
field 1 lisp.mreq.flags.smri 1
field 1 lisp.mreq.flags.probe 0
field 1 lisp.irc 1
field 1 lisp.records 1
field 1 lisp.nonce 0x0102030405060708
field 1 lisp.mreq.srceid.ipv4 198.51.100.7
field 1 lisp.mreq.itr_rloc_ipv4 203.0.113.1
field 1 lisp.mreq.itr_rloc_ipv6 2001:db8::9
field 1 lisp.mreq.record.prefix.ipv4 198.51.100.0
field 1 lisp.mreq.record.prefix.length 24
# a probe for an EID of an instance
field 2 lisp.mreq.flags.probe 1
field 2 lisp.mreq.srceid.afi 0
field 2 lisp.lcaf.type 2
field 2 lisp.lcaf.length 22
field 2 lisp.lcaf.iid 25
field 2 lisp.lcaf.iid.ipv6 2001:db8:1::
field 2 lisp.mreq.record.prefix.length 64
# Map-Reply to a probe; a negative one
field 3 lisp.type 2
field 3 lisp.mrep.flags.probe 1
field 3 lisp.mapping.ttl 1440
field 3 lisp.mapping.loccnt 2
field 3 lisp.mapping.auth 1
field 3 lisp.mapping.eid.ipv4 198.51.100.0
field 3 lisp.loc.priority 1,2
field 3 lisp.loc.weight 75,25
field 3 lisp.loc.multicast_priority 255,255
field 3 lisp.loc.flags.reach 1,1
field 3 lisp.loc.locator '203.0.113.1,2001:db8::9'
field 4 lisp.mrep.flags.probe 0
field 4 lisp.mapping.act 1
field 4 lisp.mapping.ttl 15
field 4 lisp.mapping.loccnt 0
field 4 lisp.mapping.eid.masklen 32
# Map-Register, Map-Notify
for f in 5 6; do
	field $f lisp.type $((f - 2))
	field $f lisp.records 2
	field $f lisp.keyid 0x0102
	field $f lisp.authlen 16
	field $f lisp.lcaf.iid.ipv4 198.51.100.7
	field $f lisp.mapping.eid.mac 52:54:00:00:00:01
	field $f lisp.mapping.eid.masklen 32,48
	field $f lisp.xtrid 11111111111111111111111111111111
	field $f lisp.siteid 00000000000000ab
done
field 5 lisp.mreg.flags.pmr 1
field 5 lisp.mreg.flags.sec 0
field 5 lisp.mreg.flags.xtrid 1
field 5 lisp.mreg.flags.wmn 1
field 6 lisp.mnot.flags.xtrid 1
field 6 lisp.mnot.flags.rtr 0
# ECM
field 7 lisp.ecm.flags.ddt 1
field 7 lisp.ecm.flags.sec 0
field 7 ip.src 192.0.2.100,192.0.2.9
field 7 ip.dst 192.0.2.200,198.51.100.1
field 7 udp.srcport 4342,61000
field 7 lisp.type 8,1
field 8 lisp.ecm.flags.ddt 0
field 8 ipv6.src 2001:db8::9
field 8 ipv6.dst 2001:db8:1::1
field 8 lisp.type 8,1
field 8 lisp.mreq.record.prefix.ipv4 198.51.100.0
# Map-Referral
field 9 lisp.type 6
field 9 lisp.mapping.act 1
field 9 lisp.referral.incomplete 1
field 9 lisp.referral.sigcnt 0
field 9 lisp.mapping.eid.masklen 40
field 9 lisp.lcaf.iid.ipv6 2001:db8:100::
field 9 lisp.loc.locator 203.0.113.1
# Info-Request, Info-Reply
field 10 lisp.type 7
field 10 lisp.info.r 0
field 10 lisp.keyid 0x0001
field 10 lisp.authlen 12
field 10 lisp.info.ttl 1440
field 10 lisp.info.prefix.ipv4 198.51.100.0
field 10 lisp.info.afi 0
field 11 lisp.info.r 1
field 11 lisp.lcaf.type 7
field 11 lisp.lcaf.natt.msport 4342
field 11 lisp.lcaf.natt.etrport 49153
field 11 lisp.lcaf.natt.rloc.ipv4 203.0.113.1,203.0.113.2,203.0.113.3
# not known to tshark 4.0
field 12 lisp.type 5
field 12 data.len 174
field 13 lisp.type 15
field 13 data.len 120
# an AFI-List around a locator
field 14 lisp.loc.priority 99
field 14 lisp.lcaf.type 1
field 14 lisp.lcaf.length 18
field 14 lisp.lcaf.afi_list.afi 1,16396
field 14 lisp.lcaf.afi_list.ipv4 203.0.113.1

agreed
