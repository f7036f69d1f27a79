/* origin: what our own LSPs say, in which fragments, and when they are sent anew (RFC 6325 section
 * 4.2.3.2, RFC 7176 sections 2.3 to 2.4, 4.5; ISO 10589 section 7.3).
 *
 * It is handed what is to be said, packs it into fragments of at most 1470 bytes, and originates
 * those that differ from what was said before, or are 900 s old. What changes often waits: at once
 * after a quiet, then twice as long each time, up to 30 s (ISO 10589's least interval). What
 * another one says or purges in our name is gainsaid within a second, however often. When the LSDB
 * has no room for another's LSP, the overload bit is set until 60 s have passed without that. A
 * fragment whose sequence numbers are used up is purged, and said again from 1 on when nobody can
 * have it any more (ISO 10589 section 7.3.16.1). */
#ifndef SUNWARD_TRILL_CORE_ORIGIN_H
#define SUNWARD_TRILL_CORE_ORIGIN_H

#include "lib/base/timer.h"
#include "trill/codec/capability.h"
#include "trill/codec/isis_auth.h"
#include "trill/core/backoff.h"
#include "trill/core/fragment.h"
#include "trill/core/labels.h"
#include "trill/core/lsdb.h"

#define ORIGIN_FIRST_US        50000 /* between the first two of a row */
#define ORIGIN_LEAST_S         30
#define ORIGIN_GAINSAY_US      1000000 /* at most, till what another says in our name is over */
#define ORIGIN_OVERLOAD_WAIT_S 60
#define ORIGIN_TREES_MAX       32
#define ORIGIN_ROOTS_MAX       8 /* root bridges that are told of a VLAN; others are left out */
#define ORIGIN_ROOT_LEN        6
#define ORIGIN_ROOTS_FIRST_S   1   /* another root bridge is told of after that */
#define ORIGIN_ROOTS_LEAST_S   30  /* and no more often than that */
#define ORIGIN_FRAGMENTS       256 /* all that there can be */
#define ORIGIN_HEAD_LEN        (ISIS_LSP_HEADER + ISIS_AUTH_STANDARD_MAX)
#define ORIGIN_FRAGMENT_LEN    (LSP_BUFFER_SIZE_LEAST - ORIGIN_HEAD_LEN) /* of TLVs, number 0 */

/* Trees in which we want to be the parent of @nickname (RFC 7783). */
struct origin_affinity {
	uint16_t nickname;
	unsigned int count;
	uint16_t trees[ORIGIN_TREES_MAX];
};

/* All that we say. Arrays are borrowed for the call. Of a pseudonode neighbors alone count. */
struct origin_content {
	uint16_t buffer_size; /* what we can take (RFC 7176 section 4.5) */
	uint16_t room;        /* bytes of an LSP, for the whole campus; 0: as little as can be */
	struct trill_version version;
	const struct capability_nickname *nicknames;
	unsigned int nickname_count;
	struct capability_trees trees;
	const uint16_t *roots, *uses; /* trees that we want, and that we use as an ingress */
	unsigned int root_count, use_count;
	uint16_t nickname;           /* of the interests; 0: none are said */
	const struct labels *labels; /* NULL: there are VLANs alone */
	const struct label_set *interested;
	const uint32_t *af_lost; /* by number: LABELS_NUMBERS of them */
	const struct label_set *esadi;
	/* Root bridges of the links where we serve the label @number, ascending, into @roots:
	 * ORIGIN_ROOTS_MAX of ORIGIN_ROOT_LEN bytes. Returns how many. */
	unsigned int (*roots_of)(void *arg, uint16_t number, uint8_t *roots);
	void *roots_arg;
	const uint16_t *channels; /* protocols that we serve, ascending */
	unsigned int channel_count;
	const struct origin_affinity *affinities;
	unsigned int affinity_count;
	const struct reach *neighbors;
	unsigned int neighbor_count;
};

struct origin_fragment {
	uint8_t *said; /* what stands in the LSDB; NULL: never used */
	size_t len;
	uint8_t flags;
	struct fragment is;
};

/* What the fragments have no room for. */
struct origin_unsaid {
	uint32_t labels, neighbors;
};

struct origin {
	struct lsdb *db;
	struct timers *timers;
	struct system_id own;
	uint8_t pseudonode; /* of the LSPs: 0, or what a link has that we are DRB of */
	struct fragment_counts *counts;
	/* Asked when it is time to say it: calls origin_say() before it returns. */
	void (*ask)(void *arg, struct mono now);
	void *arg;
	struct timer timer, overload;
	struct backoff backoff, gainsay;
	bool gainsays;          /* another one has said something in our name */
	struct mono roots_told; /* for their own sake, the last time */
	bool roots_alone;       /* nothing else waits to be said */
	bool overloaded;        /* as our LSP says: the wait is not over, or it is asked for */
	bool overload_asked;
	struct origin_fragment fragments[ORIGIN_FRAGMENTS];
	uint64_t originated;
	struct origin_unsaid unsaid;
};

/* The fields down to @arg have been set. It is not moved afterwards. */
void origin_init(struct origin *o);
void origin_fini(struct origin *o);

/* What we say has changed: ask() comes when it may. */
void origin_changed(struct origin *o, struct mono now);
/* It is signed otherwise: all is said anew. */
void origin_resign(struct origin *o, struct mono now);
/* Root bridges alone have changed. Their BPDUs are anybody's: other changes wait no longer for
 * that. Forwarders are inhibited meanwhile (RFC 8139 section 3.2). */
void origin_roots_changed(struct origin *o, struct mono now);
/* Does ask() come at once. */
bool origin_is_due(const struct origin *o, struct mono now);
void origin_say(struct origin *o, const struct origin_content *content, struct mono now);
/* Nothing is said any more: what was is purged. */
void origin_withdraw(struct origin *o, struct mono now);
/* The campus knows LSP @id of ours at @sequence. */
void origin_reissue(struct origin *o, const struct lsp_id *id, uint32_t sequence, struct mono now);
/* The LSDB had no room: overloaded until ORIGIN_OVERLOAD_WAIT_S have passed without that. */
void origin_full(struct origin *o, struct mono now);
/* Overloaded for @s seconds at least: after a start. */
void origin_overload_for(struct origin *o, uint32_t s, struct mono now);
/* Overloaded as long as @on, for maintenance (RFC 7780 section 2). */
void origin_overload(struct origin *o, bool on, struct mono now);

#endif
