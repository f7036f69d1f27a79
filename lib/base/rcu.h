/* rcu: lock-free readers, deferred frees (liburcu, the memb flavour), in one small place.
 *
 * Readers: rcu_enter(), read pointers with rcu_load(), rcu_leave(). A reader never blocks in
 * between. The writer publishes with rcu_publish() and frees with rcu_defer(). Pointers go through
 * C11 acquire and release, which ThreadSanitizer understands; what it cannot see (the grace period)
 * is told to it in rcu.c. */
#ifndef SUNWARD_LIB_BASE_RCU_H
#define SUNWARD_LIB_BASE_RCU_H

#include <stddef.h>

struct rcu_node { /* embed in what is freed later */
	void *next[2];
	void (*run)(struct rcu_node *);
};

/* Each thread that reads or calls rcu_defer(), before and after. Not nested. */
void rcu_thread_start(void);
void rcu_thread_stop(void);

void rcu_enter(void);
void rcu_leave(void);

#define rcu_load(pp)       __atomic_load_n((pp), __ATOMIC_ACQUIRE)
#define rcu_publish(pp, v) __atomic_store_n((pp), (v), __ATOMIC_RELEASE)

/* Call @run(@node) after every reader of now has left. Never blocks. */
void rcu_defer(struct rcu_node *node, void (*run)(struct rcu_node *));
/* Free a malloc'ed block after every reader of now has left (allocates a small record; waits with
 * rcu_wait() when that fails). NULL is no block. */
void rcu_defer_free(void *block);
/* Wait until every reader of now has left. Not between rcu_enter() and rcu_leave(). */
void rcu_wait(void);
/* Wait until all deferred calls so far have run: shutdown and tests. */
void rcu_barrier_all(void);

#endif
