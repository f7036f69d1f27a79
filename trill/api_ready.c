/* See api.h. When /readyz says that the RBridge can do its work: a port is attached, and it has a
 * nickname. */
#include <stdio.h>

#include "lib/service/api.h"
#include "trill/api.h"
#include "trill/shell.h"

/* One is enough: what of the others is wrong, their rows say. */
static const char *ports_unready(void *arg)
{
	const struct trill_port *port, *first = NULL;
	struct trill_shell *s = arg;

	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++) {
		port = trill_ports_at(s->ports, i);
		if (port && !trill_port_unattached(port))
			return NULL;
		first = first ? first : port;
	}
	if (!first)
		return "no port is configured";
	snprintf(s->unready, sizeof(s->unready), "no port is attached: %s: %s", first->config.name,
		trill_port_unattached(first));
	return s->unready;
}

static const char *nickname_unready(void *arg)
{
	const struct trill_shell *s = arg;
	const struct nicknames *n = rbridge_nicknames(s->rb);

	for (unsigned int i = 0; i < n->count; i++)
		if (n->own[i].nickname != NICKNAME_NONE)
			return NULL;
	return "no nickname has been chosen yet";
}

void trill_api_ready(struct api *api, struct trill_shell *s)
{
	api_ready_check(api, ports_unready, s);
	api_ready_check(api, nickname_unready, s);
}
