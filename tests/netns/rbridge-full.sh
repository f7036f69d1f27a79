#!/bin/bash
# An RBridge's tables of end stations are full of sources that one end station makes up, and goes on making up: what an agent says has room in the core and in the
# data plane all the same, so that frames for that station go to its port alone.
#
#   a, b, c (VLAN 10) - rb1
set -u
: "${top_srcdir:=.}" "${top_builddir:=build/plain}"
. "$top_srcdir/tests/netns/require.sh"
require root netns bpf ip tcpdump ethtool curl jq python3
. "$top_srcdir/tests/verdict.sh"
. "$top_srcdir/tests/netns/campus.sh"
campus_begin trfull rb1 a b c
i=0
for n in a b c; do host $n "10.9.0.$((++i))/24" rb1 "h$i" "$i"; done
{
	printf 'nickname = 0x0b01\nlimits {\nstations = 256\n}\napi-socket = "%s"\nstate-dir = "%s"\n' "$dir/rb1.sock" "$dir/rb1.state"
	printf 'port "h%s" {\nkind = access\npvid = 10\nhello = 300ms\nholding = 1s\n}\n' 1 2 3
} >"$dir/rb1.conf"
rbridge rb1
forwards() { [ "$(ask rb1 /v1/vlans | jq -r '[.vlans[] | "\(.appointed) \(.inhibited)"] | join(" ")')" = "10 null 10 null 10 null" ]; }
until_true "rb1 is forwarder at all ports" forwards
for n in a c; do capture $n eth0 $n; done

# frames NS DA SA: of the local experimental Ethertype; without SA some hundred a second from sources that nobody has, for ever
cat >"$dir/frames.py" <<'T'
import os, socket, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
while True:
    s.send(bytes.fromhex(sys.argv[1]) + (bytes.fromhex(sys.argv[2]) if sys.argv[2:] else b"\x02\xff" + os.urandom(4)) + bytes.fromhex("88b5") + bytes(46))
    if sys.argv[2:]:
        break
    time.sleep(0.002)
T
frames() { in_ns "$1" python3 "$dir/frames.py" "${@:2}"; }
ip netns exec "$id-a" python3 "$dir/frames.py" ffffffffffff &
pids+=($!)
metric() { ask rb1 /metrics | awk -v m="$1" '$1 == m {print $2}'; }
is_full() { [ "$(metric 'sunward_trill_frames_total{verdict="learn_full"}')" -gt 0 ]; }
until_true "the data plane's table is full" is_full
for i in 1 2 3 4 5 6 7 8; do
	is "an agent's word of station $i" "$(curl -s -o "$dir/answer" -w '%{http_code}' --max-time 5 --unix-socket "$dir/rb1.sock" -X PUT \
		-H "Content-Type: application/json" -d '{"port":"h1"}' "http://localhost/v1/stations/10/02:00:00:00:dd:0$i")" 200
done
is "what made room" "$([ "$(metric sunward_trill_stations_displaced_total)" -ge 8 ] && echo yes)" yes
for i in 1 2 3 4 5 6 7 8; do frames b "02000000dd0$i" 0200000000b1; done
frames b ffffffffffff 0200000000b2
count() { tcpdump -e -n -r "$dir/$1.pcap" "$2" 2>/dev/null | grep -c ethertype; }
seen() { [ "$(count "$1" 'ether src 02:00:00:00:00:b2')" = 1 ]; }
for n in a c; do until_true "what b sent last is at $n" seen $n; done
is "frames for the stations at their port" "$(count a 'ether src 02:00:00:00:00:b1')" 8
is "and where they are not" "$(count c 'ether src 02:00:00:00:00:b1')" 0
kill "$pid_rb1"
wait "$pid_rb1"
is "rb1 ends in order" $? 0
exit $bad
