# lab_test.sh: to be sourced by the tests that run the lab's daemons: the lab and its end, counters, and checks that say what was
# expected and what came. A test is begun by test_begin and ends with test_end.
. "${top_srcdir:=.}/tests/netns/require.sh"
. "$top_srcdir/tests/lab/topology.sh"
: "${top_builddir:=build/plain}"
DATAGRAMS=$top_builddir/tests/netns/datagrams
failures=0

test_begin()
{
	require root netns bpf jq curl
	lab_init "$top_builddir"
	trap test_clean EXIT
	trap 'exit 130' INT TERM
}

test_clean()
{
	local log n
	if [ $failures != 0 ]; then
		for n in ms mr paris tokyo office; do lab_sunward $n counters 2>&1 | sed "s|^|$n: |"; done
		for log in "$LAB_DIR"/*.log; do tail -n 20 "$log" | sed "s|^|${log##*/}: |"; done
	fi
	lab_down
}

test_end()
{
	[ $failures = 0 ] || echo "$failures checks failed"
	exit $((failures != 0))
}

pass() { echo "ok   $*"; }
fail() { echo "FAIL $*"; failures=$((failures + 1)); }

# expect WHAT GOT [OPERATOR] WANT: a comparison of texts, or of numbers with -eq, -ge, ...
expect()
{
	local what=$1 got=$2 op="=" want=$3
	[ $# = 3 ] || { op=$3 want=$4; }
	if [ "$got" "$op" "$want" ]; then pass "$what: $got"; else fail "$what: got '$got', want $op '$want'"; fi
}

# eventually SECONDS WHAT COMMAND...: poll until the command succeeds
eventually()
{
	local what=$2
	if lab_poll "$@" 2>/dev/null; then pass "$what"; else fail "$what: not within $1 x $LAB_PATIENCE s"; fi
}

# counter NODE NAME [LABEL]: the value of sunward_NAME_total (or of that with the one label value LABEL); 0 if there is none
counter()
{
	lab_sunward "$1" -j counters | jq -r --arg n "sunward_$2_total" --arg l "${3:-}" \
		'[.. | objects | select(.name? == $n and ($l == "" or (.labels | to_entries[0].value) == $l)) | .value] | add // 0'
}

counter_is() # NODE NAME OPERATOR N
{
	[ "$(counter "$1" "$2")" "$3" "$4" ]
}

table() # NODE VERB JQ-FILTER: what a verb of the operator's command says
{
	lab_sunward "$1" -j $2 | jq -r "$3"
}

table_is() { [ "$(table "$1" "$2" "$3")" = "$4" ]; } # NODE VERB JQ-FILTER TEXT

mapping() # EID: its first locator as the map-server has it
{
	lab_sunward ms -j eid show "$1" 2>/dev/null | jq -r '[.. | objects | .locators? // empty][0][0].address'
}

seq_of() { lab_sunward ms -j eid show "$1" | jq -r '[.. | objects | .seq? // empty][0]'; } # EID

mapping_is() { [ "$(mapping "$1")" = "$2" ]; }

# receive NAMESPACE PORT COUNT MS: in the background, ready when this returns; received prints its JSON once it has ended. The time is
# that of an idle machine, as with lab_poll.
receive()
{
	lab_start "$1" "receive-$2" "$DATAGRAMS" receive "$2" "$3" $(($4 * LAB_PATIENCE))
	RECEIVER=$LAB_LAST RECEIVED=$LAB_DIR/receive-$2.out
	lab_poll 5 "a receiver at $1" sh -c "ip netns exec $(lab_ns "$1") ss -ulnH sport = :$2 | grep -q ."
}

received() # WHAT COUNT: every one of them came, once, in order and undamaged
{
	wait "$RECEIVER"
	expect "$1" "$(cat "$RECEIVED")" \
		"{\"received\":$2,\"duplicated\":0,\"reordered\":0,\"damaged\":0,\"highest\":$(($2 - 1))}"
}
