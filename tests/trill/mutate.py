#!/usr/bin/python3
"""mutate.py: takes the rules of docs/trill.md out of the code one by one, in a copy, and sees that the tests of the item fail.

usage: mutate.py [PATTERN]     only the lines of mutations.list that have PATTERN in them

Each line of mutations.list is a rule: the file, what is done to it (sed), and the test program that must fail. Without PATTERN each test
with a letter must have failed for one of them, too. The end is 1 when a test did not notice, fails by itself, or failed for none.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

TOP = os.path.abspath(os.environ.get("top_srcdir") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
COPIES = 2  # trees of their own, each with a processor
DEADLINE_S = 20  # of one test, since a rule taken out may make it run for ever
RULES = ["trill/codec/*.c", "trill/core/*.c", "trill/*.c"]
LEFT = ("trill/main.c", "trill/datapath_load.c")  # the program, and what takes the data plane's
BESIDES = ["lib/base/*.c", "lib/net/*.c", "lib/service/*.c", "lib/store/*.c", "tests/trill/virtual_*.c", "tests/trill/phantom.c", "tests/unit/scratch.c",
           "tests/unit/api_fixture.c", "tests/replay/json_schema.c"]
PACKAGES = ["libbsd-overlay", "cmocka", "libcrypto", "libssl", "json-c", "libconfuse", "libevent", "libevent_openssl", "lmdb", "libbpf", "libmnl", "libseccomp", "libcap-ng"]
PLACES = [f'-D{name}="/nowhere"' for name in ("RUNSTATEDIR", "STATEDIR", "SYSCONFDIR", "VERSION")]
FAILED = re.compile(r"^\[  FAILED  \] (?:\S+: )?(\w+)", re.M)
BEGUN = re.compile(r"^\[ RUN      \] (\w+)", re.M)
ENDED = re.compile(r"^\[(?:       OK|  FAILED|  SKIPPED) \] (\w+)", re.M)


def package(what):
    return subprocess.run(["pkg-config", what, *PACKAGES], check=True, capture_output=True, text=True).stdout.split()


FLAGS = ["-std=gnu17", "-O1", "-fPIC", "-w", "-I.", "-D_GNU_SOURCE", *PLACES, *package("--cflags")]
LIBRARIES = package("--libs")


class Tree:
    """A copy of the sources: all but the tests in one shared object, so that a change costs one file and one link."""

    def __init__(self, where):
        self.where = where
        for d in ("trill", "lib", "tests/unit", "tests/trill", "tests/replay"):
            shutil.copytree(f"{TOP}/{d}", f"{where}/{d}")
        os.makedirs(f"{where}/o")
        os.makedirs(f"{where}/t")
        self.files = sorted(f for p in RULES + BESIDES for f in glob.glob(p, root_dir=where) if f not in LEFT)
        for f in self.files:
            self.compile(f) or sys.exit(f"{f} does not compile")
        self.link()

    def cc(self, *arguments):
        return not subprocess.run([os.environ.get("CC", "cc"), *arguments], cwd=self.where, capture_output=True).returncode

    def object(self, file):
        return f"o/{file[:-2].replace('/', '-')}.o"

    def compile(self, file):
        return self.cc(*FLAGS, "-c", file, "-o", self.object(file))

    def link(self):
        objects = [o for o in map(self.object, self.files) if os.path.exists(f"{self.where}/{o}")]
        return self.cc("-shared", "-o", "librules.so", *objects)

    def program(self, test):
        """Builds @test."""
        return self.cc(*FLAGS, f"tests/unit/test_trill_{test}.c", "-o", f"t/{test}", "-L.", "-lrules", f"-Wl,-rpath,{self.where}",
                       "-Wl,--unresolved-symbols=ignore-in-shared-libs", *LIBRARIES)

    def build(self, file, test):
        """What comes of @file: of a header, all."""
        if file.endswith(".h"):
            return all([self.compile(f) for f in self.files]) and self.link() and self.program(test)
        return self.compile(file) and self.link()

    def failed(self, test):
        """The names of the functions of @test that fail; "" stands for one that cannot be told."""
        try:
            r = subprocess.run([f"t/{test}"], cwd=self.where, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=DEADLINE_S,
                               env={**os.environ, "top_srcdir": TOP})
            code, said = r.returncode, r.stdout.decode(errors="replace")
        except subprocess.TimeoutExpired as late:
            code, said = -1, (late.stdout or b"").decode(errors="replace")
        names = set(FAILED.findall(said))
        if code < 0:
            names |= set(BEGUN.findall(said)) - set(ENDED.findall(said))
        return names or {""} if code else set()

    def without(self, file, change, test):
        """(what went wrong, or None; the functions that failed) with @change done to @file."""
        path = f"{self.where}/{file}"
        with open(path, "rb") as f:
            text = f.read()
        sed = subprocess.run(["sed", change], input=text, capture_output=True)
        if sed.returncode or sed.stdout == text:
            return "nothing to change", set()
        with open(path, "wb") as f:
            f.write(sed.stdout)
        compiles = self.build(file, test)
        names = self.failed(test) if compiles else set()
        with open(path, "wb") as f:
            f.write(text)
        self.build(file, test)
        if not compiles:
            return "does not compile", names
        return None if names else f"test_trill_{test} does not notice", names


def rules(pattern):
    with open(f"{TOP}/tests/trill/mutations.list") as f:
        for line in f:
            if line.strip() and not line.startswith("#") and pattern in line:
                file, change, test = line.rstrip("\n").split("\t")
                yield f"trill/{file}", change, test


def lettered():
    """(program, function) of each test that says its item."""
    for path in sorted(glob.glob(f"{TOP}/tests/unit/test_trill_*.c")):
        with open(path) as f:
            for name in re.findall(r"^static void ([a-q]_\w+)\(void \*\*", f.read(), re.M):
                yield os.path.basename(path)[len("test_trill_"):-len(".c")], name


def work(tree, todo, lock, outcome):
    while True:
        with lock:
            if not todo:
                return
            rule = todo.pop()
        done = tree.without(*rule)
        with lock:
            outcome[rule] = done
            if sys.stderr.isatty():
                print(f"\r{len(outcome)} taken out, {len(todo)} to go ", end="", file=sys.stderr)


def main():
    pattern = sys.argv[1] if len(sys.argv) > 1 else ""
    todo = sorted(set(rules(pattern)), reverse=True)
    outcome, lock = {}, threading.Lock()
    with tempfile.TemporaryDirectory(prefix="sunward-trill-mutate-") as d:
        trees = [Tree(f"{d}/{i}") for i in range(COPIES)]
        for tree in trees:
            for test in sorted({r[2] for r in todo}):
                if not tree.program(test) or tree.failed(test):
                    sys.exit(f"test_trill_{test} cannot be linked, or fails with nothing taken out")
        threads = [threading.Thread(target=work, args=(t, todo, lock, outcome)) for t in trees]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    bad = 0
    for (file, change, _), (wrong, _) in sorted(outcome.items()):
        if wrong:
            print(f"{file}: {wrong}: {change}")
            bad += 1
    have = {(test, name) for (_, _, test), (_, names) in outcome.items() for name in names}
    tests = set(lettered())
    print(f"{len(outcome)} rules taken out, {len(outcome) - bad} noticed, by {len(tests & have)} of {len(tests)} tests")
    if not pattern:
        for test, name in sorted(tests - have):
            print(f"test_trill_{test}: {name} fails for no rule of the list")
            bad += 1
    return bad > 0


if __name__ == "__main__":
    sys.exit(main())
