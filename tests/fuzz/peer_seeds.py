"""What the seeds of fuzz_peer and fuzz_xtr_peer share: how a message is damaged (tests/fuzz/peer_message.c reads it), and how seeds are written."""
import os

SET, FLIP, SET16, SET32, CUT, APPEND, TAKE_OUT, REPEAT, LCAF = range(9)
NONE = [0]


def mutations(*changes, auth=False, nonce=False):
    """Each: (kind, place, value...)."""
    out = [len(changes) | (0x80 if auth else 0) | (0x40 if nonce else 0)]
    for kind, place, *value in changes:
        out += [kind, place >> 8, place & 255] + value
    return out


def flatten(x):
    for e in x:
        if isinstance(e, (list, tuple)):
            yield from flatten(e)
        else:
            yield e


def write(seeds, directory):
    """@seeds: name -> bytes, in lists within lists."""
    for name, seed in seeds.items():
        with open(os.path.join(directory, name), "wb") as f:
            f.write(bytes(flatten(seed)))
