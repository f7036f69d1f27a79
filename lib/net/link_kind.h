/* link_kind: what kind of interface it is, as its driver calls itself: "tun" (also taps), "veth",
 * "macvlan" (also macvtaps), "bridge", or the name of a card's. */
#ifndef SUNWARD_LIB_NET_LINK_KIND_H
#define SUNWARD_LIB_NET_LINK_KIND_H

#define LINK_KIND_TEXT 33

/* Needs no right. 0 or -errno, -ENODEV where there is none, -EOPNOTSUPP where it has no driver that
 * says its name (the loopback). */
int link_kind(int ifindex, char text[LINK_KIND_TEXT]);

#endif
