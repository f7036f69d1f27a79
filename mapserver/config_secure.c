/* config_secure: the section `lisp-sec` of the map-server's configuration: with whom One-Time Keys
 * are exchanged, and the secure_peers that it becomes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/config_lisp.h"
#include "mapserver/config_internal.h"

static const char *want_addresses(const struct config_value *title)
{
	return address_is_ip(&title->eid.addr) && title->eid.iid == 0
		       ? NULL
		       : "a prefix of IPv4 or IPv6 addresses, like 198.51.100.0/24";
}

static const struct config_option peer_options[] = {
	CONFIG_LISP_OTK_ROW("key"),
	{.name = "unwrapped",
		.kind = CONFIG_BOOL,
		.fallback = "no",
		.help = "One-Time Keys may pass in clear: the path is protected by other means"},
	{0},
};

const struct config_option mapserver_config_secure[] = {
	{.name = "peer",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED | CONFIG_REQUIRED,
		.options = peer_options,
		.title = CONFIG_EID,
		.check = want_addresses,
		.help = "ITRs, or Map-Resolvers and Map-Servers, by their addresses"},
	{0},
};

int mapserver_config_secure_load(
	struct mapserver_config *c, const struct config_section *root, const uint8_t secret[16])
{
	const struct config_section *s = config_section(root, "lisp-sec");
	struct secure_peer peer;
	int rc = 0;

	if (!s)
		return 0;
	c->peers = secure_peers_new(secret);
	if (!c->peers)
		return -ENOMEM;
	for (s = config_section(s, "peer"); s && rc != -ENOMEM; s = config_section_next(s)) {
		config_lisp_otk(s, "key", &peer.keys);
		peer.unwrapped = config_bool(s, "unwrapped");
		rc = secure_peers_add(c->peers, &config_title_value(s)->eid, &peer);
	}
	otk_keys_wipe(&peer.keys);
	return rc == -ENOMEM ? rc : 0;
}

/* ---- the check ---- */

/* Secrets of the peers, in order, to look for one of a site's among them. */
struct secrets {
	const struct config_value **list;
	size_t count;
};

static int compare(const void *a, const void *b)
{
	const struct config_value *x = *(const struct config_value *const *)a;
	const struct config_value *y = *(const struct config_value *const *)b;

	if (x->secret.len != y->secret.len)
		return x->secret.len < y->secret.len ? -1 : 1;
	return memcmp(x->secret.bytes, y->secret.bytes, x->secret.len);
}

static bool collect(struct secrets *all, const struct config_section *lisp_sec)
{
	for (const struct config_section *p = config_section(lisp_sec, "peer"); p;
		p = config_section_next(p))
		for (const struct config_section *k = config_section(p, "key"); k;
			k = config_section_next(k)) {
			const struct config_value **list =
				realloc(all->list, (all->count + 1) * sizeof(all->list[0]));

			if (!list)
				return false;
			all->list = list;
			list[all->count] = config_value(k, "key");
			all->count += list[all->count] != NULL;
		}
	qsort(all->list, all->count, sizeof(all->list[0]), compare);
	return true;
}

/* RFC 9303 section 6.5: else an ETR could read the keys that ITRs send, and over-claim. */
static void check_independent(const struct secrets *all, const struct config_section *site,
	const char *section, struct config_mistakes *m)
{
	for (const struct config_section *k = config_section(site, section); k;
		k = config_section_next(k)) {
		const struct config_value *v = config_value(k, "key"), **found;

		found = v ? bsearch(&v, all->list, all->count, sizeof(all->list[0]), compare)
			  : NULL;
		if (found)
			config_refuse(m, k, "key",
				"the secret of line %d again; a site's keys and those of lisp-sec's "
				"peers must be independent (RFC 9303 section 6.5)",
				(*found)->line);
	}
}

void mapserver_config_secure_check(const struct config_section *root, struct config_mistakes *m)
{
	const struct config_section *lisp_sec = config_section(root, "lisp-sec");
	struct secrets all = {NULL, 0};

	for (const struct config_section *s = config_section(root, "site"); s;
		s = config_section_next(s))
		config_lisp_otk_check(s, "lisp-sec-key", m);
	if (!lisp_sec)
		return;
	mapserver_config_prefix_check(lisp_sec, "peer", m);
	for (const struct config_section *p = config_section(lisp_sec, "peer"); p;
		p = config_section_next(p)) {
		config_lisp_otk_check(p, "key", m);
		if (!config_section(p, "key") && !config_bool(p, "unwrapped"))
			config_refuse(m, p, NULL, "neither a key nor unwrapped = yes");
	}
	if (!collect(&all, lisp_sec))
		config_refuse(m, lisp_sec, NULL, "out of memory");
	for (const struct config_section *s = config_section(root, "site"); s && all.count;
		s = config_section_next(s)) {
		check_independent(&all, s, "key", m);
		check_independent(&all, s, "lisp-sec-key", m);
	}
	free(all.list);
}
