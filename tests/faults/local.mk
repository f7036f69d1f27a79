# The fault table: shell only.
EXTRA_DIST += tests/faults/faults.sh tests/faults/row.sh tests/faults/rows.sh tests/faults/judge.sh tests/faults/guest.sh \
	tests/faults/lab_qemu.sh tests/faults/lab_libvirt.sh tests/faults/lab_standin.sh tests/faults/lab_campus.sh \
	tests/faults/qemu_rows.sh tests/faults/campus_rows.sh tests/faults/libvirt_rows.sh tests/faults/crash_rows.sh tests/faults/race_rows.sh
