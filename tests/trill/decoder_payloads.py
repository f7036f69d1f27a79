"""decoder_payloads: what RBridge Channel messages (RFC 7178) and OAM (RFC 7455) say, for decoder.py."""
import hashlib
import hmac

from decoder_structures import (Address, Application, BfdControl, ChannelHeader, FlagsWord, Flow,
                                Label, LabelBlock, Mac, MacBlock, Named, OamAuth, OamCount,
                                OamHeader, OamLabel, Previous, Receivers, Session, TrillHeader,
                                Vlan, VlanBlock, Wrong)


class Payloads:
    """The part of a frame's reading that is behind the inner Ethernet header; Frame has the rest."""

    # RBridge Channel

    def channel(self, message):
        header, rest = self.take("channel", ChannelHeader, message)
        if header.chv or header.native:
            self.complain("channel: version %d, NA %d in TRILL Data" % (header.chv, header.native))
        if (header.err != 0) != (header.protocol == 1) or header.err > 5:
            self.complain("channel: ERR %d in protocol %d" % (header.err, header.protocol))
        if header.protocol == 1:
            self.error(rest)
        elif header.protocol == 2:
            self.bfd(rest)
        elif header.protocol == 6:
            for i in range(0, len(rest) - 1, 2):
                self.say("channel.shutdown.port", "0x" + rest[i:i + 2].hex())
            if len(rest) % 2 or not rest:
                raise Wrong("channel.shutdown: %d bytes" % len(rest))
        elif header.protocol == 9:
            self.flush(rest)
        else:
            raise Wrong("channel: protocol %d" % header.protocol)

    def error(self, quoted):
        """The message in error from its TRILL header on, at least 256 bytes of it where there are so many."""
        inside = type(self)(self.secret)
        try:
            inside.data(quoted)
        except Wrong as reason:
            inside.lines.append(("cut", str(reason)))
        self.say("channel.error.bytes", quoted)
        for path, value in inside.lines + [("complaint", c) for c in inside.complaints]:
            self.say("channel.error." + path, value)

    def bfd(self, message):
        """RFC 5880 sections 4.1 and 4.4 (type 5: RFC 7175 section 6)."""
        control, rest = self.take("channel.bfd", BfdControl, message)
        if control.version != 1 or control.length != len(message):
            self.complain("channel.bfd: version %d, length %d, %d bytes behind" %
                          (control.version, control.length, len(rest)))
        if control.authenticated and (len(rest) != 28 or rest[:2] != b"\x05\x1c" or rest[3]):
            self.complain("channel.bfd: authentication of %d bytes, type %d" % (len(rest), rest[0] if rest else 0))
        elif rest and not control.authenticated:
            self.complain("channel.bfd: %d bytes behind" % len(rest))

    def flush(self, message):
        """RFC 8383 section 2."""
        if not message or len(message) < 2 + 2 * message[0]:
            raise Wrong("channel.flush: %d bytes" % len(message))
        self.say("channel.flush.nicknames", message[0])
        self.records("channel.flush", Named, message[1:1 + 2 * message[0]])
        blocks, rest = message[1 + 2 * message[0]], message[2 + 2 * message[0]:]
        self.say("channel.flush.blocks", blocks)
        if not blocks:
            self.tlvs("channel.flush", rest, "standard", self.flush_tlv)
        elif len(rest) != 4 * blocks:
            raise Wrong("channel.flush: %d blocks in %d bytes" % (blocks, len(rest)))
        else:
            self.records("channel.flush.block", VlanBlock, rest)

    def flush_tlv(self, path, number, value):
        kinds = {1: VlanBlock, 3: LabelBlock, 4: Label, 7: Mac, 8: MacBlock}
        if number in kinds:
            self.records(path, kinds[number], value)
        elif number in (2, 5):
            start, rest = self.take(path, Vlan if number == 2 else Label, value)
            self.bitmap(path + ".labels", start.vlan if number == 2 else start.label, rest)
        elif number == 6 and not value:
            self.say(path, "all")
        else:
            self.unknown(path, value)

    # OAM

    def oam(self, message, packet):
        header, rest = self.take("oam", OamHeader, message)
        if header.version:
            self.complain("oam: version %d" % header.version)
        if header.first_tlv > len(rest) or header.first_tlv < 4:
            raise Wrong("oam: the first TLV is at %d of %d" % (header.first_tlv, len(rest)))
        _, own = self.take("oam", Session, rest[:header.first_tlv])
        if own:
            self.say("oam.own", own)
        tlvs = rest[header.first_tlv:]
        if tlvs[:3] != b"\x40\0\x09":
            self.complain("oam: the first TLV is not the application identifier")
        self.oam_packet = packet
        self.tlvs("oam", tlvs, "oam", self.oam_tlv)

    def oam_tlv(self, path, number, value):
        """RFC 7455 section 8.4; TLVs 1 and 3 to 6: IEEE 802.1Q clause 21.5."""
        kinds = {64: Application, 66: OamLabel, 69: Previous, 71: Receivers, 72: Flow}
        if number in kinds:
            self.all(path, kinds[number], value)
        elif number in (68, 70):
            count, rest = self.take(path, OamCount, value)
            if len(rest) != 2 * count.count:
                raise Wrong("%s: %d nicknames in %d bytes" % (path, count.count, len(rest)))
            self.records(path, Named, rest)
        elif number == 65:
            head, rest = self.take(path, Address, value)
            if head.length != len(rest) or {0: 4, 1: 16, 2: 2}.get(head.type) != head.length:
                raise Wrong("%s: type %d, length %d, %d bytes" % (path, head.type, head.length, len(rest)))
            self.say(path + ".address", rest)
        elif number == 67:
            header, rest = self.take(path, TrillHeader, value)
            if header.flags_follow:
                _, rest = self.take(path + ".flags", FlagsWord, rest)
            if len(rest) != 96:
                raise Wrong("%s: flow entropy of %d bytes" % (path, len(rest)))
            self.flow(path + ".flow", rest)
        elif number == 73 and len(value) == 97 and not value[0]:
            self.flow(path + ".flow", value[1:])
        elif number == 74:
            self.oam_authentication(path, value)
        elif number in (1, 3, 4, 5, 6):
            self.say(path, value)
        else:
            self.unknown(path, value)

    def oam_authentication(self, path, value):
        """Section 8.4.13: from the TRILL header on, where A, the reserved bits and the hop count are zero."""
        head, digest = self.take(path, OamAuth, value)
        if head.type != 3 or len(digest) not in (20, 28, 32, 48, 64):
            raise Wrong("%s: type %d, %d bytes" % (path, head.type, len(digest)))
        body = bytearray(self.oam_packet)
        body[0] &= 0xcf  # A, and the bit that is C today
        body[1] &= 0xc0
        at = bytes(body).rfind(digest)
        body[at:at + len(digest)] = (b"\x87\x8f\xe1\xf3" * 16)[:len(digest)]
        algorithm = {20: hashlib.sha1, 28: hashlib.sha224, 32: hashlib.sha256, 48: hashlib.sha384, 64: hashlib.sha512}
        if self.secret and hmac.new(self.secret, bytes(body), algorithm[len(digest)]).digest() == digest:
            self.say(path + ".digest", "right")
        else:
            self.complain("%s: wrong digest" % path)
