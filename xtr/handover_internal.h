/* handover_internal: what the files of handover share. See handover.h. */
#ifndef SUNWARD_XTR_HANDOVER_INTERNAL_H
#define SUNWARD_XTR_HANDOVER_INTERNAL_H

#include "lib/base/seen.h"
#include "lisp/handover_ticket.h"
#include "xtr/handover.h"
#include "xtr/rooms.h"

#define PASSAGE_NEXTS_MAX  ROUTER_CANDIDATES_MAX
#define PASSAGES_MAX       65536 /* of all agents, each up to its limit, and Map-Servers */
#define HANDOVER_WAIT_MS   50    /* first repetition */
#define HANDOVER_WAIT_MOST 3200
#define HANDOVER_ASK_TRIES 3   /* PREPAREs to one Map-Server that does not say who has it */
#define HANDOVER_STEP_MOST 10  /* transmissions of a step */
#define HANDOVER_TAIL_MS   50  /* for the tail to go on, or to come when the guest runs elsewhere */
#define HANDOVER_COPY_MS   500 /* for it to come before that */
#define HANDOVER_TAIL_BITS 2048 /* of its packets that came are remembered */
#define HANDOVER_ORDER_MS  50   /* for the old site to say that all has gone from there */
#define HANDOVER_SENT_MS   2    /* for what it sent before that to come */
#define HANDOVER_BACK_MS   2000 /* for what was on its way when it moved */
#define HANDOVER_SPREAD_MS 5000 /* for all Map-Servers to hear that a guest has come */
#define HANDOVER_ASK_MS    25   /* between two questions */
#define HANDOVER_TRUTH_MS  200  /* for an agent to say what is so */
#define PASSAGE_TURNS      4    /* agents of this site that were refused lately, of an EID */
#define PASSAGE_TOLD_MOST  4    /* that asked without the ticket are told at once */

enum phase {
	PHASE_NONE,     /* only the agent's word, or candidates, are known */
	PHASE_EXPECTED, /* incoming */
	PHASE_WAITING,  /* it runs here, and its owner has not released it */
	PHASE_REFUSED,  /* it runs here, and its owner says that it runs there */
	PHASE_HERE,
	PHASE_PAUSED,    /* held; or, with a place to go on to, redirected */
	PHASE_RELEASED,  /* it runs there */
	PHASE_ELSEWHERE, /* no agent has spoken of it here: it is heard, and one says that it runs
			    at its owner's */
};

/* The xTR at the other side of a move. */
struct peer {
	struct passage *passage;
	bool used;
	struct handover_id id;
	struct otk otk;
	struct auth_key *key; /* NULL: none was given */
	uint64_t key_nonce;   /* a candidate's: another one when it begins anew */
	struct locator_set locators;
	uint64_t seen;     /* the highest counter that came from there */
	struct mono until; /* a candidate's; not owner's */
	bool accepted;     /* it has acknowledged that we accept it */
	bool heard_only;   /* no agent has said that it goes there: it may ask, and is no place */
	bool sought;       /* it is to hear when it is known that nobody has it here */
	bool urgent;       /* it waits for what the agent, or ARP or ND, says now */
	struct handover_id
		agent_id; /* a candidate's: who says that it comes there, and the proof */
	uint8_t proof[HANDOVER_PROOF_BYTES];
	bool denied;          /* that it has none was told */
	bool sent;            /* that nothing older comes from here was told */
	uint8_t step;         /* the last of ours */
	uint64_t first, last; /* its counters */
	bool waiting;         /* for the acknowledgement */
	uint32_t tries;
	struct timer timer;
};

struct agent {
	struct handover_room *room;
	struct policy_agent conf;
	struct auth_key *keys[POLICY_AGENT_KEYS];
	struct endpoint at; /* where it was last heard; port 0: not yet */
	struct address to;  /* our address that it speaks to */
	bool spoke;         /* since the start */
	uint64_t highest;   /* counter that came; only one above tells where it is */
	/* What is not above says nothing of an EID that another spoke of last, or nobody. */
	uint64_t floor;
	uint32_t eids; /* passages of which it spoke last */
	/* What its messages may cost: see handover_share.c. */
	struct limit states, tails, again;
	struct seen had; /* counters of those that were taken */
	struct log_limit full;
	bool gives; /* the STATE that is being taken brings a ticket */
	struct otk given;
};

struct passage {
	struct eid_node node;
	struct handover_room *room;
	enum phase phase;
	/* The agent's last word. */
	char agent[POLICY_AGENT_NAME]; /* empty: none has spoken */
	uint64_t counter;
	uint8_t word; /* enum handover_state; 0: none */
	bool in_migration;
	struct handover_id guest;
	bool has_ticket; /* who has it may have the guest, and nobody else */
	struct otk ticket;
	struct handover_id told[PASSAGE_TOLD_MOST]; /* who asks without it, of this stay */
	unsigned int told_count;
	struct limit alarms;                 /* of what is told again and again */
	uint8_t proof[HANDOVER_PROOF_BYTES]; /* that our agent may have it; all zero: none */
	bool stayed; /* it has never left: who claimed it meanwhile is claimed back from */
	uint8_t mac[6];
	int ifindex; /* 0: not known */
	uint64_t move;
	uint8_t reason;
	uint32_t deadline_ms;
	struct timer life;
	/* It runs at another place of this site, and the campus has it at @place still. */
	struct timer within;
	bool has_place;        /* where it was when it stopped, by the campus's word: */
	uint16_t place;        /* a nickname; */
	bool place_left;       /* the campus has said since that it is there no more */
	bool overtaken;        /* the word that it stopped, by that it runs there */
	struct timer truth;    /* until what an agent was asked for is answered */
	struct mono truth_end; /* or will not be */
	bool overdue;          /* it has not spoken for long, and is asked */
	struct timer seek;     /* nothing is known of it: until agents and ports have been asked */
	struct mono seek_end;
	/* Another agent says that it runs at its own; who had it, and the guest, are asked. */
	char rival[POLICY_AGENT_NAME]; /* empty: none */
	bool rival_beside;             /* at another port */
	bool rival_won;
	int rival_ifindex;
	/* Where it is to come: agents of this site for which it is asked in turn. */
	char waiting[POLICY_AGENT_NAME]; /* says so too, and has no answer; empty: none */
	struct mono turn;                /* since then it is asked for @agent */
	struct mono challenged;          /* @agent was asked whether it is there still */
	bool in_question;                /* and has not answered yet, */
	bool yields;                     /* or never */
	struct turn_refused {
		uint16_t agent; /* the room's */
		struct mono until;
	} refused[PASSAGE_TURNS];
	bool doubted;          /* it is asked because another owns the EID */
	bool unheard;          /* doubted: as a Map-Server says that has not heard of us yet */
	struct mono announced; /* when the move began here */
	bool pinned;
	/* At the destination. */
	struct timer prepare;
	uint32_t prepare_ms;
	uint32_t prepare_tries;
	uint64_t key_nonce;
	uint64_t prepared_from, prepared_to; /* counters of PREPAREs */
	struct mono prepared;
	struct mono arrived;
	bool unanswered;  /* it runs here, and no Map-Server has said anything since it does */
	bool provisional; /* and it is served; nobody has been asked whether it may be claimed */
	bool owner_known, free; /* free: nobody owns it, or we do */
	bool heard;             /* a step came from the owner */
	bool released;          /* accepted */
	bool aborted;
	bool sent;         /* nothing older comes from the owner */
	bool sent_settled; /* and what it sent before it said so has come */
	struct mono sent_at, order_due;
	struct timer order;      /* it has come: until then what is not from the owner may wait */
	bool cancelled;          /* EXPECTED: it does not come after all */
	uint64_t owner_answered; /* the counter of the PREPARE that OWNER answered */
	uint64_t seq;            /* the highest of any Map-Server's */
	uint64_t base;           /* that of the Map-Server @base_of; 0: none */
	struct address base_of;  /* who spoke of it last */
	struct timer takeover;
	struct mono insisted; /* when an operator claimed it; zero: never */
	struct peer owner;
	/* At the source. */
	struct peer
		*nexts; /* PASSAGE_NEXTS_MAX; the room's, to be read only, while there are none */
	uint64_t next_counter;  /* of the last NEXT, */
	struct address next_of; /* from this Map-Server: none before it counts any more */
	struct peer *to;        /* redirected there */
	struct peer *resuming;  /* says that it runs there, which our agent's last word does not */
	uint64_t paused;        /* the counter of the STATE that said so */
	struct timer back;      /* until then packets from where it is may go back there */
	struct timer tail;
	bool tail_over;
	bool awaits_tail;          /* before it lets go: to @resuming, or, without one, to @moved */
	struct locator_set *moved; /* or NULL */
	bool hurried; /* the agent was asked for the tail, since the guest runs elsewhere */
	uint16_t tail_count, tail_of;
	uint64_t *tail_had;                 /* HANDOVER_TAIL_BITS, by index; NULL: none has come */
	char tail_agent[POLICY_AGENT_NAME]; /* whose it is */
};

struct handover_room {
	struct router *r;
	struct env *env;
	struct eid_table *passages;
	struct agent agents[POLICY_AGENTS_MAX];
	unsigned int agent_count;
	struct mono started;
	struct mono arrived; /* the last guest; zero: none ever */
	struct log_limit refused, contests, unproven;
	struct peer none[PASSAGE_NEXTS_MAX]; /* the candidates of all that have none: unused */
};

static inline bool peer_stands(const struct peer *peer)
{
	return peer->used && !peer->heard_only &&
	       !mono_due(peer->until, peer->passage->room->env->now);
}

/* It is told ABORTED, and has not acknowledged it: until then nothing else is between us. */
static inline bool peer_is_told_off(const struct peer *peer)
{
	return peer->waiting && peer->step == HANDOVER_ABORTED;
}

/* It has said that it knows, or will have heard, that it may have the guest. */
static inline bool peer_was_accepted(const struct peer *peer)
{
	return peer->accepted || (peer->step == HANDOVER_ACCEPTED && peer->waiting);
}

/* handover.c */
struct passage *passage_find(const struct handover_room *room, const struct eid *eid);
struct passage *passage_get(struct handover_room *room, const struct eid *eid);
void passage_free(struct passage *p);
void passage_live(struct passage *p);
/* Its candidates may be written from now on. False: no memory. */
bool passage_nexts_make(struct passage *p);
void passage_nexts_clear(struct passage *p);
/* Take in what @h says of why it moves: of another move all, of the same one what is given. */
void passage_why(struct passage *p, const struct handover *h);

/* handover_passage.c, handover_arrival.c, handover_departure.c */
void passage_init(struct passage *p);
/* Forget the tail of a stop before: the next one comes from the agent that spoke last. */
void passage_tail_begin(struct passage *p);
/* Events 1 to 9: the agent says @p->word, which was @before. */
void passage_word(struct passage *p, uint8_t before);
void passage_tail_over(struct passage *p);
/* Another agent, or one with another proof, says that it comes: the owner is asked for that one. */
void passage_anew(struct passage *p);
/* Events 2, 3, 8, 10 and what a step of a peer means. */
void passage_owner(struct passage *p);
/* There is a place that it may go to. */
bool passage_has_next(const struct passage *p);
/* Who has it now is at @set. */
void passage_owned_at(struct passage *p, const struct locator_set *set);
void passage_candidate(struct passage *p, struct peer *peer, bool urgent);
/* What @peer accepts is wanted here still. */
bool passage_waits_for(const struct passage *p, const struct peer *peer);
void passage_step(struct passage *p, struct peer *peer, uint8_t step);
/* It is another's, at @set, as a Map-Server says, at which we have @claimed it since then; zero: we
 * have not. True: that was dealt with. */
bool passage_contested(
	struct passage *p, uint64_t seq, const struct locator_set *set, struct mono claimed);
/* It has not been heard of for too long. Frees it. */
void passage_expire(struct passage *p);

/* handover_agent.c */
void agent_message(struct handover_room *room, const uint8_t *bytes, size_t len, struct handover *h,
	const struct endpoint *from, const struct address *to);
/* Ask who spoke last of @eid (NULL: all agents, for all) what is so. False: nobody to ask. */
bool agent_ask(struct handover_room *room, const char *name, const struct eid *eid);
/* It spoke last of @p, and does so no more. */
void agent_lets_go(struct passage *p);
/* Count anew of how many EIDs each agent spoke last: there are other agents. */
void agent_count_eids(struct handover_room *room);
/* An agent that may speak of @eid has said nothing since the start, and cannot be asked. */
bool agent_unheard(const struct handover_room *room, const struct eid *eid);
/* Who spoke last of @p; zero: nobody that is configured. */
void agent_id(const struct passage *p, struct handover_id *id);
/* The agent @name said @counter of what it is not asked about any more: nothing older counts. */
void agent_said(struct handover_room *room, const char *name, uint64_t counter);

/* handover_share.c */
/* There is room for the message @h, authentic, in @a's share; else that is counted and logged. */
bool share_takes(struct agent *a, const struct handover *h);
/* Something may be told of @p that can come again and again: once a second at most. */
bool share_alarm(struct passage *p);

/* handover_order.c */
/* It is here no longer, or is forgotten: all that is held for it goes, or waits, together. */
void order_end(struct passage *p);

/* handover_within.c */
/* It runs at another place of this site, and is held until the campus knows. */
bool within_waits(const struct passage *p);
/* Another agent says that it runs at its own, before the one that it leaves, and which spoke last,
 * has said that it has stopped. */
void within_overtaken(struct passage *p);

/* handover_contest.c */
/* Count, log and tell that two say that it runs at their site, we and @peer: it stays there
 * (ROUTER_MOVE_REFUSED) or here (_CONTESTED), or nothing is said there (_TAKEN_OVER). */
void contest_raise(struct passage *p, enum router_event_type type, const struct peer *peer);
/* An operator has just claimed it: a refusal is not the last word. */
bool contest_by_hand(const struct passage *p);
/* handover_rival.c */
/* @a says, for the first time, that it runs (or stops) at its own: the host may be another's. True:
 * that is asked first; frees nothing. */
bool rival_waits(struct handover_room *room, const struct agent *a, const struct handover *h,
	const struct handover_host *host);
/* @a says by @h that it runs at its own, while @p->agent, which has it, may have died with its
 * hypervisor: that one is asked, and when it says nothing the port. */
void rival_challenges(struct passage *p, const struct agent *a, const struct handover *h,
	const struct handover_host *host);
/* Both have said nothing: @a's @h counts. */
bool rival_succeeds(const struct passage *p, const struct agent *a, const struct handover *h);
/* An agent that was asked has not answered. */
void rival_unanswered(struct passage *p);
/* The agent @p->agent has spoken. */
void rival_word(struct passage *p);
/* The guest has answered, or not. True: that was the question, and all that there is to it. */
bool rival_verified(struct passage *p, bool here);
/* Who had it; NULL: nobody who could be asked. */
const char *rival_asked(const struct passage *p);
/* The passage ends: who spoke last is remembered with the host. */
void rival_remember(const struct passage *p);

/* handover_turn.c */
/* @a says by @h, which was not noted yet, that @p's guest comes to its own, and another says so of
 * its own: what is said is judged elsewhere; it is asked for from now on; or not yet, and @a is not
 * answered, so that it says it again. */
enum turn { TURN_NONE, TURN_ITS, TURN_LATER };
enum turn turn_of(struct passage *p, const struct agent *a, const struct handover *h);
/* Before a word is noted, which is that of @p->agent's or of one @beside it. */
void turn_note(struct passage *p, bool beside);
/* @p->agent's guest was refused; true: it is not to be asked for again yet. */
void turn_refused(struct passage *p);
bool turn_is_over(const struct passage *p);
/* An agent that was asked has not answered. */
void turn_silent(struct passage *p);

/* handover_ticket.c */
/* What the STATE @h of @a's, signed by its @key-th key, gives: into a->gives and a->given. */
void ticket_take(struct agent *a, unsigned int key, const struct handover *h);
/* @h of @a's, which was just noted in @p, is kept: the ticket, or the proof; @beside: another agent
 * spoke before. True: @p's proof is another now. */
bool ticket_note(struct passage *p, const struct agent *a, const struct handover *h, bool beside);
/* By what the agent said last, and is not running, @peer may have the guest. */
bool ticket_admits(const struct passage *p, const struct peer *peer);
/* It may not for want of a proof: tell who asked whose guest, once. */
void ticket_deny(struct passage *p, struct peer *peer);
/* There is a candidate that may have it. */
bool ticket_has_next(const struct passage *p);
/* What @a says of @p by @h counts, or not, or not yet: @p's guest leaves another agent of this
 * site, or has just left it. */
enum ticket_verdict { TICKET_FREE, TICKET_BARRED, TICKET_LATER };
enum ticket_verdict ticket_bars(struct passage *p, const struct agent *a, const struct handover *h);
/* One of @p's candidates that may not have it, when @h is of one that may; NULL: none. */
struct peer *ticket_room(struct passage *p, const struct handover *h);

/* handover_peer.c */
void peer_message(struct handover_room *room, const uint8_t *bytes, size_t len, struct handover *h,
	const struct endpoint *from);
void peer_prepare_init(struct passage *p);
void peer_prepare(struct passage *p); /* now, and again until it is answered */
void peer_prepare_stop(struct passage *p);
void peer_send(struct peer *peer, enum handover_step step); /* until it is acknowledged */
void peer_clear(struct peer *peer);
void peer_init(struct peer *peer, struct passage *p);

#endif
