#!/bin/bash
# vmagent_qemu.sh: sunward-vmagent beside two real QEMUs (machines without an operating system), one of which migrates to the other: states in
# their order, a migration that is cancelled, and QEMUs that end. No xTR is there: its part is that of other tests. Needs no privilege.
set -u
: "${top_srcdir:=.}" "${top_builddir:=build/plain}"
. "$top_srcdir/tests/netns/require.sh"
require qemu-system-x86_64 curl jq socat
dir=$(mktemp -d /tmp/sunward-vmagent-qemu-XXXXXX) || exit 1
pids=()
trap 'kill "${pids[@]}" 2>/dev/null; wait "${pids[@]}" 2>/dev/null; rm -rf "$dir"' EXIT
bad=0

qemu() # NAME MORE...
{
	local name=$1
	shift
	timeout 60 qemu-system-x86_64 -name "$name" -uuid "$uuid" -machine pc -accel tcg,tb-size=16 -m 32 -nodefaults -no-user-config -display none \
		-qmp "unix:$dir/$name.agent,server=on,wait=off" -qmp "unix:$dir/$name.qmp,server=on,wait=off" "$@" >"$dir/$name.log" 2>&1 &
	pids+=($!)
}

# Commands to the other QMP socket of a QEMU.
qmp() # NAME COMMAND...
{
	local name=$1 command
	shift
	{ printf '%s\n' '{"execute":"qmp_capabilities"}' "$@"; } | timeout 10 socat -t 2 - "UNIX-CONNECT:$dir/$name.qmp" >>"$dir/qmp.log" 2>&1
}

# What has become of a guest so far: its states in their order; + is a pause to move.
states() { jq -rs --arg name "$1" '[.[] | select(.name == $name) | .state + (if .state == "paused" and .in_migration then "+" else "" end)] | join(" ")' "$dir/events" 2>/dev/null; }

expect() # NAME STATES
{
	local deadline=$(($(date +%s) + 20))
	until [ "$(states "$1")" = "$2" ]; do
		if [ "$(date +%s)" -gt $deadline ]; then
			echo "FAIL $1 was \"$(states "$1")\", want \"$2\""
			bad=1
			return
		fi
		read -rt 0.02 <> <(:) || :
	done
	echo "ok   $1: $2"
}

until_there() { local deadline=$(($(date +%s) + 20)); until [ -S "$1" ] || [ "$(date +%s)" -gt $deadline ]; do read -rt 0.02 <> <(:) || :; done; }

uuid=6f1c0c5e-3f6a-4c57-9d2e-0d6f8b1f3a52
cat >"$dir/conf" <<T
xtr "127.0.0.1:$((20000 + $$ % 20000))" { key = "nobody listens" }
guest "source" {
	qmp = "$dir/source.agent"
	uuid = "11111111-1111-4111-8111-111111111111"	# two hosts in one, so that they must differ
	host "203.0.113.7" { mac = 52:54:00:66:00:02 }
}
guest "target" {
	qmp = "$dir/target.agent"
	host "203.0.113.8" { mac = 52:54:00:66:00:02 }
}
listen = "127.0.0.1:$((20001 + $$ % 20000))"
api-socket = "$dir/api"
state-dir = "$dir/state"
T
timeout 100 "$top_builddir/sunward-vmagent" -c "$dir/conf" 2>"$dir/agent.log" &
agent=$!
pids+=($agent)
until_there "$dir/api"
timeout 100 curl -sN --unix-socket "$dir/api" http://localhost/v1/events > >(sed -un 's/^data: //p' >"$dir/events") &
pids+=($!)

qemu source
expect source "running"
qemu target -incoming "unix:$dir/migration"
expect target "incoming"

# So slow that it can be cancelled.
until_there "$dir/source.qmp"
qmp source '{"execute":"migrate-set-parameters","arguments":{"max-bandwidth":4096}}' \
	"{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"unix:$dir/migration\"}}"
expect source "running leaving"
qmp source '{"execute":"migrate_cancel"}'
expect source "running leaving running"
expect target "incoming gone"

qemu target -incoming "unix:$dir/migration"
expect target "incoming gone incoming"
qmp source '{"execute":"migrate-set-parameters","arguments":{"max-bandwidth":1000000000}}' \
	"{\"execute\":\"migrate\",\"arguments\":{\"uri\":\"unix:$dir/migration\"}}"
expect source "running leaving running leaving paused+"
expect target "incoming gone incoming running"
qmp target '{"execute":"stop"}' '{"execute":"cont"}'
expect target "incoming gone incoming running paused running"
qmp source '{"execute":"quit"}'
expect source "running leaving running leaving paused+ gone"
kill -9 "$(pgrep -P "${pids[-1]}")"
expect target "incoming gone incoming running paused running gone"
kill $agent
wait $agent
[ $? = 0 ] || { echo "FAIL the agent did not end in order"; bad=1; }
[ $bad = 0 ] || tail -n 40 "$dir/agent.log" "$dir/qmp.log" "$dir"/*.log
exit $bad
