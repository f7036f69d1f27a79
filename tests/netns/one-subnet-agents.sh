#!/bin/bash
# A guest that agents announce moves paris -> tokyo -> paris under the 1 ms probes of two neighbours of its own subnet, Ada at Paris's switch
# and Ben at Tokyo's. At the pause the tunnel router tells the neighbours that the guest is at the gateway, so that what they send is held and
# goes after it; where it resumes they are told its own MAC. Neither loses a packet.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
. "$top_srcdir/tests/lab/standin.sh"
test_begin
GUEST_MAC=52:54:00:53:00:00
neighbour() # NAME HOST ADDRESS/LEN ADDRESS6/LEN: at the hypervisor's switch
{
	lab_spaces "$1"
	lab_link "$1" eth0 "$2" "$1"
	lab_ip "$2" link set "$1" master br0 up
	lab_host "$1" "$3" 203.0.113.1 "$4" 2001:db8:e:1::1
}
standin_network && neighbour ada parishv 203.0.113.11/24 2001:db8:e:1::11/64 && neighbour ben tokyohv 203.0.113.12/24 2001:db8:e:1::12/64 &&
	standin_xtrs && lab_mapping_system && standin_agents 1 && standin_boot paris || { fail "the lab does not come up"; test_end; }

remembers() { lab_ip "$1" -j neigh show $LAB_MACHINE dev eth0 | jq -r '.[0].lladdr // "nothing"'; } # NS: the MAC that it has for the guest
remembers_it() { [ "$(remembers "$1")" = "$2" ]; }
answered() { lab_exec "$1" ping -q -c 1 -W 2 $LAB_MACHINE; }
flowing() { [ -s "$LAB_DIR/traffic-$1.out" ] && tail -n 1 "$LAB_DIR/traffic-$1.out" | jq -e '.received > 200'; }

declare -A traffic=()
for n in ada ben; do
	eventually 10 "$n reaches the guest" answered $n
	lab_start $n "traffic-$n" "$LAB_BIN/tests/lab/traffic" $LAB_MACHINE
	traffic[$n]=$LAB_LAST
	eventually 5 "the probes of $n flow" flowing $n
done
expect "Ada has the guest at its MAC" "$(remembers ada)" $GUEST_MAC
expect "Ben has it at the gateway" "$(remembers ben)" $LAB_GATEWAY_MAC
from=paris near=ben far=ada
for to in tokyo paris; do
	before=$(counter $from xtr_proxy_announced)
	standin_prepare all $from $to || fail "the move to $to is not prepared"
	standin_do stop 0 ${from}hv || fail "the guest does not stop"
	eventually 3 "it has stopped at $from: the neighbours there are told that it is at the gateway" \
		counter_is $from xtr_proxy_announced -gt "$before"
	eventually 3 "$far has it at the gateway, while it runs nowhere" remembers_it $far $LAB_GATEWAY_MAC
	standin_do completed 0 ${from}hv && standin_do resume 0 ${to}hv || fail "the guest does not go on at $to"
	eventually 5 "the mapping follows to $to" mapping_is $LAB_MACHINE "${LAB_RLOC[$to]}"
	eventually 3 "$near has it at its MAC" remembers_it $near $GUEST_MAC
	expect "$far has it at the gateway" "$(remembers $far)" $LAB_GATEWAY_MAC
	standin_left all $from || fail "the guest's QEMU at $from does not end"
	from=$to near=ada far=ben
done
for n in ada ben; do kill "${traffic[$n]}"; done
for n in ada ben; do
	wait "${traffic[$n]}"
	seen=$(tail -n 1 "$LAB_DIR/traffic-$n.out")
	echo "$seen"
	expect "no probe of $n was lost" "$(jq .lost <<<"$seen")" 0
done
for site in paris tokyo; do expect "loops cut at $site" "$(counter $site datapath drop_loop)" -eq 0; done
test_end
