#!/bin/bash
# The data plane (RFC 9300 sections 5 and 7) end to end, each cell with every byte compared: {veth, tap} x {IPv4, IPv6 RLOCs} x {IPv4, IPv6 EIDs} x
# {GRO on, off} x {TX checksum on, off} x {TCP, UDP, fragments, ICMP} through tc; and XDP on veth (TX checksum off) besides.
#
#   h1 --site x1 core--core x2 site-- h2      h*: hosts; x*: tunnel routers with fixed entries
#
# A host has two addresses of each family; which one is used says over which family of RLOCs the packet travels.
set -u
. "${top_srcdir:-.}/tests/netns/require.sh"
require root netns bpf tun ip ethtool ping
bin=${top_builddir:-build/plain}/tests/netns
id=swdp$$
tmp=$(mktemp -d) || exit 99
failed=0 passed=0

cleanup()
{
	local pid
	exec 7>&- 8>&-
	for pid in $(jobs -p); do kill "$pid" 2>/dev/null; done
	wait 2>/dev/null
	for n in h1 x1 x2 h2; do ip netns del $id-$n 2>/dev/null; done
	rm -rf "$tmp"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

in_ns() { local n=$1; shift; ip netns exec "$id-$n" "$@"; }

# wait_for FILE WORD: until the word stands in the file
wait_for()
{
	local end=$((SECONDS + 20))
	until grep -q "$2" "$1" 2>/dev/null; do
		[ $SECONDS -lt $end ] || { echo "failed: no '$2' in time: $(cat "$1")"; exit 1; }
		read -rt 0.02 <> <(:) || :
	done
}

# cable KIND HOST ROUTER
cable()
{
	if [ "$1" = tap ]; then
		"$bin/dp_pump" $id-"$3" site $id-"$2" eth0 >"$tmp/pump-$2" 2>&1 &
		wait_for "$tmp/pump-$2" ready
	else
		ip link add eth0 netns $id-"$2" type veth peer name site netns $id-"$3"
	fi
}

# i: this side's number, o: the other's. 10.i, 2001:db8:i travel over IPv4; 10.1i, 2001:db8:1i over IPv6.
configure()
{
	local i=$1 o=$((3 - $1)) n p
	for n in h$i x$i; do
		in_ns $n sh -c 'ip link set lo up; for d in all default; do echo 0 >/proc/sys/net/ipv4/conf/$d/rp_filter; done
			for d in /proc/sys/net/ipv6/conf/*; do echo 0 >$d/accept_dad; echo 0 >$d/dad_transmits; done'
	done
	in_ns x$i sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
	for p in $i 1$i; do
		ip -n $id-h$i addr add 10.$p.0.2/24 dev eth0
		ip -n $id-h$i addr add 2001:db8:$p::2/64 dev eth0 nodad
		ip -n $id-x$i addr add 10.$p.0.1/24 dev site
		ip -n $id-x$i addr add 2001:db8:$p::1/64 dev site nodad
	done
	ip -n $id-x$i addr add 192.0.2.$i/24 dev core
	ip -n $id-x$i addr add 2001:db8:f::$i/64 dev core nodad
	ip -n $id-h$i link set eth0 up
	ip -n $id-x$i link set site up
	ip -n $id-x$i link set core up
	ip -n $id-h$i route add default via 10.$i.0.1
	ip -n $id-h$i route add default via 2001:db8:$i::1
	ip -n $id-h$i route add 10.1$o.0.0/24 via 10.1$i.0.1 src 10.1$i.0.2
	ip -n $id-h$i route add 2001:db8:1$o::/64 via 2001:db8:1$i::1 src 2001:db8:1$i::2
}

# router I MODE: with fixed entries; its packets to the other side are held at first
router()
{
	local i=$1 mode=$2 o=$((3 - $1)) how=held
	mkfifo "$tmp/in$i"
	ip netns exec $id-x$i "$bin/dp_static" core core "$mode" site site "$mode" 0 rloc 192.0.2.$i rloc 2001:db8:f::$i \
		eid 10.$i.0.0/24 local eid 10.1$i.0.0/24 local eid 2001:db8:$i::/64 local eid 2001:db8:1$i::/64 local \
		eid 10.$o.0.0/24 $how 192.0.2.$o eid 10.1$o.0.0/24 $how 2001:db8:f::$o \
		eid 2001:db8:$o::/64 $how 192.0.2.$o eid 2001:db8:1$o::/64 $how 2001:db8:f::$o \
		<"$tmp/in$i" >"$tmp/router$i" 2>&1 &
	eval "exec $((6 + i))>\"$tmp/in$i\""
	wait_for "$tmp/router$i" ready
}

topology() # KIND MODE
{
	local n
	for n in h1 x1 x2 h2; do ip netns add $id-$n; done
	cable "$1" h1 x1
	cable "$1" h2 x2
	ip link add core netns $id-x1 type veth peer name core netns $id-x2
	configure 1
	configure 2
	router 1 "$2"
	router 2 "$2"
	ip netns exec $id-h2 "$bin/dp_traffic" serve 7007 eth0 >"$tmp/serve" 2>&1 7>&- 8>&- &
	server=$!
	wait_for "$tmp/serve" ready
}

teardown()
{
	kill $server 2>/dev/null
	exec 7>&- 8>&-
	for i in 1 2; do wait_for "$tmp/router$i" 'counter encap'; done
	grep -h '^counter' "$tmp/router1" | sed 's/^counter/  x1/' | tr '\n' ';'
	echo
	for pid in $(jobs -p); do kill "$pid" 2>/dev/null; done
	wait 2>/dev/null
	for n in h1 x1 x2 h2; do ip netns del $id-$n; done
	rm -f "$tmp"/in? "$tmp"/router? "$tmp"/pump-* "$tmp/serve"
}

offloads() # GRO TX
{
	local n
	for n in h1:eth0 x1:site x1:core x2:core x2:site h2:eth0; do
		in_ns ${n%:*} ethtool -K ${n#*:} gro "$1" tx "$2" >"$tmp/ethtool" 2>&1 || { cat "$tmp/ethtool"; exit 1; }
	done
}

cell() # NAME TRAFFIC ADDRESS
{
	local said rc
	if [ "$2" = icmp ]; then
		said=$(in_ns h1 ping -q -c 3 -i 0.01 -W 2 -p 5a -s 1000 "$3" 2>&1 &&
			in_ns h1 ping -q -c 4 -i 0.05 -W 2 -M dont -p a5 -s 4000 "$3" 2>&1)
		rc=$?
		case $said in *"wrong data"* | *corrupt*) rc=1 ;; esac
		# The first large IPv6 packets teach the path MTU; ping counts them as lost, but some answer must come.
		said=$(printf '%s' "$said" | grep -o '[0-9]* received' | tr '\n' ' ')
	else
		said=$(in_ns h1 timeout 30 "$bin/dp_traffic" "$2" "$3" 7007 eth0 2>&1)
		rc=$?
		case "$1 $2: $said" in *tx=off*udp:*"checked 0 "* | *tx=off*tcp:*"checked 0 "*) rc=1 said="no checksum was there to look at: $said" ;; esac
	fi
	if [ $rc = 0 ]; then
		passed=$((passed + 1))
		echo "ok      $1 $2: $said"
	else
		failed=$((failed + 1))
		echo "FAILED  $1 $2: $said"
	fi
}

cells() # NAME
{
	local rloc eid traffic p address
	for rloc in 4 6; do
		[ $rloc = 4 ] && p=2 || p=12
		for eid in 4 6; do
			[ $eid = 4 ] && address=10.$p.0.2 || address=2001:db8:$p::2
			for traffic in icmp udp fragments tcp; do
				cell "$1 rloc=ipv$rloc eid=ipv$eid" $traffic $address
			done
		done
	done
}

for kind in veth tap; do
	topology $kind tc
	for gro in on off; do
		for tx in on off; do
			offloads $gro $tx
			cells "tc $kind gro=$gro tx=$tx"
		done
	done
	teardown
done
topology veth xdp
offloads on off
cells "xdp veth gro=on tx=off"
teardown
echo "$passed cells right, $failed wrong in $SECONDS s"
[ $failed = 0 ]
