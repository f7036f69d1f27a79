#!/usr/bin/env python3
"""lisp_corpus.py: writes the seeds of the codec's fuzz targets to tests/fuzz/corpus/TARGET/.

Messages are spelled out from the figures of the RFCs, as in tests/unit/, and then broken as spec item by item; nothing
here uses the codec. The files are committed; run this only to add to them.
usage: lisp_corpus.py [TOP]"""
import hashlib
import hmac
import os
import sys

TOP = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "../..")
PSK = b"sunward-test-key"


def h(text):
    return bytes.fromhex(text)


def save(target, name, data):
    path = os.path.join(TOP, "tests/fuzz/corpus", target)
    os.makedirs(path, exist_ok=True)
    with open(os.path.join(path, name), "wb") as f:
        f.write(data)


def put(data, at, new):
    return data[:at] + new + data[at + len(new):]


def u16(v):
    return v.to_bytes(2, "big")


def lcaf(kind, body, rsvd2=0, length=None):
    return h("40030000") + bytes([kind, rsvd2]) + u16(len(body) if length is None else length) + body


V4, V4B, NONE = h("0001c0000201"), h("0001c6336402"), h("0000")
V6 = h("000220010db8000000000000000000000001")
MAC, EUI, NAME = h("0006525400000001"), h("4005525400000001"), h("0011") + b"ietf\0"
IID = lcaf(2, h("00000019") + V4)
NONCE = h("0102030405060708")
TRAILER = bytes(range(16, 32)) + h("00000000000000ab")


def rloc(field=V4, flags="0005", weights="0164ff00"):
    return h(weights) + h(flags) + field


def record(eid=IID, plen=32, locators=None, ttl="000005a0", act="1000", version="0000", count=None):
    locators = [rloc()] if locators is None else locators
    n = len(locators) if count is None else count
    return h(ttl) + bytes([n, plen]) + h(act) + h(version) + eid + b"".join(locators)


LCAFS = {
    "afi_list": lcaf(1, MAC + V4), "instance_id": IID, "instance_id_v6": lcaf(2, h("00000019") + V6),
    "instance_id_range": lcaf(2, h("01020300") + NONE, 24), "as_number": lcaf(3, h("0000fde8") + V4),
    "geo": lcaf(5, h("803033180002150300000023") + V4),
    "nat": lcaf(7, h("10f6c001") + V4 + V4B + NONE + V4B + V4),
    "multicast": lcaf(9, h("00000019" "0000" "2004") + V4 + h("0001e0000000"), 5),
    "elp": lcaf(10, h("0005") + V4 + h("0002") + V4B),
    "security_key": lcaf(11, h("02000501" "0002aabb" "0001cc") + V4),
    "source_destination": lcaf(12, h("00002018") + V4 + h("0001c6336400")),
    "replication_list": lcaf(13, h("00000080") + V4 + h("00000001") + V4B),
    "json": lcaf(14, h("0002") + b"{}" + V4, 1), "key_value": lcaf(15, V4 + V4B),
    "encapsulation": lcaf(16, h("00000005") + V4),
    "geo_location": lcaf(17, h("f8000064302f0e4002134578000000230000" "0000") + V4),
    "vendor": lcaf(255, h("0000000c") + b"body"), "unknown_type_4": lcaf(4, b"whatever"),
    "compatibility_mode": lcaf(1, lcaf(5, h("003033180002150300000023") + NONE) + V4),
    "nested_four_deep": lcaf(1, lcaf(2, h("00000001") + lcaf(15, lcaf(1, V4) + NONE))),
}


def nest(kinds):
    inner = nest(kinds[1:]) if len(kinds) > 1 else NONE
    return lcaf(kinds[0], {1: inner, 2: h("00000001") + inner, 15: inner + NONE}[kinds[0]])


def corpus_lcaf():
    for name, field in LCAFS.items():
        save("lcaf", name, b"\x20" + field)
    for name, field, plen in (("ipv4", V4, 32), ("ipv6", V6, 128), ("mac", MAC, 48), ("eui48", EUI, 48),
                              ("name", NAME, 40), ("empty_name", h("001100"), 8), ("nickname", h("400c1234"), 16),
                              ("no_address", NONE, 0), ("unknown_afi", h("0003c0000201"), 32),
                              ("mask_len_33", V4, 33), ("mask_len_129", V6, 129), ("mask_len_49", MAC, 49),
                              ("name_of_wrong_mask_len", NAME, 32), ("name_without_nul", h("0011") + b"ietf", 32),
                              ("name_of_32_octets", h("0011") + b"a" * 31 + b"\0", 255)):
        save("lcaf", name, bytes([plen]) + field)
    for name, field in (
            ("length_0_of_type_2", lcaf(2, h("00000019") + V4, length=0)),
            ("length_0_of_type_11", lcaf(11, h("01000500"), length=0)),
            ("length_below_body", lcaf(2, h("00000019") + V4, length=3)),
            ("length_over_end", lcaf(2, h("00000019") + V4, length=11)),
            ("length_not_consumed", lcaf(2, h("00000019") + V4 + NONE, length=12)),
            ("length_65535", lcaf(1, V4, length=65535)),
            ("address_across_the_end", lcaf(2, h("00000019") + V4, length=8)),
            ("afi_list_filled_with_afi_0", lcaf(1, NONE * 64)), ("afi_list_of_63_afi_0", lcaf(1, NONE * 63)),
            ("lists_of_lists", lcaf(1, lcaf(1, NONE * 8) * 8)),
            ("recursion_1_1_1_1_1", nest([1] * 5)), ("recursion_2_2_2_2_2", nest([2] * 5)),
            ("recursion_15_15_15_15_15", nest([15] * 5)), ("recursion_40_deep", nest([1] * 40)),
            ("key_count_0", lcaf(11, h("00000500") + V4)), ("key_count_255", lcaf(11, h("ff000500" "0000") + V4)),
            ("key_length_65535", lcaf(11, h("01000500" "ffff") + V4)),
            ("json_length_past_end", lcaf(14, h("0009") + b"{}" + V4)),
            ("iid_mask_len_33", lcaf(2, h("00000019") + V4, 33)),
            ("multicast_mask_len_33", lcaf(9, h("00000000" "0000" "2021") + V4 + V4B)),
            ("source_mask_len_33", lcaf(12, h("00002120") + V4 + V4B)),
            ("nine_rtrs", lcaf(7, h("00000000") + NONE * 3 + V4 * 9))):
        save("lcaf", name, b"\x20" + field)


def corpus_map_request():
    rec = h("80" "80") + lcaf(2, h("00000019") + V6)
    head, rlocs = h("10500101") + NONCE, V4 + V6
    full = head + V4B + rlocs + rec + TRAILER
    data = (h("1f806002") + NONCE + NONE + V4 + h("0018") + V4B + h("0030") + EUI + record())
    out = {
        "subscription": full, "all_flags_with_map_data": data,
        "plain": h("10000001") + NONCE + NONE + V4 + h("0020") + V4B,
        "probe": h("12000001") + NONCE + NONE + V4 + h("0020") + V4B,
        "smr": h("11000001") + NONCE + V4B + V4 + h("0020") + V4B,
        "record_count_0": put(full, 3, b"\0"), "record_count_255": put(full, 3, b"\xff"),
        "itr_rloc_count_31_truncated": put(full, 2, b"\x1f"),
        "itr_rlocs_32": h("10001f01") + NONCE + NONE + V6 * 32 + h("0020") + V4,
        "itr_rloc_afi_0": h("10000001") + NONCE + NONE + NONE + h("0020") + V4,
        "itr_rloc_multicast": h("10000001") + NONCE + NONE + h("0001e0000001") + h("0020") + V4,
        "itr_rloc_loopback": h("10000001") + NONCE + NONE + h("00017f000001") + h("0020") + V4,
        "trailer_missing": full[:-24], "trailer_short": full[:-1], "trailing_without_i": put(full, 1, b"\x40"),
        "mask_len_129": full.replace(b"\x80\x80", b"\x80\x81"), "host_bits": put(full, 43, b"\x20"),
        "unknown_afi": put(full, 12, h("0003")),
    }
    for name, field in LCAFS.items():
        out["eid_" + name] = h("10000001") + NONCE + NONE + V4 + h("0020") + field
        out["itr_rloc_" + name] = h("10000001") + NONCE + NONE + field + h("0020") + V4
    for name, pkt in out.items():
        save("map_request", name, pkt)


def corpus_map_reply():
    golden = h("28000002") + NONCE + record(V4, 24, [rloc(V4, "0007"), rloc(V6, "0000", "ff19ff00")],
                                            version="0abc") + record(V6, 32, [], "0000000f", "2000")
    ad = h("01000000" "00100002" "00000002" "0102030405060708" "00060002" "aabb")
    out = {
        "probe": golden, "negative": h("20000001") + NONCE + record(V4, 8, [], "00000001", "8000"),
        "security": put(golden, 0, b"\x22") + ad, "security_missing": put(golden, 0, b"\x22"),
        "security_type_2": put(golden, 0, b"\x22") + put(ad, 0, b"\2"),
        "security_length_3": put(golden, 0, b"\x22") + put(ad, 4, h("0003")),
        "security_length_65535": put(golden, 0, b"\x22") + put(ad, 4, h("ffff")),
        "record_count_0": put(golden, 3, b"\0"), "record_count_255": put(golden, 3, b"\xff"),
        "locator_count_255": put(golden, 16, b"\xff"), "trailing_byte": golden + b"\0",
        "locators_255": h("20000001") + NONCE + record(V4, 32, [rloc()] * 255),
        "records_255": h("200000ff") + NONCE + record(V4, 32, []) * 255,
        "ttl_all_ones": h("20000001") + NONCE + record(V4, 32, ttl="ffffffff"),
        "name": h("20000001") + NONCE + record(NAME, 40, [rloc(NAME)]),
    }
    for name, field in LCAFS.items():
        out["locator_" + name] = h("20000001") + NONCE + record(V4, 32, [rloc(field), rloc()])
        out["eid_" + name] = h("20000001") + NONCE + record(field, 32)
    for name, pkt in out.items():
        save("map_reply", name, pkt)


def signed(head, body, alg=2, n=16, key=PSK, key_id=1):
    digest = "sha1" if alg == 1 else "sha256"
    zero = head + NONCE + bytes([key_id, alg]) + u16(n) + bytes(n) + body
    return put(zero, 16, hmac.new(key, zero, digest).digest()[:n])


def corpus_map_register():
    golden = signed(h("3a001901"), record() + TRAILER)
    bare = h("38000101") + NONCE
    out = {
        "register": golden, "notify": signed(h("48000001"), record() + TRAILER),
        "notify_ack": signed(h("58000001"), record() + TRAILER), "notify_ack_empty": signed(h("50000000"), b""),
        "sha1": signed(h("38000101"), record(V4), 1, 12), "sha1_full": signed(h("38000101"), record(V4), 1, 20),
        "sha256_full": signed(h("38000101"), record(V4), 2, 32),
        "two_records": signed(h("38000102"), record(V4) + record(V6, 128)),
        "deregister": signed(h("38000801"), record(V4, ttl="00000000")),
        "ttl_all_ones_with_t": signed(h("38000801"), record(V4, ttl="ffffffff")),
        "merge": signed(h("38000501"), record(LCAFS["multicast"], 0, [rloc(LCAFS["replication_list"])])),
        "auth_len_0": bare + h("01020000") + record(V4), "auth_len_1": bare + h("01020001" "aa") + record(V4),
        "auth_len_65535": bare + h("0102ffff") + bytes(16) + record(V4),
        "auth_len_17": bare + h("01020011") + bytes(17) + record(V4),
        "algorithm_0": bare + h("01000000") + record(V4),
        "algorithm_255": bare + h("01ff0010") + bytes(16) + record(V4),
        "key_id_255": signed(h("38000101"), record(V4), key_id=255),
        "record_count_0": put(golden, 3, b"\0"), "record_count_255": put(golden, 3, b"\xff"),
        "locator_count_255": put(golden, 36, b"\xff"), "trailer_missing": golden[:-24],
        "trailer_short": golden[:-1], "trailing_without_i": put(golden, 0, b"\x38"),
        "bytes_behind_the_trailer": golden + bytes(24), "mask_len_33": put(golden, 37, b"\x21"),
        "host_bits": put(golden, 37, b"\x18"),
    }
    for name, field in LCAFS.items():
        out["locator_" + name] = signed(h("38000101"), record(V4, 32, [rloc(field)]))
    for name, pkt in out.items():
        save("map_register", name, pkt)


def corpus_map_referral():
    sig = h("000005a0" "80000001" "70000002" "1234" "0004" "02000000" "deadbeef")
    eid = lcaf(2, h("00000019") + V6)
    golden = h("60000001") + NONCE + record(eid, 40, [rloc(V4, "0001")], act="2800", version="1007") + sig
    key = rloc(LCAFS["security_key"], "0001")
    out = {
        "ms_referral_signed": golden,
        "node_referral": h("60000001") + NONCE + record(V4, 8, [rloc(), rloc(V6), key], act="0000"),
        "ms_ack": h("60000001") + NONCE + record(V4, 32, act="4000"),
        "not_registered": h("60000001") + NONCE + record(V4, 32, [], "00000001", "6000"),
        "hole": h("60000001") + NONCE + record(V4, 8, [], "0000000f", "8000"),
        "not_authoritative": h("60000001") + NONCE + record(V4, 32, [], "00000000", "a800"),
        "signatures_15": h("60000001") + NONCE + record(V4, 8, act="0000", version="f000") + sig * 15,
        "signature_count_15": put(golden, 20, b"\xf0"), "signature_length_65535": put(golden, 78, h("ffff")),
        "signature_length_0": put(golden, 78, h("0000"))[:-4],
        "signature_not_counted": put(golden, 20, b"\0"), "referral_count_255": put(golden, 16, b"\xff"),
        "record_count_0": put(golden, 3, b"\0"), "record_count_255": put(golden, 3, b"\xff"),
        "ttl_0": put(golden, 12, h("00000000")),
    }
    for name, pkt in out.items():
        save("map_referral", name, pkt)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(int.from_bytes(data[i:i + 2], "big") for i in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return u16(~total & 0xffff)


def ecm(message, v6=False, head="80000000", ad=b""):
    udp = h("ee4810f6") + u16(8 + len(message)) + h("0000") + message
    if v6:
        addresses = V6[2:] + h("20010db8000100000000000000000001")
        pseudo, ip = addresses + len(udp).to_bytes(4, "big") + h("00000011"), h("60000000") + u16(len(udp)) + h("1140") + addresses
    else:
        addresses = h("c0000209c6336401")
        pseudo, ip = addresses + h("0011") + u16(len(udp)), h("4500") + u16(20 + len(udp)) + h("0000400040110000") + addresses
        ip = put(ip, 10, checksum(ip))
    return h(head) + ad + ip + put(udp, 6, checksum(pseudo + udp))


def corpus_ecm():
    request = h("10000001") + NONCE + NONE + V4 + h("0020") + V4B
    v4, v6 = ecm(request), ecm(request, True)
    ad = h("01000002" "00180001") + bytes(24) + h("00040002")
    out = {
        "map_request_v4": v4, "map_request_v6": v6, "ddt": ecm(request, head="84000000"),
        "security": ecm(request, head="88000000", ad=ad),
        "security_otk_length_28": ecm(request, head="88000000", ad=put(ad, 4, h("001c"))),
        "security_short": h("88000000") + ad[:16], "security_type_2": ecm(request, head="88000000", ad=put(ad, 0, b"\2")),
        "security_eid_ad_65535": ecm(request, head="88000000", ad=put(ad, 32, h("ffff"))),
        "ecm_in_ecm": ecm(v4), "probe_inside": ecm(put(request, 0, b"\x12")),
        "reply_inside": ecm(h("28000001") + NONCE + record(V4)), "empty_message": ecm(b""),
        "ihl_4": put(v4, 4, b"\x44"), "ihl_6": put(v4, 4, b"\x46"), "ihl_15": put(v4, 4, b"\x4f"),
        "version_5": put(v4, 4, b"\x55"), "ip_length_short": put(v4, 6, h("0023")),
        "ip_length_65535": put(v4, 6, h("ffff")), "fragment_more": put(v4, 10, h("2000")),
        "fragment_offset": put(v4, 10, h("0001")), "protocol_tcp": put(v4, 13, b"\6"),
        "v6_fragment_header": put(v6, 10, b"\x2c"), "v6_hop_by_hop": put(v6, 10, b"\0"),
        "v6_destination_options": put(v6, 10, b"\x3c"), "v6_length_short": put(v6, 8, h("0001")),
        "udp_length_short": put(v4, 28, h("0007")), "udp_length_65535": put(v4, 28, h("ffff")),
        "udp_checksum_0": put(v4, 30, h("0000")), "udp_checksum_wrong": put(v4, 30, h("1234")),
        "ip_checksum_wrong": put(v4, 14, h("1234")), "port_4341": put(v4, 26, u16(4341)),
        "ip_header_only": v4[:24], "header_only": v4[:4],
    }
    for name, pkt in out.items():
        save("ecm", name, pkt)


def corpus_info():
    def info(flags, tail, n=12):
        return h(flags) + NONCE + h("0001") + u16(n) + bytes(n) + h("000005a0" "0020") + V4 + tail
    out = {
        "request": info("70000000", NONE), "request_with_name": info("70000000", NAME),
        "reply": info("78000000", LCAFS["nat"]), "reply_without_nat": info("78000000", NONE),
        "reply_with_other_lcaf": info("78000000", IID), "sha256": info("70000000", NONE, 16),
        "auth_len_0": info("70000000", NONE, 0), "auth_len_65535": put(info("70000000", NONE), 14, h("ffff")),
        "mask_len_33": put(info("70000000", NONE), 33, b"\x21"), "trailing_byte": info("70000000", NONE) + b"\0",
        "reply_with_nine_rtrs": info("78000000", lcaf(7, h("00000000") + NONE * 3 + V4 * 9)),
    }
    for name, pkt in out.items():
        save("info", name, pkt)


def corpus_move():
    def move(kind, flags="8000", rec=None, count=1, seq=7):
        return signed(h("f5a101") + bytes([kind]),
                      TRAILER + seq.to_bytes(8, "big") + h(flags) + u16(count) + (record(V4) if rec is None else rec))
    none = record(V4, 32, [])
    out = {
        "claim": move(1, "c000"), "claim_base_0": move(1, "c000", seq=0), "refresh": move(2), "granted": move(3),
        "refused": move(4), "refused_nobody": move(4, "0000", none), "notify": move(5),
        "ack": move(6, "0000", none), "withdraw": move(7, "0000", none), "kind_0": move(0), "kind_8": move(8),
        "version_2": put(move(1), 2, b"\2"), "sub_type_other": put(move(1), 1, b"\xa2"),
        "record_count_0": move(1, count=0), "record_count_65535": move(1, count=65535),
        "flag_without_locators": move(1, "8000", none), "locators_without_flag": move(1, "0000"),
        "trailing_byte": move(1) + b"\0", "seq_all_ones": move(1, seq=2**64 - 1),
        "mac_eid": move(1, rec=record(lcaf(2, h("00000019") + MAC), 48)),
        "auth_len_65535": put(move(1), 14, h("ffff")),
    }
    for name, pkt in out.items():
        save("move", name, pkt)


def handovers():
    """One of each kind, by docs/decisions/handover.md."""
    def message(kind, body, seq=0, state=0, flags=0, count=1, key_id=1):
        return signed(h("f5a202") + bytes([kind]), bytes(range(16, 32)) + bytes(range(0xc0, 0xc8)) + seq.to_bytes(8, "big")
                      + bytes([state, flags]) + u16(count) + body, key_id=key_id)

    def host(port, plen, eid):
        return h("525400000001" "0000") + port.ljust(16, b"\0") + bytes([plen, 0]) + eid
    v4, v6, mac = h("2000") + V4, lcaf(2, h("00000019") + V6), lcaf(2, h("00000019") + MAC)
    who = bytes(range(0x20, 0x30))
    guest = who + h("0100" "0003" "0000ea60") + bytes(range(0x90, 0xa8)) + bytes(range(0x50, 0x60))
    proven = bytes(range(0x30, 0x40)) + bytes(range(0x50, 0x60))
    why, key = h("03000000" "00007530") + bytes(range(0x80, 0x88)), h("05020000") + bytes(range(0x60, 0x78))
    peer, here = bytes(range(0x40, 0x50)), h("0001cb007101")
    known = record(V4, 32, [rloc(here)], "00000003", "0000")
    packet = h("45000015" "00000000" "40110000" "c6336401" "c0000201" "ee")
    return message, {
        "state": message(1, guest + host(b"tap0", 32, V4) + host(b"tap-of-sixteen..", 128, v6) + host(b"", 48, mac),
                         state=3, flags=0x80, count=3),
        "state_no_ticket": message(1, who + bytes(8 + 24 + 16), state=2, count=0),
        "state_ack": message(2, b"", state=3, count=0), "ask": message(3, v4 + h("3000") + MAC, count=2),
        "ask_all": message(3, b"", count=0), "tail": message(4, v4 + h("0001" "0003" "0015") + packet),
        "tail_none": message(4, v4 + bytes(6)), "tail_ack": message(5, v4 + h("0001")), "prepare": message(6, why + proven + known, flags=0x40),
        "owner": message(7, why + key + peer + known, 7),
        "owner_nobody": message(7, why + bytes(28) + bytes(16) + record(V4, 32, [], "00000003", "0000")),
        "next": message(8, why + key + peer + proven + known, 7, flags=0x40),
        "step": message(9, v4, 8, 4, key_id=0), "step_ack": message(10, v4, 7, 4, key_id=0),
    }


def corpus_handover():
    message, out = handovers()
    state, tail, step, v4 = out["state"], out["tail"], out["step"], h("2000") + V4
    out.update({
        "kind_0": put(step, 3, b"\0"), "kind_11": put(step, 3, b"\x0b"), "version_1": put(step, 2, b"\1"), "version_3": put(step, 2, b"\3"),
        "sub_type_other": put(step, 1, b"\xa1"), "auth_len_0": put(step, 14, h("0000")),
        "auth_len_65535": put(step, 14, h("ffff")), "algorithm_0": put(step, 13, b"\0"),
        "state_0": put(state, 64, b"\0"), "state_6": put(state, 64, b"\6"), "result_5": put(out["state_ack"], 64, b"\5"),
        "step_8": put(step, 64, b"\x08"), "step_9": put(step, 64, b"\x09"), "step_10": put(step, 64, b"\x0a"), "count_33": put(state, 66, h("0021")), "count_65535": put(state, 66, h("ffff")),
        "count_0": put(step, 66, h("0000")), "hosts_32": message(3, v4 * 32, count=32),
        "hosts_33": message(3, v4 * 33, count=33), "host_prefix": put(step, 68, b"\x18"),
        "host_name": message(9, h("2800") + NAME, state=1), "host_eui48": message(9, h("3000") + EUI, state=1),
        "host_multicast_pair": message(9, h("0000") + LCAFS["multicast"], state=1), "port_control": put(state, 141, b"\n"),
        "port_behind_nul": put(state, 155, b"x"), "tail_index_past": put(tail, 76, h("0003")),
        "tail_length_0": put(tail, 80, h("0000")), "tail_length_65535": put(tail, 80, h("ffff")),
        "tail_of_0": put(tail, 78, h("0000")), "tail_not_ip": put(tail, 82, b"\x55"), "prepare_prefix": put(out["prepare"], 121, b"\x18"),
        "prepare_no_locators": put(out["prepare"], 120, b"\0")[:-12], "locator_count_255": put(out["next"], 164, b"\xff"),
        "trailing_byte": step + b"\0",
    })
    for name, pkt in out.items():
        save("handover", name, pkt)


def corpus_lispsec():
    """The first byte: 0 an ECM's authentication data, 1 a Map-Reply's; HMACs are of the key 00 01 .. 0f."""
    key, v4, iid = bytes(range(16)), h("0018") + V4, h("0030") + lcaf(2, h("00000007") + V6)

    def eid_ad(records=(v4, iid), alg=2, kdf=2, e="00", count=None, mac=None):
        n, digest = (12, "sha1") if alg == 1 else (16, "sha256")
        body, total = b"".join(records), 8 + len(b"".join(records)) + (n if mac is None else len(mac))
        head = u16(total) + u16(kdf) + bytes([len(records) if count is None else count]) + h(e) + u16(alg) + body
        return head + (hmac.new(key, head + bytes(n), digest).digest()[:n] if mac is None else mac)

    def request(ad, alg=2, length=24, wrap=2):
        return h("00" "0100") + u16(alg) + u16(length) + bytes([1, wrap]) + bytes(range(24)) + ad

    def reply(ad, alg=2, n=16, length=None):
        return h("01" "01000000") + ad + u16(4 + n if length is None else length) + u16(alg) + bytes(n)

    bare, many = h("00040002"), [h("0020") + V4] * 255
    out = {
        "itr": request(bare), "itr_no_preference": request(h("00040000"), 0), "null_wrap": request(bare, wrap=1),
        "wrap_0": request(bare, wrap=0), "otk_length_28": request(bare, length=28), "otk_length_0": request(bare, length=0),
        "map_server": request(eid_ad()), "map_server_sha1": request(eid_ad(alg=1, kdf=1), 1),
        "map_server_e": request(eid_ad(e="80")), "eid_ad_length_5": request(put(eid_ad(), 0, h("0005"))),
        "eid_ad_length_65535": request(put(eid_ad(), 0, h("ffff"))), "eid_ad_length_0": request(h("0000")),
        "reply": reply(eid_ad()), "reply_sha1": reply(eid_ad(alg=1), 1, 12), "reply_bare": reply(bare),
        "records_255": reply(eid_ad(many)), "record_count_255_short": reply(eid_ad(count=255)),
        "record_count_0": reply(eid_ad((), count=0)), "mask_len_33": reply(eid_ad([h("0021") + V4])),
        "host_bits": reply(eid_ad([h("0008") + V4])), "unknown_afi": reply(eid_ad([h("0020" "0003" "00000000")])),
        "eid_sg": reply(eid_ad([h("0020") + LCAFS["multicast"]])), "hmac_short": reply(eid_ad(mac=bytes(3))),
        "hmac_none": reply(eid_ad(mac=b"")), "hmac_id_unknown": reply(eid_ad(alg=9)), "pkt_hmac_id_unknown": reply(eid_ad(), 9, 5),
        "pkt_ad_length_0": reply(eid_ad(), length=0), "pkt_ad_length_65535": reply(eid_ad(), length=65535),
        "pkt_hmac_short": reply(eid_ad(), n=15), "trailing_byte": reply(eid_ad()) + b"\0", "type_2": put(reply(eid_ad()), 1, b"\2"),
    }
    for name, pkt in out.items():
        save("lispsec", name, pkt)


for make in (corpus_lcaf, corpus_map_request, corpus_map_reply, corpus_map_register, corpus_map_referral, corpus_ecm,
             corpus_info, corpus_move, corpus_handover, corpus_lispsec):
    make()
