#!/usr/bin/python3
"""bond.py: what Linux's bonding does in mode balance-rr, for kernels without it.

usage: bond.py TAP MAC LINK...

A tap with that MAC: each frame of it leaves by the next of the links that has a carrier, and what comes by any link comes to the tap. It
runs until it is killed; "ready" when the tap is there.
"""
import fcntl
import os
import select
import socket
import struct
import subprocess
import sys

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 2, 0x1000
PACKET_OUTGOING, SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC = 4, 263, 1, 1


def tap_open(name, mac):
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH14x", name.encode(), IFF_TAP | IFF_NO_PI))
    subprocess.run(["ip", "link", "set", name, "address", mac, "up"], check=True)
    return tap


def link_open(name):
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    link.bind((name, 0))
    request = struct.pack("iHH8s", socket.if_nametoindex(name), PACKET_MR_PROMISC, 0, b"")
    link.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, request)
    return link


def has_carrier(name):
    try:
        with open(f"/sys/class/net/{name}/carrier", encoding="ascii") as f:
            return f.read().strip() == "1"
    except OSError:
        return False


def main():
    tap, names = tap_open(sys.argv[1], sys.argv[2]), sys.argv[3:]
    links = [link_open(name) for name in names]
    turn = 0
    print("ready", flush=True)
    while True:
        for ready in select.select([tap, *links], [], [])[0]:
            if ready is not tap:
                try:
                    frame, where = ready.recvfrom(65536)
                except OSError: # its link went down
                    continue
                if where[2] != PACKET_OUTGOING:
                    os.write(tap, frame)
                continue
            frame = os.read(tap, 65536)
            for _ in links:
                turn = (turn + 1) % len(links)
                if has_carrier(names[turn]):
                    try:
                        links[turn].send(frame)
                        break
                    except OSError:
                        pass


main()
