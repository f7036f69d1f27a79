#!/bin/bash
# test_bench_trill_core: the benchmark of the RBridge's core runs, what it builds is right (it checks that itself), and its last line names all metrics. No figure is judged.
set -eu
bench=$top_builddir/tests/bench/bench_trill_core
"${MAKE:-make}" -s -C "$top_builddir" tests/bench/bench_trill_core >/dev/null
"$bench" --help | grep -q '^usage: bench trill_core'
if "$bench" --rbridges 9 2>/dev/null; then
	echo "--rbridges 9 was taken"
	exit 1
fi
last=$("$bench" --quick --rounds 1 | tail -n 1)
echo "$last"
for name in bench rounds cpu metrics change_ms change_macs_ms first_ms load_ms learn_ms mib macs_mib sync_lan_s sync_lan_cpu_ms sync_p2p_s sync_p2p_cpu_ms reference; do
	case $last in
	"{"*"\"$name\":"*"}}") ;;
	*) echo "no $name in the last line"; exit 1 ;;
	esac
done
