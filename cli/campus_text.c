/* The picture of a campus on a terminal: a canvas of characters (see campus_picture.h). */
#include <stdlib.h>
#include <string.h>

#include "cli/campus_picture.h"

#define LABEL 24 /* bytes of a node's label, at most */

struct canvas {
	char *cells; /* rows of width + 1: each ends in NUL */
	int width, height;
};

static char *cell(const struct canvas *c, int x, int y)
{
	return &c->cells[y * (c->width + 1) + x];
}

/* What a step of a line looks like; where lines meet stands a plus. */
static void dot(const struct canvas *c, int x, int y, int dx, int dy)
{
	char *at = cell(c, x, y);
	char mark = '-';

	if (!dx)
		mark = '|';
	else if (dy)
		mark = (dx > 0) == (dy > 0) ? '\\' : '/';
	*at = *at == ' ' || *at == mark ? mark : '+';
}

/* Bresenham's line. */
static void line(const struct canvas *c, int x, int y, int to_x, int to_y)
{
	int w = abs(to_x - x), h = -abs(to_y - y), sx = x < to_x ? 1 : -1, sy = y < to_y ? 1 : -1;
	int err = w + h;

	while (x != to_x || y != to_y) {
		int twice = 2 * err, dx = 0, dy = 0;

		if (twice >= h)
			dx = sx;
		if (twice <= w)
			dy = sy;
		err += (dx ? h : 0) + (dy ? w : 0);
		dot(c, x, y, dx, dy);
		x += dx;
		y += dy;
	}
}

static void put(const struct canvas *c, int x, int y, const char *text)
{
	int len = (int)strlen(text), from = x - len / 2;

	if (from + len > c->width)
		from = c->width - len;
	if (from < 0)
		from = 0;
	for (int i = 0; i < len && from + i < c->width; i++)
		*cell(c, from + i, y) = text[i];
}

/* The nearest cell; of what is in the middle of two, but for the last bits of a sine, always the
 * same. */
static int cell_at(double place, int cells)
{
	return (int)(place * (cells - 1) + 0.5 + 1e-6);
}

static void spot(const struct canvas *c, const struct campus_picture_node *n, int *x, int *y)
{
	const int margin = LABEL / 2;

	*x = margin + cell_at(n->x, c->width - 2 * margin);
	*y = cell_at(n->y, c->height);
}

/* All costs are one: then it is said once. 0: they differ. */
static uint64_t common_cost(const struct campus_picture *p)
{
	uint64_t cost = p->link_count ? p->links[0].there : 0;

	for (unsigned int i = 0; i < p->link_count; i++)
		if (p->links[i].there != cost || p->links[i].and_back != cost)
			return 0;
	return cost;
}

static void cost_put(const struct canvas *c, const struct campus_picture_link *l, int x, int y)
{
	char text[48];

	if (l->there == l->and_back)
		snprintf(text, sizeof(text), "%llu", (unsigned long long)l->there);
	else
		snprintf(text, sizeof(text), "%llu/%llu", (unsigned long long)l->there,
			(unsigned long long)l->and_back);
	put(c, x, y, text);
}

static void links_draw(const struct canvas *c, const struct campus_picture *p)
{
	bool costs = !common_cost(p);
	int x, y, to_x, to_y;

	for (unsigned int i = 0; i < p->link_count; i++) {
		spot(c, &p->nodes[p->links[i].a], &x, &y);
		spot(c, &p->nodes[p->links[i].b], &to_x, &to_y);
		line(c, x, y, to_x, to_y);
	}
	for (unsigned int i = 0; i < p->link_count && costs; i++) {
		spot(c, &p->nodes[p->links[i].a], &x, &y);
		spot(c, &p->nodes[p->links[i].b], &to_x, &to_y);
		cost_put(c, &p->links[i], (x + to_x) / 2, (y + to_y) / 2);
	}
}

static void nodes_draw(const struct canvas *c, const struct campus_picture *p)
{
	char text[LABEL];
	int x, y;

	for (unsigned int i = 0; i < p->node_count; i++) {
		const struct campus_picture_node *n = &p->nodes[i];

		if (n->lan)
			snprintf(text, sizeof(text), "(LAN)");
		else
			snprintf(text, sizeof(text), n->own ? "<%.18s%s>" : "[%.18s%s]", n->name,
				n->overloaded ? "!" : "");
		spot(c, n, &x, &y);
		put(c, x, y, text);
	}
}

static void canvas_print(const struct canvas *c, FILE *out)
{
	for (int y = 0; y < c->height; y++) {
		char *row = cell(c, 0, y);
		size_t len = strlen(row);

		while (len && row[len - 1] == ' ')
			len--;
		fprintf(out, "%.*s\n", (int)len, row);
	}
}

bool campus_picture_text(const struct campus_picture *p, unsigned int columns, FILE *out)
{
	struct canvas c = {.width = (int)columns,
		.height = p->node_count < 2
				  ? 1
				  : (int)(p->node_count > 12 ? 31 : 5 + 2 * p->node_count)};

	c.cells = malloc((size_t)(c.width + 1) * (size_t)c.height);
	if (!c.cells)
		return false;
	for (int y = 0; y < c.height; y++) {
		memset(cell(&c, 0, y), ' ', (size_t)c.width);
		*cell(&c, c.width, y) = '\0';
	}
	links_draw(&c, p);
	nodes_draw(&c, p);
	canvas_print(&c, out);
	if (common_cost(p))
		fprintf(out, "\neach link costs %llu\n", (unsigned long long)common_cost(p));
	free(c.cells);
	return true;
}
