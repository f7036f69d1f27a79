#!/bin/sh
# hostile.sh: every test and every seed that tests/fuzz/README.md names is there.
set -u
top=${top_srcdir:-.}
bad=0 tests=0 seeds=0
list=$(sed -n '/^## The hostile list/,$p' "$top/tests/fuzz/README.md" | grep '^| ')
for t in $(printf '%s\n' "$list" | grep -o '`[a-z0-9_]*`' | tr -d '`' | sort -u); do
	tests=$((tests + 1))
	grep -qE "static void $t\(|cmocka_unit_test[a-z_]*\($t[,)]" "$top"/tests/unit/test_*.c "$top"/tests/replay/test_*.c "$top"/tests/netns/test_*.c || {
		echo "hostile.sh: no test is called $t"
		bad=1
	}
done
for s in $(printf '%s\n' "$list" | grep -oE '\b[a-z_]+/[A-Za-z0-9_-]+' | sort -u); do
	seeds=$((seeds + 1))
	[ -f "$top/tests/fuzz/corpus/$s" ] || {
		echo "hostile.sh: no seed is called $s"
		bad=1
	}
done
[ $tests -ge 90 ] && [ $seeds -ge 100 ] || { echo "hostile.sh: only $tests tests and $seeds seeds were found in the table"; bad=1; }
echo "hostile.sh: $tests tests, $seeds seeds"
exit $bad
