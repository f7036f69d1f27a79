#!/bin/bash
# lint.sh: holds the layers of docs/architecture.md section 1, the pure cores and the format, and prints the sizes.
# usage: lint.sh [TOP]        exit 1 when a rule is broken; sizes are printed, never judged
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
bad=0

complain() { echo "lint: $*" >&2; bad=1; }

sources() { git ls-files "$@" 2>/dev/null || find "$@" -name '*.[ch]'; }

# room FILE: the layer a file belongs to
room()
{
	case $1 in
	lib/base/*) echo base ;;
	lib/net/*) echo net ;;
	lib/table/*) echo table ;;
	lib/store/*) echo store ;;
	lib/service/*) echo service ;;
	trill/codec/*) echo trill-codec ;;
	trill/core/*) echo trill-core ;;
	*/*) echo "${1%%/*}" ;;
	esac
}

# What each room may include, itself left out.
allowed()
{
	case $1 in
	base) echo "" ;;
	net) echo "base" ;;
	table) echo "base net" ;;
	store) echo "base" ;;
	service) echo "base net table store" ;;
	lisp) echo "base net" ;;
	cli) echo "base net store lisp" ;;
	trill-codec) echo "base" ;;
	trill-core) echo "base net table trill-codec" ;; # net: addresses, ARP and ND; pure() sees to the rest
	trill) echo "base net table store service trill-codec trill-core" ;;
	common) echo "base net table store service lisp" ;;
	*) echo "base net table store service lisp common" ;;
	esac
}

layers()
{
	local f inc from to
	for f in $(sources 'lib/*.[ch]' 'lisp/*.[ch]' 'common/*.[ch]' 'mapserver/*.[ch]' 'xtr/*.[ch]' 'trill/*.[ch]' 'vmmobility/*.[ch]' \
		'placement/*.[ch]' 'cli/*.[ch]'); do
		from=$(room "$f")
		for inc in $(sed -n 's/^#include "\([^"]*\)".*/\1/p' "$f"); do
			case $inc in */*) ;; *.skel.h | config.h) continue ;; *) complain "$f: include \"$inc\" is not from the top"; continue ;; esac
			to=$(room "$inc")
			[ "$to" = "$from" ] && continue
			case " $(allowed "$from") " in *" $to "*) ;; *) complain "$f: $from may not include $to ($inc)" ;; esac
		done
	done
}

# Pure rooms: no clock, no entropy, no socket, no event loop; in the codecs no allocation by a wire count either.
pure()
{
	local pattern='event2/|sys/socket\.h|\b(time\(NULL\)|mono_now|wall_now_s|clock_gettime|gettimeofday|getrandom|arc4random|recvmmsg|sendmmsg|sendto)\b'
	local f
	for f in $(sources 'lisp/*.[ch]' 'trill/codec/*.[ch]' 'trill/core/*.[ch]') $(grep -v '^#' tests/lint/pure.list); do
		[ -f "$f" ] || { complain "tests/lint/pure.list: no file $f"; continue; }
		grep -nE "$pattern" "$f" | sed "s|^|$f:|" | grep -vE ':[0-9]+:[[:space:]]*(\*|/\*|//)' && complain "$f: a pure room reads a clock, entropy or a socket"
	done
	for f in $(sources 'lisp/*.c' 'trill/codec/*.c'); do
		case $f in lisp/auth.c | lisp/otk.c | lisp/referral_auth.c | trill/codec/isis_auth.c) continue ;; esac # keys are allocated at configuration time
		grep -nE '\b(malloc|calloc|realloc|reallocarray)\(' "$f" && complain "$f: the codec allocates"
	done
}

words()
{
	git grep -nIE '\b(TODO|FIXME|XXX)\b' -- '*.c' '*.h' '*.sh' 2>/dev/null | grep -v '^tests/lint/' && complain "left open"
	git grep -nE '\b(strcmp|strncmp|memcmp)\(' -- lisp/auth.c lisp/auth_*.c trill/codec/isis_auth.c 2>/dev/null && complain "a MAC is compared with CRYPTO_memcmp"
}

format()
{
	command -v clang-format >/dev/null || { echo "lint: clang-format is missing, the format is not checked"; return; }
	local out
	out=$(sources '*.c' '*.h' | xargs -r clang-format --dry-run 2>&1 | sed -n 's/^\([^:]*\):[0-9]*:.*/\1/p' | sort | uniq -c)
	[ -z "$out" ] || { echo "$out" >&2; complain "not in the committed .clang-format (clang-format -i FILE)"; }
}

# percentiles of the first column of standard input
spread() { sort -n | awk -v what="$1" '{v[NR]=$1; n[NR]=$2} END {if (NR) printf "%-18s %5d   median %4d   90 %% %4d   longest %4d  %s\n", what, NR, v[int((NR+1)/2)], v[int(NR*0.9+0.999)], v[NR], n[NR]}'; }

sizes()
{
	local product='lib lisp common mapserver xtr trill vmmobility placement cli'
	echo "                   count"
	sources $(for d in $product; do echo "$d/*.[ch]"; done) | xargs -r wc -l | awk '$2 != "total" {print $1, $2}' | spread "files, lines"
	sources 'tests/*.[ch]' | xargs -r wc -l | awk '$2 != "total" {print $1, $2}' | spread "test files, lines"
	if command -v ctags-universal >/dev/null || command -v ctags >/dev/null; then
		sources $(for d in $product; do echo "$d/*.c"; done) |
			ctags --languages=C --kinds-C=f --fields=+ne -o - -L - 2>/dev/null |
			awk -F'\t' '{line=0; end=0; for (i=4;i<=NF;i++) {if ($i ~ /^line:/) line=substr($i,6); if ($i ~ /^end:/) end=substr($i,5)} if (end) print end-line+1, $2 ":" $1}' |
			spread "functions, lines"
	fi
}

# docs/conformance.md: each test that a row names is there; together they name the row's RFCs; what it calls a capture is read by tshark.
conformance()
{
	local what text tests captures f rfc
	while IFS='|' read -r _ what text tests captures _; do
		for f in $tests $captures; do
			[ -f "$f" ] || complain "docs/conformance.md: $what: no file $f"
		done
		while read -r rfc; do
			# shellcheck disable=SC2086
			[ -z "$rfc" ] || grep -q "$rfc" $tests || complain "docs/conformance.md: $what: none of its tests names $rfc"
		done < <(tr ',' '\n' <<<"$text")
		for f in $captures; do
			grep -qE 'capture_read|tshark' "$f" || complain "docs/conformance.md: $what: $f reads no capture"
		done
	done < <(grep '^| .* RFC [0-9]' docs/conformance.md)
}

# trill/: what runs is tested, and what is tested runs.
only_tests() { python3 tests/lint/only_tests.py . || bad=1; }

# docs/trill.md: the tests that its table names are there.
trill_table() { bash tests/lint/trill_table.sh . || bad=1; }

# What the RBridge's core is configured with, the configuration writes.
rbridge_fields() { bash tests/lint/rbridge_fields.sh . || bad=1; }
verdicts() { bash tests/lint/verdicts.sh . || bad=1; }

# What git has, some local.mk has, or the release would be without it.
released()
{
	local f names
	names=$(cat Makefile.am $(git ls-files '*.mk' 2>/dev/null) | tr -s ' \t\\' '\n' | sed 's|.*%D%/||; s|^\$(top_srcdir)/||')
	for f in $(git ls-files '*.md' '*.c' '*.h' '*.conf' '*.json' '*.service.in' 'dist/debian/*' 2>/dev/null); do
		grep -qFx -e "$f" -e "${f#*/}" -e "${f#*/*/}" -e "${f##*/}" <<<"$names" || complain "$f: in no local.mk, so the release is without it"
	done
}

layers
conformance
only_tests
trill_table
rbridge_fields
verdicts
released
pure
words
format
sizes
exit $bad
