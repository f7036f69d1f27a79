# topology.sh: to be sourced. The lab's network, in namespaces of a unique prefix, and its daemons.
#
#                           core (routes 198.51.100.0/24, 2001:db8:51::/48)
#        .--------------.------'----.--------------.-------------.
#      paris          tokyo       office           mr            ms
#   xTR .100.2     xTR .100.10  xTR .100.18  map-resolver   map-server
#        \             /           |           .100.34        .100.26
#         \__ rack ___/         client
#              |             192.0.2.10
#           machine          2001:db8:e:2::10
#         203.0.113.10
#       2001:db8:e:1::10   (gateway .1 and ::1, one MAC, at both sites)
#
# The rack is the cable: a bridge with a port to each site, of which one is up. LAB_BIN holds the built programs.

LAB_SITES="paris tokyo office ms mr"
LAB_GATEWAY_MAC=02:53:55:4e:00:01
LAB_MACHINE=203.0.113.10 LAB_MACHINE6=2001:db8:e:1::10
LAB_CLIENT=192.0.2.10 LAB_CLIENT6=2001:db8:e:2::10
LAB_PATIENCE=${LAB_PATIENCE:-4}
declare -A LAB_PID=() # by the name of the log
declare -A LAB_RLOC=([paris]=198.51.100.2 [tokyo]=198.51.100.10 [office]=198.51.100.18 [ms]=198.51.100.26 [mr]=198.51.100.34)
declare -A LAB_RLOC6=([paris]=2001:db8:51:1::2 [tokyo]=2001:db8:51:2::2 [office]=2001:db8:51:3::2 [ms]=2001:db8:51:4::2 [mr]=2001:db8:51:5::2)

lab_init() # BUILD_DIR
{
	LAB_BIN=$1
	LAB_CONF=$(dirname "${BASH_SOURCE[0]}")/conf
	lab_sweep
	LAB_PREFIX=sw$$-
	LAB_DIR=$(mktemp -d "/tmp/sunward-lab.$$.XXXXXX")
	LAB_SPACES=
}

# lab_sweep: remove what labs have left that were killed outright, with no time to clear up
lab_sweep()
{
	local n pid
	for n in $(ip netns list | grep -oE '^sw[0-9]+-[a-z0-9]+'); do
		pid=${n#sw} pid=${pid%%-*}
		[ -d "/proc/$pid" ] || lab_remove "$n"
	done
	for n in /tmp/sunward-lab.*.*; do
		pid=${n#*lab.} pid=${pid%%.*}
		[ ! -d "$n" ] || [ -d "/proc/$pid" ] || [ -e "$n/keep" ] || rm -rf "$n"
	done
}

lab_remove() # NAMESPACE
{
	ip netns pids "$1" 2>/dev/null | xargs -r kill -9 2>/dev/null
	ip netns del "$1" 2>/dev/null
}

lab_ns() { echo "$LAB_PREFIX$1"; }
lab_ip() { local n=$1; shift; ip -n "$LAB_PREFIX$n" "$@"; }
lab_exec() { local n=$1; shift; ip netns exec "$LAB_PREFIX$n" "$@"; }
lab_start() # NAMESPACE LOG COMMAND...: in the background, ended by lab_down
{
	local n=$1 log=$2
	shift 2
	ip netns exec "$LAB_PREFIX$n" "$@" >"$LAB_DIR/$log.out" 2>"$LAB_DIR/$log.log" </dev/null &
	LAB_LAST=$!
	LAB_PID[$log]=$LAB_LAST
}

# lab_poll SECONDS WHAT COMMAND...: until the command succeeds; says what was waited for when it never does. The seconds are those of
# an idle machine: a busy one is given LAB_PATIENCE times as long.
lab_poll()
{
	local deadline=$((${EPOCHREALTIME/./} + $1 * LAB_PATIENCE * 1000000)) what=$2
	shift 2
	until "$@" >/dev/null 2>&1; do
		if [ "${EPOCHREALTIME/./}" -gt "$deadline" ]; then
			echo "lab: waited in vain for $what" >&2
			return 1
		fi
		lab_pause 0.02
	done
}

# lab_pause SECONDS: reads from a pipe that says nothing. No process is made for it: where each pause made one, a lab stood still after some
# ten thousand, since bash took the end of a command for that of a pause before it whose number it had.
lab_pause()
{
	[ -n "${LAB_NEVER:-}" ] || exec {LAB_NEVER}<> <(:)
	read -rt "$1" -u "$LAB_NEVER" || :
}

lab_link() # NS1 DEV1 NS2 DEV2
{
	ip link add "$2" netns "$(lab_ns "$1")" type veth peer name "$4" netns "$(lab_ns "$3")"
}

lab_core_port() # SITE: the core's end of its link; its addresses are printed
{
	local core=${LAB_RLOC[$1]%.*}.$((${LAB_RLOC[$1]##*.} - 1)) core6=${LAB_RLOC6[$1]%::*}::1
	lab_ip core addr add "$core/29" dev "to-$1"
	lab_ip core addr add "$core6/64" dev "to-$1" nodad
	lab_ip core link set "to-$1" up
	echo "$core $core6"
}

lab_uplink() # SITE: its link to the core, addresses and default routes; the core has the address below the site's
{
	local s=$1 core core6
	lab_link core "to-$s" "$s" wan
	read -r core core6 < <(lab_core_port "$s")
	lab_ip "$s" addr add "${LAB_RLOC[$s]}/29" dev wan
	lab_ip "$s" addr add "${LAB_RLOC6[$s]}/64" dev wan nodad
	lab_ip "$s" link set wan up
	lab_ip "$s" route add default via "$core"
	lab_ip "$s" route add default via "$core6"
}

# lab_wan SITE DELAY_MS [OPTIONS OF wan]: a long road between the site (a) and the core (b), so many ms each way; called again, another.
# What was on its way then is lost. The two ends cut and sum up their packets themselves: nobody does on the road.
lab_wan()
{
	local s=$1 delay=$2
	shift 2
	lab_wan_end "$s"
	lab_ip road link show "near-$s" >/dev/null 2>&1 || lab_wan_insert "$s"
	lab_start road "wan-$s" "$LAB_BIN/tests/lab/wan" "near-$s" "far-$s" --delay-ms "$delay" "$@"
	lab_poll 5 "the road to $s ($LAB_DIR/wan-$s.log)" grep -q ready "$LAB_DIR/wan-$s.out"
}

lab_wan_end() # SITE: end its relay, which then says in wan-SITE.out what it did
{
	local pid=${LAB_PID[wan-$1]:-}
	[ -n "$pid" ] || return 0
	unset "LAB_PID[wan-$1]"
	kill "$pid" && wait "$pid"
}

lab_wan_insert() # SITE: the site's end of the link stays as it is; the core's gets a new cable, with the same address
{
	local s=$1 mac
	case " $LAB_SPACES " in
	*" road "*) ;;
	*) lab_spaces road && lab_exec road sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 ;;
	esac
	mac=$(lab_exec core cat "/sys/class/net/to-$s/address")
	lab_ip core link set "to-$s" netns "$(lab_ns road)" name "near-$s"
	lab_link core "to-$s" road "far-$s"
	lab_ip core link set "to-$s" address "$mac"
	lab_core_port "$s" >/dev/null
	lab_ip road link set "near-$s" up
	lab_ip road link set "far-$s" up
	lab_exec core ethtool -K "to-$s" tx off tso off gso off >/dev/null
	lab_exec "$s" ethtool -K wan tx off tso off gso off >/dev/null
}

lab_gateway() # SITE ADDRESS/LEN ADDRESS6/LEN: its site port
{
	lab_ip "$1" link set lan address $LAB_GATEWAY_MAC
	lab_ip "$1" addr add "$2" dev lan
	lab_ip "$1" addr add "$3" dev lan nodad
	lab_ip "$1" link set lan up
}

lab_spaces() # NAMES: namespaces that forward, and that lab_down removes
{
	local n
	for n in "$@"; do
		ip netns add "$(lab_ns "$n")"
		LAB_SPACES="$LAB_SPACES $n"
		lab_ip "$n" link set lo up
		lab_exec "$n" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.rp_filter=0 \
			net.ipv4.conf.default.rp_filter=0 net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
	done
}

lab_network()
{
	local n
	lab_core rack machine
	# The cable: the machine, and a port to each site. tokyo's is unplugged.
	lab_ip rack link add rack type bridge stp_state 0 forward_delay 0
	lab_link machine eth0 rack plug
	lab_segment paris rack paris
	lab_segment tokyo rack tokyo
	for n in plug paris tokyo; do lab_ip rack link set "$n" master rack; done
	lab_ip rack link set rack up
	for n in plug paris; do lab_ip rack link set "$n" up; done
	lab_gateway paris 203.0.113.1/24 2001:db8:e:1::1/64
	lab_gateway tokyo 203.0.113.1/24 2001:db8:e:1::1/64
	lab_host machine $LAB_MACHINE/24 203.0.113.1 $LAB_MACHINE6/64 2001:db8:e:1::1
}

# lab_segment SITE NS INTERFACE: what is between the site's xTR, whose port is lan, and where its machines are: a cable. campus.sh has another.
lab_segment() { lab_link "$1" lan "$2" "$3"; }
LAB_MORE_SPACES= # the namespaces of that

# lab_silent_rack [PORT]: the cable's ports stay up, as a port does behind which other guests are, and the cable remembers nobody. PORT (tokyo)
# does not pass frames yet.
lab_silent_rack()
{
	local port rack other=${1:-tokyo}
	rack=$(lab_ns rack)
	LAB_SILENT=1
	for port in plug paris "$other"; do
		bridge -n "$rack" link set dev "$port" learning off flood on && lab_ip rack link set "$port" type bridge_slave fdb_flush || return
	done
	lab_ip rack link set "$other" up
	lab_poll 5 "the cable's port $other" lab_rack_carries "$other" || return
	bridge -n "$rack" link set dev "$other" state disabled
}
lab_rack_carries() { [ "$(lab_exec rack cat "/sys/class/net/$1/carrier")" = 1 ]; }

# lab_core MORE...: the namespaces of all, these ones too, the core with its uplinks, and the office with the client
lab_core()
{
	local n
	lab_spaces core $LAB_SITES client $LAB_MORE_SPACES "$@"
	for n in $LAB_SITES; do lab_uplink "$n"; done
	lab_link client eth0 office lan
	lab_gateway office 192.0.2.1/24 2001:db8:e:2::1/64
	lab_host client $LAB_CLIENT/24 192.0.2.1 $LAB_CLIENT6/64 2001:db8:e:2::1
}

lab_host() # NS ADDRESS/LEN GATEWAY ADDRESS6/LEN GATEWAY6
{
	lab_exec "$1" sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
	lab_ip "$1" link set eth0 up
	lab_ip "$1" addr add "$2" dev eth0
	lab_ip "$1" route add default via "$3"
	lab_ip "$1" addr add "$4" dev eth0 nodad
	lab_ip "$1" route add default via "$5"
}

lab_daemons()
{
	lab_mapping_system || return
	lab_speak machine paris 203.0.113.1 2001:db8:e:1::1 $LAB_MACHINE $LAB_MACHINE6
}

lab_mapping_system() # the daemons themselves
{
	local n
	lab_daemon ms sunward-mapserver mapserver.conf || return
	lab_daemon mr sunward-mapserver resolver.conf || return
	for n in paris tokyo office; do lab_daemon "$n" sunward-xtr "$n.conf" || return; done
}

# lab_speak NS SITE GATEWAY GATEWAY6 EID...: one packet to its gateways, by which the site's tunnel router finds a host that has been
# silent, as a guest's first packets do; until its EIDs are registered
lab_speak()
{
	local n=$1 site=$2 gateways=("$3" "$4") g eid
	shift 4
	for g in "${gateways[@]}"; do lab_exec "$n" ping -c 1 -W 1 "$g" >/dev/null; done
	for eid in "$@"; do lab_poll 5 "$eid to be registered by $site" lab_registered "$site" "$eid" || return; done
}

lab_registered() # SITE EID: of any instance
{
	lab_sunward "$1" -j local | tr -d ' \n' | grep -q "\"eid\":\"\(\[[0-9]*\]\)\?$2\"[^}]*\"registered\":true"
}

# lab_before ABOVE: the words before a daemon's command. LAB_PRIORITY: of SCHED_RR, which the units of the xTR and the agent have; a daemon
# whose machine does nothing else, as a map-server's, gets ABOVE more: it waits for none of the others there.
lab_before() { [ -z "${LAB_PRIORITY:-}" ] || echo "chrt -r $((LAB_PRIORITY + $1))"; }

# lab_daemon SITE PROGRAM CONFIG: start it with its own state and socket folder, wait until it is ready. LAB_SUBST: more sed for the config.
lab_daemon() { lab_daemon_begin "$@" && lab_daemon_ready "$1" "$2"; }

lab_daemon_begin()
{
	local above=0
	mkdir -p "$LAB_DIR/$1"
	sed "s|@DIR@|$LAB_DIR/$1|g; s|@PREFIX@|$LAB_PREFIX|g; ${LAB_SUBST:-}" "$LAB_CONF/$3" >"$LAB_DIR/$1.conf"
	case $2 in sunward-mapserver) above=1 ;; esac
	lab_start "$1" "$1" $(lab_before $above) "$LAB_BIN/$2" -f -c "$LAB_DIR/$1.conf"
}

lab_daemon_ready() # SITE PROGRAM [SECONDS]
{
	lab_poll "${3:-10}" "$2 of $1 ($LAB_DIR/$1.log)" curl -sf -m 5 --unix-socket "$LAB_DIR/$1/api.sock" http://localhost/readyz ||
		{ tail -n 5 "$LAB_DIR/$1.log" >&2; return 1; }
}

# lab_own_conf: from here on LAB_CONF is the lab's own copy, which may be written to
lab_own_conf()
{
	[ "$LAB_CONF" != "$LAB_DIR/conf" ] || return 0
	mkdir -p "$LAB_DIR/conf" && cp "$LAB_CONF"/* "$LAB_DIR/conf"
	LAB_CONF=$LAB_DIR/conf
}

lab_sunward() # SITE WORDS...: the operator's command at one daemon
{
	local n=$1
	shift
	"$LAB_BIN/sunward" --socket "$LAB_DIR/$n/api.sock" "$@"
}

lab_move() # FROM TO DARK_MS
{
	"$LAB_BIN/tests/lab/replug" ${LAB_SILENT:+--silent} "$(lab_ns rack)" "$1" "$2" "$(lab_ns "$2")" lan "$3" "$(lab_ns machine)" eth0 $LAB_MACHINE $LAB_MACHINE6
}

lab_ended() { [ -z "$(jobs -pr)" ]; } # has everything that lab_start began

lab_down()
{
	local pids n
	pids=$(jobs -pr) # not every process that there ever was: another may have its number by now
	[ -z "$pids" ] || { kill $pids && kill -CONT $pids; } 2>/dev/null
	LAB_PATIENCE=1 lab_poll 10 "the daemons to end; they are killed" lab_ended || kill -9 $(jobs -pr) 2>/dev/null
	[ -z "$pids" ] || wait $pids 2>/dev/null
	for n in $LAB_SPACES; do lab_remove "$(lab_ns "$n")"; done
	if [ -n "${LAB_KEEP:-}" ]; then touch "$LAB_DIR/keep" && echo "kept: $LAB_DIR"; else rm -rf "$LAB_DIR"; fi
	LAB_SPACES=
}
