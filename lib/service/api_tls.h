/* api_tls: the same interface over TCP with mutual TLS, for clients on other machines.
 *
 * A client must show a certificate of the given authority, and its name (its common name, or a DNS
 * name among the alternative names) must be allowed to read, or to write. TLS 1.2 at least. Knows
 * OpenSSL and sockets; what the paths mean is not its business. */
#ifndef SUNWARD_LIB_SERVICE_API_TLS_H
#define SUNWARD_LIB_SERVICE_API_TLS_H

#include "lib/service/api.h"

#define API_TLS_CLIENTS_MAX 64
#define API_TLS_NAME_MAX    64 /* bytes */

struct api_tls_client {
	char name[API_TLS_NAME_MAX + 1];
	bool write;                  /* else only GET */
	char view[API_VIEW_MAX + 1]; /* "": all */
};

struct api_tls_options {
	struct endpoint listen;
	/* PEM files: ours with its chain, its key without a passphrase, and whose clients'
	 * certificates are taken. Borrowed for the call. */
	const char *certificate, *key, *client_ca;
	unsigned int client_count;
	struct api_tls_client clients[API_TLS_CLIENTS_MAX];
};

/* The files can be read and fit together. False, and @why says which is not right, and *@what names
 * the option. */
bool api_tls_check(
	const struct api_tls_options *options, const char **what, char *why, size_t why_size);
/* Listen, or go on with what @options say now: a connection ends whose client's certificate is none
 * of the authority's of now, and an event stream whose reader is not allowed any more, or to see
 * something else; what else a name is not allowed any more, is refused at the next request. NULL:
 * stop, and end them. Returns 0 or -errno, logged; then all stays as it was. */
int api_tls_set(struct api *api, const struct api_tls_options *options);

#endif
