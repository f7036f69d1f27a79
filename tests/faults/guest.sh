# guest.sh: to be sourced by the labs of row.sh that have a real guest.

agent_state() { ask "$1" guests | jq -r '.guests[0].state // "unknown"'; } # HOST
agent_says() { [ "$(agent_state "$1")" = "$2" ]; }                       # HOST STATE
agent_taken() { ask "$1" guests | jq -e '.guests[0].xtrs[0].answer == "taken"' >/dev/null; } # HOST
ended() { ! kill -0 "${LAB_PID[$1]}" 2>/dev/null; } # LOG

# What was held for a guest comes to its tap at once when it runs again, faster than a guest without KVM reads; the default is 1,000 packets.
long_queue() { lab_ip "$1" link set tap0 txqueuelen 10000; } # HOST

guest_orders=(HELLO PROBE STREAM BYE OFF CRASH GARP) # of flow.h, from 1

# guest_say WORD: the guest does so to itself
guest_say()
{
	local i
	for i in "${!guest_orders[@]}"; do
		[ "${guest_orders[i]}" = "$1" ] || continue
		lab_exec client bash -c "printf '\\0\\0\\0\\0\\0\\0\\0\\0\\$((i + 1))\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0' >/dev/udp/$LAB_MACHINE/7778"
	done
}
