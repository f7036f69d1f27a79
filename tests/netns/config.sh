#!/bin/bash
# Configurations: every one that is shipped is right, and a wrong one is told all its mistakes at once, each with its line, its section,
# what was given and what would be right. Needs no privilege.
set -u
: "${top_srcdir:=.}" "${top_builddir:=build/plain}"
. "$top_srcdir/tests/netns/require.sh"
. "$top_srcdir/tests/unit/config_expect.sh"
require curl
dir=$(mktemp -d /tmp/sunward-config-XXXXXX) || exit 1
pid=
trap '[ -z "$pid" ] || kill "$pid" 2>/dev/null; wait; rm -rf "$dir"' EXIT
cd "$dir" || exit 1

for file in "$top_srcdir"/conf/*.conf "$top_srcdir"/tests/lab/conf/*.conf; do
	daemon=sunward-mapserver
	! grep -q '^rloc ' "$file" || daemon=sunward-xtr
	! grep -q '^xtr ' "$file" || daemon=sunward-vmagent
	! grep -q '^port ' "$file" || daemon=sunward-rbridge
	sed "s|@DIR@|$dir|g; s|@XTR@|198.51.100.2|g; s|@URI@|test:///default|g; s|@ID@|61000000000000000000000000000001|g" "$file" >shipped.conf
	check "$daemon -t ${file#"$top_srcdir"/}" "$("$top_builddir/$daemon" -t -c shipped.conf 2>&1)" "shipped.conf: no mistakes"
done

refused() # WHAT DAEMON FILE WANT
{
	local got rc
	got=$("$top_builddir/$2" -t -c "$3" 2>&1)
	rc=$?
	check "$1" "$got" "$4"
	check "$1: exit code" $rc 1
}

cat >ms.conf <<'T'
roles = {"map-sever", "map-resolver"}
listen = {"0.0.0.0:434222", "[::]:4342"}
worker = 2
site "office" {
	key "300" {
		algorithm = hmac-sha256
		key = ""
	}
	eid-prefix "192.0.2.1/24" {}
	move = last-write
	proxy-repyl = always
}
site "empty" {
	eid-prefix "198.18.0.0/15" {
		accept-more-specifics = maybe
	}
}
static "198.18.0.0/15" {
	ttl = 30s
	locator "198.51.100.300" {
		priority = 256
	}
}
limits {
	registration-timeout = 3x
	tombstones = 5
}
api-socket = ""
site "late" {
	key "1" {
		key = "x"
	}
	eid-prefix "[0]198.18.0.0/15" {}
}
static "198.51.100.0/24" {
	ttl = 90s
	action = drop
	locator "192.0.2.1" {}
}
fast-path {
	interfaces = {"eth0", "an/interface"}
	entries = 0
	locators = 5
}
T
ms_mistakes='ms.conf:1: roles is "map-sever"; want one of map-server, map-resolver, ddt-node
ms.conf:2: listen is "0.0.0.0:434222"; want an address, and a port 1-65535, like 192.0.2.1:4342 or [2001:db8::1]:4342
ms.conf:3: there is no option `worker` here; did you mean `workers`?
ms.conf:5: site "office": key "300": the title is "300"; want a number from 0 to 255
ms.conf:6: site "office": key "300": algorithm is "hmac-sha256"; want one of hmac-sha1-96, hmac-sha256-128, hmac-sha256-128-hkdf
ms.conf:7: site "office": key "300": key (not shown) is not right; want a secret of 1 to 4096 bytes
ms.conf:9: site "office": eid-prefix "192.0.2.1/24": the title is "192.0.2.1/24"; want an EID like 192.0.2.0/24, 2001:db8::/32 or [7]10.0.0.1/32 (the address has bits set beyond its prefix length: clear them, or give a longer length)
ms.conf:10: site "office": move is "last-write"; want one of last-writer, owner-first
ms.conf:11: site "office": there is no option `proxy-repyl` here; did you mean `proxy-reply`?
ms.conf:13: site "empty": section key is missing; titled by its key-id; two may live at a time
ms.conf:15: site "empty": eid-prefix "198.18.0.0/15": accept-more-specifics is "maybe"; want yes or no
ms.conf:19: static "198.18.0.0/15": ttl is "30s"; want a time like 500ms, 60s, 3m, 12h or 1d from 1m to 365d
ms.conf:20: static "198.18.0.0/15": locator "198.51.100.300": the title is "198.51.100.300"; want a unicast IPv4 or IPv6 address
ms.conf:21: static "198.18.0.0/15": locator "198.51.100.300": priority is "256"; want a number from 0 to 255
ms.conf:25: limits: registration-timeout is "3x"; want a time like 500ms, 60s, 3m, 12h or 1d from 1s to 1d
ms.conf:26: limits: tombstones is "5"; want a number from 1024 to 100000000
ms.conf:28: api-socket is ""; want 1 to 107 bytes
ms.conf:33: site "late": eid-prefix "[0]198.18.0.0/15": site "empty" has this prefix already, on line 14; several hold it only if each says shared = yes
ms.conf:36: static "198.51.100.0/24": ttl is "90s"; want whole minutes: a TTL on the wire has no seconds
ms.conf:37: static "198.51.100.0/24": action: it is for a mapping without locators; want it or locators
ms.conf:41: fast-path: interfaces is "an/interface"; want an interface name of 1 to 15 bytes
ms.conf:42: fast-path: entries is "0"; want a number from 1 to 100000000
ms.conf:43: fast-path: there is no option `locators` here; did you mean `locator-sets`?'
refused "23 mistakes in a map-server's file" sunward-mapserver ms.conf "$ms_mistakes
ms.conf: not usable"

cat >share.conf <<'T'
site "paris" {
	key "1" {
		key = "one"
	}
	eid-prefix "10.0.0.0/8" {
		shared = yes
	}
}
site "tokyo" {
	key "1" {
		key = "one"
	}
	key "2" {
		key = "two"
	}
	eid-prefix "[0]10.0.0.0/8" {
		shared = yes
	}
}
site "osaka" {
	key "1" {
		key = "three"
	}
	eid-prefix "10.0.0.0/8" {}
}
T
refused "mistakes of sites that share a prefix" sunward-mapserver share.conf \
	'share.conf:10: site "tokyo": key "1": site "paris", which shares [0]10.0.0.0/8, has the same key and key-id on line 2: nobody could say whose a message is
share.conf:24: site "osaka": eid-prefix "10.0.0.0/8": site "paris" has this prefix already, on line 5; several hold it only if each says shared = yes
share.conf: not usable'

cat >sec.conf <<'T'
site "office" {
	key "1" {
		key = "registers"
	}
	lisp-sec-key "2" {
		key = "answers"
	}
	lisp-sec-key "02" {
		key = "answers too"
	}
	eid-prefix "192.0.2.0/24" {}
}
lisp-sec {
	peer "[3]198.51.100.0/24" {}
	peer "198.51.100.0/24" {}
	peer "203.0.113.0/24" {
		key "1" {
			key = "answers"
		}
		key "2" {
			key = "registers"
		}
		unwrap = yes
	}
}
T
refused "mistakes in lisp-sec, and secrets that are not independent" sunward-mapserver sec.conf \
	'sec.conf:3: site "office": key "1": key: the secret of line 21 again; a site'\''s keys and those of lisp-sec'\''s peers must be independent (RFC 9303 section 6.5)
sec.conf:6: site "office": lisp-sec-key "2": key: the secret of line 18 again; a site'\''s keys and those of lisp-sec'\''s peers must be independent (RFC 9303 section 6.5)
sec.conf:8: site "office": lisp-sec-key "02": the key-id of line 5 again
sec.conf:14: lisp-sec: peer "[3]198.51.100.0/24": the title is "[3]198.51.100.0/24"; want a prefix of IPv4 or IPv6 addresses, like 198.51.100.0/24
sec.conf:15: lisp-sec: peer "198.51.100.0/24": neither a key nor unwrapped = yes
sec.conf:23: lisp-sec: peer "203.0.113.0/24": there is no option `unwrap` here; did you mean `unwrapped`?
sec.conf: not usable'

cat >secx.conf <<'T'
rloc "198.51.100.2" {}
core-port "core" {}
map-resolver = {"198.51.100.34"}
map-server "198.51.100.26" {
	key = "registers"
	lisp-sec-key "1" {}
}
lisp-sec {
	mode = maybe
	hmac = {"hmac-sha256-128", "md5"}
	kdf = {"hkdf-sha256", "hkdf-sha1-128", "hkdf-sha256"}
	key "256" {
		key = "x"
	}
}
T
refused "mistakes in a tunnel router's lisp-sec" sunward-xtr secx.conf \
	'secx.conf:6: map-server "198.51.100.26": lisp-sec-key "1": key is missing; the pre-shared key, or key-file
secx.conf:9: lisp-sec: mode is "maybe"; want one of off, on, required
secx.conf:10: lisp-sec: hmac is "md5"; want one of hmac-sha1-96, hmac-sha256-128
secx.conf:11: lisp-sec: kdf: 3 values; want at most 2
secx.conf:12: lisp-sec: key "256": the title is "256"; want a number from 0 to 255
secx.conf: not usable'
sed -i '/lisp-sec-key/s/{}/{ key = "answers" }/; s/maybe/required/; s/, "md5"//; s/, "hkdf-sha256"}/}/; /key "256"/s/256/1/; s/"x"/"answers"/' secx.conf
refused "a tunnel router's secrets that are not independent" sunward-xtr secx.conf \
	'secx.conf: lisp-sec: one of its secrets is map-server 198.51.100.26:4342'\''s too; they must be independent (RFC 9303 section 6.5)
secx.conf: not usable'

cat >xtr.conf <<'T'
rloc "198.51.100.2" {
	priority = 300
	wieght = 50
}
rloc "224.0.0.1" {}
core-port "a-name-of-an-interface" {}
site-port "lan" {
	instance-id = 16777216
	mode = xpd
	gateway = {"192.0.2.999"}
	gateway-mac = "01:00:5e:00:00:01"
	proxy = perhaps
}
map-resolver = {"198.51.100.34:99999"}
map-server "198.51.100.26" {
	protocol = sunwrad
	key-id = 256
}
xtr-id = "12345"
eid-prefix = {"192.0.2.7/24"}
dynamic-eid = {"52:54:00:00:00:00/24", "(*,232.0.0.0/8)"}
timers {
	hold = 2
	probe = 10h
}
limits {
	hold-memory = 1KiB
	eids-per-agent = 0
	hold-packet = 64
}
dynamic-eids = {"203.0.113.0/24"}
T
refused "22 mistakes in a tunnel router's file" sunward-xtr xtr.conf \
	'xtr.conf:2: rloc "198.51.100.2": priority is "300"; want a number from 0 to 255
xtr.conf:3: rloc "198.51.100.2": there is no option `wieght` here; did you mean `weight`?
xtr.conf:5: rloc "224.0.0.1": the title is "224.0.0.1"; want a unicast IPv4 or IPv6 address
xtr.conf:6: core-port "a-name-of-an-interface": the title is "a-name-of-an-interface"; want an interface name of 1 to 15 bytes
xtr.conf:8: site-port "lan": instance-id is "16777216"; want a number from 0 to 16777214
xtr.conf:9: site-port "lan": mode is "xpd"; want one of tc, xdp
xtr.conf:10: site-port "lan": gateway is "192.0.2.999"; want a unicast IPv4 or IPv6 address
xtr.conf:11: site-port "lan": gateway-mac is "01:00:5e:00:00:01"; want the MAC of one station, such as 02:00:5e:00:01:01
xtr.conf:12: site-port "lan": proxy is "perhaps"; want yes or no
xtr.conf:14: map-resolver is "198.51.100.34:99999"; want an address, and a port 1-65535, like 192.0.2.1:4342 or [2001:db8::1]:4342
xtr.conf:15: map-server "198.51.100.26": key is missing; the pre-shared key, or key-file
xtr.conf:16: map-server "198.51.100.26": protocol is "sunwrad"; want one of sunward, standard
xtr.conf:17: map-server "198.51.100.26": key-id is "256"; want a number from 0 to 255
xtr.conf:19: xtr-id is "12345"; want 32 hexadecimal digits
xtr.conf:20: eid-prefix is "192.0.2.7/24"; want an EID like 192.0.2.0/24, 2001:db8::/32 or [7]10.0.0.1/32 (the address has bits set beyond its prefix length: clear them, or give a longer length)
xtr.conf:21: dynamic-eid is "(*,232.0.0.0/8)"; want an IPv4, IPv6 or MAC prefix, of instance 0 to 16777214
xtr.conf:23: timers: hold is "2"; want a time like 500ms, 60s, 3m, 12h or 1d from 10ms to 1m
xtr.conf:24: timers: probe is "10h"; want a time like 500ms, 60s, 3m, 12h or 1d from 0ms to 1h
xtr.conf:27: limits: hold-memory is "1KiB"; want a size like 512, 64KiB, 64MiB or 1GiB from 64KiB to 4294967295
xtr.conf:28: limits: eids-per-agent is "0"; want a number from 1 to 65536
xtr.conf:29: limits: there is no option `hold-packet` here; did you mean `hold-packets`?
xtr.conf:31: there is no option `dynamic-eids` here; did you mean `dynamic-eid`?
xtr.conf: not usable'

sed '/^#agent/,/^#}/s/^#//; /^#handover/,/^#}/s/^#//; s|^\(.*\)key-file = .*hypervisor-1.key"|\1key = "a key"|' \
	"$top_srcdir/conf/xtr.conf" >agents.conf
check "a tunnel router's agents" "$("$top_builddir/sunward-xtr" -t -c agents.conf 2>&1)" "agents.conf: no mistakes"
cat >agents.part <<'T'
agent "one" {
	id = 0102
	key = "a"
}
agent "two" {
	id = 000102030405060708090a0b0c0d0e0f
	key = "b"
	next-key = "c"
	next-key-id = 1
}
handover {
	cutover = pause
	takeover = 10ms
}
T
sed '/^#/d' "$top_srcdir/conf/xtr.conf" | cat agents.part - >agents.conf
refused "mistakes in a tunnel router's agents" sunward-xtr agents.conf \
	'agents.conf:2: agent "one": id is "0102"; want 32 hexadecimal digits
agents.conf:9: agent "two": next-key-id: it is another number than key-id
agents.conf:12: handover: cutover is "pause"; want one of stop, resume
agents.conf:13: handover: takeover is "10ms"; want a time like 500ms, 60s, 3m, 12h or 1d from 50ms to 1m
agents.conf: not usable'

sed '/^#rbridge/,/^#}/s/^#//' "$top_srcdir/conf/xtr.conf" >rbridge.conf
check "a tunnel router's RBridge" "$("$top_builddir/sunward-xtr" -t -c rbridge.conf 2>&1)" "rbridge.conf: no mistakes"
cat >rbridge.part <<'T'
rbridge {
	socket = "run/rbridge.sock"
	vlan "4095" {
		site-port = "lan"
	}
	vlan "10" {
		site-port = "lan"
	}
	vlan "20" {
		site-port = "lan"
	}
	vlan "30" {
		site-port = "wan"
	}
	vlan "40" {
	}
	lease = 0s
	costs = near
	cordinates = yes
	move-wait = 20s
}
T
sed '/^#/d' "$top_srcdir/conf/xtr.conf" | cat rbridge.part - >rbridge.conf
refused "mistakes in a tunnel router's RBridge" sunward-xtr rbridge.conf \
	'rbridge.conf:2: rbridge: socket is "run/rbridge.sock"; want an absolute path, one that begins with /
rbridge.conf:3: rbridge: vlan "4095": the title is "4095"; want a number from 1 to 4094
rbridge.conf:10: rbridge: vlan "20": site-port: "lan" is vlan 10'"'"'s already; want another port
rbridge.conf:13: rbridge: vlan "30": site-port: "wan" is none; want one of the sections site-port
rbridge.conf:15: rbridge: vlan "40": site-port is missing; the site-port that is an end station of this VLAN
rbridge.conf:17: rbridge: lease is "0s"; want a time like 500ms, 60s, 3m, 12h or 1d from 1s to 1h
rbridge.conf:18: rbridge: costs is "near"; want yes or no
rbridge.conf:19: rbridge: there is no option `cordinates` here; did you mean `coordinates`?
rbridge.conf:20: rbridge: move-wait is "20s"; want a time like 500ms, 60s, 3m, 12h or 1d from 0ms to 10s
rbridge.conf: not usable'

sed '/^# rbridge/,/^# }/s/^# //' "$top_srcdir/conf/vmagent.conf" | sed 's|key-file = .*|key = "a key"|' >rbridge.conf
check "an agent's RBridge" "$("$top_builddir/sunward-vmagent" -t -c rbridge.conf 2>&1 | grep -v libvirt)" "rbridge.conf: no mistakes"
cat >rbridge.part <<'T'
rbridge {
	socket = "rbridge.sock"
	vlan "0" {
	}
	vlan "10" {
		instance-id = 7
	}
	vlan "20" {
		instance-id = 7
		port = "a-name-of-an-interface"
	}
	vlans = 10
}
T
sed '/^#/d; s|key-file = .*|key = "a key"|' "$top_srcdir/conf/vmagent.conf" | cat rbridge.part - >rbridge.conf
refused "mistakes in an agent's RBridge" sunward-vmagent rbridge.conf \
	'rbridge.conf:2: rbridge: socket is "rbridge.sock"; want an absolute path, one that begins with /
rbridge.conf:3: rbridge: vlan "0": the title is "0"; want a number from 1 to 4094
rbridge.conf:9: rbridge: vlan "20": instance-id: 7 is vlan 10'"'"'s already; want another instance
rbridge.conf:10: rbridge: vlan "20": port is "a-name-of-an-interface"; want an interface name of 1 to 15 bytes
rbridge.conf:12: rbridge: there is no option `vlans` here; did you mean `vlan`?
rbridge.conf: not usable'

cat >nat.conf <<'T'
nat {
	rtr = {"198.51.100.250", "224.0.0.1", "198.51.100"}
	rtrs = {"198.51.100.1"}
}
T
refused "mistakes in nat" sunward-mapserver nat.conf \
	'nat.conf:2: nat: rtr is "224.0.0.1"; want a unicast IPv4 or IPv6 address
nat.conf:2: nat: rtr is "198.51.100"; want a unicast IPv4 or IPv6 address
nat.conf:3: nat: there is no option `rtrs` here; did you mean `rtr`?
nat.conf: not usable'
printf 'nat {\n\trtr = {"192.0.2.1"%s}\n}\n' "$(printf ', "192.0.2.%d"' {2..9})" >nat.conf
refused "too many RTRs" sunward-mapserver nat.conf \
	'nat.conf:2: nat: rtr: 9 values; want at most 8
nat.conf: not usable'
cat >natx.conf <<'T'
rloc "198.51.100.2" {}
core-port "wan" {}
map-resolver = {"198.51.100.34"}
nat = force
timers {
	nat-keepalive = 500ms
}
T
refused "a tunnel router's mistakes about a NAT" sunward-xtr natx.conf \
	'natx.conf:4: nat is "force"; want one of off, auto, required
natx.conf:6: timers: nat-keepalive is "500ms"; want a time like 500ms, 60s, 3m, 12h or 1d from 1s to 10m
natx.conf: not usable'
sed -i 's/force/auto/; s/500ms/5s/' natx.conf
refused "nobody to ask about a NAT" sunward-xtr natx.conf \
	'natx.conf: nat: nobody can be asked without a map-server, and an eid-prefix or dynamic-eid to ask about
natx.conf: not usable'

printf 'api-socket = "run/api"\nstate-dir = "state"\n' >here.conf
refused "paths that depend on where the daemon was started" sunward-mapserver here.conf \
	'here.conf:1: api-socket is "run/api"; want an absolute path, one that begins with /
here.conf:2: state-dir is "state"; want an absolute path, one that begins with /
here.conf: not usable'

printf 'site "office" {\n\tkey "1" {\n\t\tkey = "x"\n\teid-prefix "192.0.2.0/24" {}\n}\n' >open.conf
refused "a brace that is missing" sunward-mapserver open.conf \
	'open.conf:4: site "office": key "1": there is no option `eid-prefix` here
open.conf:6: site "office": the file ends within this section; want a }
open.conf: not usable'
refused "a file that is missing" sunward-mapserver none.conf \
	'none.conf: cannot be read: No such file or directory
none.conf: not usable'

cat >vm.conf <<'T'
xtr "192.0.2.1" {
	key-id = 256
}
guest "web" {
	qmp = "run/qmp"
	uuid = "6f1c0c5e"
	ticket = "short"
	host "203.0.113.0/24" {
		mac = 01:00:5e:00:00:01
	}
	host "203.0.113.7" {
		port = lan/0
	}
}
guest "db" {
	host "203.0.113.7" {
		mac = 52:54:00:66:00:02
	}
}
expect = 10
T
refused "an agent's configuration with mistakes" sunward-vmagent vm.conf \
	'vm.conf:1: xtr "192.0.2.1": key is missing; the pre-shared key, or key-file
vm.conf:2: xtr "192.0.2.1": key-id is "256"; want a number from 0 to 255
vm.conf:5: guest "web": qmp is "run/qmp"; want an absolute path, one that begins with /
vm.conf:6: guest "web": uuid is "6f1c0c5e"; want a UUID that is not all zero, as 6f1c0c5e-3f6a-4c57-9d2e-0d6f8b1f3a52
vm.conf:7: guest "web": ticket (not shown) is not right; want 16 to 4096 bytes
vm.conf:8: guest "web": host "203.0.113.0/24": the title is "203.0.113.0/24"; want one unicast IPv4, IPv6 or MAC address, of instance 0 to 16777214
vm.conf:9: guest "web": host "203.0.113.0/24": mac is "01:00:5e:00:00:01"; want a unicast MAC address, as 52:54:00:00:00:01
vm.conf:11: guest "web": host "203.0.113.7": no mac: that of the card which has this address is needed
vm.conf:12: guest "web": host "203.0.113.7": port is "lan/0"; want an interface name of 1 to 15 bytes
vm.conf:16: guest "db": host "203.0.113.7": guest "web" has this address already
vm.conf:20: expect is "10"; want a time like 500ms, 60s, 3m, 12h or 1d from 1s to 1d
vm.conf: not usable'
cat >vm.conf <<'T'
xtr "192.0.2.1" {
	key = "x"
}
guest "web" {
	qmp = "/run/a.qmp"
	host "203.0.113.7" {}
}
guest "db" {
	qmp = "/run/a.qmp"
	host "203.0.113.7" {
		mac = 52:54:00:66:00:02
	}
}
T
cat >rb.conf <<'T'
port "up/link" {
	kind = trunkk
}
port "east" {
	kind = access
	p2p = yes
	vlans = {0, "10-19", "20-4095"}
}
port "west" {
	kind = hybrid
	pvid = 0
}
port "south" {
	kind = trunk
	vlans = {10, 20}
	designated-vlan = 11
	announcing-vlans = {20, 30}
	hello = 600ms
	holding = 1s
}
port "north" {
	kind = trunk
	holding = 1500ms
}
station "01:00:5e:00:00:01" {
	vlan = 4095
}
station "52:54:00:00:00:77" {
	vlan = 10
	port = "south"
}
station "52:54:00:00:00:78" {
	vlan = 10
}
esadi = {10, twenty}
tree-roots = {0x0a01, 0xffc0}
overload = often
arp-proxy = maybe
check-interval = 2s
nickname = 65472
system-id = "0200.0000"
key "1" {
	algorithm = md5
}
nicname = 3
T
refused "an RBridge's configuration with mistakes" sunward-rbridge rb.conf \
	'rb.conf:1: port "up/link": the title is "up/link"; want an interface name of 1 to 15 bytes
rb.conf:2: port "up/link": kind is "trunkk"; want one of trunk, access, hybrid
rb.conf:6: port "east": p2p: end stations are not served there; want kind = trunk
rb.conf:7: port "east": vlans is "0"; want a VLAN of 1 to 4094, or a range like 10-19
rb.conf:7: port "east": vlans is "20-4095"; want a VLAN of 1 to 4094, or a range like 10-19
rb.conf:7: port "east": vlans: untagged frames of end stations are dropped: pvid is 1, which is none of them; want it among them, or pvid = 0 (warning)
rb.conf:9: port "west": no VLAN: want vlans, where pvid is 0
rb.conf:16: port "south": designated-vlan: 11 is none of vlans
rb.conf:17: port "south": announcing-vlans: 30 is none of vlans
rb.conf:19: port "south": holding: 1 s; want at least two Hellos of 600 ms in it, or one lost Hello ends the adjacency
rb.conf:23: port "north": holding is "1500ms"; want whole seconds: Hellos say no others
rb.conf:25: station "01:00:5e:00:00:01": the title is "01:00:5e:00:00:01"; want the MAC of one station, such as 52:54:00:00:00:01
rb.conf:26: station "01:00:5e:00:00:01": vlan is "4095"; want a number from 1 to 4094
rb.conf:30: station "52:54:00:00:00:77": port: south is no port with end stations
rb.conf:32: station "52:54:00:00:00:78": want either port or nickname
rb.conf:35: esadi is "twenty"; want a VLAN of 1 to 4094, or a range like 10-19
rb.conf:36: tree-roots is "0xffc0"; want a number from 1 to 65471
rb.conf:37: overload is "often"; want yes or no
rb.conf:38: arp-proxy is "maybe"; want yes or no
rb.conf:39: check-interval is "2s"; want one of 10ms, 100ms, 1s, 10s, 1min, 10min
rb.conf:40: nickname is "65472"; want a number from 1 to 65471
rb.conf:41: system-id is "0200.0000"; want six bytes, not all zero, such as 0200.0000.0001 or 02:00:00:00:00:01
rb.conf:42: key "1": key is missing; the pre-shared key, or key-file
rb.conf:43: key "1": algorithm is "md5"; want one of hmac-md5, hmac-sha1, hmac-sha224, hmac-sha256, hmac-sha384, hmac-sha512
rb.conf:45: there is no option `nicname` here; did you mean `nickname`?
rb.conf: not usable'
cat >lists.conf <<'T'
port "up" {
	kind = trunk
}
nickname = 7
check = {5, 0x0005, 7}
tree-roots = {5, 6, 5}
tree-uses = {5, 6, 6}
T
refused "an RBridge's lists of nicknames with mistakes" sunward-rbridge lists.conf \
	'lists.conf:5: check: nickname 0x0005 stands there twice; want each once
lists.conf:5: check: nickname 7 is our own; want nicknames of others
lists.conf:6: tree-roots: nickname 5 stands there twice; want each once
lists.conf:7: tree-uses: nickname 6 stands there twice; want each once
lists.conf: not usable'
cat >oam.conf <<'T'
port "up" {
	kind = trunk
}
oam-authentication = demand
T
refused "an RBridge's OAM authentication without a key" sunward-rbridge oam.conf \
	'oam.conf:4: oam-authentication: there is no key; want section key
oam.conf: not usable'
cat >oam5.conf <<'T'
port "up" {
	kind = trunk
}
key "7" {
	algorithm = hmac-md5
	key = "secret"
}
oam-authentication = sign
T
refused "an RBridge's OAM authentication by a key that cannot" sunward-rbridge oam5.conf \
	'oam5.conf:8: oam-authentication: OAM cannot be signed by hmac-md5, as the first key has it; want another algorithm
oam5.conf: not usable'
cat >labels.conf <<'T'
port "up" {
	kind = trunk
	p2p = yes
	labels = {"1=5"}
}
port "east" {
	kind = access
	neighbors = no
	vlans = {"10-19", 30}
	labels = {"10", "10=16777216", "19-10=5", "10-11=16777215"}
}
port "west" {
	kind = access
	neighbors = no
	vlans = {"10-19", 30}
	labels = {"10-12=70000", "18-20=80000"}
}
port "south" {
	kind = access
	neighbors = no
	vlans = {"10-19", 30}
	labels = {"10-12=70000", "30=70002"}
}
port "north" {
	kind = access
	neighbors = no
	vlans = {"1-4000"}
	labels = {"1-2047=100000"}
}
esadi-labels = {70000, "9-8", "1-0x1000000"}
T
labels='want a VLAN and its label, like 10=70000, or ranges from which on they stand for each other, like 20-29=70100; labels are 0 to 16777215'
refused "an RBridge's fine-grained labels with mistakes" sunward-rbridge labels.conf \
	'labels.conf:4: port "up": labels: end stations are not served there; want kind = access or hybrid
labels.conf:9: port "east": vlans: untagged frames of end stations are dropped: pvid is 1, which is none of them; want it among them, or pvid = 0 (warning)
labels.conf:10: port "east": labels is "10"; '"$labels"'
labels.conf:10: port "east": labels is "10=16777216"; '"$labels"'
labels.conf:10: port "east": labels is "19-10=5"; '"$labels"'
labels.conf:10: port "east": labels is "10-11=16777215"; '"$labels"'
labels.conf:15: port "west": vlans: untagged frames of end stations are dropped: pvid is 1, which is none of them; want it among them, or pvid = 0 (warning)
labels.conf:16: port "west": labels: VLAN 20 is none of vlans
labels.conf:21: port "south": vlans: untagged frames of end stations are dropped: pvid is 1, which is none of them; want it among them, or pvid = 0 (warning)
labels.conf:22: port "south": labels: VLAN 30 or label 70002 stands there twice; want each once
labels.conf:28: port "north": labels: 2054 labels at all ports up to this; want at most 2048
labels.conf:30: esadi-labels is "9-8"; want a label of 0 to 16777215, or a range like 70000-70009
labels.conf:30: esadi-labels is "1-0x1000000"; want a label of 0 to 16777215, or a range like 70000-70009
labels.conf: not usable'
cat >open.conf <<'T'
port "spine" {
	kind = trunk
}
port "guest" {
	kind = access
	neighbors = no
}
port "rack" {
	kind = hybrid
}
T
check "an RBridge's end stations, and no key" "$("$top_builddir/sunward-rbridge" -t -c open.conf 2>&1)" \
	'open.conf:8: port "rack": without a key any end station there can join the campus as an RBridge and change all its routes; want section key, or neighbors = no (warning)
open.conf: no mistakes'
sed -i 's/hybrid/access\n\tneighbors = no/' open.conf
check "they are not heard as RBridges" "$("$top_builddir/sunward-rbridge" -t -c open.conf 2>&1)" "open.conf: no mistakes"
sed -i '2s/$/\n\tneighbors = no/' open.conf
refused "a trunk to nobody" sunward-rbridge open.conf \
	'open.conf:3: port "spine": neighbors: RBridges are there, or may be; want kind = access, or yes
open.conf: not usable'
cat >ids.conf <<'T'
port "spine" {
	kind = trunk
}
key "1" {
	algorithm = hmac-sha256
	key = "old"
}
key "2" {
	algorithm = hmac-sha256
	key = "new"
}
key "257" {
	algorithm = hmac-sha256
	key = "newer"
}
T
chmod 600 ids.conf
check "keys whose IDs are alike for BFD, and no BFD" "$("$top_builddir/sunward-rbridge" -t -c ids.conf 2>&1)" "ids.conf: no mistakes"
sed -i '2s/$/\n\tbfd = yes/' ids.conf
refused "keys whose IDs are alike for BFD" sunward-rbridge ids.conf \
	'ids.conf:13: key "257": key 1 has the same Key ID in BFD, 1, which has the lowest 8 bits of it; want another, or bfd = no
ids.conf: not usable'
sed -i 's/257/258/;/^key "2"/s/2/3/' ids.conf
check "keys whose IDs differ for BFD" "$("$top_builddir/sunward-rbridge" -t -c ids.conf 2>&1)" "ids.conf: no mistakes"
cat >lag.conf <<'T'
arp-proxy = yes
port "bond" {
	kind = access
	lag = "02:00:00:00:00:01:00:01"
}
port "again" {
	kind = access
	neighbors = no
	lag = "02:00:00:00:00:01:00:01"
}
port "what" {
	kind = access
	neighbors = no
	lag = "bond0"
}
port "alone" {
	kind = access
	neighbors = no
	lag-exclusive = yes
}
T
refused "bonds to several RBridges" sunward-rbridge lag.conf \
	'lag.conf:2: port "bond": without a key any end station there can join the campus as an RBridge and change all its routes; want section key, or neighbors = no (warning)
lag.conf:4: port "bond": lag: its RBridges do not hear each other there; want kind = access and neighbors = no
lag.conf:4: port "bond": lag: what arp-proxy floods does not enter as the bond'"'"'s; want arp-proxy = no
lag.conf:9: port "again": lag: what arp-proxy floods does not enter as the bond'"'"'s; want arp-proxy = no
lag.conf:9: port "again": lag: port bond has it already; want one port of an RBridge for each bond
lag.conf:14: port "what": lag is "bond0"; want 8 bytes like 02:00:00:00:00:01:00:01, or 6 of a MAC; the same at each RBridge of the bond, and of no other
lag.conf:19: port "alone": lag-exclusive: of which bond? want lag, too
lag.conf: not usable'
cat >vlans.conf <<'T'
key "1" {
	key = "of the campus"
}
port "racks" {
	kind = access
	vlans = {10, 20}
}
port "spine" {
	kind = trunk
	pvid = 5000
}
station "52:54:00:00:00:01" {
	vlan = 10
	port = racks
}
station "52:54:00:00:00:01" {
	vlan = 20
	port = racks
}
station "52:54:00:00:00:02" {
	vlan = 20
	port = racks
}
station "52:54:00:00:00:02" {
	vlan = 20
	nickname = 7
}
station "52:54:00:00:00:03" {
	vlan = 99
	port = racks
}
T
refused "VLANs of ports and stations" sunward-rbridge vlans.conf \
	'vlans.conf:6: port "racks": vlans: untagged frames of end stations are dropped: pvid is 1, which is none of them; want it among them, or pvid = 0 (warning)
vlans.conf:10: port "spine": pvid is "5000"; want a number from 0 to 4094
vlans.conf:25: station "52:54:00:00:00:02": vlan: the station stands in VLAN 20 already; want it once
vlans.conf:29: station "52:54:00:00:00:03": vlan: 99 is none of vlans of port racks
vlans.conf: not usable'
cat >snoop.conf <<'T'
xtr "192.0.2.1" {
	key = "x"
}
snoop "tap*" {
	eid-prefix = {"[7]203.0.113.0/24", "[8]2001:db8::/64"}
	addresses = 0
	age = 5s
}
snoop "veth*" {
	port = lan
}
snoop "a-pattern-that-is-longer-than-31-bytes*" {
	eid-prefix = "203.0.113.1/24"
}
guest "web" {
	qmp = "/run/a.qmp"
	mac = {52:54:00:66:00:02, 01:00:5e:00:00:01}
}
guest "db" {
	uuid = "6f1c0c5e-3f6a-4c57-9d2e-0d6f8b1f3a52"
	mac = 52:54:00:66:00:03
	host "203.0.113.7" {
		mac = 52:54:00:66:00:03
	}
}
T
refused "an agent's snooping with mistakes" sunward-vmagent snoop.conf \
	'snoop.conf:5: snoop "tap*": eid-prefix: instances 7 and 8: an interface is in one only
snoop.conf:6: snoop "tap*": addresses is "0"; want a number from 1 to 256
snoop.conf:7: snoop "tap*": age is "5s"; want a time like 500ms, 60s, 3m, 12h or 1d from 10s to 1d
snoop.conf:9: snoop "veth*": eid-prefix is missing; addresses that may be found there, of one instance; others are not believed
snoop.conf:12: snoop "a-pattern-that-is-longer-than-31-bytes*": the title is "a-pattern-that-is-longer-than-31-bytes*"; want 1 to 31 bytes
snoop.conf:13: snoop "a-pattern-that-is-longer-than-31-bytes*": eid-prefix is "203.0.113.1/24"; want an EID like 192.0.2.0/24, 2001:db8::/32 or [7]10.0.0.1/32 (the address has bits set beyond its prefix length: clear them, or give a longer length)
snoop.conf:17: guest "web": mac is "01:00:5e:00:00:01"; want a unicast MAC address, as 52:54:00:00:00:01
snoop.conf:17: guest "web": mac: it needs the guest'"'"'s uuid, by which QEMU or libvirt says whether it runs
snoop.conf:21: guest "db": mac: its hosts name its addresses already, with their cards
snoop.conf: not usable'
refused "an agent's guests that have one address or one socket" sunward-vmagent vm.conf \
	'vm.conf:6: guest "web": host "203.0.113.7": no mac: that of the card which has this address is needed
vm.conf:9: guest "db": qmp: it is guest "web"'"'"'s already
vm.conf:10: guest "db": host "203.0.113.7": guest "web" has this address already
vm.conf: not usable'

cat >vm.conf <<'T'
xtr "192.0.2.1" {
	key = "x"
}
destination "tokyo" {
	migrate = "198.51.100.9"
}
destination "osaka" {
	qemu = "exec:true"
}
destination "kyoto" {
	libvirt = "qemu+tls://kyoto.example.net/system"
}
T
refused "an agent's destinations that nothing can be moved to" sunward-vmagent vm.conf \
	'vm.conf:4: destination "tokyo": neither libvirt nor qemu: no guest can be moved there
vm.conf:5: destination "tokyo": migrate is "198.51.100.9"; want an address to migrate to, as tcp://192.0.2.9
vm.conf:7: destination "osaka": neither libvirt nor qemu: no guest can be moved there
vm.conf:8: destination "osaka": qemu is "exec:true"; want tcp:ADDRESS:PORT, as tcp:192.0.2.9:4444
vm.conf:11: destination "kyoto": libvirt: libvirt'"'"'s guests are not known without a section libvirt
vm.conf: not usable'

# The running daemon keeps what it has when it is told to read a wrong file, and says all that is wrong with it.
sed "s|^listen.*|listen = {\"127.0.0.1:$((20000 + $$ % 20000))\"}|; s|^api-socket.*|api-socket = \"$dir/api\"|
	s|^state-dir.*|state-dir = \"$dir/state\"|" "$top_srcdir/conf/quickstart.conf" >run.conf
cp run.conf good.conf
"$top_builddir/sunward-mapserver" -c run.conf >>log 2>&1 &
pid=$!
until_true() # WHAT COMMAND...
{
	local what=$1 deadline=$(($(date +%s) + 10))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -le $deadline ] || { check "$what" "not within 10 s: $(cat log)" ""; return 1; }
		read -rt 0.02 <> <(:) || :
	done
	echo "ok   $what"
}
sites() { curl -sf --unix-socket api http://localhost/v1/sites | tr -d ' \n'; }
until_true "the map-server runs" curl -sf --unix-socket api http://localhost/readyz || exit 1
before=$(sites)
cp ms.conf run.conf
kill -HUP $pid
until_true "a reload of a wrong file is answered in the log" grep -q 'run.conf:28:' log
check "with every mistake" "$(sed -n 's/.*\(run\.conf:[0-9]*: .*\)/\1/p' log)" "${ms_mistakes//ms.conf/run.conf}"
check "the sites are what they were" "$(sites)" "$before"

# What only a start can change is named, each keyword with its line, again at each reload; the rest is in use.
sed 's/^workers.*/workers = 3/' good.conf >run.conf
cat >>run.conf <<'T'
user = nobody-of-this-name
limits {
	xtrs = 17
}
static "198.51.100.0/24" {
	locator "192.0.2.1" {}
}
T
first=$(($(wc -l <good.conf) + 1))
frozen="run.conf:$(grep -n '^workers' run.conf | cut -d: -f1): workers: changed; it stays as it was until the next start
run.conf:$first: user: changed; it stays as it was until the next start
run.conf:$((first + 2)): limits: xtrs: changed; it stays as it was until the next start"
for n in 1 2; do
	: >log
	kill -HUP $pid
	until_true "reload $n is in use" grep -q 'run.conf is in use' log
	check "what waits for the next start, at reload $n" "$(sed -n 's/.*\(run\.conf:[0-9]*: .*changed.*\)/\1/p' log)" "$frozen"
done
check "a user whom nobody knows" "$(sed -n 's/.*\(run\.conf:[0-9]*: .*no user.*\)/\1/p' log)" \
	"run.conf:$first: user: there is no user \"nobody-of-this-name\" on this machine"
kill $pid
wait $pid
check "it ends in order" $? 0
pid=
exit $bad
