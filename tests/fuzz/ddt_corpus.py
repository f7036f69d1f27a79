#!/usr/bin/env python3
"""Writes the seeds of fuzz_ddt: ddt_corpus.py DIRECTORY. The format is told in fuzz_ddt.c."""
import pathlib
import struct
import sys

NODE, MS, ACK, NOT_REGISTERED, HOLE, NOT_AUTHORITATIVE = range(6)
INCOMPLETE = 8
TTL_0, TTL_1, TTL_DAY, TTL_MAX = range(4)


def step(what, a=0, data=b""):
    return struct.pack("!BBH", what, a, len(data)) + data


def ask(itr=0, host=1, net=0):
    return step(0, net * 8 + itr, bytes([host]))


def refer(act, plen, ttl=TTL_DAY, rlocs=()):
    return step(1, 0, bytes([act, plen, ttl, len(rlocs), *rlocs]))


def raw(data):
    return step(2, 0, data)


def wait(tenths):
    return step(3, tenths)


def record(head, tail=b""):
    """A Map-Referral by hand: one record of that head behind the nonce."""
    return bytes([0x60, 0, 0, 1]) + bytes(8) + bytes(head) + tail


seeds = {
    "to_the_leaf": ask() + refer(NODE, 8, rlocs=[11]) + refer(MS, 16, rlocs=[101]) + refer(ACK, 24, rlocs=[101]) + ask(host=2),
    "not_registered": ask() + refer(MS, 16, rlocs=[101, 102]) + refer(NOT_REGISTERED, 24, TTL_1) * 2 + ask(host=3),
    "hole": ask() + refer(HOLE, 9, TTL_MAX) + ask(1, 2) + wait(255) * 8 + ask(2, 3),
    "not_authoritative": ask() + refer(NODE, 8, rlocs=[11]) + refer(NOT_AUTHORITATIVE | INCOMPLETE, 32, TTL_0) * 2,
    "incomplete": ask() + refer(MS | INCOMPLETE, 8, rlocs=[11]) + refer(ACK | INCOMPLETE, 16, rlocs=[11]),
    "to_itself": ask() + refer(NODE, 8, rlocs=[1]) * 4,
    "less_specific": ask() + b"".join(refer(NODE, n, rlocs=[66]) for n in range(20, 0, -1)),
    "ttl_0_chain": ask() + b"".join(refer(NODE, n, TTL_0, [66]) for n in range(1, 32)),
    "unknown_act": ask() + refer(6, 8, rlocs=[11]) + refer(7, 8),
    "groups_as_locators": ask() + refer(NODE, 8) + wait(5) + refer(NODE, 0, rlocs=[255, 0, 1]),
    "all_silent": ask() + ask(1, 2) + wait(5) * 40,
    "replaced": ask() + ask() + refer(NODE, 8, rlocs=[11]) + ask() + refer(ACK, 9, rlocs=[11]) * 3,
    "full": b"".join(ask(i % 8, i, i % 32) for i in range(40)) + wait(255),
    "cache_full": b"".join(ask(i % 8, i) + refer(HOLE, 32) for i in range(30)),
    "sig_count_15": ask() + raw(record([0, 0, 5, 0xA0, 0, 8, 0, 0, 0xF0, 0, 0, 1, 10, 0, 0, 0])),
    "sig_length_65535": ask() + raw(record([0, 0, 5, 0xA0, 0, 8, 0, 0, 0x10, 0, 0, 1, 10, 0, 0, 0],
                                          struct.pack("!IIIHHI", 1440, 2**32 - 1, 0, 0x872D, 65535, 2 << 24))),
    "wrong_signature": ask() + raw(record([0, 0, 5, 0xA0, 0, 8, 0, 0, 0x10, 0, 0, 1, 10, 0, 0, 0],
                                         struct.pack("!IIIHHI", 1440, 2**32 - 1, 0, 0x872D, 256, 2 << 24) + bytes(256))),
    "key_of_an_algorithm": ask() + raw(record([0, 0, 5, 0xA0, 1, 8, 0, 0, 0, 0, 0, 1, 10, 0, 0, 0, 1, 100, 0, 0, 0, 1],
                                             bytes([0x40, 3, 0, 0, 11, 0, 0, 16, 1, 0, 2, 0, 0, 4, 1, 2, 3, 4, 0, 1, 192, 0, 2, 11]))),
    "two_records": ask() + raw(bytes([0x60, 0, 0, 2]) + bytes(8) + bytes([0, 0, 0, 15, 0, 8, 0x80, 0, 0, 0, 0, 1, 11, 0, 0, 0]) +
                               bytes([0, 0, 0, 15, 0, 8, 0x80, 0, 0, 0, 0, 1, 10, 0, 0, 0])),
}
out = pathlib.Path(sys.argv[1])
for name, data in seeds.items():
    (out / name).write_bytes(b"\0" + data)
    (out / (name + "_signed")).write_bytes(b"\1" + data)
