# verdict.sh: to be sourced by tests of programs: what is said of each thing that is looked at. $bad is 1 when one was not as it should be, and
# $dir/log is what the daemon says.
bad=0

fail() { echo "FAIL $*"; bad=1; }
is() { if [ "$2" = "$3" ]; then echo "ok   $1"; else fail "$1: wanted <$3>, got <$2>"; fi; }
has() { case $2 in *"$3"*) echo "ok   $1" ;; *) fail "$1: wanted <$3> in: $2" ;; esac; }
lacks() { case $2 in *"$3"*) fail "$1: <$3> in: $2" ;; *) echo "ok   $1" ;; esac; }

# until_true WHAT COMMAND...: poll, at most 10 s
until_true()
{
	local what=$1 i
	shift
	for ((i = 0; i < 500; i++)); do
		"$@" >/dev/null 2>&1 && return 0
		read -rt 0.02 <> <(:) || :
	done
	fail "$what: not within 10 s"
	cat "$dir/log"
	return 1
}
