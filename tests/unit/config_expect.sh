# shellcheck shell=bash
# config_expect.sh: is sourced by tests of what a daemon says of its configuration. Sets bad to 1 where it is not what was expected.
bad=0

check() # WHAT GOT WANT
{
	[ "$2" = "$3" ] && { echo "ok   $1"; return; }
	echo "FAIL $1:"
	diff <(printf '%s\n' "$3") <(printf '%s\n' "$2") | sed 's/^</want/; s/^>/got /'
	bad=1
}

expect() # WHAT FILE WANT: of what $daemon says of the file
{
	check "$1" "$("$daemon" -t -c "$2" 2>&1)" "$3"
}
