/* lpm_pool: the trie's nodes, sixteen bytes each, without a header a node.
 *
 * One writer takes and retires. A retired node may still be under a reader and has no room for an
 * rcu_node, so retired ones are gathered into batches; a batch waits for the readers (rcu_defer)
 * and comes back over a stack that the writer empties in one exchange. Until then its nodes keep
 * their content. The last to let go frees the pool: the table or the last batch under way. */
#include <stdlib.h>

#include "lib/table/lpm_internal.h"

#define BATCH_NODES   60
#define CHUNK_FIRST   16 /* nodes: small tables are many */
#define CHUNK_LARGEST 4096

struct batch {
	struct rcu_node rcu;
	struct lpm_pool *pool;
	struct batch *next;
	unsigned int count;
	struct lpm_node *node[BATCH_NODES];
};

struct chunk {
	struct chunk *next;
	size_t unused; /* and keeps the nodes 16-byte aligned: one cache line each */
	struct lpm_node node[];
};

struct lpm_pool {
	struct chunk *chunks; /* the first is the one given out from */
	size_t chunk_size, chunk_given;
	struct lpm_node *unused; /* linked through child[0] */
	struct batch *filling, *spare;
	size_t memory;
	unsigned int holders;   /* shared: the table and the batches under way */
	struct batch *returned; /* shared: batches whose readers have left */
};

struct lpm_pool *lpm_pool_new(void)
{
	struct lpm_pool *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->holders = 1;
	p->memory = sizeof(*p);
	return p;
}

static void batches_free(struct batch *b)
{
	while (b) {
		struct batch *next = b->next;

		free(b);
		b = next;
	}
}

static void let_go(struct lpm_pool *p)
{
	if (__atomic_sub_fetch(&p->holders, 1, __ATOMIC_ACQ_REL))
		return;
	batches_free(p->returned);
	free(p->filling);
	free(p->spare);
	while (p->chunks) {
		struct chunk *next = p->chunks->next;

		free(p->chunks);
		p->chunks = next;
	}
	free(p);
}

void lpm_pool_free(struct lpm_pool *p)
{
	if (p)
		let_go(p);
}

/* In liburcu's thread. The only one that pushes, and the writer takes all at once: no ABA. */
static void batch_back(struct rcu_node *rcu)
{
	struct batch *b = (struct batch *)(void *)rcu;
	struct lpm_pool *p = b->pool;

	b->next = __atomic_load_n(&p->returned, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(
		&p->returned, &b->next, b, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
	let_go(p);
}

void lpm_pool_return(struct lpm_pool *p, struct lpm_node *node)
{
	node->child[0] = (uint64_t)(uintptr_t)p->unused;
	p->unused = node;
}

static void collect(struct lpm_pool *p)
{
	struct batch *b = __atomic_exchange_n(&p->returned, NULL, __ATOMIC_ACQUIRE);

	while (b) {
		struct batch *next = b->next;

		for (unsigned int i = 0; i < b->count; i++)
			lpm_pool_return(p, b->node[i]);
		if (p->spare) {
			free(b);
			p->memory -= sizeof(*b);
		} else {
			p->spare = b;
		}
		b = next;
	}
}

static bool grow(struct lpm_pool *p)
{
	size_t n = p->chunk_size ? p->chunk_size * 2 : CHUNK_FIRST;
	struct chunk *c;

	if (n > CHUNK_LARGEST)
		n = CHUNK_LARGEST;
	c = malloc(sizeof(*c) + n * sizeof(c->node[0]));
	if (!c)
		return false;
	c->next = p->chunks;
	p->chunks = c;
	p->chunk_size = n;
	p->chunk_given = 0;
	p->memory += sizeof(*c) + n * sizeof(c->node[0]);
	return true;
}

struct lpm_node *lpm_pool_take(struct lpm_pool *p)
{
	struct lpm_node *node;

	if (!p->unused)
		collect(p);
	node = p->unused;
	if (node) {
		p->unused = (struct lpm_node *)(uintptr_t)node->child[0];
		return node;
	}
	if (p->chunk_given == p->chunk_size && !grow(p))
		return NULL;
	return &p->chunks->node[p->chunk_given++];
}

static struct batch *batch_new(struct lpm_pool *p)
{
	struct batch *b;

	collect(p); /* one that has come back may serve again */
	b = p->spare;
	p->spare = NULL;
	if (!b) {
		b = malloc(sizeof(*b));
		if (!b)
			return NULL;
		p->memory += sizeof(*b);
	}
	b->pool = p;
	b->count = 0;
	return b;
}

void lpm_pool_retire(struct lpm_pool *p, struct lpm_node *node)
{
	struct batch *b = p->filling;

	if (!b)
		b = p->filling = batch_new(p);
	if (!b) { /* no memory to remember it by: wait here */
		rcu_wait();
		lpm_pool_return(p, node);
		return;
	}
	b->node[b->count++] = node;
	if (b->count < BATCH_NODES)
		return;
	p->filling = NULL;
	__atomic_add_fetch(&p->holders, 1, __ATOMIC_RELAXED);
	rcu_defer(&b->rcu, batch_back);
}

size_t lpm_pool_memory(const struct lpm_pool *p)
{
	return p->memory;
}
