/* config_prefix: sections that are titled by an EID-prefix; each prefix may be configured once,
 * however it is spelled ([0]10.0.0.0/8 is 10.0.0.0/8). */
#include <errno.h>
#include <string.h>

#include "mapserver/config_internal.h"

struct seen {
	struct prefix_row prefix;
	const struct config_section *section;
};

static void once(
	struct prefix_table *seen, const struct config_section *s, struct config_mistakes *m)
{
	const struct eid *eid = &config_title_value(s)->eid;
	int error;
	struct seen *row = (struct seen *)(void *)prefix_table_add(seen, eid, &error);

	if (row) {
		row->section = s;
		return;
	}
	row = (struct seen *)(void *)prefix_table_exact(seen, eid);
	if (!row)
		config_refuse(m, s, NULL, "%s", strerror(-error));
	else if (strcmp(config_title(row->section), config_title(s)) != 0)
		/* that a title stands twice is told where the file is read */
		config_refuse(m, s, NULL, "it stands twice, first on line %d; want it once",
			config_line(row->section));
}

void mapserver_config_prefix_check(
	const struct config_section *parent, const char *name, struct config_mistakes *m)
{
	static const uint8_t secret[16]; /* the file is the operator's, nobody floods it */
	struct prefix_table *seen = prefix_table_new(sizeof(struct seen), secret);

	for (const struct config_section *s = config_section(parent, name); seen && s;
		s = config_section_next(s))
		once(seen, s, m);
	prefix_table_free(seen);
}
