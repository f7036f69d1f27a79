#!/bin/bash
# LISP-SEC (RFC 9303) between all parties of the lab, and somebody in the core who reads every Map-Request and answers first. Without it the
# office believes him; with it his replies are refused (section 6.9), also those that a bad ETR signs for more than is its own
# (section 6.9.1), and the traffic flows.
set -u
. "${top_srcdir:-.}/tests/interop/reach.sh"
test_begin
mkdir "$LAB_DIR/conf" && cp "$LAB_CONF"/* "$LAB_DIR/conf"
LAB_CONF=$LAB_DIR/conf
# Nobody answers in the ETRs' place: requests go ITR, resolver, map-server, ETR, by three keys.
sed -i 's/^site "data-centres" {/&\n\tproxy-reply = never/' "$LAB_CONF/mapserver.conf"
cat >>"$LAB_CONF/mapserver.conf" <<'END'
lisp-sec {
	peer "198.51.100.34/32" { key "3" { key = "resolver and map-server" } }
}
END
cat >>"$LAB_CONF/resolver.conf" <<'END'
lisp-sec {
	peer "198.51.100.0/24" { key "1" { key = "ITRs and resolver" } }
	peer "198.51.100.26/32" { key "3" { key = "resolver and map-server" } }
}
END
for n in paris tokyo; do
	printf 'lisp-sec {\n\tkey "1" { key = "ITRs and resolver" }\n}\n' >>"$LAB_CONF/$n.conf"
done
lab_network && lab_daemons || exit 1

cached() { table office cache '[.cache[] | select(.eid == "203.0.113.10") | .locators[0].address, .protected] | join(" ")'; }
cached_is() { [ "$(cached)" = "$1" ]; }
protects() # asked anew until it is
{
	forget
	pings client $LAB_MACHINE && counter_is office xtr_protected_replies_received -ge 1
}
follows() { pings client $LAB_MACHINE && cached_is "198.51.100.10 true"; }
forget() { lab_sunward office cache clear $LAB_MACHINE >/dev/null; }
# lie WORDS...: somebody in the core, who listens when this returns. The ETR is stopped: its reply, which comes late, shall be the second.
lie()
{
	kill -STOP "${LAB_PID[paris]}"
	rm -f "$LAB_DIR/poison.log"
	lab_start core poison "$top_builddir/tests/netns/poison" "$@"
	lab_poll 5 "the liar" grep -q listening "$LAB_DIR/poison.log"
	forget
}
ask() { lab_exec client ping -q -c 1 -W 0.2 $LAB_MACHINE; }
asked_is() { ask; cached_is "$1"; }
asked_until() { ask; counter_is office "$1" -ge 1; }

echo "--- without"
eventually 5 "the machine is reached" pings client $LAB_MACHINE
expect "as the ETR said, in clear" "$(cached)" "198.51.100.2 false"
lie forge 198.51.100.17 1
eventually 5 "a forged reply is believed" asked_is "198.51.100.17 false"
kill -CONT "${LAB_PID[paris]}"

echo "--- with: the office is told to protect, and reads its file again"
printf 'lisp-sec {\n\tmode = required\n\tkey "1" { key = "ITRs and resolver" }\n}\n' >>"$LAB_DIR/office.conf"
kill -HUP "${LAB_PID[office]}"
eventually 8 "the office protects" protects
expect "as the ETR said, and protected" "$(cached)" "198.51.100.2 true"
expect "protected replies of the ETR" "$(counter paris xtr_protected_replies_sent)" -ge 1

refused() # COUNTER WHAT: the lie was; the truth comes after it, and is believed
{
	eventually 5 "$2 is refused" asked_until "$1"
	expect "$2: nothing is at the liar's" "$(table office cache '[.cache[] | select(.locators[0].address == "198.51.100.17")] | length')" 0
	kill -CONT "${LAB_PID[paris]}"
	eventually 8 "$2: the machine is reached" pings client $LAB_MACHINE
	expect "$2: the truth is cached" "$(cached)" "198.51.100.2 true"
}
lie forge 198.51.100.17 1
refused xtr_map_reply_drop_unprotected "a forgery"
lie sign 198.51.100.17 1 1 "paris shares this with the map-server"
refused xtr_map_reply_drop_overclaim "an over-claim"

echo "--- it moves, and what is protected follows"
lab_move paris tokyo 5 >/dev/null
eventually 8 "protected, from tokyo" follows
expect "requests that the resolver took" "$(counter mr mapserver_protected_requests)" -ge 3
expect "requests that the map-server took" "$(counter ms mapserver_protected_requests)" -ge 3
test_end
