#!/bin/bash
# daemon.sh: sunward-mapserver as a process: its configurations, its HTTP API, reload, kill -9. Needs no privilege.
set -u
. "$top_srcdir/tests/verdict.sh"
daemon=$top_builddir/sunward-mapserver
[ -x "$daemon" ] || { echo "no $daemon: make builds it"; exit 77; }
command -v curl >/dev/null || { echo "needs curl"; exit 77; }
dir=$(mktemp -d /tmp/sunward-ms-XXXXXX) || exit 1
pid= events=
trap 'kill -9 $pid $events 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
port=$((20000 + $$ % 12000))

# call METHOD PATH [BODY [HEADER]]: the answer's body, then its status on a line of its own
call()
{
	curl -s -m 10 --unix-socket "$dir/api" -X "$1" ${3:+-H 'Content-Type: application/json' -d "$3"} ${4:+-H "$4"} \
		-w '\n%{http_code}' "http://localhost$2"
}

start()
{
	"$daemon" -c "$dir/conf" >>"$dir/log" 2>&1 &
	pid=$!
	until_true "start" curl -sf --unix-socket "$dir/api" http://localhost/readyz || exit 1
}

for f in mapserver resolver quickstart; do
	has "conf/$f.conf has no mistakes" "$("$daemon" -t -c "$top_srcdir/conf/$f.conf" 2>&1)" "no mistakes"
done

cat >"$dir/wrong" <<'END'
listen = {"192.0.2.300:4342"}
wurkers = 2
site "a" {
	key "1" {
		algorithm = md5
		key = "x"
	}
	eid-prefix "10.0.0.0/33" {}
}
END
got=$("$daemon" -t -c "$dir/wrong" 2>&1) && fail "a wrong file was taken"
has "all mistakes at once: address" "$got" "192.0.2.300"
has "all mistakes at once: unknown option" "$got" "workers"
has "all mistakes at once: algorithm" "$got" "md5"
has "all mistakes at once: prefix" "$got" "10.0.0.0/33"
has "with file and line" "$got" "wrong:5:"

printf 'flap {\n\tmoves = 1\n\twindow = 500ms\n\thold = 1h\n}\n' >"$dir/wrong"
got=$("$daemon" -t -c "$dir/wrong" 2>&1) && fail "a wrong flap was taken"
has "flap: moves" "$got" "wrong:2: flap: moves: 1: then every move is too many"
has "flap: window" "$got" "wrong:3: flap: window is"
has "flap: hold" "$got" "wrong:4: flap: hold is"

cat >"$dir/conf" <<END
flap {
	moves = 5
	window = 30s
}
listen = {"127.0.0.1:$port"}
workers = 2
site "a" {
	key "1" {
		key = "secret-of-a"
	}
	eid-prefix "10.0.0.0/8" {
		accept-more-specifics = yes
	}
}
static "10.9.0.0/16" {
	locator "192.0.2.9" {}
}
api-socket = "$dir/api"
state-dir = "$dir/state"
END
start
curl -sN --unix-socket "$dir/api" http://localhost/v1/events >"$dir/events" &
events=$!

has "status" "$(call GET /v1/status)" '"daemon":"sunward-mapserver"'
until_true "the static mapping" bash -c "curl -s --unix-socket $dir/api http://localhost/v1/eids/ipv4:10.9.0.0%2f16 | grep -q 192.0.2.9"

body='{"ttl_min":60,"locators":[{"address":"198.51.100.2"},{"address":"198.51.100.1","priority":2}]}'
got=$(call POST "/v1/eids/ipv4:10.0.0.1%2f32" "$body")
has "create" "$got" $'\n201'
has "locators are sorted" "$got" '"address":"198.51.100.1","priority":2,"weight":100'
has "create again" "$(call POST "/v1/eids/ipv4:10.0.0.1%2f32" "$body")" $'\n409'
has "set with a wrong If-Match" "$(call PUT "/v1/eids/ipv4:10.0.0.1%2f32" "$body" 'If-Match: 77')" $'\n412'
has "set with the right one" "$(call PUT "/v1/eids/ipv4:10.0.0.1%2f32" '{"locators":[]}' 'If-Match: "1"')" '"seq":2'
has "read" "$(call GET "/v1/eids/ipv4:10.0.0.1%2f32")" '"action":"natively-forward"'
has "it never moved" "$(call GET "/v1/eids/ipv4:10.0.0.1%2f32/history")" '{"eid":"10.0.0.1","moves":0,"flapping":false,"held_ms":0,"history":[]}'
has "no history in another instance" "$(call GET "/v1/eids/ipv4:10.0.0.1%2f32/history?iid=5")" $'\n404'
has "another instance" "$(call GET "/v1/eids/ipv4:10.0.0.1%2f32?iid=5")" $'\n404'
has "bad locator" "$(call PUT "/v1/eids/ipv4:10.0.0.1%2f32" '{"locators":[{"address":"224.0.0.1"}]}')" $'\n400'
has "mistyped member" "$(call PUT "/v1/eids/ipv4:10.0.0.1%2f32" '{"ttl":5}')" $'\n400'
for i in 2 3 4; do call POST "/v1/eids/ipv4:10.0.0.$i%2f32" "$body" >/dev/null; done
got=$(call GET "/v1/eids?limit=2")
has "a page" "$got" '"eid":"10.0.0.2"'
has "its cursor" "$got" '"next":"10.0.0.2"'
got=$(call GET "/v1/eids?after=10.0.0.2")
has "the next page" "$got" '"eid":"10.0.0.3"'
lacks "which goes on after it" "$got" '"eid":"10.0.0.1"'
has "after the last of an instance" "$(call GET "/v1/eids?after=10.255.0.0")" '"eids":[]'
has "after an instance before" "$(call GET "/v1/eids?under=10.0.0.0/29&after=9.0.0.0")" '"eid":"10.0.0.3"'
has "an unknown query parameter" "$(call GET "/v1/eids?limits=2")" 'no query parameter `limits`'
has "under a prefix" "$(call GET "/v1/eids?under=10.9.0.0/16")" '"eid":"10.9.0.0/16"'
lacks "and nothing else" "$(call GET "/v1/eids?under=10.9.0.0/16")" '"eid":"10.0.0.3"'
has "delete" "$(call DELETE "/v1/eids/ipv4:10.0.0.1%2f32")" 204
has "delete again" "$(call DELETE "/v1/eids/ipv4:10.0.0.1%2f32")" $'\n404'

has "sites" "$(call GET /v1/sites)" '"name":"a"'
has "put a site" "$(call PUT /v1/sites/b '{"keys":[{"id":3,"key":"hidden"}],"eid_prefixes":[{"prefix":"[7]10.0.0.0/8"}],"move":"owner-first"}')" $'\n201'
got=$(call GET /v1/sites/b)
has "its options" "$got" '"move":"owner-first"'
lacks "never its key" "$got" hidden
has "a prefix of another's" "$(call PUT /v1/sites/c '{"keys":[{"id":3,"key":"x"}],"eid_prefixes":[{"prefix":"10.0.0.0/8"}]}')" $'\n409'
has "a site with keys for LISP-SEC" "$(call PUT /v1/sites/d '{"keys":[{"id":3,"key":"x"}],"lisp_sec_keys":[{"id":7,"key":"hidden too"},{"id":8,"key":"y"}],"eid_prefixes":[{"prefix":"12.0.0.0/8"}]}')" '"lisp_sec_keys":[{"id":7},{"id":8}]'
has "a LISP-SEC key twice" "$(call PUT /v1/sites/d '{"keys":[{"id":3,"key":"x"}],"lisp_sec_keys":[{"id":7,"key":"x"},{"id":7,"key":"y"}],"eid_prefixes":[{"prefix":"12.0.0.0/8"}]}')" 'LISP-SEC key 7: its id is taken'
has "and away again" "$(call DELETE /v1/sites/d)" $'\n204'
has "a site without keys" "$(call PUT /v1/sites/c '{"keys":[],"eid_prefixes":[{"prefix":"11.0.0.0/8"}]}')" $'\n400'

# Keys as resources, and versions.
version=$(call GET /v1/sites/a | sed -n 's/.*"version":\([0-9]*\).*/\1/p')
has "a second key" "$(call POST /v1/sites/a/keys '{"id":2,"key":"hidden"}' "If-Match: \"$version\"")" $'\n201'
has "the version has moved" "$(call POST /v1/sites/a/keys '{"id":3,"key":"hidden"}' "If-Match: \"$version\"")" $'\n412'
has "a third key" "$(call POST /v1/sites/a/keys '{"id":3,"key":"hidden"}')" 'urn:sunward:problem:too-many-keys'
got=$(call GET /v1/sites/a/keys)
has "both keys" "$got" '{"id":2,"algorithm":"hmac-sha256-128","origin":"api","xtrs":0}'
lacks "never their secrets" "$got" hidden
has "retire the old one" "$(call DELETE /v1/sites/a/keys/1)" $'\n204'
has "it is gone" "$(call GET /v1/sites/a/keys/1)" 'urn:sunward:problem:no-such-key'
has "the last one stays" "$(call DELETE /v1/sites/a/keys/2)" 'urn:sunward:problem:last-key'

echo 'wurkers = 1' >"$dir/other"
cp "$dir/conf" "$dir/good"
cp "$dir/other" "$dir/conf"
kill -HUP $pid
until_true "the refusal of a wrong file" grep -q "the running configuration stays" "$dir/log"
has "which leaves all as it was" "$(call GET /v1/sites/a)" $'\n200'
sed 's/192.0.2.9/192.0.2.10/' "$dir/good" >"$dir/conf"
kill -HUP $pid
until_true "a reload" bash -c "curl -s --unix-socket $dir/api http://localhost/v1/eids/ipv4:10.9.0.0%2f16 | grep -q 192.0.2.10"
got=$(call GET /v1/sites/a/keys)
has "an added key outlives a reload" "$got" '"id":2'
lacks "a retired one does not come back" "$got" '"id":1'
has "the API's site stays" "$(call GET /v1/sites/b)" $'\n200'
has "take a site away" "$(call DELETE /v1/sites/b)" 204

until_true "events" grep -q '"event":"withdrawn","eid":"10.0.0.1"' "$dir/events"
has "the first change" "$(cat "$dir/events")" '"event":"registered","eid":"10.0.0.1"'
has "counters" "$(call GET /v1/counters)" '"sunward_mapserver_withdrawn_total"'
has "prometheus" "$(call GET /metrics)" 'sunward_mapserver_dropped_total{reason="bad-mac"} 0'

has "put a site that is to stay" "$(call PUT /v1/sites/d '{"keys":[{"id":3,"key":"hidden"}],"eid_prefixes":[{"prefix":"[9]10.0.0.0/8"}]}')" $'\n201'
kill -9 $pid
wait $pid 2>/dev/null
start
has "a mapping is there after kill -9" "$(call GET "/v1/eids/ipv4:10.0.0.2%2f32")" '"address":"198.51.100.1"'
has "the file's mapping too" "$(call GET "/v1/eids/ipv4:10.9.0.0%2f16")" '"address":"192.0.2.10"'
got=$(call GET /v1/sites/d)
has "and the API's site" "$got" '"origin":"api"'
has "whose keys are the API's, too" "$got" '"keys":[{"id":3,"algorithm":"hmac-sha256-128","origin":"api"}]'
lacks "still without its key" "$got" hidden
got=$(call GET /v1/sites/a/keys)
has "and the key that the API added to the file's site" "$got" '"id":2'
lacks "the retired one stays away" "$got" '"id":1'
got=$(call POST "/v1/eids/ipv4:10.0.0.1%2f32" "$body")
seq=$(sed -n 's/.*"seq":\([0-9]*\).*/\1/p' <<<"$got")
[ "${seq:-0}" -gt 4294967296 ] && echo "ok   after kill -9 no number is given twice ($seq)" || fail "seq after kill -9: $got"
has "the store's state" "$(call GET /v1/status)" '"store":{"state":"durable","found":"intact"'
kill $pid
wait $pid || fail "exit status $?"
[ -e "$dir/api" ] && fail "the socket stays behind"
[ $bad = 0 ] || cat "$dir/log"
exit $bad
