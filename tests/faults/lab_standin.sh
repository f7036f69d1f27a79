# lab_standin.sh: to be sourced by row.sh. A guest whose hypervisors a script plays step by step (tests/lab/standin.c); agents and routers are
# the real ones. FAULT_BERLIN: with a third site.
STANDIN_HOSTS="parishv tokyohv" STANDIN_QUEUE=10000
case $name in *-of-two | *-berlin) FAULT_SITES="paris tokyo berlin" STANDIN_HOSTS="parishv tokyohv berlinhv" ;; esac
. "$top/tests/lab/standin.sh"
FAULT_EIDS=$LAB_MACHINE

fault_unable() { [ "$(id -u)" = 0 ] || { echo "needs root"; return; }; false; }

berlin() # a site as tokyo is, with its key
{
	LAB_SITES="$LAB_SITES berlin"
	LAB_RLOC[berlin]=198.51.100.42 LAB_RLOC6[berlin]=2001:db8:51:6::2
	sed 's/tokyo/berlin/g; s/198.51.100.10/198.51.100.42/; s/2001:db8:51:2::2/2001:db8:51:6::2/; s/"tokyo shares/"tokyo shares/
		s/berlin shares/tokyo shares/; s/000002"/000003"/; s/site-id = 2/site-id = 3/' "$LAB_CONF/tokyo.conf" >"$LAB_DIR/berlin.base"
}

fault_lab()
{
	case $FAULT_SITES in *berlin*) berlin ;; esac
	standin_network || return
	case $FAULT_SITES in *berlin*)
		mkdir -p "$LAB_DIR/base" && cp "$LAB_CONF"/* "$LAB_DIR/base" && cp "$LAB_DIR/berlin.base" "$LAB_DIR/base/berlin.conf"
		LAB_CONF=$LAB_DIR/base
		;;
	esac
	standin_xtrs && lab_mapping_system || return
	case $FAULT_SITES in *berlin*) lab_daemon berlin sunward-xtr berlin.conf || return ;; esac
	standin_agents 2 && standin_do boot 0 parishv && lab_poll 10 "the agent at paris to know the guest" agent_said parishv running &&
		lab_poll 10 "paris to register it" lab_registered paris $LAB_MACHINE && lab_poll 10 "the client to reach the guest" lab_exec client ping -c 1 -W 1 $LAB_MACHINE
}

do_it() { standin_do "$@" 2>>"$LAB_DIR/polls" || fault_fail "standin $*: $STANDIN_SAID"; } # COMMAND...
# HOST STATE, and its xTR knows; of guest 0
agent_said() { ask "$1" guests | jq -e --arg s "$2" '.guests[] | select(.name == "guest-0") | .state == $s and (.xtrs | all(.answer == "taken"))' >/dev/null; }

# Bring back what was killed.
fault_start() # paris, tokyo, ms, parishv, tokyohv
{
	case $1 in
	ms) lab_daemon ms sunward-mapserver mapserver.conf ;;
	*hv) standin_daemon "$1" "$1" ;;
	*) lab_daemon "$1" sunward-xtr "$1.conf" ;;
	esac 2>>"$LAB_DIR/polls" || fault_fail "$1 does not come back"
}
