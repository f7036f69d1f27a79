/* guests: the guests of this hypervisor, and what state each is in.
 *
 * Sources (QMP, libvirt, hooks) bring news in their own order, some twice; here they become one
 * state a guest, which the reporter tells. Rules: "runs" means running here, whatever came before;
 * what was announced has not run yet, and a stop says nothing of it; only what was known as here
 * can go; a source that falls silent takes nothing back. What was here in an earlier run of the
 * agent's is known as here to the xTRs: when its source says that it is not there any more, it is
 * gone; until then nothing is told of it.
 *
 * Some states wait until the xTRs know the one before, or long enough (docs/model.md): the end of a
 * stop for a migration, lest what the guest had not read is lost; what follows that end, and a
 * migration after one that failed, lest the two are taken for one.
 *
 * Pure. Knows no hypervisor and no message. */
#ifndef SUNWARD_VMMOBILITY_GUESTS_H
#define SUNWARD_VMMOBILITY_GUESTS_H

#include "vmmobility/tail_run.h"

#define GUEST_NAME_MAX 63   /* bytes */
#define GUESTS_MAX     4096 /* of one hypervisor */

enum guest_news {
	GUEST_EXPECTED,  /* a migration to here is under way, and its destination is there */
	GUEST_ANNOUNCED, /* the same by somebody who may not tell that it came to nothing: expires
			  */
	GUEST_RUNS,      /* it runs here now */
	GUEST_STOPS,     /* it does not run for the moment */
	GUEST_DEPARTS,   /* a migration to elsewhere is under way, or done */
	GUEST_STOPS_TO_DEPART, /* both of them at once */
	GUEST_COPIED,          /* what departs was copied, and has stopped before */
	GUEST_STAYS,           /* no migration to elsewhere is under way any more */
	GUEST_ABSENT,          /* its process is gone, and with it the guest */
};

/* Who has bound addresses to it. */
enum guest_origin {
	GUEST_OF_LIBVIRT = 1, /* its domain's metadata */
	GUEST_OF_HOOK = 2,    /* the same, as a hook was handed it */
	GUEST_OF_CONFIG = 4,
	GUEST_OF_SNOOP = 8,    /* heard behind its interface */
	GUEST_OF_MEMORY = 128, /* of an earlier run; not once another has */
};

enum guest_place {
	GUEST_UNKNOWN,
	GUEST_RECALLED, /* told of in an earlier run; not heard of since */
	GUEST_AWAITED,
	GUEST_RUNNING,
	GUEST_STOPPED,
	GUEST_GONE
};

struct guest {
	char name[GUEST_NAME_MAX + 1];
	unsigned int origins; /* who has bound it: enum guest_origin */
	unsigned int named;   /* who of them has named addresses: the lowest bit's count */
	unsigned int told_by; /* whose news of it were taken, in earlier runs too; the
				 configuration's are QMP's */
	bool kept;            /* the agent has been given it to be kept */
	bool uuid_recalled;   /* nobody has said its UUID in this run */
	enum guest_place place;
	bool departs;
	/* What was told last ended a stop for a migration; what is told next may have to wait for
	 * its acknowledgement. */
	bool after_stop;
	uint8_t owed; /* a state that is to be told before the present one; 0: none */
	struct timer patience;
	unsigned int tap_count;
	enum guest_origin taps_of; /* who has named the taps; when there are some */
	struct guest_tap taps[GUEST_TAPS_MAX];
	struct tail_run *tail; /* NULL: it does not leave, or it has no tap that is known */
	struct mono since;     /* of its present state; MONO_NEVER: none yet */
	struct report_why why; /* of its next move, or of the one that is under way */
	bool ticket_of_config; /* then its domain's is not looked at */
	bool ticket_due;       /* it shall have another, for its stay here */
	struct report report;
	struct timer expiry;
	struct guest *next, **link;
	struct guest *same_name, *same_uuid; /* guest_index.h */
};

struct guests;

struct guests_ops {
	/* Its state is another one now. May be NULL, as the next ones. */
	void (*changed)(void *arg, const struct guest *guest);
	/* Addresses of a guest are other ones now, or it is not known any more. */
	void (*rebound)(void *arg);
	/* It is about to be told of, or its addresses or sources are other ones: what of it must
	 * outlive a restart (its name, UUID, addresses and told_by). */
	void (*keep)(void *arg, const struct guest *guest);
	/* What was kept under this UUID need not be any longer. */
	void (*forget)(void *arg, const struct handover_id *uuid);
	void *arg;
};

/* All outlive it; @taps may be NULL: none is known of any guest. NULL when out of memory. */
struct guests *guests_new(struct vm_env *env, struct reporter *reporter,
	const struct vm_policy *policy, const struct guests_ops *ops, const struct tap_ops *taps);
void guests_free(struct guests *g);
void guests_reload(struct guests *g, const struct vm_policy *policy);

struct guest *guests_by_name(const struct guests *g, const char *name);
struct guest *guests_by_uuid(const struct guests *g, const struct handover_id *uuid);
struct guest *guests_first(const struct guests *g); /* then ->next */

/* The guest @name with @uuid (all zero: not known yet) and its addresses (@count may be 0: others
 * may name them), of which those of its domain's metadata count before the configuration's, and
 * these before what was snooped. What was snooped of one of its cards, as of a guest by itself, is
 * told no more. NULL: no room, counted and logged. */
struct guest *guests_bind(struct guests *g, const char *name, const struct handover_id *uuid,
	enum guest_origin origin, const struct handover_host *hosts, unsigned int count);
/* A guest that was kept in an earlier run, before any other is bound. @snooped: its addresses
 * were. NULL: no room, or no UUID. */
struct guest *guests_recall(struct guests *g, const char *name, const struct handover_id *uuid,
	unsigned int told_by, bool snooped, const struct handover_host *hosts, unsigned int count);
/* It was recalled, and nobody will tell what became of it: nothing is told of it. @guest may be
 * gone after it. */
void guests_disregard(struct guests *g, struct guest *guest);
/* News of @origin's are about to be told. */
void guests_told_by(struct guests *g, struct guest *guest, enum guest_origin origin);
/* By @origin's word the guest's cards are behind these taps, of which libvirt's count before the
 * configuration's; @count may be 0. What leaves already leaves by those that it had. */
void guests_taps(struct guest *guest, enum guest_origin origin, const struct guest_tap *taps,
	unsigned int count);
/* @origin says no more about it; one that nobody says anything about is forgotten, without a word
 * to the xTRs. @guest may be gone after it. */
void guests_unbind(struct guests *g, struct guest *guest, enum guest_origin origin);
/* Its UUID became known. */
void guests_identify(struct guests *g, struct guest *guest, const struct handover_id *uuid);
void guests_news(struct guests *g, struct guest *guest, enum guest_news news);
/* Of something that was at @at, which is known, and not only that it was before now. */
void guests_old_news(struct guests *g, struct guest *guest, enum guest_news news, struct mono at);

/* Why it is to move, or moves: told with what its move brings, until it has come to its end. All
 * zero: nobody says. */
void guests_why(struct guests *g, struct guest *guest, const struct report_why *why);

/* Its domain's metadata has @ticket (or none), which the agent @by has drawn: it goes with the
 * guest when that goes, and has come with it when it is not here yet. One that is not of this
 * agent, @own, is due for another. */
void guests_ticket(
	struct guests *g, struct guest *guest, const struct report_ticket *ticket, bool own);
/* By the configuration it has the same at all hypervisors; known = false: it has none there. */
void guests_ticket_config(
	struct guests *g, struct guest *guest, const struct report_ticket *ticket);
/* It runs here, and its domain's metadata is to have another ticket. */
bool guests_ticket_due(const struct guest *guest);

/* "running", "paused", ...; "unknown" of 0. */
const char *guest_state_name(uint8_t state);

#endif
