/* ownership: who owns an EID. Rules 1-8 of docs/architecture.md section 5, as mapserver/claim.c, xtr/claim.c and xtr/site.c
 * have them: claims, refreshes, withdrawals and their answers, notifications, expiry, crashes of xTRs, a Map-Server that
 * lost state, an ITR. It knows no packets and no holds: handover.pml does.
 *
 * One process takes all steps, each atomic. The network: what was sent in an earlier state of an xTR may arrive at any
 * later time, any number of times, in any order, or never. What is sent in the present state is repeated until it is
 * answered, so its delivery is a step that stays possible; an answer may take any time, and counts only in the state
 * that asked (nonces). A notification may be lost for good.
 *
 * A step is enabled only where it changes something. So "always convergence" is two things that spin decides without any
 * fairness: there is no cycle at all (each state is marked as one to be accepted, so any cycle is found), and where no step is left
 * (else) all is as it should be. The numbers that M allots are bounded by an assertion as well.
 *
 * Bounds: N xTRs; MOVES stops of the guest, CRASHES of xTRs, EXPIRIES, LOSSES of M's state, GONE 1: it may be destroyed. */
#ifndef N
#define N 2
#endif
#ifndef MOVES
#define MOVES 1
#endif
#ifndef CRASHES
#define CRASHES 0
#endif
#ifndef EXPIRIES
#define EXPIRIES 0
#endif
#ifndef LOSSES
#define LOSSES 0
#endif
#ifndef GONE
#define GONE 0
#endif
#ifndef S
#define S 15 /* numbers 0 .. S - 1 */
#endif

#define FLYING 5 /* of the guest: it runs nowhere */
#define DEAD   6 /* for good */
#define NOBODY 7

#define IDLE     0
#define CLAIMING 1
#define OWNED    2
#define LEAVING  3

#define BIT(mask, s) (((mask) >> (s)) & 1)
#define MAX(a, b)    ((a) > (b) -> (a) : (b))

typedef xtr {
	bit up, view;   /* view: it believes that the guest runs here */
	bit stopped;    /* its agent will tell of the guest's end here */
	bit resumed;    /* and of a beginning, though it has heard of no end */
	bit asked;      /* the agent or the port is being asked afresh */
	byte state, seq;
	byte away;      /* where it redirects to; NOBODY: not away, or not known */
	/* In the network, a bit for each seq: requests of earlier states ... */
	unsigned claims : S;
	unsigned refreshes : S;
	unsigned withdrawals : S;
	/* ... and to it: answers to the present state's, and notifications. */
	unsigned granted : S;
	unsigned refused : S;
	unsigned notified : S;
}

xtr X[N];
byte at = NOBODY;       /* the guest */
byte seq, owner = NOBODY; /* M's */
byte above;             /* numbers up to this are not given again */
byte log_[S];           /* by seq: 0 never given, else 1 + the owner */
byte cache = NOBODY;    /* the ITR's locator for e */
byte reply = 255;       /* a Map-Reply to it under way; 255: none */
byte moves = MOVES, crashes = CRASHES, expiries = EXPIRIES, losses = LOSSES, gone = GONE;
bit calm;               /* no event comes any more, but what has begun ends */
byte x, s, prev;        /* of one step; 0 between them */

/* Rule 1, of a claim by xTR i. Above M's own number: only after a loss. */
#ifdef BREAK_NEWEST_WINS
#define GRANTS(i, base) (owner != (i))
#define STANDS(i, base) (owner == (i))
#elif defined(BREAK_BASE_ZERO)
#define GRANTS(i, base) ((base) == seq || (base) > seq || ((base) == 0 && owner != (i)))
#define STANDS(i, base) (owner == (i) && ((base) == 0 || seq == (base) + 1))
#elif defined(BREAK_LOSS_REFUSES)
#define GRANTS(i, base) ((base) == seq)
#define STANDS(i, base) (owner == (i) && seq == (base) + 1)
#else
#define GRANTS(i, base) ((base) == seq || (base) > seq)
#define STANDS(i, base) (owner == (i) && seq == (base) + 1)
#endif
/* Rule 2, of a refresh by xTR i that is not simply right. */
#ifdef BREAK_REFRESH_CLAIMS
#define REFRESH_TAKES(i)  (owner != (i))
#define RESTORES(i, n)    0
#else
#define REFRESH_TAKES(i)  0
#define RESTORES(i, n)    ((n) > seq)
#endif
#ifdef BREAK_REFRESH_SILENT
#define REFRESH_REFUSED(i) 0
#else
#define REFRESH_REFUSED(i) (!RESTORES(i, X[i].seq) && !REFRESH_TAKES(i) && !BIT(X[i].refused, seq))
#endif
#define M_REFRESH(i)                                                                                                            \
	(X[i].up && X[i].state == OWNED && !(owner == i && seq == X[i].seq) &&                                                  \
		(REFRESH_TAKES(i) || RESTORES(i, X[i].seq) || REFRESH_REFUSED(i)))

/* M gives the next number, to @who (NOBODY: none). */
inline allot(base, who)
{
	prev = owner;
	seq = MAX(MAX(seq, base), above) + 1;
	assert(seq < S);       /* claims come to an end */
	assert(log_[seq] == 0); /* one owner for each number */
	log_[seq] = 1 + who;
	owner = who;
}

/* Rule 1: to the previous owner; may be lost. */
inline notify()
{
	if
	:: prev < N && prev != x -> X[prev].notified = X[prev].notified | (1 << seq)
	:: true
	fi;
	prev = 0
}

inline take_claim(base)
{
	allot(base, x);
	notify()
}

inline restore(n)
{
	d_step {
		assert(log_[n] == 1 + x);
		seq = n;
		owner = x
	}
}

/* What was sent may come later still; answers to it count no more. */
inline set_state(to)
{
	if
	:: X[x].state == CLAIMING -> X[x].claims = X[x].claims | (1 << X[x].seq)
	:: X[x].state == OWNED -> X[x].refreshes = X[x].refreshes | (1 << X[x].seq)
	:: X[x].state == LEAVING -> X[x].withdrawals = X[x].withdrawals | (1 << X[x].seq)
	:: else
	fi;
	X[x].granted = 0;
	X[x].refused = 0;
	X[x].state = to
}

inline here()
{
	X[x].view = 1;
	X[x].away = NOBODY;
	set_state(CLAIMING) /* rules 3 and 5 */
}

/* Rule 4: the answer (n) with the owner of that time. */
inline contested(n)
{
	set_state(IDLE);
	X[x].seq = n;
	if
	:: log_[n] != 1 + NOBODY && log_[n] != 1 + x && log_[n] != 0 -> X[x].away = log_[n] - 1
	:: else -> X[x].away = NOBODY
	fi;
#ifdef BREAK_FROM_MEMORY
	if
	:: X[x].view -> here()
	:: else
	fi
#else
	X[x].asked = X[x].view
#endif
}

inline hear_refused(n)
{
	X[x].refused = X[x].refused & ~(1 << n);
	if
	:: n < X[x].seq /* rule 4: nothing older is believed */
	:: else ->
		if
		:: X[x].state == LEAVING -> set_state(IDLE); X[x].seq = n
		:: X[x].state == CLAIMING && log_[n] == 1 + x && n == X[x].seq + 1 -> set_state(OWNED); X[x].seq = n
		:: else -> contested(n)
		fi
	fi
}

inline hear_granted(n)
{
	X[x].granted = X[x].granted & ~(1 << n);
	if
	:: n < X[x].seq
	:: else ->
		assert(log_[n] == 1 + x);
		if
		:: X[x].state == CLAIMING -> set_state(OWNED); X[x].seq = n
		:: else
		fi
	fi
}

inline hear_notify(n)
{
	X[x].notified = X[x].notified & ~(1 << n);
	if
	:: n <= X[x].seq || log_[n] == 1 + x /* rule 4: nothing older is believed */
	:: else -> contested(n)
	fi
}

inline crash()
{
	set_state(IDLE);
	X[x].up = 0;
	X[x].view = 0;
	X[x].stopped = 0;
	X[x].resumed = 0;
	X[x].asked = 0;
	X[x].seq = 0;
	X[x].away = NOBODY
}

/* All is as it should be, and nothing is left to do. */
inline converged()
{
	x = 0;
	do
	:: x < N ->
		if
		:: x == at ->
			assert(owner == x && X[x].state == OWNED && X[x].seq == seq);
			assert(X[x].view && X[x].away == NOBODY)
		:: else ->
			assert(!X[x].view && X[x].state == IDLE);
			assert(X[x].away == at || X[x].away == NOBODY || at == DEAD)
		fi;
		x++
	:: else -> break
	od;
	x = 0;
	assert(at < N || at == DEAD);
	assert(at != DEAD || owner == NOBODY);
	assert(cache == owner)
}

#define EACH_XTR x = 0; do :: x < N - 1 -> x++ :: break od
#define ONE_OF(mask) s = 0; do :: ((mask) >> (s + 1)) != 0 -> s++ :: BIT(mask, s) -> break od

/* Guards for xTR i, which have to be told without x. */
#define M_CLAIM(i)                                                                                                              \
	(X[i].up && X[i].state == CLAIMING &&                                                                                   \
		(GRANTS(i, X[i].seq) || (STANDS(i, X[i].seq) -> !BIT(X[i].granted, seq) : !BIT(X[i].refused, seq))))

#define XTR_STEPS(i)                                                                                                            \
	/* its agent */                                                                                                         \
	:: atomic { X[i].up && at == i && (!X[i].view || X[i].resumed) -> x = i;                                                \
		X[x].resumed = 0; X[x].asked = 0; here(); x = 0 }                                                               \
	:: atomic { X[i].up && at != i && X[i].view && X[i].stopped -> x = i; /* rule 6 */                                      \
		X[x].stopped = 0; X[x].asked = 0; X[x].view = 0; set_state(IDLE); x = 0 }                                       \
	/* nobody told it, and it asks after a while: then it withdraws what it owns */                                         \
	:: atomic { X[i].up && at != i && X[i].view && !X[i].stopped && !X[i].asked -> x = i; X[x].view = 0;                    \
		if :: X[x].state == OWNED -> set_state(LEAVING) :: else -> set_state(IDLE) fi; x = 0 }                          \
	:: atomic { X[i].up && X[i].asked -> x = i; X[x].asked = 0;                                                             \
		if :: at == x -> here() :: else -> X[x].view = 0; set_state(IDLE) fi; x = 0 }                                   \
	/* its requests at M: the present ones */                                                                               \
	:: atomic { M_CLAIM(i) -> x = i;                                                                                        \
		if                                                                                                              \
		:: GRANTS(x, X[x].seq) -> take_claim(X[x].seq); X[x].granted = X[x].granted | (1 << seq)                        \
		:: else ->                                                                                                      \
			if                                                                                                      \
			:: STANDS(x, X[x].seq) -> X[x].granted = X[x].granted | (1 << seq)                                      \
			:: else -> X[x].refused = X[x].refused | (1 << seq)                                                     \
			fi                                                                                                      \
		fi; x = 0 }                                                                                                     \
	:: atomic { M_REFRESH(i) -> x = i;                                                                                      \
		if                                                                                                              \
		:: REFRESH_TAKES(x) -> allot(0, x); notify(); X[x].seq = seq                                                    \
		:: RESTORES(x, X[x].seq) -> restore(X[x].seq)                                                                   \
		:: else -> X[x].refused = X[x].refused | (1 << seq)                                                             \
		fi; x = 0 }                                                                                                     \
	:: atomic { X[i].up && X[i].state == LEAVING -> x = i;                                                                  \
		if                                                                                                              \
		:: owner == x && seq == X[x].seq -> allot(0, NOBODY); set_state(IDLE); X[x].seq = seq; prev = 0                 \
		:: owner == x && seq == X[x].seq -> allot(0, NOBODY); prev = 0; set_state(IDLE) /* its answer is lost */        \
		:: else -> set_state(IDLE)                                                                                      \
		fi; x = 0 }                                                                                                     \
	/* and what comes late */                                                                                               \
	:: atomic { X[i].claims != 0 -> x = i; ONE_OF(X[x].claims);                                                             \
		if :: GRANTS(x, s) -> take_claim(s) :: else fi; X[x].claims = X[x].claims & ~((1 << s) * OLD_ONCE); x = 0; s = 0 } \
	:: atomic { X[i].refreshes != 0 && (X[i].refreshes >> (seq + 1)) != 0 -> x = i; ONE_OF(X[x].refreshes);                 \
		if :: RESTORES(x, s) -> restore(s) :: else fi; X[x].refreshes = X[x].refreshes & ~((1 << s) * OLD_ONCE);        \
		x = 0; s = 0 }                                                                                                  \
	:: atomic { owner == i && BIT(X[i].withdrawals, seq) -> x = i; allot(0, NOBODY); prev = 0; x = 0 }                      \
	/* answers, notifications */                                                                                            \
	:: atomic { X[i].granted != 0 -> x = i; ONE_OF(X[x].granted); hear_granted(s); x = 0; s = 0 }                           \
	:: atomic { X[i].refused != 0 -> x = i; ONE_OF(X[x].refused); hear_refused(s); x = 0; s = 0 }                           \
	:: atomic { X[i].up && X[i].notified != 0 -> x = i; ONE_OF(X[x].notified); hear_notify(s); x = 0; s = 0 }               \
	/* packets that come here while it is elsewhere (rule 7): from the ITR, from an xTR that redirects */                   \
	:: d_step { cache == i && X[i].up && !X[i].view && owner != cache && reply == 255 && SMR_FROM(i) -> reply = owner }     \
	:: d_step { RESOLVES && X[i].up && !X[i].view && X[i].away == NOBODY && owner < N && owner != i -> X[i].away = owner }  \
	:: d_step { X[i].up && !X[i].view && X[i].away < N && X[X[i].away].up && !X[X[i].away].view && owner != X[i].away &&    \
			(owner != i || at == i) ->                                                                              \
		X[i].away = (owner == i -> NOBODY : owner) }                                                                    \
	/* crash and restart (rule 5) */                                                                                        \
	:: atomic { X[i].up && crashes && !calm -> x = i; crashes--; crash(); x = 0 }                                           \
	:: d_step { !X[i].up -> X[i].up = 1 }

#define OLD_ONCE 1
#ifdef BREAK_SMR_AWAY_ONLY
#define SMR_FROM(i) (X[i].away != NOBODY)
#define RESOLVES    0
#else
#define SMR_FROM(i) 1
#define RESOLVES    1
#endif

init {
	atomic {
		at = 0;
		log_[0] = 1 + NOBODY;
		x = 0;
		do
		:: x < N -> X[x].up = 1; X[x].away = NOBODY; x++
		:: else -> break
		od;
		x = 0
	}
accept_any: /* each state is marked: any cycle is one that is found */
	do
	/* the guest */
	:: atomic { at < N && moves && !calm -> moves--;
		if :: X[at].view -> X[at].stopped = 1 :: true -> X[at].resumed = 0 fi;
		at = FLYING }
	:: atomic { at == FLYING -> EACH_XTR;
		at = x;
		if
		:: X[x].view -> X[x].resumed = 1
		:: true
		fi;
		X[x].stopped = 0; x = 0 }
	:: d_step { at == FLYING && gone && !calm -> gone = 0; at = DEAD }
	:: atomic { at < N && gone && !calm -> gone = 0; X[at].stopped = X[at].view; at = DEAD }
	/* M */
	:: d_step { owner < N && ((expiries && !calm) || (calm && at == DEAD && X[owner].state != OWNED && X[owner].state != LEAVING)) ->
		if :: calm :: else -> expiries-- fi;
#ifdef BREAK_EXPIRY_FORGETS
		seq = 0; owner = NOBODY
#else
		allot(0, NOBODY);
		prev = 0
#endif
		}
	:: atomic { losses && !calm && seq > 0 -> losses--; /* back to an earlier number that was kept */
		do
		:: log_[above + 1] != 0 && above + 1 < S -> above++
		:: else -> break
		od;
		s = 0;
		do
		:: s < seq -> s++
		:: log_[s] != 0 -> break
		od;
		seq = s; owner = log_[s] - 1; s = 0;
#ifdef BREAK_LOSS_REUSES
		above = 0;
#endif
		}
	XTR_STEPS(0)
	XTR_STEPS(1)
#if N > 2
	XTR_STEPS(2)
#endif
	/* the ITR */
	:: d_step { cache == NOBODY && owner != NOBODY && reply == 255 -> reply = owner }
	:: d_step { reply != 255 -> cache = reply; reply = 255 }
	:: d_step { !calm -> calm = 1 }
	:: else -> d_step { converged() }; break
	od
}
