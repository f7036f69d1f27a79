#!/bin/bash
# campus.sh: six RBridges with redundant links, two VLANs, two end stations in each, on real ports. Links lose their carriers, carry nothing,
# or carry one way alone, and RBridges die, at random; probes of all stations show that no frame goes round and that all is reached again.
# usage: ./run campus [--seconds N] [--seed N] [--interval-ms N] [--deadline-ms N] [--list] [-v]
#   --seconds N       for so long (600)
#   --seed N          one seed is one sequence of what happens (1)
#   --interval-ms N   between two probes of a station, of each kind: to one, to all, to a MAC that nobody has (2)
#   --deadline-ms N   once links rest, all stations reach each other within that (8000)
#   --list            what would happen, 20 rounds of it; runs nothing
#   -v                tells what happens, when it happens
# Every frame is looked at on each link that it crosses. The rules: no RBridge sends a copy on twice; no hop count is used up; nothing comes
# back to its sender or into another VLAN; at rest, within the deadline, everybody is reached exactly once by each kind. Prints a table and, as
# its last line, all as JSON. Exit 1 if a rule is broken, 77 if it cannot run here.
set -u
here=$(cd "$(dirname "$0")" && pwd)
: "${top_srcdir:=$here/../..}" "${top_builddir:=$top_srcdir/build/plain}"
seconds=600 seed=1 interval_ms=2 deadline_ms=8000 list= verbose=
while [ $# -gt 0 ]; do
	case $1 in
	--seconds | --seed | --interval-ms | --deadline-ms)
		[[ ${2:-} =~ ^[0-9]+(\.[0-9]+)?$ ]] || { echo "campus: $1 needs a number" >&2; exit 2; }
		n=${1#--}
		printf -v "${n//-/_}" %s "$2"
		shift
		;;
	--list) list=1 ;;
	-v | --verbose) verbose=1 ;;
	--help) sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 0 ;;
	*) sed -n '4s/^# //p' "$0" >&2; exit 2 ;;
	esac
	shift
done
. "$top_srcdir/tests/netns/require.sh"
. "$top_srcdir/tests/verdict.sh"
. "$top_srcdir/tests/netns/campus.sh"
. "$top_srcdir/tests/netns/campus_six.sh"
. "$here/plan.sh"
# STATION:VLAN:RBRIDGE
STATIONS="a:10:1 b:10:6 c:20:3 d:20:4"
SIX_TIMES="hello = 300ms; holding = 2s; bfd = yes; bfd-interval = 100ms"
plan_begin "$seed" "$SIX_LINKS" "$(sed 's/[a-z]*:[0-9]*://g' <<<"$STATIONS")"

if [ -n "$list" ]; then
	while [ $PLAN_ROUND -le 20 ]; do
		plan_next
		printf '%5d ms  %s %s\n' $PLAN_WAIT $PLAN_VERB "$PLAN_WHAT"
	done
	exit 0
fi

# ---- the lab ----

wires()
{
	local pair a b
	for pair in $SIX_LINKS; do
		a=${pair:0:1} b=${pair:1}
		cable "rb$a" "to$b" "02:00:00:00:0$a:0$b" wire "w$a$b" "02:00:00:00:f$a:0$b"
		cable "rb$b" "to$a" "02:00:00:00:0$b:0$a" wire "w$b$a" "02:00:00:00:f$b:0$a"
		ip -n "$id-wire" link add "l$pair" mtu 1600 type bridge stp_state 0 forward_delay 0 mcast_snooping 0
		for n in "w$a$b" "w$b$a"; do
			ip -n "$id-wire" link set "$n" master "l$pair"
			bridge -n "$id-wire" link set dev "$n" learning off
		done
		ip -n "$id-wire" link set "l$pair" up
	done
}

stations()
{
	local station n=0
	for station in $STATIONS; do
		IFS=: read -r name vlan rb <<<"$station"
		n=$((n + 1))
		host "$name" "10.$vlan.0.$n/24" "rb$rb" "h$name" $n
		ACCESS[rb]+=" h$name:$vlan"
		WATCHED+=("$id-$name:eth0:$vlan:$rb")
	done
}

stand()
{
	local n
	wires
	stations
	for n in 1 2 3 4 5 6; do
		{ printf 'api-socket = "%s"\nstate-dir = "%s"\n' "$dir/rb$n.sock" "$dir/rb$n.state" && six_config $n ${ACCESS[n]:-}; } >"$dir/rb$n.conf"
		rbridge rb$n
	done
	for n in 1 2 3 4 5 6; do until_true "rb$n knows the whole campus" six_whole rb $n || return; done
}

# ---- what happens ----

through() { bridge -n "$id-wire" link set dev "$1" flood "$2" mcast_flood "$2" bcast_flood "$2"; } # PORT on|off: what leaves by it

carrier() # LINK up|down
{
	printf 'link set %s %s\n' "w${1:0:1}${1:1}" "$2" "w${1:1}${1:0:1}" "$2" | ip -n "$id-wire" -batch -
}

happen() # VERB WHAT
{
	local a=${2:0:1} b=${2:1} pid="pid_rb$2"
	case $1 in
	cut) carrier "$2" down ;;
	mute) through "w$a$b" off && through "w$b$a" off ;;
	half) through "w$b$a" off ;; # what leaves towards b
	mend) carrier "$2" up && through "w$a$b" on && through "w$b$a" on ;;
	kill | stop)
		counters "$2"
		if [ "$1" = kill ]; then kill -9 ${!pid}; else kill ${!pid}; fi
		wait ${!pid}
		for n in "${!pids[@]}"; do [ "${pids[n]}" != ${!pid} ] || unset "pids[n]"; done
		;;
	start) rbridge "rb$2" ;;
	esac 2>/dev/null
}

# counters N: adds what RBridge N has counted since it was started
counters()
{
	local verdict count
	while read -r verdict count; do COUNTED[$verdict]=$((${COUNTED[$verdict]:-0} + count)); done < <(ask "rb$1" /metrics |
		sed -n 's/^sunward_trill_frames_total{verdict="\([a-z_]*\)"} \([0-9]*\)$/\1 \2/p')
}

ms() { echo $((${EPOCHREALTIME/./} / 1000)); }
told() { IFS= read -rt 60 said <&"${WITNESS[0]}" || { echo "campus: the witness is gone: $(cat "$dir/witness")" >&2; exit 1; }; }

rest()
{
	local state
	state=$(plan_state)
	echo "rest $deadline_ms" >&"${WITNESS[1]}"
	told
	rests+=("$(jq -c --argjson t $((($(ms) - begun) / 1000)) --argjson events $events --arg state "$state" '{t_s: $t, events: $events, state: $state} + .' <<<"$said")")
	jq -r '[.t_s, .events, .ms.one, .ms.all, .ms.nobody, (if .converged then "yes" else "NO: \(.last)" end), .state] | @tsv' <<<"${rests[-1]}" |
		awk -F'\t' '{printf "%5d s %7d  %8d %8d %8d  %-9s  %s\n", $1, $2, $3, $4, $5, $6, $7}'
	events=0
}

declare -A COUNTED=()
declare -a ACCESS=() WATCHED=() rests=()
require root netns bpf ip bridge ethtool curl jq
campus_begin wild $(six_spaces rb) wire a b c d
stand || exit 1
exec {NEVER}<> <(:)
coproc WITNESS { exec "$top_builddir/tests/campus/witness" --wires "$id-wire" --interval-us "$(jq -n "$interval_ms * 1000")" "${WATCHED[@]}" 2>"$dir/witness"; }
pids+=("$WITNESS_PID")
begun=$(ms) events=0
printf '%7s %7s  %26s  %-9s  %s\n' "" "" "ms until all are reached" "" ""
printf '%7s %7s  %8s %8s %8s  %-9s  %s\n' at events "by one" "by all" "unknown" converged "not whole meanwhile"
PLAN_VERB=rest PLAN_WHAT=- PLAN_WAIT=0
rest
while [ $(($(ms) - begun)) -lt "$((seconds * 1000))" ] || [ "$PLAN_VERB" != rest ]; do
	plan_next
	read -rt "$(printf '%d.%03d' $((PLAN_WAIT / 1000)) $((PLAN_WAIT % 1000)))" -u "$NEVER" || :
	[ -z "$verbose" ] || printf '  %9.3f s  %s %s\n' "$((($(ms) - begun)))e-3" "$PLAN_VERB" "$PLAN_WHAT"
	if [ "$PLAN_VERB" = rest ]; then rest; else events=$((events + 1)) && happen "$PLAN_VERB" "$PLAN_WHAT"; fi
done
for n in 1 2 3 4 5 6; do [ "$n" = "$PLAN_DEAD" ] || counters $n; done
exec {WITNESS[1]}>&-
told

# ---- the verdict ----

. "$here/judge.sh"
judge
