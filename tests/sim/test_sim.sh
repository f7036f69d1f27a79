#!/bin/bash
# test_sim.sh: seeds hold; the same seed gives the same run; rules that are broken on purpose are found.
# What must hold is said by RFC 9301 sections 5.6 to 5.8 and 8.2, and RFC 9437 section 6 (tests/sim/checker.h). SIM_SEEDS: how many; ./run check takes 100, a make check 20.
set -u
sim=${top_builddir:?}/tests/sim/sim
failed=0

# A build with a sanitizer takes a smaller share, and looks for leaks itself.
if nm "$sim" 2>/dev/null | grep -q __asan_init; then
	seeds=$((${SIM_SEEDS:-20} / 10)) eids=500 leak=
else
	seeds=${SIM_SEEDS:-20} eids=2000 leak=leak
fi

complain() { echo "test_sim: $*"; failed=1; }

timeout 1500 "$sim" --quiet --seed 1 --seeds $seeds --xtrs 30 --eids $eids ||
	complain "a seed of 1 to $seeds does not hold"

timeout 600 "$sim" --quiet --seed 1 --seeds $((seeds / 20 + 1)) --xtrs 30 --eids $eids --nat 40 ||
	complain "a seed does not hold with NATs"

# With one Map-Server all that it says is checked, also against what subscribers know.
timeout 900 "$sim" --quiet --seed 1001 --seeds $((seeds / 4 + 1)) --xtrs 30 --eids $eids --servers 1 ||
	complain "a seed does not hold with one Map-Server"

digest() { timeout 300 "$sim" --quiet --seed 7 --xtrs 10 --eids 300 -j | grep -o '"digest":"[0-9a-f]*"'; }
one=$(digest) two=$(digest)
[ -n "$one" ] && [ "$one" = "$two" ] || complain "seed 7 gave $one, and then $two"
other=$(timeout 300 "$sim" --quiet --seed 8 --xtrs 10 --eids 300 -j | grep -o '"digest":"[0-9a-f]*"')
[ "$one" != "$other" ] || complain "seeds 7 and 8 give the same run"

# RULE INVARIANT: one of a few seeds must fail by it.
for pair in claim-compare:claim smr:converge ghost:converge 'disk:(acked|seq|owner)' stale:lookup 'lost-commit:(acked|told)' subscriber:subscribed fifth:subscribed 'ack-first:(acked|seq|owner|told|lookup)' silent:readyz ${leak:+leak:memory}; do
	out=$(timeout 300 "$sim" --quiet --seed 1 --seeds 4 --xtrs 10 --eids 300 --servers 1 --break "${pair%:*}" \
		$([ "${pair%:*}" != ack-first ] || echo --seeds 10 --seconds 120))
	code=$?
	[ $code = 1 ] || complain "with ${pair%:*} broken it ends with $code; want 1"
	grep -Eq "^FAILED ${pair#*:}: seed [0-9]*(, virtual time|: [0-9]+ bytes)" <<<"$out" ||
		complain "with ${pair%:*} broken no '${pair#*:}' is found: $(grep -m1 FAILED <<<"$out")"
done
# Moves that agents announce: seeds hold, and a site is left without a loss.
timeout 600 "$sim" --quiet --seed 1 --seeds $((seeds / 5)) --xtrs 30 --eids $eids --agents on ||
	complain "a seed does not hold with agents"
out=$(timeout 300 "$sim" --quiet --seed 1 --evacuate 200 --seconds 15)
grep -q '"evacuated":200,"known":200,.*"lost":0,.*"held":true' <<<"$out" || complain "200 guests that leave at once: $out"
for pair in tail:lost abandon:left; do
	out=$(timeout 300 "$sim" --quiet --seed 1 --seeds 4 --xtrs 10 --eids 300 --agents on --break "${pair%:*}")
	[ $? = 1 ] && grep -q "^FAILED ${pair#*:}: seed" <<<"$out" ||
		complain "with ${pair%:*} broken no '${pair#*:}' is found: $(grep -m1 FAILED <<<"$out")"
done
timeout 300 "$sim" --quiet --seed 1 --seeds 12 --xtrs 10 --eids 300 --break fifth | grep -q '^FAILED subscribed' ||
	complain "with several Map-Servers no lost publication is found"
out=$(timeout 300 "$sim" --quiet --seed 1 --xtrs 10 --eids 300 --break claim-compare)
again=$(sed -n 's/.*see it again: .\/run sim //p' <<<"$out")
timeout 300 "$sim" --quiet $again 2>&1 >/dev/null | grep -q 'sabotage: base' || complain "'$again' shows no trace"
exit $failed
