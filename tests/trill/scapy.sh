#!/bin/bash
# scapy.sh: a second decoder (decoder.py, by the RFCs' texts alone) reads what tshark does not know: of each frame of say_wide, and of the examples of
# RFC 7780 appendix B, each field is as it was meant; each bit that is changed in a frame is noticed; it has no complaint of the frames of say, nor
# of all that the RBridges of virtual campuses send each other, checksums and digests included.
set -u
: "${top_srcdir:=.}" "${top_builddir:=.}"
here=$top_srcdir/tests/trill
[ -x /usr/bin/python3 ] && /usr/bin/python3 -c 'import scapy.packet' 2>/dev/null || { echo "skipped: no /usr/bin/python3 with scapy (Debian's python3-scapy)"; exit 77; }
for p in say say_wide record; do [ -x "$top_builddir/tests/trill/$p" ] || { echo "no $top_builddir/tests/trill/$p: build it first"; exit 1; }; done
dir=$(mktemp -d "${TMPDIR:-/tmp}/sunward-scapy.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0
decode() { /usr/bin/python3 -B "$here/decoder.py" -k secret "$@"; }

# same WHAT FILE: standard input is as in the file
same() { if diff -u "$here/$2" - >"$dir/diff"; then echo "ok   $1: $(wc -l <"$here/$2") fields"; else echo "FAIL $1:"; cat "$dir/diff"; bad=1; fi; }
# passes WHAT COMMAND...: it does; its last line is said
passes()
{
	local what=$1
	shift
	if "$@" >"$dir/out" 2>&1; then echo "ok   $what: $(tail -n 1 "$dir/out")"; else echo "FAIL $what:"; tail -n 20 "$dir/out"; bad=1; fi
}
# heard KIND PATTERN: the campus's frames have such a field
heard() { grep -q "$2" "$dir/$1.txt" || { echo "FAIL $1: no frame has $2"; bad=1; }; }

"$top_builddir/tests/trill/say" >"$dir/say" && "$top_builddir/tests/trill/say_wide" >"$dir/wide" || exit 1
for k in lan p2p; do "$top_builddir/tests/trill/record" $k >"$dir/$k" || exit 1; done
decode "$dir/wide" | same "say_wide" wide.expect
decode -a | same "RFC 7780 appendix B.1 to B.4" appendix_b.expect
passes "say" decode -c "$dir/say"
passes "a campus on LANs" decode -c "$dir/lan"
passes "a campus point to point, with HMAC-MD5" decode -c "$dir/p2p"
for k in lan p2p; do decode "$dir/$k" >"$dir/$k.txt"; done
heard lan ' fs-lsp\.147\.mac 02:00:00:01:00:01'
heard lan ' fs-csnp\.'
heard lan ' channel\.flush\.7\.mac 02:00:00:01:00:01'
heard lan ' channel\.shutdown\.port '
heard p2p ' lsp\.digest right'
passes "each bit of say_wide counts" decode -b "$dir/wide"
passes "each bit of say counts" decode -b "$dir/say"
# With another key, digests are wrong; with a changed byte, a checksum is.
if /usr/bin/python3 -B "$here/decoder.py" -k other -c "$dir/p2p" >"$dir/out"; then echo "FAIL another key was right"; bad=1; fi
exit $bad
