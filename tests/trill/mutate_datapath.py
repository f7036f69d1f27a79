#!/usr/bin/python3
"""mutate_datapath.py: takes each decision out of the data plane's programs, one by one, in a copy, and sees that a test fails.

usage: mutate_datapath.py [PATTERN]     as root; only the sites whose text has PATTERN in it

A decision is an `if` of trill/bpf (it is never taken), what a function of truth returns (it is the opposite), or a counter, wherever one is
named (it is another one). mutations_datapath.spared names those that no test can notice, and why: `FILE <tab> the condition, return or
counter <tab> why`. The end is 1 when another one is not noticed, one of the list is, or a program does not compile. What the kernel then
refuses to load is noticed, and so is a test that does not end in time.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

TOP = os.environ.get("top_srcdir") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FILES = ["trill_xdp.bpf.c", "frame.h", "learn.h", "path.h"] + sorted(
    f for f in os.listdir(os.path.join(TOP, "trill/bpf"))
    if f.endswith(".h") and f not in ("contract.h", "maps.h", "frame.h", "learn.h", "path.h"))
FIRST = ["receive", "forward", "copies"]  # these notice most
TESTS = FIRST + sorted(
    f[len("test_trill_"):-len(".c")] for f in os.listdir(os.path.join(TOP, "tests/netns"))
    if f.startswith("test_trill_") and f.endswith(".c") and f[len("test_trill_"):-len(".c")] not in FIRST)
COPIES = 2  # trees of their own, each with a processor
DEADLINE_S = 120  # of one test
OTHER, ANOTHER = "CONTRACT_CNT_COPY_PRUNED", "CONTRACT_CNT_OOMF"


PASSES, FAILS, LATE, BROKEN = "no test notices", "noticed", "noticed: a test does not end", "does not compile"


def condition(text, at):
    """The end of what stands in parentheses from @at on."""
    depth = 0
    for i in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[i], 0)
        if not depth:
            return i + 1
    raise ValueError("parentheses that do not end")


def sites(name, text):
    """(file, what is decided, the text with that taken out) of each decision."""
    for m in re.finditer(r"\bif \(", text):
        begin = m.end() - 1
        end = condition(text, begin)
        said = " ".join(text[begin + 1:end - 1].split())
        yield name, said, text[:begin] + "((" + text[begin + 1:end - 1] + ") && 0)" + text[end:]
    for f in re.finditer(r"^static __always_inline bool \w+\([^{]*\{\n(.*?)^\}", text, re.M | re.S):
        for m in re.finditer(r"\breturn ([^;]+);", f.group(1)):
            begin, end = f.start(1) + m.start(1), f.start(1) + m.end(1)
            if m.group(1) not in ("true", "false"):
                yield name, "return " + " ".join(m.group(1).split()), text[:begin] + f"!({m.group(1)})" + text[end:]
    for m in re.finditer(r"\bCONTRACT_CNT_(?!COUNT)\w+", text):
        yield name, m.group(), text[:m.start()] + (OTHER if m.group() != OTHER else ANOTHER) + text[m.end():]


def unlike(found):
    """The same words may decide in several places: #2, #3 tell them apart."""
    seen = {}
    for name, said, changed in found:
        seen[name, said] = n = seen.get((name, said), 0) + 1
        yield name, said if n == 1 else f"{said} #{n}", changed


class Tree:
    """A copy of the sources, configured and built."""

    def __init__(self, where):
        self.where = where
        skip = shutil.ignore_patterns("build", ".git", "autom4te.cache")
        shutil.copytree(TOP, where, ignore=skip, symlinks=True)
        if not os.path.exists(f"{where}/configure"):
            subprocess.run(["./autogen.sh"], cwd=where, check=True, capture_output=True)
        os.makedirs(f"{where}/build/mutate")
        self.dir = f"{where}/build/mutate"
        subprocess.run(["../../configure"], cwd=self.dir, check=True, capture_output=True)

    def outcome(self):
        """PASSES, or what is otherwise: BROKEN when it does not compile, else a test does not pass."""
        programs = [f"tests/netns/test_trill_{t}" for t in TESTS]
        if subprocess.run(["make", *programs], cwd=self.dir, capture_output=True).returncode:
            return BROKEN
        try:
            fails = any(subprocess.run([f"./{p}"], cwd=self.dir, capture_output=True, timeout=DEADLINE_S).returncode for p in programs)
        except subprocess.TimeoutExpired:
            return LATE
        return FAILS if fails else PASSES


def spared():
    said = {}
    with open(os.path.join(TOP, "tests/trill/mutations_datapath.spared")) as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                name, what, why = line.rstrip("\n").split("\t")
                said[name, what] = why
    return said


def work(tree, originals, todo, lock, outcome):
    while True:
        with lock:
            if not todo:
                return
            name, said, changed = todo.pop()
        path = f"{tree.where}/trill/bpf/{name}"
        with open(path, "w") as f:
            f.write(changed)
        became = tree.outcome()
        with open(path, "w") as f:
            f.write(originals[name])
        with lock:
            outcome[name, said] = became
            if sys.stderr.isatty():
                print(f"\r{len(outcome)} taken out, {len(todo)} to go ", end="", file=sys.stderr)


def main():
    pattern = sys.argv[1] if len(sys.argv) > 1 else ""
    originals = {}
    for name in FILES:
        with open(os.path.join(TOP, "trill/bpf", name)) as f:
            originals[name] = f.read()
    todo = [s for name in FILES for s in unlike(sites(name, originals[name])) if pattern in s[1]]
    todo.reverse()
    keep = spared()
    outcome, lock = {}, threading.Lock()
    with tempfile.TemporaryDirectory(prefix="sunward-trill-mutate-") as d:
        trees = [Tree(f"{d}/{i}") for i in range(COPIES)]
        for t in trees:
            if t.outcome() != PASSES:
                sys.exit("the tests fail, or cannot be run, with nothing taken out")
        threads = [threading.Thread(target=work, args=(t, originals, todo, lock, outcome)) for t in trees]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    bad = 0
    for (name, said), became in sorted(outcome.items()):
        if became == BROKEN or (became == PASSES) != ((name, said) in keep):
            print(f"{name}\t{said}\t" + ("is noticed: it need not be spared" if became in (FAILS, LATE) else became))
            bad += 1
    noticed, late = (sum(b in of for b in outcome.values()) for of in ((FAILS, LATE), (LATE,)))
    quiet = sum(b == PASSES and s in keep for s, b in outcome.items())
    print(f"{len(outcome)} decisions taken out, {noticed} noticed (by a test that does not end: {late}), {quiet} spared, {bad} not as they should be")
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
