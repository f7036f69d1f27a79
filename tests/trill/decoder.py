#!/usr/bin/python3
"""decoder.py: reads TRILL frames of a capture, by the RFCs' texts alone and with scapy's fields.

It covers what tshark does not know, and the rest as far as one RBridge's frames need it: TRILL Data
(RFC 7780 section 10, RFC 7172), IS-IS and flooding-scoped PDUs (ISO 10589, RFC 7176, RFC 7356), ESADI
(RFC 7357, RFC 6165, RFC 7961), appointments (RFC 8139), RBridge Channel with what it carries (RFC 7178,
RFC 7175, RFC 8139, RFC 8383), and OAM (RFC 7455). It shares nothing with trill/codec: where the two do
not agree, the text decides.

usage: decoder.py [-k SECRET] CAPTURE         a line for each field: FRAME PATH VALUE
       decoder.py [-k SECRET] -c CAPTURE      only what is wrong, and a count
       decoder.py [-k SECRET] -b CAPTURE...   the same, and changes each byte in turn, and sees that it is noticed
       decoder.py -a                          appendix B.1 to B.4 of RFC 7780, as frames

A line "FRAME ! REASON" is a complaint: a length that does not fit, a reserved bit that is set, a wrong
checksum or digest, a type that no text knows. Exit 1 when there was one (-b: when a change stayed
unseen). -k: the key of HMAC-MD5 and of SHA-256 digests.
"""
import getopt
import hashlib
import hmac
import sys

from decoder_payloads import Payloads
from decoder_structures import (Appointed, Appointee, Bfd, Common, Entry, FlagsWord, Generic,
                                GroupHead, IntLabel, IntVlan, Interface, Label, LabelGroupHead,
                                Mac, MacReach, Mapped, Mtu, Named, Neighbor, NeighborHead, Nickname, Outer,
                                PDUS, Param, Reach, Root, RouterId, Scope, Start, Tag, Topology,
                                Trees, TrillHeader, Version, Vlan, VlanFlags, Wrong)
from scapy.utils import RawPcapReader

ALL_ISIS, ALL_EGRESS = "01:80:c2:00:00:41", "01:80:c2:00:00:42"
TRILL, L2_ISIS, CHANNEL, CFM, CTAG, FGL = 0x22F3, 0x22F4, 0x8946, 0x8902, 0x8100, 0x893B

HELLO, LINK_STATE, NUMBERS, PROBE = "hello", "lsp", "snp", "mtu"
KIND = {10: LINK_STATE, 11: NUMBERS, 12: NUMBERS, 15: HELLO, 17: HELLO, 18: LINK_STATE, 23: PROBE, 24: NUMBERS,
        26: NUMBERS, 28: PROBE}


def fletcher_right(body):
    """ISO 8473's checksum over an LSP from its ID on: both sums are 0 modulo 255."""
    c0 = c1 = 0
    for byte in body:
        c0 = (c0 + byte) % 255
        c1 = (c1 + c0) % 255
    return c0 == 0 and c1 == 0


class Frame(Payloads):
    """One frame as it is read: lines, and complaints."""

    def __init__(self, secret=None):
        self.secret = secret
        self.lines = []
        self.complaints = []

    def say(self, path, value):
        self.lines.append((path, value.hex() if isinstance(value, bytes) else str(value)))

    def complain(self, reason):
        self.complaints.append(reason)

    def take(self, path, kind, data):
        """A structure off the front of data: its fields are said; returns it and the rest."""
        size = len(kind())
        if len(data) < size:
            raise Wrong("%s: %d bytes, needs %d" % (path, len(data), size))
        packet = kind(data[:size])
        for field in kind.fields_desc:
            value = packet.getfieldval(field.name)
            if field.name.startswith("resv"):
                if value not in (0, b"\0" * len(value) if isinstance(value, bytes) else 0):
                    self.complain("%s.%s is %s, must be 0" % (path, field.name, value))
            elif isinstance(value, bytes):
                self.say(path + "." + field.name, value)
            else:
                self.say(path + "." + field.name, field.i2repr(packet, value))
        return packet, data[size:]

    def all(self, path, kind, data):
        """Nothing but one structure."""
        packet, rest = self.take(path, kind, data)
        if rest:
            raise Wrong("%s: %d bytes too many" % (path, len(rest)))
        return packet

    def records(self, path, kind, data):
        while data:
            _, data = self.take(path, kind, data)

    def bitmap(self, path, start, data):
        """Numbers of the bits that are set, the highest-order bit of the first byte being start."""
        self.say(path, ",".join(str(start + 8 * i + bit) for i, byte in enumerate(data) for bit in range(8)
                                if byte & 0x80 >> bit) + "/%d" % len(data))

    def tlvs(self, path, data, form, handler, *args):
        """Walks TLVs: of 1 and 1 byte ("standard"), 2 and 2 ("extended"), or 1 and 2 ("oam")."""
        type_len, length_len = {"standard": (1, 1), "extended": (2, 2), "oam": (1, 2)}[form]
        while data:
            if form == "oam" and data[0] == 0:
                if any(data[1:]):
                    self.complain("%s: bytes behind the End TLV" % path)
                self.say(path + ".end", 0)
                return
            head = type_len + length_len
            if len(data) < head:
                raise Wrong("%s: %d bytes are left, a TLV needs %d" % (path, len(data), head))
            number = int.from_bytes(data[:type_len], "big")
            length = int.from_bytes(data[type_len:head], "big")
            if head + length > len(data):
                raise Wrong("%s.%d: length %d, %d bytes are left" % (path, number, length, len(data) - head))
            handler("%s.%d" % (path, number), number, data[head:head + length], *args)
            data = data[head + length:]
        if form == "oam":
            self.complain("%s: no End TLV" % path)

    def unknown(self, path, value):
        self.complain("%s: a type that is not known, of %d bytes" % (path, len(value)))

    # Ethernet, TRILL Data

    def read(self, frame):
        outer, rest = self.take("outer", Outer, frame)
        rest = self.tag("outer.tag", rest)
        kind, rest = int.from_bytes(rest[:2], "big"), rest[2:]
        if kind == L2_ISIS:
            if outer.da != ALL_ISIS:
                self.say("unicast", outer.da)
            self.isis(rest, frame_is_padded=True)
        elif kind == TRILL:
            self.data(rest)
        else:
            raise Wrong("Ethertype %04x" % kind)

    def tag(self, path, rest):
        if rest[:2] == CTAG.to_bytes(2, "big"):
            _, rest = self.take(path, Tag, rest[2:])
        return rest

    def data(self, packet):
        header, rest = self.take("trill", TrillHeader, packet)
        if header.version:
            raise Wrong("TRILL version %d" % header.version)
        if header.flags_follow:
            _, rest = self.take("trill.flags", FlagsWord, rest)
        if header.alert and len(rest) >= 98 and rest[96:98] == CFM.to_bytes(2, "big"):
            self.flow("flow", rest[:96])
            self.oam(rest[98:], packet)
            return
        inner, rest = self.take("inner", Outer, rest)
        rest = self.inner_label(rest)
        kind, rest = int.from_bytes(rest[:2], "big"), rest[2:]
        self.say("inner.ethertype", "0x%04x" % kind)
        if inner.da != ALL_EGRESS:
            self.say("inner.payload", rest)
        elif kind == L2_ISIS:
            self.isis(rest, frame_is_padded=False, esadi=True)
        elif kind == CHANNEL:
            self.channel(rest)
        else:
            raise Wrong("inner Ethertype %04x for All-Egress-RBridges" % kind)

    def inner_label(self, rest):
        """A C-tag, or both halves of a fine-grained label (RFC 7172 section 2.3)."""
        if rest[:2] != FGL.to_bytes(2, "big"):
            if rest[:2] != CTAG.to_bytes(2, "big"):
                raise Wrong("inner tag %s" % rest[:2].hex())
            return self.tag("inner.tag", rest)
        high, rest = self.take("inner.fgl.high", Tag, rest[2:])
        if rest[:2] != FGL.to_bytes(2, "big"):
            raise Wrong("second half of the label: %s" % rest[:2].hex())
        low, rest = self.take("inner.fgl.low", Tag, rest[2:])
        self.say("inner.fgl", high.id << 12 | low.id)
        return rest

    def flow(self, path, entropy):
        """Flow entropy: 96 bytes, from Inner.MacDA on; zeros at the end are padding."""
        self.say(path, entropy.rstrip(b"\0"))

    # IS-IS

    def isis(self, pdu, frame_is_padded, esadi=False):
        common, rest = self.take("isis", Common, pdu)
        kind = PDUS.get(common.type)
        if common.discriminator != 0x83 or common.version != 1 or common.version2 != 1 or common.id_length != 6:
            raise Wrong("isis: not a PDU of level 1 with IDs of 6 bytes")
        if not kind:
            raise Wrong("isis: PDU type %d" % common.type)
        path = kind.__name__
        fixed, rest = self.take(path, kind, rest)
        if common.header_length != 8 + len(kind()):
            self.complain("isis: length indicator %d, the header has %d bytes" % (common.header_length, 8 + len(kind())))
        if fixed.length > len(pdu) or fixed.length < common.header_length:
            raise Wrong("isis: PDU length %d of %d bytes" % (fixed.length, len(pdu)))
        if any(pdu[fixed.length:]) or (len(pdu) > fixed.length and not frame_is_padded):
            self.complain("isis: %d bytes behind the PDU" % (len(pdu) - fixed.length))
        scoped = common.type in (10, 11, 12)
        self.head_check(common, fixed, scoped, esadi)
        pdu = pdu[:fixed.length]
        if KIND[common.type] == LINK_STATE and not fletcher_right(pdu[12:]):
            self.complain("%s: wrong checksum 0x%04x" % (path, fixed.checksum))
        self.digest = 0
        form = "extended" if scoped and common.areas_or_scope >= 64 else "standard"
        self.tlvs(path, pdu[common.header_length:], form, self.tlv, KIND[common.type], form)
        if self.digest:
            self.digest_check(path, pdu, common.type)

    def head_check(self, common, fixed, scoped, esadi):
        if scoped and (not common.areas_or_scope or (esadi and common.areas_or_scope != 64)):
            self.complain("isis: scope %d" % common.areas_or_scope)
        if not scoped and (common.areas_or_scope != 1 or common.high):
            self.complain("isis: maximum area addresses %d" % common.areas_or_scope)
        if common.type == 11 and common.high:
            self.complain("isis: a reserved bit beside the scope")
        if common.type in (15, 17) and fixed.circuit_type != 1:
            self.complain("isis: circuit type %d" % fixed.circuit_type)
        if common.type in (10, 18) and fixed.is_type != 1:
            self.complain("isis: IS type %d" % fixed.is_type)

    def digest_check(self, path, pdu, kind):
        """RFC 5304 section 2, RFC 5310 section 3: over all, the digest's place being zeros or Apad."""
        if not self.secret:
            self.complain("%s: a digest, and no key to check it" % path)
            return
        size, digest, apad = self.digest
        at = pdu.find(digest)
        body = bytearray(pdu)
        body[at:at + size] = (apad * 16)[:size]
        if KIND[kind] == LINK_STATE:
            body[10:12] = body[24:26] = b"\0\0"
        algorithm = hashlib.md5 if size == 16 else {20: hashlib.sha1, 28: hashlib.sha224, 32: hashlib.sha256,
                                                   48: hashlib.sha384, 64: hashlib.sha512}[size]
        if hmac.new(self.secret, bytes(body), algorithm).digest() != digest:
            self.complain("%s: wrong digest" % path)
        self.say(path + ".digest", "right" if not self.complaints else "?")

    def tlv(self, path, number, value, kind, form):
        """The TLVs of PDUs, by the kind of PDU that may carry them."""
        fixed = {(HELLO, 240): self.three_way, (HELLO, 143): self.port_capability, (HELLO, 145): self.neighbors,
                 (LINK_STATE, 242): self.router_capability, (LINK_STATE, 144): self.mt_capability,
                 (LINK_STATE, 22): self.reaches, (LINK_STATE, 142): self.groups, (LINK_STATE, 251): self.geninfo,
                 (LINK_STATE, 147): self.mac_reach}
        if number == 10:
            self.authentication(path, value)
        elif number == 8 and kind in (HELLO, PROBE):
            self.say(path + ".padding", len(value))
            if any(value):
                self.complain("%s: padding that is not zero" % path)
        elif number == 1 and kind in (HELLO, LINK_STATE):
            if value != b"\1\0":
                self.complain("%s: area %s, TRILL's is 0" % (path, value.hex()))
        elif number == 129 and kind in (HELLO, LINK_STATE):
            self.say(path, value)
        elif number == 148 and kind == HELLO:
            self.records(path, Bfd, value)
        elif number == 243 and kind == HELLO:
            self.records(path, Scope, value)
        elif number == 9 and kind == NUMBERS:
            self.records(path, Entry, value)
        elif number == 14 and kind == LINK_STATE:
            self.say(path, int.from_bytes(value, "big") if len(value) == 2 else value)
        elif (kind, number) in fixed:
            fixed[kind, number](path, value, form)
        else:
            self.unknown(path, value)

    def authentication(self, path, value):
        if len(value) == 17 and value[0] == 54:
            self.digest = (16, value[1:], b"\0")
        elif len(value) in (23, 31, 35, 51, 67) and value[0] == 3:
            self.say(path + ".key", int.from_bytes(value[1:3], "big"))
            self.digest = (len(value) - 3, value[3:], b"\x87\x8f\xe1\xf3")
        else:
            raise Wrong("%s: %d bytes of type %s" % (path, len(value), value[:1].hex()))

    def three_way(self, path, value, _form):
        """RFC 5303 section 3.2."""
        if len(value) not in (1, 5, 11, 15):
            raise Wrong("%s: %d bytes" % (path, len(value)))
        self.say(path + ".state", value[0])
        for name, part in (("circuit", value[1:5]), ("neighbor", value[5:11]), ("neighbor_circuit", value[11:15])):
            if part:
                self.say(path + "." + name, part)

    def port_capability(self, path, value, form):
        _, rest = self.take(path, Topology, value)
        self.tlvs(path, rest, form, self.port_sub)

    def port_sub(self, path, number, value):
        if number == 1:
            self.all(path, VlanFlags, value)
        elif number in (2, 8):
            start, rest = self.take(path, Vlan, value)
            self.bitmap(path + ".vlans", start.vlan, rest)
        elif number == 3:
            self.records(path, Appointed, value)
        elif number == 7:
            self.all(path, Version, value)
        else:
            self.unknown(path, value)

    def neighbors(self, path, value, _form):
        head, rest = self.take(path, NeighborHead, value)
        if head.size:
            raise Wrong("%s: addresses of %d bytes" % (path, head.size))
        self.records(path + ".neighbor", Neighbor, rest)

    def router_capability(self, path, value, form):
        _, rest = self.take(path, RouterId, value)
        self.tlvs(path, rest, form, self.capability_sub)

    def mt_capability(self, path, value, form):
        _, rest = self.take(path, Topology, value)
        self.tlvs(path, rest, form, self.capability_sub)

    def capability_sub(self, path, number, value):
        """RFC 7176 section 2.3."""
        if number == 6:
            self.records(path, Nickname, value)
        elif number == 7:
            self.all(path, Trees, value)
        elif number in (8, 9):
            _, rest = self.take(path, Start, value)
            self.records(path, Named, rest)
        elif number == 10:
            _, rest = self.take(path, IntVlan, value)
            self.records(path, Root, rest)
        elif number == 13:
            self.all(path, Version, value)
        elif number == 14:
            self.records(path, Vlan, value)
        elif number == 15:
            _, rest = self.take(path, IntLabel, value)
            self.records(path, Root, rest)
        elif number == 16:
            self.channels(path, value)
        elif number == 17:
            self.affinity(path, value)
        elif number == 18:
            self.records(path, Label, value)
        else:
            self.unknown(path, value)

    def channels(self, path, value):
        """Bit vectors: 7 bits of length and 9 of offset, in bytes, each (section 2.3.9)."""
        while value:
            if len(value) < 2:
                raise Wrong("%s: a byte is left over" % path)
            head = int.from_bytes(value[:2], "big")
            length, offset = head >> 9, head & 0x1ff
            if 2 + length > len(value):
                raise Wrong("%s: a vector of %d bytes, %d are left" % (path, length, len(value) - 2))
            self.bitmap(path + ".protocols", 8 * offset, value[2:2 + length])
            value = value[2 + length:]

    def affinity(self, path, value):
        while value:
            if len(value) < 4 or len(value) < 4 + 2 * value[3]:
                raise Wrong("%s: a record of %d trees in %d bytes" % (path, value[3] if len(value) > 3 else 0, len(value)))
            if value[2]:
                self.complain("%s: affinity flags %02x" % (path, value[2]))
            trees = [int.from_bytes(value[4 + 2 * i:6 + 2 * i], "big") for i in range(value[3])]
            self.say(path, "0x%s:%s" % (value[:2].hex(), ",".join(map(str, trees))))
            value = value[4 + 2 * value[3]:]

    def reaches(self, path, value, _form):
        """RFC 5305 section 3; MTU: RFC 7176 section 2.4."""
        while value:
            reach, value = self.take(path, Reach, value)
            if reach.sub_length > len(value):
                raise Wrong("%s: sub-TLVs of %d bytes, %d are left" % (path, reach.sub_length, len(value)))
            self.tlvs(path, value[:reach.sub_length], "standard", self.reach_sub)
            value = value[reach.sub_length:]

    def reach_sub(self, path, number, value):
        if number == 28:
            self.all(path, Mtu, value)
        else:
            self.unknown(path, value)

    def groups(self, path, value, form):
        self.tlvs(path, value, form, self.group)

    def group(self, path, number, value):
        if number not in range(1, 7):
            self.unknown(path, value)
            return
        head, rest = self.take(path, GroupHead if number < 4 else LabelGroupHead, value)
        size = (6, 4, 16)[(number - 1) % 3]
        for _ in range(head.count):
            if not rest or len(rest) < 1 + size * (1 + rest[0]):
                raise Wrong("%s: %d bytes for a record" % (path, len(rest)))
            end = 1 + size * (1 + rest[0])
            self.say(path + ".record", ",".join(rest[i:i + size].hex() for i in range(1, end, size)))
            rest = rest[end:]
        if rest:
            raise Wrong("%s: %d bytes too many" % (path, len(rest)))

    # What stands in GENINFO, application 1: APPsub-TLVs

    def geninfo(self, path, value, form):
        head, rest = self.take(path, Generic, value)
        if head.application != 1:
            self.complain("%s: application %d, TRILL's is 1" % (path, head.application))
        self.tlvs(path, rest, form, self.appsub, form)

    def appsub(self, path, number, value, form):
        if number == 1:
            self.all(path, Param, value)
        elif number == 2:
            self.laalps(path, value)
        elif number == 3:
            self.virtual(path, value)
        elif number == 4:
            self.say(path + ".laalp", value.hex())
        elif number == 5 and not value:
            self.say(path, "end of laalp")
        elif number == 10:
            self.interface(path, value, form)
        elif number == 17:
            _, rest = self.take(path, Appointee, value)
            start, rest = self.take(path, Vlan, rest)
            self.bitmap(path + ".vlans", start.vlan, rest)
        elif number == 18:
            _, rest = self.take(path, Appointee, value)
            self.records(path, Vlan, rest)
        elif number == 19:
            start, rest = self.take(path, Mapped, value)
            self.bitmap(path + ".vlans", start.vlan, rest)
            self.bitmap(path + ".labels", start.label, rest)
        elif number == 20:
            self.records(path, Mapped, value)
        elif number == 21 and len(value) == 2:
            self.say(path + ".snp_size", int.from_bytes(value, "big"))
        else:
            self.unknown(path, value)

    def laalps(self, path, value):
        """RFC 7781 section 9.1: flags, the size of what follows, a nickname, an ID."""
        while value:
            if len(value) < 4 or value[1] < 2 or len(value) < 2 + value[1]:
                raise Wrong("%s: %d bytes do not hold a record" % (path, len(value)))
            end = 2 + value[1]
            self.say(path + ".laalp", "flags %02x nickname %s id %s" % (value[0], value[2:4].hex(), value[4:end].hex()))
            value = value[end:]

    def virtual(self, path, value):
        """RFC 7781 section 9.2: "If Length is not 3 plus an integer times k, the sub-TLV is corrupt"."""
        if len(value) < 3 or not value[2] or (len(value) - 3) % value[2]:
            raise Wrong("%s: %d bytes" % (path, len(value)))
        self.say(path + ".nickname", value[:2].hex())
        for at in range(3, len(value), value[2]):
            self.say(path + ".laalp", value[at:at + value[2]].hex())

    def mac_reach(self, path, value, _form):
        head, rest = self.take(path, MacReach, value)
        if head.confidence == 255:
            self.complain("%s: confidence 255" % path)
        self.records(path, Mac, rest)

    def interface(self, path, value, form):
        """RFC 7961 section 2: templates 32 to 39, or a list of address families."""
        head, rest = self.take(path, Interface, value)
        sizes = {1: 4, 2: 16, 16389: 6, 16390: 8, 16391: 3, 16392: 3, 16393: 5, 16394: 8, 16395: 2}
        families = []
        if 32 <= head.template <= 39:
            families = [16389] + [f for bit, f in ((1, 1), (2, 2), (4, 16395)) if head.template & bit]
        elif 1 <= head.template <= 31 and len(rest) >= 2 * head.template:
            families = [int.from_bytes(rest[2 * i:2 * i + 2], "big") for i in range(head.template)]
            self.say(path + ".families", ",".join(map(str, families)))
            rest = rest[2 * head.template:]
        template_end = len(value) - len(rest)
        if not families or any(f not in sizes for f in families):
            raise Wrong("%s: template %d" % (path, head.template))
        if not template_end <= head.sets_end <= len(value):
            raise Wrong("%s: sets end at %d of %d" % (path, head.sets_end, len(value)))
        sets, rest = value[template_end:head.sets_end], value[head.sets_end:]
        if len(sets) % sum(sizes[f] for f in families):
            raise Wrong("%s: %d bytes of sets" % (path, len(sets)))
        while sets:
            parts = []
            for family in families:
                parts.append(sets[:sizes[family]].hex())
                sets = sets[sizes[family]:]
            self.say(path + ".set", ",".join(parts))
        self.tlvs(path, rest, form, self.interface_sub, sizes)

    def interface_sub(self, path, number, value, sizes):
        if number == 2 and sizes.get(int.from_bytes(value[:2], "big")) == len(value) - 2:
            self.say(path, "%d,%s" % (int.from_bytes(value[:2], "big"), value[2:].hex()))
        elif number == 3 and len(value) == 2:
            self.all(path, Vlan, value)
        elif number == 3 and len(value) == 3:
            self.all(path, Label, value)
        elif number == 4 and len(value) == 2:
            self.all(path, Topology, value)
        else:
            self.unknown(path, value)


def read(frame, secret):
    got = Frame(secret)
    try:
        got.read(frame)
    except Wrong as reason:
        got.complain(str(reason))
    return got


def joined(lines):
    """A path once, its values joined, in the order of their first."""
    values = {}
    for path, value in lines:
        values.setdefault(path, []).append(value)
    return [(path, " ".join(all_of)) for path, all_of in values.items()]


def show(frames, secret, complaints_only):
    bad = 0
    for number, frame in enumerate(frames, 1):
        got = read(frame, secret)
        for path, value in () if complaints_only else joined(got.lines):
            print(number, path, value)
        for reason in got.complaints:
            print(number, "!", reason)
        bad += len(got.complaints)
    if complaints_only:
        print("%d frames, %d complaints" % (len(frames), bad))
    return bad


def each_byte(frames, secret):
    """Each byte of each frame, changed alone, gives other fields or a complaint."""
    unseen = changes = 0
    for number, frame in enumerate(frames, 1):
        was = read(frame, secret)
        for at in range(len(frame)):
            for bit in (0x01, 0x80):
                changed = bytearray(frame)
                changed[at] ^= bit
                now = read(bytes(changed), secret)
                changes += 1
                if (now.lines, now.complaints) == (was.lines, was.complaints):
                    print("%d: byte %d (0x%02x) changed to 0x%02x is not noticed" % (number, at, frame[at], changed[at]))
                    unseen += 1
    print("%d changes of a bit, %d not noticed" % (changes, unseen))
    return unseen


def main():
    options, args = getopt.getopt(sys.argv[1:], "k:cba")
    options = dict(options)
    secret = options["-k"].encode() if "-k" in options else None
    if "-a" in options:
        import appendix_b
        return bool(show(appendix_b.frames(), secret, False))
    if not args:
        print(__doc__, file=sys.stderr)
        return 2
    frames = [bytes(data) for name in args for data, _ in RawPcapReader(name)]
    bad = show(frames, secret, "-c" in options or "-b" in options)
    if "-b" in options:
        bad += each_byte(frames, secret)
    return bool(bad)


sys.exit(main())
