# capture.sh: to be sourced after lab_test.sh: what passes the lab's core, and an independent decoder that reads it.
. "$(dirname "${BASH_SOURCE[0]}")/tshark.sh"

# capture_begin: the core's ports, each packet once: as it comes in. NICs finish checksums and cut packets; veth only if told.
capture_begin()
{
	local n
	for n in $LAB_SITES; do lab_exec "$n" ethtool -K wan tx off tso off gso off >/dev/null; done
	for n in client machine; do
		lab_exec "$n" ethtool -K eth0 tx off tso off gso off >/dev/null
		lab_exec "$n" sysctl -qw net.ipv4.tcp_dsack=0 # of a D-SACK, which is TCP's own business, tshark warns
	done
	lab_start core dumpcap dumpcap -q -i any -f inbound -w "$LAB_DIR/core.pcapng"
	DUMPCAP=$LAB_LAST
	lab_poll 10 "dumpcap to capture" grep -q '^File:' "$LAB_DIR/dumpcap.log"
}

capture_end() # once the last packets stand in the file: a word to the core comes after them
{
	lab_poll 10 "the end of the capture" lab_exec office bash -c \
		'echo "end of the capture" >/dev/udp/198.51.100.17/9; grep -q "end of the capture" "$1"' end "$LAB_DIR/core.pcapng"
	kill -INT "$DUMPCAP"
	wait "$DUMPCAP"
}

# capture_read KINDS [FILE]: count all kinds in one run of tshark; the wanted are there, the unwanted are not. A kind is a line: how many frames are
# wanted (0 or +), the display filter, what it is, with | between.
capture_read()
{
	local kinds stat row frames i want filter kind
	local tshark=("${LAB_TSHARK[@]}" -r "$LAB_DIR/${2:-core.pcapng}" -o udp.ignore_ipv6_zero_checksum:TRUE -o tcp.analyze_sequence_numbers:FALSE)
	mapfile -t kinds < <(sed '/^$/d' <<<"$1")
	stat=io,stat,0
	for i in "${kinds[@]}"; do IFS='|' read -r want filter kind <<<"$i"; stat+=",$filter"; done
	row=$("${tshark[@]}" -q -z "$stat" 2>"$LAB_DIR/tshark.log" | grep '<>' | tail -n 1)
	IFS='|' read -ra frames <<<"${row// /}"
	[ ${#frames[@]} = $((2 * ${#kinds[@]} + 2)) ] || { fail "tshark's count: $row $(cat "$LAB_DIR/tshark.log")"; return; }
	for i in "${!kinds[@]}"; do
		IFS='|' read -r want filter kind <<<"${kinds[i]}"
		if [ "$want" = 0 ]; then
			expect "frames $kind" "${frames[2 * i + 2]}" 0
			[ "${frames[2 * i + 2]}" = 0 ] || "${tshark[@]}" -Y "$filter" 2>/dev/null | head -n 5
		else
			expect "frames: $kind" "${frames[2 * i + 2]}" -gt 0
		fi
	done
}
