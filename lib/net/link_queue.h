/* link_queue: how many packets an interface's queue has room for. */
#ifndef SUNWARD_LIB_NET_LINK_QUEUE_H
#define SUNWARD_LIB_NET_LINK_QUEUE_H

/* Make it @length packets at least; a longer one stays. Needs CAP_NET_ADMIN. 0 or -errno. */
int link_queue_lengthen(int ifindex, int length);

#endif
