# campus.sh: to be sourced by tests of RBridges in network namespaces, after require.sh and verdict.sh.
#
#   campus_begin NAME SPACE...         namespaces $id-SPACE, a directory $dir, and what takes all away at the end
#   cable NS1 IF1 MAC1 NS2 IF2 MAC2    a link that frames may be redirected to at both ends
#   host NS ADDRESS RB PORT N          an end station, N by its MAC, at a port of an RBridge
#   rbridge NS                         starts the daemon there with $dir/NS.conf, which stands already
#   ask NS PATH                        what its API answers
#   capture NS INTERFACE NAME          into $dir/NAME.pcap, from when it returns
pids=()

campus_end()
{
	local n
	[ ${#pids[@]} = 0 ] || kill -9 "${pids[@]}" 2>/dev/null
	wait "${pids[@]}" 2>/dev/null
	for n in $spaces; do ip netns del "$id-$n" 2>/dev/null; done
	rm -rf "$dir"
}

in_ns() { local n=$1; shift; ip netns exec "$id-$n" "$@"; }

campus_begin()
{
	local n
	dir=$(mktemp -d "/tmp/sunward-$1-XXXXXX") || exit 1
	id=sun$1$$
	shift
	spaces=$*
	trap campus_end EXIT
	trap 'exit 130' INT TERM
	for n in $spaces; do
		ip netns add "$id-$n" && ip -n "$id-$n" link set lo up || skip "cannot make namespaces"
		in_ns "$n" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6'
	done
	: >"$dir/log"
}

cable()
{
	ip link add "$2" netns "$id-$1" address "$3" mtu 1600 type veth peer name "$5" netns "$id-$4" address "$6" mtu 1600
	in_ns "$1" ethtool -K "$2" gro on >/dev/null 2>&1
	in_ns "$4" ethtool -K "$5" gro on >/dev/null 2>&1
	ip -n "$id-$1" link set "$2" up
	ip -n "$id-$4" link set "$5" up
}

host()
{
	cable "$1" eth0 "02:00:00:00:ee:0$5" "$3" "$4" "02:00:00:00:aa:0$5"
	ip -n "$id-$1" link set eth0 mtu 1500
	in_ns "$1" ethtool -K eth0 tx off >/dev/null 2>&1
	ip -n "$id-$1" addr add "$2" dev eth0
}

rbridge()
{
	ip netns exec "$id-$1" "$top_builddir/sunward-rbridge" -c "$dir/$1.conf" >>"$dir/log" 2>&1 &
	pids+=($!)
	eval "pid_$1=$!"
}

ask() { curl -sf --max-time 5 --unix-socket "$dir/$1.sock" "http://localhost$2"; }

capture()
{
	ip netns exec "$id-$1" tcpdump -i "$2" -U -w "$dir/$3.pcap" 2>"$dir/$3.tcpdump" &
	pids+=($!)
	until_true "tcpdump at $1" grep -q "listening on" "$dir/$3.tcpdump"
}
