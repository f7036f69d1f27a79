#!/bin/bash
# A few rows of the fault table (tests/faults), with a stand-in for the guest: each in a lab of its own, under a probe a millisecond. Wherever the guest
# runs in the end it is reached, and nobody knows anything of it that is not so any more. On a busy machine packets may be late, and the probes say
# nothing of who is to blame: how many were lost is judged by ./run faults, not here.
set -u
. "${top_srcdir:-.}/tests/netns/require.sh"
require root netns bpf jq curl
for name in destination-refuses-after-stop kill-tokyohv-after-stop kill-tokyo-after-resume; do
	seen=$(FAULTS_LENIENT=1 LAB_BUILD=${top_builddir:-build/plain} timeout 120 "$top_srcdir/tests/faults/row.sh" $name 2>faults-quick.$$) || failed=1
	jq -r '"\(.row): lost \(.lost), longest gap \(.longest_gap_ms) ms, at \(.runs_at), settled after \(.settled_s) s: \(.verdict) \(.why)"' <<<"$seen"
	[ -z "${failed:-}" ] || { cat faults-quick.$$; rm -f faults-quick.$$; exit 1; }
	rm -f faults-quick.$$
done
