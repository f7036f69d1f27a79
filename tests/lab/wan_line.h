/* wan_line: one way of a long road: packets that arrive come out later, seldom twice, or never. */
#ifndef SUNWARD_TESTS_LAB_WAN_LINE_H
#define SUNWARD_TESTS_LAB_WAN_LINE_H

#include <stddef.h>
#include <stdint.h>

/* Times in ns, shares from 0 to 1. All zero: a wire. */
struct wan_line_config {
	uint64_t delay_ns;
	uint64_t jitter_ns; /* drawn evenly from delay - jitter to delay + jitter; packets overtake
			     */
	double loss;        /* share that never comes out */
	double duplicate;   /* share that comes out twice, each copy with its own jitter */
	double reorder;     /* share that is held back by reorder_ns more, and is overtaken */
	uint64_t reorder_ns;
	size_t packets_max; /* on the way at once; what comes then is dropped and counted */
};

struct wan_packet {
	uint64_t due_ns;
	uint64_t order; /* among those that are due at once */
	size_t len;
	uint8_t bytes[];
};

struct wan_line {
	struct wan_line_config config;
	unsigned short random[3]; /* erand48's */
	struct wan_packet **heap; /* the earliest first */
	size_t count, room;
	uint64_t order, last_due_ns;
	/* How many: lost and overflown never went in, held_back and duplicated are among sent. */
	uint64_t received, sent, lost, overflown, duplicated, held_back;
};

/* @seed  the same seed and the same arrivals give the same road. */
void wan_line_init(struct wan_line *l, const struct wan_line_config *config, uint64_t seed);
void wan_line_fini(struct wan_line *l);

/* A packet of @len bytes arrived at @now_ns; it is copied. Without jitter and reordering packets
 * come out in the order of these calls, even if @now_ns steps back a little. */
void wan_line_put(struct wan_line *l, const void *bytes, size_t len, uint64_t now_ns);

/* When the next packet is due; UINT64_MAX: none is on its way. */
uint64_t wan_line_due(const struct wan_line *l);
/* The next packet that is due at @now_ns, which the caller then owns and frees; NULL: none. */
struct wan_packet *wan_line_take(struct wan_line *l, uint64_t now_ns);

#endif
