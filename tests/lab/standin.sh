# standin.sh: to be sourced after topology.sh. The lab with a hypervisor at each of paris and tokyo instead of the rack, real agents, and
# stand-ins for guests and their QEMUs (standin.c): moves that are announced as those of real guests are, without what QEMU costs.
#
#      paris (xTR)                          tokyo (xTR)
#        | lan, gateway 203.0.113.1           | lan, the same gateway and MAC
#        | 198.18.1.1                         | 198.18.2.1
#      parishv: br0 198.18.1.2              tokyohv: br0 198.18.2.2        a sunward-vmagent each, or several (STANDIN_AGENTS)
#        | tap0 tap1 ...                      | tap0 tap1 ...              read by standin
#      guest n: STANDIN_FIRST + n, MAC 52:54:00:53:hh:ll, UUID 53554e57-4152-4400-8000-(n + 1), behind tap n modulo STANDIN_TAPS
#
# STANDIN_MACS: if set, the agents tell of the guests' MACs, too.
# STANDIN_HOSTS: the hypervisors; a third one (berlinhv) wants a site that the caller has made, and STANDIN_SITE[HOST] says whose it is
# where its name does not.
#
#   standin_network && lab_mapping_system && standin_agents 1 && standin_boot paris     what runs then: all guests at paris, registered
#   standin_do stop 17 parishv       a command of standin.c; its answer is in STANDIN_SAID
#   standin_prepare all paris tokyo && standin_move all paris tokyo 200 && standin_left all paris
#
# What is behind each agent: guests n with n * STANDIN_AGENTS / guests = its number; so taps are not shared by two agents if
# STANDIN_TAPS is STANDIN_AGENTS and STANDIN_STRIPED is set: then guest n is agent (n modulo STANDIN_AGENTS)'s.

STANDIN_HOSTS=${STANDIN_HOSTS:-parishv tokyohv}
: "${STANDIN_FIRST:=$LAB_MACHINE}" "${STANDIN_AGENTS:=1}" "${STANDIN_TAPS:=1}"
declare -A STANDIN_NET=([parishv]=198.18.1 [tokyohv]=198.18.2 [berlinhv]=198.18.3 [besidehv]=198.18.4) STANDIN_SITE=()
STANDIN_KEY="the hypervisor shares this with its xTR"

standin_network()
{
	local site h
	lab_core $STANDIN_HOSTS
	for h in $STANDIN_HOSTS; do
		site=$(standin_site $h)
		lab_link $site lan $h uplink
		lab_gateway $site "${STANDIN_GATEWAY:-203.0.113.1/24}" 2001:db8:e:1::1/64
		standin_switch $site $h
	done
}

standin_site() { echo "${STANDIN_SITE[$1]:-${1%hv}}"; } # HOST

standin_switch() # SITE HOST: its bridge, with the taps and its uplink, and the address by which it and its xTR talk
{
	local site=$1 h=$2 n
	lab_exec $h sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	# Where br_netfilter is loaded for something else, each frame would go through the packet filter's hooks, too.
	[ ! -e /proc/sys/net/bridge ] || lab_exec $h sysctl -qw net.bridge.bridge-nf-call-iptables=0 net.bridge.bridge-nf-call-arptables=0
	lab_ip $site addr add "${STANDIN_NET[$h]}.1/24" dev lan
	lab_ip $h link add br0 type bridge stp_state 0 forward_delay 0
	lab_ip $h addr add "${STANDIN_NET[$h]}.2/24" dev br0
	lab_ip $h link set uplink master br0
	for ((n = 0; n < STANDIN_TAPS; n++)); do
		lab_ip $h tuntap add tap$n mode tap
		lab_ip $h link set tap$n txqueuelen "${STANDIN_QUEUE:-1000}" master br0 up
	done
	for n in uplink br0; do lab_ip $h link set $n up; done
}

standin_address() # N: guest N's
{
	local a b c d n
	IFS=. read -r a b c d <<<"$STANDIN_FIRST"
	n=$((((a * 256 + b) * 256 + c) * 256 + d + $1))
	echo $((n >> 24)).$((n >> 16 & 255)).$((n >> 8 & 255)).$((n & 255))
}

standin_agent_of() { echo $(($1 % STANDIN_AGENTS)); } # GUEST

# standin_config HOST AGENT GUESTS: that agent's, on standard output
standin_config()
{
	local h=$1 agent=$2 guests=$3 n mac
	cat <<-END
		xtr "${STANDIN_NET[$h]}.1" {
			key-id = 1
			key = "$STANDIN_KEY"
		}
		listen = {"${STANDIN_NET[$h]}.2:$((4342 + agent))"}
		agent-id = "$(standin_id "$h" "$agent")"
		api-socket = "@DIR@/api.sock"
		state-dir = "@DIR@/state"
	END
	standin_more "$h"
	for ((n = agent; n < guests; n += STANDIN_AGENTS)); do
		mac=$(printf '52:54:00:53:%02x:%02x' $((n >> 8)) $((n & 255)))
		printf 'guest "guest-%d" {\n\tticket = "a ticket of the labs, of guest-%d"\n\tqmp = "%s/%s/qmp-%d"\n\thost "%s" { mac = %s tap = tap%d }\n' $n $n "$LAB_DIR" "$h" $n \
			"$(standin_address $n)" "$mac" $((n % STANDIN_TAPS))
		[ -z "${STANDIN_MACS:-}" ] || printf '\thost "%s" {}\n' "$mac"
		echo "}"
	done
}

standin_more() { :; } # HOST: what else its agents' configuration says; a caller may have its own

standin_id() # HOST AGENT: 128 bits
{
	local h place=0
	for h in $STANDIN_HOSTS; do
		place=$((place + 1))
		[ "$h" != "$1" ] || printf '61%024x%06x' $place "$(($2 + 1))"
	done
}

standin_agent_name() { [ "$2" = 0 ] && echo "$1" || echo "$1-$2"; } # HOST AGENT: of its folder and its log

# standin_xtrs: what paris and tokyo know of the agents; before lab_mapping_system
standin_xtrs()
{
	local h site n
	lab_own_conf
	for h in $STANDIN_HOSTS; do sed -i '/^agent /d' "$LAB_CONF/$(standin_site $h).conf"; done
	for h in $STANDIN_HOSTS; do
		site=$(standin_site $h)
		for ((n = 0; n < STANDIN_AGENTS; n++)); do
			echo "agent \"$h-$n\" { id = $(standin_id $h $n)  key = \"$STANDIN_KEY\" }"
		done >>"$LAB_CONF/$site.conf"
	done
}

# standin_agents GUESTS: the stand-ins, and their agents
standin_agents()
{
	local h n name places=()
	STANDIN_GUESTS=$1
	for h in $STANDIN_HOSTS; do
		mkdir -p "$LAB_DIR/$h"
		places+=("$h=$(lab_ns $h)")
		for ((n = 0; n < STANDIN_AGENTS; n++)); do
			name=$(standin_agent_name $h $n)
			standin_config $h $n "$1" >"$LAB_CONF/$name.conf"
		done
	done
	mkfifo "$LAB_DIR/standin-ask" "$LAB_DIR/standin-say"
	exec {STANDIN_ASK}<>"$LAB_DIR/standin-ask" {STANDIN_SAY}<>"$LAB_DIR/standin-say"
	"$LAB_BIN/tests/lab/standin" --guests "$1" --taps "$STANDIN_TAPS" --first "$STANDIN_FIRST" "$LAB_DIR" "${places[@]}" \
		<"$LAB_DIR/standin-ask" >"$LAB_DIR/standin-say" 2>"$LAB_DIR/standin.log" &
	LAB_PID[standin]=$!
	standin_says ready || return
	for h in $STANDIN_HOSTS; do
		for ((n = 0; n < STANDIN_AGENTS; n++)); do
			name=$(standin_agent_name $h $n)
			standin_daemon $h "$name" || return
		done
	done
}

standin_daemon() # HOST NAME: as lab_daemon, where a namespace has several
{
	mkdir -p "$LAB_DIR/$2"
	sed "s|@DIR@|$LAB_DIR/$2|g" "$LAB_CONF/$2.conf" >"$LAB_DIR/$2.conf"
	lab_start "$1" "$2" $(lab_before 0) "$LAB_BIN/sunward-vmagent" -f -c "$LAB_DIR/$2.conf"
	lab_poll 10 "the agent $2 ($LAB_DIR/$2.log)" curl -sf -m 5 --unix-socket "$LAB_DIR/$2/api.sock" http://localhost/readyz ||
		{ tail -n 5 "$LAB_DIR/$2.log" >&2; return 1; }
}

standin_says() # [WHAT]: its next line, into STANDIN_SAID
{
	read -rt $((30 * LAB_PATIENCE)) -u "$STANDIN_SAY" STANDIN_SAID || { echo "lab: the stand-ins say nothing ($LAB_DIR/standin.log)" >&2; return 1; }
	[ $# = 0 ] || [ "$STANDIN_SAID" = "$1" ] || { echo "lab: the stand-ins say '$STANDIN_SAID'" >&2; return 1; }
}

standin_do() # COMMAND...: of standin.c
{
	echo "$*" >&"$STANDIN_ASK"
	standin_says && [ "${STANDIN_SAID#error}" = "$STANDIN_SAID" ] || { echo "lab: standin $*: $STANDIN_SAID" >&2; return 1; }
}

standin_told() { standin_do told "$1" "$2" && [ "$STANDIN_SAID" -ge "$3" ]; } # GUESTS HOST N

# How many of the guests have their agents at HOST in that STATE, and all that it said of them is acknowledged
standin_count() # HOST STATE
{
	local n
	for ((n = 0; n < STANDIN_AGENTS; n++)); do
		curl -sf -m 5 --unix-socket "$LAB_DIR/$(standin_agent_name "$1" $n)/api.sock" http://localhost/v1/guests |
			jq --arg s "$2" '[.guests[] | select(.state == $s and (.xtrs | all(.answer == "taken")))] | length'
	done | jq -s add
}
standin_all() { [ "$(standin_count "$1" "$2")" = "${3:-$STANDIN_GUESTS}" ]; } # HOST STATE [N]

standin_registered() # SITE: how many of the guests it has registered
{
	lab_sunward "$1" -j local | jq '[.. | objects | select(.registered? == true)] | length'
}
standin_all_registered() { [ "$(standin_registered "$1")" -ge "$STANDIN_GUESTS" ]; }

standin_boot() # SITE: all guests run there
{
	standin_do boot all "$1hv" && lab_poll 30 "the agents at $1 to say that the guests run" standin_all "$1hv" running &&
		lab_poll 30 "the guests to be registered by $1" standin_all_registered "$1"
}

# standin_prepare GUESTS FROM TO: TO expects them, FROM sends them away, both xTRs know, and FROM's has accepted
standin_prepare()
{
	local n=${4:-$STANDIN_GUESTS}
	standin_do incoming "$1" "$3hv" && lab_poll 30 "the agents at $3 to say that they expect the guests" standin_all "$3hv" incoming "$n" &&
		standin_do migrate "$1" "$2hv" && lab_poll 30 "the agents at $2 to say that the guests leave" standin_all "$2hv" leaving "$n"
}

standin_move() { standin_do cut "$1" "$2hv" "$3hv" "$4"; } # GUESTS FROM TO DARK_MS: what standin.c says is in STANDIN_SAID
standin_left() { standin_do die "$1" "$2hv" && lab_poll 30 "the agents at $2 to say that the guests are gone" standin_all "$2hv" gone "${3:-$STANDIN_GUESTS}"; } # GUESTS FROM [N]
