#!/bin/bash
# cli_config.sh: `sunward config check` finds the daemon by the file's sections and hands its verdict on.
set -u
sunward=$top_builddir/sunward
[ -x "$sunward" ] || { echo "no $sunward: make builds it"; exit 77; }
dir=$(mktemp -d /tmp/sunward-cli-config-XXXXXX) || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0

# A stand-in for the daemons: says how it was called; refuses files with the word "wrong".
mkdir "$dir/bin" "$dir/sbin"
cp "$sunward" "$dir/bin/sunward"
for d in mapserver xtr vmagent rbridge; do
	printf '#!/bin/sh\necho "%s $*"\n! grep -q wrong "$3"\n' "$d" >"$dir/sbin/sunward-$d"
	chmod +x "$dir/sbin/sunward-$d"
done

# check WHAT CODE OUTPUT ARGS...
check()
{
	local what=$1 code=$2 want=$3 got rc
	shift 3
	got=$("$dir/bin/sunward" config check "$@" 2>&1)
	rc=$?
	[ $rc = "$code" ] && [ "$got" = "$want" ] && { echo "ok   $what"; return; }
	echo "FAIL $what: exit $rc (want $code), printed: $got (want $want)"
	bad=1
}

printf '# rloc "a" {\nsite "paris" {\n\trloc = 1\n}\n' >"$dir/ms.conf"
printf 'map-server "192.0.2.53" {\n\tkey-id = 1\n}\nrloc "198.51.100.1" { priority = 1 }\n' >"$dir/xtr.conf"
printf 'eid-space={"10.0.0.0/8"}\nwrong = 1\n' >"$dir/wrong.conf"
printf 'roles = {"map-resolver"}\nmap-resolver {\n}\n' >"$dir/mr.conf"
printf 'nothing = 1\n' >"$dir/other.conf"
check "a map-server's file" 0 "mapserver -t -c $dir/ms.conf" "$dir/ms.conf"
check "a resolver's file" 0 "mapserver -t -c $dir/mr.conf" "$dir/mr.conf"
printf 'listen = {"192.0.2.1"}\nxtr "192.0.2.2" {\n}\n' >"$dir/vm.conf"
check "an agent's file" 0 "vmagent -t -c $dir/vm.conf" "$dir/vm.conf"
printf 'root-priority = 7\nport "a" {\n\tkind = trunk\n}\n' >"$dir/rb.conf"
check "an RBridge's file" 0 "rbridge -t -c $dir/rb.conf" "$dir/rb.conf"
check "an xTR's file" 0 "xtr -t -c $dir/xtr.conf" "$dir/xtr.conf"
check "a file with mistakes" 1 "xtr -t -c $dir/wrong.conf" "$dir/wrong.conf"
check "a file that tells nothing" 1 \
	"sunward: $dir/other.conf: no section of it tells whose file this is: say --daemon mapserver, xtr, vmagent or rbridge" \
	"$dir/other.conf"
check "--daemon tells instead" 0 "mapserver -t -c $dir/other.conf" --daemon mapserver "$dir/other.conf"
check "no such file" 1 "sunward: $dir/none.conf: No such file or directory" "$dir/none.conf"
exit $bad
