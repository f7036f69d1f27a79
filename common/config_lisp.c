/* See config_lisp.h. */
#include "common/config_lisp.h"

#include <string.h>

const char *const config_lisp_algorithm_words[] = {
	"hmac-sha1-96", "hmac-sha256-128", "hmac-sha256-128-hkdf", NULL};
/* By the word's index. */
static const enum auth_alg algorithms[] = {
	AUTH_HMAC_SHA1_96, AUTH_HMAC_SHA256_128, AUTH_HMAC_SHA256_128_HKDF};
const char *const config_lisp_mac_length_words[] = {"truncated", "full", NULL};
const char *const config_lisp_mac_scope_words[] = {"message", "records", NULL};

const struct config_option config_lisp_locator_options[] = {
	{.name = "priority",
		.kind = CONFIG_INTEGER,
		.fallback = "1",
		.max = 255,
		.help = "lowest is used first; 255: never"},
	{.name = "weight",
		.kind = CONFIG_INTEGER,
		.fallback = "100",
		.max = 255,
		.help = "share among locators of the same priority"},
	{.name = "multicast-priority",
		.kind = CONFIG_INTEGER,
		.fallback = "255",
		.max = 255,
		.help = "as priority, for multicast"},
	{.name = "multicast-weight",
		.kind = CONFIG_INTEGER,
		.fallback = "0",
		.max = 255,
		.help = "as weight, for multicast"},
	{0},
};

const char *config_lisp_want_unicast(const struct config_value *v)
{
	return address_is_ip(&v->address) && !address_is_multicast(&v->address) &&
			       !address_is_unspecified(&v->address)
		       ? NULL
		       : "a unicast IPv4 or IPv6 address";
}

const char *config_lisp_want_minutes(const struct config_value *v)
{
	return v->number % 60000 == 0 ? NULL : "whole minutes: a TTL on the wire has no seconds";
}

const struct config_value *config_lisp_key(const struct config_section *s, enum auth_alg *alg)
{
	*alg = algorithms[config_number(s, "algorithm")];
	return config_value(s, "key");
}

struct auth_options config_lisp_auth(const struct config_section *s)
{
	return (struct auth_options){.full_length = config_number(s, "mac-length") == 1,
		.records_only = config_number(s, "mac-scope") == 1};
}

struct lisp_locator config_lisp_locator(const struct config_section *s)
{
	return (struct lisp_locator){.addr = config_title_value(s)->address,
		.priority = (uint8_t)config_number(s, "priority"),
		.weight = (uint8_t)config_number(s, "weight"),
		.mpriority = (uint8_t)config_number(s, "multicast-priority"),
		.mweight = (uint8_t)config_number(s, "multicast-weight")};
}

const char *config_lisp_want_xtr_id(const struct config_value *v)
{
	return strlen(v->text) == 32 && strspn(v->text, "0123456789abcdefABCDEF") == 32
		       ? NULL
		       : "32 hexadecimal digits";
}

struct lisp_xtr_id config_lisp_xtr_id(const struct config_value *v)
{
	struct lisp_xtr_id id = {{0}};

	for (size_t i = 0; i < 32; i++) {
		char h = (char)(v->text[i] | 0x20);
		int digit = h <= '9' ? v->text[i] - '0' : h - 'a' + 10;

		id.bytes[i / 2] = (uint8_t)(id.bytes[i / 2] << 4 | digit);
	}
	return id;
}

unsigned int config_lisp_listen(
	const struct config_section *root, struct endpoint *listen, unsigned int most)
{
	const struct config_value *v;
	unsigned int count = 0;
	size_t n;

	v = config_values(root, "listen", &n);
	for (size_t i = 0; i < n && count < most; i++)
		listen[count++] = v[i].endpoint;
	if (n)
		return count;
	endpoint_parse(&listen[0], "0.0.0.0", LISP_CONTROL_PORT);
	endpoint_parse(&listen[1], "[::]", LISP_CONTROL_PORT);
	return 2;
}

const struct config_option config_lisp_otk_options[] = {
	{.name = "key",
		.kind = CONFIG_SECRET,
		.flags = CONFIG_REQUIRED,
		.min = 1,
		.max = OTK_PSK_MAX,
		.help = "the pre-shared key, or key-file"},
	{0},
};

void config_lisp_otk(const struct config_section *s, const char *section, struct otk_keys *keys)
{
	*keys = (struct otk_keys){0};
	for (s = config_section(s, section); s; s = config_section_next(s)) {
		const struct config_value *v = config_value(s, "key");

		if (v)
			otk_keys_add(keys, (uint8_t)config_title_value(s)->number, v->secret.bytes,
				v->secret.len);
	}
}

void config_lisp_otk_check(
	const struct config_section *s, const char *section, struct config_mistakes *m)
{
	const struct config_section *first = config_section(s, section), *k = first;

	while (k && (k = config_section_next(k)))
		if (config_title_value(k)->number == config_title_value(first)->number)
			config_refuse(
				m, k, NULL, "the key-id of line %d again", config_line(first));
}
