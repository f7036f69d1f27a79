/* api_connection: the connections of the HTTP interface and their bounds: how many there may be,
 * who gives way when there are more, and how long a request or the taking of an answer may last.
 *
 * evhttp tells nothing of a connection that sends no request, so each is followed here by its
 * bufferevent, which evhttp gets from here, and a deadline hangs from it. */
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/net/address.h"
#include "lib/service/api_internal.h"

#define SLOWEST (64u << 10) /* bytes a second that a client must take of its answer */

static void connection_release(struct api_connection *c)
{
	LIST_REMOVE(c, link);
	--*c->among;
	api_guard_end(c);
	event_free(c->deadline);
	if (c->ssl && !SSL_is_init_finished(c->ssl))
		api_count(c->api, API_TLS_FAILED);
	bufferevent_decref(c->bev);
	SSL_free(c->ssl);
	free(c);
}

/* evhttp still holds it. */
static bool connection_lives(const struct api_connection *c)
{
	bufferevent_event_cb on_event;

	bufferevent_getcb(c->bev, NULL, NULL, &on_event, NULL);
	return on_event != NULL;
}

void api_connections_ended(struct api *api)
{
	struct api_connection *c, *next;

	for (c = LIST_FIRST(&api->connections); c; c = next) {
		next = LIST_NEXT(c, link);
		if (!connection_lives(c))
			connection_release(c);
	}
}

void api_connections_release(struct api *api, const unsigned int *among)
{
	struct api_connection *c, *next;

	for (c = LIST_FIRST(&api->connections); c; c = next) {
		next = LIST_NEXT(c, link);
		if (c->among == among)
			connection_release(c);
	}
}

/* ---- whose they are ---- */

static struct api_client client_of_host(const struct sockaddr_storage *ss)
{
	struct api_client client = {0};
	struct endpoint at;

	if (!endpoint_from_sockaddr(&at, (const struct sockaddr *)ss))
		return client;
	/* Who has an IPv6 address has a /64 of them. */
	memcpy(&client.party, at.addr.bytes, at.addr.afi == AFI_IPV4 ? 4 : 8);
	if (at.addr.afi == AFI_IPV6)
		memcpy(&client.member, at.addr.bytes + 8, 8);
	return client;
}

static struct api_client client_of(const struct api_connection *c)
{
	int fd = bufferevent_getfd(c->bev);
	struct sockaddr_storage ss;
	struct ucred cred;
	socklen_t n = c->ssl ? sizeof(ss) : sizeof(cred);

	if (c->ssl)
		return getpeername(fd, (struct sockaddr *)&ss, &n) ? (struct api_client){0}
								   : client_of_host(&ss);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n))
		return (struct api_client){0};
	return (struct api_client){cred.uid, (uint64_t)cred.pid};
}

void api_connection_peer(const struct api_connection *c, char *text, size_t size)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof(ss);
	char name[80], at[ENDPOINT_TEXT] = "?";
	struct endpoint e;

	if (!c->ssl) {
		struct api_client client = client_of(c);

		snprintf(text, size, "uid %u pid %d", (unsigned int)client.party,
			(int)client.member);
		return;
	}
	api_tls_name(c->ssl, name, sizeof(name));
	if (!getpeername(bufferevent_getfd(c->bev), (struct sockaddr *)&ss, &n) &&
		endpoint_from_sockaddr(&e, (struct sockaddr *)&ss))
		endpoint_format(&e, at, sizeof(at));
	snprintf(text, size, "%s at %s", name, at);
}

/* ---- one too many ---- */

static bool is_of(const struct api_connection *c, const struct api_client *who, bool whole_party)
{
	return c->client.party == who->party && (whole_party || c->client.member == who->member);
}

/* It has a place beside @other. */
static bool has_place(const struct api_connection *c, const struct api_connection *other)
{
	return c->among == other->among && c->judged && !c->ends;
}

static unsigned int places(const struct api_connection *like)
{
	const struct api_connection *c;
	unsigned int n = 0;

	LIST_FOREACH (c, &like->api->connections, link)
		n += has_place(c, like);
	return n;
}

static unsigned int count_of(const struct api_connection *like, bool whole_party)
{
	const struct api_connection *c;
	unsigned int n = 0;

	LIST_FOREACH (c, &like->api->connections, link)
		n += has_place(c, like) && is_of(c, &like->client, whole_party);
	return n;
}

/* The one of the greatest share: among all parties, or among the members of @mine's. */
static const struct api_connection *greatest(const struct api_connection *mine, bool whole_party)
{
	const struct api_connection *c, *found = mine;
	unsigned int most = count_of(mine, whole_party);

	LIST_FOREACH (c, &mine->api->connections, link) {
		if (!has_place(c, mine) || (!whole_party && !is_of(c, &mine->client, true)))
			continue;
		if (count_of(c, whole_party) > most) {
			found = c;
			most = count_of(c, whole_party);
		}
	}
	return found;
}

/* Of whom has most, the connection that is missed least: idle, and the oldest. */
static struct api_connection *victim(struct api_connection *newcomer)
{
	const struct api_connection *most = greatest(newcomer, true);
	struct api_connection *c, *found = newcomer;

	most = greatest(most, false);
	if (is_of(most, &newcomer->client, false))
		return newcomer;
	LIST_FOREACH (c, &newcomer->api->connections, link) /* the newest first */
		if (has_place(c, newcomer) && is_of(c, &most->client, false) &&
			(found == newcomer || found->busy || !c->busy))
			found = c;
	return found;
}

static void connection_end(struct api_connection *c, enum api_counter why)
{
	api_count(c->api, why);
	c->ends = true;
	shutdown(bufferevent_getfd(c->bev), SHUT_RDWR); /* evhttp sees the end and cleans up */
}

void api_connection_forbid(struct api_connection *c, const char *why)
{
	char peer[160];

	if (c->ends || !connection_lives(c))
		return;
	api_connection_peer(c, peer, sizeof(peer));
	log_info(c->api->log, "api: a connection of %s is closed: %s", peer, why);
	connection_end(c, API_CONNECTIONS_FORBIDDEN);
}

/* When it has its socket, one knows whose it is. */
static void judge(struct api_connection *c)
{
	struct api *api = c->api;
	struct timeval in_time = {.tv_sec = (time_t)api->options.timeout_s};
	struct api_connection *out;
	char peer[160];

	c->judged = true;
	c->client = client_of(c);
	if (!c->busy)
		evtimer_add(c->deadline, &in_time);
	if (places(c) <= api->options.max_connections)
		return;
	out = victim(c);
	api_connection_peer(out, peer, sizeof(peer));
	log_limited(api->log, &api->log_closed, mono_now(), LOG_LEVEL_WARNING,
		"api: more than %u connections: one of %s, who has most of them, is closed",
		api->options.max_connections, peer);
	if (out != c) {
		connection_end(out, API_CONNECTIONS_GAVE_WAY);
		return;
	}
	if (*c->among > 2 * api->options.max_connections) { /* those that read why are many, too */
		connection_end(c, API_CONNECTIONS_REFUSED);
		return;
	}
	api_count(api, API_CONNECTIONS_REFUSED);
	api_guard_refuse(c, 503, "too-many-connections",
		"you have too many connections already; close some, or ask again later");
}

static void connection_due(evutil_socket_t fd, short what, void *arg)
{
	struct api_connection *c = arg;

	if (!connection_lives(c))
		connection_release(c);
	else if (!c->judged)
		judge(c);
	else if (c->ends)
		shutdown(bufferevent_getfd(c->bev), SHUT_RDWR);
	else if (!c->busy && http_frame_within(&c->frame)) {
		api_count(c->api, API_CONNECTIONS_SLOW);
		api_guard_refuse(c, 408, NULL, "the request did not come whole in time");
	} else {
		connection_end(c, API_CONNECTIONS_SLOW);
	}
}

/* ---- life ---- */

struct bufferevent *api_connection_new(
	struct api *api, struct bufferevent *bev, SSL *ssl, unsigned int *among)
{
	struct api_connection *c = calloc(1, sizeof(*c));
	struct timeval soon = {0};

	api_connections_ended(api);
	if (c)
		c->deadline = evtimer_new(api->base, connection_due, c);
	if (c && bev && c->deadline) {
		c->api = api;
		c->bev = bev;
		c->ssl = ssl;
		c->among = among;
	}
	if (!bev || !c || !c->deadline || !api_guard_begin(c)) {
		if (bev)
			bufferevent_free(bev);
		if (c && c->deadline)
			event_free(c->deadline);
		SSL_free(ssl);
		free(c);
		return NULL;
	}
	bufferevent_incref(bev);
	LIST_INSERT_HEAD(&api->connections, c, link);
	api_count(api, API_CONNECTIONS);
	++*among;
	evtimer_add(c->deadline, &soon);
	return bev;
}

/* evhttp asks for the bufferevent of a connection that it has just accepted; its socket comes
 * later. Given none it makes one without a deadline, or gives up. */
struct bufferevent *api_connection_begin(struct event_base *base, void *arg)
{
	struct api *api = arg;

	return api_connection_new(
		api, bufferevent_socket_new(base, -1, 0), NULL, &api->connection_count);
}

struct api_connection *api_connection_find(struct api *api, struct evhttp_connection *connection)
{
	struct bufferevent *bev = evhttp_connection_get_bufferevent(connection);
	struct api_connection *c;

	LIST_FOREACH (c, &api->connections, link)
		if (c->bev == bev)
			return c;
	return NULL;
}

static void set_deadline(struct api_connection *c, size_t bytes)
{
	struct timeval in_time = {.tv_sec = (time_t)(c->api->options.timeout_s + bytes / SLOWEST)};

	if (!c->ends && c->judged)
		evtimer_add(c->deadline, &in_time);
}

void api_connection_busy(struct api *api, struct evhttp_connection *connection)
{
	struct api_connection *c = api_connection_find(api, connection);

	if (!c)
		return;
	c->busy = true;
	if (!c->ends && c->judged)
		evtimer_del(c->deadline);
}

void api_connection_answers(struct api *api, struct evhttp_connection *connection, size_t bytes)
{
	struct api_connection *c = connection ? api_connection_find(api, connection) : NULL;

	if (c)
		set_deadline(c, bytes);
}

void api_connection_idle(struct api *api, struct evhttp_connection *connection)
{
	struct api_connection *c = api_connection_find(api, connection);

	if (!c)
		return;
	c->busy = false;
	set_deadline(c, 0);
	api_guard_answered(c);
}
