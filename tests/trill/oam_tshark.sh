#!/bin/bash
# oam_tshark.sh: an independent decoder of IEEE 802.1Q reads what TRILL OAM has from there: heads, continuity checks, the MAID of the base
# mode, and the TLVs of answers. It does not know TRILL's own TLVs, and steps over them.
set -u
SAY="${top_builddir:-.}/tests/trill/say_oam"
READS=()
. "${top_srcdir:-.}/tests/decoder.sh"

frames 2
none '_ws.malformed'
none '_ws.expert'

# Continuity check
field 1 cfm.md.level 3
field 1 cfm.version 0
field 1 cfm.opcode 1
field 1 cfm.flags.rdi 1
field 1 cfm.flags.interval 4
field 1 cfm.first.tlv.offset 70
field 1 cfm.ccm.seq.num 7
field 1 cfm.ccm.ma.ep.id 4660
field 1 cfm.maid.md.name.format 4
field 1 cfm.maid.md.name.length 13
field 1 cfm.maid.md.name.string TrillBaseMode
field 1 cfm.maid.ma.name.format 3
field 1 cfm.maid.ma.name.length 2
field 1 cfm.maid.ma.name.hex fffc
field 1 cfm.tlv.type 64,1,72,0
field 1 cfm.tlv.chassis.id.length 3
field 1 cfm.tlv.chassis.id 0c1234
# Loopback's answer
field 2 cfm.opcode 2
field 2 cfm.first.tlv.offset 4
field 2 cfm.lb.transaction.id 42
field 2 cfm.tlv.type 64,1,4,5,6,0
field 2 cfm.tlv.port.interface.value 7
field 2 cfm.tlv.reply.ingress.action 1
field 2 cfm.tlv.reply.ingress.mac.address 00:00:5e:00:53:de
field 2 cfm.tlv.reply.ing.egr.portid.length 2
field 2 cfm.tlv.reply.ing.egr.portid.subtype 7
field 2 cfm.tlv.reply.ing.egr.portid 0123
field 2 cfm.tlv.reply.egress.action 3
field 2 cfm.tlv.reply.egress.mac.address 00:00:5e:00:53:de
agreed
