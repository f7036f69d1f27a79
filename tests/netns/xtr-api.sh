#!/bin/bash
# The tunnel router's HTTP interface: what its OpenAPI document promises, and the same over TCP with mutual TLS, for who is allowed to
# read, or to write; a reload lets others in, and shuts it.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
test_begin
require openssl
mkdir "$LAB_DIR/conf" && cp "$LAB_CONF"/* "$LAB_DIR/conf"
LAB_CONF=$LAB_DIR/conf
pem=$LAB_DIR/pem
mkdir "$pem"
key() { echo -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$pem/$1.key"; }
authority() { openssl req -x509 $(key "$1") -days 2 -out "$pem/$1.pem" 2>/dev/null; }
certificate() # AUTHORITY NAME
{
	openssl req $(key "$2") -out "$pem/$2.csr" 2>/dev/null
	openssl x509 -req -in "$pem/$2.csr" -CA "$pem/$1.pem" -CAkey "$pem/$1.key" -CAcreateserial -out "$pem/$2.pem" -days 2 \
		-extfile <(echo "subjectAltName=DNS:$2,IP:${LAB_RLOC[paris]}") 2>/dev/null
}
authority ca
authority other
for name in paris writer reader nobody; do certificate ca $name; done
certificate other stranger
section() # MORE
{
	printf 'api-tls {\n\tlisten = "%s:8443"\n\tcertificate = "%s/paris.pem"\n\tkey = "%s/paris.key"\n\tclient-ca = "%s/ca.pem"\n%s\n}\n' \
		"${LAB_RLOC[paris]}" "$pem" "$pem" "$pem" "$1"
}
writer='	allow "writer" { access = write }' reader='	allow "reader" {}'
cp "$LAB_CONF/paris.conf" "$LAB_DIR/plain"
section "$writer" >>"$LAB_CONF/paris.conf"
{ cat "$LAB_DIR/plain"; section "$writer" | sed 's|paris.key|nobody.key|'; } | sed "s|@DIR@|$LAB_DIR|g" >"$LAB_DIR/wrong"
wrong=$("$LAB_BIN/sunward-xtr" -t -c "$LAB_DIR/wrong" 2>&1)
expect "a key that does not fit is told by -t" "$(grep -o 'api-tls: key: [^ ]*nobody.key' <<<"$wrong")" "api-tls: key: $pem/nobody.key"
lab_network && lab_daemons || exit 1

# by NAME METHOD PATH: the status from the office, or 000
by()
{
	lab_exec office curl -s -m 10 --cacert "$pem/ca.pem" ${1:+--cert "$pem/$1.pem" --key "$pem/$1.key"} -X "$2" -o "$LAB_DIR/answer" \
		-w '%{http_code}' "https://${LAB_RLOC[paris]}:8443$3"
}
by_is() { [ "$(by "$1" "$2" "$3")" = "$4" ]; }
shut() { by_is writer GET /v1/status 000; }
drain=/v1/rlocs/${LAB_RLOC[paris]}/drain
expect "who may write reads" "$(by writer GET /v1/status)" 200
expect "and it is the tunnel router" "$(jq -r .daemon "$LAB_DIR/answer")" sunward-xtr
expect "and writes" "$(by writer POST $drain)" 200
expect "which does it" "$(table paris "rloc list" '[.rlocs[] | select(.drained)] | length')" 1
expect "and undoes it" "$(by writer POST "${drain/drain/undrain}")" 200
expect "who is not on the list" "$(by reader GET /v1/status)" 403
expect "who is nobody" "$(by nobody GET /v1/status)" 403
expect "without a certificate" "$(by "" GET /v1/status)" 000
expect "with one of another authority" "$(by stranger GET /v1/status)" 000
remote() { lab_exec office "$LAB_BIN/sunward" --connect "${LAB_RLOC[paris]}:8443" --ca "$pem/ca.pem" --cert "$pem/$1.pem" --cert-key "$pem/$1.key" "${@:2}"; }
expect "sunward asks over TLS" "$(remote writer -j local | jq -r '[.local[] | select(.dynamic)] | length')" 2

{ cat "$LAB_DIR/plain"; section "$reader"; } | sed "s|@DIR@|$LAB_DIR/paris|g" >"$LAB_DIR/paris.conf"
kill -HUP "${LAB_PID[paris]}"
eventually 5 "a reload lets the reader in" by_is reader GET /v1/status 200
expect "to read only" "$(by reader POST $drain)" 403
expect "and the writer out" "$(by writer GET /v1/status)" 403
sed "s|@DIR@|$LAB_DIR/paris|g" "$LAB_DIR/plain" >"$LAB_DIR/paris.conf"
kill -HUP "${LAB_PID[paris]}"
eventually 5 "without the section nobody listens" shut

# The contract, at a tunnel router that knows something: a machine here, then away, and the office's prefix in its cache.
contract() # WHAT ARGUMENTS...
{
	local what=$1
	shift
	"$top_builddir/tests/netns/contract_xtr" "$top_srcdir/docs/openapi/xtr.json" "$LAB_DIR/paris/api.sock" "$@" >"$LAB_DIR/contract" 2>&1 &&
		pass "the contract of docs/openapi/xtr.json, $what" || { fail "the contract, $what"; cat "$LAB_DIR/contract"; }
}
contract "a machine being here" local
lab_exec machine ping -c 1 -W 2 $LAB_CLIENT >/dev/null
lab_move paris tokyo 0 >/dev/null 2>&1
lab_speak machine tokyo 203.0.113.1 2001:db8:e:1::1 $LAB_MACHINE $LAB_MACHINE6
away() { [ "$(table paris away '.away | length')" -gt 0 ]; }
eventually 8 "the machine is away" away
cached=$(table paris cache '[.cache[].eid | select(test("^192"))][0]')
expect "something is cached" "$(table paris cache '.cache | length')" -ge 1
# Another machine at the port that the first one has left.
lab_ip rack link set paris nomaster && lab_ip rack link set paris up && lab_ip rack addr add 203.0.113.77/24 dev paris
lab_exec rack ping -c 1 -W 1 203.0.113.1 >/dev/null
eventually 8 "another machine is found" lab_registered paris 203.0.113.77
expect "it may be claimed by hand" "$(lab_sunward paris -j eid claim 203.0.113.77 | jq -r .claim)" claimed
expect "one that nobody has not" "$(lab_sunward paris eid claim 203.0.113.99 2>&1)" \
	"sunward: neither an agent nor a port of this site says that 203.0.113.99 runs here"
contract "a machine being away" rlocs,away,cache "${LAB_RLOC[paris]}" "ipv4:${cached/\//%2f}" ipv4:203.0.113.77 ipv4:203.0.113.99
test_end
