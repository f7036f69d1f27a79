# campus_standin.sh: to be sourced after topology.sh. Paris alone, as a campus of six RBridges (campus.sh), with two hypervisors: parishv behind
# paris1's port hv, besidehv behind paris4's. Stand-ins for guests and their QEMUs (standin.sh), and real agents, which tell the xTR and their RBridges.
# The client at the office, and parisb in the same VLAN, may reach them.
#
#   campus_standin GUESTS [LINE...]     until they run at parishv, and all know; LINEs go into the xTR's section rbridge
#   campus_standin_left FROM            the guests' QEMUs there end, once all has followed
#   CAMPUS_AT[HOST]                     what campus_at says when guest 0 is there
CAMPUS_SITES=paris STANDIN_HOSTS="parishv besidehv" LAB_SITES="paris office ms mr"
. "$(dirname "${BASH_SOURCE[0]}")/campus.sh"
. "$(dirname "${BASH_SOURCE[0]}")/standin.sh"
CAMPUS_ACCESS[4]="hv:10"
STANDIN_SITE[besidehv]=paris
declare -A CAMPUS_RBRIDGE=([parishv]=paris1 [besidehv]=paris4)
declare -A CAMPUS_AT=([parishv]="port hv|esadi 0x0c01|esadi 0x0c01" [besidehv]="esadi 0x0c04|port hv|esadi 0x0c04")
CAMPUS_GUEST=52:54:00:53:00:00

campus_standin()
{
	local guests=$1 h
	shift
	lab_core $STANDIN_HOSTS
	lab_segment paris parishv uplink
	cable besidehv uplink 02:00:00:00:04:0b paris4 hv 02:00:00:00:04:0a
	campus_station besidehv uplink
	campus_station client eth0
	lab_gateway paris 203.0.113.1/24 2001:db8:e:1::1/64
	for h in $STANDIN_HOSTS; do standin_switch paris $h; done
	campus_start && standin_xtrs || return
	for h in "$@"; do sed -i "s/^rbridge {/&\n\t$h/" "$LAB_CONF/paris.conf"; done
	lab_daemon ms sunward-mapserver mapserver.conf && lab_daemon mr sunward-mapserver resolver.conf &&
		lab_daemon paris sunward-xtr paris.conf && lab_daemon office sunward-xtr office.conf && standin_agents "$guests" && standin_boot paris &&
		lab_poll 10 "the campus to have the guests at paris1" campus_at parishv
}
standin_more() { printf 'rbridge {\n\tsocket = "%s/%s/api.sock"\n\tvlan "10" { port = "hv" }\n}\n' "$LAB_DIR" "${CAMPUS_RBRIDGE[$1]}"; }

# campus_at HOST: as all RBridges are told; "none": nobody has guest 0
campus_at()
{
	[ "$(campus_where paris 1 $CAMPUS_GUEST)|$(campus_where paris 4 $CAMPUS_GUEST)|$(campus_where paris 6 $CAMPUS_GUEST)" = "${CAMPUS_AT[$1]:-||}" ]
}

campus_standin_prepare() # FROM TO
{
	standin_do incoming all $2 && lab_poll 30 "$2 to expect the guests" standin_all $2 incoming &&
		standin_do migrate all $1 && lab_poll 30 "$1 to send them" standin_all $1 leaving
}

campus_standin_left() # FROM TO
{
	lab_poll 10 "all RBridges to have the guests at $2" campus_at $2 && lab_poll 5 "the agent at $2 to say that they run" standin_all $2 running &&
		standin_do die all $1 && lab_poll 30 "$1 to say that they are gone" standin_all $1 gone
}
