/* config_holders: which site holds which EID-prefix. A prefix is one site's; several hold it where
 * each of them says `shared`, and then the key that verifies a message says whose it is: so no two
 * of them may have the same one. */
#include <errno.h>
#include <string.h>

#include "common/config_lisp.h"
#include "mapserver/config_internal.h"

/* A prefix, and the sections that give it to sites. */
struct held {
	struct prefix_row prefix;
	unsigned int count;
	struct {
		const struct config_section *site, *section;
	} by[SITE_SHARERS_MAX];
};

static bool same_secret(const struct config_section *a, const struct config_section *b)
{
	enum auth_alg alg_a, alg_b;
	const struct config_value *x = config_lisp_key(a, &alg_a), *y = config_lisp_key(b, &alg_b);

	return x && y && alg_a == alg_b && x->secret.len == y->secret.len &&
	       !memcmp(x->secret.bytes, y->secret.bytes, x->secret.len) &&
	       config_title_value(a)->number == config_title_value(b)->number;
}

static void check_secrets(const struct config_section *site, const struct config_section *other,
	const struct config_section *prefix, struct config_mistakes *m)
{
	const struct config_section *a, *b;

	for (a = config_section(site, "key"); a; a = config_section_next(a))
		for (b = config_section(other, "key"); b; b = config_section_next(b))
			if (same_secret(a, b))
				config_refuse(m, a, NULL,
					"site \"%s\", which shares %s, has the same key and key-id on "
					"line %d: nobody could say whose a message is",
					config_title(other), config_title(prefix), config_line(b));
}

/* Beside those that hold it already. */
static void share(struct held *h, const struct config_section *site,
	const struct config_section *section, struct config_mistakes *m)
{
	if (h->count == SITE_SHARERS_MAX) {
		config_refuse(m, section, NULL, "%d sites share it already, which is the most",
			SITE_SHARERS_MAX);
		return;
	}
	for (unsigned int i = 0; i < h->count; i++)
		check_secrets(site, h->by[i].site, section, m);
	h->by[h->count].site = site;
	h->by[h->count++].section = section;
}

static void hold(struct prefix_table *seen, const struct config_section *site,
	const struct config_section *section, struct config_mistakes *m)
{
	const struct eid *eid = &config_title_value(section)->eid;
	const struct config_section *first;
	int error;
	struct held *h = (struct held *)(void *)prefix_table_add(seen, eid, &error);

	if (!h)
		h = (struct held *)(void *)prefix_table_exact(seen, eid);
	if (!h) {
		config_refuse(m, section, NULL, "%s", strerror(-error));
		return;
	}
	first = h->count ? h->by[h->count - 1].section : NULL;
	if (!first)
		share(h, site, section, m);
	else if (!strcmp(config_title(h->by[h->count - 1].site), config_title(site)) &&
		 !strcmp(config_title(first), config_title(section)))
		return; /* that a title stands twice is told where the file is read */
	else if (h->by[h->count - 1].site == site)
		config_refuse(m, section, NULL, "it stands twice, first on line %d; want it once",
			config_line(first));
	else if (config_bool(first, "shared") && config_bool(section, "shared"))
		share(h, site, section, m);
	else
		config_refuse(m, section, NULL,
			"site \"%s\" has this prefix already, on line %d; several hold it only if "
			"each says shared = yes",
			config_title(h->by[0].site), config_line(h->by[0].section));
}

void mapserver_config_holders_check(const struct config_section *root, struct config_mistakes *m)
{
	static const uint8_t secret[16]; /* the file is the operator's, nobody floods it */
	struct prefix_table *seen = prefix_table_new(sizeof(struct held), secret);
	const struct config_section *s, *p;

	for (s = config_section(root, "site"); s && seen; s = config_section_next(s))
		for (p = config_section(s, "eid-prefix"); p; p = config_section_next(p))
			hold(seen, s, p, m);
	prefix_table_free(seen);
}
