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
# The client reaches the guest's echo service at TCP port 7777. Who starts and migrates the guest is in a file of its own, qemu.sh or
# libvirt.sh; each has the same functions, GUEST_BY says whose:
#   BY_unable             says what the machine lacks; succeeds when it lacks something
#   BY_start HOST         start the guest there              BY_serial HOST     the file of its serial console
#   BY_prepare TO         before the traffic is measured     BY_migrate FROM TO sets GUEST_STOP_S, GUEST_RESUME_S (wall clock)
#   BY_left FROM          what is to be done there once all has followed

GUEST_HOSTS="parishv tokyohv"
GUEST_UUID=6d5f6a3c-5d3e-4c55-9f0b-0d2f1b3c7110
GUEST_MAC=52:54:00:71:00:10
GUEST_PORT=7777
# A guest without KVM takes all the processors that there are: what carries its packets goes before it. It goes before all else, as on a
# hypervisor's processors of its own; its memory is there from the start (mem-lock), so that nobody waits for pages after it has moved.
LAB_PRIORITY=2
GUEST_RUNS="chrt -r 1"
GUEST_RAM_MIB=96
GUEST_BANDWIDTH=$((120 << 20)) # bytes a second, for the memory: that of a network of 1 Gbit/s; so small a guest would be copied in 0.05 s else
# no_timer_check: where the processors are busy the timer seems to stand still, and the kernel stops ("IO-APIC + timer does not work").
# The rest is what a guest has no use for that QEMU would have to translate, block by block, when it has moved.
GUEST_CMDLINE="console=ttyS0 quiet no_timer_check mitigations=off audit=0 lsm=none cgroup_disable=memory nowatchdog guest.ip=$LAB_MACHINE/24 guest.gw=203.0.113.1 guest.ip6=$LAB_MACHINE6/64 guest.gw6=2001:db8:e:1::1"
declare -A GUEST_MIGRATE=([parishv]=198.18.0.1 [tokyohv]=198.18.0.2)
declare -A GUEST_NET=([parishv]=198.18.1 [tokyohv]=198.18.2)

# guest_unable: says why the machine cannot have real guests; succeeds when there is a reason
guest_unable()
{
	local tool said
	for tool in qemu-system-x86_64 jq; do
		command -v $tool >/dev/null || { echo "needs $tool"; return 0; }
	done
	! "${GUEST_BY}_unable" || return 0
	[ -c /dev/net/tun ] || { echo "needs /dev/net/tun"; return 0; }
	said=$("${LAB_CONF%/*}/guest/image.sh" "$LAB_BIN" 2>&1) && return 1
	echo "${said##*$'\n'}"
}

# guest_broken: says why nothing can be said of the guest; succeeds when its kernel has stopped
guest_broken()
{
	local h serial
	for h in $GUEST_HOSTS; do
		serial=$("${GUEST_BY}_serial" "$h")
		! grep -as "Kernel panic" "$serial" | grep -vq sysrq || { echo "the guest's kernel has stopped: $(grep -am1 -E 'kernel BUG|BUG:|Oops|corruption|Kernel panic' "$serial") (QEMU, without KVM, misses pages that change while it copies them)"; return 0; }
	done
	return 1
}

guest_network()
{
	local site h
	lab_core $GUEST_HOSTS
	lab_link parishv migrate tokyohv migrate
	for site in paris tokyo; do
		h=${site}hv
		lab_segment $site $h uplink
		lab_gateway $site 203.0.113.1/24 2001:db8:e:1::1/64
		lab_ip $site addr add "${GUEST_NET[$h]}.1/24" dev lan
		guest_hypervisor $h
	done
}

guest_hypervisor() # HOST, whose uplink and migrate are there
{
	local h=$1 n
	lab_exec $h sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
	lab_ip $h link add br0 type bridge stp_state 0 forward_delay 0
	lab_ip $h tuntap add tap0 mode tap
	lab_ip $h addr add "${GUEST_NET[$h]}.2/24" dev br0
	lab_ip $h addr add "${GUEST_MIGRATE[$h]}/24" dev migrate
	for n in uplink tap0; do lab_ip $h link set $n master br0; done
	for n in uplink tap0 br0 migrate; do lab_ip $h link set $n up; done
}

# guest_network_bare: the same two hypervisors and the client on one bridge, without any Sunward: what QEMU costs by itself. The client is the
# guest's gateway.
guest_network_bare()
{
	local h n
	GUEST_BARE=1
	lab_spaces switch client $GUEST_HOSTS
	lab_ip switch link add br0 type bridge stp_state 0 forward_delay 0
	lab_link parishv migrate tokyohv migrate
	lab_link switch client client eth0
	for n in client $GUEST_HOSTS; do lab_exec "$n" sysctl -qw net.ipv4.ip_forward=0; done
	for h in $GUEST_HOSTS; do
		lab_link switch "$h" "$h" uplink
		guest_hypervisor "$h"
	done
	for n in client $GUEST_HOSTS; do lab_ip switch link set "$n" master br0 && lab_ip switch link set "$n" up; done
	lab_ip switch link set br0 up
	lab_host client 203.0.113.1/24 203.0.113.1 2001:db8:e:1::1/64 2001:db8:e:1::1 2>/dev/null
	lab_ip client addr add $LAB_CLIENT/32 dev lo
}

# guest_boot: at parishv, until the site has found its addresses and the client reaches its service
guest_boot()
{
	local serial
	"${GUEST_BY}_start" parishv || return
	serial=$("${GUEST_BY}_serial" parishv)
	lab_poll 30 "the guest to start ($serial)" grep -q GUEST-READY "$serial" || return
	if [ -z "${GUEST_BARE:-}" ]; then
		lab_poll 5 "$LAB_MACHINE to be registered by paris" lab_registered paris $LAB_MACHINE || return
		lab_poll 5 "$LAB_MACHINE6 to be registered by paris" lab_registered paris $LAB_MACHINE6 || return
	fi
	lab_poll 10 "the client to reach the guest's service" lab_exec client bash -c "</dev/tcp/$LAB_MACHINE/$GUEST_PORT"
}

guest_mapped() { [ -n "${GUEST_BARE:-}" ] || lab_sunward ms -j eid show "$2" 2>/dev/null | grep -q "\"${LAB_RLOC[$1]}\""; } # SITE EID

# guest_measured_move FROM-SITE TO-SITE: a migration under numbered datagrams and a TCP stream. Prints what was seen as a JSON object: times
# in ms; first_at_host is the first datagram from the site's xTR to the hypervisor that the guest goes to, turned the first that the client's
# xTR sends straight to its new site.
guest_measured_move()
{
	local from=$1 to=$2 eid n followed=() flow=$LAB_DIR/flow.out
	"${GUEST_BY}_prepare" "${to}hv" || return
	lab_start "${to}hv" arrivals "$LAB_BIN/tests/lab/guest/arrivals" uplink
	[ -n "${GUEST_BARE:-}" ] || lab_start office turned "$LAB_BIN/tests/lab/guest/arrivals" wan "${LAB_RLOC[$to]}"
	lab_start client flow "$LAB_BIN/tests/lab/guest/flow" $LAB_MACHINE --tcp $GUEST_PORT
	lab_poll 20 "the guest to stream to the client" grep -q started "$flow" || return
	lab_pause 0.5 # of undisturbed traffic
	"${GUEST_BY}_migrate" "${from}hv" "${to}hv" || return
	for eid in $LAB_MACHINE $LAB_MACHINE6; do
		lab_poll 5 "the mapping of $eid to follow to $to" guest_mapped "$to" "$eid" && followed+=("$EPOCHREALTIME")
	done
	"${GUEST_BY}_left" "${from}hv"
	lab_pause 0.5 # so that late packets, and a late time-out of TCP, still are seen
	[ -z "${GUEST_BARE:-}" ] || : >"$LAB_DIR/turned.out"
	for n in flow arrivals ${LAB_PID[turned]:+turned}; do kill "${LAB_PID[$n]}" && wait "${LAB_PID[$n]}"; done
	grep '^{' "$flow" | jq -c --slurpfile at "$LAB_DIR/arrivals.out" --slurpfile turned "$LAB_DIR/turned.out" --arg from "$from" --arg to "$to" --argjson stop "$GUEST_STOP_S" --argjson resume "$GUEST_RESUME_S" \
		--argjson followed "[$(IFS=,; echo "${followed[*]}")]" '
		def ms: . * 100 | round / 100;
		def after: .after_resume_ms = ((.gap_end_s - $resume) * 1000 | ms) | del(.gap_end_s);
		{from: $from, to: $to, stop_to_resume_ms: (($resume - $stop) * 1000 | ms),
		 first_at_host_after_resume_ms: (if $at[0].count > 0 then ($at[0].first_s - $resume) * 1000 | ms else null end),
		 turned_after_resume_ms: (if $turned[0].count > 0 then ($turned[0].first_s - $resume) * 1000 | ms else null end),
		 mapping_after_resume_ms: (if $followed | length == 2 then (($followed | max) - $resume) * 1000 | ms else null end)}
		+ (.to_guest |= after | .from_guest |= after)'
}
