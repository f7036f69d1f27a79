#!/bin/bash
# The section ddt-node of the map-server's configuration: a right one is taken, a wrong one is told all its mistakes by line.
set -u
. "$(dirname "$0")/config_expect.sh"
: "${top_builddir:=build/dev}"
daemon=$(cd "$top_builddir" && pwd)/sunward-mapserver
command -v openssl >/dev/null || { echo "no openssl here: skipped"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
for name in node child; do
	openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out $name.pem 2>/dev/null
	openssl pkey -in $name.pem -pubout -out $name.pub.pem
done
openssl genpkey -algorithm ED25519 -out ed25519.pem
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out short.pem 2>/dev/null
openssl pkey -in short.pem -pubout -out short.pub.pem
chmod 600 ./*.pem
chmod 644 ./*.pub.pem

cat >right.conf <<'T'
roles = {"ddt-node"}
ddt-node {
	root = yes
	delegate "[7]10.0.0.0/8" {
		map-servers = yes
		node "192.0.2.1" {
			public-key-file = "child.pub.pem"
		}
	}
	sign-key "2026" {
		private-key-file = "node.pem"
	}
}
T
expect "a signing root" right.conf "right.conf: no mistakes"

cat >wrong.conf <<'T'
roles = {"map-server", "map-resolver"}
ddt-node {
	prefix "10.0.0.0/8" {
		peers = {"192.0.2.1", "224.0.0.1"}
	}
	delegate "10.1.0.0/16" {}
	delegate "10.2.0.0/16" {
		node "0.0.0.0" {}
		node "192.0.2.2" {
			priority = 255
			public-key-file = "short.pub.pem"
		}
	}
	sign-key "a" {
		private-key-file = "ed25519.pem"
	}
	sign-key "b" {}
	signature-life = 5s
}
T
expect "mistakes of every kind" wrong.conf 'wrong.conf:4: ddt-node: prefix "10.0.0.0/8": peers is "224.0.0.1"; want a unicast IPv4 or IPv6 address
wrong.conf:6: ddt-node: delegate "10.1.0.0/16": section node is missing; titled by the address of a DDT node or Map-Server
wrong.conf:8: ddt-node: delegate "10.2.0.0/16": node "0.0.0.0": the title is "0.0.0.0"; want a unicast IPv4 or IPv6 address
wrong.conf:10: ddt-node: delegate "10.2.0.0/16": node "192.0.2.2": priority is "255"; want a number from 0 to 254
wrong.conf:11: ddt-node: delegate "10.2.0.0/16": node "192.0.2.2": public-key (not shown) is not right; want an RSA public key of 2048 to 4096 bits in PEM
wrong.conf:15: ddt-node: sign-key "a": private-key (not shown) is not right; want an RSA private key of 2048 to 4096 bits in PEM, without a passphrase
wrong.conf:17: ddt-node: sign-key "b": private-key is missing; an RSA key in PEM; or private-key-file
wrong.conf:18: ddt-node: signature-life is "5s"; want a time like 500ms, 60s, 3m, 12h or 1d from 1h to 365d
wrong.conf: not usable'

cat >large.conf <<'T'
ddt-node {
	root = yes
	delegate "10.0.0.0/8" {
		node "192.0.2.1" {
			public-key-file = "child.pub.pem"
		}
		node "192.0.2.2" {
			public-key-file = "child.pub.pem"
			next-public-key-file = "node.pub.pem"
		}
		node "192.0.2.3" {
			public-key-file = "child.pub.pem"
		}
		node "192.0.2.4" {}
	}
	sign-key "2026" {
		private-key-file = "node.pem"
	}
}
T
expect "a referral that would not fit" large.conf 'large.conf:3: ddt-node: delegate "10.0.0.0/8": its referral takes 1572 bytes with all keys and signatures, want at most 1400: fewer nodes, or keys
large.conf:3: ddt-node: delegate "10.0.0.0/8": a node has no public-key: resolvers that check signatures will not believe it (warning)
large.conf: not usable'
printf 'roles = {"ddt-node"}\n' >role.conf
expect "a role without its section" role.conf 'role.conf:1: roles: ddt-node wants a section ddt-node { ... }
role.conf: not usable'
cat >twice.conf <<'T'
roles = {"map-server"}
ddt-node {
	prefix "10.0.0.0/8" {}
	prefix "[0]10.0.0.0/8" {}
}
T
expect "one prefix written twice" twice.conf 'twice.conf:4: ddt-node: prefix "[0]10.0.0.0/8": it stands twice, first on line 3; want it once
twice.conf: not usable'
printf 'roles = {"map-server"}\nddt-node {\n\troot = yes\n}\n' >left-out.conf
expect "a role that is left out" left-out.conf 'left-out.conf:2: ddt-node: roles leaves it out (warning)
left-out.conf: no mistakes'
exit $bad
