/* See api.h. Here: counters, the listening socket, options, life. */
#include "lib/service/api_internal.h"

#include <errno.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <fcntl.h>
#include <grp.h>
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
	[API_CONNECTIONS_GAVE_WAY] = {"sunward_api_connections_closed_total", "", "reason",
		"gave-way", METRIC_COUNTER},
	[API_CONNECTIONS_FORBIDDEN] = {"sunward_api_connections_closed_total", "", "reason",
		"forbidden", METRIC_COUNTER},
	[API_REFUSED_MALFORMED] = {"sunward_api_refused_total",
		"Requests refused for what they are, whatever they ask for.", "reason", "malformed",
		METRIC_COUNTER},
	[API_REFUSED_LARGE_HEAD] = {"sunward_api_refused_total", "", "reason", "large-head",
		METRIC_COUNTER},
	[API_REFUSED_LARGE_BODY] = {"sunward_api_refused_total", "", "reason", "large-body",
		METRIC_COUNTER},
	[API_REFUSED_UNSUPPORTED] = {"sunward_api_refused_total", "", "reason", "unsupported",
		METRIC_COUNTER},
	[API_REFUSED_JSON] = {"sunward_api_refused_total", "", "reason", "json", METRIC_COUNTER},
	[API_EVENTS] = {"sunward_api_events_total", "Events told.", NULL, NULL, METRIC_COUNTER},
	[API_STREAMS_CUT] = {"sunward_api_streams_cut_total",
		"Readers of events cut off since they took nothing of what waited for them.", NULL,
		NULL, METRIC_COUNTER},
	[API_LISTED] = {"sunward_api_list_rows_total", "Rows of long lists made.", NULL, NULL,
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
	o->events_kept = o->events_kept ? o->events_kept : 32768;
	o->events_bytes = o->events_bytes ? o->events_bytes : 16 << 20;
	o->stream_backlog = o->stream_backlog ? o->stream_backlog : 256 << 10;
}

void api_http_set_up(struct api *api, struct evhttp *http,
	struct bufferevent *(*begin)(struct event_base *base, void *arg), void *arg)
{
	evhttp_set_bevcb(http, begin, arg);
	evhttp_set_gencb(http, api_request_begin, api);
	/* Deadlines are api_connection's; this is for who takes nothing at all of an answer. */
	evhttp_set_timeout(http, (int)(2 * api->options.timeout_s));
	evhttp_set_max_headers_size(http, 2 * HTTP_FRAME_HEAD_MAX);
	/* What is larger the guard has refused before. */
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
	if (!api->http || api_events_init(api) || api_lists_init(api)) {
		api_free(api);
		return NULL;
	}
	api_http_set_up(api, api->http, api_connection_begin, api);
	api_routes_in_views(api, api_own_routes, api_own_route_count, api);
	return api;
}

void api_free(struct api *api)
{
	if (!api)
		return;
	api_events_fini(api);
	api_lists_fini(api);
	api_requests_drop(api);
	api_tls_fini(api);
	if (api->http)
		evhttp_free(api->http);
	api_idempotency_fini(api);
	api_connections_ended(api);
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

void api_set_views(struct api *api, const struct api_views *views)
{
	api->views = *views;
}

void api_routes_in_views(struct api *api, const struct api_route *table, size_t count, void *arg)
{
	api_routes(api, table, count, arg);
	api->routes[api->route_tables - 1].in_views = true;
}

void api_ready_check(struct api *api, const char *(*check)(void *arg), void *arg)
{
	if (api->check_count == API_CHECKS_MAX)
		abort();
	api->checks[api->check_count].check = check;
	api->checks[api->check_count++].arg = arg;
}
