# files of tests/netns
include tests/netns/datapath.mk
include tests/netns/lab.mk
include tests/netns/fast_path.mk
include tests/netns/trill.mk
