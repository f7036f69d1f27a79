#!/bin/bash
# test_bench_lpm: the lpm benchmark runs, its answers are right (it checks each itself), and its last line names all metrics. No figure is judged.
set -eu
bench=$top_builddir/tests/bench/bench_lpm
"${MAKE:-make}" -s -C "$top_builddir" tests/bench/bench_lpm >/dev/null
"$bench" --help | grep -q '^usage: bench lpm'
if "$bench" --hosts x 2>/dev/null; then
	echo "--hosts x was taken"
	exit 1
fi
last=$("$bench" --quick --hosts 40000 --prefixes 4000 --lookups 100000 | tail -n 1)
echo "$last"
for name in bench rounds cpu metrics ns_per_lookup_v4 ns_per_lookup_v6 bytes_per_prefix_v4 bytes_per_prefix_v6 insert_ns reference; do
	case $last in
	"{"*"\"$name\":"*"}}") ;;
	*) echo "no $name in the last line"; exit 1 ;;
	esac
done
