/* hosts: where each guest really is. This is the truth that the others try to find out. A guest
 * knows no protocol: it announces itself when it comes up, answers when it is asked, and sends. */
#ifndef SUNWARD_TESTS_SIM_HOSTS_H
#define SUNWARD_TESTS_SIM_HOSTS_H

#include "tests/sim/sim.h"

#define HOST_NONE UINT32_MAX

struct packet; /* of the data plane */

struct hosts *hosts_new(struct sim *sim);
void hosts_free(struct hosts *h);

/* Guests that move come first, then one that stays for each xTR, in that xTR's own prefix. */
uint32_t hosts_count(const struct hosts *h);
uint32_t hosts_moving(const struct hosts *h);
const struct eid *hosts_eid(const struct hosts *h, uint32_t i);
/* HOST_NONE: an EID of nobody. */
uint32_t hosts_find(const struct hosts *h, const struct eid *eid);
/* Where it runs; -1: nowhere. */
int hosts_at(const struct hosts *h, uint32_t i);
/* Behind which port it is, of its own. */
int hosts_port(const struct hosts *h, uint32_t i);
void hosts_mac(uint32_t i, uint8_t mac[6]);

/* The EID-prefixes in which guests move, and the own one of xTR @i. */
#define HOSTS_PREFIXES 3
struct eid hosts_prefix(unsigned int i);
struct eid hosts_own_prefix(unsigned int xtr);

/* It comes up at @xtr and announces itself, if the announcement is not lost. */
void hosts_appear(struct hosts *h, uint32_t i, unsigned int xtr, bool announced);
/* One that an agent speaks for is at @xtr (-1: nowhere), behind @ifindex. */
void hosts_place(struct hosts *h, uint32_t i, int xtr, int ifindex);
/* It is gone from where it was. @noticed: its port goes down. */
void hosts_vanish(struct hosts *h, uint32_t i, bool noticed);
/* xTR @xtr asks for @eid, by ARP or ND. */
void hosts_asked(struct hosts *h, unsigned int xtr, const struct eid *eid);
/* It speaks to its router by ARP, so that it is known again. */
void hosts_announce(struct hosts *h, uint32_t i);
/* It sends a packet to @to. */
void hosts_send(struct hosts *h, uint32_t i, uint32_t to, uint32_t mark);
/* The same, of p->from. */
void hosts_send_packet(struct hosts *h, const struct packet *p);

#endif
