#!/bin/bash
# The sections tenant of the map-server's configuration: right ones are taken, wrong ones are told all their mistakes by line.
set -u
. "$(dirname "$0")/config_expect.sh"
: "${top_builddir:=build/dev}"
daemon=$(cd "$top_builddir" && pwd)/sunward-mapserver
dir=$(mktemp -d /tmp/sunward-tenants-XXXXXX) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1

cat >right.conf <<'T'
tenants-only = yes
tenant "acme" {
	instance-id = {10, 100-199, "4294967295"}
	quota {
		mappings = 2
		registration-rate = 5
		registration-burst = 50
		subscriptions = 10
		xtrs = 7
		sites = 1
	}
}
tenant "plain" {
	instance-id = {0}
}
site "x" {
	key "1" {
		key = "k"
	}
	eid-prefix "[10]10.0.0.0/8" {}
	eid-prefix "[199]2001:db8::/32" {}
}
site "y" {
	key "1" {
		key = "k2"
	}
	eid-prefix "10.0.0.0/8" {}
}
static "[150]192.0.2.0/24" {}
T
expect "two tenants, and nothing outside" right.conf "right.conf: no mistakes"

cat >wrong.conf <<'T'
tenants-only = yes
tenant "acme" {
	instance-id = {10, 100-199}
	quota {
		registration-burst = 5
		sites = 1
		mapping = 2
	}
}
tenant "globex" {
	instance-id = {"20", 150}
}
tenant "third" {
	instance-id = {30, 30-31, 5-3, "x", 4294967296, 1-, -1}
}
tenant "nothing" {}
site "crossing" {
	key "1" {
		key = "k"
	}
	eid-prefix "[10]10.0.0.0/8" {}
	eid-prefix "[20]10.0.0.0/8" {}
	eid-prefix "10.0.0.0/8" {}
}
site "more" {
	key "1" {
		key = "k"
	}
	eid-prefix "[100]10.0.0.0/8" {}
}
static "[77]10.0.0.0/8" {}
api-tls {
	listen = "127.0.0.1:2"
	certificate = "x"
	key = "x"
	client-ca = "x"
	allow "client" {
		tenant = "nobody"
	}
}
T
range='want an instance-ID of 0 to 4294967295, or a range of them like 100-199'
expect "twelve and more mistakes" wrong.conf "wrong.conf:5: tenant \"acme\": quota: registration-burst: it limits nothing without registration-rate (warning)
wrong.conf:7: tenant \"acme\": quota: there is no option \`mapping\` here; did you mean \`mappings\`?
wrong.conf:11: tenant \"globex\": instance-id: 150: a part of it is tenant \"acme\"'s already
wrong.conf:14: tenant \"third\": instance-id is \"5-3\"; $range
wrong.conf:14: tenant \"third\": instance-id is \"x\"; $range
wrong.conf:14: tenant \"third\": instance-id is \"4294967296\"; $range
wrong.conf:14: tenant \"third\": instance-id is \"1-\"; $range
wrong.conf:14: tenant \"third\": instance-id is \"-1\"; $range
wrong.conf:14: tenant \"third\": instance-id: 30-31: it has a part of it twice
wrong.conf:16: tenant \"nothing\": instance-id is missing; its instances, each a number or a range like 100-199
wrong.conf:22: site \"crossing\": eid-prefix \"[20]10.0.0.0/8\": instance-ID 20 is of tenant \"globex\", and that of the site's first prefix, on line 21, of tenant \"acme\"; want a site for each tenant
wrong.conf:23: site \"crossing\": eid-prefix \"10.0.0.0/8\": instance-ID 0 is of no tenant, and tenants-only leaves nothing outside
wrong.conf:25: site \"more\": tenant \"acme\" may have 1 sites, and this is one more
wrong.conf:31: static \"[77]10.0.0.0/8\": instance-ID 77 is of no tenant, and tenants-only leaves nothing outside
wrong.conf:34: api-tls: certificate: x: No such file or directory
wrong.conf:38: api-tls: allow \"client\": tenant: there is no tenant \"nobody\"
wrong.conf: not usable"
exit $bad
