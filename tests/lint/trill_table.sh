#!/bin/bash
# trill_table.sh: holds docs/trill.md's table of items and tests: each file and each test that a row names is there, "..." standing for any
# rest; what is said to be done has a test; and some test of a row begins with the letter of its item.
# usage: trill_table.sh [TOP]     exit 1 when a row is wrong
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
bad=0 row='' letters='' files=() named=no fits=no count=0

complain() { echo "lint: docs/trill.md: $row: $*" >&2; bad=1; }
# found NAME: where the test program or script is, once or more
found() { find tests -name "$1" -o -name "$1.c"; }
# fit NAME FILE...: a test of this name is in one of the files, and begins with a letter of the row
fit()
{
	local pattern=${1//.../[a-z0-9_]*}
	shift
	grep -qE "(^static void |[^a-z0-9_])${pattern}[^a-z0-9_]" "$@" || complain "no test ${pattern//\[a-z0-9_]\*/...} in $*"
	case $letters in *"${pattern%%_*}"*) fits=yes ;; esac
}
# A file as a whole: one of its tests is the item's.
whole() { grep -qE "(^static void |^\s*\"?|[^a-z0-9_])[${letters// /}]_[a-z0-9_]{3}" "$@" && fits=yes; }

# token WORD: a file or a test, in the order of the row
token()
{
	local word=$1 paths
	case $word in
	*' '*) return ;;
	test_* | *.sh)
		[ "$named" = no ] || files=()
		named=no
		mapfile -t paths < <(found "$word")
		[ ${#paths[@]} -gt 0 ] || { complain "no file $word"; return; }
		files+=("${paths[@]}")
		whole "${paths[@]}"
		;;
	[a-z]_*)
		named=yes
		[ ${#files[@]} -gt 0 ] && fit "$word" "${files[@]}"
		;;
	esac
}

# check TESTS: what a cell names
check()
{
	local word
	named=no fits=no
	while IFS= read -r word; do
		[ -z "$word" ] || token "$(tr -d '`' <<<"$word")"
	done < <(grep -oE '`[^`]+`|test_[a-z0-9_]*[a-z0-9]|[a-z0-9-]+\.sh' <<<"$1")
}

section=''
while IFS= read -r line; do
	case $line in
	'## 4.'*) section=items ;;
	'### Bad input'*) section=bad ;;
	'### '* | '## '*) section='' ;;
	esac
	[[ $line == '|'* && $line != '|--'* && -n $section ]] || continue
	IFS='|' read -r _ first second _ fourth state _ <<<"$line"
	row="$first|$second"
	case $section:$first in
	items:' item ' | bad:' what ') continue ;;
	items:*)
		count=$((count + 1))
		letters=$(tr 'A-Z' 'a-z' <<<"$first" | tr -cd 'a-z ')
		files=()
		check "$fourth"
		[[ $state != ' done'* && $state != ' data plane'* && $state != ' codec'* ]] || [[ $fourth == *[a-z]* ]] || complain "no test is named"
		[[ $fourth != *test_* ]] || [ "$fits" = yes ] || complain "no test begins with one of: $letters"
		;;
	bad:*)
		letters=abcdefghijklmnopqrstuvwxyz
		files=(tests/unit/test_trill_hostile.c)
		check "$fourth"
		;;
	esac
done <docs/trill.md
[ $count -gt 80 ] || { row=table; complain "only $count rows were found"; }
exit $bad
