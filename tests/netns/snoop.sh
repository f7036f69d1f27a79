#!/bin/bash
# Containers behind a bridge, of which nobody tells the agent: it finds them and their addresses by what they say, believes nobody an
# address that another has, and tells that one is gone when its interface is; its addresses are there again when its card is.
set -u
: "${top_srcdir:=.}" "${top_builddir:=build/plain}"
. "$top_srcdir/tests/netns/require.sh"
require root netns jq curl ip nsenter ping
[ -n "${SUNWARD_SNOOP_TEST:-}" ] || SUNWARD_SNOOP_TEST=1 exec unshare -n "$0"
. "$top_srcdir/tests/verdict.sh"
dir=$(mktemp -d /tmp/sunward-snoop-XXXXXX) || exit 1
pids=()
trap 'kill -9 "${pids[@]}" 2>/dev/null; wait; rm -rf "$dir"' EXIT

agent() # starts it
{
	"$top_builddir/sunward-vmagent" -c "$dir/conf" 2>>"$dir/log" &
	agent=$!
	pids+=("$agent")
	until_true "the agent answers" api /v1/status
}
api() { curl -sf --max-time 5 --unix-socket "$dir/api" "http://localhost$1"; }
guest() { api "/v1/guests/$1" | jq -r '.state + " " + ([.hosts[].eid | if type == "object" then .text else . end] | sort | join(" "))'; }
guest_is() { [ "$(guest "$1")" = "$2" ]; }
counter() { api /metrics | sed -n "s/^sunward_vmagent_snoop_$1_total //p"; }
counter_above() { [ "$(counter "$1")" -gt "$2" ]; }

plug() # NS-PID INTERFACE MAC: a container's card, behind the bridge
{
	ip link add "$2" type veth peer name card
	ip link set card netns "$1"
	nsenter -t "$1" -n ip link set card address "$3" up
	ip link set "$2" master br0 up
}
container() # sets NS_PID
{
	unshare -n sleep 120 &
	NS_PID=$!
	pids+=("$NS_PID")
	until_true "a container's namespace" eval "[ \"\$(readlink /proc/$NS_PID/ns/net)\" != \"\$(readlink /proc/self/ns/net)\" ]"
}
speaks() { nsenter -t "$1" -n ping -c 1 -W 1 "$2"; }

ip link set lo up
ip link add br0 address 02:00:00:00:00:01 type bridge || skip "needs bridges"
ip addr add 192.0.2.1/24 dev br0
ip -6 addr add 2001:db8:5::1/64 dev br0 nodad
ip link set br0 up
cat >"$dir/conf" <<T
xtr "127.0.0.1:4343" { key = "a key of one agent" }
snoop "ctr*" {
	eid-prefix = {"[7]192.0.2.0/24", "[7]2001:db8:5::/64"}
	port = lan
	age = 10m
}
listen = {"127.0.0.1:4342"}
api-socket = "$dir/api"
state-dir = "$dir/state"
T
agent
container
a=$NS_PID
container
b=$NS_PID
plug "$a" ctr0 52:54:00:00:00:0a
plug "$b" ctr1 52:54:00:00:00:0b
nsenter -t "$a" -n ip addr add 192.0.2.10/24 dev card
nsenter -t "$a" -n ip -6 addr add 2001:db8:5::10/64 dev card nodad
until_true "a reaches the bridge" speaks "$a" 192.0.2.1
until_true "a is found" guest_is 52:54:00:00:00:0a "running [7]192.0.2.10"
until_true "a reaches the bridge by IPv6" speaks "$a" 2001:db8:5::1
until_true "its other address too" guest_is 52:54:00:00:00:0a "running [7]192.0.2.10 [7]2001:db8:5::10"
is "b has said nothing yet" "$(guest 52:54:00:00:00:0b)" ""
is "two interfaces are listened to" "$(api /v1/status | jq -c .snoop.interfaces)" 2

# Another takes the address: that is not believed.
nsenter -t "$b" -n ip addr add 192.0.2.10/24 dev card
speaks "$b" 192.0.2.77 >/dev/null
until_true "b's word is refused" counter_above spoofed 0
is "b has no address" "$(guest 52:54:00:00:00:0b)" ""
is "a keeps its" "$(guest 52:54:00:00:00:0a)" "running [7]192.0.2.10 [7]2001:db8:5::10"
nsenter -t "$b" -n ip addr flush dev card
nsenter -t "$b" -n ip addr add 192.0.2.11/24 dev card
until_true "b speaks for itself" speaks "$b" 192.0.2.1
until_true "b is found" guest_is 52:54:00:00:00:0b "running [7]192.0.2.11"

# Its card goes, and comes back without a word of addresses.
ip link del ctr0
until_true "a is gone" guest_is 52:54:00:00:00:0a "gone [7]192.0.2.10 [7]2001:db8:5::10"
is "b is not" "$(guest 52:54:00:00:00:0b)" "running [7]192.0.2.11"
plug "$a" ctr9 52:54:00:00:00:0a
until_true "a is back, by its MAC" guest_is 52:54:00:00:00:0a "running [7]192.0.2.10 [7]2001:db8:5::10"

# The agent is killed, and one of them goes meanwhile: it waits for whom it knew.
kill -9 "$agent"
wait "$agent" 2>/dev/null
ip link del ctr9
agent
until_true "b speaks again" speaks "$b" 192.0.2.1
until_true "b is here" guest_is 52:54:00:00:00:0b "running [7]192.0.2.11"
is "nothing is said of a yet" "$(guest 52:54:00:00:00:0a)" "unknown [7]192.0.2.10 [7]2001:db8:5::10"
kill -TERM "$agent"
wait "$agent"
is "an orderly end" $? 0
exit $bad
