/* config_get: what a daemon reads from the checked tree, and the mistakes that only it can see. See
 * config.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/service/config_internal.h"

static const struct config_entry *entry(const struct config_section *s, const char *option)
{
	for (size_t i = 0; i < s->count; i++)
		if (!strcmp(s->options[i].name, option))
			return &s->entries[i];
	fprintf(stderr, "config: the schema has no option `%s` here\n", option);
	abort(); /* a daemon that asks for what it did not declare */
}

const struct config_section *config_root(const struct config *config)
{
	return config->root;
}

const char *config_name(const struct config *config)
{
	return config->name;
}

const struct config_section *config_section(const struct config_section *s, const char *name)
{
	return entry(s, name)->first;
}

const struct config_section *config_section_next(const struct config_section *s)
{
	return s->next;
}

const char *config_title(const struct config_section *s)
{
	return s->title.text;
}

const struct config_value *config_title_value(const struct config_section *s)
{
	return &s->title;
}

int config_line(const struct config_section *s)
{
	return s->line;
}

const struct config_value *config_values(
	const struct config_section *s, const char *option, size_t *count)
{
	const struct config_entry *e = entry(s, option);

	*count = e->values ? e->count : 0;
	return e->values;
}

const struct config_value *config_value(const struct config_section *s, const char *option)
{
	size_t count;
	const struct config_value *v = config_values(s, option, &count);

	return count ? v : NULL;
}

bool config_given(const struct config_section *s, const char *option)
{
	return entry(s, option)->given;
}

int64_t config_number(const struct config_section *s, const char *option)
{
	const struct config_value *v = config_value(s, option);

	return v ? v->number : 0;
}

uint32_t config_u32(const struct config_section *s, const char *option)
{
	return (uint32_t)config_number(s, option);
}

bool config_bool(const struct config_section *s, const char *option)
{
	return config_number(s, option) != 0;
}

const char *config_text(const struct config_section *s, const char *option)
{
	const struct config_value *v = config_value(s, option);

	return v ? v->text : NULL;
}

struct config_place config_place_of(const struct config_section *s)
{
	const struct config_section *chain[CONFIG_DEPTH_MAX];
	struct config_place place = {.file = s->config->name, .line = s->line};
	size_t n = 0;

	for (; s->parent; s = s->parent)
		chain[n++] = s;
	while (n--)
		config_place_enter(&place, chain[n]->row->name,
			chain[n]->row->flags & CONFIG_TITLED ? chain[n]->title.text : NULL);
	return place;
}

static void complain(struct config_mistakes *m, bool warning, const struct config_section *s,
	const char *option, const char *format, va_list args)
{
	struct config_place place = config_place_of(s);
	const struct config_entry *e = option ? entry(s, option) : NULL;
	size_t used = strlen(place.path);

	if (e && e->values && e->count && e->values[0].line)
		place.line = e->values[0].line;
	if (option)
		snprintf(place.path + used, sizeof(place.path) - used, "%s: ", option);
	config_mistakes_vadd(m, warning, &place, format, args);
}

void config_refuse(struct config_mistakes *m, const struct config_section *s, const char *option,
	const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(m, false, s, option, format, args);
	va_end(args);
}

void config_warn(struct config_mistakes *m, const struct config_section *s, const char *option,
	const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(m, true, s, option, format, args);
	va_end(args);
}
