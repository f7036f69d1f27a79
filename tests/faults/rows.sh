# rows.sh: to be sourced. What a row of the fault table is, and all rows.
#
# A row has a name, a lab (qemu, libvirt: a real guest; campus: one at two hypervisors of one site; standin: one whose hypervisor a script plays), the most probes that it may lose, the
# longest time until it answers once it runs where it ends and the routers are up, the time after which no stale state may be left, and says what happens and
# what is expected. Its body is a function do_NAME (with _ for -), which is called when the guest runs at paris, is known to all and under
# probes. The body sets AT to where the guest runs in the end (paris, tokyo or none), and may say
#   mark dead | mark runs     from then the guest runs nowhere; it runs there where it ends
#   mark cut | mark mended    from then no packet can get there, for a router on the way is down; it is back
#   fault_fail TEXT           what was expected and has not come
ROWS=()
declare -A ROW_LAB ROW_LOST ROW_REACH_MS ROW_SETTLE_S ROW_WHAT ROW_EXPECTED

row() # NAME LAB LOST REACH_MS SETTLE_S WHAT EXPECTED
{
	ROWS+=("$1")
	ROW_LAB[$1]=$2 ROW_LOST[$1]=$3 ROW_REACH_MS[$1]=$4 ROW_SETTLE_S[$1]=$5 ROW_WHAT[$1]=$6 ROW_EXPECTED[$1]=$7
}

for rows in "$(dirname "${BASH_SOURCE[0]}")"/*_rows.sh; do . "$rows"; done
