#!/bin/bash
# demo.sh: two data centres and a client; a machine moves Paris -> Tokyo -> Paris under traffic.
# usage: ./run demo [--guests | --require-guests | --stand-in] [--flat] [--seconds N] [--dark-ms N] [--lost-max N] [--gap-max N] [--plain] [--keep]
#   --guests      the machine is a real guest that QEMU migrates live, and an agent at each hypervisor tells of it; where that cannot be,
#                 says why and takes the stand-in (so it is without any of the three; --require-guests: exit 1 then)
#   --stand-in    the machine is a namespace with a cable, and nobody tells that it moves
#   --flat        a cable joins each data centre's hypervisor and tunnel router, not a TRILL campus of six RBridges
#   --seconds N   length of the run (default 21; moves at one and two thirds)
#   --dark-ms N   how long the stand-in's address stands at neither site in a move (default 5; a guest's: as long as QEMU pauses it)
#   --lost-max N  packets that may be lost (default: none; of a stand-in: 0.1 %, and over a campus, where nobody sees its cable, those of the dark time)
#   --gap-max N   milliseconds that a gap may be longer than the dark time (default 1000, since a guest without KVM runs on slowly; a stand-in: 20)
#   --plain       lines instead of the picture        --keep   keep the daemons' logs
# Exit 77: the guest's kernel has stopped. Exit 0 only if both moves were followed by the mapping and the traffic, no more packets were lost and no gap was longer than is said
# above, the TCP connection was kept, and in each campus all links stand, no frame went round, the machine was behind the right RBridge, and tshark found nothing wrong on a link.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/topology.sh"
. "$here/picture.sh"
. "$here/guest/guest.sh"
. "$here/guest/qemu.sh"

arguments=("$@")
P_SECONDS=21 dark_ms=5 lost_max= gap_max= machine=guest campus=1
while [ $# -gt 0 ]; do
	case $1 in
	--guests) machine=guest ;;
	--require-guests) machine=only_guest ;;
	--stand-in) machine=stand_in ;;
	--flat) campus= ;;
	--seconds) P_SECONDS=${2:?--seconds needs a number}; shift ;;
	--dark-ms) dark_ms=${2:?--dark-ms needs a number}; shift ;;
	--lost-max) lost_max=${2:?--lost-max needs a number}; shift ;;
	--gap-max) gap_max=${2:?--gap-max needs a number}; shift ;;
	--plain) PICTURE_PLAIN=1 ;;
	--keep) LAB_KEEP=1 ;;
	--help) sed -n '3,15s/^# \{0,1\}//p' "$0"; exit 0 ;;
	*) sed -n '3s/^# //p' "$0" >&2; exit 2 ;;
	esac
	shift
done

if [ -n "$campus" ]; then
	. "$here/campus.sh"
	if reason=$(campus_unable); then
		echo "demo: no campuses here: $reason" >&2
		exec "$0" --flat "${arguments[@]}"
	fi
fi
lab_init "${LAB_BUILD:-$here/../../build/plain}"
trap 'picture_stop; lab_down' EXIT
trap 'exit 130' INT TERM

field() { local v=${1#*\"$2\":}; v=${v%%[,\}]*}; v=${v#\"}; echo "${v%\"}"; } # JSON NAME
at_most() { awk -v a="$1" -v b="$2" 'BEGIN {exit !(a + 0 <= b + 0)}'; }

gap_allowed() # GAP DARK: how long the address stood nowhere is measured move by move, and longer on a busy machine
{
	at_most "$1" "$(awk "BEGIN {print $2 + $gap_max}")" || bad+=("a gap of $1 ms, more than dark time $2 + $gap_max ms")
}

mapping_is() # SITE: does the map-server say that the machine is there
{
	lab_sunward ms -j eid show "$LAB_MACHINE" 2>/dev/null | grep -q "\"${LAB_RLOC[$1]}\""
}

read_mapping()
{
	local site
	for site in paris tokyo; do mapping_is $site && P_MAPPING="$LAB_MACHINE/32 -> ${LAB_RLOC[$site]} ($site)"; done
}

# The machine that moves: a stand-in, which is a namespace with a cable, or a real guest. Each starts, and moves FROM TO and sets dark.
stand_in_start()
{
	lab_network || return
	if [ -n "$campus" ]; then
		campus_station machine eth0 && campus_station client eth0 && lab_silent_rack && campus_begin_both || return
	fi
	mac=$(lab_exec machine cat /sys/class/net/eth0/address)
	lab_daemons || return
	lab_start machine echo "$LAB_BIN/tests/lab/echo" 7777
	lab_poll 10 "the client to reach the machine's service" lab_exec client bash -c "</dev/tcp/$LAB_MACHINE/7777"
}

campus_begin_both()
{
	echo "making a campus of six RBridges in each data centre ..."
	campus_start
}

stand_in_move()
{
	local out
	out=$(lab_move "$1" "$2" "$dark_ms") || return
	dark=$(field "$out" dark_ms)
}

guest_start()
{
	guest_network || return
	if [ -n "$campus" ]; then campus_station client eth0 && campus_begin_both || return; fi
	mac=$GUEST_MAC
	lab_mapping_system || return
	echo "starting a guest of QEMU in Paris, and an agent at each hypervisor ..."
	guest_boot && qemu_agents
}

guest_move()
{
	picture_say "QEMU copies the guest's memory $1 -> $2 while it runs ..."
	qemu_prepare "$2hv" && qemu_migrate "$1hv" "$2hv" || return
	dark=$(awk "BEGIN {printf \"%.1f\", ($GUEST_RESUME_S - $GUEST_STOP_S) * 1000}")
	qemu_left "$1hv"
}

move() # FROM TO
{
	local dark
	P_AT=moving
	picture_draw
	"${machine}_move" "$1" "$2" || return 1
	darks+=("$dark")
	P_AT=$2
	picture_say "moved $1 -> $2: the machine was at neither site for $dark ms"
	if lab_poll 3 "the mapping to follow to $2" mapping_is "$2"; then
		followed=$((followed + 1))
		read_mapping
		picture_say "moved $1 -> $2 (dark ${darks[-1]} ms); the mapping followed: $P_MAPPING"
	fi
	[ -z "$campus" ] || campus_followed "$1" "$2"
}

campus_followed() # FROM TO: is the machine behind the RBridge that it should be
{
	lab_poll 3 "the campus at $2 to have the machine at ${2}1" campus_has "$2" "$mac" || bad+=("the machine in the campus at $2: $(campus_say "$2" "$mac")")
	[ $machine != guest ] || lab_poll 3 "the campus at $1 to forget the machine" campus_lacks "$1" "$mac" || bad+=("the machine in the campus at $1, which it has left: $(campus_say "$1" "$mac")")
	P_CAMPUS="$2: the machine is $(campus_say "$2" "$mac")"
	[ -n "$PICTURE_LIVE" ] || picture_say "campus $P_CAMPUS"
}

# Read the traffic's status lines until @1 seconds of the run have passed, or its last line.
watch_until()
{
	local n=0
	while read -ru "$status_fd" line; do
		P_T=$(field "$line" t_s) P_SENT=$(field "$line" sent) P_LOST=$(field "$line" lost) P_GAP=$(field "$line" longest_gap_ms)
		P_TCP=$(field "$line" tcp) P_BYTES=$(field "$line" tcp_echoed_bytes)
		[ $((n++ % 5)) != 0 ] || read_mapping
		picture_draw
		[ -n "$PICTURE_LIVE" ] || [ $((n % 20)) != 0 ] ||
			picture_say "sent $P_SENT, unanswered $P_LOST, longest gap $P_GAP ms, TCP $P_TCP; $P_MAPPING"
		[ "$(field "$line" final)" != true ] || return 0
		! at_most "$1" "$P_T" || return 0
	done
}

if [ $machine != stand_in ] && reason=$(guest_unable); then
	echo "demo: no real guest here: $reason" >&2
	[ $machine = guest ] || exit 1
	machine=stand_in
fi
[ $machine = stand_in ] || machine=guest
[ -n "$gap_max" ] || case $machine in guest) gap_max=1000 ;; *) gap_max=20 ;; esac
echo "making the network and starting a map-server, a map-resolver and three tunnel routers ..."
[ $machine = guest ] || unset LAB_PRIORITY
"${machine}_start" || exit 1

picture_start
darks=() followed=0 bad=()
exec {status_fd}< <(exec ip netns exec "$(lab_ns client)" "$LAB_BIN/tests/lab/traffic" "$LAB_MACHINE" --tcp 7777 \
	--rate 1000 --seconds "$P_SECONDS")
watch_until $((P_SECONDS / 3))
move paris tokyo
watch_until $((2 * P_SECONDS / 3))
first_gap=$P_GAP
move tokyo paris
watch_until $((P_SECONDS + 30)) # the last answers may be late
picture_stop

sent=$(field "$line" sent) lost=$(field "$line" lost) gap=$(field "$line" longest_gap_ms) tcp=$(field "$line" tcp)
dark=$(printf '%s\n' "${darks[@]:-0}" | sort -g | tail -n 1)
kept=lost
[ "$tcp" != kept ] || kept=kept
[ "$followed" = 2 ] || bad+=("only $followed of 2 moves were followed by the mapping")
[ "$(field "$line" final)" = true ] && [ "$sent" -ge $((P_SECONDS * 900)) ] || bad+=("the traffic did not run to its end ($sent sent)")
[ -n "$lost_max" ] || case $machine in
guest) lost_max=0 ;;
*) lost_max=$((sent / 1000 + $(printf '%s\n' ${campus:+"${darks[@]:-0}"} | awk '{n += $1} END {printf "%d", n}'))) ;;
esac
at_most "$lost" "$lost_max" || bad+=("lost $lost of $sent packets, more than $lost_max")
gap_allowed "$first_gap" "${darks[0]:-0}"
gap_allowed "$gap" "$dark"
[ $kept = kept ] || bad+=("the TCP connection: $tcp")
if [ -n "$campus" ]; then
	twice=$(field "$line" duplicated) # a guest's handover sends one twice, or two where processors are busy; a loop would many
	case $machine in guest) n=4 ;; *) n=1 ;; esac
	at_most "$twice" $n || bad+=("$twice packets came twice")
	for site in $CAMPUS_SITES; do
		n=$(campus_adjacencies "$site")
		case $site in $P_AT) said="the machine is" ;; *) said="of the machine, which has left, it says" ;; esac
		echo "campus $site: 6 RBridges, $n adjacencies (of 18); $said $(campus_say "$site" "$mac")"
		[ "$n" = 18 ] || bad+=("the campus at $site has $n adjacencies, not 18")
		n=$(campus_looped "$site")
		[ "$n" = 0 ] || bad+=("$n frames went round in the campus at $site")
	done
	campus_captured
fi
for b in "${bad[@]}"; do echo "demo: $b" >&2; done
if [ ${#bad[@]} != 0 ] && [ $machine = guest ] && reason=$(guest_broken); then
	echo "demo: nothing can be said: $reason" >&2
	exit 77
fi
echo "moves $followed/2 - lost $lost of $sent - longest gap $gap ms (dark $dark) - TCP connection $kept"
[ ${#bad[@]} = 0 ]
