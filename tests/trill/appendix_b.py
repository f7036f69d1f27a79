"""appendix_b: the examples of RFC 7780 appendix B as frames, byte by byte as they are printed there.

What is Xed out there is filled in: lengths, checksums. What the text gets wrong is put right, each time
with its reason; what ends a frame on its link (FCS) is left out, and frames on PPP are given an Ethernet
header in the place of the PPP header.
"""

ETHERNET = "0180c2000041 00005e0053de 8100 e001 22f4 "


def checksum(pdu):
    """ISO 8473's, over an LSP from its ID on, at byte 24."""
    c0 = c1 = 0
    for byte in pdu[12:24] + b"\0\0" + pdu[26:]:
        c0 = (c0 + byte) % 255
        c1 = (c1 + c0) % 255
    x = ((len(pdu) - 25) * c0 - c1) % 255
    y = (510 - c0 - x) % 255
    return pdu[:24] + bytes([x or 255, y or 255]) + pdu[26:]


def pdu(text, length_at):
    whole = bytes.fromhex(text)
    return whole[:length_at] + len(whole).to_bytes(2, "big") + whole[length_at + 2:]


def hello():
    """B.1. Length indicator: 27, the fixed header (printed: 8). Source: 6 bytes (printed: 7)."""
    return pdu("83 1b 01 06 0f 01 00 01"
               "01 300330033003 0009 0000 40 44444444444400"
               "01 02 01 00"
               "8f 0011 0000 01 08 0123 ffde 0001 0001 02 03 0001 80".replace("8f 0011", "8f 11") +
               "91 0a c0 00 2328 00005e0053e3"
               "f3 01 40", 17)


def lsp():
    """B.2. Length indicator as in B.1. TLV 242 has a router ID of 4 bytes (RFC 4971; printed: none), so 0x13."""
    return checksum(pdu("83 1b 01 06 12 01 00 01"
                        "0000 0123 3003300330030009 00001234 0000 01"
                        "f2 13 00000000 00 06 05 33 1234 ffde 0d 05 00 40000000", 8))


def unicast():
    """B.3."""
    return bytes.fromhex("00005e0053e3 00005e0053de 8100 0001 22f3 000e ffdf ffdc 00005e005322 00005e005344 8100 0022"
                         "0800 4500 0000 3579 0000 1101 0000 c0000207 c000020d 00000000 0800 0000 87654321")


def multicast():
    """B.4, on Ethernet: to All-RBridges, from the port of B.1."""
    return bytes.fromhex("0180c2000040 00005e0053de 22f3 080d ffdd ffdc ffffffffffff 00005e005344 8100 0022"
                         "0806 0001 0001 06 04 0001 00005e005344 c0000207 000000000000 c000020d")


def frames():
    ethernet = bytes.fromhex(ETHERNET)
    return [ethernet + hello(), ethernet + lsp(), unicast(), multicast()]
