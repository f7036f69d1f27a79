# evpn.sh: to be sourced after topology.sh. In place of the tunnel routers: EVPN (RFC 7432, RFC 8365) by FRR and the kernel's VXLAN, between
# the same sites, over the same core, with the same machine, cable and client; the client is in the machine's subnet, for the kernel of
# such a machine has no VRF, and a layer-2 VNI is what FRR can do without. Where the route reflector is wanted it stands in the map-server's place.
EVPN_CLIENT=203.0.113.200
EVPN_FRR=/usr/lib/frr

evpn_unable() # the reason, or false
{
	local p
	for p in zebra bgpd; do [ -x $EVPN_FRR/$p ] || { echo "no $EVPN_FRR/$p (Debian's frr)"; return; }; done
	getent passwd frr >/dev/null || { echo "no user frr"; return; }
	! unshare -n ip link add type vxlan id 1 dstport 4789 2>/dev/null || return 1
	echo "the kernel has no VXLAN"
}

evpn_core_of() { echo "${LAB_RLOC[$1]%.*}.$((${LAB_RLOC[$1]##*.} - 1))"; } # SITE

evpn_leaf() # SITE N: a bridge of its port to the machines and a VXLAN; MACs come by BGP alone
{
	local s=$1
	lab_ip "$s" addr flush dev lan
	lab_ip "$s" link set lan address "02:53:55:4e:01:0$2"
	lab_ip "$s" link add br0 type bridge stp_state 0 forward_delay 0
	lab_ip "$s" link add vx100 type vxlan id 100 dstport 4789 local "${LAB_RLOC[$s]}" nolearning
	lab_ip "$s" link set lan master br0
	lab_ip "$s" link set vx100 master br0
	bridge -n "$(lab_ns "$s")" link set dev vx100 learning off neigh_suppress off
	lab_ip "$s" link set br0 up
	lab_ip "$s" link set vx100 up
}

evpn_config() # SITE PEER...: on standard output
{
	local s=$1 peer
	shift
	cat <<-END
		hostname $s
		router bgp 65000
		 bgp router-id ${LAB_RLOC[$s]}
		 no bgp default ipv4-unicast
		 neighbor sites peer-group
		 neighbor sites remote-as 65000
		 neighbor sites update-source ${LAB_RLOC[$s]}
		 neighbor sites timers connect 1
	END
	for peer in "$@"; do echo " neighbor ${LAB_RLOC[$peer]} peer-group sites"; done
	echo " address-family l2vpn evpn"
	echo "  neighbor sites activate"
	if [ "$s" = ms ]; then
		echo "  neighbor sites route-reflector-client"
	else
		echo "  advertise-all-vni"
		echo "  no dup-addr-detection" # it would take the benchmark's moves for a fault
	fi
}

evpn_speaker() # SITE PEER...: zebra and bgpd, which no service manager sees
{
	local s=$1 dir=$LAB_DIR/frr-$1
	shift
	mkdir -p "$dir"
	echo "hostname $s" >"$dir/zebra.conf"
	evpn_config "$s" "$@" >"$dir/bgpd.conf"
	chmod 711 "$LAB_DIR"
	evpn_daemon "$s" zebra -s 90000000 # bytes of its netlink socket, as Debian starts it
	lab_poll 10 "zebra of $s ($LAB_DIR/zebra-$s.log)" test -S "$dir/zserv" || return
	evpn_daemon "$s" bgpd -p 179
}

evpn_daemon() # SITE DAEMON MORE...: one of FRR's, with its configuration of frr-SITE
{
	local s=$1 daemon=$2 dir=$LAB_DIR/frr-$1 above=0
	[ "$s" != ms ] || above=1
	shift 2
	chown -R frr:frr "$dir"
	lab_start "$s" "$daemon-$s" $(lab_before $above) $EVPN_FRR/"$daemon" -f "$dir/$daemon.conf" -i "$dir/$daemon.pid" "$@" -z "$dir/zserv" \
		--vty_socket "$dir" -u frr -g frr -P 0 --log stdout
}

evpn_network() # after lab_network: its sites become leaves
{
	local s n=0
	for s in paris tokyo office; do
		n=$((n + 1))
		evpn_leaf "$s" $n
		# FRR takes no default route for the way to a neighbour's VXLAN
		lab_ip "$s" route add 198.51.100.0/24 via "$(evpn_core_of "$s")"
	done
	lab_ip ms route add 198.51.100.0/24 via "$(evpn_core_of ms)"
	lab_ip client addr add $EVPN_CLIENT/24 dev eth0
}

evpn_daemons() # reflector | mesh
{
	local s
	[ "$1" = mesh ] || evpn_speaker ms paris tokyo office || return
	for s in paris tokyo office; do
		if [ "$1" = mesh ]; then
			# shellcheck disable=SC2046
			evpn_speaker "$s" $(printf '%s\n' paris tokyo office | grep -v "$s") || return
		else
			evpn_speaker "$s" ms || return
		fi
	done
	lab_poll 20 "the client to reach the machine" lab_exec client ping -q -c 1 -W 1 $LAB_MACHINE &&
		lab_poll 20 "the office to know the machine in Paris" evpn_knows office paris
}

# evpn_knows SITE WHERE: whether the site sends the machine's frames there
evpn_knows()
{
	local mac
	mac=$(lab_exec machine cat /sys/class/net/eth0/address)
	bridge -n "$(lab_ns "$1")" fdb show dev vx100 | grep -q "$mac dst ${LAB_RLOC[$2]} "
}
