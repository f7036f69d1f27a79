#!/bin/bash
# The lab leaves nothing behind: not when it is interrupted, nor when one of its programs is stopped and takes no signal; and what a lab
# that was killed outright could not remove, the next one removes.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
test_begin

# lab NAME COMMAND...: a lab of its own, by a shell of its own; its pid in $lab, its words in $LAB_DIR/NAME
lab()
{
	local name=$1
	shift
	env --default-signal bash -c 'set -u
		. "$1/tests/lab/topology.sh"
		lab_init .
		trap lab_down EXIT
		trap "exit 130" INT TERM
		lab_spaces core
		lab_start core sleeper sleep 600
		echo "$LAB_LAST $LAB_DIR"
		shift
		eval "$*"' lab "$top_srcdir" "$@" >"$LAB_DIR/$name" 2>&1 &
	lab=$!
	lab_poll 10 "the lab $name" grep -q / "$LAB_DIR/$name"
	read -r sleeper dir <"$LAB_DIR/$name"
	expect "the lab $name stands: namespaces" "$(left)" -eq 1
}

left() { ip netns list | grep -c "^sw$lab-"; }
nothing_left() { [ "$(left)" = 0 ] && [ ! -d "$dir" ] && ! kill -0 "$sleeper" 2>/dev/null; }
pause='while :; do read -rt 1 <> <(:) || :; done'

for signal in INT TERM HUP; do
	lab $signal "$pause"
	kill -$signal $lab
	eventually 15 "nothing is left after SIG$signal" nothing_left
	kill -9 $lab 2>/dev/null
	wait $lab 2>/dev/null
done
lab stopped "$pause"
kill -STOP "$sleeper"
kill -TERM $lab
eventually 15 "nothing is left where a program was stopped" nothing_left
kill -9 $lab 2>/dev/null
wait $lab 2>/dev/null
lab killed "$pause"
kill -9 $lab
wait $lab 2>/dev/null
expect "a lab that was killed outright leaves its namespace" "$(left)" -eq 1
(lab_init . && lab_down)
eventually 5 "the next lab removes it" nothing_left
test_end
