# reach.sh: to be sourced. What hosts of two sites send each other, on top of tests/netns/lab_test.sh.
. "${top_srcdir:=.}/tests/netns/lab_test.sh"

pings() { lab_exec "$1" ping -q -c 1 -W 1 "$2"; } # FROM ADDRESS
many_pings() { lab_exec "$1" ping -q -c 20 -i 0.01 -W 1 "$2" | grep -q ' 0% packet loss'; } # FROM ADDRESS

serve() # HOST: the echo service there
{
	lab_start "$1" "echo-$1" "$LAB_BIN/tests/lab/echo" 7777
	lab_poll 5 "the echo service of $1" sh -c "ip netns exec $(lab_ns "$1") ss -tlnH sport = :7777 | grep -q ."
}

# echoes FROM ADDRESS: 300,000 random bytes go through the echo service there and come back the same
echoes()
{
	[ -s "$LAB_DIR/payload" ] || head -c 300000 /dev/urandom >"$LAB_DIR/payload"
	lab_exec "$1" timeout 5 bash -c '
		exec 3<>"/dev/tcp/$1/7777" || exit
		cat "$2" >&3 &
		head -c 300000 <&3 | cmp -s - "$2"' echoes "$2" "$LAB_DIR/payload"
}
