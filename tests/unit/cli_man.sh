#!/bin/bash
# cli_man.sh: the manual pages are clean mdoc, and speak of every verb and option that the program has.
set -u
sunward=$top_builddir/sunward
command -v mandoc >/dev/null || { echo "mandoc is missing (package mandoc)"; exit 77; }
[ -x "$sunward" ] || { echo "no $sunward: make builds it"; exit 77; }
bad=0

# A page that is not installed yet is no mistake of the page that refers to it.
for page in sunward.1 lig.1; do
	out=$(mandoc -Tlint "$top_srcdir/docs/man/$page" | grep -v 'referenced manual not found')
	[ -z "$out" ] || { echo "$out"; bad=1; }
done
text=$(mandoc -Tascii "$top_srcdir/docs/man/sunward.1" "$top_srcdir/docs/man/lig.1" | sed 's/.\x08//g' | tr -s ' \n' ' ')
verbs=$("$sunward" -h | sed -n '/^verbs:/,/^options/s/^  \([a-z]\+\( [a-z]\+\)\?\)\( .*\|$\)/\1/p')
[ "$(wc -l <<<"$verbs")" -gt 15 ] || { echo "the verbs cannot be read from sunward -h"; exit 1; }
while read -r verb; do
	[[ $text == *" $verb "* || $text == *" $verb,"* ]] || { echo "no verb \"$verb\" in the pages"; bad=1; }
	for option in $("$sunward" $verb -h | grep -o '^ .\{5\}--[a-z-]\+' | grep -o -- '--[a-z-]\+'); do
		[[ $text == *"$option"* ]] || { echo "no $option of \"$verb\" in the pages"; bad=1; }
	done
done <<<"$verbs"
exit $bad
