/* helper: what the RBridge's privileged process does for it: attach the program to ports, open
 * packet sockets.
 *
 * A fixed set of requests over lib/service/privilege. The helper holds the loaded data plane; the
 * process that parses frames holds descriptors only. Interfaces that are no ports by the
 * configuration it refuses, so that who has taken over that process does not listen to others; what
 * is new in the file it reads itself. Started once, before capabilities are dropped. */
#ifndef SUNWARD_TRILL_HELPER_H
#define SUNWARD_TRILL_HELPER_H

#include "trill/datapath_load.h"

struct config;
struct log;
struct trill_helper;

/* Forks. @load is used by the helper from then on, and by nobody else. @file: its ports are served,
 * and those that stand under its name later on. NULL with errno. */
struct trill_helper *trill_helper_start(
	struct trill_load *load, const struct config *file, struct log *log);
void trill_helper_stop(struct trill_helper *h);

#define TRILL_WHY_MAX 256

/* As trill_load_attach and _detach. 0 or -errno with @why, -EACCES: no port. */
int trill_helper_attach(struct trill_helper *h, int ifindex, char why[TRILL_WHY_MAX]);
int trill_helper_detach(struct trill_helper *h, int ifindex);
/* A packet socket bound to @ifindex that gets what is an RBridge's (Ethertypes of TRILL, its IS-IS
 * and RBridge Channel; BPDUs) with its VLAN tag, and has the interface take frames to whatever MAC.
 * A descriptor of the caller's, or -errno. */
int trill_helper_packet_socket(struct trill_helper *h, int ifindex);

#endif
