#!/bin/bash
# store.sh: the map-server's store on a disk that is full, and on one that may not be written to: it goes on in memory, says so, and is
# durable again by itself when the disk is; each time a kill -9 proves it. In a mount namespace of its own.
set -u
. "$top_srcdir/tests/verdict.sh"
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
port=$((20000 + $$ % 12000))
mkdir "$dir/disk"
mount -t tmpfs -o size=16M sunward-store "$dir/disk" || skip "cannot mount a tmpfs"

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
	tail -n 5 "$dir/log"
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

# So full that not even the spare of the roots has room: else what a flush frees is used again, and it heals at once.
fill() { rm -f "$dir/disk/state/store/synced.spare"; head -c 32M /dev/zero >"$dir/disk/filler" 2>/dev/null; for i in $(seq "$1" "$2"); do put "$i" 2; done; until_ready "live in memory only"; }

# ---- full
start
until_ready '"ready":true'
put 1 1
fill 2 40
has "it answers all the same" "$(get 40)" '"address":"198.51.100.2"'
has "the metrics say so" "$(call GET /metrics)" "sunward_mapserver_store_durable 0"
has "the log too" "$(cat "$dir/log")" "No space left on device: changes live in memory only"
has "and status" "$(call GET /v1/status)" '"state":"memory"'
flushed() { call GET /metrics | sed -n 's/^sunward_mapserver_store_flush_timestamp_seconds //p'; }
stands() # has it stood for two seconds, which it does not while the disk takes what is written
{
	local was seen=0 i
	was=$(flushed)
	for ((i = 0; i < 500 && seen <= was + 2; i++)); do
		sleep 0.02
		seen=$(date +%s)
	done
	[ "$(flushed)" = "$was" ] && echo stands
}
has "and since when nothing is on the disk any more" "$(stands)" stands
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

# ---- what the operator changes while it is full: told, and not done, so that a restart undoes nothing
body='{"keys":[{"id":1,"key":"k"}],"eid_prefixes":[{"prefix":"10.1.0.0/16"}]}'
status() { curl -s -m 10 -o "$dir/answer" -w '%{http_code}' --unix-socket "$dir/api" -X "$1" -H 'Content-Type: application/json' ${3:+-d "$3"} "http://localhost$2"; }
has "a site is put" "$(status PUT /v1/sites/paris "$body")" 201
fill 60 70
has "a site cannot be deleted now" "$(status DELETE /v1/sites/paris)" 503
has "which is told" "$(cat "$dir/answer")" '"type":"urn:sunward:problem:store-failing"'
has "nor put" "$(status PUT /v1/sites/rome "${body/10.1/10.2}")" 503
has "nor its keys changed" "$(status POST /v1/sites/paris/keys '{"id":2,"key":"l"}')" 503
has "and all is as it was" "$(call GET /v1/sites)" '{"sites":[{"name":"paris","keys":[{"id":1,"algorithm"'

# ---- full at a restart, but for the spare: what it holds is answered, new changes too, in the store or in memory, and it heals
kill -9 $pid
wait $pid 2>/dev/null
truncate -s -16K "$dir/disk/filler"
head -c 8200 /dev/zero >"$dir/disk/state/store/synced.spare"
head -c 32M /dev/zero >"$dir/disk/filler2" 2>/dev/null
start
until_ready '"ready":'
has "a mapping of before is answered" "$(get 50)" '"address":"198.51.100.5"'
put 101 1
has "a new one too" "$(get 101)" '"address":"198.51.100.1"'
seq=$(get 101 | sed 's/.*"seq":\([0-9]*\).*/\1/')
rm "$dir/disk/filler" "$dir/disk/filler2"
until_ready '"ready":true'
restart
has "it is there after kill -9" "$(get 101)" "\"seq\":$seq"
has "the site too" "$(call GET /v1/sites/paris)" '"name":"paris"'
has "which can be deleted now" "$(status DELETE /v1/sites/paris)" 204
restart
has "and stays so" "$(status GET /v1/sites/paris)" 404

# ---- a store that can be opened late: until its sites and keys are taken in it is not ready, and none is changed
cat >>"$dir/conf" <<END
site "oslo" {
	key "1" { key = "old" }
	eid-prefix "10.9.0.0/16" { accept-more-specifics = yes }
}
END
restart
has "a site is put" "$(status PUT /v1/sites/paris "$body")" 201
has "a key is added" "$(status POST /v1/sites/oslo/keys '{"id":2,"key":"new"}')" 201
has "and the file's retired" "$(status DELETE /v1/sites/oslo/keys/1)" 204
kill $pid
wait $pid
mv "$dir/disk/state/store" "$dir/disk/later"
: >"$dir/disk/state/store"
start
until_ready "the store cannot be opened"
has "a site cannot be put" "$(status PUT /v1/sites/rome "${body/10.1/10.2}")" 503
rm "$dir/disk/state/store"
mv "$dir/disk/later" "$dir/disk/state/store"
until_ready '"ready":true'
has "the site is there" "$(call GET /v1/sites/paris)" '"name":"paris"'
has "the key too, and the retired one is not" "$(call GET /v1/sites/oslo/keys)" '{"keys":[{"id":2,'
restart
has "so it is after kill -9" "$(call GET /v1/sites/oslo/keys)" '{"keys":[{"id":2,'
has "and the site" "$(status GET /v1/sites/paris)" 200

# ---- the directory is taken away while it runs: made anew, and all is written again
rm -rf "$dir/disk/state"
until_log() { local i; for ((i = 0; i < 1000; i++)); do grep -q "$1" "$dir/log" && { echo "ok   the log: $1"; return; }; sleep 0.02; done; fail "the log: no $1"; }
: >"$dir/log"
until_log "was damaged or taken away while it was open"
until_ready '"ready":true'
restart
for i in 50 101; do has "mapping $i is there" "$(get $i)" '"seq"'; done

# ---- a record flips while it runs: found when it is looked at, and healed from memory
kill $pid
wait $pid
sed -i 's|snapshot-interval = 0s|snapshot-interval = 1s|' "$dir/conf"
: >"$dir/log"
start
until_ready '"ready":true'
LC_ALL=C grep -obUaP '\xc6\x33\x64\x05' "$dir/disk/state/store/data.mdb" | cut -d: -f1 |
	while read -r at; do printf '\xc6\x33\x64\xff' | dd of="$dir/disk/state/store/data.mdb" bs=1 seek="$at" conv=notrunc status=none; done
until_log "was damaged or taken away while it was open"
until_ready '"ready":true'
restart
has "what was damaged is there" "$(get 50)" '"address":"198.51.100.5"'
[ -e "$dir/disk/state/store/data.mdb.damaged" ] && echo "ok   the damaged file is put aside" || fail "no data.mdb.damaged"

# ---- no right to the directory, as another user
kill $pid
wait $pid
if command -v setpriv >/dev/null && chmod 711 "$dir" "$dir/disk"; then
	mkdir -m 755 "$dir/disk/locked"
	sed -i "s|disk/state|disk/locked|; s|$dir/api|$dir/disk/run/api|" "$dir/conf"
	mkdir -m 777 "$dir/disk/run"
	chmod 644 "$dir/conf"
	cp "$daemon" "$dir/disk/daemon" 2>/dev/null && chmod 755 "$dir/disk/daemon"
	setpriv --reuid 65534 --regid 65534 --clear-groups "$dir/disk/daemon" -c "$dir/conf" >>"$dir/log" 2>&1 &
	pid=$!
	ln -sf "$dir/disk/run/api" "$dir/api"
	until_ready "the store cannot be opened"
	put 110 3
	has "it answers without the right to it" "$(get 110)" '"address":"198.51.100.3"'
	chown 65534 "$dir/disk/locked"
	until_ready '"ready":true'
	kill $pid
	wait $pid
	sed -i "s|$dir/disk/run/api|$dir/api|" "$dir/conf"
	rm -f "$dir/api"
	chown -R 0:0 "$dir/disk/locked"
	start
	until_ready '"ready":true'
	has "and keeps it when it has the right" "$(get 110)" '"address":"198.51.100.3"'
fi

# ---- a second daemon
sed "s|$port|$((port + 1))|; s|$dir/api|$dir/other|" "$dir/conf" >"$dir/second"
out=$(timeout 10 "$daemon" -c "$dir/second" 2>&1) && fail "a second daemon took the same state-dir"
has "a second daemon is refused" "$out" "another process has it open"
[ $bad = 0 ] || tail -30 "$dir/log"
exit $bad
