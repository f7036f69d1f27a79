/* link_kind: what kind of interface it is, as its driver calls itself: "tun" (also taps), "veth",
 * "macvlan" (also macvtaps), "bridge", or the name of a card's; and how fast it is. */
#ifndef SUNWARD_LIB_NET_LINK_KIND_H
#define SUNWARD_LIB_NET_LINK_KIND_H

#include <stdint.h>

#define LINK_KIND_TEXT 33

/* Needs no right. 0 or -errno, -ENODEV where there is none, -EOPNOTSUPP where it has no driver that
 * says its name (the loopback). */
int link_kind(int ifindex, char text[LINK_KIND_TEXT]);
/* In Mbit/s; 0: the driver does not say. */
uint32_t link_speed_mbit(int ifindex);

#endif
