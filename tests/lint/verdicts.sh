#!/bin/bash
# verdicts.sh: holds that docs/operations.md has a row for each verdict of the RBridge's data plane (CONTRACT_COUNTERS of trill/bpf/contract.h), and for no other.
# usage: verdicts.sh [TOP]     exit 1 when they differ
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
named=$(sed -n '/^#define CONTRACT_COUNTERS/,/^enum/p' trill/bpf/contract.h | grep -oE 'X\([A-Z_]+, "[a-z_]+"' | grep -oE '"[a-z_]+"' | tr -d '"' | sort)
told=$(sed -n "/^### Verdicts of the RBridge's data plane/,/^#/p" docs/operations.md | sed -nE 's/^\| `([a-z_]+)` \|.*/\1/p' | sort)
[ "$(wc -l <<<"$named")" -gt 50 ] || { echo "lint: trill/bpf/contract.h: too few verdicts were read" >&2; exit 1; }
differ=$(comm -3 <(echo "$named") <(echo "$told") | tr -d '\t' | tr '\n' ' ')
[ -z "$differ" ] || { echo "lint: docs/operations.md: the table of verdicts and trill/bpf/contract.h differ in: $differ" >&2; exit 1; }
