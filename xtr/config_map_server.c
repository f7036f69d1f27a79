/* config_map_server: the sections `map-server` of the xTR's configuration: with whom it registers,
 * and how. */
#include <string.h>

#include "common/config_lisp.h"
#include "xtr/config_internal.h"

static const char *const protocol_words[] = {"sunward", "standard", NULL};

const struct config_option xtr_config_map_server[] = {
	{.name = "protocol",
		.kind = CONFIG_ENUM,
		.words = protocol_words,
		.fallback = "sunward",
		.help = "sunward: hosts are claimed by compare and swap; standard: Map-Registers only"},
	{.name = "key-id",
		.kind = CONFIG_INTEGER,
		.fallback = "1",
		.min = 0,
		.max = 255,
		.help = "which of the site's keys"},
	CONFIG_LISP_KEY_ROWS,
	CONFIG_LISP_AUTH_ROWS,
	CONFIG_LISP_OTK_ROW("lisp-sec-key"),
	{.name = "proxy-reply",
		.kind = CONFIG_BOOL,
		.fallback = "yes",
		.help = "let the Map-Server answer for us"},
	{.name = "merge",
		.kind = CONFIG_BOOL,
		.fallback = "no",
		.help = "eid-prefix is at other xTRs too: the Map-Server adds their locators to ours"},
	{0},
};

void xtr_config_map_server_load(struct policy *p, const struct config_section *s)
{
	struct policy_server *ms = &p->servers[p->server_count];
	const struct config_value *key;

	if (p->server_count == POLICY_SERVERS_MAX)
		return;
	key = config_lisp_key(s, &ms->alg);
	if (!key)
		return;
	ms->at = config_title_value(s)->endpoint;
	ms->protocol = config_number(s, "protocol") == 0 ? POLICY_SUNWARD : POLICY_STANDARD;
	ms->key_id = (uint8_t)config_number(s, "key-id");
	ms->auth = config_lisp_auth(s);
	ms->key_len = key->secret.len < AUTH_KEY_MAX ? key->secret.len : AUTH_KEY_MAX;
	memcpy(ms->key, key->secret.bytes, ms->key_len);
	ms->proxy_reply = config_bool(s, "proxy-reply");
	ms->merge = config_bool(s, "merge");
	config_lisp_otk(s, "lisp-sec-key", &ms->otk_keys);
	p->server_count++;
}
