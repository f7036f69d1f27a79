# The RBridge's data plane: BPF programs, their loader, and the tables that the core writes.
noinst_LIBRARIES += trill/libtrilldatapath.a
TRILL_BPF_PARTS = %D%/bpf/contract.h %D%/bpf/maps.h %D%/bpf/frame.h %D%/bpf/recent.h %D%/bpf/police.h %D%/codec/flow.h %D%/bpf/learn.h %D%/bpf/path.h %D%/bpf/snoop.h lib/net/counters_bpf.h
trill_libtrilldatapath_a_SOURCES = %D%/datapath.c %D%/datapath.h %D%/datapath_internal.h %D%/datapath_load.c \
	%D%/datapath_load.h %D%/datapath_path.c %D%/datapath_port.c %D%/datapath_station.c %D%/datapath_label.c %D%/datapath_tree.c $(TRILL_BPF_PARTS)
nodist_trill_libtrilldatapath_a_SOURCES = trill/bpf/trill_xdp.skel.h
# What a program needs besides, when it links trill/libtrilldatapath.a.
TRILL_DATAPATH_LIBS = trill/libtrilldatapath.a trill/libtrillcodec.a lib/libnet.a lib/libbase.a $(BPF_LIBS) $(BSD_LIBS)

EXTRA_DIST += %D%/bpf/trill_xdp.bpf.c
BUILT_SOURCES += trill/bpf/trill_xdp.skel.h
CLEANFILES += trill/bpf/trill_xdp.skel.h trill/bpf/trill_xdp.bpf.o
trill/bpf/trill_xdp.bpf.o: $(TRILL_BPF_PARTS)
trill/libtrilldatapath_a-datapath_load.o trill/datapath_load.o: trill/bpf/trill_xdp.skel.h
