# The tail copy at a guest's tap: its program and who reads it.
noinst_LIBRARIES += vmmobility/libtail.a
vmmobility_libtail_a_SOURCES = %D%/tail.c %D%/tail.h %D%/tail_load.c %D%/tail_load.h %D%/tail_packet.c %D%/tail_packet.h %D%/bpf/contract.h
nodist_vmmobility_libtail_a_SOURCES = vmmobility/bpf/port.skel.h

EXTRA_DIST += %D%/bpf/port.bpf.c
BUILT_SOURCES += vmmobility/bpf/port.skel.h
CLEANFILES += vmmobility/bpf/port.skel.h vmmobility/bpf/port.bpf.o

vmmobility/bpf/port.bpf.o: %D%/bpf/contract.h
vmmobility/tail_load.o vmmobility/libtail_a-tail_load.o: vmmobility/bpf/port.skel.h
