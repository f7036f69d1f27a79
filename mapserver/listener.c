/* See listener.h. */
#include "mapserver/listener.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/net/udp_steer.h"
#include "lisp/lisp.h"

/* Registrations, their acknowledgements, Info-Requests and the move messages: what one xTR sends
 * must stay in order, and no flood of requests may starve it. */
#define CONTROL_TYPES                                                                              \
	(1u << LISP_MAP_REGISTER | 1u << LISP_MAP_NOTIFY_ACK | 1u << LISP_INFO |                   \
		1u << LISP_EXTENSION)

static int open_all(struct listener *l, struct udp_socket *list, char *why, size_t why_size)
{
	const struct udp_options options = {.reuseport = true, .need_checksum = true};

	for (unsigned int i = 0; i < l->workers; i++) {
		int err = udp_open(&list[i], &l->at, &options, why, why_size);

		if (err)
			return err;
		udp_local(&list[i], &l->at); /* port 0: the others share what the first got */
	}
	return 0;
}

int listener_open(struct listener *l, const struct endpoint *at, unsigned int workers,
	struct random *random, char *why, size_t why_size)
{
	struct udp_steer steer = {.control_nibbles = CONTROL_TYPES,
		.workers = (uint16_t)workers,
		.secret = random_u32(random)};
	int err = -ENOMEM;

	*l = (struct listener){.at = *at, .workers = workers};
	l->control = calloc(workers, sizeof(l->control[0]));
	l->query = calloc(workers, sizeof(l->query[0]));
	for (unsigned int i = 0; l->control && l->query && i < workers; i++)
		l->control[i].fd = l->query[i].fd = -1;
	if (!l->control || !l->query) {
		snprintf(why, why_size, "no memory for sockets");
		goto fail;
	}
	err = open_all(l, l->control, why, why_size);
	if (!err)
		err = open_all(l, l->query, why, why_size);
	if (err)
		goto fail;
	err = udp_steer_attach(l->control[0].fd, &steer);
	if (!err)
		return 0;
	snprintf(why, why_size, "cannot steer datagrams to the workers: %s", strerror(-err));
fail:
	listener_close(l);
	return err;
}

void listener_close(struct listener *l)
{
	for (unsigned int i = 0; i < l->workers; i++) {
		if (l->control)
			udp_close(&l->control[i]);
		if (l->query)
			udp_close(&l->query[i]);
	}
	free(l->control);
	free(l->query);
	l->control = NULL;
	l->query = NULL;
	l->workers = 0;
}

void listener_send_pair(const struct listener *all, unsigned int count, const struct listener *l,
	const struct udp_socket **ipv4, const struct udp_socket **ipv6)
{
	*ipv4 = NULL;
	*ipv6 = NULL;
	for (unsigned int i = 0; i < count; i++) {
		const struct udp_socket **of = all[i].at.addr.afi == AFI_IPV4 ? ipv4 : ipv6;

		if (!*of || &all[i] == l)
			*of = &all[i].control[0];
	}
}
