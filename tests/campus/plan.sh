# plan.sh: to be sourced. What happens to the campus of campus_six.sh, at random; one seed is one sequence, whatever time it takes.
#
#   plan_begin SEED LINKS STATIONED    LINKS: pairs of digits; STATIONED: the RBridges with end stations
#   plan_next        the next thing: PLAN_WAIT (ms, from the thing before), PLAN_VERB, PLAN_WHAT:
#       cut LINK     its carrier is lost at both ends            mute LINK    it carries nothing, and its carrier stays
#       half LINK    from its first RBridge to its second it carries nothing, the other way all
#       mend LINK    all is as it was                            start N      RBridge N runs again
#       kill N       SIGKILL                                     stop N       SIGTERM
#       rest         for a while nothing changes: all that live are joined by links that are whole, and who has end stations lives
#   plan_state       what is not whole now, in words
declare -A PLAN_LINK=() # LINK: whole, cut, mute, half
PLAN_TODO=() PLAN_DEAD=

plan_begin()
{
	local link
	PLAN_SEED=$1 PLAN_LINKS=$2 PLAN_STATIONED=$3 PLAN_ROUND=0 PLAN_LEFT=0
	for link in $PLAN_LINKS; do PLAN_LINK[$link]=whole; done
	plan_round
}

# plan_below N: PLAN_R, below N. The upper bits of Knuth's MMIX generator.
plan_below()
{
	PLAN_SEED=$((PLAN_SEED * 6364136223846793005 + 1442695040888963407))
	PLAN_R=$(((PLAN_SEED >> 33 & 0x7fffffff) % $1))
}

plan_round() # 6 to 14 things until it rests
{
	plan_below 9
	PLAN_LEFT=$((6 + PLAN_R)) PLAN_ROUND=$((PLAN_ROUND + 1))
}

plan_of() # STATE: the links that are in it, or (!STATE) are not
{
	local link
	for link in $PLAN_LINKS; do
		case $1 in
		!*) [ "${PLAN_LINK[$link]}" = "${1#!}" ] || echo "$link" ;;
		*) [ "${PLAN_LINK[$link]}" != "$1" ] || echo "$link" ;;
		esac
	done
}

plan_pick() # WORD...: PLAN_PICKED is one of them
{
	plan_below $#
	PLAN_PICKED=${*:PLAN_R+1:1}
}

plan_set() # VERB LINK
{
	case $1 in mend) PLAN_LINK[$2]=whole ;; *) PLAN_LINK[$2]=$1 ;; esac
	PLAN_VERB=$1 PLAN_WHAT=$2
}

plan_rbridge() # one dies, or is there again
{
	if [ -n "$PLAN_DEAD" ]; then
		PLAN_VERB=start PLAN_WHAT=$PLAN_DEAD PLAN_DEAD=
		return
	fi
	plan_pick 1 2 3 4 5 6
	PLAN_DEAD=$PLAN_PICKED
	plan_pick kill kill stop
	PLAN_VERB=$PLAN_PICKED PLAN_WHAT=$PLAN_DEAD
}

plan_next()
{
	local broken rb_share=8
	plan_wait
	if [ ${#PLAN_TODO[@]} -gt 0 ]; then # on the way to a rest
		PLAN_VERB=${PLAN_TODO[0]% *} PLAN_WHAT=${PLAN_TODO[0]#* } PLAN_TODO=("${PLAN_TODO[@]:1}")
		[ $PLAN_VERB != rest ] || { PLAN_WAIT=0 && plan_round; }
		return
	fi
	PLAN_LEFT=$((PLAN_LEFT - 1))
	if [ $PLAN_LEFT -lt 0 ]; then
		plan_calm
		plan_next
		return
	fi
	mapfile -t broken < <(plan_of !whole)
	[ -z "$PLAN_DEAD" ] || rb_share=25
	plan_below 100
	if [ $PLAN_R -lt $rb_share ]; then
		plan_rbridge
	elif [ $PLAN_R -lt $((rb_share + 20 * ${#broken[@]})) ]; then
		plan_pick "${broken[@]}"
		plan_set mend "$PLAN_PICKED"
	else
		mapfile -t broken < <(plan_of whole)
		plan_pick "${broken[@]}"
		broken=$PLAN_PICKED
		plan_pick cut cut mute half
		plan_set "$PLAN_PICKED" "$broken"
	fi
}

plan_wait() # now and then two things at once
{
	plan_below 4
	if [ $PLAN_R = 0 ]; then plan_below 20; else plan_below 1900 && PLAN_R=$((PLAN_R + 100)); fi
	PLAN_WAIT=$PLAN_R
}

# plan_calm: what has to be mended for a rest, in an order by chance; each fourth time all
plan_calm()
{
	local broken link
	case " $PLAN_STATIONED " in *" $PLAN_DEAD "*) PLAN_TODO+=("start $PLAN_DEAD") PLAN_DEAD= ;; esac
	[ $((PLAN_ROUND % 4)) != 0 ] || [ -z "$PLAN_DEAD" ] || { PLAN_TODO+=("start $PLAN_DEAD") && PLAN_DEAD=; }
	mapfile -t broken < <(plan_of !whole)
	while [ ${#broken[@]} -gt 0 ] && { [ $((PLAN_ROUND % 4)) = 0 ] || ! plan_joined; }; do
		plan_pick "${broken[@]}"
		link=$PLAN_PICKED PLAN_LINK[$PLAN_PICKED]=whole
		PLAN_TODO+=("mend $link")
		mapfile -t broken < <(plan_of !whole)
	done
	PLAN_TODO+=("rest -")
}

# plan_joined: do whole links join all that live
plan_joined()
{
	local reached before= n link
	for n in 1 2 3 4 5 6; do [ $n = "$PLAN_DEAD" ] || break; done
	reached=$n
	while [ "$reached" != "$before" ]; do
		before=$reached
		for link in $(plan_of whole); do
			case $link in *"${PLAN_DEAD:-x}"*) continue ;; esac
			case $reached in
			*${link:0:1}*${link:1}* | *${link:1}*${link:0:1}*) ;;
			*${link:0:1}*) reached+=${link:1} ;;
			*${link:1}*) reached+=${link:0:1} ;;
			esac
		done
	done
	[ ${#reached} = $((6 - ${#PLAN_DEAD})) ]
}

plan_state()
{
	local link said=()
	[ -z "$PLAN_DEAD" ] || said+=("RBridge $PLAN_DEAD dead")
	for link in $(plan_of !whole); do said+=("$link ${PLAN_LINK[$link]}"); done
	(IFS=,; echo "${said[*]:-all whole}" | sed 's/,/, /g')
}
