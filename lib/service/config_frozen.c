/* config_frozen: what a daemon read at its start and cannot change while it runs, so that a reload
 * can say so. See config.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/service/config_internal.h"

struct config_frozen {
	char **texts; /* of the rows, in the schema's order */
	size_t count;
	bool cut; /* memory ended, rows are missing */
};

static void print_section(FILE *out, const struct config_section *s);

/* All that row @i of @s says, secrets left out. */
static void print_row(FILE *out, const struct config_section *s, size_t i)
{
	const struct config_option *row = &s->options[i];
	const struct config_entry *e = &s->entries[i];

	for (const struct config_section *sub = e->first; sub; sub = sub->next) {
		fprintf(out, "%s \"%s\" ", row->name, sub->title.text);
		print_section(out, sub);
	}
	if (row->kind == CONFIG_SECTION || row->kind == CONFIG_SECRET)
		return;
	for (size_t k = 0; k < e->count; k++)
		fprintf(out, "%s%s", k ? ", " : "", e->values[k].text);
}

static void print_section(FILE *out, const struct config_section *s)
{
	fprintf(out, "{");
	for (size_t i = 0; i < s->count; i++) {
		fprintf(out, " %s = ", s->options[i].name);
		print_row(out, s, i);
	}
	fprintf(out, " } ");
}

static char *text_of(const struct config_section *s, size_t i)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	if (s)
		print_row(out, s, i);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

/* Call @visit for each row that is read at the start only: the order is the schema's, whatever the
 * file has. @s NULL: the file has not that section. */
static void each(const struct config_option *options, const struct config_section *s, bool all,
	void (*visit)(const struct config_section *s, size_t i, const char *name, void *arg),
	void *arg)
{
	for (size_t i = 0; options[i].name; i++) {
		const struct config_option *o = &options[i];
		bool flagged = all || (o->flags & CONFIG_AT_START);

		if (o->kind == CONFIG_SECTION && !(o->flags & (CONFIG_MANY | CONFIG_TITLED)))
			each(o->options, s ? s->entries[i].first : NULL, flagged, visit, arg);
		else if (flagged)
			visit(s, i, o->name, arg);
	}
}

static void keep(const struct config_section *s, size_t i, const char *name, void *arg)
{
	struct config_frozen *f = arg;
	char **bigger = reallocarray(f->texts, f->count + 1, sizeof(*bigger));

	f->cut |= !bigger;
	if (f->cut)
		return;
	f->texts = bigger;
	f->texts[f->count++] = text_of(s, i);
}

struct config_frozen *config_frozen_new(const struct config *config)
{
	struct config_frozen *f = calloc(1, sizeof(*f));

	if (f)
		each(config->root->options, config->root, false, keep, f);
	return f;
}

void config_frozen_free(struct config_frozen *f)
{
	for (size_t i = 0; f && i < f->count; i++)
		free(f->texts[i]);
	if (f)
		free(f->texts);
	free(f);
}

struct comparison {
	const struct config_frozen *frozen;
	const struct config *fresh;
	struct config_mistakes *m;
	size_t at;
};

static void compare(const struct config_section *s, size_t i, const char *name, void *arg)
{
	struct comparison *c = arg;
	const char *was = c->at < c->frozen->count ? c->frozen->texts[c->at] : NULL;
	char *is = text_of(s, i);

	c->at++;
	if (is && was && strcmp(is, was))
		config_warn(c->m, s ? s : c->fresh->root, s ? name : NULL,
			"%s%schanged; it stays as it was until the next start", s ? "" : name,
			s ? "" : ": ");
	free(is);
}

void config_frozen_warn(
	const struct config_frozen *f, const struct config *fresh, struct config_mistakes *m)
{
	struct comparison c = {.frozen = f, .fresh = fresh, .m = m};

	if (!f->cut)
		each(fresh->root->options, fresh->root, false, compare, &c);
}
