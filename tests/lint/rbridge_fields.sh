#!/bin/bash
# rbridge_fields.sh: holds that the configuration reaches the core: each field of struct rbridge_config and struct rbridge_port_config
# (trill/core/rbridge.h) is written by the shell, or is named below with the reason why it is not.
# usage: rbridge_fields.sh [TOP]     exit 1 when there is one that nothing writes
set -u
cd "${1:-$(dirname "$0")/../..}" || exit 2
bad=0

# Of these 0 is what the core has by default, and there is no option.
spared=' esadi_param interested mtu_rtt_ms '

# fields STRUCT: the names of its fields, one a line
fields()
{
	sed -n "/^struct $1 {/,/^};/p" trill/core/rbridge.h | sed '1d; $d; s|/\*.*||; /^\s*\*/d' | tr -d '\n' | tr ';' '\n' |
		sed -E 's/\[[^]]*\]//g; s/^\s*(const |unsigned |struct |enum )*[a-z0-9_]+ //; s/\*(const )?//g' | tr -d ' \t' | tr ',' '\n' | grep -E '^[a-z]'
}

for struct in rbridge_config rbridge_port_config; do
	count=0
	for name in $(fields $struct); do
		count=$((count + 1))
		case $spared in *" $name "*) continue ;; esac
		# A reload copies what was loaded: that is no writer. By =, ++ or memcpy, or by a call that is given it.
		grep -qE "[.>]$name(\[.*\])?(\.[a-z_]+)? =( |$)|[.>]$name\+\+|, [a-z>.-]*[.>]$name\[|memcpy\([a-z>.-]*[.>]$name(\[.*\])?(\.bytes)?,|&[a-z>.-]*[.>]$name," \
			trill/config.c trill/config_port.c trill/config_label.c trill/config_station.c trill/shell.c ||
			{ echo "lint: trill/core/rbridge.h: struct $struct: nothing writes $name" >&2; bad=1; }
	done
	[ $count -gt 20 ] || { echo "lint: trill/core/rbridge.h: struct $struct: only $count fields were read" >&2; bad=1; }
done
exit $bad
