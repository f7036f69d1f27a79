#!/bin/bash
# evacuate_lab.sh: the lab of the evacuate benchmark: many guests at one site, real agents, that all move to the other site at once while a
# client sends to all of them.
# usage: evacuate_lab.sh BUILD_DIR GUESTS AGENTS RATE      agents a site; datagrams a second to all guests together
# Once it stands it prints "ready" and its processes; for each line of its input, one of output:
#   evacuate DARK_MS   ->  sent lost duplicated reordered, then in ms: from resume to a guest's first datagram (p50 p99 max), to its first that
#                      came straight from the client's router (p50 p99 max), then bytes held at most at one router, then processor seconds
#                      of the move: routers agents map-server stand-ins; ms of preparing; datagrams a second that the sender reached; -1: never
#   calm SECONDS       ->  sent lost, without a move, and datagrams a second that the sender reached
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lab/topology.sh"
guests=${2:?usage: evacuate_lab.sh BUILD_DIR GUESTS AGENTS RATE} agents=${3:?AGENTS} rate=${4:?RATE}
# The guests' subnet has more than 254.
STANDIN_FIRST=10.53.1.0 STANDIN_GATEWAY=10.53.0.1/16 STANDIN_AGENTS=$agents STANDIN_TAPS=${STANDIN_TAPS:-$((agents * 5))} STANDIN_QUEUE=20000
. "$here/../lab/standin.sh"
LAB_PRIORITY=1
LAB_SUBST='s|203.0.113.0/24|10.53.0.0/16|'
lab_init "${1:?BUILD_DIR}"
trap lab_end EXIT
trap 'exit 130' INT TERM
at=paris

# Each host of a router is in its kernel's table of neighbours, and the limit of that is the machine's, of all namespaces together.
neighbours_were=$(sysctl -n net.ipv4.neigh.default.gc_thresh3)
lab_end()
{
	sysctl -qw net.ipv4.neigh.default.gc_thresh3="$neighbours_were"
	lab_down
}

# 100,000 a second come to a router for guests that stand still.
many_held()
{
	local s
	for s in paris tokyo; do printf 'limits {\n\thold-memory = 256MiB\n}\ndata-plane {\n\thold-queue = 65536\n}\n' >>"$LAB_CONF/$s.conf"; done
}

stand()
{
	[ "$neighbours_were" -ge 16384 ] || sysctl -qw net.ipv4.neigh.default.gc_thresh3=16384 || return
	standin_network && standin_xtrs && many_held && printf 'subscribe = yes\n' >>"$LAB_CONF/office.conf" && lab_mapping_system &&
		standin_agents "$guests" && standin_boot paris && spray $((guests * 4)) 3 && spray "$rate" 2
}

# spray RATE SECONDS: until it ends
spray() { lab_exec client "$LAB_BIN/tests/lab/spray" --first $STANDIN_FIRST --guests "$guests" --rate "$1" --seconds "$2" >"$LAB_DIR/spray.out"; }

cpu_s() # NAME...: processor time that these have used
{
	local name sum=0
	for name in "$@"; do
		[ ! -r "/proc/${LAB_PID[$name]}/stat" ] || sum=$((sum + $(sed 's/.*) //' "/proc/${LAB_PID[$name]}/stat" | awk '{print $12 + $13}')))
	done
	awk "BEGIN {print $sum / $(getconf CLK_TCK)}"
}

agent_names()
{
	local h n
	for h in $STANDIN_HOSTS; do for ((n = 0; n < agents; n++)); do standin_agent_name $h $n; done; done
}

used() { echo "$(cpu_s paris tokyo office) $(cpu_s $(agent_names)) $(cpu_s ms mr) $(cpu_s standin)"; }

held() { local s; for s in paris tokyo; do lab_sunward $s -j status | jq '.. | .held_bytes? // empty'; done; }
hold_watch() { while :; do held; lab_pause 0.1; done; }

quantiles() # COLUMN FILE: p50 p99 max; -1 when one guest has none
{
	awk -v c="$1" '{print $c}' "$2" | sort -g | awk '{v[NR] = $1} END {if (v[1] < 0) print -1, -1, -1; else print v[int((NR + 1) / 2)], v[int(NR * 0.99 + 0.5)], v[NR]}'
}

evacuate() # DARK_MS
{
	local to=tokyo from=$at before after begin prepared sent watcher
	[ $at = paris ] || to=paris
	begin=$EPOCHREALTIME
	standin_prepare all $from $to || return
	prepared=$(awk "BEGIN {print ($EPOCHREALTIME - $begin) * 1000}")
	lab_start client spray "$LAB_BIN/tests/lab/spray" --first $STANDIN_FIRST --guests "$guests" --rate "$rate"
	lab_pause 1
	hold_watch >"$LAB_DIR/held" 2>/dev/null &
	watcher=$!
	before=$(used)
	standin_move all $from $to "$1" || return
	lab_poll 20 "all guests to be reached straight" straight
	after=$(used)
	lab_pause 0.5
	kill "$watcher" && wait "$watcher" 2>/dev/null
	kill "${LAB_PID[spray]}" && wait "${LAB_PID[spray]}"
	lab_pause 0.5
	at=$to
	sent=$(tail -n 1 "$LAB_DIR/spray.out")
	standin_do seen all && seen=$STANDIN_SAID && standin_do list all "$LAB_DIR/list" || return
	jq -rn --argjson s "$sent" --argjson g "$seen" '"\($s.sent) \($s.sent - $g.received) \($g.duplicated) \($g.reordered)"' | tr '\n' ' '
	echo "$(quantiles 6 "$LAB_DIR/list") $(quantiles 7 "$LAB_DIR/list") $(sort -g "$LAB_DIR/held" | tail -n 1)" \
		"$(awk "BEGIN {split(\"$before\", b, \" \"); n = split(\"$after\", a, \" \"); for (i = 1; i <= n; i++) printf \"%.2f \", a[i] - b[i]}")" \
		"$prepared $(jq .per_s <<<"$sent")"
	standin_left all $from
}

straight() { standin_do list all "$LAB_DIR/list" && awk '$7 < 0 {exit 1}' "$LAB_DIR/list"; }

calm() # SECONDS
{
	spray "$rate" "$1" && lab_pause 0.5 || :
	standin_do seen all || return
	jq -rn --argjson s "$(tail -n 1 "$LAB_DIR/spray.out")" --argjson g "$STANDIN_SAID" '"\($s.sent) \($s.sent - $g.received) \($s.per_s)"'
}

stand >&2 || exit 1
echo "ready $$ $(jobs -pr | tr '\n' ' ')"
while read -r verb number; do
	case $verb in
	evacuate) evacuate "$number" ;;
	calm) calm "$number" ;;
	*) echo "evacuate_lab: '$verb'" >&2; exit 2 ;;
	esac || exit 1
done
