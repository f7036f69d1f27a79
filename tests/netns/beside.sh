# beside.sh: to be sourced. A map-server in this namespace (198.51.100.1), its peers in one beside it (198.51.100.2, .3, .7 and .9), and tshark's
# word on all that passes between them. Needs root netns tshark dumpcap nsenter ethtool, and to be in a namespace of its own.
daemon=$top_builddir/sunward-mapserver sunward=$top_builddir/sunward tool=$top_builddir/tests/netns/multicast
for f in "$daemon" "$sunward" "$tool"; do [ -x "$f" ] || { echo "no $f: make builds it"; exit 77; }; done
dir=$(mktemp -d /tmp/sunward-beside-XXXXXX) || exit 1
pid= dumpcap= hears= others=
trap 'kill -9 $pid $dumpcap $hears $others 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
bad=0

is() { [ "$2" = "$3" ] && echo "ok   $1" || { echo "FAIL $1: $2, wanted $3"; bad=1; }; }
until_true() # SECONDS WHAT COMMAND...
{
	local i n=$(($1 * 50)) what=$2
	shift 2
	for ((i = 0; i < n; i++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.02
	done
	echo "FAIL $what: not in time"
	cat "$dir"/*.log
	exit 1
}
run() { "$sunward" --socket "$dir/api" "$@"; }
tool() { nsenter -t $others -n "$tool" "$@"; }
ask() { tool ask 198.51.100.9 "$1" | head -n 1; } # the best match; what is more specific stands behind it (RFC 9301 section 5.5)
answers() { [ "$(ask "$1")" = "$2" ]; }
start()
{
	"$daemon" -c "$dir/conf" >>"$dir/daemon.log" 2>&1 &
	pid=$!
	until_true 10 "the map-server" run status
}

apart() { [ "$(readlink /proc/$others/ns/net)" != "$(readlink /proc/self/ns/net)" ]; }
beside_begin() # the map-server's sites on standard input
{
	unshare -n sleep 100 &
	others=$!
	until_true 5 "a namespace" apart
	ip link add core type veth peer name xtrs && ip link set xtrs netns $others && ip link set core up && ip addr add 198.51.100.1/24 dev core || exit 1
	nsenter -t $others -n sh -c 'ip link set xtrs up; for i in 2 3 7 9; do ip addr add 198.51.100.$i/24 dev xtrs; done' || exit 1
	ethtool -K core tx off >/dev/null # a NIC finishes checksums, a veth only if it is told
	nsenter -t $others -n ethtool -K xtrs tx off >/dev/null
	{ cat; printf 'listen = {"198.51.100.1:4342"}\nworkers = 1\napi-socket = "%s/api"\nstate-dir = "%s/state"\n' "$dir" "$dir"; } >"$dir/conf"
	dumpcap -q -i core -w "$dir/all.pcapng" >"$dir/dumpcap.log" 2>&1 &
	dumpcap=$!
	until_true 10 "dumpcap" grep -q '^File:' "$dir/dumpcap.log"
	start
}

# Packets stand in the file in their order: all of them, when the last one does.
ended() { nsenter -t $others -n bash -c 'echo "end of the capture" >/dev/udp/198.51.100.1/9'; grep -q "end of the capture" "$dir/all.pcapng"; }
read_frames() { tshark -n -r "$dir/all.pcapng" -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE "$@" 2>"$dir/tshark.err" || echo "tshark: $(cat "$dir/tshark.err")"; }
beside_end() # [FILTER]: frames of which tshark need not know all
{
	until_true 10 "the capture's end" ended
	kill -INT $dumpcap
	wait $dumpcap
	is "frames that are malformed, not understood, or of a wrong checksum" "$(read_frames -Y "lisp && (_ws.malformed || lisp.invalid_field ||
		(${1:+!($1) && }(_ws.expert || lisp.undecoded)) || ip.checksum.status == Bad || udp.checksum.status == Bad)")" ""
}
