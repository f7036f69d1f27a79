dist_check_SCRIPTS += tests/netns/demo-quick.sh
EXTRA_DIST += tests/netns/require.sh
