#!/bin/bash
# The map-server's fast path with a running daemon: who answers what, that changes are seen at once, that the daemon keeps no privilege,
# that nothing stays behind. Over a veth; the client's end computes checksums, since the program leaves offloaded ones to the sockets.
set -u
: "${top_srcdir:=.}" "${top_builddir:=build/plain}"
. "$top_srcdir/tests/netns/require.sh"
require root netns bpf ethtool jq curl setpriv ip
setpriv --list-caps | grep -qx bpf || skip "needs a setpriv that knows CAP_BPF"
dir=$(mktemp -d /tmp/sunward-fast-XXXXXX) || exit 1
id=sunfast$$
pid=
cleanup()
{
	[ -z "$pid" ] || kill "$pid" 2>/dev/null
	ip netns del "$id-s" 2>/dev/null
	ip netns del "$id-c" 2>/dev/null
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM
bad=0
ms=$top_builddir/sunward-mapserver cli=$top_builddir/sunward

expect() # WHAT GOT WANT
{
	[ "$2" = "$3" ] && { echo "ok   $1: $2"; return; }
	echo "FAIL $1: got '$2', want '$3'"
	bad=1
}

until_true() # WHAT COMMAND...
{
	local what=$1 deadline=$(($(date +%s) + 10))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -le $deadline ] || { expect "$what" "not within 10 s: $(tail -5 "$dir/log")" ""; return 1; }
		read -rt 0.02 <> <(:) || :
	done
}

s() { ip netns exec "$id-s" "$@"; }
c() { ip netns exec "$id-c" "$@"; }
ask() { c "$cli" lig "$1" to "${2:-192.0.2.1}" 2>&1 | grep -v '^Received\|^Send\|^$'; }
sunward() { "$cli" --socket "$dir/api" "$@"; }
verdict() { sunward -j counters | jq -r --arg v "$1" '[.counters[] | select(.name == "sunward_mapserver_fast_path_total" and .labels.verdict == $v) | .value] | add // "none"'; }
has_program() { s ip link show srv | grep -q xdp; }
has_none() { ! has_program; }

ip netns add "$id-s" && ip netns add "$id-c" || skip "needs network namespaces"
ip link add srv netns "$id-s" type veth peer name cli netns "$id-c"
for n in s c; do ip -n "$id-$n" link set lo up; done
s sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.srv.accept_dad=0
c sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.cli.accept_dad=0
ip -n "$id-s" addr add 192.0.2.1/24 dev srv && ip -n "$id-s" addr add 2001:db8:f::1/64 dev srv
ip -n "$id-c" addr add 192.0.2.2/24 dev cli && ip -n "$id-c" addr add 2001:db8:f::2/64 dev cli
c ethtool -K cli tx off >/dev/null
ip -n "$id-c" link set cli xdp obj "$top_builddir/tests/netns/xdp_pass.bpf.o" sec xdp || skip "needs an iproute2 that loads BPF"
ip -n "$id-s" link set srv up && ip -n "$id-c" link set cli up

mkdir "$dir/state"
cat >"$dir/conf" <<END
roles = {"map-server"}
listen = {"0.0.0.0:4342", "[::]:4342"}
workers = 1
fast-path {
	interfaces = {"srv"}
	entries = 1000
}
site "a" {
	key "1" {
		key = "secret"
	}
	eid-prefix "10.0.0.0/8" {
		accept-more-specifics = yes
	}
}
static "10.0.0.9/32" {
	ttl = 60m
	locator "198.51.100.9" {}
}
api-socket = "$dir/api"
state-dir = "$dir/state"
END
expect "the configuration" "$("$ms" -t -c "$dir/conf" 2>&1)" "$dir/conf: no mistakes"
chmod 755 "$dir" && chown -R nobody "$dir"

# As nobody, with the three capabilities that the manual names.
caps=-all,+bpf,+net_admin,+perfmon
daemon=(setpriv --reuid nobody --regid nogroup --clear-groups --inh-caps $caps --ambient-caps $caps --bounding-set $caps "$ms" -c "$dir/conf")
ip netns exec "$id-s" "${daemon[@]}" >"$dir/log" 2>&1 &
pid=$!
until_true "the map-server runs" curl -sf --unix-socket "$dir/api" http://localhost/readyz || exit 1
expect "it is attached" "$(has_program && echo yes)" yes
expect "the daemon keeps no capability" "$(sed -n 's/^Cap\(Prm\|Eff\|Inh\|Amb\):\s*//p' /proc/$pid/status | sort -u)" 0000000000000000

sunward eid add 10.0.0.1 --rloc 198.51.100.1,1,100 --ttl 60 >/dev/null
want=$(printf '%s\n' "Mapping entry for EID 10.0.0.1:" "10.0.0.1, record ttl: 60" \
	"LOCATOR       STATE  PRIORITY/WEIGHT" "198.51.100.1  up     1/100")
for to in 192.0.2.1 2001:db8:f::1; do
	expect "a registered host, asked at $to" "$(ask 10.0.0.1 $to)" "$want"
done
expect "the kernel has answered" "$(verdict answered)" 2
ask 10.0.0.9 >/dev/null
expect "a static host too" "$(verdict answered)" 3
c ethtool -K cli tx on >/dev/null
expect "the sockets say the same, where the checksum is the device's" "$(ask 10.0.0.1)" "$want"
expect "the kernel has not" "$(verdict answered)" 3
expect "and says why" "$(verdict checksum)" 1
c ethtool -K cli tx off >/dev/null

sunward eid set 10.0.0.1 --rloc 198.51.100.2,1,100 --ttl 60 >/dev/null
expect "a change, once it is acknowledged" "$(ask 10.0.0.1 | tail -1)" "198.51.100.2  up     1/100"
expect "the kernel has answered" "$(verdict answered)" 4
sunward eid del 10.0.0.1 >/dev/null
expect "a withdrawal" "$(ask 10.0.0.1 | tail -1)" "negative: natively-forward"
expect "the kernel has not" "$(verdict answered)" 4

# A policy anywhere must be asked.
sunward eid add 10.0.0.1 --rloc 198.51.100.1,1,100 --ttl 60 >/dev/null
cp "$dir/conf" "$dir/plain"
printf 'site "b" {\n\tkey "1" {\n\t\tkey = "secret"\n\t}\n\teid-prefix "11.0.0.0/8" {}\n\tpolicy = drop\n}\n' >>"$dir/conf"
kill -HUP $pid
until_true "the site with a policy is there" curl -sf --unix-socket "$dir/api" http://localhost/v1/sites/b
expect "the sockets answer" "$(ask 10.0.0.1)" "$want"
expect "the kernel has not" "$(verdict answered)" 4
expect "and says why" "$(verdict off)" 1
cp "$dir/plain" "$dir/conf"
sed -i 's/interfaces = {"srv"}/interfaces = {"lo"}/' "$dir/conf"
kill -HUP $pid
until_true "an interface that the file leaves out is left at a reload" has_none
expect "the sockets answer" "$(ask 10.0.0.1)" "$want"
expect "the kernel has not" "$(verdict answered)" 4
cp "$dir/plain" "$dir/conf"
kill -HUP $pid
until_true "and taken again" has_program
expect "the kernel answers" "$(ask 10.0.0.1 >/dev/null; verdict answered)" 5

kill -9 $pid
wait $pid 2>/dev/null
pid=
until_true "after kill -9 of the daemon nothing is attached" has_none
rm -f "$dir/api"
sed -i 's/{"srv"}/{"nosuch"}/' "$dir/conf"
s "${daemon[@]}" >"$dir/log2" 2>&1
expect "an interface that is not there is told" "$(grep -o 'fast-path: interface nosuch: cannot attach: No such device' "$dir/log2" | head -1)" \
	"fast-path: interface nosuch: cannot attach: No such device"
[ $bad = 0 ] || cat "$dir/log2"
exit $bad
