# qemu_rows.sh: to be sourced by rows.sh. A real guest, which bare QEMUs migrate over QMP.

row qemu-no-fault qemu 2 500 10 "a migration, and nothing goes wrong" "it runs at tokyo"
do_qemu_no_fault() { begin_copying && complete; }

row qemu-garps-while-copying qemu 2 500 10 "the guest announces itself by gratuitous ARP three times a second while it is copied, and after" \
	"its mapping stays at paris until it runs at tokyo"
do_qemu_garps_while_copying()
{
	guest_say GARP
	begin_copying
	pause 1
	[ "$(mapped_to)" = paris ] || fault_fail "while it was copied it was mapped to $(mapped_to)"
	complete
}

row qemu-abort-while-copying qemu 2 500 35 "the migration is cancelled while the guest is copied" "it runs on at paris, unharmed"
do_qemu_abort_while_copying()
{
	begin_copying
	qemu_qmp parishv '{"execute":"migrate_cancel"}' >/dev/null
	poll 5 "the migration to be cancelled" failed_there parishv
}

row qemu-destination-killed-while-copying qemu 2 500 35 "QEMU at tokyo is killed while the guest is copied" "it runs on at paris, unharmed"
do_qemu_destination_killed_while_copying()
{
	begin_copying
	fault_kill tokyohv-qemu
	poll 5 "the migration to fail" failed_there parishv
}

row qemu-destination-refuses qemu 2 500 35 "QEMU at tokyo does not take the guest: its machine is another one" "it runs on at paris, unharmed"
do_qemu_destination_refuses()
{
	GUEST_RAM_MIB=64 qemu_prepare tokyohv
	qemu_qmp parishv "$qemu_capabilities" "$at_once" "$at_tokyo" >/dev/null
	poll 10 "tokyo to refuse" ended tokyohv-qemu
	poll 10 "the migration to fail" failed_there parishv
}

row qemu-destination-killed-after-stop qemu 4 500 35 "the guest has stopped at paris; QEMU at tokyo is killed 0.3 s later" \
	"QEMU lets it run on at paris; what came meanwhile was held, and comes back to it"
do_qemu_destination_killed_after_stop()
{
	begin_copying && stop_and_stand
	pause 0.3
	fault_kill tokyohv-qemu
	back_at_paris
}

row qemu-destination-killed-after-completion qemu 4 500 35 "tokyo has got the whole guest and dies before it runs; half a second later the operator lets it go on at paris" \
	"it runs on at paris; what came meanwhile was held, and comes back to it"
do_qemu_destination_killed_after_completion()
{
	qemu_launch tokyohv -S -incoming defer &&
		qemu_qmp tokyohv "$qemu_capabilities" '{"execute":"migrate-incoming","arguments":{"uri":"tcp:198.18.0.2:4444"}}' >/dev/null
	qemu_qmp parishv "$qemu_capabilities" "$at_once" "$at_tokyo" >/dev/null
	poll 20 "the migration to be completed" grep -q 'MIGRATION .*"completed"' "$LAB_DIR/parishv-events.out"
	fault_kill tokyohv-qemu
	pause 0.5
	qemu_qmp parishv '{"execute":"cont"}' >/dev/null
	back_at_paris
}

row qemu-source-killed-while-copying qemu 20 0 35 "QEMU at paris is killed while the guest is copied: it is lost" "its owner, paris, withdraws it"
do_qemu_source_killed_while_copying()
{
	begin_copying
	mark dead
	fault_kill parishv-qemu
	AT=none
}

row qemu-source-killed-after-stop qemu 20 0 35 "the guest has stopped at paris, and QEMU there is killed: it is lost" "its owner, paris, withdraws it"
do_qemu_source_killed_after_stop()
{
	begin_copying && stop_and_stand
	mark dead "$(qemu_event_s parishv STOP)" # it runs nowhere from then on
	fault_kill parishv-qemu
	kill -CONT "${LAB_PID[tokyohv-qemu]}"
	AT=none
}

row qemu-destroyed qemu 20 0 10 "QEMU is killed" "its owner withdraws the guest"
do_qemu_destroyed()
{
	mark dead
	fault_kill parishv-qemu
	AT=none
}

row qemu-powered-off qemu 20 0 10 "the guest powers itself off" "its owner withdraws it"
do_qemu_powered_off()
{
	mark dead
	guest_say OFF
	poll 10 "the guest to power off" ended parishv-qemu
	AT=none
}

row qemu-crashed qemu 200 100 10 "the guest's kernel crashes and starts anew, in the same QEMU" "it stays at paris, and answers once it has booted"
do_qemu_crashed()
{
	: >"$(qemu_serial parishv)"
	mark dead
	guest_say CRASH
	poll 30 "the guest to boot" grep -qa GUEST-READY "$(qemu_serial parishv)"
	mark runs
}

row qemu-cold-migrated qemu 20 1500 15 "the guest is ended at paris and started at tokyo at once" "it is found where it runs"
do_qemu_cold_migrated()
{
	mark dead
	qemu_left parishv
	boot_at tokyohv
}

row qemu-restarted-elsewhere qemu 20 1500 15 "QEMU is killed; a second later HA starts the guest at tokyo" "it is found where it runs"
do_qemu_restarted_elsewhere()
{
	mark dead
	fault_kill parishv-qemu
	pause 1
	boot_at tokyohv
}

row qemu-host-lost qemu 3000 3000 35 "paris' hypervisor is lost, with guest, agent and cable; HA starts the guest at tokyo" \
	"tokyo asks the owner, whose agent and guest do not answer, and has it"
do_qemu_host_lost()
{
	mark dead
	lab_ip parishv link set uplink down
	fault_kill parishv-qemu
	fault_kill parishv
	boot_at tokyohv
	lab_ip parishv link set uplink up # it comes back, without the guest
	LAB_SUBST="s|@XTR@|${GUEST_NET[parishv]}.1|; s|@ID@|61000000000000000000000000000001|" lab_daemon parishv sunward-vmagent agent.conf ||
		fault_fail "the agent at paris does not come back"
}

row qemu-site-lost qemu 4000 4000 35 "paris is lost, with guest, agent and xTR; HA starts the guest at tokyo; later paris' xTR and agent come back" \
	"tokyo asks the owner, which says nothing for a second, and takes it over; paris does not take it back"
do_qemu_site_lost()
{
	mark dead
	fault_kill parishv-qemu
	fault_kill parishv
	fault_kill paris
	boot_at tokyohv
	lab_daemon paris sunward-xtr paris.conf &&
		LAB_SUBST="s|@XTR@|${GUEST_NET[parishv]}.1|; s|@ID@|61000000000000000000000000000001|" lab_daemon parishv sunward-vmagent agent.conf ||
		fault_fail "paris does not come back"
}

row qemu-post-copy qemu 4 5000 15 "the guest is migrated by post-copy: it runs at tokyo while most of it still is at paris" "it runs at tokyo"
do_qemu_post_copy()
{
	local both='{"execute":"migrate-set-capabilities","arguments":{"capabilities":[{"capability":"events","state":true},{"capability":"postcopy-ram","state":true}]}}'
	qemu_launch tokyohv -incoming defer &&
		qemu_qmp tokyohv "$both" '{"execute":"migrate-incoming","arguments":{"uri":"tcp:198.18.0.2:4444"}}' >/dev/null &&
		qemu_qmp parishv "$both" "$slowly" "$at_tokyo" >/dev/null || { fault_fail "no post-copy migration"; return; }
	poll 5 "the guest to be copied" copies parishv
	pause 1
	qemu_qmp parishv '{"execute":"migrate-start-postcopy"}' >/dev/null
	poll 20 "the guest to run at tokyo" happened tokyohv RESUME
	mark runs "$(qemu_event_s tokyohv RESUME)"
	AT=tokyo
	poll 40 "all of it to be at tokyo" grep -q 'MIGRATION .*"completed"' "$LAB_DIR/parishv-events.out"
	qemu_left parishv
}
