/* Where the RBridges of a picture stand (see campus_picture.h). */
#include <math.h>
#include <stdlib.h>

#include "cli/campus_picture.h"

#define PASSES 16 /* over all pairs; what is still better after them is not found */
#define TURN   6.28318530717958647692

/* How far apart two places on the circle are: their chord grows with it. */
static unsigned int apart(unsigned int a, unsigned int b, unsigned int n)
{
	unsigned int d = a > b ? a - b : b - a;

	return d < n - d ? d : n - d;
}

/* The links of @node, were it at @place, and @other at @others_place. */
static unsigned int length_of(const struct campus_picture *p, const unsigned int *places,
	unsigned int node, unsigned int place, unsigned int other, unsigned int others_place)
{
	unsigned int sum = 0;

	for (unsigned int i = 0; i < p->link_count; i++) {
		const struct campus_picture_link *l = &p->links[i];
		unsigned int end = l->a == node ? l->b : l->a;

		if (l->a == node || l->b == node)
			sum += apart(
				place, end == other ? others_place : places[end], p->node_count);
	}
	return sum;
}

/* Let two change their places where that makes their links shorter. */
static bool change(
	const struct campus_picture *p, unsigned int *places, unsigned int a, unsigned int b)
{
	unsigned int was = length_of(p, places, a, places[a], b, places[b]) +
			   length_of(p, places, b, places[b], a, places[a]);
	unsigned int is = length_of(p, places, a, places[b], b, places[a]) +
			  length_of(p, places, b, places[a], a, places[b]);
	unsigned int t = places[a];

	if (is >= was)
		return false;
	places[a] = places[b];
	places[b] = t;
	return true;
}

bool campus_picture_place(struct campus_picture *p)
{
	unsigned int *places = calloc(p->node_count + 1, sizeof(*places)), top = 0;
	bool better = true;

	if (!places)
		return false;
	for (unsigned int i = 0; i < p->node_count; i++)
		places[i] = i;
	for (unsigned int pass = 0; pass < PASSES && better; pass++) {
		better = false;
		for (unsigned int a = 0; a < p->node_count; a++)
			for (unsigned int b = a + 1; b < p->node_count; b++)
				better |= change(p, places, a, b);
	}
	for (unsigned int i = 0; i < p->node_count; i++)
		if (p->nodes[i].own)
			top = places[i];
	for (unsigned int i = 0; i < p->node_count; i++) {
		double angle = TURN * (places[i] + p->node_count - top) / p->node_count;

		p->nodes[i].x = p->node_count < 2 ? 0.5 : 0.5 + 0.5 * sin(angle);
		p->nodes[i].y = p->node_count < 2 ? 0.5 : 0.5 - 0.5 * cos(angle);
	}
	free(places);
	return true;
}
