# lab_qemu.sh: to be sourced by row.sh. A real guest in bare QEMUs, with an agent at each hypervisor; what the rows do with it.
. "$top/tests/lab/guest/qemu.sh"
. "$here/guest.sh"

fault_unable() { guest_unable; }
fault_lab()
{
	local h
	guest_network || return
	for h in $GUEST_HOSTS; do long_queue "$h"; done
	lab_mapping_system && guest_boot && qemu_agents || return
	lab_poll 5 "the agent at paris to know the guest" agent_says parishv running &&
		lab_poll 5 "paris to know it from its agent" agent_taken parishv
}

at_tokyo='{"execute":"migrate","arguments":{"uri":"tcp:198.18.0.2:4444"}}'
slowly='{"execute":"migrate-set-parameters","arguments":{"downtime-limit":1,"max-bandwidth":1000000}}'
at_once='{"execute":"migrate-set-parameters","arguments":{"downtime-limit":300,"max-bandwidth":0}}'
now_stop='{"execute":"migrate-set-parameters","arguments":{"downtime-limit":100000}}'

happened() { grep -q " $2 " "$LAB_DIR/$1-events.out"; }                              # HOST EVENT
failed_there() { grep -qE 'MIGRATION .*"(failed|cancelled)"' "$LAB_DIR/$1-events.out"; } # HOST
copies() { grep -q 'MIGRATION .*"active"' "$LAB_DIR/$1-events.out"; }                # HOST

# begin_copying: from paris to tokyo, so slowly that it goes on until it is told otherwise
begin_copying()
{
	qemu_prepare tokyohv && qemu_qmp parishv "$qemu_capabilities" "$slowly" "$at_tokyo" >/dev/null || { fault_fail "no migration"; return 1; }
	poll 5 "the guest to be copied" copies parishv && poll 5 "the agent at paris to say leaving" agent_says parishv leaving &&
		poll 5 "the agent at tokyo to say incoming" agent_says tokyohv incoming
	pause 0.3
}

# stop_and_stand: it stops at paris, and nothing of it gets through to tokyo: its QEMU there does not read any more
stop_and_stand()
{
	kill -STOP "${LAB_PID[tokyohv-qemu]}"
	qemu_qmp parishv "$now_stop" >/dev/null
	poll 10 "the guest to stop at paris" happened parishv STOP
}

complete() # the migration that is under way
{
	qemu_qmp parishv "$at_once" >/dev/null
	poll 20 "the guest to run at tokyo" happened tokyohv RESUME
	mark runs "$(qemu_event_s tokyohv RESUME)"
	AT=tokyo
	qemu_left parishv
}

# back_at_paris: it runs there again, by QEMU's word
back_at_paris()
{
	poll 10 "the guest to run at paris again" happened parishv RESUME
	mark runs "$(qemu_event_s parishv RESUME)"
	AT=paris
}

# boot_at HOST: the guest begins anew there; it is ready when it says so
boot_at()
{
	qemu_start "$1" || { fault_fail "QEMU does not start at $1"; return 1; }
	AT=${1%hv}
	poll 30 "the guest to boot" grep -q GUEST-READY "$(qemu_serial "$1")"
	mark runs
}
