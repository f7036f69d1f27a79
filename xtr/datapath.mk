# The data plane: BPF programs, their loader, and the core's handle on them.
noinst_LIBRARIES += xtr/libdatapath.a
XTR_BPF_PARTS = %D%/bpf/contract.h %D%/bpf/maps.h %D%/bpf/flow.h %D%/bpf/lookup.h %D%/bpf/route.h %D%/bpf/encap.h %D%/bpf/decap.h \
	%D%/bpf/events.h %D%/bpf/neighbour.h lib/base/sip_bpf.h lib/net/counters_bpf.h
DATAPATH_SKELETONS = xtr/bpf/xtr_tc.skel.h xtr/bpf/xtr_xdp.skel.h

xtr_libdatapath_a_SOURCES = %D%/datapath_load.c %D%/datapath_load.h %D%/datapath_bpf.c \
	%D%/datapath_bpf.h %D%/datapath_ports.c %D%/datapath_share.c %D%/datapath_exception.c %D%/datapath_internal.h %D%/datapath_locset.c \
	%D%/datapath_locset.h %D%/exception.c %D%/exception.h $(XTR_BPF_PARTS)
nodist_xtr_libdatapath_a_SOURCES = $(DATAPATH_SKELETONS)
# What a program needs besides, when it links xtr/libdatapath.a.
DATAPATH_LIBS = xtr/libdatapath.a lib/libnet.a lib/libbase.a $(BPF_LIBS) $(BSD_LIBS)

EXTRA_DIST += %D%/bpf/xtr_tc.bpf.c %D%/bpf/xtr_xdp.bpf.c
BUILT_SOURCES += $(DATAPATH_SKELETONS)
CLEANFILES += $(DATAPATH_SKELETONS) xtr/bpf/xtr_tc.bpf.o xtr/bpf/xtr_xdp.bpf.o

xtr/bpf/xtr_tc.bpf.o xtr/bpf/xtr_xdp.bpf.o: $(XTR_BPF_PARTS)
# For a build of this library alone, where BUILT_SOURCES is not asked for.
xtr/libdatapath_a-datapath_load.o xtr/datapath_load.o: $(DATAPATH_SKELETONS)
