/* See api.h. Here: the listening socket, connections and their bounds.
 *
 * evhttp tells nothing of a connection that sends no request, so each gets a bufferevent filter
 * around its socket: the filter's end is the connection's end, and a deadline hangs from it. */
#include "lib/service/api_internal.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <fcntl.h>
#include <grp.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/log.h"

static const struct metric rows[] = {
	[API_REQUESTS] = {"sunward_api_requests_total", "Requests to the HTTP interface.", NULL,
		NULL, METRIC_COUNTER},
	[API_PROBLEMS] = {"sunward_api_problems_total",
		"Requests answered with a problem document.", NULL, NULL, METRIC_COUNTER},
	[API_CONNECTIONS] = {"sunward_api_connections_total", "Connections accepted.", NULL, NULL,
		METRIC_COUNTER},
	[API_CONNECTIONS_REFUSED] = {"sunward_api_connections_closed_total",
		"Connections closed from this side.", "reason", "too-many", METRIC_COUNTER},
	[API_CONNECTIONS_SLOW] = {"sunward_api_connections_closed_total", "", "reason", "slow",
		METRIC_COUNTER},
	[API_EVENTS] = {"sunward_api_events_total", "Events told.", NULL, NULL, METRIC_COUNTER},
	[API_STREAMS_CUT] = {"sunward_api_streams_cut_total",
		"Readers of events cut off since they read too slowly.", NULL, NULL,
		METRIC_COUNTER},
	[API_TLS_FAILED] = {"sunward_api_tls_failed_total",
		"TLS connections that ended before the client had proved itself.", NULL, NULL,
		METRIC_COUNTER},
	[API_TLS_FORBIDDEN] = {"sunward_api_tls_forbidden_total",
		"Requests over TLS of clients that may not do that.", NULL, NULL, METRIC_COUNTER},
};

void api_count(struct api *api, enum api_counter counter)
{
	if (api->counters)
		metrics_count(api->counters, counter);
}

/* ---- connections ---- */

static void connection_release(struct api_connection *c)
{
	LIST_REMOVE(c, link);
	--*c->among;
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

static void release_ended(struct api *api)
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

static void connection_late(evutil_socket_t fd, short what, void *arg)
{
	struct api_connection *c = arg;

	if (!connection_lives(c)) {
		connection_release(c);
		return;
	}
	api_count(c->api, c->refused ? API_CONNECTIONS_REFUSED : API_CONNECTIONS_SLOW);
	shutdown(bufferevent_getfd(c->bev), SHUT_RDWR); /* evhttp sees the end and cleans up */
}

struct bufferevent *api_connection_new(
	struct api *api, struct bufferevent *bev, SSL *ssl, unsigned int *among)
{
	struct api_connection *c = calloc(1, sizeof(*c));
	struct timeval soon = {0}, in_time = {.tv_sec = (time_t)api->options.timeout_s};

	release_ended(api);
	if (c)
		c->deadline = evtimer_new(api->base, connection_late, c);
	if (!bev || !c || !c->deadline) {
		if (bev)
			bufferevent_free(bev);
		SSL_free(ssl);
		free(c);
		return NULL;
	}
	c->api = api;
	c->bev = bev;
	c->ssl = ssl;
	c->among = among;
	bufferevent_incref(bev);
	LIST_INSERT_HEAD(&api->connections, c, link);
	api_count(api, API_CONNECTIONS);
	c->refused = ++*among > api->options.max_connections;
	evtimer_add(c->deadline, c->refused ? &soon : &in_time);
	return bev;
}

/* evhttp asks for the bufferevent of a connection that it has just accepted; its socket comes
 * later. Given none it makes one without a deadline, or gives up. */
static struct bufferevent *connection_begin(struct event_base *base, void *arg)
{
	struct api *api = arg;

	return api_connection_new(
		api, bufferevent_socket_new(base, -1, 0), NULL, &api->connection_count);
}

static struct api_connection *connection_find(struct api *api, struct evhttp_connection *connection)
{
	struct bufferevent *bev = evhttp_connection_get_bufferevent(connection);
	struct api_connection *c;

	LIST_FOREACH (c, &api->connections, link)
		if (c->bev == bev)
			return c;
	return NULL;
}

void api_connection_busy(struct api *api, struct evhttp_connection *connection)
{
	struct api_connection *c = connection_find(api, connection);

	if (c && !c->refused)
		evtimer_del(c->deadline);
}

void api_connection_idle(struct api *api, struct evhttp_connection *connection)
{
	struct api_connection *c = connection_find(api, connection);
	struct timeval in_time = {.tv_sec = (time_t)api->options.timeout_s};

	if (c && !c->refused)
		evtimer_add(c->deadline, &in_time);
}

/* ---- the listening socket ---- */

/* 0: the path is free now. */
static int clear_stale(const char *path, const struct sockaddr_un *sun)
{
	struct stat st;
	int fd, error;

	if (lstat(path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	error = connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) ? errno : EADDRINUSE;
	close(fd);
	if (error == ECONNREFUSED)
		return unlink(path) ? -errno : 0;
	return error == EAGAIN ? -EADDRINUSE : -error; /* EAGAIN: its queue is full, so it lives */
}

static int give_to(const char *path, mode_t mode, const char *group)
{
	struct group *gr = group ? getgrnam(group) : NULL;

	if (group && !gr)
		return -ESRCH;
	if (gr && chown(path, (uid_t)-1, gr->gr_gid))
		return -errno;
	return chmod(path, mode) ? -errno : 0;
}

/* A listening socket at @path, or -errno. */
static int open_socket(const char *path, mode_t mode, const char *group)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd, error;

	if (strlen(path) >= sizeof(sun.sun_path))
		return -ENAMETOOLONG;
	memcpy(sun.sun_path, path, strlen(path));
	error = clear_stale(path, &sun);
	if (error)
		return error;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	fchmod(fd, mode & 0600); /* never wider than this before it belongs to its group */
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun))) {
		error = -errno;
		close(fd);
		return error;
	}
	error = give_to(path, mode, group);
	if (!error && listen(fd, 64))
		error = -errno;
	if (!error)
		return fd;
	close(fd);
	unlink(path);
	return error;
}

static const char *advice(int error)
{
	switch (error) {
	case -EADDRINUSE:
		return "another daemon listens there; stop it, or give this one another path";
	case -EEXIST:
		return "something that is no socket stands there; want a free path";
	case -ENAMETOOLONG:
		return "the path is too long; want at most 107 bytes";
	case -ESRCH:
		return "there is no such group";
	default:
		return strerror(-error);
	}
}

/* The directory of the socket, when only that is missing. */
static void make_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[128];

	if (!slash || slash == path || (size_t)(slash - path) >= sizeof(dir))
		return;
	memcpy(dir, path, (size_t)(slash - path));
	dir[slash - path] = '\0';
	mkdir(dir, 0755); /* what fails here is told by bind() */
}

int api_listen(struct api *api, const char *path, mode_t mode, const char *group)
{
	char *copy = strdup(path);
	int fd;

	if (!copy)
		return -ENOMEM;
	make_directory(path);
	fd = open_socket(path, mode, group);
	if (fd < 0) {
		log_error(api->log, "api socket %s: %s", path, advice(fd));
		free(copy);
		return fd;
	}
	if (!evhttp_accept_socket_with_handle(api->http, fd)) {
		close(fd);
		unlink(path);
		free(copy);
		return -ENOMEM;
	}
	free(api->path);
	api->path = copy;
	return 0;
}

/* ---- life ---- */

static void set_options(struct api *api, const struct api_options *options)
{
	struct api_options *o = &api->options;

	if (options)
		*o = *options;
	o->max_connections = o->max_connections ? o->max_connections : 64;
	o->timeout_s = o->timeout_s ? o->timeout_s : 10;
	o->events_kept = o->events_kept ? o->events_kept : 4096;
	o->stream_backlog = o->stream_backlog ? o->stream_backlog : 256 << 10;
}

void api_http_set_up(struct api *api, struct evhttp *http,
	struct bufferevent *(*begin)(struct event_base *base, void *arg), void *arg)
{
	evhttp_set_bevcb(http, begin, arg);
	evhttp_set_gencb(http, api_request_begin, api);
	evhttp_set_timeout(http, (int)api->options.timeout_s);
	evhttp_set_max_headers_size(http, 16 << 10);
	/* Beyond this evhttp answers by itself, without a problem document. */
	evhttp_set_max_body_size(http, 2 * API_BODY_MAX);
	evhttp_set_allowed_methods(http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD | EVHTTP_REQ_PUT |
						 EVHTTP_REQ_POST | EVHTTP_REQ_DELETE |
						 EVHTTP_REQ_PATCH | EVHTTP_REQ_OPTIONS);
}

struct api *api_new(struct event_base *base, const struct api_options *options, struct log *log,
	struct metrics *metrics)
{
	struct api *api = calloc(1, sizeof(*api));
	struct metrics_table *t = metrics ? metrics_add(metrics, rows, API_COUNTERS, 1) : NULL;

	if (!api)
		return NULL;
	set_options(api, options);
	api_idempotency_init(api);
	api->base = base;
	api->log = log;
	api->metrics = metrics;
	api->counters = t ? metrics_shard(t, 0) : NULL;
	api->http = evhttp_new(base);
	if (!api->http || api_events_init(api)) {
		api_free(api);
		return NULL;
	}
	api_http_set_up(api, api->http, connection_begin, api);
	api_routes(api, api_own_routes, api_own_route_count, api);
	return api;
}

void api_free(struct api *api)
{
	if (!api)
		return;
	api_events_fini(api);
	api_requests_drop(api);
	api_tls_fini(api);
	if (api->http)
		evhttp_free(api->http);
	api_idempotency_fini(api);
	release_ended(api);
	if (api->path)
		unlink(api->path);
	free(api->path);
	free(api);
}

void api_routes(struct api *api, const struct api_route *table, size_t count, void *arg)
{
	if (api->route_tables == API_ROUTES_MAX)
		abort(); /* a daemon has a handful of tables */
	api->routes[api->route_tables].table = table;
	api->routes[api->route_tables].count = count;
	api->routes[api->route_tables++].arg = arg;
}

void api_ready_check(struct api *api, const char *(*check)(void *arg), void *arg)
{
	if (api->check_count == API_CHECKS_MAX)
		abort();
	api->checks[api->check_count].check = check;
	api->checks[api->check_count++].arg = arg;
}
