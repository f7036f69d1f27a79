#!/bin/bash
# api_tenants.sh: clients of the HTTP interface that are bound to a tenant: they see and change what is of its instances (RFC 8060 section 4.1),
# and nothing else, by every path; certificates made by the openssl command. Needs no privilege.
set -u
. "$top_srcdir/tests/verdict.sh"
daemon=$top_builddir/sunward-mapserver sunward=$top_builddir/sunward
[ -x "$daemon" ] && [ -x "$sunward" ] || { echo "no $daemon or no $sunward: make builds them"; exit 77; }
for need in openssl curl jq; do command -v $need >/dev/null || { echo "needs $need"; exit 77; }; done
dir=$(mktemp -d /tmp/sunward-views-XXXXXX) || exit 1
pid=
trap 'kill -9 $pid $streams 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
streams= port=$((20000 + $$ % 12000)) tls=$((10000 + $$ % 10000))

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=ca" -keyout "$dir/ca.key" -out "$dir/ca.pem" 2>/dev/null
certificate() # NAME [ALTERNATIVE]
{
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$dir/$1.key" -out "$dir/$1.csr" 2>/dev/null
	openssl x509 -req -in "$dir/$1.csr" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" -CAcreateserial -days 2 -out "$dir/$1.pem" \
		-extfile <(echo "subjectAltName=${2:-DNS:$1}") 2>/dev/null
}
certificate server DNS:localhost,IP:127.0.0.1
for name in acme acme-monitor globex operator; do certificate $name; done
[ -s "$dir/operator.pem" ] || { fail "openssl made no certificates"; exit 1; }

site() # NAME INSTANCE
{
	printf 'site "%s" {\n\tkey "1" {\n\t\tkey = "secret-%s"\n\t}\n\teid-prefix "[%s]10.0.0.0/8" {\n\t\taccept-more-specifics = yes\n\t}\n}\n' "$1" "$1" "$2"
}
configure() # INSTANCES OF ACME
{
	cat >"$dir/conf" <<END
listen = {"127.0.0.1:$port"}
workers = 1
tenant "acme" {
	instance-id = {$1}
	quota {
		mappings = 2
		sites = 2
	}
}
tenant "globex" {
	instance-id = {20}
}
tenants-only = yes
$(site acme-paris 10)
$(site globex-paris 20)
api-socket = "$dir/api"
state-dir = "$dir/state"
api-tls {
	listen = "127.0.0.1:$tls"
	certificate = "$dir/server.pem"
	key = "$dir/server.key"
	client-ca = "$dir/ca.pem"
	allow "acme" {
		access = write
		tenant = "acme"
	}
	allow "acme-monitor" {
		tenant = "acme"
	}
	allow "globex" {
		access = write
		tenant = "globex"
	}
	allow "operator" {
		access = write
	}
}
END
}
configure '10, 100-199'
"$daemon" -c "$dir/conf" >"$dir/log" 2>&1 &
pid=$!
until_true start curl -sf --unix-socket "$dir/api" http://localhost/readyz || exit 1

# ask NAME METHOD PATH [BODY]: the status; the answer is in $dir/answer
ask()
{
	curl -sS -m 10 --cacert "$dir/ca.pem" --cert "$dir/$1.pem" --key "$dir/$1.key" -X "$2" -o "$dir/answer" -w '%{http_code}' \
		-H 'Content-Type: application/json' ${4:+-d "$4"} "https://localhost:$tls$3" --resolve "localhost:$tls:127.0.0.1" 2>&1
}
answer() { jq -cr "$1" "$dir/answer"; }
problem() { [ "$(jq -r .type "$dir/answer")" = "urn:sunward:problem:$1" ] && echo "$1" || cat "$dir/answer"; }
# refused WHAT STATUS PROBLEM NAME METHOD PATH [BODY]
refused()
{
	local what=$1 status=$2 type=$3
	shift 3
	is "$what" "$(ask "$@") $(problem "$type")" "$status $type"
}
at='{"locators":[{"address":"198.51.100.1"}]}'
host=/v1/eids/ipv4:10.0.0.1

# The same EID in both tenants, each set by its own client.
is "acme sets its EID" "$(ask acme PUT "$host?iid=10" "$at")" 201
is "globex sets the same in its instance" "$(ask globex PUT "$host?iid=20" '{"locators":[{"address":"198.51.100.2"}]}')" 201
for who in acme:10:1 globex:20:2; do
	IFS=: read -r name iid last <<<"$who"
	ask "$name" GET "$host?iid=$iid" >/dev/null
	is "$name reads its own" "$(answer '[.eid, .locators[0].address]')" "[\"[$iid]10.0.0.1\",\"198.51.100.$last\"]"
	ask "$name" GET /v1/eids >/dev/null
	is "$name lists its own" "$(answer '[.eids[].eid]')" "[\"[$iid]10.0.0.1\"]"
	ask "$name" GET '/v1/eids?after=%5B0%5D0.0.0.0%2f0' >/dev/null
	is "$name lists no other's behind a cursor" "$(answer '[.eids[].eid]')" "[\"[$iid]10.0.0.1\"]"
	ask "$name" GET /v1/sites >/dev/null
	is "$name sees its sites" "$(answer '[.sites[].name]')" "[\"$name-paris\"]"
	ask "$name" GET /v1/tenants >/dev/null
	is "$name sees itself" "$(answer '[.tenants[] | .name, .mappings.used, .sites.used]')" "[\"$name\",1,1]"
	ask "$name" GET /v1/counters >/dev/null
	is "$name sees its own counters only" "$(answer '[.counters[].labels.tenant] | unique')" "[\"$name\"]"
	ask "$name" GET /metrics >/dev/null
	is "$name's metrics" "$(grep -v '^#' "$dir/answer" | grep -vc "{tenant=\"$name\"}")" 0
	has "$name's mappings" "$(cat "$dir/answer")" "sunward_mapserver_tenant_mappings{tenant=\"$name\"} 1"
	is "$name's subscriptions" "$(ask "$name" GET /v1/subscriptions; answer .subscriptions)" "200[]"
done
ask operator GET /v1/eids >/dev/null
is "who is bound to none sees all" "$(answer '[.eids[].eid]')" '["[10]10.0.0.1","[20]10.0.0.1"]'

# Nothing of the other's, by no path.
refused "reading another's EID" 403 not-in-tenant acme GET "$host?iid=20"
refused "one of no tenant" 403 not-in-tenant acme GET "$host"
refused "its history" 403 not-in-tenant acme GET "$host/history?iid=20"
refused "a list below it" 403 not-in-tenant acme GET '/v1/eids?under=ipv4:10.0.0.0%2f8&iid=20'
refused "setting it" 403 not-in-tenant acme PUT "$host?iid=20" "$at"
refused "adding it" 403 not-in-tenant acme POST "/v1/eids/ipv4:10.0.0.9?iid=20" "$at"
refused "taking it away" 403 not-in-tenant acme DELETE "$host?iid=20"
odl='"eid":{"address-type":"ietf-lisp-address-types:ipv4-prefix-afi","ipv4-prefix":"10.0.0.1/32","virtual-network-id":20}'
rpc=/restconf/operations/odl-mappingservice
refused "reading it by OpenDaylight's form" 403 not-in-tenant acme POST $rpc:get-mapping "{\"input\":{$odl}}"
refused "taking it away so" 403 not-in-tenant acme POST $rpc:remove-mapping "{\"input\":{$odl}}"
refused "setting it so" 403 not-in-tenant acme POST $rpc:update-mapping "{\"input\":{\"mapping-record\":{$odl}}}"
refused "another's site" 404 no-such-site acme GET /v1/sites/globex-paris
refused "its keys" 404 no-such-site acme GET /v1/sites/globex-paris/keys
refused "a key for it" 404 no-such-site acme POST /v1/sites/globex-paris/keys '{"id":2,"key":"mine"}'
refused "retiring its key" 404 no-such-site acme DELETE /v1/sites/globex-paris/keys/1
refused "taking it away" 404 no-such-site acme DELETE /v1/sites/globex-paris
prefix() { echo "{\"keys\":[{\"id\":1,\"key\":\"k\"}],\"eid_prefixes\":[{\"prefix\":\"$1\"}${2:+,{\"prefix\":\"$2\"\}}]}"; }
refused "replacing it" 403 not-in-tenant acme PUT /v1/sites/globex-paris "$(prefix '[10]11.0.0.0/8')"
refused "one of no tenant" 403 not-in-tenant acme PUT /v1/sites/mine '{"subscribers":["00112233445566778899aabbccddeeff"]}'
refused "a site there" 403 not-in-tenant acme PUT /v1/sites/mine "$(prefix '[20]11.0.0.0/8')"
refused "a site that reaches there" 403 not-in-tenant acme PUT /v1/sites/mine "$(prefix '[10]11.0.0.0/8' '[20]11.0.0.0/8')"
refused "another tenant" 404 no-such-tenant acme GET /v1/tenants/globex
refused "what is about all" 403 forbidden acme GET /v1/status
refused "the tree" 403 forbidden acme GET /v1/ddt
refused "who may read only does not write" 403 forbidden acme-monitor PUT "$host?iid=10" "$at"
is "and reads" "$(ask acme-monitor GET "$host?iid=10")" 200
ask operator GET "$host?iid=20" >/dev/null
is "all of that left globex as it was" "$(answer '[.seq, .locators[0].address]')" '[1,"198.51.100.2"]'

# Its own sites and keys, within its quotas.
is "acme puts a site of its own" "$(ask acme PUT /v1/sites/acme-tokyo "$(prefix '[150]10.0.0.0/8')")" 201
is "and a key" "$(ask acme POST /v1/sites/acme-tokyo/keys '{"id":2,"key":"k2"}')" 201
refused "one site more than its quota" 409 over-quota acme PUT /v1/sites/acme-oslo "$(prefix '[151]10.0.0.0/8')"
is "replacing one is none more" "$(ask acme PUT /v1/sites/acme-tokyo "$(prefix '[150]10.0.0.0/8')")" 200
is "a second mapping" "$(ask acme PUT '/v1/eids/ipv4:10.0.0.2?iid=150' "$at")" 201
refused "a third" 409 over-quota acme PUT '/v1/eids/ipv4:10.0.0.3?iid=150' "$at"
is "what is there may be changed" "$(ask acme PUT "$host?iid=10" '{"locators":[{"address":"198.51.100.7"}]}')" 200
ask acme GET /v1/tenants/acme >/dev/null
is "all that is told" "$(answer .)" '{"name":"acme","instance_ids":["10","100-199"],"mappings":{"used":2,"max":2,"refused":1},"registrations":{"rate":null,"burst":null,"refused":0},"subscriptions":{"used":0,"max":null,"refused":0},"xtrs":{"used":0,"max":null,"refused":0},"sites":{"used":2,"max":2}}'

# tenants-only, for those who see all.
refused "an EID of no tenant" 409 no-tenant operator PUT "$host" "$at"
refused "a site of no tenant" 409 tenant-crossed operator PUT /v1/sites/nobodys "$(prefix '11.0.0.0/8')"
refused "a site of two" 409 tenant-crossed operator PUT /v1/sites/both "$(prefix '[10]11.0.0.0/8' '[20]11.0.0.0/8')"

# Events: what is told to each, and what they get that come back.
stream() # NAME FILE [HEADER]
{
	curl -sN -m 60 --cacert "$dir/ca.pem" --cert "$dir/$1.pem" --key "$dir/$1.key" ${3:+-H "$3"} "https://localhost:$tls/v1/events" \
		--resolve "localhost:$tls:127.0.0.1" >"$dir/$2" 2>/dev/null &
	streams+=" $!"
	until_true "a stream for $1" grep -q 'events follow' "$dir/$2"
}
stream acme acme.events
stream operator all.events
ask globex PUT "$host?iid=20" '{"locators":[{"address":"198.51.100.8"}]}' >/dev/null
ask acme PUT "$host?iid=10" '{"locators":[{"address":"198.51.100.9"}]}' >/dev/null
told() { grep -q '\[10\]10.0.0.1.*198.51.100.9' "$dir/$1"; }
until_true "acme is told" told acme.events && until_true "the operator is told" told all.events
has "who sees all is told of globex" "$(cat "$dir/all.events")" '[20]10.0.0.1'
is "acme is told nothing of globex" "$(grep -c '\[20\]' "$dir/acme.events")" 0
stream acme again.events 'Last-Event-ID: 1'
until_true "who comes back is told again" told again.events
is "and nothing of globex" "$(grep -c '\[20\]' "$dir/again.events")" 0

# The command line by the same way.
by() { "$sunward" --connect "localhost:$tls" --cert "$dir/$1.pem" --cert-key "$dir/$1.key" --ca "$dir/ca.pem" "${@:2}" 2>&1; }
is "sunward tenant show" "$("$sunward" --socket "$dir/api" tenant show | tr -s ' ')" \
	"TENANT INSTANCE-IDS MAPPINGS MAX REFUSED CHANGES/S BURST REFUSED SUBSCRIPTIONS MAX REFUSED XTRS MAX REFUSED SITES MAX
acme 10, 100-199 2 2 1 - - 0 0 - 0 0 - 0 2 2
globex 20 1 - 0 - - 0 0 - 0 0 - 0 1 -"
is "sunward -j tenant show NAME" "$(by acme -j tenant show acme | jq -c '[.name, .mappings.used, .sites.max]')" '["acme",2,2]'
has "sunward tenant show of another" "$(by acme tenant show globex)" "no tenant globex"
is "sunward site show" "$(by acme -j site show | jq -c '[.sites[].name]')" '["acme-paris","acme-tokyo"]'

# An instance changes hands by a reload: its sites end that reach beyond, and so does the view.
sed -i 's/instance-id = {20}/instance-id = {20, 100-199}/' "$dir/conf"
sed -i 's/instance-id = {10, 100-199}/instance-id = {10}/' "$dir/conf"
kill -HUP $pid
lost() { [ "$(ask acme GET '/v1/eids/ipv4:10.0.0.2?iid=150')" = 403 ]; }
until_true "acme loses an instance" lost && echo "ok   acme loses an instance by a reload"
is "and globex has it" "$(ask globex GET '/v1/eids/ipv4:10.0.0.2?iid=150')" 200
ask globex GET /v1/sites >/dev/null
is "with the site that is all there" "$(answer '[.sites[].name]')" '["acme-tokyo","globex-paris"]'
refused "its stream is of what is its own now" 403 not-in-tenant acme GET '/v1/eids?under=ipv4:10.0.0.0%2f8&iid=150'
kill $pid
wait $pid || fail "exit status $?"
[ $bad = 0 ] || cat "$dir/log"
exit $bad
