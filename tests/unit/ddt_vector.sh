#!/bin/bash
# The test vector of docs/decisions/ddt.md, checked by the openssl command alone: RFC 8111 section 6.4.1.
set -eu
doc=$(dirname "$0")/../../docs/decisions/ddt.md
for tool in openssl xxd; do
	command -v $tool >/dev/null || { echo "no $tool here: skipped"; exit 77; }
done
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# block NAME: the indented lines that follow the mark
block() { awk -v mark="<!-- $1 -->" '$0 == mark {on = 1; next} on && /^    / {print substr($0, 5); seen = 1; next} on && seen {exit}' "$doc"; }

block record | xxd -r -p >"$dir/record.bin"
block signature | xxd -r -p >"$dir/record.sig"
block key >"$dir/parent.pem"
tag=$(openssl pkey -pubin -in "$dir/parent.pem" -pubout -outform DER | openssl dgst -sha256 -binary | xxd -p -c64 | cut -c1-4)
# Key Tag and Sig Length stand 8 bytes before the signature.
here=$(xxd -p -s -264 -l 4 "$dir/record.bin")
[ "$here" = "${tag}0100" ] || { echo "the record names key $here, want ${tag}0100"; exit 1; }
openssl dgst -sha256 -verify "$dir/parent.pem" -signature "$dir/record.sig" "$dir/record.bin"
printf '\001' | dd of="$dir/record.bin" bs=1 seek=20 conv=notrunc status=none
if openssl dgst -sha256 -verify "$dir/parent.pem" -signature "$dir/record.sig" "$dir/record.bin" >/dev/null 2>&1; then
	echo "a changed record has the same signature"
	exit 1
fi
