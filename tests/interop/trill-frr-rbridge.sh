#!/bin/bash
# FRR's isisd as a neighbour of the daemon itself: sunward-rbridge on a point-to-point trunk with HMAC-MD5, asked by the operator's command. What
# passes between an RBridge's core and isisd, case by case, is trill-frr.sh's.
set -u
: "${top_srcdir:=.}" "${top_builddir:=build/plain}"
. "$top_srcdir/tests/netns/require.sh"
. "$top_srcdir/tests/lab/topology.sh"
. "$top_srcdir/tests/interop/frr.sh"
require bpf jq ethtool

rbridge() # [MORE CONFIGURATION]
{
	cat >"$LAB_DIR/four.conf" <<-END
		system-id = "${SYSTEM[four]}"
		nickname = 0x0104
		key "1" {
			algorithm = hmac-md5
			key-file = "$LAB_DIR/four.key"
		}
		port "p0" {
			kind = trunk
			p2p = yes
			hello = 1s
			holding = 5s
		}
		api-socket = "$LAB_DIR/four.sock"
		state-dir = "$LAB_DIR/four.state"
		${1:-}
	END
	lab_start four rbridge "$LAB_BIN/sunward-rbridge" -c "$LAB_DIR/four.conf"
}

sunward() { "$LAB_BIN/sunward" --socket "$LAB_DIR/four.sock" -j trill "$@"; }
adjacent() { sunward adj | jq -e --arg id "${SYSTEM[d]}" '[.. | objects | select(.system_id? == $id and .state? == "report")] | length == 1'; }
row() { sunward lsdb | jq -c --arg id "${SYSTEM[$1]}.00-00" '.lsdb[] | select(.id == $id)'; } # SYSTEM
lsp_is() { row "$1" | jq -e "$2"; } # SYSTEM JQ-FILTER

# The shim signs anew, and d's checksum is not the daemon's then: the sequence number is.
known() { local a; read -ra a <<<"$(theirs d d)"; [ "${#a[@]}" = 2 ] && lsp_is d ".sequence == $((a[0]))"; }

SYSTEM=([four]=0200.0000.0004 [d]=0200.0000.0014)
frr_begin d four
wire four p0 d e0 right
lab_exec four ethtool -K p0 gro on >/dev/null 2>&1
printf right >"$LAB_DIR/four.key"
chmod 600 "$LAB_DIR/four.key"
isisd d right e0
rbridge

prove "three-way: d is in Report at the daemon" adjacent
prove "three-way: the daemon is up at d" up d four
[ $failures = 0 ] || exit 1
prove "flooding: the daemon has d's LSP, with d's sequence number" known
prove "flooding: d has the daemon's LSP, and read its digest" eval "frr d -c 'show isis database detail ${SYSTEM[four]}.00-00' | grep -q HMAC-MD5:"
configure d "router isis campus" "set-overload-bit"
prove "overload: the daemon sees d's bit" lsp_is d .overload
before=$(row four | jq .sequence)
kill -9 "${LAB_PID[rbridge]}"
wait "${LAB_PID[rbridge]}" 2>/dev/null
rbridge "overload-after-start = 60s"
prove "restart: the daemon goes on above its old sequence number" lsp_is four ".sequence > $before"
prove "restart: it asked for no traffic at first: d sees its overload bit" overloaded d four 1
frr_end
