# judge.sh: to be sourced by row.sh. The probes and what they tell; what each party knows of the guest; the verdict.

probe_start()
{
	lab_start client probe "$LAB_BIN/tests/lab/traffic" $LAB_MACHINE --rate 1000 --log "$LAB_DIR/probes"
	: >"$LAB_DIR/marks"
}

probe_end() { kill "${LAB_PID[probe]}" && wait "${LAB_PID[probe]}"; }

# probed: what the probes told, as a JSON object. The file has number, sent, arrived, hop limit, answered; ns, 0: never.
probed()
{
	awk '
	function close_gap(kind, at) { for (i = 1; i <= d; i++) if (what[i] == kind && !(i in alive)) alive[i] = at }
	FILENAME ~ /marks$/ {
		at = $2 * 1e9
		if ($1 == "dead" || $1 == "cut") { what[++d] = $1; dead[d] = at }
		if ($1 == "runs") { close_gap("dead", at); runs = at }
		if ($1 == "mended") { close_gap("cut", at); runs = at }
		next
	}
	{ sent++; was_dead = 0 }
	{ for (i = 1; i <= d; i++) if ($2 >= dead[i] && (!(i in alive) || $2 < alive[i])) was_dead = 1 }
	$5 == 0 { if (was_dead) lost_dead++; else { lost++; if (!first) first = $2; last = $2 }; in_a_row++; next }
	runs && !first_after && $2 >= runs { first_after = $5 }
	before && $5 - before > gap { gap = $5 - before }
	runs && $5 > runs && in_a_row >= 20 { gap_end = $5 }
	{ in_a_row = 0 }
	$5 > before { before = $5 }
	END {
		reach = gap_end ? gap_end - runs : first_after - runs
		reach = gap_end || first_after ? sprintf("%.1f", reach / 1e6) : "null"
		printf "{\"sent\":%d,\"lost\":%d,\"lost_while_dead\":%d,\"longest_gap_ms\":%.1f,\"reachable_ms\":%s,\"lost_over_ms\":%.0f}",
			sent, lost, lost_dead, gap / 1e6, reach, first ? (last - first) / 1e6 : 0
	}' "$LAB_DIR/marks" "$LAB_DIR/probes"
}

ask() { curl -sf -m 3 --unix-socket "$LAB_DIR/$1/api.sock" "http://localhost/v1/$2" || echo null; } # WHO PATH

# What all parties know, as one JSON object.
known()
{
	local n
	for n in $FAULT_SITES; do
		ask $n local >"$LAB_DIR/$n.local" && ask $n away >"$LAB_DIR/$n.away" && ask $n handover >"$LAB_DIR/$n.handover"
		ask ${n}hv guests >"$LAB_DIR/$n.guests"
		jq -c --slurpfile a "$LAB_DIR/$n.away" --slurpfile h "$LAB_DIR/$n.handover" --slurpfile g "$LAB_DIR/$n.guests" --arg n $n \
			'{($n): {local, away: $a[0].away, handover: $h[0].handover, guests: $g[0].guests}}' "$LAB_DIR/$n.local"
	done
	ask office cache | jq -c '{office: .}'
	for n in $FAULT_EIDS; do
		lab_sunward ms -j eid show $n 2>/dev/null | jq -c --arg n $n '{mapping: {($n): ([.. | objects | select(.locators?) | .locators[0].address][0])}}'
	done
}

# What is not so, given that the guest runs at $at ("none": nowhere): a list of texts. The office has not subscribed: of a guest that is nowhere it keeps
# the last place, which drops its packets and asks anew for them, so that they are redirected as soon as the guest runs anywhere.
STALE='
def site($rlocs): if . == null then "nowhere" else . as $a | ([$rlocs | to_entries[] | select(.value | index($a)) | .key][0] // $a) end;
def of($list; $e): [$list // [] | .[] | select(.eid == $e)];
def hypervisor($s): [(.[$s].guests // [])[] | select(.hosts[0].eid == $eids[0]) | .state][0] // "unknown";
. as $all
| [ ($eids[] as $e | ($all.mapping[$e] | site($rlocs)) as $m | select($m != (if $at == "none" then "nowhere" else $at end)) | "\($e) is mapped to \($m)"),
  ($rlocs | keys[] | . as $s | $all[$s] as $x |
    (if $x == null or $x.local == null then "the xTR of \($s) does not answer" else empty end),
    ($eids[] as $e |
      (select($s == $at and ([of($x.local; $e)[] | select(.registered)] | length) == 0) | "\($s) has not registered \($e)"),
      (select($s != $at and (of($x.local; $e) | length) > 0) | "\($s) has \($e) among its own"),
      (of($x.away; $e)[] | .locators[0].address | site($rlocs) | select(. != $at or $s == $at) | "\($s) sends \($e) away to \(.)"),
      (of($x.handover; $e)[] |
        (select($s == $at and .phase != "here") | "\($s): \($e) is \(.phase)"),
        (select($s != $at and (.phase | IN("none", "released", "elsewhere") | not)) | "\($s): \($e) is \(.phase)"),
        (select(.holds) | "\($s) holds packets for \($e)"),
        (select(.candidates - [if .phase == "released" then ($rlocs[$at] // [])[] else empty end] != []) | "\($s) has candidates for \($e)"))),
    (($all | hypervisor($s)) as $g |
      select(if $s == $at then $g != "running" else ($g | IN("gone", "unknown") | not) end) | "the agent of \($s) says \($g)")),
  ($eids[] as $e | of($all.office.cache; $e)[] | select($at != "none" and (.negative | not)) | .locators[0].address | site($rlocs) | select(. != $at) |
    "the office sends \($e) to \(.)") ]'

stale()
{
	known | jq -cs 'reduce .[] as $o ({}; . * $o)' | tee "$LAB_DIR/known" |
		jq -c --arg at "$AT" --argjson eids "$(printf '"%s" ' $FAULT_EIDS | jq -cs .)" \
			--argjson rlocs "$(for s in $FAULT_SITES; do printf '{"%s":["%s","%s"]}' $s "${LAB_RLOC[$s]}" "${LAB_RLOC6[$s]}"; done | jq -cs add)" \
			"$STALE" >"$LAB_DIR/stale"
	[ "$(<"$LAB_DIR/stale")" = "[]" ]
}

reached() { lab_exec client ping -c 3 -i 0.2 -W 1 "$1" 2>/dev/null | grep -q ' 0% packet loss'; } # EID

# judge ROW: wait until all is as it should be, print the row, exit
judge()
{
	local name=$1 began=${EPOCHREALTIME/./} settled=null probes eid
	LAB_PATIENCE=${FAULTS_LENIENT:+4}
	: "${LAB_PATIENCE:=1}"
	lab_poll "${ROW_SETTLE_S[$name]}" "stale state to go" stale 2>/dev/null &&
		settled=$(((${EPOCHREALTIME/./} - began) / 100000)) && settled=${settled%?}.${settled: -1}
	case $settled in .*) settled=0$settled ;; esac
	[ "$settled" != null ] || fault_fail "stale: $(jq -r 'join("; ")' "$LAB_DIR/stale")"
	pause 0.3
	for eid in $FAULT_EIDS; do
		[ "$AT" != none ] || continue
		reached $eid || reached $eid || fault_fail "a black hole: $eid does not answer"
	done
	probe_end
	probes=$(probed)
	[ -n "${FAULTS_LENIENT:-}" ] || [ "$(jq .lost <<<"$probes")" -le "${ROW_LOST[$name]}" ] || fault_fail "lost more than ${ROW_LOST[$name]}"
	[ -n "${FAULTS_LENIENT:-}" ] || jq -e --argjson m "${ROW_REACH_MS[$name]}" '.reachable_ms == null or .reachable_ms <= $m' <<<"$probes" >/dev/null ||
		fault_fail "not reachable within ${ROW_REACH_MS[$name]} ms"
	jq -c --arg row "$name" --arg what "${ROW_WHAT[$name]}" --arg expected "${ROW_EXPECTED[$name]}" --argjson bound "${ROW_LOST[$name]}" \
		--argjson settled "$settled" --argjson settle "${ROW_SETTLE_S[$name]}" --arg at "$AT" --slurpfile stale "$LAB_DIR/stale" \
		--slurpfile known "$LAB_DIR/known" --argjson dup "$(duplicated)" --arg eid $LAB_MACHINE --arg why "$(printf '%s; ' "${FAILURES[@]}")" \
		'{row: $row, what: $what, expected: $expected, lost_bound: $bound} + . +
		{duplicated: $dup, runs_at: $at, mapping: (if $known[0].mapping[$eid] == null then "none" elif $stale[0] == [] then $at else $known[0].mapping[$eid] end),
		settled_s: $settled, settle_bound_s: $settle, stale: $stale[0], verdict: (if $why == "; " then "pass" else "FAIL" end), why: ($why | rtrimstr("; "))}' \
		<<<"$probes"
	[ ${#FAILURES[@]} = 0 ] || { fault_logs >&2; exit 1; }
	exit 0
}

duplicated() { tail -n 1 "$LAB_DIR/probe.out" | jq '.duplicated // 0'; }

# What the parties said, for a row that fails.
fault_logs()
{
	local n
	jq -c 'map_values(.handover? // empty)' "$LAB_DIR/known" 2>/dev/null
	for n in $FAULT_SITES $(printf '%shv ' $FAULT_SITES); do
		[ ! -e "$LAB_DIR/$n/api.sock" ] || curl -sf -m 5 --unix-socket "$LAB_DIR/$n/api.sock" http://localhost/metrics |
			awk -v n=$n '/^sunward.*(hold|held|drop|handover|tail|away)/ && $NF != 0 {printf "%s %s=%s", x++ ? "" : n ":", $1, $NF} END {if (x) print ""}'
		lab_ip "$n" -s -j link 2>/dev/null | jq -r --arg n "$n" '.[] | select(.stats64.tx.dropped + .stats64.rx.dropped > 0) |
			"\($n): \(.ifname) dropped \(.stats64.tx.dropped) to it, \(.stats64.rx.dropped) from it"'
		[ ! -e "$LAB_DIR/$n.log" ] || tail -n 12 "$LAB_DIR/$n.log" | sed "s|^|$n: |"
	done
}

mapped_to() # the site, or nowhere
{
	local site
	stale
	for site in $FAULT_SITES; do
		[ "$(jq -r --arg e $LAB_MACHINE '.mapping[$e]' "$LAB_DIR/known")" != "${LAB_RLOC[$site]}" ] || { echo $site && return; }
	done
	echo nowhere
}
mapped_at() { [ "$(mapped_to)" = "$1" ]; } # SITE
