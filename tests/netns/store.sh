#!/bin/bash
# store.sh: the map-server's store on a disk that is full, and on one that may not be written to: it goes on in memory, says so, and is
# durable again by itself when the disk is; each time a kill -9 proves it. In a mount namespace of its own.
set -u
. "$top_srcdir/tests/netns/require.sh"
require root curl unshare
if [ -z "${SUNWARD_STORE_TEST:-}" ]; then
	unshare -m true 2>/dev/null || skip "needs mount namespaces"
	SUNWARD_STORE_TEST=1 exec unshare -m --propagation private "$0"
fi
daemon=$top_builddir/sunward-mapserver
[ -x "$daemon" ] || { echo "no $daemon: make builds it"; exit 77; }
dir=$(mktemp -d /tmp/sunward-store-XXXXXX) || exit 1
pid=
trap 'kill -9 $pid 2>/dev/null; wait 2>/dev/null; umount "$dir/disk" 2>/dev/null; rm -rf "$dir"' EXIT
bad=0 port=$((20000 + $$ % 20000))
mkdir "$dir/disk"
mount -t tmpfs -o size=16M sunward-store "$dir/disk" || skip "cannot mount a tmpfs"

fail() { echo "FAIL $*"; bad=1; }
has() { case $2 in *"$3"*) echo "ok   $1" ;; *) fail "$1: wanted <$3> in: $2" ;; esac; }
call() { curl -s -m 10 --unix-socket "$dir/api" -X "$1" ${3:+-H 'Content-Type: application/json' -d "$3"} "http://localhost$2"; }
put() { call PUT "/v1/eids/ipv4:10.0.0.$1%2f32" '{"ttl_min":60,"locators":[{"address":"198.51.100.'"$2"'"}]}' >/dev/null; }
get() { call GET "/v1/eids/ipv4:10.0.0.$1%2f32"; }

# until_ready WANT: poll /readyz until its text has WANT, at most 20 s
until_ready()
{
	local i out
	for ((i = 0; i < 1000; i++)); do
		out=$(call GET /readyz)
		case $out in *"$1"*) echo "ok   /readyz: $1"; return 0 ;; esac
		sleep 0.02
	done
	fail "/readyz: wanted <$1> within 20 s: $out"
	cat "$dir/log"
}

start()
{
	"$daemon" -c "$dir/conf" >>"$dir/log" 2>&1 &
	pid=$!
}

restart()
{
	kill -9 $pid
	wait $pid 2>/dev/null
	start
	until_ready '"ready":true'
}

cat >"$dir/conf" <<END
listen = {"127.0.0.1:$port"}
workers = 1
api-socket = "$dir/api"
state-dir = "$dir/disk/state"
store { snapshot-interval = 0s }
END

# ---- full
start
until_ready '"ready":true'
put 1 1
head -c 32M /dev/zero >"$dir/disk/filler" 2>/dev/null
for i in $(seq 2 40); do put "$i" 2; done
until_ready "live in memory only"
has "it answers all the same" "$(get 40)" '"address":"198.51.100.2"'
has "the metrics say so" "$(call GET /metrics)" "sunward_mapserver_store_durable 0"
has "the log too" "$(cat "$dir/log")" "No space left on device: changes live in memory only"
has "and status" "$(call GET /v1/status)" '"state":"memory"'
rm "$dir/disk/filler"
until_ready '"ready":true'
has "the log says when it is complete" "$(cat "$dir/log")" "complete again"
restart
has "what changed before is there after kill -9" "$(get 1)" '"address":"198.51.100.1"'
has "what changed meanwhile too" "$(get 40)" '"address":"198.51.100.2"'

# ---- read-only from the start
kill -9 $pid
wait $pid 2>/dev/null
rm -rf "$dir/disk/state"
mkdir "$dir/disk/state"
mount -o remount,ro "$dir/disk" || fail "remount"
start
until_ready "the store cannot be opened"
put 50 5
has "it answers without a disk" "$(get 50)" '"address":"198.51.100.5"'
mount -o remount,rw "$dir/disk" || fail "remount"
until_ready '"ready":true'
restart
has "what changed without a disk is there after kill -9" "$(get 50)" '"address":"198.51.100.5"'

# ---- a second daemon
sed "s|$port|$((port + 1))|; s|$dir/api|$dir/other|" "$dir/conf" >"$dir/second"
out=$(timeout 10 "$daemon" -c "$dir/second" 2>&1) && fail "a second daemon took the same state-dir"
has "a second daemon is refused" "$out" "another process has it open"
[ $bad = 0 ] || tail -30 "$dir/log"
exit $bad
