#!/bin/bash
# cli_store.sh: sunward store check, dump and restore, on the files of a map-server that was killed.
set -u
. "$top_srcdir/tests/verdict.sh"
daemon=$top_builddir/sunward-mapserver sunward=$top_builddir/sunward
[ -x "$daemon" ] && [ -x "$sunward" ] || { echo "no $daemon: make builds it"; exit 77; }
command -v curl >/dev/null && command -v jq >/dev/null || { echo "needs curl and jq"; exit 77; }
dir=$(mktemp -d /tmp/sunward-cli-store-XXXXXX) || exit 1
pid=
trap 'kill -9 $pid 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
export TMPDIR=$dir
port=$((20000 + $$ % 12000))

call() { curl -s -m 10 --unix-socket "$dir/api" -X "$1" ${3:+-H 'Content-Type: application/json' -d "$3"} "http://localhost$2"; }

cat >"$dir/conf" <<END
listen = {"127.0.0.1:$port"}
workers = 1
api-socket = "$dir/api"
state-dir = "$dir/state"
store { snapshot-interval = 0s }
END

start()
{
	"$daemon" -c "$dir/conf" >>"$dir/log" 2>&1 &
	pid=$!
	for _ in $(seq 500); do
		curl -sf --unix-socket "$dir/api" http://localhost/readyz >/dev/null && return
		sleep 0.02
	done
	fail "start: not ready within 10 s"
	cat "$dir/log"
	exit 1
}

stop() { kill -9 $pid; wait $pid 2>/dev/null; }

start
for i in 1 2 3; do
	call PUT "/v1/eids/ipv4:10.0.0.$i%2f32" '{"ttl_min":60,"locators":[{"address":"198.51.100.2"},{"address":"198.51.100.1"}]}' >/dev/null
done
call DELETE "/v1/eids/ipv4:10.0.0.3%2f32" >/dev/null
call PUT /v1/sites/paris '{"keys":[{"id":1,"key":"hidden"}],"eid_prefixes":[{"prefix":"10.0.0.0/8"}]}' >/dev/null

out=$("$sunward" store check "$dir/state" 2>&1)
is "check beside a daemon" $? 0
has "says that it runs" "$out" "a daemon has it open"
"$sunward" store dump "$dir/state" >"$dir/live" || fail "dump beside a daemon"
is "it has the mappings" "$(jq -r 'select(.kind == "mapping") | .eid' "$dir/live" | tr '\n' ' ')" "10.0.0.1 10.0.0.2 "
is "the tombstone" "$(jq -c 'select(.kind == "tombstone") | [.eid, .seq]' "$dir/live")" '["10.0.0.3",2]'
is "the locators, once" "$(jq -c 'select(.kind == "locators") | [.addresses, .count]' "$dir/live")" '[["198.51.100.1","198.51.100.2"],2]'
is "the site with its key" "$(jq -r 'select(.kind == "site") | .body.keys[0].key' "$dir/live")" hidden
"$sunward" store restore "$dir/state" "$dir/live" 2>/dev/null
is "no restore under a daemon" $? 6
stop

out=$("$sunward" -j store check "$dir/state")
is "check of what a kill left" $? 0
is "finds it whole" "$(jq -r '.files[0].state' <<<"$out")" whole
"$sunward" store dump "$dir/state/store" >"$dir/dump" || fail "dump"
cmp "$dir/live" "$dir/dump" || fail "the dump of the files differs from that beside the daemon"
"$sunward" store restore "$dir/state" "$dir/dump" 2>/dev/null
is "no restore over a store" $? 6
rm -rf "$dir/state/store"
has "restore where there is no store yet" "$("$sunward" store restore "$dir/state" "$dir/dump")" "records restored into $dir/state/store"
"$sunward" store dump "$dir/state" | cmp - "$dir/dump" || fail "what was restored is dumped otherwise"
start
has "it answers from what was restored" "$(call GET "/v1/eids/ipv4:10.0.0.2%2f32")" '"address":"198.51.100.1"'
has "the site is there" "$(call GET /v1/sites/paris)" '"origin":"api"'
stop

# A merged mapping, of two xTRs: by hand, the least of numbers that fit. Restored it is a sum, and its xTRs are known.
cat >"$dir/sum" <<'END'
{"kind":"mapping","eid":"10.7.0.1","seq":2,"written_at":1800000000,"life_s":180,"flags":1,"ttl_min":60,"map_version":0,"owner":1,"locators":3}
{"kind":"locators","number":1,"addresses":["192.0.2.1"],"count":1,"wire":"0164ff0000010001c0000201"}
{"kind":"locators","number":2,"addresses":["192.0.2.2"],"count":1,"wire":"0564ff0000010001c0000202"}
{"kind":"locators","number":3,"addresses":["192.0.2.1","192.0.2.2"],"count":2,"wire":"0164ff0000010001c00002010564ff0000010001c0000202"}
{"kind":"owner","number":1,"site":"paris","site_id":7,"xtr_id":"00000000000000000000000000000001"}
{"kind":"owner","number":2,"site":"tokyo","site_id":8,"xtr_id":"00000000000000000000000000000002"}
{"kind":"parts","eid":"10.7.0.1","parts":[{"written_at":1800000000,"life_s":180,"flags":1,"ttl_min":60,"map_version":0,"owner":2,"locators":2},{"written_at":1800000000,"life_s":180,"flags":9,"ttl_min":1440,"map_version":0,"owner":1,"locators":1}]}
END
rm -rf "$dir/state/store"
has "restore of a sum" "$("$sunward" store restore "$dir/state/store" "$dir/sum")" "7 records restored"
"$sunward" store dump "$dir/state" | cmp - "$dir/sum" || fail "a sum is dumped otherwise than it was restored"
sed 's/"flags":9/"flags":999/' "$dir/sum" >"$dir/wrong"
out=$("$sunward" store restore --replace "$dir/state" "$dir/wrong" 2>&1)
has "a wrong part" "$out" "line 7: flags: want a smaller number"
start
is "the xTRs of a sum" "$("$sunward" --socket "$dir/api" -j eid show 10.7.0.1 |
	jq -c '[.contributors | sort_by(.site)[] | [.site, .owner.xtr_id, .owner.site_id, .ttl_min, .lisp_sec, .locators[0].address, .locators[0].priority]]')" \
	'[["paris","00000000000000000000000000000001",7,1440,true,"192.0.2.1",1],["tokyo","00000000000000000000000000000002",8,60,false,"192.0.2.2",5]]'
is "the shown mapping's locators" "$("$sunward" --socket "$dir/api" -j eid show 10.7.0.1 | jq -c '[.locators[].address]')" '["192.0.2.1","192.0.2.2"]'
has "and for people" "$("$sunward" --socket "$dir/api" eid show 10.7.0.1 | grep tokyo)" "192.0.2.2"
"$sunward" --socket "$dir/api" eid del 10.7.0.1 --site nobody 2>/dev/null
is "a site that has nothing there" $? 3
"$sunward" --socket "$dir/api" eid del 10.7.0.1 --site paris || fail "eid del --site"
is "what the other has" "$("$sunward" --socket "$dir/api" -j eid show 10.7.0.1 | jq -c '[.contributors[].site, .locators[].address]')" '["tokyo","192.0.2.2"]'
stop
rm -rf "$dir/state/store"
"$sunward" store restore "$dir/state/store" "$dir/dump" >/dev/null

# A site as large as the API takes them: its dump is restored.
start
jq -nc '{keys: [{id: 1, key: "k"}], eid_prefixes: [range(2000) | {prefix: "10.\(. / 256 | floor + 100).\(. % 256).0/24"}]}' >"$dir/large"
is "a site of 2,000 prefixes" "$(curl -s -o /dev/null -w '%{http_code}' --unix-socket "$dir/api" -X PUT -H 'Content-Type: application/json' -d @"$dir/large" http://localhost/v1/sites/large)" 201
"$sunward" store dump "$dir/state" >"$dir/with" || fail "dump with a large site"
stop
has "its dump is restored" "$("$sunward" store restore --replace "$dir/state" "$dir/with")" "records restored"
"$sunward" store dump "$dir/state" | cmp - "$dir/with" || fail "a large site is dumped otherwise than it was restored"

# What refers to nothing.
grep -v '"kind":"owner","number":2' "$dir/sum" >"$dir/wrong"
has "an owner without a line" "$("$sunward" store restore --replace "$dir/state" "$dir/wrong" 2>&1)" "10.7.0.1 has owner 2, of which there is no line"
grep -v '"kind":"locators","number":3' "$dir/sum" >"$dir/wrong"
has "locators without a line" "$("$sunward" store restore --replace "$dir/state" "$dir/wrong" 2>&1)" "10.7.0.1 has locators 3, of which there is no line"
"$sunward" store restore --replace "$dir/state" "$dir/dump" >/dev/null || fail "restore after them"

sed 's/"seq":2/"seq":"two"/' "$dir/dump" >"$dir/wrong"
out=$("$sunward" store restore --replace "$dir/state" "$dir/wrong" 2>&1)
is "a wrong line" $? 1
has "is told with its place" "$out" "$dir/wrong: line"
has "and what would be right" "$out" "seq: want a number"
is "the store stays as it was" "$("$sunward" -j store check "$dir/state" | jq -r '.files[0].state')" whole
"$sunward" store restore --replace "$dir/state" <"$dir/dump" >/dev/null || fail "restore from standard input"
[ -e "$dir/state/store/data.mdb.replaced" ] || fail "the old store is not put aside"

# Flipped bytes: told by the check; the daemon puts the file aside and says so.
size=$(stat -c %s "$dir/state/store/data.mdb")
for ((at = 8192; at < size; at += 4096)); do
	printf '\xff' | dd of="$dir/state/store/data.mdb" bs=1 seek=$((at + 4090)) conv=notrunc status=none
done
out=$("$sunward" store check "$dir/state" 2>&1)
is "a damaged file" $? 1
has "is told with its page" "$out" "page"
"$daemon" -c "$dir/conf" >>"$dir/log" 2>&1 &
pid=$!
for _ in $(seq 500); do
	out=$(curl -s --unix-socket "$dir/api" http://localhost/readyz)
	case $out in *damaged*) break ;; esac
	sleep 0.02
done
has "/readyz says that it was damaged" "$out" "the store was damaged"
has "the log too" "$(cat "$dir/log")" "put aside as data.mdb.damaged"
is "the metrics too" "$(call GET /metrics | grep -c '^sunward_mapserver_store_damaged 1$')" 1
has "and it works" "$(call PUT "/v1/eids/ipv4:10.0.0.9%2f32" '{"locators":[]}')" '"eid":"10.0.0.9"'
stop
[ "$(find "$dir" -maxdepth 1 -name 'sunward-dump-*' | wc -l)" = 0 ] || fail "a copy was left behind"
[ $bad = 0 ] || tail -20 "$dir/log"
exit $bad
