"""decoder_structures: the structures of fixed size that decoder.py reads, field by field as the RFCs draw them."""
from scapy.fields import (BitField, ByteField, IntField, IPField, MACField, ShortField, StrFixedLenField,
                          ThreeBytesField, X3BytesField, XByteField, XIntField, XShortField)
from scapy.packet import Packet


class Wrong(Exception):
    """A frame cannot be read any further."""


class Fields(Packet):
    """A structure of fixed size; what follows it is the caller's. Names that begin with resv must be 0."""

    def extract_padding(self, s):
        return b"", s


def structure(name, *fields):
    return type(name, (Fields,), {"name": name, "fields_desc": list(fields)})


def system_id(name):
    return StrFixedLenField(name, b"\0" * 6, 6)


def raw(name, size):
    return StrFixedLenField(name, b"\0" * size, size)


Outer = structure("outer", MACField("da", None), MACField("sa", None))
Tag = structure("tag", BitField("priority", 0, 3), BitField("dei", 0, 1), BitField("id", 0, 12))
TrillHeader = structure("trill", BitField("version", 0, 2), BitField("alert", 0, 1), BitField("color", 0, 1),
                        BitField("multi", 0, 1), BitField("resv", 0, 4), BitField("flags_follow", 0, 1),
                        BitField("hops", 0, 6), XShortField("egress", 0), XShortField("ingress", 0))
# RFC 7180bis: bits 14-16 extend the hop count, 27-28 are Extended Color (RFC 7780 section 10.3).
FlagsWord = structure("flags", BitField("crhbh", 0, 1), BitField("crite", 0, 1), BitField("crrsv", 0, 1),
                      BitField("hop_by_hop", 0, 11), BitField("hops_high", 0, 3), BitField("more", 0, 10),
                      BitField("color", 0, 2), BitField("rest", 0, 3))
Common = structure("common", XByteField("discriminator", 0), ByteField("header_length", 0), ByteField("version", 0),
                   ByteField("id_length", 0), BitField("resv", 0, 3), BitField("type", 0, 5), ByteField("version2", 0),
                   ByteField("resv2", 0), BitField("high", 0, 1), BitField("areas_or_scope", 0, 7))
PDUS = {
    10: structure("fs-lsp", ShortField("length", 0), ShortField("lifetime", 0), system_id("source"),
                  ShortField("number", 0), XIntField("sequence", 0), XShortField("checksum", 0),
                  BitField("resv", 0, 5), BitField("overload", 0, 1), BitField("is_type", 0, 2)),
    11: structure("fs-csnp", ShortField("length", 0), system_id("source"), ByteField("resv_circuit", 0),
                  raw("start", 8), raw("end", 8)),
    12: structure("fs-psnp", ShortField("length", 0), system_id("source"), ByteField("resv_circuit", 0)),
    15: structure("lan-iih", ByteField("circuit_type", 0), system_id("source"), ShortField("holding", 0),
                  ShortField("length", 0), BitField("resv", 0, 1), BitField("priority", 0, 7), raw("lan", 7)),
    17: structure("p2p-iih", ByteField("circuit_type", 0), system_id("source"), ShortField("holding", 0),
                  ShortField("length", 0), ByteField("circuit", 0)),
    18: structure("lsp", ShortField("length", 0), ShortField("lifetime", 0), system_id("source"),
                  ByteField("pseudonode", 0), ByteField("number", 0), XIntField("sequence", 0),
                  XShortField("checksum", 0), BitField("resv_p", 0, 1), BitField("resv_att", 0, 4),
                  BitField("overload", 0, 1), BitField("is_type", 0, 2)),
    23: structure("mtu-probe", ShortField("length", 0), raw("probe", 6), system_id("source"), system_id("resv_ack")),
    24: structure("csnp", ShortField("length", 0), system_id("source"), ByteField("resv_circuit", 0),
                  raw("start", 8), raw("end", 8)),
    26: structure("psnp", ShortField("length", 0), system_id("source"), ByteField("resv_circuit", 0)),
    28: structure("mtu-ack", ShortField("length", 0), raw("probe", 6), system_id("source"), system_id("ack")),
}

# The values of TLVs and sub-TLVs that are a fixed part, and perhaps records behind it: by type.
Nickname = structure("nickname", XByteField("priority", 0), XShortField("root_priority", 0), XShortField("nickname", 0))
Trees = structure("trees", ShortField("compute", 0), ShortField("max", 0), ShortField("use", 0))
Start = structure("start", ShortField("start", 0))
Named = structure("named", XShortField("nickname", 0))
IntVlan = structure("int-vlan", XShortField("nickname", 0), BitField("m4", 0, 1), BitField("m6", 0, 1),
                    BitField("resv", 0, 1), BitField("es", 0, 1), BitField("start", 0, 12), BitField("resv2", 0, 2),
                    BitField("pul", 0, 1), BitField("nod", 0, 1), BitField("end", 0, 12), IntField("af_lost", 0))
IntLabel = structure("int-label", XShortField("nickname", 0), BitField("m4", 0, 1), BitField("m6", 0, 1),
                     BitField("bm", 0, 1), BitField("es", 0, 1), BitField("resv", 0, 2), BitField("pul", 0, 1),
                     BitField("nod", 0, 1), ThreeBytesField("start", 0),
                     X3BytesField("end", 0), IntField("af_lost", 0))
Version = structure("version", ByteField("max", 0), XIntField("capabilities", 0))
Root = structure("root", MACField("bridge", None))
Vlan = structure("vlan", BitField("resv", 0, 4), BitField("vlan", 0, 12))
Label = structure("label", ThreeBytesField("label", 0))
# RFC 8139 sections 10.4 and 10.5.
Mapped = structure("mapped", BitField("resv", 0, 4), BitField("vlan", 0, 12), ThreeBytesField("label", 0))
VlanFlags = structure("vlan-flags", XShortField("port", 0), XShortField("nickname", 0), BitField("af", 0, 1),
                      BitField("ac", 0, 1), BitField("vm", 0, 1), BitField("by", 0, 1), BitField("outer", 0, 12),
                      BitField("tr", 0, 1), BitField("resv", 0, 3), BitField("designated", 0, 12))
Appointed = structure("appointed", XShortField("nickname", 0), BitField("resv", 0, 4), BitField("start", 0, 12),
                      BitField("resv2", 0, 4), BitField("end", 0, 12))
Entry = structure("entry", ShortField("lifetime", 0), raw("lsp", 8), XIntField("sequence", 0), XShortField("checksum", 0))
NeighborHead = structure("neighbors", BitField("smallest", 0, 1), BitField("largest", 0, 1), BitField("resv", 0, 1),
                         BitField("size", 0, 5))
Neighbor = structure("neighbor", BitField("failed", 0, 1), BitField("oomf", 0, 1), BitField("resv", 0, 6),
                     ShortField("mtu", 0), MACField("mac", None))
Bfd = structure("bfd", BitField("resv", 0, 4), BitField("topology", 0, 12), XByteField("nlpid", 0))
Scope = structure("scope", BitField("resv", 0, 1), BitField("scope", 0, 7))
Topology = structure("topology", BitField("resv", 0, 4), BitField("topology", 0, 12))
RouterId = structure("router", IPField("id", None), XByteField("resv", 0))  # RFC 4971: router ID, flags S and D
Reach = structure("reach", raw("neighbor", 7), ThreeBytesField("metric", 0), ByteField("sub_length", 0))
Mtu = structure("mtu", BitField("failed", 0, 1), BitField("resv", 0, 7), ShortField("mtu", 0))
GroupHead = structure("group", BitField("resv", 0, 4), BitField("topology", 0, 12), BitField("resv2", 0, 4),
                      BitField("vlan", 0, 12), ByteField("count", 0))
LabelGroupHead = structure("group", BitField("resv", 0, 4), BitField("topology", 0, 12), ByteField("resv2", 0),
                           ThreeBytesField("label", 0), ByteField("count", 0))
Mac = structure("mac", MACField("mac", None))
# RFC 6823 with RFC 7357 section 7.2: V and I must be 0; S and D are not used.
Generic = structure("geninfo", BitField("resv", 0, 4), BitField("resv_v", 0, 1), BitField("resv_i", 0, 1),
                    BitField("resv_d", 0, 1), BitField("resv_s", 0, 1), ShortField("application", 0))
Param = structure("esadi-param", BitField("resv", 0, 1), BitField("priority", 0, 7), ByteField("csnp", 0),
                  BitField("un", 0, 1), BitField("resv2", 0, 7))
MacReach = structure("mac-ri", XShortField("nickname", 0), ByteField("confidence", 0), BitField("resv", 0, 4),
                     BitField("vlan", 0, 12))
Interface = structure("ia", ShortField("sets_end", 0), XShortField("nickname", 0), BitField("directory", 0, 1),
                      BitField("local", 0, 1), BitField("resv", 0, 6), ByteField("confidence", 0), ByteField("template", 0))
Appointee = structure("appointee", XShortField("nickname", 0))
ChannelHeader = structure("channel", BitField("chv", 0, 4), BitField("protocol", 0, 12), BitField("silent", 0, 1),
                          BitField("multi_hop", 0, 1), BitField("native", 0, 1), BitField("resv", 0, 9),
                          BitField("err", 0, 4))
BfdControl = structure("bfd", BitField("version", 0, 3), BitField("diagnostic", 0, 5), BitField("state", 0, 2),
                       BitField("poll", 0, 1), BitField("final", 0, 1), BitField("independent", 0, 1),
                       BitField("authenticated", 0, 1), BitField("demand", 0, 1), BitField("resv_multipoint", 0, 1),
                       ByteField("multiplier", 0), ByteField("length", 0), XIntField("mine", 0), XIntField("yours", 0),
                       IntField("tx", 0), IntField("rx", 0), IntField("echo_rx", 0))
VlanBlock = structure("block", BitField("resv", 0, 4), BitField("start", 0, 12), BitField("resv2", 0, 4),
                      BitField("end", 0, 12))
LabelBlock = structure("block", ThreeBytesField("start", 0), ThreeBytesField("end", 0))
MacBlock = structure("block", MACField("start", None), MACField("end", None))
OamHeader = structure("oam", BitField("level", 0, 3), BitField("version", 0, 5), ByteField("opcode", 0),
                      XByteField("flags", 0), ByteField("first_tlv", 0))
Session = structure("session", IntField("session", 0))
Application = structure("application", ByteField("version", 0), ThreeBytesField("resv", 0), ByteField("fragment", 0),
                        ByteField("code", 0), ByteField("sub_code", 0), BitField("resv2", 0, 12),
                        BitField("final", 0, 1), BitField("cross_connect", 0, 1), BitField("out_of_band", 0, 1),
                        BitField("in_band", 0, 1))
OamLabel = structure("label", ByteField("type", 0), ByteField("resv", 0), ThreeBytesField("label", 0))
OamCount = structure("count", ByteField("count", 0))
Previous = structure("previous", ThreeBytesField("resv", 0), XShortField("nickname", 0))
Receivers = structure("receivers", ByteField("resv", 0), IntField("count", 0))
Flow = structure("flow", ByteField("resv", 0), ShortField("mep", 0), ShortField("flow", 0))
Address = structure("address", ByteField("type", 0), ByteField("length", 0))
OamAuth = structure("auth", ByteField("type", 0), ShortField("key", 0))
