#!/bin/bash
# scapy.sh: a second decoder (decoder.py, by the RFCs' texts alone) reads what tshark does not know: of each frame of say_wide, and of the examples of
# RFC 7780 appendix B, each field is as it was meant; each bit that is changed in a frame is noticed; it has no complaint of the frames of say, nor
# of all that the RBridges of virtual campuses send each other, checksums and digests included.
set -u -o pipefail
: "${top_srcdir:=.}" "${top_builddir:=.}"
here=$top_srcdir/tests/trill
[ -x /usr/bin/python3 ] && /usr/bin/python3 -c 'import scapy.packet' 2>/dev/null || { echo "skipped: no /usr/bin/python3 with scapy (Debian's python3-scapy)"; exit 77; }
for p in say say_wide record; do [ -x "$top_builddir/tests/trill/$p" ] || { echo "no $top_builddir/tests/trill/$p: build it first"; exit 1; }; done
dir=$(mktemp -d "${TMPDIR:-/tmp}/sunward-scapy.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
bad=0
decode() { /usr/bin/python3 -B "$here/decoder.py" -k secret "$@"; }

# same WHAT FILE OPTIONS...: what the decoder says is as in the file
same()
{
	local what=$1 file=$here/$2
	shift 2
	if decode "$@" | diff -u "$file" - >"$dir/diff"; then
		echo "ok   $what: $(wc -l <"$file") fields"
	else
		echo "FAIL $what:" && cat "$dir/diff"
		bad=1
	fi
}
# campus WHAT KIND PATTERN...: no complaint of its frames, and fields that are among them
campus()
{
	local what=$1 k=$2 p
	shift 2
	if decode "$dir/$k" >"$dir/text"; then
		echo "ok   $what: $(tail -n 1 "$dir/text" | cut -d ' ' -f 1) frames"
	else
		echo "FAIL $what:" && grep '^[0-9]* !' "$dir/text"
		bad=1
	fi
	for p in "$@"; do grep -q "$p" "$dir/text" || { echo "FAIL $what: no frame has $p"; bad=1; }; done
}

"$top_builddir/tests/trill/say" >"$dir/say" && "$top_builddir/tests/trill/say_wide" >"$dir/wide" || exit 1
for k in lan labels p2p; do "$top_builddir/tests/trill/record" $k >"$dir/$k" || exit 1; done
same "say_wide" wide.expect "$dir/wide"
same "RFC 7780 appendix B.1 to B.4" appendix_b.expect -a
campus "a campus on LANs" lan ' fs-lsp\.147\.mac 02:00:00:01:00:01' ' fs-lsp\.251\.10\.set .*020000010001,c6336401' ' fs-lsp\.251\.10\.set .*020000010001,20010db8000000000000000000000001' ' fs-csnp\.' ' channel\.flush\.7\.mac 02:00:00:01:00:01' ' channel\.shutdown\.port '
campus "with fine-grained labels" labels ' lsp\.242\.15\.start 70000' ' fs-lsp\.251\.19\.labels 70000,70001' ' inner\.fgl 70000' ' channel\.flush\.4\.label 70000'
campus "a campus point to point, with HMAC-MD5" p2p ' lsp\.digest right'
decode -b "$dir/say" "$dir/wide" >"$dir/out" || { echo "FAIL each bit of say and say_wide counts:"; cat "$dir/out"; bad=1; }
echo "     say and say_wide: $(tail -n 1 "$dir/out")"
# With another key no digest is right.
if /usr/bin/python3 -B "$here/decoder.py" -k other -c "$dir/p2p" >"$dir/out"; then echo "FAIL another key was right"; bad=1; fi
exit $bad
