/* config_mistakes: the list of what is wrong with a configuration, in the order of its lines. */
#include "lib/service/config_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTED_MAX 200 /* more than that is one message with their number */

struct mistake {
	char *text;
	int line;
	bool warning;
};

struct config_mistakes {
	struct mistake list[LISTED_MAX];
	size_t count; /* in the list */
	size_t errors, warnings;
	char more[80];
};

struct config_mistakes *config_mistakes_new(void)
{
	return calloc(1, sizeof(struct config_mistakes));
}

void config_mistakes_free(struct config_mistakes *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->count; i++)
		free(m->list[i].text);
	free(m);
}

size_t config_errors(const struct config_mistakes *m)
{
	return m->errors;
}

size_t config_warnings(const struct config_mistakes *m)
{
	return m->warnings;
}

const char *config_mistake(const struct config_mistakes *m, size_t i, bool *warning)
{
	*warning = false;
	if (i < m->count) {
		*warning = m->list[i].warning;
		return m->list[i].text ? m->list[i].text : "no memory for this message";
	}
	return i == m->count && *m->more ? m->more : NULL;
}

/* Keep the lines' order; of one line the order of finding. */
static void insert(struct config_mistakes *m, struct mistake new)
{
	size_t at = m->count;

	for (; at > 0 && m->list[at - 1].line > new.line; at--)
		m->list[at] = m->list[at - 1];
	m->list[at] = new;
	m->count++;
}

void config_mistakes_vadd(struct config_mistakes *m, bool warning, const struct config_place *place,
	const char *format, va_list args)
{
	struct mistake new = {.line = place->line, .warning = warning};
	char where[32] = "", *what;

	m->errors += !warning;
	m->warnings += warning;
	if (m->count == LISTED_MAX) {
		snprintf(m->more, sizeof(m->more), "and %zu more mistakes",
			m->errors + m->warnings - m->count);
		return;
	}
	if (place->line)
		snprintf(where, sizeof(where), ":%d", place->line);
	if (vasprintf(&what, format, args) < 0)
		what = NULL;
	if (!what || asprintf(&new.text, "%s%s: %s%s", place->file, where, place->path, what) < 0)
		new.text = NULL;
	free(what);
	insert(m, new);
}

void config_mistakes_add(struct config_mistakes *m, bool warning, const struct config_place *place,
	const char *format, ...)
{
	va_list args;

	va_start(args, format);
	config_mistakes_vadd(m, warning, place, format, args);
	va_end(args);
}

void config_place_enter(struct config_place *place, const char *name, const char *title)
{
	size_t used = strlen(place->path);

	if (title)
		snprintf(
			place->path + used, sizeof(place->path) - used, "%s \"%s\": ", name, title);
	else
		snprintf(place->path + used, sizeof(place->path) - used, "%s: ", name);
}
