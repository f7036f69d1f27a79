/* flood: which LSP, CSNP or PSNP goes out of which port, and when (ISO 10589 sections 7.3.14 to
 * 7.3.17).
 *
 *   LSPs    one every 33 ms on a LAN, 5 ms on a point-to-point link; there it is sent again after
 *           5 s until it is acknowledged
 *   CSNPs   on a LAN from the DRB every 10 s, and when a neighbour is new; point-to-point: when the
 *           neighbour is new
 *   PSNPs   what SSN flags tell, at once and then no more often than every 2 s; on a LAN not from
 *           the DRB
 *
 * The flags are lsdb's. It knows no adjacency: its caller says when a port has neighbours, and who
 * is DRB. Each interval has a jitter of 25 %. */
#ifndef SUNWARD_TRILL_CORE_FLOOD_H
#define SUNWARD_TRILL_CORE_FLOOD_H

#include "lib/base/random.h"
#include "lib/base/timer.h"
#include "trill/codec/isis_auth.h"
#include "trill/core/lsdb.h"

#define FLOOD_LAN_GAP_MS 33
#define FLOOD_P2P_GAP_MS 5
#define FLOOD_CSNP_MS    10000
#define FLOOD_PSNP_MS    2000
#define FLOOD_RESEND_MS  5000
#define FLOOD_JITTER     25 /* per cent */
#define FLOOD_SNP_MAX    9000

struct flood_port {
	struct flood *flood;
	bool up, p2p, drb;
	struct timer lsp, csnp, psnp;
	struct mono lsp_after, psnp_after; /* not before */
	struct lsp_id last;                /* LSP that was sent */
	uint16_t snp_size;                 /* bytes of a CSNP or PSNP at most */
};

struct flood {
	struct lsdb *db;
	struct timers *timers;
	struct random *random;
	struct system_id own;
	uint8_t scope;        /* of flooding-scoped PDUs, as the LSDB's; 0: plain ones */
	struct isis_key *key; /* signs; NULL: nothing is signed */
	void (*send)(void *arg, unsigned int port, const uint8_t *pdu, size_t len);
	void *arg;
	struct timer resend;
	struct flood_port ports[LSDB_PORTS_MAX];
	uint64_t lsps, resent, csnps, psnps; /* sent */
};

/* The fields down to @arg have been set. It is not moved afterwards. */
void flood_init(struct flood *f);
void flood_fini(struct flood *f);

/* A port has its first neighbour in 2-Way, or none any more. */
void flood_port_up(struct flood *f, unsigned int port, bool p2p, struct mono now);
void flood_port_down(struct flood *f, unsigned int port);
void flood_drb(struct flood *f, unsigned int port, bool drb, struct mono now);
/* One more neighbour: a CSNP tells it what there is, if that is ours to do. */
void flood_neighbor(struct flood *f, unsigned int port, struct mono now);
/* How long CSNPs and PSNPs may be, 1470 to FLOOD_SNP_MAX bytes: less is 1470, which it is at first.
 */
void flood_snp_size(struct flood *f, unsigned int port, uint16_t bytes);
/* Flags may have changed: what they ask for goes out when it may. */
void flood_kick(struct flood *f, struct mono now);
/* Does an LSP go out of a port at once. */
bool flood_is_due(const struct flood *f, struct mono now);

#endif
