/* wan_line: draws each packet's fate when it arrives and keeps what is on its way in a heap.
 *
 * It knows neither sockets nor the clock: bytes and times come in, bytes come out. */
#include "tests/lab/wan_line.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void wan_line_init(struct wan_line *l, const struct wan_line_config *config, uint64_t seed)
{
	*l = (struct wan_line){.config = *config};
	for (size_t i = 0; i < 3; i++)
		l->random[i] = (unsigned short)(seed >> 16 * i);
}

void wan_line_fini(struct wan_line *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->heap[i]);
	free(l->heap);
	l->heap = NULL;
	l->count = l->room = 0;
}

static bool before(const struct wan_packet *a, const struct wan_packet *b)
{
	return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

static bool grow(struct wan_line *l)
{
	size_t room = l->room ? 2 * l->room : 1024;
	struct wan_packet **heap;

	if (l->count < l->room)
		return true;
	heap = reallocarray(l->heap, room, sizeof(*heap));
	if (!heap)
		return false;
	l->heap = heap;
	l->room = room;
	return true;
}

static void push(struct wan_line *l, struct wan_packet *p)
{
	size_t i = l->count++;

	for (; i && before(p, l->heap[(i - 1) / 2]); i = (i - 1) / 2)
		l->heap[i] = l->heap[(i - 1) / 2];
	l->heap[i] = p;
}

static struct wan_packet *pop(struct wan_line *l)
{
	struct wan_packet *first = l->heap[0], *last = l->heap[--l->count];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < l->count) {
		if (child + 1 < l->count && before(l->heap[child + 1], l->heap[child]))
			child++;
		if (!before(l->heap[child], last))
			break;
		l->heap[i] = l->heap[child];
		i = child;
	}
	l->heap[i] = last;
	return first;
}

static bool drawn(struct wan_line *l, double share)
{
	return share > 0 && erand48(l->random) < share;
}

/* When a packet that arrived at @now_ns comes out. */
static uint64_t draw_due(struct wan_line *l, uint64_t now_ns)
{
	const struct wan_line_config *c = &l->config;
	uint64_t due = now_ns + c->delay_ns;

	if (c->jitter_ns) {
		due += (uint64_t)((double)(2 * c->jitter_ns) * erand48(l->random));
		due = due > now_ns + c->jitter_ns ? due - c->jitter_ns : now_ns;
	} else if (due < l->last_due_ns) {
		due = l->last_due_ns;
	}
	if (drawn(l, c->reorder)) {
		l->held_back++;
		return due + c->reorder_ns;
	}
	l->last_due_ns = due;
	return due;
}

static void put_copy(struct wan_line *l, const void *bytes, size_t len, uint64_t now_ns)
{
	struct wan_packet *p = NULL;

	if (l->count < l->config.packets_max && grow(l))
		p = malloc(sizeof(*p) + len);
	if (!p) {
		l->overflown++;
		return;
	}
	p->due_ns = draw_due(l, now_ns);
	p->order = l->order++;
	p->len = len;
	memcpy(p->bytes, bytes, len);
	push(l, p);
}

void wan_line_put(struct wan_line *l, const void *bytes, size_t len, uint64_t now_ns)
{
	l->received++;
	if (drawn(l, l->config.loss)) {
		l->lost++;
		return;
	}
	put_copy(l, bytes, len, now_ns);
	if (drawn(l, l->config.duplicate)) {
		l->duplicated++;
		put_copy(l, bytes, len, now_ns);
	}
}

uint64_t wan_line_due(const struct wan_line *l)
{
	return l->count ? l->heap[0]->due_ns : UINT64_MAX;
}

struct wan_packet *wan_line_take(struct wan_line *l, uint64_t now_ns)
{
	if (wan_line_due(l) > now_ns)
		return NULL;
	l->sent++;
	return pop(l);
}
