#!/bin/bash
# mutate.sh: takes the rules of docs/trill.md out of the code one by one, in a copy, and sees that the tests of the item fail.
# usage: mutate.sh [PATTERN]      only the lines of mutations.list that match; exit 1 when a test did not notice, or fails by itself
set -u
top=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
list="$top/tests/trill/mutations.list"
dir=$(mktemp -d "${TMPDIR:-/tmp}/sunward-trill-mutate.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/lib" "$dir/tests" "$dir/o"
cp -r "$top/trill" "$dir/" && cp -r "$top/lib/base" "$top/lib/net" "$dir/lib/" && cp -r "$top/tests/unit" "$top/tests/trill" "$dir/tests/" || exit 1
cd "$dir" || exit 1
read -ra flags <<<"-std=gnu17 -O1 -I. -D_GNU_SOURCE $(pkg-config --cflags libbsd-overlay cmocka libcrypto)"
read -ra libs <<<"$(pkg-config --libs cmocka libcrypto libbsd)"
cc=${CC:-cc} pattern=${1:-}

# object FILE: compiles it
object() { $cc "${flags[@]}" -w -c "$1" -o "o/$(tr / - <<<"${1%.c}").o"; }
# run TEST: 0 when it passes, or cannot be linked. No more than 20 s, since a mutation may make it run for ever
run()
{
	$cc "${flags[@]}" -w -o t "tests/unit/test_trill_$1.c" o/*.o "${libs[@]}" || return 0
	timeout 20 ./t >out 2>&1
}

# chosen: the lines that match
chosen()
{
	local file change test
	while IFS=$'\t' read -r file change test; do
		case $file in '' | '#'*) continue ;; esac
		[[ "$file $change $test" == *"$pattern"* ]] && printf '%s\t%s\t%s\n' "$file" "$change" "$test"
	done <"$list"
}
# What fails as the code is, cannot be linked, or takes too long, would notice anything.
base()
{
	local test bad=0
	for test in $(chosen | cut -f 3 | sort -u); do
		rm -f t
		run "$test" && [ -x t ] && continue
		echo "test_trill_$test fails with no rule taken out"
		bad=1
	done
	return $bad
}

for f in trill/codec/*.c trill/core/*.c lib/base/wire.c lib/base/random.c lib/base/hash.c lib/base/limit.c lib/base/slots.c lib/base/timer.c lib/net/address.c lib/net/address_text.c lib/net/arp_nd.c lib/net/checksum.c tests/trill/virtual_campus.c tests/trill/virtual_datapath.c tests/trill/phantom.c; do object "$f" || exit 1; done
base || exit 1
bad=0 count=0
while IFS=$'\t' read -r file change test; do
	f=trill/$file
	sed "$change" "$f" >changed.c
	if cmp -s "$f" changed.c; then
		echo "$file: nothing to change: $change"
		bad=1
		continue
	fi
	mv "$f" original.c && mv changed.c "$f"
	count=$((count + 1))
	if ! object "$f" 2>out; then
		echo "$file: does not compile: $change"
		bad=1
	elif run "$test"; then
		echo "$file: test_trill_$test does not notice: $change"
		bad=1
	fi
	mv original.c "$f" && object "$f"
done < <(chosen)
echo "$count rules taken out"
exit $bad
