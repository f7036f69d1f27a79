# lab_libvirt.sh: to be sourced by row.sh. A real guest in a domain of libvirt, with a libvirtd, the hook and an agent at each hypervisor; what
# the rows do with it. A second hook fails where a file says so.
. "$top/tests/lab/guest/libvirt.sh"
. "$here/guest.sh"

fault_unable() { guest_unable; }

fault_lab()
{
	local h
	for h in $GUEST_HOSTS; do # libvirtd looks for hooks when it starts
		mkdir -p "$LAB_DIR/$h/etc/hooks/qemu.d"
		printf '#!/bin/sh\n[ ! -e "%s/%s/fail-$2" ]\n' "$LAB_DIR" "$h" >"$LAB_DIR/$h/etc/hooks/qemu.d/faults"
		chmod +x "$LAB_DIR/$h/etc/hooks/qemu.d/faults"
	done
	guest_network && lab_mapping_system && guest_boot && libvirt_agents || return
	long_queue parishv
	lab_poll 10 "the agent at paris to know the guest" agent_says parishv running &&
		lab_poll 5 "paris to know it from its agent" agent_taken parishv
}

migration_is() { sed -n "s/.*event MIGRATION .*\"status\":\"\([a-z-]*\)\".*/\1/p" "$LAB_DIR/$1-events.out" | tail -n 1 | grep -qE "$2"; } # HOST STATUS
happened() { [ "$(libvirt_events "$1" "$2")" -gt "${3:-0}" ]; }                             # HOST EVENT [TIMES]
ready() { [ "$(grep -ac GUEST-READY "$LAB_DIR/serial.log")" -ge "$1" ]; }                   # TIMES
listed() { libvirt_virsh "$1" list --name 2>/dev/null | grep -q "^$LIBVIRT_DOMAIN"; }       # HOST
unlisted() { ! listed "$1"; }                                                             # HOST
ended_by() { libvirt_migrated && ! wait "${LAB_PID[migrate]}"; }                            # virsh failed

qemu_of() # HOST: its QEMU's process
{
	local p
	for p in $(ip netns pids "$(lab_ns "$1")"); do
		case $(cat /proc/$p/comm 2>/dev/null) in qemu-system*) echo "$p" && return ;; esac
	done
	return 1
}

begin_migration() # MORE OF virsh migrate: from paris to tokyo, slowly
{
	RESUMES=$(libvirt_events parishv RESUME) # it resumed there when it was started
	lab_start parishv migrate virsh -c "$(libvirt_uri parishv)" migrate --live --unsafe --bandwidth 1 "$@" "$LIBVIRT_DOMAIN" \
		"$(libvirt_uri tokyohv)" --migrateuri "tcp://${GUEST_MIGRATE[tokyohv]}"
}

begin_copying()
{
	begin_migration "$@"
	poll 20 "the guest to be copied" migration_is parishv active && poll 10 "the agent at paris to say leaving" agent_says parishv leaving &&
		poll 5 "the agent at tokyo to say incoming" agent_says tokyohv incoming
	pause 0.3
}

stop_and_stand() # as of lab_qemu.sh
{
	kill -STOP "$(qemu_of tokyohv)"
	libvirt_virsh parishv migrate-setmaxdowntime $LIBVIRT_DOMAIN 100000
	poll 20 "the guest to stop at paris" happened parishv STOP
	pause 0.3
}

complete()
{
	libvirt_virsh parishv migrate-setspeed $LIBVIRT_DOMAIN 10000
	poll 30 "the guest to run at tokyo" happened tokyohv RESUME
	mark runs "$(libvirt_event_s tokyohv RESUME)"
	AT=tokyo
	poll 30 "virsh to end" libvirt_migrated
}

back_at_paris()
{
	poll 30 "the guest to run at paris again" happened parishv RESUME "$RESUMES"
	mark runs "$(libvirt_event_s parishv RESUME)"
	AT=paris
}

kill_qemu() { kill -9 "$(qemu_of "$1")"; } # HOST

boot_at() # HOST
{
	local before
	before=$(grep -ac GUEST-READY "$LAB_DIR/serial.log")
	libvirt_virsh "$1" create "$LAB_DIR/domain.xml" >"$LAB_DIR/create.log" 2>&1 || { fault_fail "libvirt does not start it at $1"; return 1; }
	AT=${1%hv}
	poll 30 "the guest to boot" ready $((before + 1))
	mark runs
}
