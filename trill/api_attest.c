/* Who knows where an end station is says so, or that it has left (see api.h): a hypervisor's agent,
 * and the xTR of a site that the station has left. */
#include <string.h>

#include "trill/api_internal.h"
#include "trill/station_body.h"

#define EACH_PORT "*" /* of this RBridge, in a query */

/* RBRIDGE_PORTS_MAX: there is none. */
static uint16_t port_named(const struct trill_shell *s, const char *name)
{
	uint16_t i = 0;

	for (; i < RBRIDGE_PORTS_MAX; i++) {
		const struct trill_port *port = trill_ports_at(s->ports, i);

		if (port && !strcmp(port->config.name, name))
			break;
	}
	return i;
}

/* The path; false: answered with 400. */
static bool key_read(struct api_request *req, struct rbridge_station *station)
{
	char why[STATION_BODY_WHY];

	if (station_body_key(api_param(req, "vlan"), api_param(req, "mac"), station, why))
		return true;
	api_problem(req, 400, "%s", why);
	return false;
}

static void refuse(struct api_request *req, enum rbridge_attest verdict,
	const struct rbridge_station *station, const char *port)
{
	switch (verdict) {
	case RBRIDGE_ATTEST_PORT:
		api_problem(req, 404, "no port '%s' is up here; GET /v1/ports", port);
		break;
	case RBRIDGE_ATTEST_VLAN:
		if (port)
			api_problem_as(req, 409, "vlan-not-served",
				"port %s does not serve VLAN %u now; GET /v1/vlans", port,
				station->vlan);
		else
			api_problem_as(req, 409, "vlan-not-served",
				"not exactly one port serves VLAN %u now: say `port`; GET /v1/vlans",
				station->vlan);
		break;
	case RBRIDGE_ATTEST_COMMON:
		api_problem_as(req, 409, "several-have-it",
			"it is one of gateway-mac, which several stations have: say `lease`");
		break;
	case RBRIDGE_ATTEST_SINGLE:
		api_problem_as(req, 409, "one-has-it",
			"a MAC with `lease` must be one of gateway-mac of this RBridge's configuration");
		break;
	case RBRIDGE_ATTEST_ELSEWHERE:
		api_problem_as(req, 409, "known-elsewhere",
			"it is known elsewhere with more confidence; GET /v1/macs");
		break;
	case RBRIDGE_ATTEST_RBRIDGE:
		api_problem_as(req, 409, "rbridge",
			"it is the MAC of an RBridge's port, not of an end station; GET /v1/ports, "
			"/v1/adjacencies");
		break;
	default:
		/* Not 503: to try again at once keeps back those who tell us that one has left. */
		api_problem_as(
			req, 409, "no-room", "as many stations are known as there is room for");
	}
}

void trill_api_attest(struct api_request *req, void *arg)
{
	struct rbridge_station station = {.port = RBRIDGE_ANYWHERE};
	struct trill_shell *s = arg;
	struct json_object *body;
	char why[STATION_BODY_WHY];
	enum rbridge_attest verdict;
	unsigned int left_out;
	const char *port;

	if (!key_read(req, &station))
		return;
	body = api_body(req);
	if (!body)
		return;
	if (!station_body_read(body, &station, &port, &left_out, why)) {
		api_problem(req, 400, "%s", why);
		return;
	}
	if (port)
		station.port = port_named(s, port);
	verdict = rbridge_station_attest(s->rb, &station, mono_now());
	trill_shell_settle(s);
	if (station.lease_s)
		api_routine(req);
	if (verdict == RBRIDGE_ATTESTED)
		api_reply(req, 200, trill_api_station(s, &station, left_out));
	else
		refuse(req, verdict, &station, port);
}

void trill_api_leave(struct api_request *req, void *arg)
{
	static const char *const words[] = {[RBRIDGE_WAS_ABSENT] = "absent",
		[RBRIDGE_WAS_LOCAL] = "local",
		[RBRIDGE_WAS_REMOTE] = "remote"};
	struct rbridge_station station = {.port = RBRIDGE_ANYWHERE};
	struct trill_shell *s = arg;
	struct json_object *o;
	char why[STATION_BODY_WHY];
	enum rbridge_leave was;
	const char *port, *agent;

	if (!key_read(req, &station))
		return;
	port = api_query(req, "port");
	agent = api_query(req, "agent");
	if (agent && !port) {
		api_problem(req, 400,
			"agent: want `port`, too: `*`, or the port that the station has left");
		return;
	}
	if (agent && !station_body_agent(agent, &station.teller, why)) {
		api_problem(req, 400, "%s", why);
		return;
	}
	if (port && strcmp(port, EACH_PORT) != 0)
		station.port = port_named(s, port);
	if (station.port == RBRIDGE_PORTS_MAX) {
		api_problem(req, 404, "no port '%s' is here; GET /v1/ports", port);
		return;
	}
	if (port)
		was = rbridge_station_leave_here(s->rb, &station, mono_now());
	else
		was = rbridge_station_leave(s->rb, station.vlan, &station.mac, mono_now());
	trill_shell_settle(s);
	if (was == RBRIDGE_IS_CONFIGURED) {
		api_problem_as(req, 409, "configured",
			"the configuration says where it is: take `station` out of it");
		return;
	}
	o = json_object_new_object();
	json_add(o, "was", words[was]);
	api_reply(req, 200, o);
}
