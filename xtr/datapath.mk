# The data plane: BPF programs, their loader, and the core's handle on them.
EXTRA_DIST += %D%/datapath_load.h %D%/datapath_bpf.h
