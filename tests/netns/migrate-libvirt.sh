#!/bin/bash
# The same as migrate.sh, of a guest that is a domain of libvirt: virsh migrates it from one libvirtd to the other, and an agent at each
# hears of it.
set -u
: "${top_srcdir:=.}"
MIGRATE_BY=libvirt MIGRATE_ONCE=1 MIGRATE_AGENTS=1
. "$top_srcdir/tests/netns/migrate.sh"
