# files of tests/netns
