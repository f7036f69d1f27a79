# campus_six.sh: to be sourced after campus.sh. Six RBridges with redundant links, in the namespaces P1 to P6:
#
#        P1 --- P2 --- P3
#         |  \    |    /  |          The tree's root is P2, then P5. Nickname 0x0c0N.
#        P4 --- P5 --- P6
#
#   six_spaces P                  the namespaces' names
#   six_cables P [WIRE]           the links; with WIRE that of P1 and P5 goes through a bridge in this namespace, where it can be captured or cut
#   six_trunks N                  the ports of RBridge N to others
#   six_config N [PORT:VLAN]...   its configuration, but for where it keeps things; with access ports
#   six_whole P N                 does it know the whole campus
#   six_serves P N VLAN...        does it serve these at its access ports
SIX_LINKS="12 23 14 15 25 35 36 45 56"
: "${SIX_TIMES:=hello = 150ms; holding = 1s}" # and other keywords, of the links between RBridges

six_spaces() { echo "$1"{1..6}; }

six_cables()
{
	local p=$1 wire=${2:-} pair a b
	for pair in $SIX_LINKS; do
		a=${pair:0:1} b=${pair:1}
		if [ "$pair" = 15 ] && [ -n "$wire" ]; then
			cable "$p$a" "to$b" "02:00:00:00:0$a:0$b" "$wire" "at$a" "02:00:00:00:f0:0$a"
			cable "$p$b" "to$a" "02:00:00:00:0$b:0$a" "$wire" "at$b" "02:00:00:00:f0:0$b"
			ip -n "$id-$wire" link add wire mtu 1600 type bridge stp_state 0 forward_delay 0 mcast_snooping 0
			ip -n "$id-$wire" link set "at$a" master wire
			ip -n "$id-$wire" link set "at$b" master wire
			ip -n "$id-$wire" link set wire up
		else
			cable "$p$a" "to$b" "02:00:00:00:0$a:0$b" "$p$b" "to$a" "02:00:00:00:0$b:0$a"
		fi
	done
}

six_trunks()
{
	local pair
	for pair in $SIX_LINKS; do
		case $pair in
		"$1"?) echo "to${pair:1}" ;;
		?"$1") echo "to${pair:0:1}" ;;
		esac
	done
}

six_config()
{
	local n=$1 port
	cat <<T
system-id = "0200.0000.000$n"
nickname = 0x0c0$n
root-priority = $((1000 * (7 - (n == 2 ? 1 : n == 5 ? 2 : n))))
T
	for port in $(six_trunks "$n"); do
		printf 'port "%s" {\n kind = trunk\n p2p = yes\n %s\n cost = 2000\n}\n' "$port" "${SIX_TIMES//; /$'\n '}"
	done
	shift
	for port in "$@"; do
		printf 'port "%s" {\n kind = access\n pvid = %d\n hello = 300ms\n holding = 1s\n}\n' "${port%:*}" "${port#*:}"
	done
}

six_asked() { ask "$1" "$2" | tr -d ' \n'; }

six_whole()
{
	local said
	said=$(six_asked "$1$2" /v1/campus)
	[ "$(grep -o '"system_id":' <<<"$said" | wc -l) $(grep -o '"from":' <<<"$said" | wc -l)" = "6 18" ]
}

six_serves()
{
	local said p=$1 n=$2 vlan
	shift 2
	said=$(six_asked "$p$n" /v1/vlans)
	for vlan in "$@"; do grep -q "\"appointed\":\"$vlan\",\"inhibited\":null" <<<"$said" || return; done
}
