# libvirt_rows.sh: to be sourced by rows.sh. A real guest in a domain of libvirt, migrated by virsh.

row libvirt-no-fault libvirt 2 500 10 "a migration, and nothing goes wrong" "it runs at tokyo"
do_libvirt_no_fault() { begin_copying && complete; }

# hook_fails OPERATION: tokyo's hook does, and with it the migration
hook_fails()
{
	touch "$LAB_DIR/tokyohv/fail-$1"
	begin_migration
	poll 30 "the migration to fail" ended_by
}

row libvirt-hook-migrate-fails libvirt 2 500 75 "tokyo's hook refuses \`migrate\`" "it runs on at paris, unharmed; no hook says that it came to nothing, so tokyo expects it for a minute"
do_libvirt_hook_migrate_fails() { hook_fails migrate; }

row libvirt-hook-prepare-fails libvirt 2 500 35 "tokyo's hook refuses \`prepare\`" "it runs on at paris, unharmed"
do_libvirt_hook_prepare_fails() { hook_fails prepare; }

row libvirt-hook-started-fails libvirt 2 500 35 "tokyo's hook refuses \`started\`" "it runs on at paris, unharmed"
do_libvirt_hook_started_fails() { hook_fails started; }

row libvirt-abort-while-copying libvirt 2 500 35 "virsh domjobabort while the guest is copied" "it runs on at paris, unharmed"
do_libvirt_abort_while_copying()
{
	begin_copying
	libvirt_virsh parishv domjobabort $LIBVIRT_DOMAIN
	poll 30 "the migration to fail" ended_by
}

row libvirt-destination-killed-while-copying libvirt 2 500 35 "QEMU at tokyo is killed while the guest is copied" "it runs on at paris, unharmed"
do_libvirt_destination_killed_while_copying()
{
	begin_copying
	kill_qemu tokyohv
	poll 30 "the migration to fail" ended_by
}

row libvirt-destination-killed-after-stop libvirt 4 500 35 "the guest has stopped at paris; QEMU at tokyo is killed 0.3 s later" \
	"libvirt lets it run on at paris; what came meanwhile was held, and comes back to it"
do_libvirt_destination_killed_after_stop()
{
	begin_copying && stop_and_stand
	kill_qemu tokyohv
	back_at_paris
}

row libvirt-destination-libvirtd-killed-after-stop libvirt 4 500 35 "the guest has stopped at paris; libvirtd at tokyo is killed, and started 2 s later" \
	"libvirt lets it run on at paris; tokyo's half is removed when its libvirtd comes back"
do_libvirt_destination_libvirtd_killed_after_stop()
{
	begin_copying && stop_and_stand
	fault_kill tokyohv-libvirtd
	pause 0.2
	kill -CONT "$(qemu_of tokyohv)"
	pause 2
	libvirt_daemon tokyohv
	back_at_paris
}

row libvirt-source-libvirtd-killed-after-stop libvirt 4 500 35 "the guest has stopped at paris; libvirtd there is killed, and started 2 s later" \
	"the guest stands still until then, and runs on at paris; what came for it is held 10 s at most"
do_libvirt_source_libvirtd_killed_after_stop()
{
	begin_copying && stop_and_stand
	fault_kill parishv-libvirtd
	kill -CONT "$(qemu_of tokyohv)"
	pause 2
	libvirt_daemon parishv
	lab_poll 20 "libvirtd of parishv" libvirt_virsh parishv version
	poll 30 "the guest to run at paris" running_at_paris
	mark runs
	AT=paris
}
running_at_paris() { [ "$(libvirt_virsh parishv domstate $LIBVIRT_DOMAIN)" = running ]; }

row libvirt-destroyed libvirt 20 0 10 "virsh destroy" "its owner withdraws the guest"
do_libvirt_destroyed()
{
	mark dead
	libvirt_virsh parishv destroy $LIBVIRT_DOMAIN >/dev/null
	AT=none
}

row libvirt-powered-off libvirt 20 0 10 "the guest powers itself off" "its owner withdraws it"
do_libvirt_powered_off()
{
	mark dead
	guest_say OFF
	poll 20 "the domain to end" unlisted parishv
	AT=none
}

row libvirt-crashed libvirt 20 0 10 "QEMU is killed" "its owner withdraws the guest"
do_libvirt_crashed()
{
	mark dead
	kill_qemu parishv
	AT=none
}

row libvirt-cold-migrated libvirt 20 1500 15 "the guest is ended at paris and started at tokyo at once" "it is found where it runs"
do_libvirt_cold_migrated()
{
	mark dead
	libvirt_virsh parishv destroy $LIBVIRT_DOMAIN >/dev/null
	boot_at tokyohv
}

row libvirt-restarted-elsewhere libvirt 20 1500 15 "QEMU is killed; a second later HA starts the guest at tokyo" "it is found where it runs"
do_libvirt_restarted_elsewhere()
{
	mark dead
	kill_qemu parishv
	pause 1
	boot_at tokyohv
}

row libvirt-gone-while-agent-down libvirt 20 0 45 "the agent at paris is down while the guest is destroyed, and comes back after it" \
	"its xTR has not heard of the guest for 30 s, asks the agent, and withdraws it"
do_libvirt_gone_while_agent_down()
{
	fault_kill parishv
	mark dead
	libvirt_virsh parishv destroy $LIBVIRT_DOMAIN >/dev/null
	LAB_SUBST="s|@XTR@|${GUEST_NET[parishv]}.1|; s|@URI@|$(libvirt_uri parishv)|; s|@ID@|61000000000000000000000000000001|" \
		lab_daemon parishv sunward-vmagent agent-libvirt.conf || fault_fail "the agent does not come back"
	AT=none
}

row libvirt-post-copy libvirt 4 5000 15 "the guest is migrated by post-copy: it runs at tokyo while most of it still is at paris" "it runs at tokyo"
do_libvirt_post_copy()
{
	begin_copying --postcopy --postcopy-bandwidth 100
	libvirt_virsh parishv migrate-postcopy $LIBVIRT_DOMAIN
	poll 30 "the guest to run at tokyo" happened tokyohv RESUME
	mark runs "$(libvirt_event_s tokyohv RESUME)"
	AT=tokyo
	poll 60 "virsh to end" libvirt_migrated
}
