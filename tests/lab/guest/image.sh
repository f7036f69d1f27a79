#!/bin/bash
# image.sh: the labs' guest: a Debian kernel, and an initramfs of busybox, the network driver and the labs' programs (inside.c, pong.c).
# usage: image.sh BUILD_DIR       makes BUILD_DIR/guest/vmlinuz and initrd; the kernel's package is fetched once and kept there
# Exit 77, with the reason on the last line, where the machine cannot have them.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${1:?image.sh needs the build directory}
dir=$build/guest

unable() { echo "no guest image: $1"; exit 77; }

# The kernel is unpacked, not installed: nothing of this machine's own booting is touched.
fetch_kernel()
{
	local package other
	[ ! -d "$dir/kernel" ] || return 0
	for other in "$build"/../*/guest/kernel; do # of another build beside this one
		[ -d "$other" ] && cp -al "$other" "$dir/kernel" 2>/dev/null && return
	done
	package=$(apt-cache depends linux-image-cloud-amd64 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-.*-cloud-amd64\)$/\1/p' | head -n 1)
	[ -n "$package" ] || unable "apt knows no linux-image-cloud-amd64 (apt-get update has not run, or this is not amd64)"
	mkdir -p "$dir/fetch"
	(cd "$dir/fetch" && apt-get download -qq "$package") >"$dir/fetch.log" 2>&1 ||
		unable "apt-get download $package failed: $(tail -n 1 "$dir/fetch.log")"
	rm -rf "$dir/kernel.part"
	dpkg-deb -x "$dir"/fetch/"$package"_*.deb "$dir/kernel.part" || unable "$package does not unpack"
	rm -rf "$dir/fetch" "$dir/kernel"
	mv "$dir/kernel.part" "$dir/kernel"
}

# The driver's modules, in the order in which they are loaded.
modules="drivers/virtio/virtio_ring drivers/virtio/virtio drivers/virtio/virtio_pci_legacy_dev drivers/virtio/virtio_pci_modern_dev
	drivers/virtio/virtio_pci net/core/failover drivers/net/net_failover drivers/net/virtio_net"

make_initrd()
{
	local root=$dir/root version name
	version=$(basename "$dir"/kernel/lib/modules/*)
	rm -rf "$root"
	mkdir -p "$root"/{bin,proc,sys,dev,mod}
	cp "$(command -v busybox)" "$root/bin/busybox" || return
	for name in sh mount ip insmod echo sed ping sleep arping; do ln -s busybox "$root/bin/$name"; done
	for name in $modules; do
		cp "$dir/kernel/lib/modules/$version/kernel/$name.ko" "$root/mod/" || return
		echo "${name##*/}"
	done >"$root/mod/order"
	cp "$build"/tests/lab/guest/{inside,tcp-echo,pong} "$root/bin/" && cp "$here/init" "$root/init" && chmod +x "$root/init" || return
	(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) >"$dir/initrd.part" || return
	cp "$dir"/kernel/boot/vmlinuz-* "$dir/vmlinuz" && mv "$dir/initrd.part" "$dir/initrd"
}

for tool in busybox cpio dpkg-deb apt-cache apt-get; do command -v $tool >/dev/null || unable "needs $tool"; done
! ldd "$(command -v busybox)" >/dev/null 2>&1 || unable "busybox is not the static one (Debian's busybox-static)"
for name in inside tcp-echo pong; do
	[ -x "$build/tests/lab/guest/$name" ] || unable "needs $build/tests/lab/guest/$name (make it)"
done
mkdir -p "$dir" || unable "cannot write in $build"
exec 9>"$dir/lock"
flock 9 # two tests may want it at once
if [ "$dir/initrd" -nt "$build/tests/lab/guest/inside" ] && [ "$dir/initrd" -nt "$build/tests/lab/guest/pong" ] && [ "$dir/initrd" -nt "$here/init" ] && [ "$dir/initrd" -nt "$here/image.sh" ]; then
	exit 0
fi
fetch_kernel
make_initrd || unable "the initramfs could not be made in $dir"
chown -R --reference="$build" "$dir" # a lab is run by root in somebody else's tree
