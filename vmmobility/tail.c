/* See tail.h. The maps are mapped into this process, so that reading them asks for no capability
 * and no system call. */
#include "vmmobility/tail.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/net/link_stats.h"
#include "vmmobility/bpf/contract.h"

#define LOW_TIMES 3
#define FRAME_MAX ((PORT_CHUNKS_EACH - 1) * PORT_CHUNK_BYTES)

struct tail {
	int ifindex;
	int64_t base;     /* delivered - read - dropped, with an empty queue */
	uint64_t taken;   /* read and dropped, when base was set */
	unsigned int low; /* times that the queue was found as short as base says */
	uint64_t low_at;  /* delivered, the last time */
	const struct port_packet *packets;
	const struct port_chunk *chunks;
	const struct port_state *state;
	uint8_t frame[FRAME_MAX];
};

static size_t pages(size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (len + page - 1) / page * page;
}

static const void *map_in(int map, size_t len)
{
	void *at = mmap(NULL, pages(len), PROT_READ, MAP_SHARED, map, 0);

	return at == MAP_FAILED ? NULL : at;
}

static void map_out(const void *at, size_t len)
{
	if (at)
		munmap((void *)(uintptr_t)at, pages(len));
}

struct tail *tail_open(int ifindex, const int maps[TAIL_MAPS], uint64_t taken_before)
{
	struct tail *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->ifindex = ifindex;
	t->taken = taken_before;
	t->packets = map_in(maps[TAIL_MAP_PACKETS], PORT_PACKETS * sizeof(*t->packets));
	t->chunks = map_in(maps[TAIL_MAP_CHUNKS], PORT_CHUNKS * sizeof(*t->chunks));
	t->state = map_in(maps[TAIL_MAP_STATE], sizeof(*t->state));
	if (t->packets && t->chunks && t->state)
		return t;
	tail_close(t);
	return NULL;
}

void tail_close(struct tail *t)
{
	if (!t)
		return;
	map_out(t->packets, PORT_PACKETS * sizeof(*t->packets));
	map_out(t->chunks, PORT_CHUNKS * sizeof(*t->chunks));
	map_out(t->state, sizeof(*t->state));
	free(t);
}

/* A queue with a rest that it never comes below is as short as ever only by chance: once, but not
 * again and again while packets come. @before: delivered, before the tap was asked. */
static void note_low(struct tail *t, int64_t open, uint64_t before, uint64_t delivered)
{
	if (open < t->base) { /* the queue had something when we came */
		t->base = open;
		t->low = 0;
	}
	if (open - (int64_t)(delivered - before) > t->base || (t->low && delivered == t->low_at))
		return;
	t->low++;
	t->low_at = delivered;
}

/* The counts are read one after the other: what is delivered in between must not look like a
 * negative queue, so the tap's are read first. */
int tail_count(struct tail *t, struct tail_count *out)
{
	struct link_stats stats;
	uint64_t before = __atomic_load_n(&t->state->units, __ATOMIC_ACQUIRE);
	int err = link_stats_get(t->ifindex, &stats);
	int64_t open;

	out->delivered = __atomic_load_n(&t->state->units, __ATOMIC_ACQUIRE);
	if (err)
		return err;
	out->dropped = stats.tx_dropped;
	out->many_queues = stats.tx_queues > 1;
	open = (int64_t)out->delivered - (int64_t)(stats.tx_packets + stats.tx_dropped - t->taken);
	note_low(t, open, before, out->delivered);
	out->unsure = t->low < LOW_TIMES;
	open -= t->base;
	out->taken = out->delivered > (uint64_t)open ? out->delivered - (uint64_t)open : 0;
	return 0;
}

int64_t tail_unread(struct tail *t)
{
	struct tail_count c;
	int err = tail_count(t, &c);

	return err ? err : (int64_t)(c.delivered - c.taken);
}

static const struct port_packet *packet_get(const struct tail *t, uint64_t number)
{
	const struct port_packet *p = &t->packets[(number - 1) % PORT_PACKETS];

	return __atomic_load_n(&p->number, __ATOMIC_ACQUIRE) == number ? p : NULL;
}

uint64_t tail_place(const struct tail *t, struct mono at)
{
	uint64_t number = __atomic_load_n(&t->state->frames, __ATOMIC_ACQUIRE);
	uint64_t first = __atomic_load_n(&t->state->units, __ATOMIC_ACQUIRE);

	for (unsigned int i = 0; number && i < PORT_PACKETS; i++, number--) {
		const struct port_packet *p = packet_get(t, number);

		if (!p || p->time < at.ns)
			break;
		first = p->units;
	}
	return first;
}

static bool frame_get(struct tail *t, const struct port_packet *p, struct tail_frame *f)
{
	uint32_t len = p->len;

	if (!len || len > FRAME_MAX)
		return false;
	for (uint32_t at = 0; at < len; at += PORT_CHUNK_BYTES) {
		const struct port_chunk *c =
			&t->chunks[(p->chunk + at / PORT_CHUNK_BYTES) % PORT_CHUNKS];

		memcpy(t->frame + at, c->bytes,
			len - at < PORT_CHUNK_BYTES ? len - at : PORT_CHUNK_BYTES);
	}
	*f = (struct tail_frame){.bytes = t->frame, .len = len, .gso_len = p->gso_len};
	return __atomic_load_n(&t->state->chunks, __ATOMIC_ACQUIRE) - p->chunk <= PORT_CHUNKS;
}

/* The first frame that has a unit after @units. */
static uint64_t first_after(const struct tail *t, uint64_t last, uint64_t units)
{
	uint64_t number = last;

	while (number > 1 && last - number < PORT_PACKETS - 1) {
		const struct port_packet *p = packet_get(t, number);

		if (!p || p->units <= units)
			break;
		number--;
	}
	return number;
}

uint64_t tail_each(struct tail *t, uint64_t from, uint64_t end,
	void (*visit)(const struct tail_frame *f, void *arg), void *arg)
{
	uint64_t last = __atomic_load_n(&t->state->frames, __ATOMIC_ACQUIRE), missing = 0;
	struct tail_frame f;

	if (from >= end || !last)
		return 0;
	for (uint64_t number = first_after(t, last, from); number <= last; number++) {
		const struct port_packet *p = packet_get(t, number);

		if (p && p->units >= end)
			continue;
		if (!p || !frame_get(t, p, &f)) {
			missing++;
			continue;
		}
		f.skip = p->units < from ? (uint32_t)(from - p->units) : 0;
		visit(&f, arg);
	}
	return missing;
}
