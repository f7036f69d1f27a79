#!/usr/bin/env python3
"""Writes the seeds of fuzz_xtr_peer: tests/fuzz/xtr_peer_corpus.py DIRECTORY

A seed is a byte of how the xTR is configured and the bytes that tests/fuzz/fuzz_xtr_peer.c reads, in their order.
"""
import sys

from peer_seeds import CUT, LCAF, NONE, SET, SET16, mutations, write

STANDARD, SUBSCRIBES, PROTECTS, REQUIRES, PROBES = (1 << i for i in range(5))
MISS, REPLY, NOTIFY, MOVE, REQUEST, HOST, AWAY, PASS, RESTART = 0, 2, 4, 6, 8, 9, 10, 11, 12


def record(locators=1, ttl=0, act=0, rlocs=(0, 1, 2)):
    return [locators | ttl << 2 | act << 4] + list(rlocs[:locators])


def miss(host=0):
    return [MISS, host]


def reply(*records, bits=0, damage=NONE, eids=None, vouched=None):
    body = []
    for i, r in enumerate(records):
        body += ([eids[i]] if eids else []) + r
    return [REPLY, bits | (len(records) - 1) | (4 if eids else 0) | (16 if vouched is not None else 0)] + body + list(damage) + ([vouched] if vouched is not None else [])


def notify(*records, nonce=0, bits=0, damage=NONE, eids=None):
    body = []
    for i, r in enumerate(records):
        body += ([eids[i]] if eids else []) + r
    return [NOTIFY, nonce | bits | (8 if len(records) > 1 else 0) | (0 if eids else 16)] + body + list(damage)


def move(kind, eid, seq, answers=True, locators=True, mine=False, damage=NONE):
    return [MOVE, kind | (8 if answers else 0) | (16 if locators else 0) | (64 if mine else 0)] + ([] if answers else [9]) + [eid, seq] + list(damage)


def request(eid, bits=0, damage=NONE, ad=NONE):
    return [REQUEST, bits, eid] + list(damage) + list(ad)


def host(which, port=0, announced=True):
    return [HOST, port | (2 if announced else 0), which]


def time(which):
    return [PASS, which]


REC = 12  # the first record of a Map-Reply; 32 of a Map-Notify
GRANTED, REFUSED, NOTIFY_MOVE = 3, 4, 5
seeds = {
    "resolves": [0, miss(), reply(record()), miss(1), reply(record(0, 0, 1)), miss(2), reply(record(2), record(1), eids=(2, 0)), time(6), miss(), time(7), miss()],
    "protected": [PROTECTS, miss(), reply(record()), miss(1), reply(record(), bits=64), reply(record()), miss(2), reply(record(), vouched=1), reply(record(), bits=32), time(6)],
    "protected_and_damaged": [PROTECTS | REQUIRES] + sum([[miss(0), reply(record(), damage=mutations((SET, p, v)))] for p, v in
                             ((3, 0), (3, 2), (3, 255), (REC + 4, 255), (REC + 5, 33), (REC + 5, 8), (REC + 6, 255))], []) + [reply(record())],
    "protected_requests": [PROTECTS, request(8, 16), request(9, 16 | 4), request(8, 16, ad=mutations((CUT, 9))), request(8, 16, ad=mutations((SET16, 4, 4))),
                           request(8, 16, mutations((SET, 3, 255))), request(0, 16), request(8), request(8, 1), request(8, 2)],
    "subscribes": [SUBSCRIBES, miss(), notify(record(), nonce=1), notify(record(1, 0, 0, (1,)), nonce=2), notify(record(0, 1), nonce=2), notify(record(), nonce=3),
                   notify(record(), record(), nonce=2, eids=(0, 2)), time(4), miss(), time(7)],
    "publications_damaged": [SUBSCRIBES, miss(), notify(record(), nonce=1)] +
                            [notify(record(), nonce=2, damage=mutations((SET, p, v))) for p, v in ((3, 0), (3, 2), (3, 255), (36, 255), (37, 33), (37, 0), (38, 255), (42, 9))] +
                            [notify(record(), nonce=2, damage=mutations((LCAF, 34, n))) for n in range(18)] + [notify(record(), nonce=2)],
    "moves": [0, host(3), move(GRANTED, 5, 1, mine=True), move(NOTIFY_MOVE, 5, 2), [AWAY, 3], host(3), move(REFUSED, 5, 3), time(3), move(GRANTED, 5, 4, mine=True),
              move(NOTIFY_MOVE, 5, 255, answers=False), move(NOTIFY_MOVE, 0, 4), time(6), [RESTART, 5, 1], host(3), move(REFUSED, 5, 5, locators=False)],
    "moves_damaged": [0, host(3), move(GRANTED, 5, 1, mine=True)] + [move(NOTIFY_MOVE, 5, 2, damage=mutations((SET, p, v))) for p, v in
                     ((3, 0), (3, 8), (64, 255), (66, 0), (67, 2), (72, 255), (73, 33), (73, 0))] + [move(NOTIFY_MOVE, 5, 2, damage=mutations((LCAF, 68, n))) for n in range(18)],
    "registrations": [STANDARD, host(3), notify(record()), time(4), notify(record(), eids=(5,)), notify(record(0, 1)), time(6), host(4), notify(record(), damage=mutations((SET16, 14, 4), auth=True)),
                      notify(record(), damage=mutations((CUT, 40)))],
    "probes": [PROBES, miss(), reply(record(2)), time(5), reply(record(), bits=2), time(5), time(6), miss(1)],
    "counts_of_replies": [0] + sum([[miss(0), reply(record(), bits=8, damage=mutations((SET, p, v)))] for p, v in ((3, 0), (3, 255), (REC + 4, 255), (0, 0x22), (0, 0x28))], []),
    "lcafs_of_replies": [0] + sum([[miss(0), reply(record(), damage=mutations((LCAF, p, n)))] for p in (REC + 8, REC + 16) for n in range(18)], [])[:98],
    "ttls": [0] + sum([[miss(0), reply(record(1, t)), time(6), time(7)] for t in (0, 1, 2, 3)], []),
}

write(seeds, sys.argv[1])
