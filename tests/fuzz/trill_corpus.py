#!/usr/bin/env python3
"""trill_corpus.py: writes the seeds of fuzz_trill_pdu and fuzz_trill_data anew, from the figures of the RFCs.

usage: tests/fuzz/trill_corpus.py [DIRECTORY]      default: tests/fuzz/corpus
"""
import os
import sys


def b(text):
    return bytes.fromhex(text.replace(" ", ""))


def pdu(kind, fixed, tlvs, before=""):
    """Header, fixed part with its PDU length, TLVs. before: what stands before the PDU length."""
    lengths = {10: 27, 11: 33, 12: 17, 15: 27, 17: 20, 18: 27, 23: 28, 24: 33, 26: 17, 28: 28}
    last = 0x42 if kind in (10, 11, 12) else 1
    head = bytes([0x83, lengths[kind], 1, 6, kind, 1, 0, last]) + b(before)
    total = len(head) + 2 + len(b(fixed)) + len(b(tlvs))
    return head + total.to_bytes(2, "big") + b(fixed) + b(tlvs)


def tlv(kind, *values):
    """A narrow TLV; values in hex."""
    value = "".join(values).replace(" ", "")
    return f"{kind:02x}{len(value) // 2:02x}{value}"


def wide(kind, *values):
    value = "".join(values).replace(" ", "")
    return f"{kind:04x}{len(value) // 2:04x}{value}"


AREA = "01020100"
CAP143 = "8F11 0000 01080123FFDE00010001 0203000180"
NEIGHBOR = "910AC000232800005E0053E3"
SCOPES = "F3024042"
CAP242 = tlv(242, "00000000 00", tlv(6, "C08000FFDE"), tlv(7, "000200100001"), tlv(8, "0001FFDE1234"), tlv(9, "0001FFDE"),
             tlv(10, "FFDE C005000C 00000003 800000005301"), tlv(13, "0048000000"), tlv(14, "000500060007"))
CAP242B = tlv(242, "00000000 00", tlv(15, "0007 D0 000001 0000FF 00000009"), tlv(15, "0007 20 000100 800001 00000009"),
              tlv(16, "020040020480"), tlv(17, "1234000200010003"), tlv(18, "123456000007"))
REACH = tlv(22, "444444444444 01 004E20 00 444444444444 00 0007D0 05 1C03 00 2328")
GROUP = tlv(142, tlv(1, "0000 0005 01 00 01005E000001"))
ENTRY = "04B0 3003300330030002 00001234 ABCD"

PDUS = {
    "lan-hello": pdu(15, "40 44444444444401", AREA + "8101C0" + CAP143 + NEIGHBOR + "94030000C0" + SCOPES, "01 300330033003 0009"),
    "p2p-hello": pdu(17, "05", AREA + CAP143 + "F00F 01 00000123 444444444444 00000456", "01 300330033003 0009"),
    "p2p-hello-md5": b("8314010611010001 01 300330033003 001E 0027 07 0A1136 5d18a6f15656f88722637c2a446c0020"),
    "lsp": pdu(18, "04B0 3003300330030000 00001234 0000 01", AREA + "8101C0 0E0205BE" + CAP242 + REACH + GROUP),
    "lsp-labels": pdu(18, "04B0 3003300330030001 00001234 0000 01", CAP242B),
    "lsp-mt": pdu(18, "04B0 3003300330030001 00001234 0000 01", tlv(144, "0005", tlv(6, "0000000001"))),
    "purge": pdu(18, "0000 3003300330030000 00001235 0000 01", "0D0D 02 010203040506 0708090A0B0C"),
    "csnp": pdu(24, "30033003300300 0000000000000000 FFFFFFFFFFFFFFFF", "0910" + ENTRY),
    "psnp": pdu(26, "30033003300300", "0920" + ENTRY + ENTRY),
    "mtu-probe": pdu(23, "AABBCCDDEEFF 300330033003 000000000000", "080400000000"),
    "mtu-ack": pdu(28, "AABBCCDDEEFF 300330033003 444444444444", "0800"),
    "esadi-lsp": pdu(10, "04B0 3003300330030000 00000001 0000 01",
                     wide(251, "00 0001", wide(1, "401E80"), wide(10, "0011 1234 40 20 21 020000000001 C0000201"),
                          wide(10, "0015 0000 00 20 02 0001 4005 C0000201 020000000001", wide(3, "F022"), wide(1, "000104"))) +
                     wide(147, "1234 20 0000 020000000001")),
    "fs-lsp-appointments": pdu(10, "04B0 3003300330030000 00000001 0000 01", wide(251, "00 0001", wide(17, "1234000AFF"), wide(18, "123400010FFE"))),
    "fs-csnp": pdu(11, "30033003300300 0000000000000000 FFFFFFFFFFFFFFFF", "0009 0010" + ENTRY),
    "fs-psnp": pdu(12, "30033003300300", "0009 0010" + ENTRY),
    "fs-lsp-bonds": pdu(10, "04B0 3003300330030000 00000001 0000 01",
                        wide(251, "00 0001", wide(2, "80 0A 1234 0200000000010001", "00 02 0000", "00 0A 0000 0200000000020001"),
                             wide(3, "1234 08 0200000000010001 0200000000020001"), wide(3, "1234 06 020000000001"),
                             wide(4, "0200000000010001"), wide(5, ""), wide(21, "2328"))),
    "fs-lsp-bonds-cut": pdu(10, "04B0 3003300330030000 00000001 0000 01",
                            wide(251, "00 0001", wide(2, "80 0B 1234 0200000000010001"), wide(2, "80 01 12"), wide(3, "1234 08 0200"),
                                 wide(3, "1234 00"), wide(4, "02"), wide(21, "23"))),
    "fs-lsp-mappings": pdu(10, "04B0 3003300330030000 00000001 0000 01",
                           wide(251, "00 0001", wide(19, "000A 011170 F0 01"), wide(19, "0FFE FFFFFE FF"), wide(19, "000A 0111"),
                                wide(20, "000A 011170 F014 FFFFFF 0FFF 000001 0000 000001"), wide(20, "000A 0111"))),
    "overrun": b("8314010611010001 01 300330033003 001E 0018 07 01FF0100"),
    "unknown": b("831B010610010001 0000"),
}

OUTER = "00005E0053E3 00005E0053DE 8100 0001 22F3 "
INNER = "0180C2000042 00005E005344 8100 0022 "
FLOW = "00005E005322 00005E005344 8100 0022" + "00" * 80 + " "
APPLICATION = " 40 0009 00 000000 00 00 00 0001 "
DATA = {
    "b3": b(OUTER + "000E FFDF FFDC 00005E005322 00005E005344 8100 0022 0800 4500"),
    "b4": b("0180C2000040 00005E0053DE 22F3 080D FFDD FFDC FFFFFFFFFFFF 00005E005344 8100 0022 0806 0001"),
    "flags": b(OUTER + "0040 0001 0002 20008018 00005E005322 00005E005344 8100 0022 0800"),
    "flags-511": b(OUTER + "007F 0001 0002 20038000 00005E005322 00005E005344 8100 0022 0800"),
    "fgl": b(OUTER + "0001 0001 0002 00005E005322 00005E005344 893B E123 893B E456 0800"),
    "fgl-wrong": b(OUTER + "0001 0001 0002 00005E005322 00005E005344 893B E123 8100 E456 0800"),
    "channel-error": b(OUTER + "003F 0001 0002" + INNER + "8946 0001 8005 00"),
    "shutdown": b(OUTER + "003F 0001 0002" + INNER + "8946 0006 0000 0001 ABCD"),
    "flush-blocks": b(OUTER + "003F 0001 0002" + INNER + "8946 0009 0000 02 2222 3333 01 0005 0007"),
    "flush-tlvs": b(OUTER + "003F 0001 0002" + INNER + "8946 0009 0000 00 00 0104 00050006 0204 000A8140 0306 000005000006 "
                    "0403 123456 0504 00010081 0600 0706 02000000000A 080C 02000000000B 0200000000FF"),
    "flush-labels": b(OUTER + "003F 0001 0002" + INNER + "8946 0009 0000 00 00 0406 123456 000001 0104 00050006 070C 02000000000A 02000000000B"),
    "bfd": b(OUTER + "003F 0001 0002" + INNER + "8946 0002 0000 20 C4 03 34 00000001 00000002 000F4240 000F4240 00000000 "
             "05 1C 01 00 00000007" + "00" * 20),
    "bfd-short": b(OUTER + "003F 0001 0002" + INNER + "8946 0002 0000 20 C4 03 18 00000001 00000002 000F4240 000F4240 00000000"),
    "oam": b(OUTER + "203F 0001 0002" + INNER + "8902 60 40 05 04 0000002A 40 0009 00 000000 02 03 04 0009 45 0005 000000 1234 "
             "46 0005 02 2222 3333 00"),
    "oam-reply": b(OUTER + "203F 0001 0002" + FLOW + "8902 60 40 00 04 0000002A" + APPLICATION + "01 0005 03 400C FFDE 04 0001 01 "
                   "05 000B 01 020000000001 02 07 0123 06 0007 02 020000000002 42 0005 00 00 000022 43 0066 203F 0001 0002" + FLOW +
                   "45 0005 000000 1234 46 0005 02 2222 3333 47 0005 00 00000009 00"),
    "oam-tree": b(OUTER + "283F 0001 0002" + FLOW + "8902 60 43 00 04 0000002B" + APPLICATION + "44 0005 02 1111 2222 41 0012 01 10 "
                  "20010DB8000000000000000000000001 42 0005 01 00 123456 49 0061 00" + FLOW + "00"),
    "oam-ccm": b(OUTER + "203F 0001 0002" + FLOW + "8902 60 01 84 46 00000007 1234 040D 5472696C6C426173654D6F6465 0302 FFFC" + "00" * 45 +
                 APPLICATION + "48 0005 00 1234 0003 4A 0023 03 0007" + "00" * 32 + "00"),
    "oam-sizes": b(OUTER + "203F 0001 0002" + FLOW + "8902 60 03 00 04 0000002A" + APPLICATION + "01 0000 04 0000 05 0006 010200000000 "
                   "06 0009 01 020000000001 09 07 41 0003 00 04 C0 42 0004 00000001 43 0005 203F000100 44 0000 46 0002 0102 47 0004 00000000 "
                   "48 0005 00 0000 0001 49 0001 00 4A 0001 03 00"),
    "reserved": b(OUTER + "0400 0001 0002" + INNER),
    "short": b(OUTER + "0001 0001"),
}


def main():
    top = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "corpus")
    for name, seeds in (("trill_pdu", PDUS), ("trill_data", DATA)):
        folder = os.path.join(top, name)
        os.makedirs(folder, exist_ok=True)
        for seed, data in seeds.items():
            with open(os.path.join(folder, seed), "wb") as out:
                out.write(data)


main()
