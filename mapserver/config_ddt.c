/* config_ddt: the section `ddt-node` of the map-server's configuration, and the roots of
 * `map-resolver` (RFC 8111): prefixes, delegations, and the keys with which referrals are signed
 * and checked. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/config_lisp.h"
#include "mapserver/config_internal.h"
#include "mapserver/ddt_node.h"

/* ---- options ---- */

static const char *want_public_key(const struct config_value *v)
{
	const char *why = NULL;
	struct referral_key *k = referral_key_public_pem(v->secret.bytes, v->secret.len, &why);

	referral_key_free(k);
	return k ? NULL : "an RSA public key of 2048 to 4096 bits in PEM";
}

static const char *want_private_key(const struct config_value *v)
{
	const char *why = NULL;
	struct referral_key *k = referral_key_private_pem(v->secret.bytes, v->secret.len, &why);

	referral_key_free(k);
	return k ? NULL : "an RSA private key of 2048 to 4096 bits in PEM, without a passphrase";
}

#define PUBLIC_KEY_ROWS(of_whom)                                                                   \
	{.name = "public-key",                                                                     \
		.kind = CONFIG_SECRET,                                                             \
		.flags = CONFIG_PUBLIC,                                                            \
		.min = 1,                                                                          \
		.max = CONFIG_SECRET_MAX,                                                          \
		.check = want_public_key,                                                          \
		.help = of_whom},                                                                  \
	{                                                                                          \
		.name = "next-public-key", .kind = CONFIG_SECRET, .flags = CONFIG_PUBLIC,          \
		.min = 1, .max = CONFIG_SECRET_MAX, .check = want_public_key,                      \
		.help = "a second one, while keys change; or next-public-key-file"                 \
	}

static const struct config_option child_options[] = {
	{.name = "priority",
		.kind = CONFIG_INTEGER,
		.fallback = "1",
		.min = 0,
		.max = 254,
		.help = "lowest is asked first"},
	{.name = "weight",
		.kind = CONFIG_INTEGER,
		.fallback = "100",
		.min = 0,
		.max = 255,
		.help = "share among nodes of the same priority"},
	PUBLIC_KEY_ROWS(
		"the node's key in PEM, which our signature vouches for; or public-key-file"),
	{0},
};

static const struct config_option delegate_options[] = {
	{.name = "node",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED | CONFIG_REQUIRED,
		.options = child_options,
		.title = CONFIG_ADDRESS,
		.check = config_lisp_want_unicast,
		.most = DELEGATION_CHILDREN_MAX,
		.help = "titled by the address of a DDT node or Map-Server"},
	{.name = "map-servers",
		.kind = CONFIG_BOOL,
		.fallback = "no",
		.help = "at least one of the nodes is a Map-Server: refer with MS-REFERRAL"},
	{0},
};

static const struct config_option prefix_options[] = {
	{.name = "peers",
		.kind = CONFIG_ADDRESS,
		.flags = CONFIG_LIST,
		.most = DELEGATION_PEERS_MAX,
		.check = config_lisp_want_unicast,
		.help = "all Map-Servers of the prefix, this one too; without them referrals say that they "
			"are incomplete"},
	{0},
};

static const struct config_option key_options[] = {
	{.name = "private-key",
		.kind = CONFIG_SECRET,
		.flags = CONFIG_REQUIRED,
		.min = 1,
		.max = CONFIG_SECRET_MAX,
		.check = want_private_key,
		.help = "an RSA key in PEM; or private-key-file"},
	{0},
};

const struct config_option mapserver_config_ddt_node[] = {
	{.name = "root",
		.kind = CONFIG_BOOL,
		.fallback = "no",
		.help = "authoritative for every instance and family"},
	{.name = "prefix",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = prefix_options,
		.title = CONFIG_EID,
		.help = "authoritative for this EID-prefix"},
	{.name = "delegate",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = delegate_options,
		.title = CONFIG_EID,
		.help = "an EID-prefix that others answer for"},
	{.name = "sign-key",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = key_options,
		.most = DDT_SIGN_KEYS_MAX,
		.help = "sign referrals with it; titled by a name; two, while keys change"},
	{.name = "signature-life",
		.kind = CONFIG_DURATION,
		.fallback = "7d",
		.min = 3600000,
		.max = 31536000000,
		.help = "from the signing to the expiration; made anew after half of it"},
	{.name = "signatures",
		.kind = CONFIG_INTEGER,
		.fallback = "200",
		.min = 1,
		.max = 1000000,
		.help = "new ones made a second"},
	{0},
};

const struct config_option mapserver_config_ddt_root[] = {
	PUBLIC_KEY_ROWS(
		"its RSA key in PEM, a trust anchor: then every referral must be signed; or "
		"public-key-file"),
	{0},
};

/* ---- what they become ---- */

/* A checked key; NULL when it is not given, or out of memory. */
static struct referral_key *public_key(const struct config_section *s, const char *option)
{
	const struct config_value *v = config_value(s, option);
	const char *why;

	return v ? referral_key_public_pem(v->secret.bytes, v->secret.len, &why) : NULL;
}

static unsigned int public_keys(
	const struct config_section *s, struct referral_key *keys[DELEGATION_KEYS_MAX])
{
	unsigned int count = 0;

	keys[count] = public_key(s, "public-key");
	count += keys[count] != NULL;
	keys[count] = public_key(s, "next-public-key");
	count += keys[count] != NULL;
	return count;
}

static struct delegation *delegation_of(const struct config_section *s)
{
	struct delegation *d = calloc(1, sizeof(*d));
	const struct config_section *n;

	if (!d)
		return NULL;
	d->prefix = config_title_value(s)->eid;
	d->map_servers = config_bool(s, "map-servers");
	for (n = config_section(s, "node"); n && d->child_count < DELEGATION_CHILDREN_MAX;
		n = config_section_next(n)) {
		struct delegation_child *c = &d->children[d->child_count++];

		c->addr = config_title_value(n)->address;
		c->priority = (uint8_t)config_number(n, "priority");
		c->weight = (uint8_t)config_number(n, "weight");
		c->key_count = public_keys(n, c->keys);
	}
	return d;
}

static struct authority *authority_of(const struct config_section *s)
{
	struct authority *a = calloc(1, sizeof(*a));
	const struct config_value *peers;
	size_t n;

	if (!a)
		return NULL;
	a->prefix = config_title_value(s)->eid;
	peers = config_values(s, "peers", &n);
	for (size_t i = 0; i < n && i < DELEGATION_PEERS_MAX; i++)
		a->peers[a->peer_count++] = peers[i].address;
	return a;
}

static int load_signer(
	struct delegation_table *t, const struct config_section *s, const uint8_t secret[16])
{
	const uint32_t rate = config_u32(s, "signatures");
	struct ddt_signer_options o = {
		.life_s = (uint64_t)config_number(s, "signature-life") / 1000,
		.rate = limit_per_s(rate, rate)};
	const struct config_section *k;
	struct ddt_signer *signer;
	const char *why;

	memcpy(o.secret, secret, sizeof(o.secret));
	for (k = config_section(s, "sign-key"); k && o.key_count < DDT_SIGN_KEYS_MAX;
		k = config_section_next(k)) {
		const struct config_value *v = config_value(k, "private-key");

		o.keys[o.key_count] =
			referral_key_private_pem(v->secret.bytes, v->secret.len, &why);
		o.key_count += o.keys[o.key_count] != NULL;
	}
	if (!o.key_count)
		return 0;
	signer = ddt_signer_new(&o);
	delegation_table_sign(t, signer);
	return signer ? 0 : -ENOMEM;
}

static int load_node(
	struct delegation_table *t, const struct config_section *s, const uint8_t secret[16])
{
	const struct config_section *i;
	struct delegation *d;
	struct authority *a;
	int rc = 0;

	if (config_bool(s, "root")) {
		a = calloc(1, sizeof(*a));
		if (!a)
			return -ENOMEM;
		a->root = true;
		rc = delegation_table_authority(t, a);
	}
	for (i = config_section(s, "prefix"); i && rc != -ENOMEM; i = config_section_next(i)) {
		a = authority_of(i);
		rc = a ? delegation_table_authority(t, a) : -ENOMEM;
	}
	for (i = config_section(s, "delegate"); i && rc != -ENOMEM; i = config_section_next(i)) {
		d = delegation_of(i);
		rc = d ? delegation_table_add(t, d) : -ENOMEM;
	}
	return rc == -ENOMEM ? rc : load_signer(t, s, secret);
}

int mapserver_config_ddt_load(
	struct mapserver_config *c, const struct config_section *root, const uint8_t secret[16])
{
	const struct config_section *s = config_section(root, "ddt-node");

	if (!s)
		return 0;
	c->delegations = delegation_table_new(secret);
	return c->delegations ? load_node(c->delegations, s, secret) : -ENOMEM;
}

int mapserver_config_ddt_root_load(
	struct mapserver_config *c, const struct config_section *resolver)
{
	struct referral_root roots[REFERRAL_RLOCS_MAX] = {{.key_count = 0}};
	const struct config_section *s = config_section(resolver, "ddt-root");
	unsigned int count = 0;

	for (; s && count < REFERRAL_RLOCS_MAX; s = config_section_next(s)) {
		roots[count].at = config_title_value(s)->endpoint;
		roots[count].key_count = public_keys(s, roots[count].keys);
		count++;
	}
	c->ddt_root = referral_new_root(roots, count);
	for (unsigned int i = 0; i < count; i++)
		for (unsigned int k = 0; k < roots[i].key_count; k++)
			referral_key_free(roots[i].keys[k]);
	return c->ddt_root ? 0 : -ENOMEM;
}

/* ---- the check ---- */

/* Bytes of a signature by the first key; keys of other lengths are as good as never mixed. */
static size_t signature_bytes(const struct config_section *node, unsigned int *count)
{
	const struct config_section *k;
	size_t most = 0;

	*count = 0;
	for (k = config_section(node, "sign-key"); k; k = config_section_next(k)) {
		const struct config_value *v = config_value(k, "private-key");
		const char *why;
		struct referral_key *key =
			v ? referral_key_private_pem(v->secret.bytes, v->secret.len, &why) : NULL;

		if (key && referral_key_signature_len(key) > most)
			most = referral_key_signature_len(key);
		*count += key != NULL;
		referral_key_free(key);
	}
	return most;
}

static void check_delegate(const struct config_section *s, unsigned int signatures, size_t bytes,
	struct config_mistakes *m)
{
	struct delegation *d = delegation_of(s);
	size_t size = d ? ddt_node_referral_size(d, signatures, bytes) : 0;

	if (size > DDT_REFERRAL_BYTES)
		config_refuse(m, s, NULL,
			"its referral takes %zu bytes with all keys and signatures, want at most %d: "
			"fewer nodes, or keys",
			size, DDT_REFERRAL_BYTES);
	for (unsigned int i = 0; d && signatures && i < d->child_count; i++)
		if (!d->children[i].key_count) {
			config_warn(m, s, NULL,
				"a node has no public-key: resolvers that check signatures will not "
				"believe it");
			break;
		}
	delegation_free(d);
}

static void check_lengths(
	const struct config_section *node, const char *name, struct config_mistakes *m)
{
	const struct config_section *s;

	for (s = config_section(node, name); s; s = config_section_next(s))
		if (!xeid_fits(&config_title_value(s)->eid))
			config_refuse(m, s, NULL, "want a name of at most 25 characters");
}

void mapserver_config_ddt_check(const struct config_section *root, struct config_mistakes *m)
{
	const struct config_section *node = config_section(root, "ddt-node"), *s;
	unsigned int signatures;
	size_t bytes;

	if (!node)
		return;
	bytes = signature_bytes(node, &signatures);
	check_lengths(node, "prefix", m);
	check_lengths(node, "delegate", m);
	mapserver_config_prefix_check(node, "prefix", m);
	mapserver_config_prefix_check(node, "delegate", m);
	for (s = config_section(node, "delegate"); s; s = config_section_next(s))
		check_delegate(s, signatures, bytes, m);
	if (!config_bool(node, "root") && !config_section(node, "prefix") &&
		!config_section(node, "delegate"))
		config_warn(m, node, NULL,
			"it is authoritative for nothing: give prefix sections, or root = yes");
}
