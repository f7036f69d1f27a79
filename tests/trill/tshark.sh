#!/bin/bash
# tshark.sh: an independent decoder reads the frames that say.c writes: named fields have the values that were meant, the LSP's
# checksum is right, and nothing is malformed. tshark 4.0 does not know TLV 243, and says so; it complains of nothing else.
set -u
SAY="${top_builddir:-.}/tests/trill/say"
READS=()
. "${top_srcdir:-.}/tests/decoder.sh"

frames 7
none '_ws.malformed'
none '_ws.expert && !icmp && !(isis.hello.clv.type == 243)' # icmp: nobody answers the ping
none 'isis.lsp.checksum.status == "Bad"'
unknown=$(read_frames -V | grep -c 'not implemented' || true)
[ "$unknown" = 6 ] || { echo "what tshark does not know is not TLV 243 alone:"; read_frames -V | grep 'not implemented'; bad=1; }

# LAN Hello: appendix B.1 of RFC 7780, and more TLVs
field 1 eth.dst 01:80:c2:00:00:41
field 1 vlan.priority 7
field 1 isis.type 15
field 1 isis.len 27
field 1 isis.max_area_adr 1
field 1 isis.hello.circuit_type 0x01
field 1 isis.hello.source_id 3003.3003.3003
field 1 isis.hello.holding_timer 9
field 1 isis.hello.priority 64
field 1 isis.hello.lan_id 4444.4444.4444.01
field 1 isis.hello.clv.type 10,1,129,143,145,148,243
field 1 isis.hello.clv_nlpid.nlpid 0xc0
field 1 isis.hello.vlan_flags.port_id 291
field 1 isis.hello.vlan_flags.nickname 0xffde
field 1 isis.hello.vlan_flags.af 1
field 1 isis.hello.vlan_flags.ac 0
field 1 isis.hello.vlan_flags.vm 0
field 1 isis.hello.vlan_flags.by 1
field 1 isis.hello.vlan_flags.outer_vlan 1
field 1 isis.hello.vlan_flags.tr 0
field 1 isis.hello.vlan_flags.designated_vlan 1
field 1 isis.hello.af.nickname 0x1234,0x1235
field 1 isis.hello.af.start_vlan 1,20
field 1 isis.hello.af.end_vlan 10,30
field 1 isis.hello.trill.maximum_version 0
field 1 isis.hello.trill.hello_reduction 1
field 1 isis.hello.trill_neighbor.sf 1
field 1 isis.hello.trill_neighbor.lf 1
field 1 isis.hello.trill_neighbor.of 1
field 1 isis.hello.trill_neighbor.ff 0
field 1 isis.hello.trill_neighbor.mtu 9000
field 1 isis.hello.trill_neighbor.snpa 0000.5e00.53e3
field 1 isis.hello.bfd_enabled.nlpid 0xc0
# P2P Hello
field 2 isis.type 17
field 2 isis.len 20
field 2 isis.hello.local_circuit_id 5
field 2 isis.hello.adjacency_state 1
field 2 isis.hello.extended_local_circuit_id 0x00000123
field 2 isis.hello.neighbor_systemid 4444.4444.4444
field 2 isis.hello.neighbor_extended_local_circuit_id 0x00000456
# LSP
field 3 isis.lsp.lsp_id 3003.3003.3003.00-00
field 3 isis.lsp.remaining_life 1200
field 3 isis.lsp.sequence_number 0x00001234
field 3 isis.lsp.checksum.status 1
field 3 isis.lsp.overload 1
field 3 isis.lsp.is_type 1
field 3 isis.lsp.clv.type 1,129,14,242,22,142
field 3 isis.lsp.originating_lsp_buffer_size 1470
field 3 isis.lsp.rt_capable.nickname.nickname_priority 192
field 3 isis.lsp.rt_capable.nickname.tree_root_priority 32768
field 3 isis.lsp.rt_capable.nickname.nickname 0xffde
field 3 isis.lsp.rt_capable.trees.nof_trees_to_compute 2
field 3 isis.lsp.rt_capable.trees.maximum_nof_trees_to_compute 16
field 3 isis.lsp.rt_capable.trees.nof_trees_to_use 1
field 3 isis.lsp.rt_capable.tree_root_id.nickname 0xffde,0x1234
field 3 isis.lsp.rt_capable.tree_used_id.nickname 0xffde
field 3 isis.lsp.rt_capable.interested_vlans.multicast_ipv4 1
field 3 isis.lsp.rt_capable.interested_vlans.multicast_ipv6 1
field 3 isis.lsp.rt_capable.interested_vlans.vlan_start_id 5
field 3 isis.lsp.rt_capable.interested_vlans.vlan_end_id 12
field 3 isis.lsp.rt_capable.interested_vlans.afs_lost_counter 3
field 3 isis.lsp.root.id 8000.0000.5301
field 3 isis.lsp.rt_capable.trill.fgl_safe 1
field 3 isis.lsp.rt_capable.trill.affinity_tlv 0
field 3 isis.lsp.rt_capable.vlan_group.primary_vlan_id 5
field 3 isis.lsp.rt_capable.vlan_group.secondary_vlan_id 6,7
field 3 isis.lsp.ext_is_reachability.is_neighbor_id 4444.4444.4444.01,4444.4444.4444.00
field 3 isis.lsp.ext_is_reachability.metric 20000,2000
field 3 isis.lsp.ext_is_reachability.code 28
field 3 isis.lsp.grp_macaddr.vlan_id 5
field 3 isis.lsp.grp_macaddr.group_address 0100.5e00.0001
# CSNP and PSNP
field 4 isis.csnp.start_lsp_id 0000.0000.0000.00-00
field 4 isis.csnp.end_lsp_id ffff.ffff.ffff.ff-ff
field 4 isis.csnp.lsp_id 3003.3003.3003.00-02
field 4 isis.csnp.lsp_seq_num 0x00001234
field 4 isis.csnp.lsp_remain_life 1199
field 4 isis.csnp.lsp_checksum 0xabcd
field 5 isis.psnp.source_id 3003.3003.3003
field 5 isis.psnp.clv.type 9
# Data: appendix B.3 and B.4
field 6 trill.version 0
field 6 trill.multi_dst 0
field 6 trill.hop_cnt 14
field 6 trill.egress_nick 65503
field 6 trill.ingress_nick 65500
field 6 icmp.type 8
field 7 eth.dst 01:80:c2:00:00:40,ff:ff:ff:ff:ff:ff
field 7 trill.multi_dst 1
field 7 trill.hop_cnt 13
field 7 trill.egress_nick 65501
field 7 arp.dst.proto_ipv4 192.0.2.13
agreed
