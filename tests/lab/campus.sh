# campus.sh: to be sourced after topology.sh. A data centre's segment between its hypervisor and its xTR as a TRILL campus: six RBridges with
# redundant links (tests/netns/campus_six.sh), two VLANs, two guests in each of them.
#
#     hypervisor --- SITE1 ......... SITE6 --- xTR (lan, the anycast gateway)      VLAN 10: the hypervisor's guest, SITEb
#             SITEc __/   \  SITE3  /  \__ SITEd                                   VLAN 20: SITEc, SITEd
#                          \_ SITEb    SITEwire: between SITE1 and SITE5, where what the link carries is captured
#
#   lab_segment SITE NS INTERFACE        the campus, the xTR's lan, and the hypervisor's (or rack's) INTERFACE
#   campus_start                         the RBridges of all sites, until their stations are served; agents and xTRs that start later speak with them
CAMPUS_LAB=$(dirname "${BASH_SOURCE[0]}")
. "$CAMPUS_LAB/../netns/campus.sh"
. "$CAMPUS_LAB/../netns/campus_six.sh"
. "$CAMPUS_LAB/tshark.sh"
: "${CAMPUS_SITES:=paris tokyo}"
SIX_TIMES="hello = 200ms; holding = 10s" # a busy machine's RBridges are not taken for dead: a lost carrier is seen without that
: "${CAMPUS_MORE:=}" # more of each RBridge's configuration
: "${CAMPUS_VLAN:=site-port = \"lan\"}" # what an xTR says of its VLAN
: "${CAMPUS_XTR:=203.0.113.1}" # an address by which stations reach their xTR before its daemon runs
declare -A CAMPUS_ACCESS=([1]="hv:10 h0:20" [3]="h0:10" [6]="xtr:10 h0:20")
declare -A CAMPUS_NEIGHBOR=([paris]=203.0.113.21 [tokyo]=203.0.113.22)
LAB_MORE_SPACES=$(for site in $CAMPUS_SITES; do echo "$(six_spaces $site)" "$site"{b,c,d,wire}; done)

# campus_unable: says why the machine cannot have campuses; succeeds when there is a reason
campus_unable()
{
	command -v ethtool >/dev/null || { echo "needs ethtool"; return 0; }
	[ -c /dev/net/tun ] || { echo "needs /dev/net/tun"; return 0; }
	return 1
}

# campus_plain SITE: no IPv6 and no forwarding of the namespaces' own: what passes there is the stations'
campus_plain()
{
	local n
	for n in $LAB_MORE_SPACES; do
		[[ $n = "$1"* ]] || continue
		lab_exec "$n" sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	done
}

lab_segment()
{
	local site=$1 ns=$2 dev=$3 n
	id=${LAB_PREFIX%-}
	campus_plain "$site"
	six_cables "$site" "${site}wire"
	cable "$site" lan $LAB_GATEWAY_MAC "${site}6" xtr 02:00:00:00:06:0a
	cable "$ns" "$dev" 02:00:00:00:01:0b "${site}1" hv 02:00:00:00:01:0a
	campus_station "$site" lan
	campus_station "$ns" "$dev"
	host "${site}b" "${CAMPUS_NEIGHBOR[$site]}/24" "${site}3" h0 2
	host "${site}c" 10.20.0.3/24 "${site}1" h0 3
	host "${site}d" 10.20.0.4/24 "${site}6" h0 4
}

# campus_station NS INTERFACE: as a NIC would have it: frames leave whole, not longer than 1500 bytes, and with their checksums
campus_station()
{
	lab_ip "$1" link set "$2" mtu 1500
	lab_exec "$1" ethtool -K "$2" tx off tso off gso off >/dev/null
}

# campus_couple SITE: what the hypervisor's agent is to tell SITE1, which its guests are behind, and the xTR is to hear from SITE6, behind which it
# is: both by the socket rbridge.sock in their folders
campus_couple()
{
	mkdir -p "$LAB_DIR/$1" "$LAB_DIR/${1}hv"
	ln -sf "$LAB_DIR/${1}6/api.sock" "$LAB_DIR/$1/rbridge.sock"
	ln -sf "$LAB_DIR/${1}1/api.sock" "$LAB_DIR/${1}hv/rbridge.sock"
	printf 'rbridge {\n\tsocket = "@DIR@/rbridge.sock"\n\tcosts = %s\n\tvlan "10" { %s }\n}\n' "${CAMPUS_COSTS:-no}" "$CAMPUS_VLAN" >>"$LAB_CONF/$1.conf"
}

campus_start()
{
	local site n conf
	lab_own_conf
	for site in $CAMPUS_SITES; do campus_couple "$site"; done
	for conf in agent agent-libvirt; do
		printf 'rbridge {\n\tsocket = "@DIR@/rbridge.sock"\n\tvlan "10" { port = "hv" }\n}\n' >>"$LAB_CONF/$conf.conf"
	done
	campus_capture || return
	for site in $CAMPUS_SITES; do
		for n in 1 2 3 4 5 6; do
			{
				printf 'api-socket = "@DIR@/api.sock"\nstate-dir = "@DIR@/state"\nesadi = {10, 20}\nlimits { stations = 4096 }\n%s\n' "$CAMPUS_MORE"
				six_config $n ${CAMPUS_ACCESS[$n]:-}
			} >"$LAB_CONF/$site$n.conf"
			lab_daemon_begin "$site$n" sunward-rbridge "$site$n.conf"
		done
	done
	for site in $CAMPUS_SITES; do campus_ready "$site" || return; done
}

campus_ready() # SITE
{
	local site=$1 n vlans
	for n in 1 2 3 4 5 6; do
		lab_daemon_ready "$site$n" sunward-rbridge 20 || return
		lab_poll 10 "$site$n to know the campus" six_whole "$site" $n || return
		vlans=$(sed 's/[a-z0-9]*://g' <<<"${CAMPUS_ACCESS[$n]:-}")
		[ -z "$vlans" ] || lab_poll 10 "$site$n to serve its end stations" six_serves "$site" $n $vlans || return
	done
	lab_poll 10 "${site}c to reach ${site}d" lab_exec "${site}c" ping -n -q -c 1 -W 1 10.20.0.4
	lab_poll 10 "${site}b to reach its xTR" lab_exec "${site}b" ping -n -q -c 1 -W 1 "$CAMPUS_XTR"
}
ask() { curl -sf -m 5 --unix-socket "$LAB_DIR/$1/api.sock" "http://localhost$2"; }

# campus_where SITE N MAC: where RBridge N has it: "port hv", "esadi 0x0c01", "data 0x0c01", ...; nothing when it does not know it
campus_where()
{
	local said
	said=$(lab_sunward "$1$2" -j trill mac --vlan 10 2>/dev/null | tr -d ' \n' | grep -o "{[^{}]*\"mac\":\"$3\"[^{}]*}") || return
	case $said in
	*'"local":true'*) said=${said#*\"port\":\"} && echo "port ${said%%\"*}" ;;
	*) said="${said#*\"origin\":\"} ${said#*\"nickname\":\"}" && echo "${said%%\"*} ${said##* }" | sed 's/".*//' ;;
	esac
}

# campus_has SITE MAC: do the hypervisor's RBridge, the xTR's and one with no station between have it where it is
campus_has()
{
	[ "$(campus_where "$1" 1 "$2")" = "port hv" ] && [[ "$(campus_where "$1" 6 "$2")" = *" 0x0c01" ]] &&
		[[ "$(campus_where "$1" 3 "$2")" = *" 0x0c01" ]]
}

# campus_lacks SITE MAC: none of them has it
campus_lacks() { [ -z "$(campus_where "$1" 1 "$2")$(campus_where "$1" 6 "$2")$(campus_where "$1" 3 "$2")" ]; }

# campus_adjacencies SITE: how many its RBridges have, each counted at both ends
campus_adjacencies()
{
	local n
	for n in 1 2 3 4 5 6; do six_asked "$1$n" /v1/adjacencies; done | grep -o '"state":"report"' | wc -l
}

# campus_looped SITE: frames that went round until their hop count was 0; none where no frame goes round
campus_looped()
{
	local n
	for n in 1 2 3 4 5 6; do ask "$1$n" /metrics; done | awk '/^sunward_trill_frames_total\{verdict="drop_hops"\}/ {n += $2} END {print n + 0}'
}

campus_say() # SITE MAC: where it is, by the words of the hypervisor's RBridge and of the xTR's
{
	local n said=()
	for n in 1 6; do said+=("${1}$n: $(campus_where "$1" $n "$2" || :)"); done
	echo "${said[0]}, ${said[1]}"
}

# campus_capture: what passes the link of paris1 and paris5 from the beginning, if there is dumpcap
campus_capture()
{
	CAMPUS_CAPTURE=
	command -v dumpcap >/dev/null && command -v tshark >/dev/null || return 0
	CAMPUS_CAPTURE=$LAB_DIR/campus.pcapng
	lab_start pariswire dumpcap dumpcap -q -i at1 -w "$CAMPUS_CAPTURE"
	CAMPUS_DUMPCAP=$LAB_LAST
	lab_poll 10 "dumpcap to capture" grep -q '^File:' "$LAB_DIR/dumpcap.log"
}

# campus_captured: tshark finds nothing wrong there; prints what it found, and adds to bad. (What an ICMP error quotes had its checksum yet to be made.)
campus_captured()
{
	local filter=("trill" "isis.type == 18" "isis.lsp.checksum.status == 1" "isis.lsp.checksum.status == 0"
		"_ws.malformed || ip.checksum.status == 0 || udp.checksum.status == 0 || tcp.checksum.status == 0 && !(icmp.type == 3)") stat=io,stat,0 f row n
	[ -n "$CAMPUS_CAPTURE" ] || return 0
	kill -INT "$CAMPUS_DUMPCAP" && wait "$CAMPUS_DUMPCAP"
	for f in "${filter[@]}"; do stat+=",$f"; done
	row=$("${LAB_TSHARK[@]}" -r "$CAMPUS_CAPTURE" -q -z "$stat" 2>"$LAB_DIR/tshark.log" | grep '<>' | tail -n 1)
	IFS='|' read -ra n <<<"${row// /}"
	echo "captured between paris1 and paris5: ${n[2]} frames in TRILL, ${n[4]} LSPs, ${n[6]} with a right checksum, ${n[8]} with a wrong one; ${n[10]} frames malformed"
	[ "${n[2]:-0}" -gt 0 ] && [ "${n[6]:-0}" -gt 0 ] && [ "${n[8]}" = 0 ] && [ "${n[10]}" = 0 ] || bad+=("the capture between RBridges does not read clean")
}
