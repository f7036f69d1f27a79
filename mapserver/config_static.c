/* config_static: the sections `static` of the map-server's configuration, mappings of the
 * operator's own. */
#include <errno.h>
#include <stdlib.h>

#include "common/config_lisp.h"
#include "mapserver/config_internal.h"

const struct config_option mapserver_config_static[] = {
	{.name = "ttl",
		.kind = CONFIG_DURATION,
		.fallback = "1440m",
		.min = 60000,
		.max = 31536000000,
		.check = config_lisp_want_minutes,
		.help = "how long it may be cached (whole minutes)"},
	{.name = "action",
		.kind = CONFIG_ENUM,
		.words = lisp_act_words,
		.fallback = "natively-forward",
		.help = "without a locator: what to do with packets"},
	{.name = "locator",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = config_lisp_locator_options,
		.title = CONFIG_ADDRESS,
		.check = config_lisp_want_unicast,
		.most = STATIC_LOCATORS_MAX,
		.help = "titled by an address"},
	{0},
};

static void load_static(struct static_mapping *m, const struct config_section *s)
{
	const struct config_section *l;

	m->eid = config_title_value(s)->eid;
	m->ttl_min = (uint32_t)(config_number(s, "ttl") / 60000);
	m->act = (enum lisp_act)config_u32(s, "action");
	for (l = config_section(s, "locator"); l && m->locator_count < STATIC_LOCATORS_MAX;
		l = config_section_next(l))
		m->locators[m->locator_count++] = config_lisp_locator(l);
	if (m->locator_count)
		m->act = LISP_ACT_NONE;
}

int mapserver_config_static_load(struct mapserver_config *c, const struct config_section *root)
{
	const struct config_section *s;
	size_t count = 0;

	for (s = config_section(root, "static"); s; s = config_section_next(s))
		count++;
	if (!count)
		return 0;
	c->statics = calloc(count, sizeof(*c->statics));
	if (!c->statics)
		return -ENOMEM;
	for (s = config_section(root, "static"); s; s = config_section_next(s))
		load_static(&c->statics[c->static_count++], s);
	return 0;
}

void mapserver_config_static_check(const struct config_section *root, struct config_mistakes *m)
{
	const struct config_section *s;

	mapserver_config_prefix_check(root, "static", m);
	for (s = config_section(root, "static"); s; s = config_section_next(s))
		if (config_given(s, "action") && config_section(s, "locator"))
			config_refuse(m, s, "action",
				"it is for a mapping without locators; want it or locators");
}
