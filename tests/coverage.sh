#!/bin/bash
# coverage.sh: line coverage by the tests of `make check`, a line a room, and an HTML tree in build/coverage/html.
# usage: ./run coverage
set -u
cd "$(dirname "$0")/.."
. tests/build.sh
[ $# = 0 ] || { sed -n '2,3s/^# \{0,1\}//p' "$0"; [ "$1" = --help ]; exit; }
build coverage || exit 1
find build/coverage -name '*.gcda' -delete
make -C build/coverage -k check >build/coverage/check.log 2>&1 || echo "coverage: some tests failed, see build/coverage/check.log" >&2
lcov --quiet --capture --directory build/coverage --output-file build/coverage/all.info 2>/dev/null &&
	lcov --quiet --extract build/coverage/all.info "$PWD/lib/*" "$PWD/lisp/*" "$PWD/mapserver/*" "$PWD/xtr/*" "$PWD/cli/*" \
		--output-file build/coverage/own.info 2>/dev/null &&
	genhtml --quiet build/coverage/own.info --output-directory build/coverage/html || exit 1
for room in lib lisp mapserver xtr cli; do
	lcov --quiet --extract build/coverage/own.info "$PWD/$room/*" --output-file build/coverage/room.info 2>/dev/null
	awk -F'[:,]' -v room="$room" '/^LF:/ {all += $2} /^LH:/ {hit += $2} END {if (all) printf "%-12s %6d of %6d lines  %5.1f %%\n", room, hit, all, 100 * hit / all}' \
		build/coverage/room.info
done
