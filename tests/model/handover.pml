/* handover: what becomes of packets while a guest moves: prepare, pause, redirect, resume, abort (docs/decisions/handover.md).
 *
 * The guest and its migration are as hypervisors do it; an agent reports what is, late, and of several words perhaps only
 * the last. An xTR has one state for the EID: NONE, EXPECTED, WAIT (it runs here, not accepted yet), HERE, PAUSED (holds),
 * CUT (redirects to the one accepted next place), RELEASED. Who owns the EID is taken from ownership.pml: M takes a claim
 * in one step, and an xTR believes only greater numbers. Packets go from one ITR over links that keep their order and lose
 * nothing; control messages (OWNER, NEXT, STEP) come at any later time or never, and a newer one replaces an older one of its kind
 * between two parties, as their counters have it; STEPs of an earlier move fail by their key (generation).
 *
 * As in ownership.pml a step is possible only where it changes something: no cycle (which a packet that goes round would be as
 * well) and the assertions where nothing is left to do. Lost: not delivered in the end.
 *
 * Bounds: N xTRs, P packets, MIGS migrations (each may fail before or after the stop), CRASHES of xTRs, CUTS of M from all,
 * RACES: another xTR is told to expect the guest, which never comes, though it has the ticket; LIAR: the agent of the last
 * xTR, which the guest never goes to, says what it likes; EXPIRIES of the mapping; AGENT_CRASHES; RESTARTS of M. */
#ifndef N
#define N 2
#endif
#ifndef P
#define P 2
#endif
#ifndef MIGS
#define MIGS 1
#endif
#ifndef CRASHES
#define CRASHES 0
#endif
#ifndef CUTS
#define CUTS 0
#endif
#ifndef RACES
#define RACES 0
#endif
#ifndef EXPIRIES
#define EXPIRIES 0
#endif
#ifndef AGENT_CRASHES
#define AGENT_CRASHES 0
#endif
#ifndef RESTARTS
#define RESTARTS 0 /* of M */
#endif
#ifndef FIRST
#define FIRST 0 /* where the ITR's cache points to at the beginning */
#endif
/* TRACE: what spin -n SEED walks at random, one line a step, for tests/unit/test_handover_trace.c. What an xTR does by itself
 * it does at once then, as the C code. NO_CUT: `cutover = resume'. */
#ifdef TRACE
#define T(...) __VA_ARGS__
#else
#define T(...)
#endif
#define NOBODY 7
#define ITR    6 /* as where a packet came from */

/* agents' words */
#define SILENT   0
#define INCOMING 1
#define RUNNING  2
#define STOPPED  3
#define GOING    4 /* leaving */
#define GONE     5

/* states */
#define NONE     0
#define EXPECTED 1
#define WAIT     2
#define HERE     3
#define PAUSED   4
#define CUT      5
#define RELEASED 6

/* steps */
#define ACCEPTED  1
#define RESUMED   2
#define ABORTED   3
#define CANCELLED 4

/* The key of a move: of x's stay, and of the run of M that made it. */
#define KEY(i) (X[i].gen + 8 * X[i].reign)
#define NEW_KEY(i) (X[i].gen + 8 * reign)

#define BIT(mask, s) (((mask) >> (s)) & 1)

/* The guest: it is at xTR `at`, running or stopped, and perhaps migrates to `dst`. */
byte at, dst = NOBODY, also = NOBODY;
bit runs = 1, failed; /* failed: an abort after the stop */
byte migs = MIGS, crashes = CRASHES, cuts = CUTS, races = RACES, expiries = EXPIRIES, agent_crashes = AGENT_CRASHES;
bit cut;             /* M is not reachable */
bit reign;             /* M's: another one, other keys */
#ifdef TRACE
bit calm;            /* nothing new happens */
#else
#define calm 0
#endif
byte owner, seq = 1; /* M's */
byte cache = FIRST, sent, era;
byte eras[P + 1];
byte got;            /* packets delivered: a mask */
byte twice;          /* packets that may come twice: tail copies that were redirected */
byte excused;        /* packets that a crash took: a mask */

typedef xtr {
	unsigned state : 3;
	unsigned word : 3, mail : 3; /* the agent's last; one under way */
	unsigned own : 3;            /* EXPECTED, WAIT: the owner's xTR; RELEASED, CUT: where to */
	unsigned knows : 4;          /* the highest seq */
	unsigned gen : 3;            /* of its own prepares */
	unsigned came : 3;           /* HERE and after: where it came from, until its own claim is granted */
	bit reign;                     /* of M, that made its key */
	bit offer_run;
	bit accepted, aborted, claims;
	unsigned given : 3;          /* whose agents have the ticket of its stay here: a mask */
	bit ticket;                  /* the agent has said what that is */
	bit forgot;                  /* the agent was started anew, and knows only what is so */
	bit served;                  /* WAIT: delivered, and not claimed, since nobody can be asked */
	bit left;                    /* the guest has gone from here, and its agent has not said so */
	bit tail;                    /* PAUSED and after: the tail is still to come */
	bit over;                    /* it is waited for no longer: it follows what was held */
	unsigned then : 4;           /* PAUSED: 1 + where it runs, but the tail is waited for; + N: M has said so */
	unsigned offer : 4;          /* OWNER under way: 1 + owner */
	unsigned offer_seq : 4
}
xtr X[N];

/* Between each two: from x to y at index x * N + y. */
#define TO(x, y) ((x) * N + (y))
typedef between {
	unsigned cand : 4;     /* at x: y's generation, 0: y is no candidate */
	unsigned next : 4;     /* NEXT about y under way to x: the generation */
	unsigned acked : 1;    /* y has acknowledged x's ACCEPTED */
	unsigned want : 3;     /* the STEP that x tells y, and its generation */
	unsigned want_gen : 4;
	unsigned step : 3;     /* under way */
	unsigned step_gen : 4;
	unsigned step_seq : 4  /* the highest that the sender knew */
}
between B[N * N];

/* A failed migration leaves a second copy of the tail under way. */
#if MIGS > 1
#define Q (P * (2 + 2 * MIGS) + 1)
#else
#define Q (2 * P + 1)
#endif
chan wire[N] = [Q] of {byte};     /* from the ITR */
chan link[N * N] = [Q] of {byte}; /* between xTRs */
chan hold[N] = [Q] of {byte};     /* packet + 16 * where it came from */
chan tail[N] = [Q] of {byte};     /* copies of what the guest left unread at its tap */
chan tap[N] = [Q] of {byte};
byte x, y, p, k, was; /* of one step; 0 between them */
bit late; /* a tail came after what was held had gone on: it follows */
T(bit told, stop;) /* stop: here the code goes another way (docs/model.md) */

#define MAX(a, b) ((a) > (b) -> (a) : (b))
#define PACKET(v) ((v) & 15)
#define SOURCE(v) ((v) >> 4)
#define RUNS(w)   ((w) == RUNNING || (w) == GOING)
#define LEFT(w)   ((w) == STOPPED || (w) == GONE)
#ifdef LIAR
byte lie = GONE;
#define LIES(i) ((i) == N - 1)
#else
#define lie     GONE
#define LIES(i) 0
#endif
#define TRUTH(i)                                                                                                                \
	(LIES(i) -> lie : (at == (i) -> (runs -> (dst != NOBODY -> GOING : RUNNING) : STOPPED) : (dst == (i) || also == (i) -> INCOMING : GONE)))
/* What an agent has to say: never `gone' or `incoming' before the stop is acknowledged;
 * after it `running' means an abort only if the guest has not been elsewhere meanwhile. */
#ifdef BREAK_GONE_FIRST
#define SAYS(i) TRUTH(i)
#else
#define SAYS(i)                                                                                                                 \
	(LIES(i) || X[i].forgot -> TRUTH(i) : (RUNS(X[i].word) && !RUNS(TRUTH(i)) -> STOPPED :                                                                        \
		(X[i].word == STOPPED && X[i].left && RUNS(TRUTH(i)) -> INCOMING : TRUTH(i))))
#endif
/* It runs elsewhere, and what it had not read here has not come. */
#define AWAITS_TAIL(i) (X[i].word == STOPPED && X[i].tail && !X[i].over)
#define SAID(i) (X[i].mail != SILENT -> X[i].mail : X[i].word)

/* May it send to where the packet came from? RELEASED: that xTR has said that the guest runs there, or M has, of a later
 * stay than any here. CUT: no, it may have given up. EXPECTED: only to give back. */
#ifdef BREAK_NEVER_BACK
#define SENDS_BACK(i) X[i].aborted
#elif defined(BREAK_CUT_BACK)
#define SENDS_BACK(i) (X[i].aborted || X[i].state >= CUT)
#else
#define SENDS_BACK(i) (X[i].aborted || X[i].state == RELEASED)
#endif

/* The first of the packets held at i came from j. */
#define HEAD_FROM_3(i, j, p)                                                                                                    \
	(hold[i]?[eval((p) + 16 * (j))] || hold[i]?[eval((p) + 1 + 16 * (j))] || hold[i]?[eval((p) + 2 + 16 * (j))])
#if P > 3
#define HEAD_FROM(i, j) (HEAD_FROM_3(i, j, 1) || HEAD_FROM_3(i, j, 4))
#else
#define HEAD_FROM(i, j) HEAD_FROM_3(i, j, 1)
#endif

/* Where a packet goes that comes to x from @from: TAP, HOLD, or the xTR k. */
#define TAP  8
#define HOLD 9
#define WAITS_FOR_TAIL(i) ((X[i].tail && !X[i].over) || len(tail[i]) != 0)
inline where(from)
{
	if
	:: X[x].state == HERE || X[x].served ->
		if
		:: len(hold[x]) == 0 && len(tail[x]) == 0 -> k = TAP
		:: else -> k = HOLD
		fi
	:: X[x].state == EXPECTED ->
		if
#ifdef BREAK_PREPARE_DELIVERS
		:: 1 -> k = TAP
#else
		:: X[x].own == NOBODY || X[x].own == x -> k = HOLD
		:: X[x].own == from && !X[x].aborted -> k = HOLD
		:: else -> k = X[x].own
#endif
		fi
	:: X[x].state == CUT || X[x].state == RELEASED ->
		if
		:: X[x].own == from && !SENDS_BACK(x) -> k = HOLD
		:: WAITS_FOR_TAIL(x) || (len(hold[x]) != 0 && !(X[x].state == CUT && HEAD_FROM(x, X[x].own))) -> k = HOLD
		:: else -> k = X[x].own
		fi
	:: X[x].state == NONE ->
		if
		:: owner == x || owner == NOBODY || owner == from || len(hold[x]) != 0 -> k = HOLD
		:: else -> k = owner
		fi
	:: else -> k = HOLD
	fi
}

/* Packet p comes to x from @from. */
inline forward(from)
{
	where(from);
	T(printf("packet %d %d %d %d\n", x, from, p, k); told = 1;)
	if
	:: k == TAP -> tap[x]!p
	:: k == HOLD -> hold[x]!(p + 16 * from)
	:: else -> link[TO(x, k)]!p
	fi;
	k = 0;
	p = 0
}

inline tell(to, what, generation)
{
	B[TO(x, to)].want = what;
	B[TO(x, to)].want_gen = generation
}

/* All candidates of x but one are told that it is off. */
inline abort_all(but)
{
	k = 0;
	do
	:: k < N ->
		if
		:: B[TO(x, k)].cand != 0 && k != but -> tell(k, ABORTED, B[TO(x, k)].cand)
		:: else
		fi;
		k++
	:: else -> break
	od;
	k = 0
}

/* Of walks only, as the code: who was to have it from here has nothing more to do with it. The search keeps them. */
inline forget_candidates()
{
	k = 0;
	do
	:: k < N ->
		B[TO(x, k)].cand = 0;
		B[TO(x, k)].acked = 0;
		if
		:: B[TO(x, k)].want == ACCEPTED || B[TO(x, k)].want == ABORTED -> B[TO(x, k)].want = 0; B[TO(x, k)].want_gen = 0
		:: else
		fi;
		k++
	:: else -> break
	od;
	k = 0
}

inline become_here()
{
	assert(!LIES(x)); /* no delivery to two guests */
	X[x].state = HERE;
	T(forget_candidates();)
	X[x].claims = 1;
	X[x].accepted = 0;
	X[x].aborted = 0;
	if
	:: X[x].own < N && X[x].own != x -> tell(X[x].own, RESUMED, KEY(x))
	:: else
	fi;
	X[x].came = X[x].own;
	X[x].own = NOBODY
}

inline release(to, why_aborted)
{
	X[x].state = RELEASED;
	X[x].then = 0;
	X[x].own = to;
	X[x].aborted = why_aborted;
	X[x].accepted = 0
}

/* Another key from now on: no OWNER that is under way is an answer. */
inline anew()
{
	assert(X[x].gen < 7);
	X[x].gen++;
	X[x].offer = 0;
	X[x].offer_run = 0;
	X[x].offer_seq = 0
}

/* Who may have a guest that leaves i: whose agent has the ticket of its stay. */
#if defined(TRACE) || defined(BREAK_UNPROVEN) /* walks: all have it */
#define PROVEN(i, j) 1
#else
#define PROVEN(i, j) (X[i].ticket -> BIT(X[i].given, j) : X[i].word != GOING)
#endif
#define RIVALS(i, j, other) (j != other && B[TO(i, other)].cand != 0 && PROVEN(i, other))
#if N > 2
#define ONE_CANDIDATE(i, j) (!RIVALS(i, j, 0) && !RIVALS(i, j, 1) && !RIVALS(i, j, 2))
#else
#define ONE_CANDIDATE(i, j) (!RIVALS(i, j, 0) && !RIVALS(i, j, 1))
#endif

/* Gone, and it was never said that it stopped. */
inline it_vanished()
{
	X[x].claims = 0;
#ifdef BREAK_GONE_FIRST
	X[x].state = NONE;
#else
	assert(agent_crashes < AGENT_CRASHES);
	drop_all(tap[x]);
	y = 0;
	do
	:: y < N ->
		if
		:: B[TO(x, y)].acked && was == GOING && PROVEN(x, y) && ONE_CANDIDATE(x, y) -> break
		:: else
		fi;
		y++
	:: else -> break
	od;
	if
	:: y < N -> X[x].state = PAUSED; X[x].tail = 0; X[x].over = 0; X[x].then = 0 /* it should run there soon */
	:: else -> /* withdrawn */
		X[x].state = NONE;
		X[x].ticket = 0;
		if
		:: owner == x -> owner = NOBODY; seq++
		:: else
		fi
	fi;
	y = 0
#endif
}

inline hear()
{
	was = X[x].word;
	X[x].word = X[x].mail;
	T(printf("word %d %d\n", x, X[x].word); told = 1;)
	X[x].mail = SILENT;
	if
	:: X[x].word == INCOMING ->
		if
		:: X[x].state == EXPECTED || X[x].state == WAIT
		:: else ->
			if
			:: X[x].state == NONE || X[x].state == PAUSED || X[x].state == HERE -> X[x].own = NOBODY
			:: else
			fi;
			X[x].state = EXPECTED;
			anew();
			X[x].accepted = 0;
			X[x].aborted = 0
		fi
	:: RUNS(X[x].word) ->
		if
		:: X[x].state == EXPECTED && X[x].accepted -> become_here()
		:: X[x].state == HERE && was == GOING && X[x].word == RUNNING -> abort_all(NOBODY) /* given up before the stop */
		:: X[x].state == EXPECTED && !X[x].accepted -> X[x].state = WAIT
		:: X[x].state == NONE -> X[x].own = NOBODY; anew(); X[x].state = WAIT
		:: X[x].state == RELEASED -> anew(); X[x].state = WAIT; X[x].aborted = 0; X[x].accepted = 0
		:: (X[x].state == PAUSED || X[x].state == CUT) && was != STOPPED -> /* another stay */
			if
			:: X[x].state == PAUSED -> X[x].own = NOBODY
			:: else
			fi;
			X[x].state = WAIT;
			anew();
			X[x].accepted = 0;
			X[x].aborted = 0
		:: (X[x].state == PAUSED || X[x].state == CUT) && was == STOPPED -> /* abort */
			X[x].state = HERE;
			X[x].claims = 1;
			X[x].own = NOBODY;
			X[x].tail = 0;
			X[x].over = 0;
			X[x].then = 0;
#ifndef BREAK_ABORT_TAIL
			do
			:: tail[x]?p
			:: len(tail[x]) == 0 -> break
			od;
#else
			do
			:: tail[x]?p -> hold[x]!p
			:: len(tail[x]) == 0 -> break
			od;
#endif
			p = 0;
			abort_all(NOBODY)
		:: else
		fi
	:: X[x].word == STOPPED ->
		X[x].claims = 0;
		if
		:: X[x].state == HERE || X[x].state == NONE -> X[x].state = PAUSED; X[x].tail = 1; X[x].over = 0; X[x].then = 0
		:: X[x].state == WAIT -> X[x].state = EXPECTED /* it never was served here: as if it had not run */
		:: else
		fi
	:: X[x].word == GONE ->
		if
		:: X[x].state == EXPECTED || X[x].state == WAIT ->
			if
			:: X[x].own < N && X[x].own != x ->
				tell(X[x].own, CANCELLED, KEY(x));
				release(X[x].own, 1)
			:: else -> X[x].state = NONE; X[x].own = NOBODY
			fi
#ifndef BREAK_GONE_IGNORED
		:: X[x].state == HERE -> it_vanished()
#endif
		:: else
		fi
	fi;
	if
	:: X[x].word == INCOMING || X[x].word == GONE -> X[x].left = 0
	:: else
	fi;
	if
	:: X[x].forgot && X[x].word == TRUTH(x) -> X[x].forgot = 0
	:: else
	fi;
	if
	:: X[x].word == GOING || X[x].word == STOPPED -> X[x].ticket = 1
	:: X[x].word == RUNNING || X[x].word == INCOMING -> X[x].ticket = 0
	:: else /* gone: as it was when it left */
	fi;
	was = 0
}

inline learn()
{
	if
	:: X[y].knows < B[TO(x, y)].step_seq -> X[y].knows = B[TO(x, y)].step_seq
	:: else
	fi
}

/* A STEP from x to y comes. */
inline take_step()
{
	T(printf("step %d %d %d\n", x, y, B[TO(x, y)].step); told = 1;)
	if
	:: B[TO(x, y)].step == ACCEPTED ->
		if
		:: B[TO(x, y)].step_gen == KEY(y) && X[y].own == x && (X[y].state == EXPECTED || X[y].state == WAIT) ->
			if
			:: B[TO(x, y)].cand == KEY(y) -> B[TO(x, y)].acked = 1
			:: else
			fi;
			X[y].accepted = 1;
			X[y].aborted = 0;
			learn();
			done_step();
			if
			:: X[y].state == WAIT -> was = x; x = y; y = 0; become_here(); x = was; was = 0
			:: else
			fi
		:: else -> done_step()
		fi
	:: B[TO(x, y)].step == ABORTED ->
		if
		:: B[TO(x, y)].step_gen == KEY(y) && (X[y].state == EXPECTED || X[y].state == WAIT) && X[y].own == x -> X[y].aborted = 1; X[y].accepted = 0
		:: B[TO(x, y)].step_gen == KEY(y) && X[y].state == PAUSED -> X[y].state = RELEASED; X[y].own = x; X[y].aborted = 0
		:: else
		fi;
		if
		:: B[TO(x, y)].cand == B[TO(x, y)].step_gen -> B[TO(x, y)].cand = 0; B[TO(x, y)].acked = 0
		:: else
		fi;
		done_step()
	:: B[TO(x, y)].step == RESUMED ->
		if
		:: B[TO(x, y)].step_gen == B[TO(y, x)].cand ->
			learn();
			done_step();
			k = x; x = y; y = k; k = 0; /* now x: who is told, y: where it runs */
			if
			:: X[x].state == PAUSED && AWAITS_TAIL(x) ->
				if
				:: X[x].then == 0 -> X[x].then = 1 + y
				:: else
				fi
			:: X[x].state == CUT || (X[x].state == PAUSED && !AWAITS_TAIL(x)) ->
				release(y, 0);
				abort_all(y);
				B[TO(x, y)].cand = 0;
				B[TO(x, y)].acked = 0
			:: X[x].state == NONE -> release(y, 0) /* it has restarted */
			:: X[x].state == EXPECTED || X[x].state == RELEASED -> /* later than what was */
				X[x].own = y;
				X[x].aborted = 0;
				X[x].accepted = 0
			:: X[x].state == HERE && B[TO(x, y)].cand != 0 -> tell(y, ABORTED, B[TO(x, y)].cand) /* it runs here, asked afresh */
			:: else
			fi
		:: else -> done_step()
		fi
	:: B[TO(x, y)].step == CANCELLED ->
		if
		:: B[TO(y, x)].cand == B[TO(x, y)].step_gen ->
			B[TO(y, x)].cand = 0;
			B[TO(y, x)].acked = 0;
			if
			:: X[y].state == CUT && X[y].own == x -> X[y].state = PAUSED; X[y].own = NOBODY
			:: else
			fi
		:: else
		fi;
		done_step()
	fi
}

/* It is acknowledged. */
inline done_step()
{
	if
	:: B[TO(x, y)].want == B[TO(x, y)].step && B[TO(x, y)].want_gen == B[TO(x, y)].step_gen -> B[TO(x, y)].want = 0; B[TO(x, y)].want_gen = 0
	:: else
	fi;
	B[TO(x, y)].step = 0;
	B[TO(x, y)].step_gen = 0;
	B[TO(x, y)].step_seq = 0
}

/* OWNER comes to x. */
inline take_owner()
{
	if
	:: X[x].state == EXPECTED || X[x].state == WAIT -> X[x].reign = X[x].offer_run
	:: else
	fi;
	if
	:: (X[x].state == EXPECTED || X[x].state == WAIT) && (X[x].offer_seq > X[x].knows || (X[x].own == NOBODY && X[x].offer_seq == X[x].knows)) ->
		X[x].knows = MAX(X[x].knows, X[x].offer_seq);
		if
		:: X[x].offer - 1 == NOBODY -> /* as if accepted */
			X[x].own = NOBODY;
#ifndef BREAK_NOBODY_WAITS
			X[x].accepted = 1;
#endif
			X[x].aborted = 0
		:: X[x].own != X[x].offer - 1 ->
			X[x].own = X[x].offer - 1;
			X[x].accepted = (X[x].own == x);
			X[x].aborted = 0
		:: else
		fi;
		if
		:: X[x].state == WAIT && X[x].accepted -> become_here()
		:: else
		fi
	:: else
	fi;
	X[x].offer = 0;
	X[x].offer_run = 0;
	X[x].offer_seq = 0
}

/* NEXT about y comes to x. */
inline take_next()
{
	if
	:: B[TO(x, y)].want != ABORTED && B[TO(x, y)].cand <= B[TO(x, y)].next ->
		B[TO(x, y)].cand = B[TO(x, y)].next;
		B[TO(x, y)].acked = 0
	:: B[TO(x, y)].want == ABORTED && B[TO(x, y)].cand < B[TO(x, y)].next -> /* it began anew, and understands ABORTED no more */
		B[TO(x, y)].cand = B[TO(x, y)].next;
		B[TO(x, y)].acked = 0;
		B[TO(x, y)].want = 0;
		B[TO(x, y)].want_gen = 0
	:: else
	fi;
	B[TO(x, y)].next = 0
}

inline take_tail()
{
	k = len(tap[x]);
	late = late || (X[x].over && k > 0);
	X[x].tail = 0;
	X[x].over = 0;
	T(printf("tail %d %d\n", x, k); told = 1;)
	do
	:: k > 0 -> tap[x]?p; tail[x]!p; k--;
		T(printf("unread %d %d\n", x, p);) /* copied: an aborted migration's guest reads them itself */
		if
		:: at == x -> tap[x]!p
		:: else
		fi
	:: else -> break
	od;
	p = 0
}

inline deliver()
{
	tap[at]?p;
	if
	:: BIT(got, p) -> assert(BIT(twice, p)) /* none twice but tail copies that were redirected, and an abort */
	:: else
	fi;
#ifndef NO_ORDER
	k = p + 1;
	do
	:: k <= P ->
		/* in order along one path, but for an abort after the redirect, a late tail, and crashes */
		assert(!BIT(got, k) || eras[k] != eras[p] || failed || late || crashes < CRASHES);
		k++
	:: else -> break
	od;
	k = 0;
#endif
	got = got | (1 << p);
	p = 0
}

inline drop_all(queue)
{
	do
	:: queue?p -> excused = excused | (1 << PACKET(p))
	:: len(queue) == 0 -> break
	od;
	p = 0
}

/* Packets that stay in @queue, and may be lost. */
inline excuse(queue)
{
	k = len(queue);
	do
	:: k > 0 -> queue?p; queue!p; excused = excused | (1 << p); k--
	:: else -> break
	od;
	p = 0
}

inline crash()
{
	crashes--;
	if
	:: at == x && runs
	:: else -> excuse(tap[x])
	fi;
	drop_all(hold[x]);
	drop_all(tail[x]);
	if
	:: at != x -> drop_all(tap[x])
	:: else
	fi;
	X[x].state = NONE;
	X[x].word = SILENT;
	X[x].mail = SILENT;
	X[x].own = NOBODY;
	X[x].came = NOBODY;
	X[x].ticket = 0;
	X[x].knows = 0;
	X[x].accepted = 0;
	X[x].aborted = 0;
	X[x].claims = 0;
	X[x].tail = 0;
	X[x].over = 0;
	X[x].then = 0;
	X[x].offer = 0;
	X[x].offer_run = 0;
	X[x].offer_seq = 0;
	k = 0;
	do
	:: k < N ->
		B[TO(x, k)].cand = 0;
		B[TO(x, k)].acked = 0;
		B[TO(x, k)].want = 0;
		B[TO(x, k)].want_gen = 0;
		k++
	:: else -> break
	od;
	k = 0
}

/* It says anew what is so; what it had copied of the tail is lost, and what nobody has heard that it had stopped. */
inline agent_crash()
{
	agent_crashes--;
	X[x].mail = SILENT;
	X[x].forgot = 1;
	if
	:: at == x && runs
	:: else -> excuse(tap[x]); k = 0
	fi;
	if
	:: at != x -> drop_all(tap[x])
	:: else
	fi;
	X[x].tail = 0;
	X[x].over = 0
}

inline converged()
{
	assert(owner == at && X[at].state == HERE && cache == at);
	x = 0;
	do
	:: x < N ->
		assert(x == at || X[x].state == NONE || X[x].state == RELEASED || LIES(x));
		if
		:: (crashes < CRASHES || expiries < EXPIRIES) && X[x].state == NONE -> drop_all(hold[x]) /* it holds what may go nowhere */
		:: else
		fi;
		assert(len(wire[x]) == 0 && len(hold[x]) == 0 && len(tap[x]) == 0);
		x++
	:: else -> break
	od;
	x = 1;
	do
	:: x <= P -> assert(BIT(got, x) || BIT(excused, x)); x++ /* none lost */
	:: else -> break
	od
}

/* After a start all are asked before anybody is told anything. */
#ifdef BREAK_RESTART_ACCEPTS
#define KNOWS_OF_IT(i) 1
#else
#define KNOWS_OF_IT(i) (X[i].state != NONE || X[i].word != SILENT)
#endif
#ifdef BREAK_CUT_UNACKED
#define MAY_CUT(i, j) 1
#else
#define MAY_CUT(i, j) (B[TO(i, j)].acked && !TOLD_OFF(i, j))
#endif
#ifdef BREAK_CLAIM_MEMORY
#define VERIFIED(i) 1
#else
#define VERIFIED(i) RUNS(TRUTH(i))
#endif

#define OUT(i, to)            T(printf("out %d %d %d\n", i, p, to))
#define LINE1(form, a) T(printf(form, a); told = 1;)
#define LINE2(form, a, b) T(printf(form, a, b); told = 1;)
#define LINE3(form, a, b, c) T(printf(form, a, b, c); told = 1;)
#define LINE4(form, a, b, c, d) T(printf(form, a, b, c, d); told = 1;)

/* The owner's xTR does not live. */
#ifdef TRACE 
#define SERVES 0
#define SILENT_OWNER(i) (cut || (X[i].own < N && X[X[i].own].word == SILENT))
#else
#define SERVES 1
#define SILENT_OWNER(i) (X[i].own < N && X[X[i].own].word == SILENT)
#endif
/* M cannot be asked, and the owner's xTR does not know the key by which it would be. */
#ifdef BREAK_SILENCE_TAKES
#undef SILENT_OWNER
#define SILENT_OWNER(i) cut
#endif
#define NOBODY_TO_ASK(i) (cut && (X[i].own >= N || B[TO(X[i].own, i)].cand != KEY(i)))

/* It asks until it is answered, and M gives both sides the key of its present run. */
#ifdef BREAK_ASKS_ONCE
#define OTHER_KEY(i) 0
#else
#define OTHER_KEY(i) (RESTARTS && owner < N && owner != i && X[i].reign != reign && !X[i].accepted && B[TO(owner, i)].cand != KEY(i))
#endif

/* What an xTR does by itself. */
#define XTR_OWN(i) \
	:: d_step { (X[i].state == HERE || X[i].served) && len(hold[i]) != 0 && len(tail[i]) == 0 -> hold[i]?p; p = PACKET(p); tap[i]!p; OUT(i, TAP); p = 0 } \
	:: d_step { X[i].state == HERE && !X[i].tail && len(tail[i]) != 0 -> tail[i]?p; tap[i]!p; OUT(i, TAP); p = 0 } \
	:: d_step { X[i].state >= CUT && !X[i].tail && len(tail[i]) != 0 -> tail[i]?p; link[TO(i, X[i].own)]!p; OUT(i, X[i].own); \
		if :: X[i].state == CUT -> twice = twice | (1 << p) :: else fi; p = 0 } \
	:: d_step { X[i].state == EXPECTED && X[i].own < N && X[i].own != i && len(tail[i]) != 0 -> tail[i]?p; \
		link[TO(i, X[i].own)]!p; OUT(i, X[i].own); p = 0 } \
	:: d_step { len(hold[i]) != 0 && !WAITS_FOR_TAIL(i) && SENDS_ON(i) -> hold[i]?p; p = PACKET(p); \
		link[TO(i, X[i].own)]!p; OUT(i, X[i].own); p = 0 } \
	:: d_step { len(tail[i]) != 0 && X[i].state == NONE && owner < N && owner != i -> tail[i]?p; link[TO(i, owner)]!p; OUT(i, owner); p = 0 } \
	:: d_step { len(hold[i]) != 0 && X[i].state == NONE && !X[i].tail && len(tail[i]) == 0 && X[i].word != SILENT && \
			owner < N && owner != i && !HEAD_FROM(i, owner) -> hold[i]?p; p = PACKET(p); link[TO(i, owner)]!p; OUT(i, owner); p = 0 } \
	:: d_step { X[i].then != 0 && X[i].state == PAUSED && (!X[i].tail || X[i].over) -> x = i; y = (X[x].then - 1) % N; \
		if \
		:: X[x].then <= N && B[TO(x, y)].cand == 0 /* it is nobody's place any more */ \
		:: else -> release(y, 0); abort_all(y); B[TO(x, y)].cand = 0; B[TO(x, y)].acked = 0 \
		fi; \
		X[x].then = 0; x = 0; y = 0 } \
	/* RELEASED: what was held does not wait for the tail, as long as that is not there */ \
	:: d_step { X[i].state == RELEASED && X[i].tail && !X[i].over -> X[i].over = 1 }

#ifdef AT_ONCE
#define WORD_STEPS(i) :: d_step { X[i].word != SAYS(i) -> x = i; X[i].mail = SAYS(i); hear(); x = 0 }
#else
#define WORD_STEPS(i) \
	:: d_step { SAID(i) != SAYS(i) -> X[i].mail = SAYS(i) } \
	:: d_step { X[i].mail != SILENT -> x = i; hear(); x = 0 }
#endif

/* What need not happen. */
#if AGENT_CRASHES
#define XTR_FAULTS(i) :: d_step { agent_crashes && X[i].word != SILENT -> x = i; agent_crash(); x = 0 }
#elif CRASHES
#define XTR_FAULTS(i) :: d_step { crashes && !calm -> x = i; crash(); x = 0 }
#else
#define XTR_FAULTS(i)
#endif

#define XTR_STEPS(i) \
	/* its agent */ \
	WORD_STEPS(i) \
	:: d_step { X[i].tail && X[i].state != HERE -> x = i; take_tail(); x = 0 } \
	:: d_step { X[i].tail && X[i].state == PAUSED && !X[i].over -> X[i].over = 1; LINE1("timeout %d\n", i) } \
	/* packets */ \
	:: d_step { len(wire[i]) != 0 -> x = i; wire[i]?p; forward(ITR); x = 0 } \
	/* M: claims (ownership.pml), news, prepares */ \
	:: d_step { !cut && X[i].state == HERE && ((owner != i && VERIFIED(i)) || X[i].claims) -> \
		T(if :: X[i].claims -> printf("claim %d %d %d\n", i, seq, owner) :: else -> stop = 1 fi; told = 1;) \
		X[i].claims = 0; seq++; assert(seq < 12); owner = i; X[i].knows = seq; X[i].came = NOBODY } \
	:: d_step { !cut && owner < N && owner != i && ((seq > X[i].knows && X[i].state >= PAUSED) || (seq == X[i].knows && RESOLVES(i))) -> x = i; \
		LINE3("notify %d %d %d\n", i, seq, owner) \
		X[x].knows = seq; \
		if \
		:: X[x].state == PAUSED && AWAITS_TAIL(x) -> X[x].then = 1 + N + owner \
		:: else -> if :: X[x].state != RELEASED -> abort_all(owner) :: else fi; release(owner, 0) \
		fi; \
		x = 0 } \
	:: d_step { !cut && (X[i].state == EXPECTED || X[i].state == WAIT) && X[i].offer == 0 && \
			(X[i].knows < seq || (X[i].own == NOBODY && !X[i].accepted) || OTHER_KEY(i)) -> \
		X[i].offer = 1 + owner; X[i].offer_seq = seq; X[i].offer_run = reign; LINE3("offer %d %d %d\n", i, seq, owner) DIRECT(x = i; take_owner(); x = 0) } \
	:: d_step { !cut && (X[i].state == EXPECTED || X[i].state == WAIT) && owner < N && owner != i && \
			((B[TO(owner, i)].cand != KEY(i) && B[TO(owner, i)].cand != NEW_KEY(i)) || (B[TO(owner, i)].acked && !X[i].accepted && X[i].own == owner)) && \
			B[TO(owner, i)].next != NEW_KEY(i) && B[TO(owner, i)].want != ABORTED -> B[TO(owner, i)].next = NEW_KEY(i); \
		LINE4("prepare %d %d %d %d\n", owner, i, seq, (X[i].own == owner)) \
		DIRECT(x = owner; y = i; take_next(); x = 0; y = 0) } \
	LATER(:: d_step { X[i].offer != 0 -> x = i; LINE1("owner %d\n", i) take_owner(); x = 0 }) \
	/* the owner is silent for takeover-ms */ \
	:: d_step { X[i].state == WAIT && SILENT_OWNER(i) -> x = i; LINE1("takeover %d\n", i) become_here(); x = 0 } \
	:: d_step { SERVES && X[i].state == WAIT && !X[i].served && NOBODY_TO_ASK(i) -> LINE1("serves %d\n", i) X[i].served = 1 } \
	:: d_step { X[i].served && (X[i].state != WAIT || !cut) -> X[i].served = 0 } \
	:: d_step { X[i].state == WAIT && !cut && owner == i -> x = i; LINE2("itself %d %d\n", i, seq) X[x].own = NOBODY; become_here(); x = 0 } \
	/* the ITR's packets come where e is not: SMR */ \
	:: d_step { cache == i && owner < N && owner != i && !cut && (X[i].state == NONE || X[i].state == RELEASED || X[i].state == EXPECTED) \
			-> cache = owner; era++ }

/* Paused, it is asked for, as nobody may ever tell where it runs. That it is where it came from is no answer before its own claim was granted. */
#ifdef BREAK_RESOLVED_BACK
#define RESOLVES(i) (X[i].state == PAUSED && X[i].then != 1 + N + owner)
#else
#define RESOLVES(i) (X[i].state == PAUSED && X[i].then != 1 + N + owner && X[i].came != owner)
#endif

/* What is held goes on: never back to where it came from, but for what an abort gives back. */
#define SENDS_ON(i)                                                                                                             \
	((X[i].state >= CUT || (X[i].state == EXPECTED && X[i].own < N && X[i].own != i)) && (SENDS_BACK(i) || !HEAD_FROM(i, X[i].own)))


/* Of walks only: what was held before the cut the code does not tell apart by where it came from. */
#define HELD_FROM(i, j) T(k = len(hold[i]); do :: k > 0 -> hold[i]?p; hold[i]!p; if :: SOURCE(p) == j -> stop = 1 :: else fi; k-- :: else -> break od; p = 0)

#ifdef NO_CUT
#define CUTS_OVER 0
#else
#define CUTS_OVER 1
#endif
#define PAIR_OWN(i, j) \
	:: d_step { B[TO(i, j)].cand != 0 && !B[TO(i, j)].acked && B[TO(i, j)].want != ABORTED && X[i].state != WAIT && KNOWS_OF_IT(i) && PROVEN(i, j) && \
			!(B[TO(i, j)].want == ACCEPTED && B[TO(i, j)].want_gen == B[TO(i, j)].cand) && (X[i].state != HERE || X[i].word == GOING) && \
			KEY(j) == B[TO(i, j)].cand && (X[j].state == EXPECTED || X[j].state == WAIT) && X[j].own == i -> \
		B[TO(i, j)].want = ACCEPTED; B[TO(i, j)].want_gen = B[TO(i, j)].cand } \
	LATER(:: d_step { B[TO(i, j)].want != 0 && (B[TO(i, j)].step != B[TO(i, j)].want || B[TO(i, j)].step_gen != B[TO(i, j)].want_gen) -> \
		B[TO(i, j)].step = B[TO(i, j)].want; B[TO(i, j)].step_gen = B[TO(i, j)].want_gen; \
		T(printf("tell %d %d %d\n", i, j, B[TO(i, j)].step);) \
		B[TO(i, j)].step_seq = X[i].knows }) \
	:: d_step { CUTS_OVER && X[i].state == PAUSED && X[i].then == 0 && (!X[i].tail || X[i].over) && LEFT(X[i].word) && B[TO(i, j)].cand != 0 && \
			PROVEN(i, j) && ONE_CANDIDATE(i, j) && MAY_CUT(i, j) -> X[i].state = CUT; X[i].own = j; X[i].aborted = 0; HELD_FROM(i, j) }

#define PAIR_STEPS(i, j) \
	:: d_step { len(link[TO(i, j)]) != 0 -> x = j; link[TO(i, j)]?p; forward(i); x = 0 } \
	LATER(:: d_step { B[TO(i, j)].next != 0 -> LINE2("next %d %d\n", i, j) x = i; y = j; take_next(); x = 0; y = 0 }) \
	:: d_step { STEP(i, j) != 0 && !((STEP(i, j) == RESUMED || STEP(i, j) == ABORTED) && X[j].state == HERE && HEARD_LATE(j)) && \
			!(STEP(i, j) == RESUMED && B[TO(i, j)].want == RESUMED && B[TO(j, i)].cand < STEP_GEN(i, j)) && \
			!(STEP(i, j) == RESUMED && TOLD_OFF(j, i)) -> \
		DIRECT(B[TO(i, j)].step = B[TO(i, j)].want; B[TO(i, j)].step_gen = B[TO(i, j)].want_gen; B[TO(i, j)].step_seq = X[i].knows;) \
		x = i; y = j; take_step(); x = 0; y = 0 }

/* At once: nothing is under way. What an agent or an xTR has to say, and M's answers, arrive at any later time as they are then. */
#ifdef AT_ONCE
#define DIRECT(...) __VA_ARGS__
#define LATER(...)
#define STEP(i, j)     B[TO(i, j)].want
#define STEP_GEN(i, j) B[TO(i, j)].want_gen
#else
#define DIRECT(...)
#define LATER(...) __VA_ARGS__
#define STEP(i, j)     B[TO(i, j)].step
#define STEP_GEN(i, j) B[TO(i, j)].step_gen
#endif

/* Until ABORTED is acknowledged nothing that y says of its own counts at x, not its number either: it is said again. */
#define TOLD_OFF(x, y) (B[TO(x, y)].want == ABORTED)

/* RESUMED does not beat the agent's word: it is asked afresh. */
#define HEARD_LATE(j) (X[j].mail != SILENT || X[j].word != SAYS(j))

/* A migration does not begin before the failure of the last was acknowledged. It does not come back before its end here was acknowledged (its agent can delay the migration until then). */
#define SETTLED(i) (!RUNS(X[i].word) && !RUNS(X[i].mail) && !X[i].tail)

#if N > 2
#define OWN_STEPS                                                                                                               \
	XTR_OWN(0) XTR_OWN(1) XTR_OWN(2) PAIR_OWN(0, 1) PAIR_OWN(1, 0) PAIR_OWN(0, 2) PAIR_OWN(2, 0) PAIR_OWN(1, 2) PAIR_OWN(2, 1)
#else
#define OWN_STEPS XTR_OWN(0) XTR_OWN(1) PAIR_OWN(0, 1) PAIR_OWN(1, 0)
#endif

/* TELL: the trail of an error, when spin -t goes along it, as one line for each step. */
#ifdef TELL
#define TELL_ALL                                                                                                                \
	d_step {                                                                                                                \
		printf("guest %d dst %d runs %d owner %d seq %d cache %d got %d\n", at, dst, runs, owner, seq, cache, got);     \
		x = 0;                                                                                                          \
		do                                                                                                              \
		:: x < N ->                                                                                                     \
			printf("  x%d %d word %d mail %d own %d knows %d gen %d acc %d ab %d tail %d over %d then %d held %d%d%d tap %d", x,  \
				X[x].state, X[x].word, X[x].mail, X[x].own, X[x].knows, X[x].gen, X[x].accepted, X[x].aborted,   \
				X[x].tail, X[x].over, X[x].then, len(wire[x]), len(hold[x]), len(tail[x]), len(tap[x]));        \
			y = 0;                                                                                                  \
			do                                                                                                      \
			:: y < N -> printf(" | %d: c%d n%d a%d w%d/%d s%d/%d q%d l%d", y, B[TO(x, y)].cand, B[TO(x, y)].next,     \
				B[TO(x, y)].acked, B[TO(x, y)].want, B[TO(x, y)].want_gen, B[TO(x, y)].step,                    \
				B[TO(x, y)].step_gen, B[TO(x, y)].step_seq, len(link[TO(x, y)])); y++                           \
			:: else -> break                                                                                        \
			od;                                                                                                     \
			printf("\n"); x++                                                                                       \
		:: else -> break                                                                                                \
		od;                                                                                                             \
		x = 0; y = 0                                                                                                    \
	}
#else
#define TELL_ALL skip
#endif

/* After each step: each xTR's state, and where packets go there that come from the ITR and from each xTR. */
#define SHOW                                                                                                                    \
	if                                                                                                                      \
	:: told -> told = 0; x = 0;                                                                                             \
		do                                                                                                              \
		:: x < N -> printf("is %d %d", x, X[x].state); where(ITR); printf(" %d", k); y = 0;                             \
			do                                                                                                      \
			:: y < N -> where(y); printf(" %d", k); y++                                                             \
			:: else -> break                                                                                        \
			od;                                                                                                     \
			printf("\n"); x++                                                                                       \
		:: else -> break                                                                                                \
		od;                                                                                                             \
		x = 0; y = 0; k = 0                                                                                             \
	:: else                                                                                                                 \
	fi;

/* Of walks only. PROMPT: the hypervisors do nothing before the xTRs have heard of what they did before. FAILS: but for the last,
 * a migration comes to nothing. */
#if defined(PROMPT) && N > 2
#define HEARD_ALL (X[0].word == SAYS(0) && X[1].word == SAYS(1) && X[2].word == SAYS(2))
#elif defined(PROMPT)
#define HEARD_ALL (X[0].word == SAYS(0) && X[1].word == SAYS(1))
#else
#define HEARD_ALL 1
#endif
#ifdef FAILS
#define SUCCEEDS (migs == 0)
#else
#define SUCCEEDS 1
#endif

/* Begins a migration; that it does not is in it. */
#if N > 2 && !defined(LIAR)
#define TO_THE_THIRD :: d_step { MAY_MIGRATE && GOES_TO(2) && SETTLED(2) -> migs--; dst = 2; X[at].given = X[at].given | 4 }
#else
#define TO_THE_THIRD
#endif
#if N > 2 && !defined(TRACE)
#define HEARD_OF (X[at].state == HERE && owner == at)
#else
#define HEARD_OF 1
#endif
#ifdef CHAIN /* from 0 to 1, and on to 2, from where it is then */
#define GOES_TO(i) (at != (i) && (i) == 1 + MIGS - migs)
#else
#define GOES_TO(i) (at != (i))
#endif
#define MAY_MIGRATE (HEARD_OF && runs && dst == NOBODY && migs && !calm && (X[at].word != STOPPED || X[at].left) && X[at].mail != STOPPED)

/* What may happen or not: migrations begin, and are given up; a destination that the guest never comes to; M is cut off; crashes. */
#define FAULTS                                                                                                                  \
	:: d_step { MAY_MIGRATE && GOES_TO(0) && SETTLED(0) -> migs--; dst = 0; X[at].given = X[at].given | 1 }                                                   \
	:: d_step { MAY_MIGRATE && GOES_TO(1) && SETTLED(1) -> migs--; dst = 1; X[at].given = X[at].given | 2 }                                                   \
	TO_THE_THIRD                                                                                                            \
	:: d_step { HEARD_ALL && runs && dst != NOBODY && !calm -> dst = NOBODY }                                               \
	RACE_STEPS LIAR_STEPS EXPIRY_STEPS                                                                                      \
	:: d_step { cuts && !calm && !cut -> cuts--; cut = 1 } RESTART_STEPS                                                                \
	XTR_FAULTS(0) XTR_FAULTS(1) THIRD_FAULTS

#ifdef LIAR
#define LIAR_STEPS :: d_step { lie == GONE -> lie = INCOMING } :: d_step { lie != RUNNING -> lie = RUNNING }
#else
#define LIAR_STEPS
#endif
#if RESTARTS
#define RESTART_STEPS :: d_step { !reign -> reign = 1 }
#else
#define RESTART_STEPS
#endif
#if EXPIRIES
#define EXPIRY_STEPS :: d_step { expiries && owner != NOBODY -> expiries--; owner = NOBODY; seq++ }
#else
#define EXPIRY_STEPS
#endif
#if RACES
#define RACE_STEPS :: d_step { races && !calm && at != N - 1 && dst != N - 1 -> races--; also = N - 1; X[at].given = X[at].given | (1 << (N - 1)) }
#define RACE_ENDS  :: d_step { also != NOBODY -> also = NOBODY }
#else
#define RACE_STEPS
#define RACE_ENDS
#endif
#if N > 2
#define THIRD_FAULTS XTR_FAULTS(2)
#define THIRD_STEPS  XTR_STEPS(2) PAIR_STEPS(0, 2) PAIR_STEPS(2, 0) PAIR_STEPS(1, 2) PAIR_STEPS(2, 1)
#else
#define THIRD_FAULTS
#define THIRD_STEPS
#endif

inline arrives()
{
	if
	:: crashes < CRASHES -> excuse(tap[at]); k = 0
	:: else
	fi;
	if
	:: X[at].state != HERE && !X[at].tail ->
		do
		:: tap[at]?p
		:: len(tap[at]) == 0 -> break
		od
	:: else
	fi;
	p = 0;
	X[at].left = 1;
	at = dst;
	X[at].given = 0; /* a new stay has a ticket of its own */
	dst = NOBODY;
	runs = 1
}

/* What goes on until it is done. */
#define STEPS                                                                                                                   \
	/* the guest */                                                                                                         \
	:: d_step { HEARD_ALL && runs && dst != NOBODY -> runs = 0 }                                                            \
	:: d_step { HEARD_ALL && SUCCEEDS && !runs -> arrives() }                                                               \
	:: d_step { HEARD_ALL && !runs -> runs = 1; dst = NOBODY; failed = 1 }                                                  \
	:: d_step { runs && len(tap[at]) != 0 -> deliver() }                                                                    \
	RACE_ENDS                                                                                                               \
	/* M */                                                                                                                 \
	:: d_step { cut -> cut = 0 }                                                                                            \
	/* the ITR */                                                                                                           \
	:: d_step { sent < P -> sent++; wire[cache]!sent; eras[sent] = era }                                                    \
	XTR_STEPS(0) XTR_STEPS(1) PAIR_STEPS(0, 1) PAIR_STEPS(1, 0) THIRD_STEPS

init {
	d_step {
		X[0].state = HERE; X[0].word = RUNNING; X[0].knows = 1; X[0].own = NOBODY; X[0].came = NOBODY;
		X[1].state = NONE; X[1].word = GONE; X[1].knows = 1; X[1].own = NOBODY; X[1].came = NOBODY;
#if FIRST == 1
		X[1].state = RELEASED; X[1].own = 0;
#endif
#if N > 2
		X[2].state = NONE; X[2].word = GONE; X[2].knows = 1; X[2].own = NOBODY; X[2].came = NOBODY;
#endif
#ifdef TRACE /* of a guest that it has not heard of an xTR remembers nothing */
		X[1].word = SILENT;
#if N > 2
		X[2].word = SILENT;
#endif
#endif
	}
#ifdef TRACE
	do
	::	do
		OWN_STEPS
		:: else -> break
		od;
		if
		:: stop -> goto out
		:: else
		fi;
		SHOW
		if
		FAULTS
		STEPS
		:: d_step { !calm && !migs -> calm = 1 } /* not before something has happened */
		:: else -> atomic { converged() }; break
		fi
	od;
out:
	printf("end\n")
#else
accept_any: /* each state is marked: any cycle is one that is found */
	do
	:: atomic {
		if
		FAULTS
		:: if
		   OWN_STEPS
		   STEPS
		   :: else -> converged(); goto out /* what need not happen does not */
		   fi
		fi;
		TELL_ALL }
	od;
out:
	skip
#endif
}
