/* See api_tls.h. Certificates are read anew at each api_tls_set(); a connection's rights are looked
 * up at each request, so that who is struck off the list is refused at once. What goes on without
 * requests, an event stream, and whether the authority still stands for a client are looked at when
 * list and authority change. */
#include "lib/service/api_tls.h"

#include <errno.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/service/api_internal.h"

struct api_tls {
	struct api *api;
	struct evhttp *http;
	SSL_CTX *ctx;
	struct endpoint listen;
	unsigned int connections;
	unsigned int client_count;
	struct api_tls_client clients[API_TLS_CLIENTS_MAX];
};

/* ---- certificates ---- */

static bool openssl_fails(const char *path, char *why, size_t size)
{
	unsigned long e = ERR_peek_error();
	const char *text =
		ERR_SYSTEM_ERROR(e) ? strerror(ERR_GET_REASON(e)) : ERR_reason_error_string(e);

	snprintf(why, size, "%s: %s", path, text ? text : "not a PEM file as it must be");
	ERR_clear_error();
	return false;
}

static bool load(
	SSL_CTX *ctx, const struct api_tls_options *o, const char **what, char *why, size_t size)
{
	STACK_OF(X509_NAME) * names;

	ERR_clear_error();
	*what = "certificate";
	if (SSL_CTX_use_certificate_chain_file(ctx, o->certificate) != 1)
		return openssl_fails(o->certificate, why, size);
	*what = "key";
	if (SSL_CTX_use_PrivateKey_file(ctx, o->key, SSL_FILETYPE_PEM) != 1 ||
		SSL_CTX_check_private_key(ctx) != 1)
		return openssl_fails(o->key, why, size);
	*what = "client-ca";
	names = SSL_load_client_CA_file(o->client_ca);
	if (!names || SSL_CTX_load_verify_file(ctx, o->client_ca) != 1) {
		sk_X509_NAME_pop_free(names, X509_NAME_free);
		return openssl_fails(o->client_ca, why, size);
	}
	SSL_CTX_set_client_CA_list(ctx, names);
	return true;
}

/* A key with a passphrase would ask at the terminal. */
static int no_passphrase(char *buf, int size, int rwflag, void *arg)
{
	return -1;
}

/* Every connection shows its certificate anew: no tickets, no session cache. */
static SSL_CTX *context(const struct api_tls_options *o, const char **what, char *why, size_t size)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	*what = "certificate";
	snprintf(why, size, "no memory");
	if (!ctx)
		return NULL;
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20");
	SSL_CTX_set_options(
		ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	if (load(ctx, o, what, why, size))
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

bool api_tls_check(
	const struct api_tls_options *options, const char **what, char *why, size_t why_size)
{
	SSL_CTX *ctx = context(options, what, why, why_size);

	SSL_CTX_free(ctx);
	return ctx;
}

/* ---- connections ---- */

static struct bufferevent *begin(struct event_base *base, void *arg)
{
	struct api_tls *tls = arg;
	SSL *ssl = SSL_new(tls->ctx);
	struct bufferevent *bev =
		ssl ? bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING, 0)
		    : NULL;

	if (bev)
		bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
	return api_connection_new(tls->api, bev, ssl, &tls->connections);
}

/* NULL: the unix socket. */
static SSL *ssl_of(struct evhttp_connection *connection)
{
	return bufferevent_openssl_get_ssl(evhttp_connection_get_bufferevent(connection));
}

void api_tls_name(const SSL *ssl, char *name, size_t size)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);

	strlcpy(name, "?", size);
	if (cert)
		X509_NAME_get_text_by_NID(
			X509_get_subject_name(cert), NID_commonName, name, (int)size);
	for (char *c = name; *c; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			*c = '?';
}

static void call_it(struct api_request *req, const char *name)
{
	char *address;
	ev_uint16_t port;

	evhttp_connection_get_peer(req->connection, &address, &port);
	snprintf(req->peer, sizeof(req->peer), "%s at %.46s", name, address);
	snprintf(req->who, sizeof(req->who), "tls %s", name);
}

bool api_tls_peer(struct api_request *req)
{
	SSL *ssl = ssl_of(req->connection);
	char name[80];

	if (!ssl)
		return false;
	api_tls_name(ssl, name, sizeof(name));
	call_it(req, name);
	return true;
}

static bool is_named(X509 *cert, const char *name)
{
	return X509_check_host(cert, name, 0,
		       X509_CHECK_FLAG_ALWAYS_CHECK_SUBJECT | X509_CHECK_FLAG_NO_WILDCARDS,
		       NULL) == 1;
}

/* The first of the list under whose name the client may do that. NULL: none; then *@known is the
 * one under whose name it may not, or NULL. */
static const struct api_tls_client *allowed_as(
	const struct api_tls *tls, const SSL *ssl, bool write, const struct api_tls_client **known)
{
	X509 *cert = SSL_get0_peer_certificate(ssl);

	*known = NULL;
	for (unsigned int i = 0; cert && tls && i < tls->client_count; i++) {
		if (!is_named(cert, tls->clients[i].name))
			continue;
		if (tls->clients[i].write || !write)
			return &tls->clients[i];
		*known = &tls->clients[i];
	}
	return NULL;
}

/* What is logged and remembered of the client goes by the name that gave it the right: a common
 * name beside it may be another client's. */
bool api_tls_allows(struct api_request *req)
{
	SSL *ssl = ssl_of(req->connection);
	const struct api_tls_client *as, *known;

	if (!ssl)
		return true;
	as = allowed_as(req->api->tls, ssl, strcmp(req->method, "GET") != 0, &known);
	if (as || known)
		call_it(req, as ? as->name : known->name);
	if (as) {
		memcpy(req->view, as->view, sizeof(req->view));
		return true;
	}
	api_count(req->api, API_TLS_FORBIDDEN);
	if (known)
		api_problem(req, 403, "%s may read, and not %s", req->who + 4, req->method);
	else
		api_problem(req, 403, "%s is not among the clients that may ask", req->who + 4);
	return false;
}

/* ---- listening ---- */

static int open_port(const struct endpoint *at)
{
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(at, &ss);
	int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), yes = 1;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&ss, len) == 0 && listen(fd, 64) == 0)
		return fd;
	yes = -errno;
	close(fd);
	return yes;
}

static int start(struct api *api, const struct endpoint *at)
{
	struct api_tls *tls = calloc(1, sizeof(*tls));
	int fd = open_port(at);

	if (tls)
		tls->http = evhttp_new(api->base);
	if (fd < 0 || !tls || !tls->http || !evhttp_accept_socket_with_handle(tls->http, fd)) {
		if (fd >= 0)
			close(fd);
		if (tls && tls->http)
			evhttp_free(tls->http);
		free(tls);
		return fd < 0 ? fd : -ENOMEM;
	}
	tls->api = api;
	tls->listen = *at;
	api_http_set_up(api, tls->http, begin, tls);
	api->tls = tls;
	return 0;
}

/* What clients asked for goes with their connections. */
static void let_go(struct api *api)
{
	struct api_request *req;
	struct api_stream *s;

	LIST_FOREACH (req, &api->requests, link) {
		if (!req->connection || !ssl_of(req->connection))
			continue;
		evhttp_connection_set_closecb(req->connection, NULL, NULL);
		req->http = NULL;
		req->connection = NULL;
	}
	LIST_FOREACH (s, &api->streams, link)
		if (ssl_of(s->connection))
			s->http = NULL;
}

void api_tls_fini(struct api *api)
{
	struct api_tls *tls = api->tls;

	if (!tls)
		return;
	api->tls = NULL;
	let_go(api);
	evhttp_free(tls->http);
	api_connections_release(api, &tls->connections);
	SSL_CTX_free(tls->ctx);
	free(tls);
}

/* ---- what a change of list and authority ends ---- */

/* By the authority of now, as at the handshake. */
static bool is_trusted(const struct api_tls *tls, const SSL *ssl)
{
	X509_STORE_CTX *v = X509_STORE_CTX_new();
	bool trusted = v &&
		       X509_STORE_CTX_init(v, SSL_CTX_get_cert_store(tls->ctx),
			       SSL_get0_peer_certificate(ssl), SSL_get_peer_cert_chain(ssl)) == 1 &&
		       X509_STORE_CTX_set_default(v, "ssl_client") == 1 && X509_verify_cert(v) == 1;

	X509_STORE_CTX_free(v);
	ERR_clear_error();
	return trusted;
}

/* A handshake that goes on goes by the new authority, too. */
static void judge_connections(struct api_tls *tls)
{
	struct api_connection *c;

	LIST_FOREACH (c, &tls->api->connections, link) {
		if (c->among != &tls->connections)
			continue;
		if (!SSL_is_init_finished(c->ssl))
			SSL_set1_verify_cert_store(c->ssl, SSL_CTX_get_cert_store(tls->ctx));
		if (SSL_get0_peer_certificate(c->ssl) && !is_trusted(tls, c->ssl))
			api_connection_forbid(c, "its authority is none of client-ca any more");
	}
}

static void judge_streams(struct api_tls *tls)
{
	const struct api_tls_client *as, *known;
	struct api_stream *s;

	LIST_FOREACH (s, &tls->api->streams, link) {
		SSL *ssl = ssl_of(s->connection);
		struct api_connection *c =
			ssl ? api_connection_find(tls->api, s->connection) : NULL;

		if (!c)
			continue;
		as = allowed_as(tls, ssl, false, &known);
		if (!as || strcmp(as->view, s->view) != 0)
			api_connection_forbid(c, "it may not read these events any more");
	}
}

static void take(struct api_tls *tls, const struct api_tls_options *o, SSL_CTX *ctx)
{
	SSL_CTX_free(tls->ctx);
	tls->ctx = ctx;
	tls->client_count = o->client_count;
	memcpy(tls->clients, o->clients, sizeof(tls->clients));
	judge_connections(tls);
	judge_streams(tls);
}

int api_tls_set(struct api *api, const struct api_tls_options *o)
{
	char why[256], at[ENDPOINT_TEXT];
	const char *what;
	SSL_CTX *ctx;
	int err = 0;

	if (!o) {
		api_tls_fini(api);
		return 0;
	}
	endpoint_format(&o->listen, at, sizeof(at));
	ctx = context(o, &what, why, sizeof(why));
	if (!ctx) {
		log_error(api->log, "api-tls %s: %s: %s", at, what, why);
		return -EINVAL;
	}
	if (api->tls && (api->tls->listen.port != o->listen.port ||
				!address_equal(&api->tls->listen.addr, &o->listen.addr)))
		api_tls_fini(api);
	if (!api->tls)
		err = start(api, &o->listen);
	if (err) {
		log_error(api->log, "api-tls %s: %s", at, strerror(-err));
		SSL_CTX_free(ctx);
		return err;
	}
	take(api->tls, o, ctx);
	return 0;
}
