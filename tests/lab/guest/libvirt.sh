# libvirt.sh: to be sourced after guest.sh. The guest in a domain of libvirt: a libvirtd in each hypervisor's namespace, without systemd, each with
# folders of its own, and migrations by virsh.
#
# In $LAB_DIR/HOST: etc (its /etc/libvirt; hooks go to etc/hooks/qemu.d), run and var (its /run and /var), libvirt.sock.

GUEST_BY=libvirt
LIBVIRT_DOMAIN=guest

libvirt_unable()
{
	local tool
	for tool in libvirtd virsh stdbuf unshare; do
		command -v $tool >/dev/null || { echo "needs $tool"; return 0; }
	done
	[ -e /usr/lib/*/libvirt/connection-driver/libvirt_driver_qemu.so ] || { echo "needs libvirt-daemon-driver-qemu"; return 0; }
	[ -d /etc/libvirt ] || { echo "needs /etc/libvirt"; return 0; }
	return 1
}

libvirt_serial() { echo "$LAB_DIR/serial.log"; }
libvirt_uri() { echo "qemu+unix:///system?socket=$LAB_DIR/$1/libvirt.sock"; } # HOST
libvirt_virsh() { local h=$1; shift; virsh -q -c "$(libvirt_uri "$h")" "$@"; } # HOST WORDS...

# libvirt_serve HOST: its libvirtd, which takes some seconds to look at QEMU
libvirt_serve()
{
	local h=$1 dir=$LAB_DIR/$1
	mkdir -p "$dir"/{etc/hooks/qemu.d,run,var/lib/libvirt,var/cache/libvirt,var/log/libvirt}
	cat >"$dir/etc/libvirtd.conf" <<-C
		host_uuid = "$(</proc/sys/kernel/random/uuid)"
		unix_sock_dir = "$dir/run"
		auth_unix_rw = "none"
		unix_sock_rw_perms = "0700"
		log_outputs = "3:stderr"
	C
	cat >"$dir/etc/qemu.conf" <<-C
		security_driver = "none"
		user = "root"
		group = "root"
		dynamic_ownership = 0
		remember_owner = 0
		cgroup_controllers = [ ]
		namespaces = [ ]
		stdio_handler = "file"
	C
	# It wants to know a user and group of this name, which another package makes, even where they are not used.
	{ grep -v '^libvirt-qemu:' /etc/passwd; echo 'libvirt-qemu:x:64055:64055::/:/bin/false'; } >"$dir/passwd"
	{ grep -v '^libvirt-qemu:' /etc/group; echo 'libvirt-qemu:x:64055:'; } >"$dir/group"
	# libvirtd looks for hooks at its start only, and hands them nothing of its environment. Without an agent this one does nothing.
	printf '#!/bin/sh\nSUNWARD_VM_HOOK_SOCKET=%s exec %s "$@"\n' "$dir/hook.sock" "$(realpath "$LAB_BIN/sunward-vm-hook")" >"$dir/etc/hooks/qemu.d/sunward"
	chmod +x "$dir/etc/hooks/qemu.d/sunward"
	lab_ip "$h" link del tap0 # libvirt makes its own, of the same name
	ln -s run/libvirt-sock "$dir/libvirt.sock"
	libvirt_daemon "$h"
}

libvirt_daemon() # HOST: the process itself, also once more after it has ended
{
	local dir=$LAB_DIR/$1
	lab_start "$1" "$1-libvirtd" $GUEST_RUNS unshare -m -u sh -c 'hostname "$1" && mount --make-rprivate / && mount --bind "$2/etc" /etc/libvirt &&
		mount --bind "$2/var" /var && mount --bind "$2/passwd" /etc/passwd && mount --bind "$2/group" /etc/group && mount --bind "$2/run" /run && exec libvirtd' sh "$1" "$dir"
}

# libvirt_ready HOST: its libvirtd is; from now on a listener writes the monitors' events to $LAB_DIR/HOST-events.out
libvirt_ready()
{
	local h=$1
	lab_poll 20 "libvirtd of $h ($LAB_DIR/$h-libvirtd.log)" libvirt_virsh "$h" version || return
	lab_start "$h" "$h-events" stdbuf -oL virsh -c "$(libvirt_uri "$h")" qemu-monitor-event --loop
}

# Its memory is locked by QEMU itself: libvirt would raise the process's limit for it, which a container may not.
libvirt_domain() # the guest as XML. Its metadata tell the agents what its addresses are
{
	cat <<-X
		<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
		<name>$LIBVIRT_DOMAIN</name>
		<uuid>$GUEST_UUID</uuid>
		<metadata><sunward:guest xmlns:sunward='urn:sunward:guest:1'>
		<sunward:eid mac='$GUEST_MAC'>$LAB_MACHINE</sunward:eid>
		<sunward:eid mac='$GUEST_MAC'>$LAB_MACHINE6</sunward:eid>
		</sunward:guest></metadata>
		<memory unit='MiB'>$GUEST_RAM_MIB</memory>
		<vcpu>1</vcpu>
		<os><type arch='x86_64' machine='pc'>hvm</type>
		<kernel>$LIBVIRT_IMAGE/vmlinuz</kernel><initrd>$LIBVIRT_IMAGE/initrd</initrd><cmdline>$GUEST_CMDLINE</cmdline></os>
		<features><acpi/></features>
		<cpu mode='maximum'/>
		<devices>
		<emulator>$(command -v qemu-system-x86_64)</emulator>
		<controller type='usb' model='none'/>
		<memballoon model='none'/>
		<serial type='file'><source path='$LAB_DIR/serial.log' append='on'/></serial>
		<interface type='bridge'><mac address='$GUEST_MAC'/><source bridge='br0'/><target dev='tap0'/><model type='virtio'/><rom enabled='no'/></interface>
		</devices>
		<qemu:commandline><qemu:arg value='-overcommit'/><qemu:arg value='mem-lock=on'/></qemu:commandline>
		</domain>
	X
}

libvirt_start() # HOST
{
	local h
	LIBVIRT_IMAGE=$(cd "$LAB_BIN/guest" && pwd)
	for h in $GUEST_HOSTS; do libvirt_serve "$h"; done
	for h in $GUEST_HOSTS; do libvirt_ready "$h" || return; done
	libvirt_domain >"$LAB_DIR/domain.xml"
	libvirt_virsh "$1" create "$LAB_DIR/domain.xml" >"$LAB_DIR/create.log" 2>&1 || { cat "$LAB_DIR/create.log" >&2; return 1; }
}

libvirt_prepare() { :; }
libvirt_left() { lab_poll 20 "virsh to end" libvirt_migrated; }
libvirt_migrated() { ! kill -0 "${LAB_PID[migrate]}"; }

libvirt_events() { grep -c "event $2 " "$LAB_DIR/$1-events.out"; }                                                             # HOST EVENT
# HOST EVENT: when QEMU said it last, by its own clock; the listener may have printed it later
libvirt_event_s() { sed -n "s/^event $2 at \([0-9.]*\) for .*/\1/p" "$LAB_DIR/$1-events.out" | tail -n 1; }

libvirt_arrived() { [ "$(libvirt_events "$1" RESUME)" -gt "$2" ] || libvirt_migrated; } # TO RESUMES-BEFORE

libvirt_migrate() # FROM TO
{
	local before
	before=$(libvirt_events "$2" RESUME)
	libvirt_virsh "$1" qemu-monitor-command "$LIBVIRT_DOMAIN" '{"execute":"migrate-set-parameters","arguments":{"downtime-limit":0}}' >/dev/null || return # see qemu_migrate
	lab_start "$1" migrate virsh -c "$(libvirt_uri "$1")" migrate --live --unsafe "$LIBVIRT_DOMAIN" "$(libvirt_uri "$2")" \
		--bandwidth $((GUEST_BANDWIDTH >> 20)) --migrateuri "tcp://${GUEST_MIGRATE[$2]}"
	lab_poll 30 "the guest to run at $2" libvirt_arrived "$2" "$before" || return
	if [ "$(libvirt_events "$2" RESUME)" -le "$before" ]; then
		echo "lab: libvirt could not migrate the guest from $1 to $2: $(tail -n 2 "$LAB_DIR/migrate.log")" >&2
		return 1
	fi
	GUEST_STOP_S=$(libvirt_event_s "$1" STOP) GUEST_RESUME_S=$(libvirt_event_s "$2" RESUME)
}

# libvirt_agents: at each hypervisor a sunward-vmagent that listens to libvirt's events; lab_sunward HOST asks it
libvirt_agents()
{
	local h agents=0
	for h in $GUEST_HOSTS; do
		LAB_SUBST="s|@XTR@|${GUEST_NET[$h]}.1|; s|@URI@|$(libvirt_uri "$h")|; s|@PARIS@|$(libvirt_uri parishv)|; s|@TOKYO@|$(libvirt_uri tokyohv)|; s|@ID@|6100000000000000000000000000000$((++agents))|" \
			lab_daemon "$h" sunward-vmagent agent-libvirt.conf || return
	done
}
