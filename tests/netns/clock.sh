#!/bin/bash
# The wall's clock is set an hour forward, an hour back, and is an hour back at a restart, of map-server and tunnel router: no registration
# ends by that or lives longer, none is taken for a replay, old ones still are, and numbers go up. What ends, ends by the monotonic clock.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
test_begin
require perl
shim=$top_builddir/tests/netns/wall_shift.so
[ -e "$shim" ] || skip "no $shim: make check builds it"
mkdir "$LAB_DIR/conf" && cp "$LAB_CONF"/* "$LAB_DIR/conf"
LAB_CONF=$LAB_DIR/conf
printf 'timers {\n\tregister = 1s\n}\n' >>"$LAB_CONF/office.conf"
printf 'limits {\n\tregistration-timeout = 4s\n}\n' >>"$LAB_CONF/mapserver.conf"
step() { perl -e 'print pack("q<", $ARGV[0])' -- "$1" | dd of="$LAB_DIR/shift" conv=notrunc status=none; } # SECONDS
step 0
export WALL_SHIFT=$LAB_DIR/shift
shifted() { LD_PRELOAD=$shim ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0 lab_daemon "$@"; }
lab_network && shifted ms sunward-mapserver mapserver.conf && shifted office sunward-xtr office.conf || exit 1

killed() { kill -9 "${LAB_PID[$1]}"; wait "${LAB_PID[$1]}" 2>/dev/null; mv "$LAB_DIR/$1.log" "$LAB_DIR/$1.before.log"; }
refreshed() { [ "$(counter ms mapserver_refreshed)" -ge $(($1 + 4)) ]; }
goes_on() # WHEN: twice and more
{
	local before
	before=$(counter ms mapserver_refreshed)
	eventually 10 "registrations are refreshed $1" refreshed "$before"
	mapping_is 192.0.2.0/24 "${LAB_RLOC[office]}" && pass "the mapping is there $1" || fail "the mapping is lost $1"
	expect "registrations that ended $1" "$(counter ms mapserver_expired)" -eq 0
	expect "replays $1" "$(counter ms mapserver_dropped replay)" -eq 0
}
static() # ADDRESS: put; its seq
{
	curl -s -m 10 --unix-socket "$LAB_DIR/ms/api.sock" -X PUT -H 'Content-Type: application/json' \
		-d '{"locators":[{"address":"198.51.100.99"}]}' "http://localhost/v1/eids/ipv4:$1" | jq .seq
}
age() { curl -s -m 10 --unix-socket "$LAB_DIR/ms/api.sock" "http://localhost/v1/status" | jq .uptime_s; }

eventually 5 "the office is registered" mapping_is 192.0.2.0/24 "${LAB_RLOC[office]}"
lab_start office keep "$DATAGRAMS" keep wan 3 "$LAB_DIR/register" 20000
eventually 5 "a registration is kept for later" test -s "$LAB_DIR/register"
step 3600
goes_on "an hour forward"
step -3600
goes_on "two hours back from there"
expect "the map-server's age is its own" "$(age)" -lt 600

# A restart of each while the clock is an hour back.
seq=$(static 203.0.113.77)
killed ms
shifted ms sunward-mapserver mapserver.conf || exit 1
behind=$(($(date +%s) - $(date -ud "$(head -n 1 "$LAB_DIR/ms.log" | cut -c1-19)" +%s)))
expect "by its own log it is behind" "$((behind > 3500 && behind < 3700))" 1
mapping_is 203.0.113.77 198.51.100.99 && pass "a static mapping of the future is there" || fail "a static mapping is lost"
eventually 5 "the office's is there" mapping_is 192.0.2.0/24 "${LAB_RLOC[office]}"
lab_exec office "$DATAGRAMS" replay wan "$LAB_DIR/register"
replayed() { [ "$(counter ms mapserver_dropped replay)" -eq 1 ]; }
eventually 5 "an old registration is a replay still" replayed
expect "the next number is greater" "$(static 203.0.113.78)" -gt "$seq"
killed office
shifted office sunward-xtr office.conf || exit 1
before=$(counter ms mapserver_refreshed)
eventually 10 "the restarted tunnel router is refreshed" refreshed "$before"
expect "and nothing else was taken for a replay" "$(counter ms mapserver_dropped replay)" -eq 1

# Nobody refreshes: it ends, though the clock goes back an hour at that moment.
kill -STOP "${LAB_PID[office]}"
step -7200
gone() { [ -z "$(mapping 192.0.2.0/24)" ]; }
eventually 10 "what nobody refreshes ends, by the monotonic clock" gone
step 0
kill -CONT "${LAB_PID[office]}"
eventually 10 "and is back when it is refreshed" mapping_is 192.0.2.0/24 "${LAB_RLOC[office]}"
test_end
