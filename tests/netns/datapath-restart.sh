#!/bin/bash
# A tunnel router whose maps and links are pinned is killed with SIGKILL and started again, under 1,000 pings a second: none
# may be lost while nobody runs the data plane; after the restart what the new process did not set is gone. In tc and in XDP.
#
#   h1 --site x1 core--core x2 site-- h2
set -u
. "${top_srcdir:-.}/tests/netns/require.sh"
require root netns bpf tun ip ping ethtool
bin=${top_builddir:-build/plain}/tests/netns
id=swdr$$
tmp=$(mktemp -d) || exit 99

clear_up()
{
	local pid
	for pid in $(jobs -p); do kill "$pid" 2>/dev/null; done
	wait 2>/dev/null
	for n in h1 x1 x2 h2; do ip netns del $id-$n 2>/dev/null; done
	umount "$tmp/bpf" 2>/dev/null
}
trap 'clear_up; rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

fail() { echo "failed: $*"; exit 1; }

wait_for() # FILE WORD
{
	local end=$((SECONDS + 20))
	until grep -q "$2" "$1" 2>/dev/null; do
		[ $SECONDS -lt $end ] || fail "no '$2' in time: $(cat "$1")"
		read -rt 0.02 <> <(:) || :
	done
}

topology()
{
	local n i d
	mkdir -p "$tmp/bpf"
	mount -t bpf bpf "$tmp/bpf" || { echo "skipped: no bpffs"; exit 77; }
	for n in h1 x1 x2 h2; do ip netns add $id-$n; done
	ip link add eth0 netns $id-h1 type veth peer name site netns $id-x1
	ip link add eth0 netns $id-h2 type veth peer name site netns $id-x2
	ip link add core netns $id-x1 type veth peer name core netns $id-x2
	for i in 1 2; do
		ip netns exec $id-x$i sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
		ip netns exec $id-h$i ethtool -K eth0 tx off gro on >/dev/null # XDP knows no partial checksums
		ip -n $id-h$i addr add 10.$i.0.2/24 dev eth0
		ip -n $id-x$i addr add 10.$i.0.1/24 dev site
		ip -n $id-x$i addr add 192.0.2.$i/24 dev core
		for d in h$i:eth0 x$i:site x$i:core; do ip -n $id-${d%:*} link set ${d#*:} up; done
		ip -n $id-h$i route add default via 10.$i.0.1
	done
}

# router I OUT WORD...: in the background, its pid in $pid
router()
{
	local i=$1 out=$2
	shift 2
	rm -f "$tmp/$out"
	ip netns exec $id-x$i "$bin/dp_static" --pin "$tmp/bpf/x$i" core core $mode site site $mode 0 rloc 192.0.2.$i "$@" \
		>"$tmp/$out" 2>&1 <>"$tmp/quiet" &
	pid=$!
	wait_for "$tmp/$out" ready
}

scenario()
{
	local mode=$1 pid pinger round
	[ -p "$tmp/quiet" ] || mkfifo "$tmp/quiet"
	topology
	router 2 second eid 10.2.0.0/24 local eid 10.1.0.0/24 encap 192.0.2.1
	router 1 first eid 10.1.0.0/24 local eid 10.2.0.0/24 encap 192.0.2.2 eid 10.9.0.0/24 encap 192.0.2.9 eid 10.9.0.1/32 local
	ip netns exec $id-h1 ping -q -c 1 -W 5 10.2.0.2 >"$tmp/warm" || fail "$mode: no way through: $(cat "$tmp/warm" "$tmp/first" "$tmp/second")"

	# 3,000 pings over 3 s; the router dies, nobody is there, a new one comes.
	ip netns exec $id-h1 ping -q -i 0.001 -c 3000 -W 1 10.2.0.2 >"$tmp/ping" 2>&1 &
	pinger=$!
	for round in 1 2; do
		kill -9 $pid
		wait $pid 2>/dev/null
		read -rt 0.4 <> <(:) || : # pings pass meanwhile; nothing is waited for
		router 1 again$round eid 10.1.0.0/24 local eid 10.2.0.0/24 encap 192.0.2.2
	done
	wait $pinger || fail "$mode: ping: $(cat "$tmp/ping")"
	grep -q ' 0% packet loss' "$tmp/ping" || fail "$mode: lost: $(cat "$tmp/ping")"
	wait_for "$tmp/again1" 'settled 2' # 10.9.0.0/24 and 10.9.0.1 were the first process's
	wait_for "$tmp/again2" 'settled 0'
	echo "ok: $mode: two kills, $(grep -o '[0-9]* packets transmitted, [0-9]* received' "$tmp/ping"), two stale entries gone"
	clear_up
}

for kind in tc xdp; do scenario $kind; done
