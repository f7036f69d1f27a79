#!/bin/bash
# move_lab.sh: one system of the move benchmark: two data centres, an office with a client, a machine that moves between them.
# usage: move_lab.sh BUILD_DIR SYSTEM
#   evpn_reflector, evpn_mesh   FRR and the kernel's VXLAN; route reflector in the map-server's place, or full mesh
#   lisp_smr                    classic LISP: what has left is not sent on (the core drops it), nobody is subscribed: the office learns by SMR
#   triangular                  what has left is sent on for ever: the core drops the SMRs, nobody is subscribed
#   sunward_announced           the same, but the move is announced by the agents at two hypervisors, who hear of it from QEMU's stand-ins
#   sunward_garp                sent on, and published to the office, which has subscribed; the move is found by the guest's gratuitous ARP
# Once it stands it prints "ready" and its processes (or "unable" and why); for each line of its input, one of output:
#   rtt MS         every two places, the map-server or route reflector one of them, are MS apart, there and back    ->  "ok"
#   move DARK_MS   1,000 probes a second before, while and after the machine moves    ->  sent lost duplicated reordered, then in ms:
#                  longest gap, dark time, from resume to the first probe at the new place, to the first that came straight, until the
#                  client's router sent that one (its first use of the new locator); -1: none
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../lab/topology.sh"
. "$here/../lab/evpn.sh"
. "$here/../lab/standin.sh"
system=${2:?usage: move_lab.sh BUILD_DIR SYSTEM}
lab_init "${1:?BUILD_DIR}"
trap lab_down EXIT
trap 'exit 130' INT TERM
at=paris rtt=0
LAB_PRIORITY=1 # of all daemons, of each system: the labs stand in for many machines, on few processors

# What the core shall not carry, by which a variant is made: RLOCS that never say or get something from each other.
core_drops()
{
	lab_exec core nft -f - <<-END
		table inet variant {
			chain forward {
				type filter hook forward priority 0
				$1
			}
		}
	END
}

lisp_variant()
{
	local sites="${LAB_RLOC[paris]}, ${LAB_RLOC[tokyo]}"
	mkdir "$LAB_DIR/conf" && cp "$LAB_CONF"/* "$LAB_DIR/conf"
	LAB_CONF=$LAB_DIR/conf
	case $system in
	lisp_smr) core_drops "ip saddr { $sites } ip daddr { $sites } udp dport 4341 drop" ;;
	triangular) # a Map-Request (type 1) with the S bit: RFC 9301 section 5.2
		core_drops "ip saddr { $sites } udp dport 4342 @th,64,4 1 @th,71,1 1 drop"
		printf 'timers {\n\tprobe = 0ms\n}\n' >>"$LAB_CONF/office.conf" # the answer to a probe tells of the move too
		;;
	sunward_*) printf 'subscribe = yes\n' >>"$LAB_CONF/office.conf" ;;
	esac
}

stand()
{
	case $system in
	evpn_*)
		lab_network && lab_silent_rack && evpn_network && evpn_daemons "${system#evpn_}"
		;;
	lisp_smr | triangular | sunward_garp)
		lab_network && lab_silent_rack && lisp_variant && lab_daemons && lab_poll 10 "the machine to answer" reached
		;;
	sunward_announced)
		standin_network && lisp_variant && standin_xtrs && lab_mapping_system && standin_agents 1 && standin_boot paris &&
			lab_poll 10 "the machine to answer" reached
		;;
	*) echo "move_lab: no system '$system'" >&2; return 1 ;;
	esac
}

reached() { lab_exec client ping -q -c 1 -W 2 $LAB_MACHINE; }
cached_at() { lab_sunward office -j cache | jq -e --arg e $LAB_MACHINE --arg a "${LAB_RLOC[$1]}" \
	'.cache[] | select(.eid == $e) | .locators[0].address == $a'; }
mapped_at() { lab_sunward ms -j eid show $LAB_MACHINE | grep -q "\"${LAB_RLOC[$1]}\""; }

# Everybody knows where the machine is, before it moves on.
settled()
{
	case $system in
	evpn_*) reached && evpn_knows office $at ;;
	*)
		mapped_at $at && reached || return
		cached_at $at && return
		lab_sunward office cache clear $LAB_MACHINE # the triangular one would never ask again
		last_news=$(date +%s)
		return 1
		;;
	esac
}

# An xTR asks once a second for an EID, and acts upon an SMR for it once in three: moves so close on one another are not what is measured.
REST_S=4
rested() { [ $(($(date +%s) - last_news)) -gt $REST_S ]; }

set_rtt() # MS
{
	local s
	[ "$rtt $1" != "0 0" ] || return 0
	for s in $LAB_SITES; do lab_wan "$s" "$(awk "BEGIN {print $1 / 4}")" || return; done
	rtt=$1
}

# What comes before, is, and comes after a move; watched: where a probe is seen when it reaches the machine at its new place.
case $system in
sunward_announced)
	watched() { echo "$(lab_ns "$1hv"):uplink"; }
	# A live migration takes seconds before the guest stops; here, the time that the two routers need to agree.
	before_move() { standin_prepare all $at "$1" && lab_pause "$(awk "BEGIN {print 0.2 + 4 * $rtt / 1000}")"; }
	move_now() { standin_move all $at "$1" "$2" && moved=$STANDIN_SAID; }
	after_move() { standin_left all "$1"; }
	;;
*)
	watched() { echo "$(lab_ns machine):eth0"; }
	before_move() { :; }
	move_now() { moved=$("$LAB_BIN/tests/lab/replug" --silent "$(lab_ns rack)" $at "$1" "$(lab_ns "$1")" lan "$2" "$(lab_ns machine)" eth0 $LAB_MACHINE); }
	after_move() { :; }
	;;
esac

measure() # DARK_MS: what is printed
{
	local to=tokyo from=$at traffic moved seconds last
	[ $at = paris ] || to=paris
	lab_poll 20 "all to know that the machine is in $at" settled || return
	lab_poll 5 "the last move to be forgotten" rested
	before_move $to || return
	rm -f "$LAB_DIR/traffic.out"
	seconds=$(awk "BEGIN {print 0.4 + $1 / 1000 + 1 + 5 * $rtt / 1000}")
	lab_start client traffic "$LAB_BIN/tests/lab/traffic" $LAB_MACHINE --seconds "$seconds" --log "$LAB_DIR/probes" \
		--watch "$(watched $to)"
	traffic=$LAB_LAST
	lab_poll 5 "0.3 s of traffic" grep -q '"t_s":0.[3-9]' "$LAB_DIR/traffic.out" || return
	move_now $to "$1" || return
	at=$to last_news=$(date +%s)
	wait "$traffic" || { cat "$LAB_DIR/traffic.log" >&2; return 1; }
	after_move $from || return
	last=$(tail -n 1 "$LAB_DIR/traffic.out")
	jq -r '"\(.sent) \(.lost) \(.duplicated) \(.reordered) \(.longest_gap_ms)"' <<<"$last" | tr '\n' ' '
	times "$(jq -r '"\(.paused_ns) \(.resumed_ns) \(.dark_ms)"' <<<"$moved")"
}

# PAUSED_NS RESUMED_NS DARK_MS; a probe that came straight has the highest hop limit, as those before the move have, and left after it. The
# client's router sends a probe on at once, so the first that it sent to the new locator left the client when the router did so.
times()
{
	awk -v move="$1" 'BEGIN {split(move, m, " "); first = straight = 0}
		$3 && $4 > hops {hops = $4}
		$3 > m[2] && (!first || $3 < first) {first = $3}
		$3 > m[2] {after[NR] = $3; limit[NR] = $4; left[NR] = $2}
		END {
			for (i in after)
				if (limit[i] == hops && left[i] > m[2] && (!straight || after[i] < straight)) {straight = after[i]; turned = left[i]}
			printf "%.2f %.3f %.3f %.3f\n", m[3], first ? (first - m[2]) / 1e6 : -1, straight ? (straight - m[2]) / 1e6 : -1,
				straight ? (turned - m[2]) / 1e6 : -1
		}' "$LAB_DIR/probes"
}

case $system in evpn_*) ! why=$(evpn_unable) || { echo "unable $why"; exit 77; } ;; esac
stand >&2 || exit 1
last_news=$(date +%s)
echo "ready $$ $(jobs -pr | tr '\n' ' ')"
while read -r verb number; do
	case $verb in
	rtt) set_rtt "$number" >&2 && echo ok ;;
	move) measure "$number" ;;
	*) echo "move_lab: '$verb'" >&2; exit 2 ;;
	esac || exit 1
done
