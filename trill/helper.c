/* See helper.h. */
#include "trill/helper.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/net/packet.h"
#include "lib/service/privilege.h"
#include "trill/codec/trill.h"
#include "trill/config.h"
#include "trill/port_filter.h"

enum helper_request {
	HELPER_ATTACH = 1,
	HELPER_DETACH,
	HELPER_PACKET_SOCKET,
	HELPER_RELEASE,
};

struct trill_helper {
	struct privsep *privsep;
	struct trill_load *load; /* the helper's side */
	struct log *log;
	char *path; /* of the configuration */
	char ports[RBRIDGE_PORTS_MAX][IFNAMSIZ];
	unsigned int port_count;
};

static int ifindex_of(const uint8_t *request)
{
	int ifindex;

	memcpy(&ifindex, request, sizeof(ifindex));
	return ifindex;
}

static void take_ports(struct trill_helper *h, const struct config *file)
{
	const struct config_section *s = config_section(config_root(file), "port");

	for (h->port_count = 0; s && h->port_count < RBRIDGE_PORTS_MAX; s = config_section_next(s))
		snprintf(h->ports[h->port_count++], IFNAMSIZ, "%s", config_title(s));
}

static bool is_port(const struct trill_helper *h, int ifindex)
{
	char name[IFNAMSIZ];

	if (!if_indextoname((unsigned int)ifindex, name))
		return false;
	for (unsigned int i = 0; i < h->port_count; i++)
		if (!strcmp(h->ports[i], name))
			return true;
	return false;
}

/* With a mistake in it the daemon keeps the old one, too. */
static void read_again(struct trill_helper *h)
{
	struct config_mistakes *m = config_mistakes_new();
	struct config *file =
		m ? config_read_file(trill_config_schema, h->path, trill_config_check, m) : NULL;

	if (file)
		take_ports(h, file);
	config_free(file);
	config_mistakes_free(m);
}

/* 0 or -EACCES. It does not take the daemon's word for it. */
static int may(struct trill_helper *h, int ifindex)
{
	if (is_port(h, ifindex))
		return 0;
	read_again(h);
	if (is_port(h, ifindex))
		return 0;
	log_error(h->log, "interface %d: no port of %s; refused", ifindex, h->path);
	return -EACCES;
}

static int handle_attach(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	struct trill_helper *h = arg;
	char *why = (char *)reply;
	int rc = may(h, ifindex_of(request));

	if (rc)
		return rc;
	rc = trill_load_attach(h->load, ifindex_of(request), why, TRILL_WHY_MAX);
	if (rc)
		*reply_len = strlen(why) + 1;
	return rc;
}

static int handle_detach(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	struct trill_helper *h = arg;

	return trill_load_detach(h->load, ifindex_of(request));
}

static int handle_packet_socket(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	int ifindex = ifindex_of(request), rc = may(arg, ifindex);

	if (rc)
		return rc;
	*fd = packet_open(ifindex, &trill_port_filter);
	if (*fd < 0)
		return *fd;
	rc = packet_room(*fd, trill_port_room);
	if (!rc)
		rc = packet_keep_tags(*fd);
	if (!rc)
		rc = packet_promiscuous(*fd, ifindex);
	if (rc) {
		close(*fd);
		*fd = -1;
	}
	return rc;
}

static int handle_release(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	struct trill_helper *h = arg;

	trill_load_free(h->load);
	h->load = NULL;
	return 0;
}

static const struct privsep_handler handlers[] = {
	{HELPER_ATTACH, "attach", sizeof(int), sizeof(int), handle_attach},
	{HELPER_DETACH, "detach", sizeof(int), sizeof(int), handle_detach},
	{HELPER_PACKET_SOCKET, "packet-socket", sizeof(int), sizeof(int), handle_packet_socket},
	{HELPER_RELEASE, "release", 0, 0, handle_release},
};

struct trill_helper *trill_helper_start(
	struct trill_load *load, const struct config *file, struct log *log)
{
	struct trill_helper *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->load = load;
	h->log = log;
	h->path = strdup(config_name(file));
	take_ports(h, file);
	if (h->path)
		h->privsep =
			privsep_start(handlers, sizeof(handlers) / sizeof(handlers[0]), h, log);
	if (h->privsep)
		return h;
	free(h->path);
	free(h);
	return NULL;
}

void trill_helper_stop(struct trill_helper *h)
{
	if (!h)
		return;
	privsep_call(h->privsep, HELPER_RELEASE, NULL, 0, NULL, NULL, NULL);
	privsep_stop(h->privsep);
	free(h->path);
	free(h);
}

int trill_helper_attach(struct trill_helper *h, int ifindex, char why[TRILL_WHY_MAX])
{
	size_t len = TRILL_WHY_MAX;
	int rc =
		privsep_call(h->privsep, HELPER_ATTACH, &ifindex, sizeof(ifindex), why, &len, NULL);

	if (rc && (len == TRILL_WHY_MAX || !len))
		snprintf(why, TRILL_WHY_MAX, "%s", strerror(-rc));
	return rc;
}

int trill_helper_detach(struct trill_helper *h, int ifindex)
{
	return privsep_call(h->privsep, HELPER_DETACH, &ifindex, sizeof(ifindex), NULL, NULL, NULL);
}

int trill_helper_packet_socket(struct trill_helper *h, int ifindex)
{
	int fd = -1, rc;

	rc = privsep_call(
		h->privsep, HELPER_PACKET_SOCKET, &ifindex, sizeof(ifindex), NULL, NULL, &fd);
	return rc ? rc : fd;
}
