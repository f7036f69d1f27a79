#!/bin/bash
# The operator's command against daemons that run: every verb as a table and as JSON, every exit code by a real cause, a move as one line
# of `eid watch`, and lig in both of its dialects.
set -u
. "${top_srcdir:-.}/tests/netns/lab_test.sh"
test_begin
lab_network && lab_daemons || exit 1
out=$LAB_DIR/out err=$LAB_DIR/err

ran() # WHAT CODE NODE WORDS...: runs it, and checks its exit code; its output is in $out, its messages in $err
{
	local what=$1 code=$2 rc
	shift 2
	lab_sunward "$@" >"$out" 2>"$err"
	rc=$?
	if [ $rc = "$code" ]; then pass "$what: exit $rc"; else fail "$what: exit $rc, want $code: $(cat "$err")"; fi
}

shows() { if grep -qE -- "$2" "$out"; then pass "$1"; else fail "$1: no line like '$2' in: $(cat "$out")"; fi; } # WHAT PATTERN
says() { expect "$1" "$(cat "$err")" "$2"; } # WHAT MESSAGE
json() { expect "$1" "$(jq -cr "$2" "$out")" "$3"; } # WHAT FILTER TEXT

eventually 5 "the client reaches the machine" lab_exec client ping -c 1 -W 1 $LAB_MACHINE

# Reading: table and JSON.
ran "status of the map-server" 0 ms status
shows "its table" '^EIDs: +4$'
ran "status -j" 0 ms -j status
json "its JSON" '.daemons[0] | [.daemon, .eids, .sites, .roles[0]]' '["sunward-mapserver",4,2,"map-server"]'
ran "status of an xTR" 0 paris status
shows "its ports" '^lan +site +tc +[0-9]+ +yes +0 +[0-9a-f:]{17} +yes$'
ran "status -j of an xTR" 0 paris -j status
json "its map-server" '.daemons[0].map_servers[0] | [.address, .protocol]' '["198.51.100.26:4342","sunward"]'
ran "site show" 0 ms site show
shows "its table" '^data-centres +2 +config '
ran "site show NAME -j" 0 ms -j site show office
json "its JSON, and no secret in it" '[.. | objects | select(.name? == "office")][0] | [.origin, .keys[0].algorithm, (.keys[0] | has("key"))]' \
	'["config","hmac-sha256-128",false]'
ran "eid show" 0 ms eid show
shows "its table" "^$LAB_MACHINE +1 +data-centres +no +1440 +.* 198.51.100.2 +1 +100 +yes\$"
ran "eid show --under -j" 0 ms -j eid show --under 203.0.113.0/24
json "its JSON" '.eids | map([.eid, .seq, .owner.site_id, .static, .locators[0].address, .locators[1].priority])' \
	"[[\"$LAB_MACHINE\",1,1,false,\"198.51.100.2\",2]]"
ran "eid show --site" 0 ms -j eid show --site office
json "the office's" '[.eids[].eid] | sort' '["192.0.2.0/24","2001:db8:e:2::/64"]'
ran "cache" 0 office cache
shows "its table" "^$LAB_MACHINE +no +no +- +.* 198.51.100.2 +1 +100 +yes +yes\$"
ran "cache -j" 0 office -j cache
json "its JSON" ".cache[] | select(.eid == \"$LAB_MACHINE\") | [.negative, .action, .locators[1].address]" '[false,null,"2001:db8:51:1::2"]'
ran "local" 0 paris local
shows "its table" "^$LAB_MACHINE +yes +lan +.* yes +1\$"
ran "local -j" 0 paris -j local
json "its JSON" ".local[] | select(.eid == \"$LAB_MACHINE\") | [.dynamic, .port, .registered, .seq]" '[true,"lan",true,1]'
ran "away" 0 paris away
shows "its table" '^no EID is away$'
ran "away -j" 0 paris -j away
json "its JSON" '.away' '[]'
ran "rloc list" 0 office rloc list
shows "its own" '^198.51.100.18 +- +yes +1 +100 +no +yes +- +0$'
shows "others'" '^198.51.100.2 +- +no +- +- +no +yes +'
ran "rloc list -j" 0 office -j rloc list
json "its JSON" '.rlocs[] | select(.address == "2001:db8:51:3::2") | [.local, .priority, .drained]' '[true,2,false]'
ran "counters" 0 office counters
shows "its table" '^sunward_xtr_misses_total +- +[1-9]'
ran "counters -j" 0 ms -j counters
json "its JSON" '[.. | objects | select(.name? == "sunward_mapserver_claims_granted_total")][0] | [.value, .labels]' '[2,{}]'

# Changing, and the conflicts.
echo "a secret of the lab" >"$LAB_DIR/key"
add=(site add lab --eid-prefix 198.18.0.0/24 --key "1,hmac-sha256-128,$LAB_DIR/key")
ran "site add" 0 ms "${add[@]}"
ran "site add of the same name" 6 ms "${add[@]}"
says "it says" "sunward: there is a site lab already (--replace replaces it)"
ran "site add --replace" 0 ms "${add[@]}" --replace --policy drop
ran "site show" 0 ms -j site show lab
json "it was replaced" '[.. | objects | select(.name? == "lab")][0].policy' drop
ran "site add without a key" 2 ms site add more --eid-prefix 198.19.0.0/24
ran "site add of another's prefix" 6 ms site add more --eid-prefix 192.0.2.0/24 --key "1,hmac-sha256-128,$LAB_DIR/key"
ran "site del" 0 ms site del lab
ran "site del again" 1 ms site del lab
lig=(lig 198.18.0.7 to "${LAB_RLOC[ms]}")
ran "eid add" 0 ms eid add 198.18.0.7 --rloc 198.51.100.2,1,60 --rloc 198.51.100.10,1,40 --ttl 60
ran "eid add again" 6 ms eid add 198.18.0.7 --rloc 198.51.100.2,1,100
says "it says" "sunward: 198.18.0.7 has a mapping already (seq 1)"
ran "eid set at its seq" 0 ms eid set 198.18.0.7 --rloc 198.51.100.10,1,100 --seq 1
ran "eid set at a seq that it has no longer" 6 ms eid set 198.18.0.7 --rloc 198.51.100.2,1,100 --seq 1
says "it says" "sunward: the mapping of 198.18.0.7 has seq 2, not 1"
ran "eid show -j" 0 ms -j eid show 198.18.0.7
json "it is what was set" '[.. | objects | select(.eid? == "198.18.0.7")][0] | [.static, .ttl_min, .seq, [.locators[].address]]' \
	'[true,1440,2,["198.51.100.10"]]'
lab_exec ms "$LAB_BIN/sunward" -j "${lig[@]}" >"$out" 2>"$err"
json "and so the mapping system answers" '.records[0] | [.eid, .ttl_min, .locators[0].address]' '["198.18.0.7",1440,"198.51.100.10"]'
ran "eid del at a seq that it has no longer" 6 ms eid del 198.18.0.7 --seq 1
ran "eid del" 0 ms eid del 198.18.0.7 --seq 2
ran "eid del again" 3 ms eid del 198.18.0.7
ran "eid show of what is not there" 3 ms eid show 198.18.0.7
says "it says" "sunward: no mapping for 198.18.0.7"
ran "cache clear" 0 office cache clear $LAB_MACHINE
ran "cache clear again" 3 office cache clear $LAB_MACHINE
says "it says" "sunward: nothing is cached for exactly $LAB_MACHINE"
ran "rloc drain" 0 office rloc drain 198.51.100.18
ran "rloc list -j" 0 office -j rloc list
json "it is drained" '.rlocs[] | select(.address == "198.51.100.18") | .drained' true
ran "rloc undrain" 0 office rloc undrain 198.51.100.18
ran "rloc drain of another's" 1 office rloc drain 192.0.2.99

# The other exit codes.
ran "no such verb" 2 ms frobnicate
ran "a wrong EID" 2 ms eid show 203.0.113.300
ran "a verb for the other daemon" 1 ms cache
says "it says" "sunward: sunward-mapserver answers at $LAB_DIR/ms/api.sock, a map-server or map-resolver; this verb asks a tunnel router \
(sunward-xtr). Verbs for it: status, site, eid, counters"
ran "no daemon" 7 nowhere status
says "it says" "sunward: no daemon answers at $LAB_DIR/nowhere/api.sock: No such file or directory"
chmod 755 "$LAB_DIR"
if [ -x "$(command -v runuser)" ] && runuser -u nobody -- test -x "$LAB_BIN/sunward"; then
	runuser -u nobody -- "$LAB_BIN/sunward" --socket "$LAB_DIR/ms/api.sock" status >"$out" 2>"$err"
	expect "denied to who is not in the socket's group: exit code" $? -eq 5
	says "it says" "sunward: $LAB_DIR/ms/api.sock: Permission denied (be root, or a member of the socket's group)"
else
	pass "denied: not tried, nobody cannot reach the program here"
fi
ran "config check" 0 ms config check "$LAB_DIR/paris.conf"

# lig: Cisco-style words and the open source options, as `sunward lig` and by its own name.
ln -s "$(realpath "$LAB_BIN/sunward")" "$LAB_DIR/lig"
words="to ${LAB_RLOC[mr]} count 1 timeout 1"
for program in "$LAB_BIN/sunward lig" "$LAB_DIR/lig"; do
	for args in "$LAB_MACHINE $words" "-m ${LAB_RLOC[mr]} -c 1 -t 1 $LAB_MACHINE"; do
		lab_exec office $program $args >"$out" 2>"$err"
		expect "${program##*/} $args: exit code" $? -eq 0
		shows "its locators" '^198\.51\.100\.2 +up +1/100$'
	done
done
lab_exec office "$LAB_DIR/lig" -b -m "${LAB_RLOC[mr]}" $LAB_MACHINE6 >"$out" 2>"$err"
shows "lig -b" '^LOCATOR_1=2001:db8:51:1::2$'
lab_exec office "$LAB_DIR/lig" 203.0.113.77 $words >"$out" 2>"$err"
expect "lig of what nobody has registered: exit code" $? -eq 3
shows "it says" '^negative: natively-forward$'
lab_exec office "$LAB_DIR/lig" $LAB_MACHINE to 198.51.100.35 count 1 timeout 1 >"$out" 2>"$err"
expect "lig of a map-resolver that is not there: exit code" $? -eq 4

# A move as lines of JSON, one an event.
lab_start ms watch "$LAB_BIN/sunward" --socket "$LAB_DIR/ms/api.sock" eid watch 203.0.113.0/24
watcher=$LAB_LAST
watching() { lab_sunward ms eid set 203.0.113.66 --rloc 198.51.100.$((RANDOM % 200 + 1)),1,100 && [ -s "$LAB_DIR/watch.out" ]; }
eventually 5 "the watch shows changes" watching
lab_move paris tokyo 5 >/dev/null
eventually 5 "the move is told" grep -q '"event":"moved"' "$LAB_DIR/watch.out"
kill "$watcher" 2>/dev/null
wait "$watcher" 2>/dev/null
grep '"event":"moved"' "$LAB_DIR/watch.out" >"$out"
json "as one line" '[.event, .eid, .seq, .locators, .previous, .reason]' \
	"[\"moved\",\"$LAB_MACHINE\",2,[\"198.51.100.10\",\"2001:db8:51:2::2\"],[\"198.51.100.2\",\"2001:db8:51:1::2\"],\"claim\"]"
ran "away" 0 paris away
shows "its table" "^$LAB_MACHINE +2 +.* 198.51.100.10 +1 +100 "
test_end
