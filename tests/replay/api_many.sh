#!/bin/bash
# api_many.sh: the map-server's HTTP interface where there is much: a burst of 10,000 changes heard by readers of events, whole; sites in pages, while
# they are put, replaced and taken away; and that a restart has the same ones. Needs no privilege.
set -u
. "$top_srcdir/tests/verdict.sh"
daemon=$top_builddir/sunward-mapserver sunward=$top_builddir/sunward
[ -x "$daemon" ] && [ -x "$sunward" ] || { echo "no $daemon or no $sunward: make builds them"; exit 77; }
for need in curl jq; do command -v $need >/dev/null || { echo "needs $need"; exit 77; }; done
dir=$(mktemp -d /tmp/sunward-many-XXXXXX) || exit 1
pid= readers=
trap 'kill -9 $pid $readers 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
port=$((20000 + $$ % 12000)) burst=10000

configure() # STATICS
{
	cat <<END
listen = {"127.0.0.1:$port"}
workers = 1
site "of-the-file" {
	key "1" {
		key = "x"
	}
	eid-prefix "10.0.0.0/8" {
		accept-more-specifics = yes
	}
}
api-socket = "$dir/api"
state-dir = "$dir/state"
END
	for ((i = 0; i < $1; i++)); do
		printf 'static "11.0.%d.%d/32" {\n\taction = drop\n}\n' $((i / 250)) $((i % 250))
	done
}
begin()
{
	"$daemon" -c "$dir/conf" >>"$dir/log" 2>&1 &
	pid=$!
	until_true start curl -sf --unix-socket "$dir/api" http://localhost/readyz || exit 1
}
get() { curl -sf -m 10 --unix-socket "$dir/api" "http://localhost$1"; }

# ---- a burst ----
configure 0 >"$dir/conf"
begin
curl -sN --unix-socket "$dir/api" http://localhost/v1/events >"$dir/stream" 2>/dev/null &
readers=$!
"$sunward" --socket "$dir/api" -j eid watch >"$dir/watch" 2>"$dir/watch.log" &
readers="$readers $!"
# A change that is made until both have heard of one.
both_listen()
{
	curl -s -o /dev/null --unix-socket "$dir/api" -X DELETE http://localhost/v1/eids/ipv4:12.0.0.1
	curl -s -o /dev/null --unix-socket "$dir/api" -X PUT -H 'Content-Type: application/json' -d '{}' http://localhost/v1/eids/ipv4:12.0.0.1
	grep -q 12.0.0.1 "$dir/stream" && grep -q 12.0.0.1 "$dir/watch"
}
until_true "both listen" both_listen
configure $burst >"$dir/conf"
kill -HUP $pid
heard() { [ "$(grep -c '"eid":"11\.' "$dir/stream")" = $burst ] && [ "$(grep -c '"eid":"11\.' "$dir/watch")" = $burst ]; }
until_true "a burst of $burst is heard" heard
is "by a stream, whole" "$(grep -c '"event":"registered","eid":"11\.' "$dir/stream") $(grep -c '^event: gap' "$dir/stream")" "$burst 0"
ids() { sed -n '/^id:/{N;s/^id: \([0-9]*\)\nevent:.*/\1/p}' "$dir/stream"; }
is "each once, in their order" "$(ids | uniq -d | wc -l) $(ids | sort -nc 2>&1)" "0 "
is "and by the command" "$(jq -r 'select(.eid | startswith("11.")) | .event' "$dir/watch" | sort | uniq -c | tr -s ' ')" " $burst registered"
is "which says nothing else" "$(cat "$dir/watch.log")" ""
has "nobody was cut off" "$(get /metrics)" "
sunward_api_streams_cut_total 0"
kill $readers

# ---- sites ----
puts() # FROM TO KEY SIZE: as a file for curl
{
	for ((i = $1; i <= $2; i++)); do
		[ $i = "$1" ] || echo next
		printf 'unix-socket = "%s/api"\nrequest = "PUT"\nheader = "Content-Type: application/json"\n' "$dir"
		printf 'url = "http://localhost/v1/sites/s%03d"\noutput = "/dev/null"\nwrite-out = "%%{http_code}\\n"\n' $i
		printf 'data = "{\\"keys\\":[{\\"id\\":1,\\"key\\":\\"%s\\"}],\\"eid_prefixes\\":[{\\"prefix\\":\\"20.%d.%d.0/%d\\"}]}"\n' "$3" $((i / 200)) $((i % 200)) "$4"
	done >"$dir/puts"
	curl -s -K "$dir/puts" | sort | uniq -c | tr -s ' '
}
names() # LIMIT: all pages
{
	local after= page
	while page=$(get "/v1/sites?limit=$1${after:+&after=$after}"); do
		jq -r '.sites[].name' <<<"$page"
		after=$(jq -r '.next // ""' <<<"$page")
		[ "$after" ] || break
	done
}
all() { echo of-the-file; seq -f 's%03g' 1 300 | grep -v "${1:-none}"; }
is "300 sites are put" "$(puts 1 300 a 24)" " 300 201"
is "they are listed in pages" "$(names 7)" "$(all)"
is "and in one" "$(get /v1/sites | jq -c '[(.sites | length), .next]')" '[301,null]'
is "pages end where they should" "$(get '/v1/sites?limit=301' | jq -c .next) $(get '/v1/sites?limit=300' | jq -c .next)" 'null "s299"'
is "the command has them all" "$("$sunward" --socket "$dir/api" -j site show | jq ".sites | length")" 301
is "all of them are replaced" "$(puts 1 300 b 25)" " 300 200"
is "so they are shown" "$(get /v1/sites | jq -c '[.sites[1:][].eid_prefixes[0].prefix | split("/")[1]] | unique')" '["25"]'
is "a prefix that was left is free" "$(puts 999 999 c 24)" " 1 201"
for i in 5 100 300; do curl -s -o /dev/null --unix-socket "$dir/api" -X DELETE "http://localhost/v1/sites/s$(printf %03d $i)"; done
curl -s -o /dev/null --unix-socket "$dir/api" -X DELETE http://localhost/v1/sites/s999
is "some are taken away" "$(names 50)" "$(all 's005\|s100\|s300')"
is "a site of pure ITRs is put" "$(curl -s -o /dev/null -w '%{http_code}' --unix-socket "$dir/api" -X PUT -H 'Content-Type: application/json' \
	-d '{"subscribers":["00112233445566778899aabbccddeeff"],"site_ids":[7],"itr_rlocs":["198.51.100.0/24"]}' http://localhost/v1/sites/itrs)" 201
before=$(get /v1/sites | jq -c '[.sites[] | del(.version)]')
kill $pid; wait $pid
begin
is "a restart has the same ones" "$(get /v1/sites | jq -c '[.sites[] | del(.version)]')" "$before"
exit $bad
