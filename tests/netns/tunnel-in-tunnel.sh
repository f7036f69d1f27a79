#!/bin/bash
# Guests that tunnel by themselves: VXLAN between the client and the machine, over the EIDs. The kernel hands their TCP over in runs of
# segments that are tunnelled already; every byte arrives, and nothing is dropped.
set -u
. "${top_srcdir:-.}/tests/interop/reach.sh"
test_begin
lab_network && lab_daemons || exit 1

vxlan() # HOST ADDRESS/LEN FROM TO
{
	lab_ip "$1" link add vx type vxlan id 7 local "$3" remote "$4" dstport 4789
	lab_ip "$1" addr add "$2" dev vx
	lab_ip "$1" link set vx mtu 1350 up
}

vxlan client 10.66.0.1/24 $LAB_CLIENT $LAB_MACHINE
vxlan machine 10.66.0.2/24 $LAB_MACHINE $LAB_CLIENT
serve machine
eventually 5 "the machine answers inside the guests' tunnel" pings client 10.66.0.2
eventually 5 "TCP inside the guests' tunnel, 300 kB there and back" echoes client 10.66.0.2
expect "runs of segments that were cut at the office" "$(counter office datapath cut)" -gt 0
for site in office paris; do expect "no room at $site" "$(counter $site datapath drop_room)" -eq 0; done
test_end
