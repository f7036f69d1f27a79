/* packet: raw frames on one interface (AF_PACKET), with a filter in the kernel.
 *
 * Opening needs CAP_NET_RAW; reading and writing do not, so that a privileged helper can open and
 * hand over. */
#ifndef SUNWARD_LIB_NET_PACKET_H
#define SUNWARD_LIB_NET_PACKET_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Lets pass ARP, RARP, and ICMPv6 neighbour solicitations and advertisements, untagged. */
extern const struct sock_fprog packet_filter_arp_nd;

/* Lets pass ARP requests and ICMPv6 neighbour solicitations, untagged. */
extern const struct sock_fprog packet_filter_questions;

/* A non-blocking socket on @ifindex that gets the frames that arrive there and pass @filter (NULL:
 * all), whole, and none that leave. Nothing unfiltered is ever queued. Returns the fd, or -errno.
 */
int packet_open(int ifindex, const struct sock_fprog *filter);
/* Frames of @bytes wait to be read, as the kernel counts them (some 4,352 bytes a frame of whatever
 * length, where drivers give each a page of 4,096); without CAP_NET_ADMIN no more than
 * net.core.rmem_max. 0 or -errno. */
int packet_room(int fd, size_t bytes);
/* How many frames have found no room since this was last asked (a 32-bit number of the kernel's),
 * or -errno. */
int64_t packet_lost(int fd);
/* Have the interface take frames to whatever MAC, as long as @fd is open. 0 or -errno. */
int packet_promiscuous(int fd, int ifindex);
/* Send one frame, Ethernet header included. 0 or -errno. */
int packet_send(int fd, const void *frame, size_t len);
/* Take one frame. Its length, which may be above @size (then the rest is lost); 0: none waits; or
 * -errno. */
ssize_t packet_receive(int fd, void *frame, size_t size);

#define PACKET_TAG_LEN 4
/* From now on say of each frame which VLAN tag it came with, for packet_receive_tagged(): the
 * kernel takes it out of the frame, and filters see the frame without. 0 or -errno. */
int packet_keep_tags(int fd);
/* As packet_receive(), with the tag where it stood on the wire. */
ssize_t packet_receive_tagged(int fd, void *frame, size_t size);

#endif
