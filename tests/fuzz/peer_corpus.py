#!/usr/bin/env python3
"""Writes the seeds of fuzz_peer: tests/fuzz/peer_corpus.py DIRECTORY

A seed is a byte of enum peer_config and the bytes that tests/fuzz/fuzz_peer.c and peer_message.c read, in their order. Every message but a
few of each seed is damaged: by the hostile list's items (tests/fuzz/README.md).
"""
import sys

from peer_seeds import APPEND, CUT, LCAF, NONE, REPEAT, SET, SET16, SET32, mutations, write

TREE, OWNER_FIRST, REPLAY_OFF, RECORDS_ONLY, FULL, PROXY, NARROW, POLICY = (1 << i for i in range(8))
REGISTER, MOVE, PREPARE, ACK, REQUEST, REFERRAL, OTHER, AGAIN, PASS, HONEST, OPERATOR, RELOAD, RESTART, GROUP = 0, 4, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18
A1, A2, A16, A8, A6, A6_64, MAC, A7, SG, STAR_G, NAME, A3, B1, B16, B172, B12, B6, B8, BSG, BMAC, ALL, NOBODY, TREE_EID, I9, BOTH = range(25)
SUBSCRIBE, END, PROTECTED, NULL_WRAP, DDT, VICTIM, PROBE, SMR = (1 << i for i in range(8))


def record(eid, locators=1, ttl=0, act=0, version=False, rlocs=(0, 1, 2)):
    return [eid, locators | ttl << 2 | act << 4 | (128 if version else 0)] + list(rlocs[:locators])


def register(*records, xtr=1, key2=False, site8=False, flags=0, damage=NONE):
    return [REGISTER, xtr | (64 if key2 else 0) | (128 if site8 else 0), flags | (len(records) - 1) << 6] + sum(records, []) + list(damage)


NO_P, NO_M, T, MERGE, S, NO_ID = 1, 2, 4, 8, 16, 32
CLAIM, REFRESH, WITHDRAW, GRANTED, REFUSED, NOTIFY = 0, 2, 4, 5, 6, 7
PRESENT, ZERO, LESS, MORE, SHORT, LIMIT, TOP = 0, 2, 3, 4, 5, 6, 7


def move(kind, eid, seq=PRESENT, value=0, xtr=1, bits=0, damage=NONE):
    return [MOVE, kind | bits, xtr, eid, seq] + ([value >> 8, value & 255] if seq == SHORT else [value] if seq > SHORT else []) + list(damage)


def prepare(eid, xtr=2, bits=0, rec=None, damage=NONE):
    return [PREPARE, bits, xtr, eid] + (record(eid) if rec is None else rec)[1:] + list(damage)


def ack(which, bits=0, damage=NONE):
    return [ACK, which, bits] + list(damage)


def request(eid, bits=0, xtr=1, asks=0, damage=NONE, ad=NONE, outer=NONE):
    return [REQUEST, bits, xtr, eid] + list(damage) + ([asks] + list(ad) if bits & PROTECTED else []) + list(outer)


def referral(act, shorter=0, locators=1, ttl=0, bits=0, rlocs=(1, 2, 3), damage=NONE, count=None):
    more = locators | ttl << 2
    return [REFERRAL, act | bits, more, shorter] + list(rlocs[:locators]) + list(damage) + ([count] if bits & 32 else [])


def other(kind, kept=0, damage=NONE):
    return [OTHER, kind | kept << 4] + list(damage)


def info(eid, xtr=1, bits=0, damage=NONE):
    return [OTHER, 7, bits | xtr & 7, eid] + list(damage)


REPLY, WITH_LCAF, ITS_PORT, KEY2 = 16, 32, 8, 64


def honest(eid=0, bits=0):
    return [HONEST, eid | bits]


def time(which):
    return [PASS, which]


MS100, MS500, S3, S20, S61, S181, H1 = range(1, 8)

# Where things stand: in a Map-Register AuthData is at 16, its first record at 32 (alg 2, 16 bytes).
REC = 32
seeds = {
    # the life of a mapping, undamaged
    "life_of_a_mapping": [0, register(record(A1)), register(record(A1)), request(A1), register(record(A1, 2), xtr=2), ack(0), request(A1),
                          register(record(A1, 0, 1), xtr=2), request(A1), time(S181), RESTART, 1, request(A1)],
    "claims": [0, move(CLAIM, A1, ZERO), move(REFRESH, A1), move(CLAIM, A1, xtr=2), ack(0), move(REFRESH, A1, xtr=1), move(WITHDRAW, A1, xtr=2),
               move(CLAIM, A1, LIMIT), move(WITHDRAW, A1), time(H1), move(CLAIM, A2, ZERO), move(REFRESH, A2, TOP), move(REFRESH, A3, SHORT, 900)],
    "handovers": [0, move(CLAIM, A1, ZERO), prepare(A1), prepare(A1, 3, 1), prepare(A1, 1), prepare(A2), AGAIN, 1, prepare(A1, 66), time(S181), prepare(A1),
                  register(record(A1)), prepare(A1), prepare(A6), prepare(MAC), prepare(A8), prepare(B1), prepare(A1, 0), RESTART, 1, prepare(A3),
                  prepare(BOTH), OPERATOR, 1, A2, prepare(A2), GROUP, move(CLAIM, A3, ZERO), prepare(A3), GROUP],
    "merge": [0, register(record(A1), flags=MERGE), register(record(A1, 2), xtr=2, flags=MERGE), register(record(A1, 0, 1), xtr=1, flags=MERGE),
              register(record(SG), flags=MERGE), request(SG), register(record(A1, 3), record(A2, 1), flags=MERGE), time(S181)],
    "merge_then_refused": [0, register(record(A1), flags=MERGE), register(record(A1, 2), record(A1, 1), flags=MERGE),
                           register(record(A1), xtr=3, flags=MERGE), request(A1)],
    "subscriptions": [0, register(record(A3), xtr=0), register(record(A1)), request(A1, SUBSCRIBE, xtr=0), ack(0), register(record(A1, 2)), ack(1),
                      register(record(A1, 1), xtr=3), time(S3), time(S20), request(A1, SUBSCRIBE | END, xtr=0), register(record(A1, 3))],
    "the_honest_one_s_eids": [0, register(record(B1)), register(record(B16)), register(record(B172)), move(CLAIM, B1, PRESENT), move(WITHDRAW, B1),
                              register(record(BSG), flags=MERGE), register(record(A1), record(B1)), move(CLAIM, B8, ZERO), request(B1),
                              honest(1, 16), honest(1, 32), register(record(A8)), register(record(ALL)), register(record(I9))],
    "protected": [0, register(record(A1)), request(A1, PROTECTED), request(A1, PROTECTED | NULL_WRAP, asks=5), register(record(A2), flags=NO_P | S),
                  request(A2, PROTECTED), request(NOBODY, PROTECTED), request(A1, PROTECTED, ad=mutations((CUT, 9))),
                  request(A1, PROTECTED, ad=mutations((SET16, 4, 4)))],
    "tree": [TREE, request(TREE_EID), referral(0, 16, 1), referral(1, 8, 2), referral(2, 0, 1), request(TREE_EID), request(TREE_EID, DDT), request(NOBODY, DDT),
             request(B1, DDT), request(A1, DDT), request(NOBODY), referral(4, 4, 0), time(S3), time(S20), referral(5, 0, 0), referral(3, 0, 1)],
    "protected_in_the_tree": [TREE, request(TREE_EID, PROTECTED), referral(1, 8, 1), referral(2, 0, 1), request(TREE_EID, PROTECTED, xtr=2), referral(4, 2, 0)],
    "reloads": [0, register(record(A1)), RELOAD, NARROW, register(record(MAC)), RELOAD, OWNER_FIRST, register(record(A1), xtr=2), RELOAD, RECORDS_ONLY | FULL,
                register(record(A1), xtr=3, key2=True), RELOAD, REPLAY_OFF | PROXY, register(record(A1)), AGAIN, 0, RELOAD, POLICY, request(A1)],
    "restarts": [0, register(record(A1), record(A2)), move(CLAIM, A3, ZERO), RESTART, 1, register(record(A1)), move(REFRESH, A3), AGAIN, 0, RESTART, 0,
                 move(CLAIM, A3), register(record(A2, 0, 1)), RESTART, 1, time(S181), register(record(A2))],
    "groups": [0, GROUP, register(record(A1)), register(record(A1, 2)), register(record(A1), xtr=2), move(CLAIM, A1, MORE), register(record(A2)), AGAIN, 1, GROUP,
               GROUP, request(A1), register(record(A1, 0, 1)), GROUP],
    "the_operator": [0, OPERATOR, 1, A1, register(record(A1)), move(CLAIM, A1), OPERATOR, 0, A1, register(record(A1)), OPERATOR, 5, A1, OPERATOR, 3, B1],
    "other_families": [0, register(record(A6), record(A6_64), record(MAC), record(A7)), register(record(NAME), record(SG), record(STAR_G)), request(A6), request(MAC),
                       request(NAME), request(STAR_G), time(S181)],
    "other_types": [0, register(record(A1)), other(1), other(2), other(4), other(6), info(A8), other(9), other(8), other(15), other(0)],
    "replays": [0, register(record(A1)), register(record(A1, 0, 1)), AGAIN, 0, move(CLAIM, A2, ZERO), AGAIN, 2, request(A1), AGAIN, 3, RESTART, 1, AGAIN, 0],
    "long_time": [0, register(record(A1), flags=T), register(record(A2, 1, 3), flags=T), time(H1), time(H1), register(record(A1, 1, 2), flags=T), time(S61), time(S61)],
    "a_shared_prefix": [0, register(record(BOTH)), honest(5), honest(5, 16), register(record(BOTH, 2), flags=MERGE), move(CLAIM, BOTH), ack(0), honest(5, 32), request(BOTH)],
    # the hostile list (docs: tests/fuzz/README.md)
    "01_counts": [0] + [register(record(A1), damage=mutations((SET, 3, n))) for n in (0, 2, 255)] +
                 [register(record(A1), damage=mutations((SET, REC + 4, n))) for n in (0, 2, 255)] +
                 [move(CLAIM, A1, ZERO, damage=mutations((SET, 66, n))) for n in (0, 2, 255)] +
                 [prepare(A1, damage=mutations((SET, p, n))) for p in (66, 67, 88) for n in (0, 2, 255)] +
                 [request(A1, damage=mutations((SET, 3, n))) for n in (0, 2, 255)] + [request(A1, damage=mutations((SET, 2, 31)))],
    "02_authentication": [0] + [register(record(A1), damage=mutations((SET16, 14, n), auth=True)) for n in range(8)] +
                         [register(record(A1), damage=mutations((SET, 12, n), auth=True)) for n in (0, 3, 255)] +
                         [register(record(A1), damage=mutations((SET, 13, n), auth=True)) for n in (0, 1, 4, 255)] +
                         [move(CLAIM, A1, damage=mutations((SET16, 14, n), auth=True)) for n in (0, 1, 4)] +
                         [prepare(A1, damage=mutations((SET16, 14, n), auth=True)) for n in (0, 1, 4)] +
                         [ack(0, 0, mutations((SET16, 14, n), auth=True)) for n in (0, 1, 4)],
    "03_trailer": [0, register(record(A1), damage=mutations((CUT, 60))), register(record(A1), damage=mutations((APPEND, 0, 9, 1))),
                   register(record(A1), flags=NO_ID, damage=mutations((APPEND, 0, 24, 1))), register(record(A1), flags=NO_ID, damage=mutations((SET, 0, 2))),
                   register(record(A1), record(A2), damage=mutations((SET, 3, 1))), ack(0, 8, mutations((CUT, 40))),
                   request(A1, SUBSCRIBE, damage=mutations((CUT, 30)))],
    "04_masks": [0] + [register(record(e), damage=mutations((SET, REC + 5, n))) for e in (A1, A6, MAC, A7, SG, NAME) for n in (0, 31, 33, 49, 129, 255)],
    "05_lcaf_lengths": [0] + [register(record(A1), damage=mutations((LCAF, REC + p, n))) for p in (8, 14) for n in range(18)],
    "05_lcaf_lengths_of_requests": [0] + [request(A1, damage=mutations((LCAF, p, n))) for p in (12, 20) for n in range(18)],
    "06_recursion": [0] + [register(record(A1), damage=mutations((LCAF, REC + 14, n), (LCAF, REC + 14, m))) for n in (2, 8, 9) for m in (8, 9)],
    "07_ecm": [0] + [request(A1, outer=mutations((SET, p, n))) for p, n in ((4, 0x44), (4, 0x4f), (4, 0x65), (6, 0), (7, 1), (10, 0x20), (13, 6), (24, 0), (28, 0), (28, 255), (30, 0), (0, 0x88), (32, 0x80), (32, 0x20), (32, 0x90))] +
              [request(A1, PROBE), request(A1, SMR), request(A1, VICTIM)],
    "08_itr_rlocs": [0, register(record(A1))] + [request(A1, damage=mutations((SET, 16, n))) for n in (224, 0, 127, 255)] +
                    [request(A1, damage=mutations((REPEAT, 14, 6), (SET, 2, 1))), request(A8, VICTIM), request(A8, VICTIM | PROTECTED)],
    "09_referrals": [TREE, request(TREE_EID)] + [referral(a, 12, 1, t, bits=b) for a in range(8) for t in (0, 1) for b in (0, 64)] +
                    [request(TREE_EID, xtr=2), referral(0, 32, 1), referral(0, 12, 1, rlocs=(53,)), referral(0, 12, 0),
                     referral(0, 12, 2, bits=16, damage=mutations((LCAF, 12, 6))), referral(0, 12, 1, bits=32, count=255)],
    "info": [0, info(A8), info(A1, 1, ITS_PORT), register(record(A1), flags=NO_P), request(A1), request(A1, SUBSCRIBE), info(A8, 1, REPLY), info(A8, 1, REPLY | WITH_LCAF),
             info(A8, 1, WITH_LCAF), info(B8), info(NOBODY), info(MAC), info(SG), info(NAME), info(A1, 2, KEY2)] +
            [info(A1, 1, 0, mutations((SET, p, n), auth=True)) for p, n in ((13, 0), (13, 2), (12, 1), (15, 0), (15, 255), (14, 255), (33, 33), (33, 255), (35, 9), (40, 64))] +
            [info(A8, 1, REPLY | WITH_LCAF, mutations((LCAF, 40, n))) for n in range(18)] +
            [info(A1, 1, 0, mutations((CUT, n))) for n in (4, 15, 16, 31, 39, 41)] + [info(A1, damage=mutations((APPEND, 0, 9, 1)))] + [time(S181), request(A1)] + [info(A1)] * 12,
    "12_ttls": [0] + [register(record(A1, 1, t), flags=T) for t in (0, 1, 2, 3)] + [time(H1), register(record(A1, 1, 3)), time(S181)] +
               [register(record(A1), flags=T, damage=mutations((SET32, REC, n))) for n in range(8)] + [time(H1), time(H1)],
}

write(seeds, sys.argv[1])
