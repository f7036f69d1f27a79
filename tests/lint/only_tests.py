#!/usr/bin/python3
"""only_tests.py: external functions of trill/ that nobody but tests calls: what their tests hold is no rule of what runs.

usage: only_tests.py [TOP]     exit 1 when there is one; only_tests.list names those that are there for tests, each with why

A function is one that a header of trill/ declares. It is called when the sources, without comments, have its name besides declaration and
definition. Readers and writers of the codec come in pairs, of which one may have no use here.
"""
import glob
import os
import re
import sys

os.chdir(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
DECLARED = re.compile(r"^(?!static|typedef)[a-z][A-Za-z0-9_ *\n]*?\b([a-z0-9_]+)\(", re.M)
PAIRS = re.compile(r"_(read|put|at|count)$")


def text(path):
    with open(path, encoding="utf-8") as f:
        return COMMENT.sub("", f.read())


with open("tests/lint/only_tests.list", encoding="utf-8") as f:
    spared = {line.split()[0] for line in f if line.strip() and not line.startswith("#")}
headers = {path: text(path) for where in ("", "core/", "codec/") for path in glob.glob("trill/" + where + "*.h")}
declared = {name: path for path, of in headers.items() for name in DECLARED.findall(of)}
uses = dict.fromkeys(declared, 0)
for room in ("trill", "xtr", "vmmobility"):
    for path in glob.glob(room + "/**/*.[ch]", recursive=True):
        for word in re.findall(r"\w+", text(path)):
            if word in uses:
                uses[word] += 1
bad = 0
for name in sorted(declared):
    if uses[name] <= 2 and name not in spared and not (declared[name].startswith("trill/codec/") and PAIRS.search(name)):
        print(f"lint: {declared[name]}: only tests call {name}()", file=sys.stderr)
        bad = 1
for name in sorted(spared):
    if uses.get(name, 3) > 2:
        print(f"lint: tests/lint/only_tests.list: {name}() is called, or is not there", file=sys.stderr)
        bad = 1
sys.exit(bad)
