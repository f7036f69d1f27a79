# judge.sh: to be sourced by campus.sh. What the witness ($said), the RBridges' counters and the rests come to: a table, what is broken, one line of JSON.

# One row a kind of probes.
judge_table()
{
	echo
	printf '%-24s %9s %9s %8s %6s %10s %7s %7s %7s %8s %6s\n' probes sent reached lost twice links again stopped looped longest hops
	jq -r --arg one "to one station" --arg all "to all of a VLAN" --arg nobody "to a MAC nobody has" \
		'[["one", $one], ["all", $all], ["nobody", $nobody]][] as $k | .[$k[0]] as $p |
		[$k[1], $p.sent, $p.reached, $p.lost, $p.twice, $p.links, $p.again, $p.stopped, $p.looped + $p.unclear, $p.longest, $p.fewest_hops] | @tsv' <<<"$said" |
		awk -F'\t' '{printf "%-24s %9d %9d %8d %6d %10d %7d %7d %7d %8d %6d\n", $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11}'
	cat <<-T
		lost: meanwhile, by receiver; twice: came to a receiver once more; links: crossed by all copies; again: copies that crossed a link in a direction
		that another copy had crossed; stopped: copies that came to where they had been, and were dropped there (as reverse path checks do); looped:
		copies that were sent on once more by who had sent them on; longest: links of the longest way; hops: the least hop count seen.
	T
}

# What is broken, a line each.
judge_broken()
{
	local n
	jq -r '[.one, .all, .nobody] as $k | def all_of(f): [$k[] | f] | add;
		[[all_of(.looped), "copies were sent on twice by one RBridge"],
		[all_of(.unclear), "copies may have been sent on twice by one RBridge"],
		[all_of(.orphans), "copies came from nowhere: the witness has not seen all"],
		[all_of(.returned), "probes came back to who had sent them"],
		[all_of(.leaked), "probes came into another VLAN"],
		[all_of(.late), "probes came when all was thought to be over"],
		[.unread, "frames were not seen: the witness was too slow"],
		[([all_of(.twice) - all_of(.reached) / 1000, 0] | max), "probes too many came twice: at most one in 1,000 may"]][] |
		select(.[0] > 0) | "\(.[0]) \(.[1])"' <<<"$said"
	[ "${COUNTED[drop_hops]:-0}" = 0 ] || echo "${COUNTED[drop_hops]} frames had their hop count used up"
	n=$(printf '%s\n' "${rests[@]}" | grep -c '"converged":false')
	[ "$n" = 0 ] || echo "$n times not all stations were reached within $deadline_ms ms"
}

judge()
{
	local broken took n
	judge_table
	took=$(printf '%s\n' "${rests[@]:1}" | jq -sc 'def worst(k): [.[].ms[k]] | max; def mid(k): [.[].ms[k]] | sort | .[length / 2 | floor];
		{rests: length, median_ms: {one: mid("one"), all: mid("all")}, most_ms: {one: worst("one"), all: worst("all")}}')
	jq -r '"\(.rests) rests; ms until all were reached, median (most): by one \(.median_ms.one) (\(.most_ms.one)), by all \(.median_ms.all) (\(.most_ms.all))"' <<<"$took"
	echo "RBridges dropped: $(for n in "${!COUNTED[@]}"; do case $n in drop_*) [ "${COUNTED[$n]}" = 0 ] || echo "$n ${COUNTED[$n]}" ;; esac; done | sort | paste -sd, | sed 's/,/, /g')"
	broken=$(judge_broken)
	[ -z "$broken" ] || sed 's/^/BROKEN: /' <<<"$broken"
	printf '%s\n' "${rests[@]}" | jq -sc --argjson probes "$said" --argjson took "$took" --argjson seed "$seed" --argjson seconds "$seconds" \
		--argjson interval "$interval_ms" --argjson hops "${COUNTED[drop_hops]:-0}" --arg broken "$broken" \
		'{campus: ({seed: $seed, seconds: $seconds, interval_ms: $interval, events: ([.[].events] | add), hop_counts_used_up: $hops, broken: ($broken | split("\n"))}
		+ $took + {probes: $probes, each: .})}'
	[ -z "$broken" ]
}
