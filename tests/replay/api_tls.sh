#!/bin/bash
# api_tls.sh: the HTTP interface over TCP with mutual TLS: who is let in, and as what; certificates made by the openssl command. Needs no privilege.
set -u
. "$top_srcdir/tests/verdict.sh"
daemon=$top_builddir/sunward-mapserver sunward=$top_builddir/sunward
[ -x "$daemon" ] && [ -x "$sunward" ] || { echo "no $daemon or no $sunward: make builds them"; exit 77; }
command -v openssl >/dev/null && command -v curl >/dev/null || { echo "needs openssl and curl"; exit 77; }
dir=$(mktemp -d /tmp/sunward-tls-XXXXXX) || exit 1
pid= readers=
trap 'kill -9 $pid $readers 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
port=$((20000 + $$ % 12000)) tls=$((10000 + $$ % 10000))

# authority NAME; certificate AUTHORITY NAME [OPENSSL-X509-OPTION...]
authority()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" -keyout "$dir/$1.key" -out "$dir/$1.pem" 2>/dev/null
}
certificate()
{
	local ca=$1 name=$2
	shift 2
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" -keyout "$dir/$name.key" -out "$dir/$name.csr" 2>/dev/null
	openssl x509 -req -in "$dir/$name.csr" -CA "$dir/$ca.pem" -CAkey "$dir/$ca.key" -CAcreateserial -out "$dir/$name.pem" \
		-extfile <(echo "subjectAltName=${san:-DNS:$name}") "$@" 2>/dev/null
}
authority ca
authority other
san=DNS:localhost,IP:127.0.0.1 certificate ca server -days 2
certificate ca writer -days 2
certificate ca reader -days 2
certificate ca nobody -days 2
san=DNS:writer certificate ca alias -days 2
for n in 1 2; do
	san=DNS:writer-$n certificate ca shared -days 2
	mv "$dir/shared.pem" "$dir/shared$n.pem" && mv "$dir/shared.key" "$dir/shared$n.key"
done
certificate other stranger -days 2
certificate ca late -days 2
mkdir "$dir/issued" && : >"$dir/issued/index" && echo 01 >"$dir/issued/serial"
printf '[ca]\ndefault_ca=x\n[x]\ndatabase=%s/issued/index\nserial=%s/issued/serial\nnew_certs_dir=%s/issued\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' \
	"$dir" "$dir" "$dir" >"$dir/ca.cnf"
openssl ca -batch -config "$dir/ca.cnf" -cert "$dir/ca.pem" -keyfile "$dir/ca.key" -in "$dir/late.csr" -out "$dir/late.pem" -notext \
	-startdate 20200101000000Z -enddate 20200201000000Z 2>/dev/null
[ -s "$dir/late.pem" ] && [ -s "$dir/stranger.pem" ] || { fail "openssl made no certificates"; exit 1; }

configure()
{
	cat >"$dir/conf" <<END
listen = {"127.0.0.1:$port"}
workers = 1
site "a" {
	key "1" {
		key = "secret-of-a"
	}
	eid-prefix "10.0.0.0/8" {
		accept-more-specifics = yes
	}
}
tenant "acme" {
	instance-id = {10}
}
api-socket = "$dir/api"
state-dir = "$dir/state"
api-tls {
	listen = "127.0.0.1:$tls"
	certificate = "$dir/server.pem"
	key = "$dir/$1.key"
	client-ca = "$dir/${authority:-ca}.pem"
	allow "writer" {
		access = write
	}
	$2
}
END
}
reader='allow "reader" {}'
writers='allow "writer-1" { access = write }
	allow "writer-2" { access = write }'

configure reader "$reader"
got=$("$daemon" -t -c "$dir/conf" 2>&1) && fail "a key of another certificate was taken"
has "a key that does not fit" "$got" "api-tls: key"
configure nothing "$reader"
has "a key that is not there" "$("$daemon" -t -c "$dir/conf" 2>&1)" "nothing.key: No such file"

configure server "$reader $writers"
"$daemon" -c "$dir/conf" >"$dir/log" 2>&1 &
pid=$!
until_true start curl -sf --unix-socket "$dir/api" http://localhost/readyz || exit 1

# ask NAME METHOD PATH [CURL-OPTION...]: the status, or 000 and what curl says
ask()
{
	local name=$1 method=$2 path=$3
	shift 3
	curl -sS -m 10 --cacert "$dir/ca.pem" ${name:+--cert "$dir/$name.pem" --key "$dir/$name.key"} -X "$method" -o "$dir/answer" -w '%{http_code}' "$@" \
		"https://localhost:$tls$path" --resolve "localhost:$tls:127.0.0.1" 2>&1
}
body=(-H 'Content-Type: application/json' -d '{"locators":[{"address":"198.51.100.1"}]}')
has "who may write, reads" "$(ask writer GET /v1/status)" 200
has "and writes" "$(ask writer PUT /v1/eids/ipv4:10.0.0.1 "${body[@]}")" 201
has "by TLS 1.2" "$(ask writer GET /v1/status --tlsv1.2 --tls-max 1.2)" 200
has "who may read, reads" "$(ask reader GET /v1/eids/ipv4:10.0.0.1)" 200
has "and does not write" "$(ask reader DELETE /v1/eids/ipv4:10.0.0.1)" 403
has "which it is told" "$(cat "$dir/answer")" '"detail":"reader may read, and not DELETE"'
has "a name that is not allowed" "$(ask nobody GET /v1/status)" 403
has "without a certificate" "$(ask "" GET /v1/status)" 000
has "one of another authority" "$(ask stranger GET /v1/status)" 000
has "one that has expired" "$(ask late GET /v1/status)" 000
has "TLS 1.1" "$(ask writer GET /v1/status --tlsv1.1 --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0)" 000
has "no TLS at all" "$(curl -sS -m 10 "http://127.0.0.1:$tls/v1/status" 2>&1; echo " $?")" curl
has "the counters tell" "$(curl -s --unix-socket "$dir/api" http://localhost/metrics | grep tls_forbidden)" "sunward_api_tls_forbidden_total 2"

# Who somebody is, is the name that lets it in, whatever else its certificate says: one name is one client, two with the same common name are two.
put=("${body[@]}" -H "Idempotency-Key: k" -D "$dir/head")
has "a change" "$(ask writer PUT /v1/eids/ipv4:10.0.0.2 "${put[@]}")" 201
has "sent again with another certificate of that name" "$(ask alias PUT /v1/eids/ipv4:10.0.0.2 "${put[@]}")" 201
has "is answered again" "$(cat "$dir/head")" "Idempotency-Replayed: true"
has "the log has that name" "$(ask alias DELETE /v1/eids/ipv4:10.0.0.2) $(grep 'DELETE /v1/eids/ipv4:10.0.0.2 ' "$dir/log")" "by writer at 127.0.0.1: 2"
for n in 1 2; do
	has "with the same common name, writer-$n" "$(ask shared$n PUT /v1/eids/ipv4:10.0.1.$n "${put[@]}")" 201
done
has "the log tells them apart" "$(cat "$dir/log")" "PUT /v1/eids/ipv4:10.0.1.2 by writer-2 at 127.0.0.1: 201"

# Whoever makes many changes pushes out no answers but its own. (A body that is none is answered, too, and that is kept.)
for ((i = 0; i < 1100; i++)); do
	printf 'next\nunix-socket = "%s/api"\nurl = "http://localhost/v1/eids/ipv4:10.0.0.9"\nrequest = PUT\nheader = "Idempotency-Key: %d"\ndata = "-"\noutput = /dev/null\n' "$dir" $i
done | sed 1d >"$dir/many"
curl -sS --config "$dir/many" || fail "many changes: exit status $?"
again() { curl -sS --unix-socket "$dir/api" -X PUT -H "Idempotency-Key: $1" -d - -D - -o /dev/null http://localhost/v1/eids/ipv4:10.0.0.9; }
has "many changes of one client" "$(again 1099)" "Idempotency-Replayed: true"
case $(again 0) in *Replayed*) fail "more answers are kept than are told" ;; *) echo "ok   the first of them is forgotten" ;; esac
has "another's answer" "$(ask shared1 PUT /v1/eids/ipv4:10.0.1.1 "${put[@]}")" 201
has "is still kept" "$(cat "$dir/head")" "Idempotency-Replayed: true"

# The command line by the same way.
by() { "$sunward" --connect "localhost:$tls" --cert "$dir/$1.pem" --cert-key "$dir/$1.key" --ca "$dir/${ca:-ca}.pem" "${@:2}" 2>&1; echo " exit $?"; }
has "sunward asks over TLS" "$(by reader -j eid show 10.0.0.1)" '"198.51.100.1"'
has "sunward may not write as a reader" "$(by reader eid del 10.0.0.1)" "exit 5"
has "sunward does not trust another authority's server" "$(ca=other by writer status)" "exit 5"
has "sunward wants all three files" "$("$sunward" --connect "localhost:$tls" status 2>&1)" "needs --cert"

# What is no request is refused over TLS too, with a problem, and costs no memory; others are answered.
# (It stays until the server closes, however slow the machine is.)
raw() { printf "$1" | timeout 20 openssl s_client -quiet -connect "127.0.0.1:$tls" -CAfile "$dir/ca.pem" \
	-cert "$dir/writer.pem" -key "$dir/writer.key" 2>/dev/null; }
inner='DELETE /v1/eids/ipv4:10.0.0.1 HTTP/1.1\r\nHost: x\r\n\r\n'
has "two lengths" "$(raw "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 9\r\n\r\n$inner")" "HTTP/1.1 400 "
has "a length beside chunks" "$(raw "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n$inner")" \
	'"detail":"Content-Length beside Transfer-Encoding'
has "HEAD with a body" "$(raw "HEAD /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n\r\n$inner")" "urn:sunward:problem:bad-request"
has "no HTTP" "$(raw "\x01\x02\x03\r\n\r\n")" "HTTP/1.1 400 "
has "what stood within them is not followed" "$(ask writer GET /v1/eids/ipv4:10.0.0.1)" 200
resident() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' /proc/$pid/status; }
before=$(resident)
for how in "" "-H Transfer-Encoding:chunked"; do
	has "a body of 100 MB${how:+ in chunks}" "$(head -c 104857600 /dev/zero | ask writer PUT /v1/eids/ipv4:10.0.0.1 -T - $how -H Expect: 2>&1)" 413
done
[ $(($(resident) - before)) -lt 16384 ] && echo "ok   which cost $(($(resident) - before)) KiB" || fail "which cost $(($(resident) - before)) KiB"
has "others are answered" "$(ask reader GET /livez)" 200
has "the counter" "$(curl -s --unix-socket "$dir/api" http://localhost/metrics | grep 'refused_total{reason="malformed"}')" " 4"
has "and the log" "$(cat "$dir/log")" "api: what writer at 127.0.0.1:"

# A silent client, and one that sends its handshake byte by byte, end with the deadline; others are served meanwhile.
exec {slow}<>"/dev/tcp/127.0.0.1/$tls"
printf '\x16' >&$slow
has "others are served meanwhile" "$(ask writer GET /v1/status)" 200
timeout 15 cat <&$slow >/dev/null
[ $? = 124 ] && fail "a slow handshake goes on for ever" || echo "ok   a slow handshake is ended"
exec {slow}>&-

# New certificates and another list by a reload; who is struck off is refused at once.
before=$(openssl x509 -in "$dir/server.pem" -noout -serial)
san=DNS:localhost certificate ca server -days 2
# listen NAME: read the events into NAME.events
listen()
{
	rm -f "$dir/$1.events" # what an earlier stream said is no sign of this one
	curl -sN --cacert "$dir/ca.pem" --cert "$dir/$1.pem" --key "$dir/$1.key" --resolve "localhost:$tls:127.0.0.1" "https://localhost:$tls/v1/events" \
		>"$dir/$1.events" &
	readers="$readers $!"
	until_true "the events for $1" grep -q "events follow" "$dir/$1.events"
}
listen reader && reader_pid=$!
listen writer && writer_pid=$!
configure server ""
kill -HUP $pid
serial() { openssl s_client -connect "127.0.0.1:$tls" -CAfile "$dir/ca.pem" </dev/null 2>/dev/null | openssl x509 -noout -serial; }
shows_new() { [ "$(serial)" = "$(openssl x509 -in "$dir/server.pem" -noout -serial)" ] && [ "$(serial)" != "$before" ]; }
until_true "the new certificate" shows_new && echo "ok   a reload shows the new certificate"
has "who is struck off" "$(ask reader GET /v1/status)" 403
has "who is not" "$(ask writer GET /v1/status)" 200
ended() { ! kill -0 "$1"; }
until_true "the event stream of who is struck off ends" ended $reader_pid && echo "ok   the event stream of who is struck off ends"
has "a change" "$(ask writer PUT /v1/eids/ipv4:10.0.0.3 "${body[@]}")" 201
until_true "the stream of who is not goes on" grep -q "\"10.0.0.3\"" "$dir/writer.events" && echo "ok   the stream of who is not goes on"
has "the counter" "$(curl -s --unix-socket "$dir/api" http://localhost/metrics | grep 'reason="forbidden"')" " 1"

# Who is bound to a tenant, or to none any more, sees something else from now: its stream begins anew.
configure server 'allow "reader" {}'
kill -HUP $pid
is_let_in() { [ "$(ask reader GET /v1/status)" = 200 ]; }
until_true "who is let in again" is_let_in
listen reader && reader_pid=$!
configure server 'allow "reader" { tenant = "acme" }'
kill -HUP $pid
until_true "the stream of who is bound to a tenant ends" ended $reader_pid && echo "ok   the stream of who is bound to a tenant ends"

# Another authority: who was let in by the old one is not let stay.
authority=other configure server 'allow "stranger" {}'
kill -HUP $pid
until_true "the stream of the old authority's client ends" ended $writer_pid && echo "ok   the stream of the old authority's client ends"
stranger_is_in() { [ "$(ask stranger GET /v1/status)" = 200 ]; }
until_true "who the new one stands for" stranger_is_in && echo "ok   who the new one stands for"
has "who it does not" "$(ask writer GET /v1/status)" 000
sed -i '/^api-tls/,$d' "$dir/conf"
kill -HUP $pid
gone() { ! (: <"/dev/tcp/127.0.0.1/$tls") 2>/dev/null; }
until_true "without the section nobody listens" gone && echo "ok   without the section nobody listens"
kill $pid
wait $pid || fail "exit status $?"
[ $bad = 0 ] || cat "$dir/log"
exit $bad
