# lab_campus.sh: to be sourced by row.sh. A real guest in bare QEMUs at two hypervisors of one site, paris: parishv behind RBridge paris1, besidehv
# behind paris4 of a campus of six (tests/lab/campus.sh), with an agent at each, which tells the site's xTR and its own RBridge. Another station of
# the campus and a client at another site; tokyo is not there.
. "$here/lab_qemu.sh"
CAMPUS_SITES=paris
. "$top/tests/lab/campus.sh"
CAMPUS_ACCESS[4]="hv:10"
ask() # WHO PATH: of the paths that judge.sh and campus.sh ask for
{
	local path=$2
	[[ $path = /* ]] || path=/v1/$path
	curl -sf -m 3 --unix-socket "$LAB_DIR/$1/api.sock" "http://localhost$path" || echo null
}
LAB_SITES="paris office ms mr" FAULT_SITES=paris GUEST_HOSTS="parishv besidehv"
GUEST_MIGRATE[besidehv]=198.18.0.2 GUEST_NET[besidehv]=198.18.4

fault_unable() { campus_unable || guest_unable; }

fault_lab()
{
	local h n
	lab_core $GUEST_HOSTS
	lab_link parishv migrate besidehv migrate
	lab_segment paris parishv uplink
	cable besidehv uplink 02:00:00:00:04:0b paris4 hv 02:00:00:00:04:0a
	campus_station besidehv uplink
	campus_station client eth0
	lab_gateway paris 203.0.113.1/24 2001:db8:e:1::1/64
	for h in $GUEST_HOSTS; do
		lab_ip paris addr add "${GUEST_NET[$h]}.1/24" dev lan
		guest_hypervisor $h
		long_queue $h
	done
	campus_start || return
	mkdir -p "$LAB_DIR/besidehv" && ln -sf "$LAB_DIR/paris4/api.sock" "$LAB_DIR/besidehv/rbridge.sock"
	lab_daemon ms sunward-mapserver mapserver.conf && lab_daemon mr sunward-mapserver resolver.conf || return
	for n in paris office; do lab_daemon $n sunward-xtr $n.conf || return; done
	guest_boot && qemu_agents || return
	lab_poll 5 "paris to know the guest from its agent" agent_taken parishv && lab_poll 5 "the campus to have the guest at paris1" campus_says 0x0c01
}

campus_says() { [[ "$(campus_where paris 6 $GUEST_MAC)" = "esadi $1" ]]; } # NICKNAME

move_within() # FROM TO: live, from hypervisor to hypervisor
{
	qemu_prepare $2 && poll 5 "the agent at $2 to say incoming" agent_says $2 incoming && qemu_migrate $1 $2 || { fault_fail "no migration to $2"; return 1; }
	echo "it stood still for $(awk "BEGIN {print ($GUEST_RESUME_S - $GUEST_STOP_S) * 1000}") ms" >&2
	poll 5 "the agent at $2 to say running" agent_says $2 running
	qemu_left $1
	poll 5 "the agent at $1 to say gone" agent_says $1 gone
}

# from_outside BODY...: what the client and the Map-Server see of it: a TCP connection that is kept, and no LISP message
from_outside()
{
	local claims seen
	claims=$(xtr_metric ms sunward_mapserver_claims_granted_total)
	lab_start client stream "$LAB_BIN/tests/lab/traffic" $LAB_MACHINE --tcp $GUEST_PORT --rate 1 --status-ms 200
	poll 10 "a TCP connection to the guest" grep -q '"tcp":"kept"' "$LAB_DIR/stream.out"
	lab_start core lisp dumpcap -q -i to-paris -w "$LAB_DIR/lisp.pcapng" -f 'udp port 4342'
	poll 10 "dumpcap" grep -q '^File:' "$LAB_DIR/lisp.log"
	"$@"
	lab_exec paris bash -c 'echo "the end" >/dev/udp/198.51.100.1/4342'
	poll 5 "the capture to be whole" grep -q "the end" "$LAB_DIR/lisp.pcapng"
	kill -INT "${LAB_PID[lisp]}" && wait "${LAB_PID[lisp]}"
	kill "${LAB_PID[stream]}" && wait "${LAB_PID[stream]}"
	seen=$(tail -n 1 "$LAB_DIR/stream.out")
	echo "$seen" >&2
	jq -e '.tcp == "kept"' <<<"$seen" >/dev/null || fault_fail "TCP was not kept: $(jq -r .tcp <<<"$seen")"
	[ "$(xtr_metric ms sunward_mapserver_claims_granted_total)" = "$claims" ] || fault_fail "the Map-Server has granted a claim"
	seen=$("${LAB_TSHARK[@]}" -r "$LAB_DIR/lisp.pcapng" -Y "$said_of_it" 2>/dev/null)
	[ -z "$seen" ] || fault_fail "LISP messages of the move: $seen"
}
# LISP messages, but for probes of locators, and for what keeps mappings fresh
said_of_it='lisp && !(ip.dst == 198.51.100.1) && !(lisp.type == 2) && !(lisp.mreq.flags.probe == 1)'
xtr_metric() { curl -sf -m 5 --unix-socket "$LAB_DIR/$1/api.sock" http://localhost/metrics | awk -v n="$2" '$1 == n {print $2}'; } # WHO METRIC
