#!/bin/bash
# failover_lab.sh: one system of the failover benchmark: four switches, and two ways between two end stations that share none of them.
# usage: failover_lab.sh BUILD_DIR SYSTEM [STATIONS]     STATIONS: so many more are known to all switches, at rb4
#   rbridge    Sunward's RBridges, with BFD between them each 15 ms, three of which are missed
#   hellos     the same without BFD: a Hello each 300 ms, and a Holding Time of 1 s, the shortest that a Hello can say
#   evpn       FRR and the kernel's VXLAN, with the same BFD (failover_evpn.sh)
#   stp        the kernel's bridges with its spanning tree (802.1D), as fast as it lets itself be set: forward delay 2 s, hello 1 s, max age 6 s
#
#                    wire
#            rb1 ----====---- rb2        a is at rb1, b at rb4; the way by rb2 is the cheaper one. The link of rb1 and rb2 goes through a bridge,
#          a  |                |  b      where it can be cut. A machine's cable ends at rb3 and rb4, and is in one of the two.
#             ----- rb3 ----- rb4
#
# Once it stands it prints "ready" and its processes (or "unable" and why); for each line of its input, one of output: sent lost duplicated
# reordered, then in ms: longest gap, and of a move from when the machine is plugged in to the first probe there (-1: never; else 0)
#   carrier 0    the link of rb1 and rb2 loses its carrier, at both ends
#   silent 0     it carries nothing any more, in neither direction, and its carrier stays
#   killed 0     rb2 is killed (SIGKILL; of EVPN it also forwards nothing any more), or its bridge is down; carriers stay
#   stopped 0    rb2 is stopped (SIGTERM)
#   move 0       the machine moves from rb3 to rb4, or back, while probes go to it from a
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lab/topology.sh"
. "$here/../lab/evpn.sh"
. "$here/../netns/campus.sh"
system=${2:?usage: failover_lab.sh BUILD_DIR SYSTEM [STATIONS]} stations=${3:-0}
lab_init "${1:?BUILD_DIR}"
trap lab_down EXIT
trap 'exit 130' INT TERM
: "${LAB_PRIORITY=1}" # of all daemons: the lab stands in for five machines, on few processors
id=${LAB_PREFIX%-} at=3 crowd_again=0
AGE_CS=30000000 # how long a silent end station is known, in 1/100 s: those of the crowd are
REST_S=1.5 # before each: what changes again and again is said less often
B=10.9.0.2 MACHINE=10.9.0.3
. "$here/failover_evpn.sh"
declare -A TRUNKS=([1]="to2 to3" [2]="to1 to4" [3]="to1 to4" [4]="to2 to3") ACCESS=([1]=h0 [2]= [3]=h1 [4]="h0 h1")

network()
{
	local n
	lab_spaces rb1 rb2 rb3 rb4 wire rack a b machine
	for n in $LAB_SPACES; do
		lab_exec "$n" sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	done
	plain_bridge wire lan
	cable rb1 to2 02:00:00:00:01:02 wire at1 02:00:00:00:f0:01
	cable rb2 to1 02:00:00:00:02:01 wire at2 02:00:00:00:f0:02
	cable rb1 to3 02:00:00:00:01:03 rb3 to1 02:00:00:00:03:01
	cable rb2 to4 02:00:00:00:02:04 rb4 to2 02:00:00:00:04:02
	cable rb3 to4 02:00:00:00:03:04 rb4 to3 02:00:00:00:04:03
	for n in 1 2; do lab_ip wire link set at$n master lan; done
	host a 10.9.0.1/24 rb1 h0 1
	host b $B/24 rb4 h0 2
	plain_bridge rack lan
	for n in 3 4; do
		cable rack at$n 02:00:00:00:f1:0$n rb$n h1 02:00:00:00:0$n:f1
		lab_ip rack link set at$n master lan
	done
	host machine $MACHINE/24 rack port 3
	lab_ip rack link set port master lan
	for n in at3 at4 port; do bridge -n "$(lab_ns rack)" link set dev $n learning off flood on; done
	lab_poll 5 "the machine's other cable" lab_rack_carries at4 && bridge -n "$(lab_ns rack)" link set dev at4 state disabled
}

plain_bridge() # NS NAME
{
	lab_ip "$1" link add "$2" mtu 1600 type bridge stp_state 0 forward_delay 0 mcast_snooping 0
	lab_ip "$1" link set "$2" up
}

# ---- the systems ----

rbridge_config() # N
{
	local n=$1 port cost watch="hello = 1s\n holding = 10s\n bfd = yes"
	[ "$system" = rbridge ] || watch="hello = 300ms\n holding = 1s"
	printf 'api-socket = "@DIR@/api.sock"\nstate-dir = "@DIR@/state"\nsystem-id = "0200.0000.000%d"\nnickname = 0x0c0%d\nroot-priority = %d\nage = %ds\n' \
		"$n" "$n" $((5000 - n)) $((AGE_CS / 100))
	for port in ${TRUNKS[$n]}; do
		cost=1000
		case $n$port in 1to3 | 3* | 4to3) cost=2000 ;; esac
		printf 'port "%s" {\n kind = trunk\n p2p = yes\n cost = %d\n %b\n}\n' "$port" $cost "$watch"
	done
	for port in ${ACCESS[$n]}; do printf 'port "%s" {\n kind = access\n pvid = 10\n hello = 300ms\n holding = 1s\n}\n' "$port"; done
}

rbridges()
{
	local n
	lab_own_conf
	for n in 1 2 3 4; do
		rbridge_config $n >"$LAB_CONF/rb$n.conf"
		lab_daemon_begin rb$n sunward-rbridge rb$n.conf
	done
	for n in 1 2 3 4; do lab_daemon_ready rb$n sunward-rbridge || return; done
	for n in 1 3 4; do lab_poll 15 "rb$n to serve its end stations" serves $n || return; done
}
ask() { curl -sf -m 5 --unix-socket "$LAB_DIR/$1/api.sock" "http://localhost$2"; }
serves() { ask rb"$1" /v1/vlans | tr -d ' \n' | grep -q '"appointed":"10","inhibited":null'; }
hop() { ask rb"$1" /v1/nicknames | jq -r --arg n "0x0c0$2" '.nicknames[] | select(.nickname == $n) | .hops[].port'; }

kernel_bridges()
{
	local n port
	for n in 1 2 3 4; do
		lab_ip rb$n link add br0 mtu 1600 type bridge stp_state 1 forward_delay 200 hello_time 100 max_age 600 priority $((n * 4096)) \
			mcast_snooping 0 ageing_time $AGE_CS
		for port in ${TRUNKS[$n]} ${ACCESS[$n]}; do lab_ip rb$n link set "$port" master br0; done
		for port in ${TRUNKS[$n]}; do
			case $n$port in 1to3 | 3* | 4to3) bridge -n "$(lab_ns rb$n)" link set dev "$port" cost 20 ;; esac
		done
		lab_ip rb$n link set br0 up
	done
}
forwards() { bridge -n "$(lab_ns rb"$1")" link show dev "$2" | grep -q 'state forwarding'; }

stand()
{
	network || return
	case $system in
	stp) kernel_bridges ;;
	evpn) fabric_stand ;;
	*) rbridges ;;
	esac || return
	lab_poll 20 "all to go the cheaper way" settled
}

# settled: both ends go the cheaper way, and all are reached
settled()
{
	if [ "$system" = evpn ]; then
		fabric_settled
	elif [ "$system" = stp ]; then
		forwards 1 to2 && forwards 2 to1 && forwards 2 to4 && forwards 4 to2 && ! forwards 3 to4
	else
		[ "$(hop 1 4) $(hop 4 1) $(hop 2 1) $(hop 2 4)" = "to2 to2 to1 to4" ]
	fi && reached $B && reached $MACHINE
}

# crowd: all switches with end stations know $stations more at rb4. Some frames may be lost; and what STP flushes is told again.
crowd()
{
	crowd_known && return
	[ $SECONDS -ge $crowd_again ] || return
	crowd_again=$((SECONDS + 30))
	"$LAB_BIN/tests/bench/crowd" "$(lab_ns b):eth0" "$stations" 20000
	return 1
}
crowd_known()
{
	local n
	for n in 1 3 4; do [ "$(crowd_at rb$n)" -ge "$stations" ] || return; done
}
crowd_at()
{
	case $system in
	evpn | stp) bridge -n "$(lab_ns "$1")" fdb show br br0 | grep -c '^02:00:cc.* master br0' ;;
	*) ask "$1" /metrics | awk '/^sunward_trill_stations_learned_total/ {n = $2} END {print n + 0}' ;;
	esac
}
reached() { lab_exec a ping -n -q -c 1 -W 1 "$1"; }

# ---- what happens, and how it is undone ----

wire() { printf '%s\n' "$@" | ip -n "$(lab_ns wire)" -batch -; }

# programs: what holds the programs of rb2's ports
programs()
{
	local p
	for p in "${LAB_PID[rb2]}" $(pgrep -P "${LAB_PID[rb2]}"); do
		awk '$1 == "link_id:" {print "link detach id " $2}' /proc/"$p"/fdinfo/*
	done
}

# power_off: rb2 forwards nothing any more, and then does not live: the kernel lets a dead one's programs go on for 10 to 80 ms, in which others could notice
power_off()
{
	[ -n "$held" ] && bpftool batch file - <<<"$held" >&2 || { echo "failover_lab: rb2 forwards on" >&2; return 1; }
	{ kill -9 "${LAB_PID[rb2]}" && wait "${LAB_PID[rb2]}" || :; } 2>/dev/null # bash would say that it is dead
}

happen()
{
	case $1 in
	carrier) wire "link set at1 down" "link set at2 down" ;;
	silent) wire "link set at1 nomaster" "link set at2 nomaster" ;;
	killed)
		if [ "$system" = stp ]; then
			lab_ip rb2 link set br0 down
		elif [ "$system" = evpn ]; then
			fabric_die
		else
			power_off
		fi
		;;
	stopped) kill "${LAB_PID[rb2]}" ;;
	esac
}

undo()
{
	case $1 in
	carrier) wire "link set at1 up" "link set at2 up" ;;
	silent) wire "link set at1 master lan" "link set at2 master lan" ;;
	killed | stopped)
		if [ "$system" = stp ]; then
			lab_ip rb2 link set br0 up
		elif [ "$system" = evpn ]; then
			fabric_live
		else
			wait "${LAB_PID[rb2]}" 2>/dev/null
			lab_daemon rb2 sunward-rbridge rb2.conf
		fi
		;;
	esac
}

# For how many seconds it is watched: longer than it can take.
watched_s()
{
	case $system-$1 in
	stp-*) echo 16 ;;
	hellos-*) echo 3 ;;
	*) echo 1.5 ;;
	esac
}

probes() # ADDRESS SECONDS MORE...: begins, and returns once they run
{
	local to=$1 seconds=$2
	shift 2
	rm -f "$LAB_DIR/traffic.out"
	lab_start a traffic $(lab_before 0) "$LAB_BIN/tests/lab/traffic" "$to" --seconds "$seconds" --log "$LAB_DIR/probes" "$@"
	traffic=$LAB_LAST
	lab_poll 5 "0.3 s of traffic" grep -q '"t_s":0.[3-9]' "$LAB_DIR/traffic.out"
}

# silence: for how many ms there was no answer at the end: no gap, for a gap has two ends
silence() { awk '$5 > last {last = $5} END {print last ? ($2 - last) / 1e6 : $2 / 1e6}' "$LAB_DIR/probes"; }

told() # what the probes found
{
	wait "$traffic" || { cat "$LAB_DIR/traffic.log" >&2; return 1; }
	tail -n 1 "$LAB_DIR/traffic.out" | jq -r '"\(.sent) \(.lost) \(.duplicated) \(.reordered) \(.longest_gap_ms)"' |
		awk -v end="$(silence)" '{$5 = $5 < end ? end : $5; printf "%s ", $0}'
}

lose() # CASE
{
	case $system-$1 in stp-* | evpn-*) ;; *-killed) held=$(programs) ;; esac
	probes $B "$(watched_s "$1")" && happen "$1" && told || return
	undo "$1" >&2 && echo 0
}

move()
{
	local to=$((7 - at)) moved resumed
	probes $MACHINE 1.2 --watch "$(lab_ns machine):eth0" || return
	moved=$("$LAB_BIN/tests/lab/replug" --silent "$(lab_ns rack)" at$at at$to "$(lab_ns rb$to)" h1 0 "$(lab_ns machine)" eth0 $MACHINE) || return
	at=$to
	told || return
	resumed=$(jq -r .resumed_ns <<<"$moved")
	awk -v since="$resumed" '$3 > since && (!first || $3 < first) {first = $3} END {printf "%.3f\n", first ? (first - since) / 1e6 : -1}' "$LAB_DIR/probes"
}

case $system in evpn) ! why=$(fabric_unable) || { echo "unable $why"; exit 77; } ;; esac
stand >&2 || exit 1
echo "ready $$ $(jobs -pr | tr '\n' ' ')"
while read -r verb number; do
	lab_poll 30 "the cheaper way to be gone again" settled || exit 1
	[ "$stations" = 0 ] || lab_poll 60 "$stations end stations to be known" crowd || exit 1
	lab_pause $REST_S
	case $verb in
	carrier | silent | killed | stopped) lose "$verb" ;;
	move) move ;;
	*) echo "failover_lab: '$verb $number'" >&2; exit 2 ;;
	esac || exit 1
done
