# guest.sh: to be sourced after topology.sh. The lab with a hypervisor at each of paris and tokyo instead of the rack, and a real guest.
#
#      paris (xTR)                          tokyo (xTR)
#        | lan, gateway 203.0.113.1           | lan, the same gateway and MAC
#        | 198.18.1.1                         | 198.18.2.1
#      parishv: br0 198.18.1.2              tokyohv: br0 198.18.2.2        the hypervisors' own addresses: what runs
#        | tap0                               | tap0                       beside QEMU reaches its site's xTR by them
#      guest 203.0.113.10, 2001:db8:e:1::10   (here or there)
#        parishv 198.18.0.1 ----- migrate ----- 198.18.0.2 tokyohv         the memory of the guest goes this way
#
# Each QEMU has three monitors in $LAB_DIR/HOST: qmp.sock (the lab's commands), events.sock (what the lab listens to) and agent.sock
# (nobody's: for a daemon at the hypervisor). The client reaches the guest's echo service at TCP port 7777.

GUEST_HOSTS="parishv tokyohv"
GUEST_MAC=52:54:00:71:00:10
GUEST_PORT=7777
declare -A GUEST_MIGRATE=([parishv]=198.18.0.1 [tokyohv]=198.18.0.2)
declare -A GUEST_NET=([parishv]=198.18.1 [tokyohv]=198.18.2)

# guest_unable: says why the machine cannot have real guests; succeeds when there is a reason
guest_unable()
{
	local tool said
	for tool in qemu-system-x86_64 jq; do
		command -v $tool >/dev/null || { echo "needs $tool"; return 0; }
	done
	[ -c /dev/net/tun ] || { echo "needs /dev/net/tun"; return 0; }
	said=$("${LAB_CONF%/*}/guest/image.sh" "$LAB_BIN" 2>&1) && return 1
	echo "${said##*$'\n'}"
}

guest_network()
{
	local site h n
	lab_core $GUEST_HOSTS
	lab_link parishv migrate tokyohv migrate
	for site in paris tokyo; do
		h=${site}hv
		lab_exec $h sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
		lab_link $site lan $h uplink
		lab_gateway $site 203.0.113.1/24 2001:db8:e:1::1/64
		lab_ip $site addr add "${GUEST_NET[$h]}.1/24" dev lan
		lab_ip $h link add br0 type bridge stp_state 0 forward_delay 0
		lab_ip $h tuntap add tap0 mode tap
		lab_ip $h addr add "${GUEST_NET[$h]}.2/24" dev br0
		lab_ip $h addr add "${GUEST_MIGRATE[$h]}/24" dev migrate
		for n in uplink tap0; do lab_ip $h link set $n master br0; done
		for n in uplink tap0 br0 migrate; do lab_ip $h link set $n up; done
	done
}

# guest_launch HOST ARGUMENT...: a QEMU, until its monitors answer
guest_launch()
{
	local h=$1 dir=$LAB_DIR/$1 kernel s
	shift
	mkdir -p "$dir"
	rm -f "$dir"/*.sock
	kernel="console=ttyS0 quiet guest.ip=$LAB_MACHINE/24 guest.gw=203.0.113.1 guest.ip6=$LAB_MACHINE6/64 guest.gw6=2001:db8:e:1::1"
	lab_start "$h" "$h-qemu" qemu-system-x86_64 -name "guest-$h" -machine pc -cpu max -accel tcg,tb-size=32 -m 96M -smp 1 \
		-nodefaults -no-user-config -display none -kernel "$LAB_BIN/guest/vmlinuz" -initrd "$LAB_BIN/guest/initrd" \
		-append "$kernel" -serial "file:$dir/serial.log" \
		-netdev tap,id=n0,ifname=tap0,script=no,downscript=no \
		-device "virtio-net-pci,netdev=n0,mac=$GUEST_MAC,romfile=,id=nic0" \
		-qmp "unix:$dir/qmp.sock,server=on,wait=off" -qmp "unix:$dir/events.sock,server=on,wait=off" \
		-qmp "unix:$dir/agent.sock,server=on,wait=off" "$@"
	for s in qmp events agent; do
		lab_poll 10 "the monitor $dir/$s.sock ($LAB_DIR/$h-qemu.log)" test -S "$dir/$s.sock" || return
	done
	lab_start "$h" "$h-events" "$LAB_BIN/tests/lab/guest/qmp" --events "$dir/events.sock"
}

guest_qmp() # HOST COMMAND-JSON...
{
	local h=$1
	shift
	"$LAB_BIN/tests/lab/guest/qmp" "$LAB_DIR/$h/qmp.sock" "$@"
}

# guest_boot: at parishv, until the site has found its addresses and the client reaches its service
guest_boot()
{
	guest_launch parishv || return
	lab_poll 30 "the guest to start ($LAB_DIR/parishv/serial.log)" grep -q GUEST-READY "$LAB_DIR/parishv/serial.log" || return
	lab_poll 5 "$LAB_MACHINE to be registered by paris" lab_registered paris $LAB_MACHINE || return
	lab_poll 5 "$LAB_MACHINE6 to be registered by paris" lab_registered paris $LAB_MACHINE6 || return
	lab_poll 10 "the client to reach the guest's service" lab_exec client bash -c "</dev/tcp/$LAB_MACHINE/$GUEST_PORT"
}

guest_quit() # HOST: end its QEMU
{
	guest_qmp "$1" '{"execute":"quit"}' >/dev/null
	wait "${LAB_PID[$1-qemu]}" "${LAB_PID[$1-events]}" 2>/dev/null
}

guest_event_s() { sed -n "s/^\([0-9.]*\) $2 .*/\1/p" "$LAB_DIR/$1-events.out" | tail -n 1; } # HOST EVENT: when it last was

guest_capabilities='{"execute":"migrate-set-capabilities","arguments":{"capabilities":[{"capability":"events","state":true}]}}'

guest_prepare() # TO: a QEMU there that waits for the guest
{
	guest_launch "$1" -incoming defer || return
	guest_qmp "$1" "$guest_capabilities" \
		"{\"execute\":\"migrate-incoming\",\"arguments\":{\"uri\":\"tcp:${GUEST_MIGRATE[$1]}:4444\"}}" >/dev/null
}

guest_arrived() { grep -q ' RESUME ' "$LAB_DIR/$1-events.out" || { guest_failed "$2" && return 0; }; } # TO FROM
guest_failed() { grep -qE 'MIGRATION .*"(failed|cancelled)"' "$LAB_DIR/$1-events.out"; }             # FROM

# guest_migrate FROM TO: live, after guest_prepare; until it runs there. GUEST_STOP_S, GUEST_RESUME_S: when it paused and ran again.
guest_migrate()
{
	guest_qmp "$1" "$guest_capabilities" \
		'{"execute":"migrate-set-parameters","arguments":{"downtime-limit":300,"max-bandwidth":0}}' \
		"{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"tcp:${GUEST_MIGRATE[$2]}:4444\"}}" >/dev/null || return
	lab_poll 20 "the guest to run at $2" guest_arrived "$2" "$1" || return
	if guest_failed "$1"; then
		echo "lab: QEMU could not migrate the guest from $1 to $2: $(tail -n 1 "$LAB_DIR/$2-qemu.log")" >&2
		return 1
	fi
	GUEST_STOP_S=$(guest_event_s "$1" STOP) GUEST_RESUME_S=$(guest_event_s "$2" RESUME)
}

guest_mapped() { lab_sunward ms -j eid show "$2" 2>/dev/null | grep -q "\"${LAB_RLOC[$1]}\""; } # SITE EID

# guest_measured_move FROM-SITE TO-SITE: a migration under numbered datagrams and a TCP stream. Prints what was seen as a JSON object.
guest_measured_move()
{
	local from=$1 to=$2 eid followed=() flow=$LAB_DIR/flow.out
	guest_prepare "${to}hv" || return
	lab_start client flow "$LAB_BIN/tests/lab/guest/flow" $LAB_MACHINE --tcp $GUEST_PORT
	lab_poll 20 "the guest to stream to the client" grep -q started "$flow" || return
	read -rt 0.5 <> <(:) || : # of undisturbed traffic
	guest_migrate "${from}hv" "${to}hv" || return
	for eid in $LAB_MACHINE $LAB_MACHINE6; do
		lab_poll 5 "the mapping of $eid to follow to $to" guest_mapped "$to" "$eid" && followed+=("$EPOCHREALTIME")
	done
	guest_quit "${from}hv"
	read -rt 1 <> <(:) || : # so that late packets, and a late time-out of TCP, still are seen
	kill "${LAB_PID[flow]}"
	wait "${LAB_PID[flow]}"
	grep '^{' "$flow" | jq -c --arg from "$from" --arg to "$to" --argjson stop "$GUEST_STOP_S" --argjson resume "$GUEST_RESUME_S" \
		--argjson followed "[$(IFS=,; echo "${followed[*]}")]" '
		def ms: . * 100 | round / 100;
		def after: .after_resume_ms = ((.gap_end_s - $resume) * 1000 | ms) | del(.gap_end_s);
		{from: $from, to: $to, stop_to_resume_ms: (($resume - $stop) * 1000 | ms),
		 mapping_after_resume_ms: (if $followed | length == 2 then (($followed | max) - $resume) * 1000 | ms else null end)}
		+ (.to_guest |= after | .from_guest |= after)'
}
