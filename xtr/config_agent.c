/* config_agent: the sections `agent` and `handover` of the xTR's configuration: the agents on
 * hypervisors, whose word counts for their guests, and what is done when one moves. */
#include <string.h>

#include "common/config_lisp.h"
#include "xtr/config_internal.h"

static const char *const cutover_words[] = {"stop", "resume", NULL};

const struct config_option xtr_config_agent[] = {
	{.name = "id",
		.kind = CONFIG_STRING,
		.flags = CONFIG_REQUIRED,
		.check = config_lisp_want_xtr_id,
		.help = "128 bits that name the agent, as in its own configuration"},
	CONFIG_LISP_KEY_ROWS,
	{.name = "key-id",
		.kind = CONFIG_INTEGER,
		.fallback = "1",
		.min = 0,
		.max = 255,
		.help = "number of the key"},
	{.name = "next-key",
		.kind = CONFIG_SECRET,
		.min = 1,
		.max = AUTH_KEY_MAX,
		.help = "a second key, taken as well while keys are rotated, or next-key-file"},
	{.name = "next-key-id",
		.kind = CONFIG_INTEGER,
		.fallback = "2",
		.min = 0,
		.max = 255,
		.help = "number of the second key"},
	{.name = "address",
		.kind = CONFIG_ENDPOINT,
		.default_port = LISP_CONTROL_PORT,
		.help = "the agent's; it is asked after a start. Default: wherever it speaks from"},
	{.name = "eid-prefix",
		.kind = CONFIG_EID,
		.flags = CONFIG_LIST,
		.most = POLICY_AGENT_PREFIXES,
		.help = "guests that it may speak of; default: all in dynamic-eid"},
	{0},
};

const struct config_option xtr_config_handover[] = {
	{.name = "cutover",
		.kind = CONFIG_ENUM,
		.words = cutover_words,
		.fallback = "stop",
		.help = "stop: packets wait at the destination from when the guest stops; resume: here, until it runs there"},
	{.name = "takeover",
		.kind = CONFIG_DURATION,
		.fallback = "1s",
		.min = 50,
		.max = 60000,
		.help = "an owner's xTR that says nothing for so long is taken for dead"},
	{.name = "prepared",
		.kind = CONFIG_DURATION,
		.fallback = "30s",
		.min = 1000,
		.max = 3600000,
		.help = "life of what is prepared, without another word about it"},
	{0},
};

static void add_key(
	struct policy_agent *a, const struct config_value *key, int64_t id, enum auth_alg alg)
{
	struct policy_agent_key *k = &a->keys[a->key_count++];

	k->id = (uint8_t)id;
	k->alg = alg;
	k->len = key->secret.len < AUTH_KEY_MAX ? key->secret.len : AUTH_KEY_MAX;
	memcpy(k->bytes, key->secret.bytes, k->len);
}

int xtr_config_agent_load(struct policy *p, const struct config_section *s)
{
	struct policy_agent a = {.name = ""};
	const struct config_value *key, *next, *v;
	struct lisp_xtr_id id;
	enum auth_alg alg;
	size_t n;
	int rc;

	key = config_lisp_key(s, &alg);
	if (!key || !config_value(s, "id"))
		return 0;
	strncpy(a.name, config_title(s), sizeof(a.name) - 1);
	id = config_lisp_xtr_id(config_value(s, "id"));
	memcpy(a.id.bytes, id.bytes, sizeof(a.id.bytes));
	add_key(&a, key, config_number(s, "key-id"), alg);
	next = config_value(s, "next-key");
	if (next)
		add_key(&a, next, config_number(s, "next-key-id"), alg);
	if (config_value(s, "address"))
		a.at = config_value(s, "address")->endpoint;
	v = config_values(s, "eid-prefix", &n);
	for (size_t i = 0; i < n && i < POLICY_AGENT_PREFIXES; i++)
		a.prefixes[a.prefix_count++] = v[i].eid;
	rc = policy_add_agent(p, &a);
	explicit_bzero(&a, sizeof(a));
	return rc;
}

void xtr_config_handover_load(struct policy_handover *h, const struct config_section *s)
{
	h->cut_at_resume = config_number(s, "cutover") == 1;
	h->takeover_ms = config_u32(s, "takeover");
	h->prepared_s = config_u32(s, "prepared") / 1000;
}

/* One name, one id; two keys are told apart by their numbers. */
void xtr_config_agent_check(const struct config_section *root, struct config_mistakes *m)
{
	const struct config_section *s, *other;

	for (s = config_section(root, "agent"); s; s = config_section_next(s)) {
		const struct config_value *id = config_value(s, "id");

		if (config_given(s, "next-key") &&
			config_number(s, "key-id") == config_number(s, "next-key-id"))
			config_refuse(m, s, "next-key-id", "it is another number than key-id");
		for (other = config_section(root, "agent"); id && other != s;
			other = config_section_next(other)) {
			const struct config_value *theirs = config_value(other, "id");

			if (theirs && !strcasecmp(theirs->text, id->text))
				config_refuse(
					m, s, "id", "agent \"%s\" has it", config_title(other));
		}
	}
}
