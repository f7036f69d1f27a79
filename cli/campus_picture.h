/* campus_picture: a campus of RBridges as a picture: where each stands, and the drawing of it for a
 * terminal and as SVG.
 *
 * Knows no daemon: the verb fills the struct. Pure but for what it writes to the stream it is
 * handed. */
#ifndef SUNWARD_CLI_CAMPUS_PICTURE_H
#define SUNWARD_CLI_CAMPUS_PICTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct campus_picture_node {
	const char *name;   /* nickname, or what stands in its place; borrowed, as all texts */
	const char *detail; /* system ID */
	const char *vlans;  /* with end stations there; NULL: none */
	bool own, overloaded;
	bool lan;    /* a pseudonode: a link with several RBridges */
	double x, y; /* 0 to 1, from the left and from the top; campus_picture_place() sets them */
};

struct campus_picture_link {
	unsigned int a, b;        /* places in nodes */
	uint64_t there, and_back; /* costs from a to b and from b to a */
};

struct campus_picture {
	struct campus_picture_node *nodes;
	unsigned int node_count;
	struct campus_picture_link *links;
	unsigned int link_count;
};

/* Put the nodes on a circle, neighbours beside each other as far as may be, our own at the top. The
 * same campus gives the same picture. False: out of memory. */
bool campus_picture_place(struct campus_picture *p);
/* At most @columns (40 at least) wide. False: out of memory. */
bool campus_picture_text(const struct campus_picture *p, unsigned int columns, FILE *out);
/* A whole SVG document. */
void campus_picture_svg(const struct campus_picture *p, FILE *out);

#endif
