#!/bin/bash
# FRR's isisd as a neighbour of an RBridge: trill/core (in rbridge_peer) on one end of a link, isisd on the other, isis_shim between them: three-way
# adjacency (RFC 5303), flooding, acknowledgements, ageing and purges (ISO 10589), HMAC-MD5 (RFC 5304), overload, a restart.
#
#   isisd a -- rb one -- isisd b -- rb two          each -- is a veth, a shim, and a veth
#   isisd c -- rb three                             with HMAC-MD5
set -u
: "${top_srcdir:=.}" "${top_builddir:=build/plain}"
. "$top_srcdir/tests/netns/require.sh"
. "$top_srcdir/tests/lab/topology.sh"
. "$top_srcdir/tests/interop/frr.sh"

rbridge() # NAME NICKNAME [OPTIONS] PORT...
{
	local n=$1 nickname=$2
	shift 2
	lab_start "$n" "rb-$n" "$LAB_BIN/tests/interop/rbridge_peer" -s "${SYSTEM[$n]}" -n "$nickname" "$@"
}

said() { grep -qF -- "$2" "$LAB_DIR/rb-$1.out"; } # RB TEXT
adjacent() { [ "$(grep "\"adjacency\".*\"${SYSTEM[$2]}\"" "$LAB_DIR/rb-$1.out" | tail -n 1 | sed 's/.*"state":"\(.*\)".*/\1/')" = "$3" ]; } # RB FRR STATE

# ours RB SYSTEM: sequence number and checksum of its LSP as our LSDB has it
ours() { last_lsp "$1" "$2" | sed 's/.*"sequence":"\([^"]*\)","checksum":"\([^"]*\)".*/\1 \2/'; }
last_lsp() { grep "\"lsp\",\"id\":\"${SYSTEM[$2]}.00-00\"" "$LAB_DIR/rb-$1.out" | tail -n 1; }
same() { local a; a=$(theirs "$1" "$3"); [ -n "$a" ] && [ "$a" = "$(ours "$2" "$3")" ]; } # FRR RB SYSTEM
sequence() { local row; row=$(ours "$1" "$2"); echo $((${row%% *})); } # RB SYSTEM
later() { [ "$(sequence "$1" "$2")" -gt "$3" ]; } # RB SYSTEM THAN
lsp_is() { last_lsp "$1" "$2" | grep -qF -- "$3"; } # RB SYSTEM TEXT
path_is() { [ "$(grep "\"path\",\"nickname\":\"$2\"" "$LAB_DIR/rb-$1.out" | tail -n 1)" = "{\"event\":\"path\",\"nickname\":\"$2\",\"port\":$3}" ]; } # RB NICKNAME PORT
refused() { local n; n=$(grep -c '"malformed-authentication"' "$LAB_DIR/rb-$1.out"); [ "$n" -gt "$2" ]; } # RB THAN
rb_stop() { kill "${LAB_PID[rb-$1]}"; wait "${LAB_PID[rb-$1]}" 2>/dev/null; }

SYSTEM=([one]=0200.0000.0001 [two]=0200.0000.0002 [three]=0200.0000.0003
	[a]=0200.0000.0011 [b]=0200.0000.0012 [c]=0200.0000.0013)
frr_begin a b c one two three
wire one p0 a e0
wire one p1 b e0
wire two p0 b e1
wire three p0 c e0 right wrong
isisd a "" e0
isisd b "" e0 e1
isisd c right e0
rbridge one 0x0101 p0 p1
rbridge two 0x0102 p0
rbridge three 0x0103 -k right p0

adjacencies()
{
	prove "three-way: a is in Report at one" adjacent one a report
	prove "three-way: one is up at a" up a one
	prove "three-way: b is in Report at one and at two" eval 'adjacent one b report && adjacent two b report'
	prove "HMAC-MD5: c is in Report at three, and three is up at c" eval 'adjacent three c report && up c three'
}

flooding()
{
	prove "flooding: one has a's LSP, with a's sequence number and checksum" same a one a
	prove "flooding: a has one's LSP, with one's" same a one one
	prove "flooding: a reads in it the way to itself" eval \
		"frr a -c 'show isis database detail ${SYSTEM[one]}.00-00' | grep -q 'Extended Reachability: ${SYSTEM[a]}.00 (Metric: 2000)'"
	prove "flooding: two hops through one: b has a's LSP as a has it" eval '[ -n "$(theirs a a)" ] && [ "$(theirs a a)" = "$(theirs b a)" ]'
	prove "flooding: two hops through one: a has two's LSP as two has it" same a two two
	prove "flooding: three hops: two has a's LSP as a has it" same a two a
	prove "HMAC-MD5: c has three's LSP, and read its digest" eval "frr c -c 'show isis database detail ${SYSTEM[three]}.00-00' | grep -q HMAC-MD5:"
	prove "HMAC-MD5: three has c's LSP, and what it says counts" eval 'later three c 1 && said three "\"lsp\",\"id\":\"${SYSTEM[c]}"'
	prove "paths: one reaches two through b" path_is one 0x0102 '"p1"'
}

numbers() # sequence number PDUs
{
	prove "CSNP: a's names one's LSP; one's came to a" eval "passed one-a '^trill csnp ${SYSTEM[one]}' && passed one-a '^isis csnp'"
	prove "PSNP: one acknowledges a's LSP" passed one-a "^isis psnp $(acknowledgement a a)"
	prove "PSNP: a acknowledges one's LSP" passed one-a "^trill psnp $(acknowledgement a one)"
}
acknowledgement() { echo "${SYSTEM[$2]}.00-00 $(theirs "$1" "$2")"; } # FRR SYSTEM

lost() # what follows is looked at when more has been done: isisd sends again after 5 s
{
	tell one-a "lose trill"
	a_before=$(sequence one a)
	configure a "interface e0" "isis metric 11"
	tell one-a "lose isis"
	configure b "router isis campus" "set-overload-bit"
	prove "overload: one sees b's bit" lsp_is one b '"overload":true'
	prove "overload: nothing goes through b: one has no path to two any more" path_is one 0x0102 null
	prove "loss: one sends to a again what was lost" same a one b
	configure b "router isis campus" "no set-overload-bit"
	prove "overload: b's bit is gone, and the path is back" path_is one 0x0102 '"p1"'
}

keys()
{
	configure c "router isis campus" "area-password md5 wrong authenticate snp validate"
	prove "HMAC-MD5: c's LSPs with another key are not taken" refused three 0
	three_c=$(sequence three c)
	configure c "interface e0" "isis password md5 wrong"
	prove "HMAC-MD5: Hellos with another key are none: c is gone" adjacent three c down
	[ "$(sequence three c)" = "$three_c" ] || fail "HMAC-MD5: an LSP with another key was taken"
	configure c "interface e0" "isis password md5 right" "router isis campus" "area-password md5 right authenticate snp validate"
	prove "HMAC-MD5: with the right key it is back" adjacent three c report
	prove "HMAC-MD5: and so is its LSP, a later one" later three c "$three_c"
}

overload() # one comes back with room for three LSPs of four
{
	before=$(sequence one one)
	rb_stop one
	rbridge one 0x0101 -m 3 p0 p1
	prove "overload: a sees one's bit" overloaded a one 1
}

restart()
{
	rb_stop one
	before=$(theirs a one) # as it had come there when one ended
	before=$((${before%% *}))
	mark=$(wc -l <"$LAB_DIR/shim-one-a.out")
	rbridge one 0x0101 p0 p1
	prove "restart: a tells one of its old LSP" eval \
		'tail -n "+$((mark + 1))" "$LAB_DIR/shim-one-a.out" | grep -qE "^trill (lsp|csnp) ${SYSTEM[one]}.00-00 $(printf 0x%08x "$before")"'
	prove "restart: one goes on above the old sequence number ($before)" later one one "$before"
	prove "restart: a and b have the new one" eval 'same a one one && same b one one'
	prove "restart: without the overload bit" overloaded a one 0
}

ageing()
{
	before=$(sequence one a)
	tell one-a "lifetime trill 3"
	configure a "interface e0" "isis metric 12"
	prove "ageing: a's LSP, 3 s before its end, is purged by one" eval 'grep "\"id\":\"${SYSTEM[a]}" "$LAB_DIR/rb-one.out" | grep -q "\"purged\":true"'
	prove "purge: a hears that its LSP is purged, and says it again" eval 'later one a $((before + 1)) && lsp_is one a "\"purged\":false"'
	tell one-b "lifetime isis 3"
	kill -9 "${LAB_PID[isisd-a]}"
	prove "purge: a is gone: its LSP ages at one, and is purged at b" eval \
		"frr b -c 'show isis database' | grep -q '^${SYSTEM[a]}.00-00 .*0x[0-9a-f]* *(' && lsp_is one a '\"purged\":true'"
	prove "adjacency: a is down at one" adjacent one a down
	before=$(sequence one one)
	prove "purge: b's copy of one's LSP ends, b purges it, one says it again" eval 'passed one-b "^trill lsp ${SYSTEM[one]}.* 0$" && later one one "$before"'
	tell one-b "lifetime isis 0"
	prove "purge: b's copy of a's LSP, with b's checksum, is acknowledged by one" eval 'passed one-b "^isis psnp $(acknowledgement b a)"'
}

adjacencies
[ $failures = 0 ] || exit 1
flooding
numbers
lost
keys
prove "loss: a sends again what was lost" later one a "$a_before"
overload
restart
ageing
frr_end
