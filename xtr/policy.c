/* See policy.h. */
#include "xtr/policy.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void policy_init(struct policy *p)
{
	*p = (struct policy){
		.timers =
			{
				.record_ttl_min = 1440,
				.register_s = 60,
				.ack_ms = 1000,
				.claim_ms = 250,
				.backoff_max_s = 60,
				.request_ms = 1000,
				.request_tries = 10,
				.request_rest_s = 30,
				.cache_ttl_max_min = 1440,
				.negative_ms = 10000,
				.hold_ms = 2000,
				.hold_move_ms = 10000,
				.probe_ms = 10000,
				.probe_wait_ms = 1000,
				.probe_losses = 3,
				.smr_ms = 3000,
				.verify_ms = 20,
				.confirm_ms = 1000,
				.idle_s = 15,
				.idle_tries = 3,
				.port_down_s = 10,
				.nat_keepalive_s = 20,
			},
		.limits =
			{
				.cache_entries = 100000,
				.resolutions = 65536,
				.hold_packets = 64,
				.hold_move_packets = 8192,
				.hold_bytes = 64u << 20,
				.hosts = 100000,
				.hosts_per_port = 4096,
				.new_hosts_per_port = 1000,
				.away = 100000,
				.replies_per_rloc = 10000,
				.excess_per_rloc = 1000,
				.smrs_per_rloc = 100,
				.eids_per_agent = 4096,
				.states_per_agent = 10000,
				.claim_burst = 8,
			},
		.handover = {.takeover_ms = 1000, .prepared_s = 30},
		.security =
			{
				.hmac_count = 2,
				.hmacs = {OTK_HMAC_SHA256_128, OTK_HMAC_SHA1_96},
				.kdf_count = 2,
				.kdfs = {OTK_KDF_HKDF_SHA256, OTK_KDF_HKDF_SHA1_128},
			},
	};
}

void policy_fini(struct policy *p)
{
	unsigned int i;

	for (i = 0; i < p->server_count; i++)
		explicit_bzero(&p->servers[i], sizeof(p->servers[i]));
	otk_keys_wipe(&p->security.keys);
	if (p->agents)
		explicit_bzero(p->agents, p->agent_count * sizeof(*p->agents));
	free(p->agents);
	free(p->eids);
	free(p->dynamic);
	free(p->space);
	memset(p, 0, sizeof(*p));
}

static int append(struct eid **list, size_t *count, const struct eid *eid)
{
	struct eid *longer = reallocarray(*list, *count + 1, sizeof(**list));

	if (!longer)
		return -ENOMEM;
	longer[*count] = *eid;
	*list = longer;
	(*count)++;
	return 0;
}

int policy_add_eid(struct policy *p, const struct eid *eid)
{
	return append(&p->eids, &p->eid_count, eid);
}

int policy_add_dynamic(struct policy *p, const struct eid *eid)
{
	return append(&p->dynamic, &p->dynamic_count, eid);
}

int policy_add_space(struct policy *p, const struct eid *eid)
{
	return append(&p->space, &p->space_count, eid);
}

int policy_add_agent(struct policy *p, const struct policy_agent *agent)
{
	struct policy_agent *longer = calloc(p->agent_count + 1, sizeof(*longer));

	if (!longer)
		return -ENOMEM;
	if (p->agent_count)
		memcpy(longer, p->agents, p->agent_count * sizeof(*longer));
	longer[p->agent_count] = *agent;
	if (p->agents)
		explicit_bzero(p->agents, p->agent_count * sizeof(*p->agents));
	free(p->agents);
	p->agents = longer;
	p->agent_count++;
	return 0;
}

static int agents_copy(struct policy *to, const struct policy *from)
{
	int rc = 0;

	to->agents = NULL;
	to->agent_count = 0;
	for (size_t i = 0; !rc && i < from->agent_count; i++)
		rc = policy_add_agent(to, &from->agents[i]);
	return rc;
}

static struct eid *list_copy(const struct eid *list, size_t count)
{
	struct eid *copy = calloc(count ? count : 1, sizeof(*copy));

	if (copy && count)
		memcpy(copy, list, count * sizeof(*copy));
	return copy;
}

int policy_copy(struct policy *to, const struct policy *from)
{
	*to = *from;
	to->eids = list_copy(from->eids, from->eid_count);
	to->dynamic = list_copy(from->dynamic, from->dynamic_count);
	to->space = list_copy(from->space, from->space_count);
	if (agents_copy(to, from) == 0 && to->eids && to->dynamic && to->space)
		return 0;
	policy_fini(to);
	return -ENOMEM;
}

/* What a list may hold. */
enum eid_kind { EID_ANY, EID_IP, EID_HOSTS };

/* The check: each finding goes through complain(). */
struct check {
	void (*mistake)(void *arg, const char *text);
	void *arg;
	unsigned int count;
};

__attribute__((format(printf, 2, 3))) static void complain(struct check *c, const char *format, ...)
{
	char text[320];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	c->count++;
	c->mistake(c->arg, text);
}

static void check_rlocs(struct check *c, const struct policy *p)
{
	char text[ADDRESS_TEXT];
	unsigned int i, j;

	if (!p->rloc_count)
		complain(c, "no rloc: at least one locator of this xTR is needed");
	for (i = 0; i < p->rloc_count; i++) {
		const struct lisp_locator *l = &p->rlocs[i];

		address_format(&l->addr, text, sizeof(text));
		if (!address_is_ip(&l->addr) || address_is_multicast(&l->addr) ||
			address_is_unspecified(&l->addr))
			complain(c, "rloc %s: want a unicast IPv4 or IPv6 address", text);
		for (j = 0; j < i; j++)
			if (address_equal(&p->rlocs[j].addr, &l->addr))
				complain(c, "rloc %s is given twice", text);
	}
}

static bool have_family(const struct policy *p, uint16_t afi)
{
	unsigned int i;

	for (i = 0; i < p->rloc_count; i++)
		if (p->rlocs[i].addr.afi == afi)
			return true;
	return false;
}

static void check_peer(
	struct check *c, const struct policy *p, const struct endpoint *e, const char *what)
{
	char text[ENDPOINT_TEXT];

	endpoint_format(e, text, sizeof(text));
	if (!address_is_ip(&e->addr) || address_is_multicast(&e->addr) ||
		address_is_unspecified(&e->addr))
		complain(c, "%s %s: want a unicast IPv4 or IPv6 address", what, text);
	else if (!e->port)
		complain(c, "%s %s: port is 0, want 1 to 65535", what, text);
	else if (!have_family(p, e->addr.afi))
		complain(c, "%s %s: no rloc of its address family", what, text);
}

static void check_servers(struct check *c, const struct policy *p)
{
	unsigned int i, j;
	char text[ENDPOINT_TEXT];

	for (i = 0; i < p->server_count; i++) {
		const struct policy_server *s = &p->servers[i];

		check_peer(c, p, &s->at, "map-server");
		endpoint_format(&s->at, text, sizeof(text));
		if (!auth_length(s->alg, &s->auth))
			complain(c, "map-server %s: algorithm is %d, want 1, 2 or 3", text, s->alg);
		if (!s->key_len || s->key_len > AUTH_KEY_MAX)
			complain(c, "map-server %s: key of %zu bytes, want 1 to %d", text,
				s->key_len, AUTH_KEY_MAX);
		for (j = 0; j < i; j++)
			if (address_equal(&p->servers[j].at.addr, &s->at.addr))
				complain(c, "map-server %s is given twice", text);
	}
}

/* RFC 9303 section 6.5: the key of ITR and Map-Resolver must be independent of that of Map-Server
 * and ETR, which also serves registrations. */
static void check_security(struct check *c, const struct policy *p)
{
	const struct policy_security *s = &p->security;
	struct otk_keys registering = {0};
	char text[ENDPOINT_TEXT];

	if (s->mode != POLICY_SECURITY_OFF && !s->keys.count)
		complain(c, "lisp-sec: no key: what is shared with the map-resolvers is needed");
	for (unsigned int i = 0; i < p->server_count; i++) {
		const struct policy_server *server = &p->servers[i];

		registering = (struct otk_keys){0};
		otk_keys_add(&registering, 0, server->key, server->key_len);
		if (otk_keys_share(&s->keys, &registering) ||
			otk_keys_share(&s->keys, &server->otk_keys))
			complain(c,
				"lisp-sec: one of its secrets is map-server %s's too; they must be "
				"independent (RFC 9303 section 6.5)",
				endpoint_format(&server->at, text, sizeof(text)));
	}
	otk_keys_wipe(&registering);
}

static bool has_kind(const struct eid *eid, enum eid_kind kind)
{
	return kind == EID_ANY || address_is_ip(&eid->addr) ||
	       (kind == EID_HOSTS && eid->addr.afi == AFI_MAC);
}

static void check_list(
	struct check *c, const struct eid *list, size_t count, const char *what, enum eid_kind kind)
{
	char text[EID_TEXT];
	size_t i, j;

	for (i = 0; i < count; i++) {
		struct eid masked = list[i];

		eid_format(&list[i], text, sizeof(text));
		if (!address_bits(&list[i].addr))
			complain(c, "%s %s: not an EID", what, text);
		else if (!has_kind(&list[i], kind))
			complain(c, "%s %s: want %s", what, text,
				kind == EID_HOSTS ? "an IPv4, IPv6 or MAC prefix"
						  : "an IPv4 or IPv6 prefix");
		else if (list[i].plen > address_bits(&list[i].addr))
			complain(c, "%s %s: length is %u, want 0 to %u", what, text, list[i].plen,
				address_bits(&list[i].addr));
		else if (eid_mask(&masked))
			complain(c, "%s %s: host bits are set", what, text);
		if (list[i].iid > 0xffffff)
			complain(c, "%s %s: instance-ID is %u, want 0 to 16777215", what, text,
				list[i].iid);
		for (j = 0; j < i && j < 1000; j++)
			if (eid_equal(&list[j], &list[i]))
				complain(c, "%s %s is given twice", what, text);
	}
}

static void check_range(struct check *c, const char *name, uint32_t v, uint32_t min, uint32_t max)
{
	if (v < min || v > max)
		complain(c, "%s is %u, want %u to %u", name, v, min, max);
}

static void check_numbers(
	struct check *c, const struct policy_timers *t, const struct policy_limits *l)
{
	check_range(c, "record-ttl (minutes)", t->record_ttl_min, 1, 525600);
	check_range(c, "register-interval (seconds)", t->register_s, 1, 3600);
	check_range(c, "ack-wait (milliseconds)", t->ack_ms, 10, 60000);
	check_range(c, "claim-wait (milliseconds)", t->claim_ms, 10, 60000);
	check_range(c, "backoff-max (seconds)", t->backoff_max_s, 1, 600);
	check_range(c, "request-wait (milliseconds)", t->request_ms, 100, 60000);
	check_range(c, "request-tries", t->request_tries, 1, 100);
	check_range(c, "request-rest (seconds)", t->request_rest_s, 1, 3600);
	check_range(c, "cache-ttl-max (minutes)", t->cache_ttl_max_min, 1, 525600);
	check_range(c, "negative-ttl-max (milliseconds)", t->negative_ms, 1000, 86400000);
	check_range(c, "hold-time (milliseconds)", t->hold_ms, 1, 60000);
	check_range(c, "hold-move-time (milliseconds)", t->hold_move_ms, 1, 60000);
	if (t->probe_ms)
		check_range(c, "probe-interval (milliseconds)", t->probe_ms, 100, 3600000);
	check_range(c, "probe-wait (milliseconds)", t->probe_wait_ms, 10, 60000);
	check_range(c, "probe-losses", t->probe_losses, 1, 100);
	check_range(c, "smr-interval (milliseconds)", t->smr_ms, 10, 60000);
	check_range(c, "verify-wait (milliseconds)", t->verify_ms, 1, 10000);
	check_range(c, "confirm-wait (milliseconds)", t->confirm_ms, 1, 60000);
	check_range(c, "idle (seconds)", t->idle_s, 1, 86400);
	check_range(c, "idle-tries", t->idle_tries, 1, 100);
	check_range(c, "port-down (seconds)", t->port_down_s, 0, 86400);
	check_range(c, "nat-keepalive (seconds)", t->nat_keepalive_s, 1, 600);
	check_range(c, "cache-entries", l->cache_entries, 1, 10000000);
	check_range(c, "resolutions", l->resolutions, 1, 10000000);
	check_range(c, "hold-packets", l->hold_packets, 1, 65536);
	check_range(c, "hold-move-packets", l->hold_move_packets, 1, 1u << 20);
	check_range(c, "hold-bytes", l->hold_bytes, 65536, 1u << 31);
	check_range(c, "hosts", l->hosts, 1, 10000000);
	check_range(c, "hosts-per-port", l->hosts_per_port, 1, 10000000);
	check_range(c, "new-hosts-per-port (a second)", l->new_hosts_per_port, 1, 1000000);
	check_range(c, "away", l->away, 1, 10000000);
	check_range(c, "replies-per-rloc (a second)", l->replies_per_rloc, 1, 10000000);
	check_range(c, "excess-per-rloc (a second)", l->excess_per_rloc, 1, 10000000);
	check_range(c, "smrs-per-rloc (a second)", l->smrs_per_rloc, 1, 1000000);
	check_range(c, "eids-per-agent", l->eids_per_agent, 1, 65536);
	check_range(c, "states-per-agent (a second)", l->states_per_agent, 1, 10000000);
	check_range(c, "claim-burst", l->claim_burst, 1, 1000);
}

unsigned int policy_check(
	const struct policy *p, void (*mistake)(void *arg, const char *text), void *arg)
{
	struct check c = {.mistake = mistake, .arg = arg};
	unsigned int i;

	check_rlocs(&c, p);
	for (i = 0; i < p->resolver_count; i++)
		check_peer(&c, p, &p->resolvers[i], "map-resolver");
	if (!p->resolver_count && (p->space_count || p->dynamic_count))
		complain(&c, "no map-resolver: the EID-space cannot be looked up");
	check_servers(&c, p);
	if (!p->server_count && (p->eid_count || p->dynamic_count))
		complain(&c, "no map-server: the EIDs of this site cannot be registered");
	if (p->nat != POLICY_NAT_OFF && !(p->server_count && (p->eid_count || p->dynamic_count)))
		complain(&c, "nat: nobody can be asked without a map-server, and an eid-prefix or "
			     "dynamic-eid to ask about");
	check_list(&c, p->eids, p->eid_count, "eid-prefix", EID_ANY);
	check_list(&c, p->dynamic, p->dynamic_count, "dynamic-eid", EID_HOSTS);
	check_list(&c, p->space, p->space_count, "eid-space", EID_IP);
	check_numbers(&c, &p->timers, &p->limits);
	check_security(&c, p);
	return c.count;
}

static const struct eid *most_specific(const struct eid *list, size_t count, const struct eid *eid)
{
	const struct eid *best = NULL;
	size_t i;

	for (i = 0; i < count; i++)
		if (eid_covers(&list[i], eid) && (!best || list[i].plen > best->plen))
			best = &list[i];
	return best;
}

const struct eid *policy_dynamic(const struct policy *p, const struct eid *eid)
{
	return most_specific(p->dynamic, p->dynamic_count, eid);
}

const struct eid *policy_space(const struct policy *p, const struct eid *eid)
{
	const struct eid *space = most_specific(p->space, p->space_count, eid);
	const struct eid *dynamic = policy_dynamic(p, eid);

	if (!space || (dynamic && dynamic->plen > space->plen))
		return dynamic;
	return space;
}

static bool overlaps(const struct eid *list, size_t count, const struct eid *eid)
{
	for (size_t i = 0; i < count; i++)
		if (eid_covers(&list[i], eid) || eid_covers(eid, &list[i]))
			return true;
	return false;
}

bool policy_is_ours(const struct policy *p, const struct eid *eid)
{
	return overlaps(p->eids, p->eid_count, eid) || overlaps(p->dynamic, p->dynamic_count, eid);
}

bool policy_is_rloc(const struct policy *p, const struct address *addr)
{
	unsigned int i;

	for (i = 0; i < p->rloc_count; i++)
		if (address_equal(&p->rlocs[i].addr, addr))
			return true;
	return false;
}
