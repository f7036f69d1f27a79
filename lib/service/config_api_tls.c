/* See config_api_tls.h. */
#include "lib/service/config_api_tls.h"

#include <string.h>

#define PATH_MAX_BYTES 4096

enum access {
	ACCESS_READ,
	ACCESS_WRITE,
};
static const char *const access_words[] = {"read", "write", NULL};

static const char *check_name(const struct config_value *v)
{
	return v->text[strcspn(v->text, "*/ ")] ? "a name of a certificate, without * / and spaces"
						: NULL;
}

static const struct config_option allow_options[] = {
	{.name = "access",
		.kind = CONFIG_ENUM,
		.words = access_words,
		.fallback = "read",
		.help = "write: all that the socket allows; read: only GET"},
	{.name = "tenant",
		.kind = CONFIG_STRING,
		.min = 1,
		.max = API_VIEW_MAX,
		.help = "it sees and changes what is this tenant's; default: all"},
	{0},
};

const struct config_option config_api_tls_options[] = {
	{.name = "listen",
		.kind = CONFIG_ENDPOINT,
		.flags = CONFIG_REQUIRED,
		.help = "TCP address and port"},
	{.name = "certificate",
		.kind = CONFIG_STRING,
		.flags = CONFIG_REQUIRED,
		.min = 1,
		.max = PATH_MAX_BYTES,
		.help = "PEM file of the server's certificate and its chain"},
	{.name = "key",
		.kind = CONFIG_STRING,
		.flags = CONFIG_REQUIRED,
		.min = 1,
		.max = PATH_MAX_BYTES,
		.help = "PEM file of its private key, without a passphrase"},
	{.name = "client-ca",
		.kind = CONFIG_STRING,
		.flags = CONFIG_REQUIRED,
		.min = 1,
		.max = PATH_MAX_BYTES,
		.help = "PEM file of the authorities whose clients are let in"},
	{.name = "allow",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.most = API_TLS_CLIENTS_MAX,
		.options = allow_options,
		.min = 1,
		.max = API_TLS_NAME_MAX,
		.check = check_name,
		.help = "titled by a name in the client's certificate: its common name, or a DNS name"},
	{0},
};

static void load(struct api_tls_options *o, const struct config_section *s)
{
	const struct config_section *a = config_section(s, "allow");

	memset(o, 0, sizeof(*o));
	o->listen = config_value(s, "listen")->endpoint;
	o->certificate = config_text(s, "certificate");
	o->key = config_text(s, "key");
	o->client_ca = config_text(s, "client-ca");
	for (; a && o->client_count < API_TLS_CLIENTS_MAX; a = config_section_next(a)) {
		struct api_tls_client *c = &o->clients[o->client_count++];

		strlcpy(c->name, config_title(a), sizeof(c->name));
		c->write = config_number(a, "access") == ACCESS_WRITE;
		if (config_text(a, "tenant"))
			strlcpy(c->view, config_text(a, "tenant"), sizeof(c->view));
	}
}

bool config_api_tls_load(struct api_tls_options *o, const struct config_section *root)
{
	const struct config_section *s = config_section(root, "api-tls");

	if (s)
		load(o, s);
	return s;
}

void config_api_tls_check(const struct config_section *root, struct config_mistakes *m)
{
	const struct config_section *s = config_section(root, "api-tls");
	struct api_tls_options o;
	const char *what;
	char why[256];

	if (!s || !config_value(s, "listen") || !config_text(s, "certificate") ||
		!config_text(s, "key") || !config_text(s, "client-ca"))
		return;
	load(&o, s);
	if (!api_tls_check(&o, &what, why, sizeof(why)))
		config_refuse(m, s, what, "%s", why);
	if (!o.client_count)
		config_warn(
			m, s, NULL, "no client is allowed anything: want allow \"NAME\" { ... }");
}
