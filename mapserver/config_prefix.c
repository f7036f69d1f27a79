/* config_prefix: sections that are titled by an EID-prefix; each prefix may be configured once,
 * however it is spelled ([0]10.0.0.0/8 is 10.0.0.0/8). */
#include <errno.h>
#include <string.h>

#include "mapserver/config_internal.h"

struct seen {
	struct prefix_row prefix;
	const struct config_section *section, *owner;
};

struct prefix_table *mapserver_config_prefix_seen(void)
{
	static const uint8_t secret[16]; /* the file is the operator's, nobody floods it */

	return prefix_table_new(sizeof(struct seen), secret);
}

static bool same_title(const struct config_section *a, const struct config_section *b)
{
	return a == b || (a && b && !strcmp(config_title(a), config_title(b)));
}

void mapserver_config_prefix_once(struct prefix_table *seen, const struct config_section *s,
	const struct config_section *owner, struct config_mistakes *m)
{
	const struct eid *eid = &config_title_value(s)->eid;
	int error;
	struct seen *row = (struct seen *)(void *)prefix_table_add(seen, eid, &error);

	if (row) {
		row->section = s;
		row->owner = owner;
		return;
	}
	row = (struct seen *)(void *)prefix_table_exact(seen, eid);
	if (!row)
		config_refuse(m, s, NULL, "%s", strerror(-error));
	else if (same_title(row->owner, owner) && same_title(row->section, s))
		return; /* that a title stands twice is told where the file is read */
	else if (row->owner == owner)
		config_refuse(m, s, NULL, "it stands twice, first on line %d; want it once",
			config_line(row->section));
	else
		config_refuse(m, s, NULL, "site \"%s\" has this prefix already, on line %d",
			config_title(row->owner), config_line(row->section));
}

void mapserver_config_prefix_check(
	const struct config_section *parent, const char *name, struct config_mistakes *m)
{
	struct prefix_table *seen = mapserver_config_prefix_seen();

	for (const struct config_section *s = config_section(parent, name); seen && s;
		s = config_section_next(s))
		mapserver_config_prefix_once(seen, s, NULL, m);
	prefix_table_free(seen);
}
