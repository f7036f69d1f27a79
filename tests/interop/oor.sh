# oor.sh: to be sourced. A network of two sites and a map-server, one of the three being Debian's openoverlayrouter.
#
#      client -- office -- core -- peer -- machine       addresses: those of tests/lab/topology.sh
#                           |
#                          ms

. "${top_srcdir:-.}/tests/interop/reach.sh"
require tun oor ethtool
LAB_SITES="office ms peer"
LAB_RLOC[peer]=198.51.100.50
LAB_RLOC6[peer]=2001:db8:51:7::2
proved=0

interop_begin()
{
	test_begin
	LAB_CONF=$top_srcdir/tests/interop/conf
	interop_network
}

interop_network()
{
	local n
	lab_spaces core $LAB_SITES client machine
	for n in $LAB_SITES; do lab_uplink "$n"; done
	# As a physical port would: veth else hands the peer's user-space data plane unfinished checksums and packets of 64 kB.
	lab_exec core ethtool -K to-peer tx off tso off gso off >/dev/null
	lab_link client eth0 office lan
	lab_gateway office 192.0.2.1/24 2001:db8:e:2::1/64
	lab_host client $LAB_CLIENT/24 192.0.2.1 $LAB_CLIENT6/64 2001:db8:e:2::1
	lab_link machine eth0 peer lan
	lab_gateway peer 203.0.113.1/24 2001:db8:e:1::1/64
	lab_host machine $LAB_MACHINE/24 203.0.113.1 $LAB_MACHINE6/64 2001:db8:e:1::1
	serve machine
	serve client
}

# interop_oor SITE CONFIG [RLOC-VERSION MAP-SERVER PROXY-REPLY]: openoverlayrouter in the foreground; its log is $LAB_DIR/oor.out
interop_oor()
{
	sed "s|@VERSION@|${3:-}|g; s|@MAPSERVER@|${4:-}|g; s|@PROXY@|${5:-}|g" "$LAB_CONF/$2" >"$LAB_DIR/oor.conf"
	lab_start "$1" oor stdbuf -oL oor -f "$LAB_DIR/oor.conf"
}

# prove WHAT COMMAND...: the command succeeds within 10 seconds, or the test ends
prove()
{
	eventually 10 "$@"
	proved=$((proved + 1))
	[ $failures = 0 ] || { tail -n 30 "$LAB_DIR/oor.out"; exit 1; }
}

# prove_traffic HOW: both ways, both families of EIDs, ping and TCP. The machine speaks first: else it is not known to be anywhere,
# and the negative answer to the client's request is remembered for a minute.
prove_traffic()
{
	prove "$1: the machine reaches the client, IPv4 EIDs" pings machine $LAB_CLIENT
	prove "$1: the machine reaches the client, IPv6 EIDs" pings machine $LAB_CLIENT6
	prove "$1: the client reaches the machine, IPv4 EIDs" pings client $LAB_MACHINE
	prove "$1: the client reaches the machine, IPv6 EIDs" pings client $LAB_MACHINE6
	prove "$1: no ping of 20 is lost, IPv4 EIDs" many_pings client $LAB_MACHINE
	prove "$1: no ping of 20 is lost, IPv6 EIDs" many_pings machine $LAB_CLIENT6
	prove "$1: TCP from the client, 300 kB there and back, IPv4 EIDs" echoes client $LAB_MACHINE
	prove "$1: TCP from the client, 300 kB there and back, IPv6 EIDs" echoes client $LAB_MACHINE6
	prove "$1: TCP from the machine, 300 kB there and back, IPv4 EIDs" echoes machine $LAB_CLIENT
	prove "$1: TCP from the machine, 300 kB there and back, IPv6 EIDs" echoes machine $LAB_CLIENT6
}

# mapped SITE EID RLOC: does the map-server there say that this EID is at this locator
mapped() { lab_sunward "$1" -j eid show "$2" | grep -q "\"$3\""; }

# cached SITE EID RLOC: has this tunnel router learned it, and is this its first locator
cached()
{
	lab_sunward "$1" -j cache | jq -e --arg e "$2" --arg r "$3" '.cache[] | select(.eid == $e) | .locators[0].address == $r'
}
