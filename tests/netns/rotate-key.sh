#!/bin/bash
# Keys are rotated under load (RFC 9301 section 5.6, Key ID): the office's by `sunward key`, with its tunnel router told by a reload; those
# of a site whose 64 xTRs send 1,000 Map-Registers a second by PUT with If-Match. At no step is one registration refused; then the old key
# is good for nothing, and is counted.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
test_begin
mkdir "$LAB_DIR/conf" && cp "$LAB_CONF"/* "$LAB_DIR/conf"
LAB_CONF=$LAB_DIR/conf
printf 'timers {\n\tregister = 1s\n}\n' >>"$LAB_CONF/office.conf"
lab_network && lab_daemon ms sunward-mapserver mapserver.conf && lab_daemon office sunward-xtr office.conf || exit 1
REGISTERS=$top_builddir/tests/netns/registers

call() # METHOD PATH [IF-MATCH [BODY]]: the status; the answer is in $LAB_DIR/answer, its ETag in $LAB_DIR/etag
{
	curl -s -m 10 -o "$LAB_DIR/answer" -D "$LAB_DIR/head" -w '%{http_code}' --unix-socket "$LAB_DIR/ms/api.sock" -X "$1" \
		${3:+-H "If-Match: $3"} -H 'Content-Type: application/json' ${4:+-d "$4"} "http://localhost$2"
	sed -n 's/^[Ee][Tt][Aa][Gg]: \(.*\)\r$/\1/p' "$LAB_DIR/head" >"$LAB_DIR/etag"
}
refusals() { echo $(($(counter ms mapserver_dropped bad-mac) + $(counter ms mapserver_dropped unknown-key) + $(counter ms mapserver_dropped replay))); }
xtrs() { table ms "key show $1" "[.keys[] | select(.id == $2) | .xtrs][0]"; } # SITE KEY
xtrs_is() { [ "$(xtrs "$1" "$2")" = "$3" ]; }
secret() { echo "secret-$1-of-the-site"; }
body() # KEY-ID...: the site's JSON
{
	local id keys=
	for id in "$@"; do keys="$keys${keys:+,}{\"id\":$id,\"key\":\"$(secret "$id")\"}"; done
	echo "{\"keys\":[$keys],\"eid_prefixes\":[{\"prefix\":\"10.0.0.0/8\",\"accept_more_specifics\":true}]}"
}
use() # KEY-ID: by the 64 xTRs
{
	echo "$1 $(secret "$1")" >"$LAB_DIR/key"
	kill -HUP "${LAB_PID[registers]}"
}
phases() { wc -l <"$LAB_DIR/registers.out"; }
phase_is() { [ "$(phases)" -eq "$1" ]; }
went_on() { [ "$(counter ms mapserver_acknowledged)" -gt "$1" ]; }
goes_on() # WHAT: some hundred registrations more, none refused
{
	eventually 5 "registrations go on $1" went_on $(($(counter ms mapserver_acknowledged) + 500))
	expect "registrations refused $1" "$(refusals)" -eq 0
}

# The site of 64 xTRs.
expect "the site is put" "$(call PUT /v1/sites/flood '' "$(body 1)")" 201
first=$(cat "$LAB_DIR/etag")
echo "1 $(secret 1)" >"$LAB_DIR/key"
lab_start mr registers "$REGISTERS" "${LAB_RLOC[ms]}" 1000 "$LAB_DIR/key"
goes_on "under key 1"
eventually 5 "64 xTRs use it" xtrs_is flood 1 64
expect "key 2 is added by PUT, if nobody was before" "$(call PUT /v1/sites/flood "$first" "$(body 1 2)")" 200
second=$(cat "$LAB_DIR/etag")
goes_on "with both keys there"
expect "who has an old version changes nothing" "$(call PUT /v1/sites/flood "$first" "$(body 2)")" 412
use 2
eventually 5 "the xTRs are told" phase_is 1
eventually 5 "none uses key 1 any more" xtrs_is flood 1 0
goes_on "under key 2"

# The office meanwhile.
echo "the office's new secret" >"$LAB_DIR/office.key"
retried=$(counter office xtr_map_registers_retried)
lab_sunward ms key add office "2,hmac-sha256-128,$LAB_DIR/office.key" >/dev/null && pass "the office has a key 2" || fail "key add"
eventually 5 "its tunnel router uses key 1" xtrs_is office 1 1
sed -i "s|key-id = 1|key-id = 2|; s|key = .*|key-file = \"$LAB_DIR/office.key\"|" "$LAB_DIR/office.conf"
chmod 600 "$LAB_DIR/office.key"
kill -HUP "${LAB_PID[office]}"
eventually 8 "then key 2, after a reload" xtrs_is office 2 1
expect "key 1 is nobody's" "$(xtrs office 1)" -eq 0
lab_sunward ms key retire office 1 >/dev/null && pass "and is retired" || fail "key retire"
acked=$(counter office xtr_map_registers_acked)
more() { [ "$(counter office xtr_map_registers_acked)" -ge $((acked + 2)) ]; }
eventually 8 "the office is acknowledged as before" more
expect "Map-Registers that it had to repeat" "$(counter office xtr_map_registers_retried)" -eq "$retried"

# The end of key 1.
expect "key 1 is retired by PUT" "$(call PUT /v1/sites/flood "$second" "$(body 2)")" 200
goes_on "without it"
use 1
eventually 8 "the xTRs go back to key 1" phase_is 2
refused() { [ "$(counter ms mapserver_dropped unknown-key)" -ge 500 ]; }
eventually 5 "which is refused, as an unknown key" refused
kill "${LAB_PID[registers]}"
eventually 10 "the end" phase_is 3
expect "bad MACs and replays" "$(($(refusals) - $(counter ms mapserver_dropped unknown-key)))" -eq 0
for n in 1 2; do
	expect "of key $n's messages, how many were not acknowledged" "$(sed -n ${n}p "$LAB_DIR/registers.out" | jq '.sent - .acked')" -eq 0
	expect "and there were" "$(sed -n ${n}p "$LAB_DIR/registers.out" | jq .sent)" -ge 1000
done
expect "of the retired key's, how many were" "$(sed -n 3p "$LAB_DIR/registers.out" | jq .acked)" -eq 0
test_end
