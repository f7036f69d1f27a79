#!/bin/bash
# bench.sh: benchmarks that measure against a limit and a rival within one run. A table, and as the last line a JSON object.
# usage: ./run bench NAME [--quick] [--rounds N]
set -u
cd "$(dirname "$0")/../.."
. tests/build.sh
names=$(for f in tests/bench/bench_*.c; do f=${f##*/bench_}; echo "${f%.c}"; done | tr '\n' ' ')
case "${1:-}" in
-h | --help | "") sed -n '2,3s/^# \{0,1\}//p' "$0"; echo "names: $names"; [ -n "${1:-}" ]; exit ;;
esac
name=${1//-/_}
shift
case " $names " in *" $name "*) ;; *) echo "bench: no benchmark '$name'; there are: $names" >&2; exit 2 ;; esac
# one after the other: `all` is a make of its own, and both would make the same objects
build plain all && build plain bench-programs || exit 1
exec build/plain/tests/bench/bench_"$name" "$@"
