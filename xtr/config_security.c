/* config_security: the section `lisp-sec` of the xTR's configuration: whether its Map-Requests and
 * Map-Replies are protected, and by which keys and algorithms. */
#include "common/config_lisp.h"
#include "xtr/config_internal.h"

static const char *const mode_words[] = {"off", "on", "required", NULL};
static const char *const hmac_words[] = {"hmac-sha1-96", "hmac-sha256-128", NULL};
static const enum otk_hmac hmacs[] = {OTK_HMAC_SHA1_96, OTK_HMAC_SHA256_128};
static const char *const kdf_words[] = {"hkdf-sha1-128", "hkdf-sha256", NULL};
static const enum otk_kdf kdfs[] = {OTK_KDF_HKDF_SHA1_128, OTK_KDF_HKDF_SHA256};

const struct config_option xtr_config_security[] = {
	{.name = "mode",
		.kind = CONFIG_ENUM,
		.words = mode_words,
		.fallback = "on",
		.help = "on: plain where the Map-Server says that an ETR cannot sign; required: never "
			"plain"},
	CONFIG_LISP_OTK_ROW("key"),
	{.name = "hmac",
		.kind = CONFIG_ENUM,
		.flags = CONFIG_LIST,
		.words = hmac_words,
		.most = POLICY_ALGORITHMS_MAX,
		.help = "taken in replies, the first is asked for; default: SHA-256, then SHA-1"},
	{.name = "kdf",
		.kind = CONFIG_ENUM,
		.flags = CONFIG_LIST,
		.words = kdf_words,
		.most = POLICY_ALGORITHMS_MAX,
		.help = "likewise, of the key derivation"},
	{0},
};

void xtr_config_security_load(struct policy_security *p, const struct config_section *root)
{
	const struct config_section *s = config_section(root, "lisp-sec");
	const struct config_value *v;
	size_t n;

	if (!s)
		return;
	p->mode = (enum policy_security_mode)config_number(s, "mode");
	config_lisp_otk(s, "key", &p->keys);
	v = config_values(s, "hmac", &n);
	for (size_t i = 0; i < n && i < POLICY_ALGORITHMS_MAX; i++)
		p->hmacs[i] = hmacs[v[i].number];
	p->hmac_count = n ? (unsigned int)n : p->hmac_count;
	v = config_values(s, "kdf", &n);
	for (size_t i = 0; i < n && i < POLICY_ALGORITHMS_MAX; i++)
		p->kdfs[i] = kdfs[v[i].number];
	p->kdf_count = n ? (unsigned int)n : p->kdf_count;
}

void xtr_config_security_check(const struct config_section *root, struct config_mistakes *m)
{
	const struct config_section *lisp_sec = config_section(root, "lisp-sec");

	if (lisp_sec)
		config_lisp_otk_check(lisp_sec, "key", m);
	for (const struct config_section *s = config_section(root, "map-server"); s;
		s = config_section_next(s))
		config_lisp_otk_check(s, "lisp-sec-key", m);
}
