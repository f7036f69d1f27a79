/* The picture of a campus as SVG (see campus_picture.h). */
#include "cli/campus_picture.h"

#define MARGIN 110.0
#define BOX_W  150.0
#define BOX_H  54.0

/* Texts come from the daemon, and it has them from others. */
static void text(FILE *out, const char *s)
{
	for (; s && *s; s++) {
		switch (*s) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc((unsigned char)*s < ' ' ? '?' : *s, out);
		}
	}
}

static double side_of(const struct campus_picture *p)
{
	return p->node_count < 4 ? 360 : 120.0 + 70.0 * p->node_count;
}

static double at(double place, double side)
{
	return MARGIN + place * side;
}

static void link_draw(
	const struct campus_picture *p, const struct campus_picture_link *l, double side, FILE *out)
{
	const struct campus_picture_node *a = &p->nodes[l->a], *b = &p->nodes[l->b];
	double x = at(a->x, side), y = at(a->y, side), to_x = at(b->x, side), to_y = at(b->y, side);

	fprintf(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", x, y, to_x, to_y);
	fprintf(out, "<text class=\"cost\" x=\"%.1f\" y=\"%.1f\">%llu", (x + to_x) / 2,
		(y + to_y) / 2, (unsigned long long)l->there);
	if (l->and_back != l->there)
		fprintf(out, "/%llu", (unsigned long long)l->and_back);
	fputs("</text>\n", out);
}

static void node_draw(const struct campus_picture_node *n, double side, FILE *out)
{
	double x = at(n->x, side), y = at(n->y, side);

	if (n->lan) {
		fprintf(out, "<circle class=\"lan\" cx=\"%.1f\" cy=\"%.1f\" r=\"9\"/>\n", x, y);
		return;
	}
	fprintf(out,
		"<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.0f\" height=\"%.0f\" rx=\"8\"/>\n",
		n->own          ? "own"
		: n->overloaded ? "overloaded"
				: "rbridge",
		x - BOX_W / 2, y - BOX_H / 2, BOX_W, BOX_H);
	fprintf(out, "<text class=\"name\" x=\"%.1f\" y=\"%.1f\">", x, y - 6);
	text(out, n->name);
	fprintf(out, "</text>\n<text x=\"%.1f\" y=\"%.1f\">", x, y + 9);
	text(out, n->detail);
	if (n->vlans) {
		fprintf(out, "</text>\n<text x=\"%.1f\" y=\"%.1f\">VLAN ", x, y + 22);
		text(out, n->vlans);
	}
	fputs("</text>\n", out);
}

void campus_picture_svg(const struct campus_picture *p, FILE *out)
{
	double side = side_of(p), all = side + 2 * MARGIN;

	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
		"viewBox=\"0 0 %.0f %.0f\">\n",
		all, all, all, all);
	fputs("<title>TRILL campus</title>\n<style>\n"
	      "line { stroke: #555; stroke-width: 1.5 }\n"
	      "rect { fill: #fff; stroke: #555; stroke-width: 1.5 }\n"
	      "rect.own { fill: #dcecff }\n"
	      "rect.overloaded { stroke-dasharray: 5 3 }\n"
	      "circle.lan { fill: #555 }\n"
	      "text { font: 11px sans-serif; text-anchor: middle; fill: #222 }\n"
	      "text.name { font-size: 14px; font-weight: bold }\n"
	      "text.cost { paint-order: stroke; stroke: #fff; stroke-width: 4px }\n"
	      "</style>\n<rect width=\"100%\" height=\"100%\" style=\"stroke: none\"/>\n",
		out);
	for (unsigned int i = 0; i < p->link_count; i++)
		link_draw(p, &p->links[i], side, out);
	for (unsigned int i = 0; i < p->node_count; i++)
		node_draw(&p->nodes[i], side, out);
	fputs("</svg>\n", out);
}
