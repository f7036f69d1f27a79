# files of tests/netns
include tests/netns/datapath.mk
