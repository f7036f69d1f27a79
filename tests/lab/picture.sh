# picture.sh: to be sourced. The demo's live picture in a terminal, and plain lines elsewhere.
#
# The picture is redrawn in place from the variables named below; nothing here measures or decides.
#   P_AT       paris | tokyo | moving     P_MAPPING  what the map-server says      P_EVENT    the last thing that happened
#   P_CAMPUS   where the campus of its site has it, if there is one
#   P_T P_SENT P_LOST P_GAP P_TCP P_BYTES             P_SECONDS  length of the run

picture_start()
{
	P_AT=paris P_MAPPING="" P_EVENT="" P_CAMPUS="" P_T=0 P_SENT=0 P_LOST=0 P_GAP=0 P_TCP="" P_BYTES=0
	PICTURE_LIVE=
	if [ -t 1 ] && [ -z "${PICTURE_PLAIN:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
		PICTURE_LIVE=1
		printf '\033[2J\033[?25l'
	fi
}

picture_stop() { [ -z "${PICTURE_LIVE:-}" ] || printf '\033[?25h\n'; }

picture_bar() # DONE TOTAL
{
	local n=$((40 * $1 / ($2 > 0 ? $2 : 1))) full="########################################" none="........................................"
	[ $n -le 40 ] || n=40
	printf '[%s%s]' "${full:0:n}" "${none:n}"
}

picture_draw()
{
	local p="         " t="         " m="         "
	[ -n "$PICTURE_LIVE" ] || return 0
	case $P_AT in
	paris) p=$'\033[1;32m machine \033[0m' ;;
	tokyo) t=$'\033[1;32m machine \033[0m' ;;
	*) m=$'\033[1;33m~machine~\033[0m' ;;
	esac
	printf '\033[H'
	printf '%b\033[K\n' "  \033[1mSunward\033[0m  a machine keeps its address while it moves" "" \
		"        Paris                               Tokyo" \
		"   +-------------+                     +-------------+" \
		"   |  $p  |      $m      |  $t  |" \
		"   +------+------+                     +------+------+" \
		"   xTR ${LAB_RLOC[paris]}                   xTR ${LAB_RLOC[tokyo]}" \
		"          |                                   |" \
		"          '----------------+------------------'" \
		"                           |            map-resolver ${LAB_RLOC[mr]}" \
		"                   xTR ${LAB_RLOC[office]}       map-server   ${LAB_RLOC[ms]}" \
		"                    client $LAB_CLIENT" "" \
		"  mapping   $P_MAPPING" \
		"${P_CAMPUS:+  campus    $P_CAMPUS}" \
		"  packets   sent $P_SENT   unanswered $P_LOST   longest gap $P_GAP ms" \
		"  TCP       $P_TCP, $P_BYTES bytes echoed" \
		"  time      $(picture_bar "${P_T%.*}" "$P_SECONDS") $P_T s" \
		"  $P_EVENT"
	printf '\033[J'
}

picture_say() # TEXT: an event; on a terminal it stands in the picture, elsewhere it is a line
{
	P_EVENT=$1
	[ -n "$PICTURE_LIVE" ] || printf '%6s s  %s\n' "$P_T" "$1"
}
