/* rcu: the thin shell around liburcu's memb flavour.
 *
 * Knows nothing of what is read or freed. liburcu is not built with ThreadSanitizer, so TSan sees
 * neither its queue nor its grace periods and would call every deferred free a race. The edges that
 * liburcu promises are therefore told to it here:
 *
 *   a reader leaves        -> a deferred call handed in before that runs   (by way of: grace)
 *   a reader leaves        -> rcu_wait() returns                           (grace)
 *   rcu_defer() hands over -> the call runs in liburcu's thread            (the node itself)
 *
 * These are wider than the truth (a reader that entered after the hand-over is ordered as well), so
 * TSan may miss a race with such a reader; it reports none that is not there. */
#include "lib/base/rcu.h"

#define URCU_INLINE_SMALL_FUNCTIONS
#include <semaphore.h>
#include <stdlib.h>
#include <urcu.h>

#ifdef __SANITIZE_THREAD__
#define RCU_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RCU_TSAN 1
#endif
#endif

#ifdef RCU_TSAN
#include <sanitizer/tsan_interface.h>
/* Only the address counts: liburcu's grace periods belong to the process, and so does this. */
static char grace;
#define tsan_before(where) __tsan_release(where)
#define tsan_after(where)  __tsan_acquire(where)
#else
#define tsan_before(where) ((void)0)
#define tsan_after(where)  ((void)0)
#endif

_Static_assert(sizeof(struct rcu_head) <= sizeof(((struct rcu_node *)0)->next),
	"liburcu's head must fit where struct rcu_node keeps it");
_Static_assert(_Alignof(struct rcu_head) <= _Alignof(struct rcu_node), "and be aligned there");

struct block_record {
	struct rcu_node node;
	void *block;
};

void rcu_thread_start(void)
{
	rcu_register_thread();
}

void rcu_thread_stop(void)
{
	rcu_unregister_thread();
}

void rcu_enter(void)
{
	rcu_read_lock();
}

void rcu_leave(void)
{
	tsan_before(&grace);
	rcu_read_unlock();
}

static void deferred(struct rcu_head *head)
{
	struct rcu_node *node = (struct rcu_node *)(void *)head;

	tsan_after(node);
	tsan_after(&grace);
	node->run(node);
}

void rcu_defer(struct rcu_node *node, void (*run)(struct rcu_node *))
{
	node->run = run;
	tsan_before(node);
	call_rcu((struct rcu_head *)(void *)node->next, deferred);
}

static void free_block(struct rcu_node *node)
{
	struct block_record *r = (struct block_record *)(void *)node;

	free(r->block);
	free(r);
}

void rcu_defer_free(void *block)
{
	struct block_record *r;

	if (!block)
		return;
	r = malloc(sizeof(*r));
	if (!r) {
		rcu_wait();
		free(block);
		return;
	}
	r->block = block;
	rcu_defer(&r->node, free_block);
}

void rcu_wait(void)
{
	synchronize_rcu();
	tsan_after(&grace);
}

struct turn {
	struct rcu_node node;
	sem_t come;
};

static void turn_come(struct rcu_node *node)
{
	struct turn *t = (struct turn *)(void *)node;

	sem_post(&t->come);
}

/* liburcu's one default thread runs the calls in the order in which they were handed in (no other
 * is ever created here), so a call of our own comes after all before it. Not liburcu's barrier: its
 * record passes between two threads by ways that TSan cannot see. */
void rcu_barrier_all(void)
{
	struct turn t;

	sem_init(&t.come, 0, 0);
	rcu_defer(&t.node, turn_come);
	while (sem_wait(&t.come))
		;
	sem_destroy(&t.come);
}
