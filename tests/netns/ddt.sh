#!/bin/bash
# The mapping system as a tree (RFC 8111): two roots, two regional nodes, the map-server at the leaf, and a map-resolver that knows nothing but
# the roots and their key. The office's traffic reaches the machine through it; a node or a root that dies gives way to the next; what is in
# nobody's delegation is answered at once and natively forwarded; a region with a wrong key is not believed. Protected Map-Requests (RFC 9303)
# go down the tree bare and reach the map-server whole. tshark reads every frame and finds nothing wrong.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
require openssl tshark dumpcap ethtool
test_begin
. "$top_srcdir/tests/lab/capture.sh"

LAB_SITES="$LAB_SITES roota rootb east west"
at=42
for n in roota rootb east west; do
	LAB_RLOC[$n]=198.51.100.$at LAB_RLOC6[$n]=2001:db8:51:$at::2
	at=$((at + 8))
done

# ---- keys and configurations: the lab's, with a tree between resolver and map-server

mkdir "$LAB_DIR/conf" && cp "$LAB_CONF"/* "$LAB_DIR/conf"
LAB_CONF=$LAB_DIR/conf
for key in root region leaf other; do
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$LAB_DIR/$key.pem" 2>/dev/null
	chmod 600 "$LAB_DIR/$key.pem"
	openssl pkey -in "$LAB_DIR/$key.pem" -pubout -out "$LAB_DIR/$key.pub.pem"
done
node_conf() # KEY
{
	cat <<-T
	roles = {"ddt-node"}
	api-socket = "@DIR@/api.sock"
	state-dir = "@DIR@/state"
	ddt-node {
		sign-key "lab" {
			private-key-file = "$LAB_DIR/$1.pem"
		}
	T
}
delegate() # PREFIX MAP-SERVERS KEY NODE...
{
	local prefix=$1 kind=$2 key=$3 n priority=0 # asked in this order
	shift 3
	printf '\tdelegate "%s" {\n\t\tmap-servers = %s\n' "$prefix" "$kind"
	for n in "$@"; do
		priority=$((priority + 1))
		printf '\t\tnode "%s" {\n\t\t\tpriority = %s\n\t\t\tpublic-key-file = "%s"\n\t\t}\n' "${LAB_RLOC[$n]}" $priority "$LAB_DIR/$key.pub.pem"
	done
	printf '\t}\n'
}
{
	node_conf root
	printf '\troot = yes\n'
	for prefix in 192.0.0.0/8 203.0.0.0/8 2001:db8::/32; do delegate $prefix no region east west; done
	printf '}\n'
} >"$LAB_CONF/root.conf"
{
	node_conf region
	for prefix in 192.0.0.0/8 203.0.0.0/8 2001:db8::/32; do printf '\tprefix "%s" {}\n' $prefix; done
	for prefix in 192.0.2.0/24 203.0.113.0/24 2001:db8:e::/48; do delegate $prefix yes leaf ms; done
	printf '}\n'
} >"$LAB_CONF/region.conf"
{
	printf 'ddt-node {\n\tsign-key "lab" {\n\t\tprivate-key-file = "%s"\n\t}\n' "$LAB_DIR/leaf.pem"
	for prefix in 192.0.2.0/24 203.0.113.0/24 2001:db8:e::/48; do
		printf '\tprefix "%s" {\n\t\tpeers = {"%s"}\n\t}\n' $prefix "${LAB_RLOC[ms]}"
	done
	printf '}\n'
} >>"$LAB_CONF/mapserver.conf"
{
	printf 'roles = {"map-resolver"}\napi-socket = "@DIR@/api.sock"\nstate-dir = "@DIR@/state"\nmap-resolver {\n'
	for n in roota rootb; do printf '\tddt-root "%s" {\n\t\tpublic-key-file = "%s"\n\t}\n' "${LAB_RLOC[$n]}" "$LAB_DIR/root.pub.pem"; done
	printf '}\n'
} >"$LAB_CONF/resolver.conf"
sed -i 's|^roles = .*|roles = {"map-server", "ddt-node"}|' "$LAB_CONF/mapserver.conf"
peer() { printf '\tpeer "%s/32" {\n\t\tkey "%s" {\n\t\t\tkey = "%s"\n\t\t}\n\t}\n' "${LAB_RLOC[$1]}" "$2" "$3"; } # NODE KEY-ID SECRET
{
	printf 'lisp-sec {\n'
	peer office 1 "office and resolver"
	peer ms 3 "resolver and map-server"
	printf '}\n'
} >>"$LAB_CONF/resolver.conf"
{
	printf 'lisp-sec {\n'
	peer mr 3 "resolver and map-server"
	printf '}\n'
} >>"$LAB_CONF/mapserver.conf"
printf 'timers {\n\thold = 8s\n}\n' >>"$LAB_CONF/office.conf" # for a busy machine the usual 2 s are short

lab_network || exit 1
capture_begin
for n in roota rootb; do lab_daemon $n sunward-mapserver root.conf || exit 1; done
for n in east west; do lab_daemon $n sunward-mapserver region.conf || exit 1; done
lab_daemons || exit 1

asked() { counter "$1" mapserver_received ecm; }
referred() { counter "$1" mapserver_referrals "$2"; }
end_daemon() # SITE
{
	kill "${LAB_PID[$1]}" && wait "${LAB_PID[$1]}" 2>/dev/null
}

# ---- from the root to the leaf, once

receive machine 7001 10 8000
lab_exec client "$DATAGRAMS" send $LAB_MACHINE 7001 10
received "10 datagrams to $LAB_MACHINE, found by the tree" 10
expect "the first root was asked" "$(asked roota)" -ge 1
expect "it referred to the region" "$(referred roota node-referral)" -ge 1
expect "the region referred to the map-server" "$(referred east ms-referral)" -ge 1
expect "the map-server acknowledged" "$(referred ms ms-ack)" -ge 1
expect "the resolver believed every referral" "$(counter mr mapserver_dropped referral-signature)" -eq 0
table mr "ddt show" '[.referrals[] | [.prefix, .action, .rlocs[].address] | join(" ")] | sort | join("\n")' >"$LAB_DIR/kept"
for row in "203.0.0.0/8 node-referral ${LAB_RLOC[east]}:4342 ${LAB_RLOC[west]}:4342" \
	"203.0.113.0/24 ms-ack ${LAB_RLOC[ms]}:4342"; do
	grep -qx "$row" "$LAB_DIR/kept" && pass "kept: $row" || fail "not kept: $row, but: $(tr '\n' ';' <"$LAB_DIR/kept")"
done

lab_sunward mr ddt show >"$LAB_DIR/show" && grep -Eq "^203.0.0.0/8 +node-referral +[0-9a-z]+ +${LAB_RLOC[east]}:4342 +1 +no +[0-9a-f]{4}" "$LAB_DIR/show" &&
	pass "sunward ddt show at the resolver" || fail "sunward ddt show: $(cat "$LAB_DIR/show")"
expect "sunward ddt show at the region" "$(table east "ddt show" '[(.prefixes | length), (.delegations[1] | .prefix, .map_servers, .nodes[0].address)] | join(" ")')" \
	"3 203.0.113.0/24 true ${LAB_RLOC[ms]}"

# ---- what is kept is used: neither root nor region hears of the next request

before=$(asked roota) region=$(asked east)
lab_exec office "$top_builddir/sunward" lig 203.0.113.77 to "${LAB_RLOC[mr]}" >/dev/null 2>&1
eventually 5 "the map-server says that nobody is at 203.0.113.77" counter_is ms mapserver_referrals -ge 2
expect "requests that the root heard then" "$(($(asked roota) - before))" -eq 0
expect "requests that the region heard then" "$(($(asked east) - region))" -eq 0

# ---- a region's node dies: the other is asked

end_daemon east
receive machine 7002 10 8000
lab_exec client "$DATAGRAMS" send $LAB_MACHINE6 7002 10
received "10 datagrams to $LAB_MACHINE6 with one node dead" 10
expect "requests that nobody answered" "$(counter mr mapserver_ddt_timeouts)" -ge 1
expect "the other node referred" "$(referred west ms-referral)" -ge 1

# ---- a root dies, and what nobody has

end_daemon roota
lab_exec office "$top_builddir/sunward" lig 10.9.9.9 to "${LAB_RLOC[mr]}" >"$LAB_DIR/lig.out" 2>&1
grep -q natively-forward "$LAB_DIR/lig.out" && pass "10.9.9.9 is in no delegation: natively forwarded" || fail "lig: $(cat "$LAB_DIR/lig.out")"
expect "the other root said so" "$(referred rootb delegation-hole)" -ge 1

# ---- the machine moves: the tree is about who has the mappings, not about them

lab_move paris tokyo 5 >"$LAB_DIR/move.log" 2>&1 || fail "the move: $(cat "$LAB_DIR/move.log")"
eventually 5 "the mapping follows to tokyo" mapping_is $LAB_MACHINE "${LAB_RLOC[tokyo]}"
eventually 8 "and the traffic" lab_exec client ping -q -c 1 -W 1 $LAB_MACHINE

# ---- LISP-SEC: the One-Time Key is nobody's but the resolver's and the map-server's (RFC 8111 section 7.3.1, RFC 9303 section 6.6)

end_daemon mr # what it keeps of the tree goes with it
lab_daemon mr sunward-mapserver resolver.conf || exit 1
before=$(asked rootb) region=$(asked west)
printf 'lisp-sec {\n\tmode = required\n\tkey "1" {\n\t\tkey = "office and resolver"\n\t}\n}\n' >>"$LAB_DIR/office.conf"
kill -HUP "${LAB_PID[office]}"
protected() # asked anew until it is
{
	lab_sunward office cache clear $LAB_MACHINE >/dev/null
	lab_exec client ping -q -c 1 -W 1 $LAB_MACHINE
	[ "$(table office cache '[.cache[] | select(.eid == "203.0.113.10") | .locators[0].address, .protected] | join(" ")')" = \
		"${LAB_RLOC[tokyo]} true" ]
}
eventually 8 "a protected mapping, found by the tree" protected
expect "requests that the root heard for it" "$(($(asked rootb) - before))" -ge 1
expect "requests that the region heard for it" "$(($(asked west) - region))" -ge 1
expect "One-Time Keys that the root was shown" "$(counter rootb mapserver_protected_requests)" -eq 0
expect "protected requests that the map-server took" "$(counter ms mapserver_protected_requests)" -ge 1
expect "protected replies of the map-server" "$(counter ms mapserver_protected_replies)" -ge 1

# ---- a region with a key that the root does not vouch for is not believed

end_daemon west
sed -i "s|region.pem|other.pem|" "$LAB_CONF/region.conf"
lab_daemon west sunward-mapserver region.conf || exit 1
lab_exec office "$top_builddir/sunward" lig -c 1 -t 1 192.0.9.9 to "${LAB_RLOC[mr]}" >"$LAB_DIR/lig.out" 2>&1
expect "referrals that were not believed" "$(counter mr mapserver_dropped referral-signature)" -ge 1

# tshark 4.0 knows of the Security Key LCAF no more than its header, and says so; of LISP-SEC it knows the S bits, and leaves what they
# announce as data: RFC 9303 figures 1 and 2 say what stands in it.
capture_end && capture_read '
0|_ws.malformed|malformed
0|lisp && _ws.expert.severity >= 0x600000 && !(lisp.lcaf.type == 11)|of LISP with a warning or an error
0|(lisp.undecoded or lisp.unexpected_field or lisp.invalid_field) && !(lisp.lcaf.type == 11)|with a field that could not be decoded
0|udp.dstport == 4342 && udp.checksum == 0|of control without UDP checksum
+|lisp.type == 8 && lisp.ecm.flags.ddt == 1 && lisp.type == 1|DDT Map-Request
+|lisp.type == 6 && lisp.mapping.act == 0|NODE-REFERRAL
+|lisp.type == 6 && lisp.mapping.act == 1|MS-REFERRAL
+|lisp.type == 6 && lisp.mapping.act == 2|MS-ACK
+|lisp.type == 6 && lisp.mapping.act == 3|MS-NOT-REGISTERED
+|lisp.type == 6 && lisp.lcaf.type == 11|referral with a key
+|lisp.type == 6 && lisp.mapping.act == 4|DELEGATION-HOLE
0|lisp.type == 6 && !(lisp.referral.sigcnt == 1)|of referrals without a signature
+|lisp.ecm.flags.sec == 1 && lisp.ecm.flags.ddt == 1|protected DDT Map-Request
0|lisp.ecm.flags.sec == 1 && !(ip.dst == '"${LAB_RLOC[mr]} or ip.dst == ${LAB_RLOC[ms]}"')|of One-Time Keys that go to a node of the tree
0|lisp.ecm.flags.sec == 1 && !(data[0:1] == 01 && (data[2:6] == 00:02:00:18:01:02 or data[2:6] == 00:02:00:18:03:02))|of ECM authentication data that is not as figure 1 has it
+|lisp.mrep.flags.sec == 1 && data[0:4] == 01:00:00:00 && data[4:4] == 00:20:00:02 && data[36:4] == 00:14:00:02|protected Map-Reply as in figure 2'
test_end
