# failover_evpn.sh: to be sourced by failover_lab.sh after evpn.sh. EVPN in place of the RBridges: rb1, rb3 and rb4 are leaves with a VXLAN of
# one bridged network, MACs by BGP between their loopbacks; rb2 and rb3 are the two ways between rb1 and rb4. Below, FRR's OSPF point to point, as
# fast as it lets itself be set, with BFD each 15 ms, three of which are missed: the timers that the RBridges have.
#
#   fabric_unable       the reason why it cannot be here, or false
#   fabric_stand        after network: leaves, addresses, daemons
#   fabric_settled      the cheaper way is gone, and BFD watches all links
#   fabric_die, fabric_live    rb2: its daemons killed and nothing forwarded any more, as if it had lost its power; and back
FABRIC_LEAVES="rb1 rb3 rb4"
for n in 1 2 3 4; do LAB_RLOC[rb$n]=10.99.0.$n; done

fabric_unable()
{
	local p
	evpn_unable && return
	[ "$stations" -le 10000 ] || { echo "FRR takes both processors for minutes until it has told of so many end stations"; return; }
	for p in ospfd bfdd; do [ -x $EVPN_FRR/$p ] || { echo "no $EVPN_FRR/$p (Debian's frr)"; return; }; done
	command -v vtysh >/dev/null || { echo "no vtysh (Debian's frr)"; return; }
	return 1
}

fabric_address() { echo "10.98.$(($1 < $2 ? $1 * 10 + $2 : $2 * 10 + $1)).$1"; } # N OTHER: of N's port to it

fabric_ospf() # N: its configuration, on standard output
{
	local n=$1 port cost
	echo "hostname rb$n"
	for port in ${TRUNKS[$n]}; do
		cost=10
		case $n$port in 1to3 | 3* | 4to3) cost=20 ;; esac
		printf 'interface %s\n ip ospf area 0\n ip ospf network point-to-point\n ip ospf cost %d\n ip ospf hello-interval 1\n ip ospf dead-interval 4\n' "$port" $cost
		printf ' ip ospf bfd\n ip ospf bfd profile fast\n'
	done
	printf 'interface lo\n ip ospf area 0\n ip ospf passive\n'
	printf 'router ospf\n ospf router-id %s\n timers throttle spf 0 10 50\n timers throttle lsa all 0\n timers lsa min-arrival 0\n' "${LAB_RLOC[rb$n]}"
}

fabric_router() # N
{
	local n=$1 dir=$LAB_DIR/frr-rb$1 peers
	peers=$(printf '%s\n' $FABRIC_LEAVES | grep -v "rb$n")
	[[ " $FABRIC_LEAVES " = *" rb$n "* ]] || peers=
	rm -rf "$dir"
	# shellcheck disable=SC2086
	evpn_speaker rb$n $peers || return
	fabric_ospf "$n" >"$dir/ospfd.conf"
	printf 'hostname rb%d\nbfd\n profile fast\n  receive-interval 15\n  transmit-interval 15\n  detect-multiplier 3\n' "$n" >"$dir/bfdd.conf"
	evpn_daemon rb$n bfdd --bfdctl "$dir/bfdd.sock" || return
	evpn_daemon rb$n ospfd
}

fabric_leaf() # RB: a bridge of its ports to end stations and a VXLAN
{
	local rb=$1 port
	lab_ip "$rb" link add br0 mtu 1500 type bridge stp_state 0 forward_delay 0 mcast_snooping 0 ageing_time "$AGE_CS"
	lab_ip "$rb" link add vx100 mtu 1500 type vxlan id 100 dstport 4789 local "${LAB_RLOC[$rb]}" nolearning
	for port in vx100 ${ACCESS[${rb#rb}]}; do lab_ip "$rb" link set "$port" mtu 1500 master br0; done
	bridge -n "$(lab_ns "$rb")" link set dev vx100 learning off neigh_suppress off
	lab_ip "$rb" link set br0 up
	lab_ip "$rb" link set vx100 up
}

fabric_stand()
{
	local n port
	for n in 1 2 3 4; do
		lab_exec rb$n sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.ignore_routes_with_linkdown=1
		lab_ip rb$n addr add "${LAB_RLOC[rb$n]}/32" dev lo
		for port in ${TRUNKS[$n]}; do lab_ip rb$n addr add "$(fabric_address $n "${port#to}")/24" dev "$port"; done
	done
	for n in $FABRIC_LEAVES; do fabric_leaf $n; done
	for n in 1 2 3 4; do fabric_router $n || return; done
}

fabric_way() { lab_ip rb"$1" route get "${LAB_RLOC[rb$2]}" from "${LAB_RLOC[rb$1]}" | grep -q "dev to2 "; } # FROM TO
fabric_watched() # N: BFD at both its links
{
	[ "$(vtysh --vty_socket "$LAB_DIR/frr-rb$1" -d bfdd -c 'show bfd peers json' 2>/dev/null | jq '[.[] | select(.status == "up")] | length')" = 2 ]
}

fabric_settled()
{
	local n
	fabric_way 1 4 && fabric_way 4 1 || return
	for n in 1 2 3 4; do fabric_watched $n || return; done
}

fabric_die()
{
	local p pids=()
	for p in zebra bgpd ospfd bfdd; do pids+=("${LAB_PID[$p-rb2]}"); done
	lab_exec rb2 sysctl -qw net.ipv4.ip_forward=0
	{ kill -9 "${pids[@]}" && wait "${pids[@]}" || :; } 2>/dev/null
}

fabric_live() { lab_exec rb2 sysctl -qw net.ipv4.ip_forward=1 && fabric_router 2; }
