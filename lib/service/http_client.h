/* http_client: asks a daemon of ours over HTTP on its unix socket, one question at a time, without
 * waiting for the answer.
 *
 * A connection for each question. It knows libevent, sockets and http_answer; what paths and bodies
 * mean is the caller's business. The other end is not trusted: an answer that is late, wrong or too
 * long ends the question, and takes no more memory than what is read at once. */
#ifndef SUNWARD_LIB_SERVICE_HTTP_CLIENT_H
#define SUNWARD_LIB_SERVICE_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct http_client;

#define HTTP_CLIENT_PATH_MAX 256 /* bytes of a path with its query */
#define HTTP_CLIENT_BODY_MAX 8192

struct http_client_ops {
	/* Part of the body of an answer with @status. False: no more of it is wanted. May be NULL.
	 * The client must not be called from it. */
	bool (*body)(void *arg, int status, const char *bytes, size_t len);
	/* The question is over; the next may be asked from within. @wrong NULL: the answer came
	 * whole, with @status. Else what went wrong, in words, valid during the call. */
	void (*done)(void *arg, int status, const char *wrong);
	void *arg;
};

/* All are borrowed during the call. */
struct http_question {
	const char *method, *path;
	const char *body;          /* JSON; NULL: none */
	const char *accept;        /* NULL: application/json */
	const char *last_event_id; /* NULL or empty: none */
	uint32_t silence_ms;       /* without a byte of the answer it is over; 0: never */
	uint32_t most_ms;          /* the whole answer may take so long; 0: for ever */
};

/* @socket: a path, copied. Nothing is connected yet. NULL: no memory, or the path is too long for a
 * socket's. */
struct http_client *http_client_new(
	struct event_base *base, const char *socket, const struct http_client_ops *ops);
/* What is asked is given up, without a word. Not from within a callback. */
void http_client_free(struct http_client *c);
/* Ask; done() is called in any case, and never within this call. False: something is asked already,
 * or path or body are too long: done() is not called. */
bool http_client_ask(struct http_client *c, const struct http_question *q);
bool http_client_busy(const struct http_client *c);

#endif
