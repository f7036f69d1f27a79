# qemu.sh: to be sourced after guest.sh. The guest in bare QEMUs, each in its hypervisor's namespace, moved by their monitors (QMP).
#
# Each QEMU has three monitors in $LAB_DIR/HOST: qmp.sock (the lab's commands), events.sock (what the lab listens to) and agent.sock
# (the agent's, if there is one). They come anew with each QEMU; the one that the guest has left is ended once all has followed.

GUEST_BY=qemu

qemu_unable() { return 1; } # it needs nothing that guest_unable does not look for
qemu_serial() { echo "$LAB_DIR/$1/serial.log"; }
qemu_start() { qemu_launch "$1"; }

# qemu_launch HOST ARGUMENT...: a QEMU, until its monitors answer
qemu_launch()
{
	local h=$1 dir=$LAB_DIR/$1 s
	shift
	mkdir -p "$dir"
	rm -f "$dir"/{qmp,events,agent}.sock
	lab_start "$h" "$h-qemu" $GUEST_RUNS qemu-system-x86_64 -name guest -uuid $GUEST_UUID -machine pc -cpu max -accel tcg,tb-size=32 -m ${GUEST_RAM_MIB}M -smp 1 \
		-overcommit mem-lock=on -nodefaults -no-user-config -display none -kernel "$LAB_BIN/guest/vmlinuz" -initrd "$LAB_BIN/guest/initrd" \
		-append "$GUEST_CMDLINE" -serial "file:$dir/serial.log" \
		-netdev tap,id=n0,ifname=tap0,script=no,downscript=no \
		-device "virtio-net-pci,netdev=n0,mac=$GUEST_MAC,romfile=,id=nic0" \
		-qmp "unix:$dir/qmp.sock,server=on,wait=off" -qmp "unix:$dir/events.sock,server=on,wait=off" \
		-qmp "unix:$dir/agent.sock,server=on,wait=off" "$@"
	for s in qmp events agent; do
		lab_poll 10 "the monitor $dir/$s.sock ($LAB_DIR/$h-qemu.log)" test -S "$dir/$s.sock" || return
	done
	lab_start "$h" "$h-events" "$LAB_BIN/tests/lab/guest/qmp" --events "$dir/events.sock"
}

qemu_qmp() # HOST COMMAND-JSON...
{
	local h=$1
	shift
	"$LAB_BIN/tests/lab/guest/qmp" "$LAB_DIR/$h/qmp.sock" "$@"
}

qemu_left() # HOST: end its QEMU
{
	qemu_qmp "$1" '{"execute":"quit"}' >/dev/null
	wait "${LAB_PID[$1-qemu]}" "${LAB_PID[$1-events]}" 2>/dev/null
}

qemu_event_s() { sed -n "s/^\([0-9.]*\) $2 .*/\1/p" "$LAB_DIR/$1-events.out" | tail -n 1; } # HOST EVENT: when it last was

qemu_capabilities='{"execute":"migrate-set-capabilities","arguments":{"capabilities":[{"capability":"events","state":true}]}}'

qemu_prepare() # TO: a QEMU there that waits for the guest
{
	qemu_launch "$1" -incoming defer || return
	qemu_qmp "$1" "$qemu_capabilities" \
		"{\"execute\":\"migrate-incoming\",\"arguments\":{\"uri\":\"tcp:${GUEST_MIGRATE[$1]}:4444\"}}" >/dev/null
}

qemu_arrived() { grep -q ' RESUME ' "$LAB_DIR/$1-events.out" || { qemu_failed "$2" && return 0; }; } # TO FROM
qemu_failed() { grep -qE 'MIGRATION .*"(failed|cancelled)"' "$LAB_DIR/$1-events.out"; }             # FROM

# With a downtime-limit of 0 QEMU copies all of the memory once while the guest runs, and what has changed meanwhile when it has stopped. With more
# it goes on to look for changes while the guest runs, and QEMU 7.2 without KVM misses some: each look forgets that pages were written, but the
# virtual processor goes on to write to them without saying so (with 300 ms it also stopped the guest as soon as the first tenth of a second had
# passed, with most of its memory still to be copied: pauses of 100 to 1200 ms).
# qemu_migrate FROM TO: live, after qemu_prepare; until it runs there. GUEST_STOP_S, GUEST_RESUME_S: when it paused and ran again.
qemu_migrate()
{
	qemu_qmp "$1" "$qemu_capabilities" \
		"{\"execute\":\"migrate-set-parameters\",\"arguments\":{\"downtime-limit\":0,\"max-bandwidth\":$GUEST_BANDWIDTH}}" \
		"{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"tcp:${GUEST_MIGRATE[$2]}:4444\"}}" >/dev/null || return
	lab_poll 20 "the guest to run at $2" qemu_arrived "$2" "$1" || return
	if qemu_failed "$1"; then
		echo "lab: QEMU could not migrate the guest from $1 to $2: $(tail -n 1 "$LAB_DIR/$2-qemu.log")" >&2
		return 1
	fi
	GUEST_STOP_S=$(qemu_event_s "$1" STOP) GUEST_RESUME_S=$(qemu_event_s "$2" RESUME)
}

# qemu_agents: at each hypervisor a sunward-vmagent, which tells the site's xTR what becomes of the guest; lab_sunward HOST asks it
qemu_agents()
{
	local h agents=0
	for h in $GUEST_HOSTS; do
		LAB_SUBST="s|@XTR@|${GUEST_NET[$h]}.1|; s|@ID@|6100000000000000000000000000000$((++agents))|" lab_daemon "$h" sunward-vmagent agent.conf || return
	done
}
