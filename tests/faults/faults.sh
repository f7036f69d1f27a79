#!/bin/bash
# faults.sh: the fault table. In each row something goes wrong while a guest moves, or with a guest, under a probe a millisecond; then
# the guest must be reachable where it runs, and within the row's time no party may know anything of it that is not so any more.
# usage: ./run faults [--only PATTERN] [--lab qemu|libvirt|campus|standin] [--list] [--keep]
#   --only PATTERN   the rows whose names match (a glob: 'qemu-*', '*killed*')
#   --list           the rows, what happens in each and what is expected; runs nothing
#   --keep           leave each row's files (logs, probes) behind
# Prints a table and, as its last line, all as JSON. Exit 1 if a row fails, 77 if none can run here. The whole table takes about half an
# hour: each row has a lab of its own, with a guest that boots.
set -u
here=$(cd "$(dirname "$0")" && pwd)
only='*' lab='*' list= keep=
while [ $# -gt 0 ]; do
	case $1 in
	--only) only=${2:?--only needs a pattern}; shift ;;
	--lab) lab=${2:?--lab needs qemu, libvirt, campus or standin}; shift ;;
	--list) list=1 ;;
	--keep) keep=1 ;;
	-j | --json) ;; # always, as the last line
	--help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;;
	*) sed -n '4s/^# //p' "$0" >&2; exit 2 ;;
	esac
	shift
done
. "$here/rows.sh"

# The names of the rows that are wanted, in their order.
wanted()
{
	local name
	for name in "${ROWS[@]}"; do
		# shellcheck disable=SC2053
		if [[ $name == $only && ${ROW_LAB[$name]} == $lab ]]; then echo "$name"; fi
	done
}

mapfile -t names < <(wanted)
[ ${#names[@]} -gt 0 ] || { echo "faults: no row is named '$only' (see --list)" >&2; exit 2; }
if [ -n "$list" ]; then
	for name in "${names[@]}"; do
		printf '%s\n    %s: %s.\n    Lost at most %s, reachable within %s ms, nothing stale after %s s.\n' "$name" "${ROW_WHAT[$name]}" \
			"${ROW_EXPECTED[$name]}" "${ROW_LOST[$name]}" "${ROW_REACH_MS[$name]}" "${ROW_SETTLE_S[$name]}"
	done
	exit 0
fi

results=$(mktemp)
trap 'rm -f "$results"' EXIT
trap 'exit 130' INT TERM

# one NAME: its line of the table; what a row that fails has said follows it
one()
{
	local name=$1 said log rc=0
	log=$(mktemp)
	said=$(FAULTS_KEEP=$keep timeout -k 30 300 "$here/row.sh" "$name" 2>"$log") || rc=$?
	case $rc in
	0 | 1) ;;
	77) said=$(jq -nc --arg row "$name" --arg why "$(tail -n 1 "$log")" '{row: $row, verdict: "skipped", why: $why}') ;;
	*) said= ;;
	esac
	jq -e .verdict <<<"${said:-null}" >/dev/null 2>&1 ||
		said=$(jq -nc --arg row "$name" --arg why "the row's own script ended with $rc: $(tail -n 1 "$log")" '{row: $row, verdict: "FAIL", why: $why}')
	echo "$said" >>"$results"
	jq -r 'def or_dash: if . == null then "-" else . end;
		[.row, .lost, .lost_bound, .lost_while_dead, .duplicated, .longest_gap_ms, .reachable_ms, .mapping, .settled_s, .settle_bound_s, .verdict]
		| map(or_dash | tostring) | @tsv' <<<"$said" |
		while IFS=$'\t' read -r row lost bound dead dup gap reach mapping settled settle verdict; do
			printf "$format" "$row" "$lost/$bound" "$dead" "$dup" "$gap" "$reach" "$mapping" "$settled/$settle" "$verdict"
		done
	jq -r 'select(.verdict != "pass") | "    \(.why)"' <<<"$said"
	[ "$(jq -r .verdict <<<"$said")" != FAIL ] || sed 's/^/    | /' "$log" | tail -n 70
	rm -f "$log"
}

format='%-44s %9s %7s %4s %9s %9s %-8s %8s  %s\n'
start=$SECONDS n=0
# shellcheck disable=SC2059
printf "$format" row lost/max "dead" dup "gap ms" "reach ms" mapping "settled s" verdict
for name in "${names[@]}"; do
	n=$((n + 1))
	[ ! -t 2 ] || printf '\r%d of %d: %s\033[K' "$n" "${#names[@]}" "$name" >&2
	[ ! -t 2 ] || printf '\r\033[K' >&2
	one "$name"
done
echo
echo "lost: probes without an answer, and the most that the row may lose; dead: those sent while the guest ran nowhere, or the router
on its way was down; reach: from when it runs where it ends, and that router is up, until it answers; settled: until no party knows anything of it that is not so any more, and the row's time for that."
count() { jq -s --arg v "$1" 'map(select(.verdict == $v)) | length' "$results"; }
failed=$(count FAIL) passed=$(count pass) skipped=$(count skipped)
echo "$passed rows pass, $failed fail, $skipped skipped in $((SECONDS - start)) s"
jq -sc '{faults: .}' "$results"
[ "$failed" = 0 ] || exit 1
[ "$passed" != 0 ] || exit 77
