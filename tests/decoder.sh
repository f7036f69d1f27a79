# decoder.sh: to be sourced by a test whose SAY writes frames: tshark, an independent decoder, reads them, and they are compared with what was
# meant. SAY: the program, which writes a capture to its output, and SAYS its argument, if any; READS: tshark's options. Ends the test where either is missing.
command -v tshark >/dev/null || { echo "skipped: tshark is not installed"; exit 77; }
[ -x "$SAY" ] || { echo "no $SAY: build it first"; exit 1; }
dir=$(mktemp -d "${TMPDIR:-/tmp}/sunward-tshark.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
"$SAY" ${SAYS:+"$SAYS"} >"$dir/all.pcap" || { echo "$SAY failed"; exit 1; }

bad=0 checks=0
read_frames() { tshark -n -r "$dir/all.pcap" "${READS[@]}" "$@" 2>"$dir/err"; }

# field FRAME NAME VALUE: the field's value, several joined by commas. Asked of tshark in one run, by compare.
asked=()
field() { asked+=("$1" "$2" "$3"); }

compare()
{
	local names name i got line
	local -A column=()
	names=()
	for ((i = 1; i < ${#asked[@]}; i += 3)); do
		name=${asked[i]}
		[ -n "${column[$name]:-}" ] && continue
		names+=(-e "$name")
		column[$name]=$((${#names[@]} / 2))
	done
	mapfile -t line < <(read_frames -T fields -E separator='|' "${names[@]}")
	for ((i = 0; i < ${#asked[@]}; i += 3)); do
		checks=$((checks + 1))
		got=$(cut -d '|' -f "${column[${asked[i + 1]}]}" <<<"${line[asked[i] - 1]}")
		[ "$got" = "${asked[i + 2]}" ] && continue
		echo "frame ${asked[i]}: ${asked[i + 1]} is '$got', should be '${asked[i + 2]}'"
		bad=1
	done
}

# none FILTER: no frame matches
none()
{
	local got
	checks=$((checks + 1))
	got=$(read_frames -Y "$1")
	[ -z "$got" ] || { printf '%s:\n%s\n' "$1" "$got"; bad=1; }
}

# frames COUNT: there are so many
frames() { [ "$(read_frames | wc -l)" = "$1" ] || { echo "not $1 frames:"; read_frames; cat "$dir/err"; exit 1; }; }

# agreed: the end of the test
agreed()
{
	compare
	[ $bad = 0 ] && echo "tshark agrees in $checks places"
	exit $bad
}
