#!/bin/bash
# quick.sh: the benchmarks of the map-server run, their answers are right (else they fail by themselves), and their last line is the JSON
# object with the metrics that docs promise. No figure is judged.
set -u
bench=${top_builddir:-.}/tests/bench
command -v jq >/dev/null || { echo "SKIP: jq is not installed"; exit 77; }
failed=0

# check NAME METRIC...: a metric counts wherever it stands, and must be a number
check()
{
	local name=$1 out metric
	shift
	if ! out=$(timeout 120 "$bench/bench_$name" --quick); then
		echo "FAIL: bench $name --quick failed; it said:"
		echo "$out"
		failed=1
		return
	fi
	for metric; do
		tail -n 1 <<<"$out" | jq -e --arg name "$name" --arg metric "$metric" \
			'.bench == $name and .rounds >= 1 and (.metrics + .reference | .[$metric] | type == "number")' >/dev/null && continue
		echo "FAIL: the last line of bench $name --quick is no JSON object with the metric $metric:"
		tail -n 1 <<<"$out"
		failed=1
	done
}

dns=
[ -x /usr/sbin/nsd ] && dns="nsd_per_s ratio_nsd"
[ -x /usr/sbin/knotd ] && dns="$dns knot_per_s ratio_knot"
[ "$(id -u)" = 0 ] && unshare -n true 2>/dev/null && dns="$dns xdp_per_s ratio_xdp_echo"
# shellcheck disable=SC2086
check resolve answered_per_s echo_per_s ratio_echo eids p50_us p99_us $dns
check register refresh_per_s ceiling_per_s ratio_ceiling changes_per_s durable_changes_per_s synced_changes_per_s kept_under_flood
check memory eids bytes_per_eid bytes_per_eid_v6 bytes_per_eid_mac store_file_bytes_per_eid
check restart kills lost_acknowledged first_answer_s power_lost_older_than_1s power_unhealed
check secure secured_per_s plain_per_s crypto_per_s ratio_plain ratio_ceiling lost
check publish subscribers last_out_ms per_s sendmmsg_per_s ratio_sendmmsg lost moves_published_per_s
exit $failed
