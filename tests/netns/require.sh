# require.sh: to be sourced. require THING ...: exit 77 with the reason when the machine lacks a thing.
require()
{
	local thing
	for thing in "$@"; do
		case $thing in
		root) [ "$(id -u)" = 0 ] || skip "needs root" ;;
		netns) unshare -n true 2>/dev/null || skip "needs network namespaces" ;;
		bpf) bpftool prog show >/dev/null 2>&1 || /usr/sbin/bpftool prog show >/dev/null 2>&1 || skip "needs the right to use BPF" ;;
		tun) [ -c /dev/net/tun ] || skip "needs /dev/net/tun" ;;
		*) command -v "$thing" >/dev/null || skip "needs $thing" ;;
		esac
	done
}

skip() { echo "skipped: $1"; exit 77; }
