# Unit tests of the agent's core, on virtual time, and of its parts.
VM_CORE_LIBS = vmmobility/libvmcore.a $(TEST_LIBS) $(XML_LIBS) $(CMOCKA_LIBS)
VM_WORLD = tests/unit/vm_world.c tests/unit/vm_world.h
check_PROGRAMS += tests/unit/test_vm_reporter tests/unit/test_vm_guests tests/unit/test_vm_qmp
tests_unit_test_vm_reporter_SOURCES = tests/unit/test_vm_reporter.c $(VM_WORLD)
tests_unit_test_vm_reporter_LDADD = $(VM_CORE_LIBS)
tests_unit_test_vm_guests_SOURCES = tests/unit/test_vm_guests.c $(VM_WORLD)
tests_unit_test_vm_guests_LDADD = $(VM_CORE_LIBS)
check_PROGRAMS += tests/unit/test_vm_moves
tests_unit_test_vm_moves_SOURCES = tests/unit/test_vm_moves.c $(VM_WORLD)
tests_unit_test_vm_moves_LDADD = $(VM_CORE_LIBS)
check_PROGRAMS += tests/unit/test_vm_index
tests_unit_test_vm_index_SOURCES = tests/unit/test_vm_index.c $(VM_WORLD)
tests_unit_test_vm_index_LDADD = $(VM_CORE_LIBS)
check_PROGRAMS += tests/unit/test_vm_tail
tests_unit_test_vm_tail_SOURCES = tests/unit/test_vm_tail.c $(VM_WORLD)
tests_unit_test_vm_tail_LDADD = $(VM_CORE_LIBS)
tests_unit_test_vm_qmp_SOURCES = tests/unit/test_vm_qmp.c
tests_unit_test_vm_qmp_LDADD = $(VM_CORE_LIBS)
check_PROGRAMS += tests/unit/test_vm_qmp_pace
tests_unit_test_vm_qmp_pace_SOURCES = tests/unit/test_vm_qmp_pace.c
tests_unit_test_vm_qmp_pace_LDADD = $(VMAGENT_LIBS) $(CMOCKA_LIBS)
# The daemon, its QEMUs and its xTR played by the test.
check_PROGRAMS += tests/unit/test_vmagent
tests_unit_test_vmagent_SOURCES = tests/unit/test_vmagent.c $(SCRATCH) $(CONTRACT)
tests_unit_test_vmagent_LDADD = $(VMAGENT_LIBS) $(CMOCKA_LIBS) $(CURL_LIBS)
# Hooks: the program that libvirt calls, and the agent's end of it.
check_PROGRAMS += tests/unit/test_vm_hook
tests_unit_test_vm_hook_SOURCES = tests/unit/test_vm_hook.c $(SCRATCH) $(VM_WORLD)
tests_unit_test_vm_hook_LDADD = $(VMAGENT_LIBS) $(CMOCKA_LIBS)
if LIBVIRT
check_PROGRAMS += tests/unit/test_vm_libvirt
endif
EXTRA_PROGRAMS += tests/unit/test_vm_libvirt
tests_unit_test_vm_libvirt_SOURCES = tests/unit/test_vm_libvirt.c
tests_unit_test_vm_libvirt_LDADD = $(VMAGENT_LIBS) $(CMOCKA_LIBS)
dist_check_SCRIPTS += tests/unit/vmagent_qemu.sh
# Tickets of libvirt's domains that are to be written.
check_PROGRAMS += tests/unit/test_vm_tickets
tests_unit_test_vm_tickets_SOURCES = tests/unit/test_vm_tickets.c
tests_unit_test_vm_tickets_LDADD = $(VM_CORE_LIBS)
# Guests of an earlier run.
check_PROGRAMS += tests/unit/test_vm_recall
tests_unit_test_vm_recall_SOURCES = tests/unit/test_vm_recall.c $(VM_WORLD)
tests_unit_test_vm_recall_LDADD = $(VM_CORE_LIBS)
# Guests known by what is heard behind their interfaces.
check_PROGRAMS += tests/unit/test_vm_snoop
tests_unit_test_vm_snoop_SOURCES = tests/unit/test_vm_snoop.c $(VM_WORLD)
tests_unit_test_vm_snoop_LDADD = $(VM_CORE_LIBS)
check_PROGRAMS += tests/unit/test_vmagent_campus
tests_unit_test_vmagent_campus_SOURCES = tests/unit/test_vmagent_campus.c
tests_unit_test_vmagent_campus_LDADD = $(VMAGENT_LIBS) $(CMOCKA_LIBS)
