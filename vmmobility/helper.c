/* See helper.h. */
#include "vmmobility/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/net/link_kind.h"
#include "lib/net/link_queue.h"
#include "lib/net/packet.h"
#include "lib/service/privilege.h"

#define SPARES 2 /* programs that are loaded before a guest leaves */

enum helper_request {
	HELPER_ATTACH = 1,
	HELPER_MAP,
	HELPER_DETACH,
	HELPER_SPARE,
	HELPER_LISTEN,
	HELPER_LENGTHEN,
};

struct attached {
	int ifindex;
	struct tail_load *load; /* NULL: free */
};

struct helper {
	struct privsep *privsep;
	struct log *log;
	struct attached taps[HELPER_TAPS_MAX]; /* the helper's side, as what follows */
	struct tail_load *spares[SPARES];
};

struct map_request {
	int ifindex;
	enum tail_map which;
};

struct length_request {
	int ifindex, packets;
};

/* ---- in the helper ---- */

static struct attached *find(struct helper *h, int ifindex)
{
	for (unsigned int i = 0; i < HELPER_TAPS_MAX; i++)
		if (h->taps[i].load && h->taps[i].ifindex == ifindex)
			return &h->taps[i];
	return NULL;
}

static void detach(struct attached *a)
{
	if (!a)
		return;
	tail_load_free(a->load);
	a->load = NULL;
}

static struct attached *vacant(struct helper *h)
{
	for (unsigned int i = 0; i < HELPER_TAPS_MAX; i++)
		if (!h->taps[i].load)
			return &h->taps[i];
	return NULL;
}

/* What fails here will be said when it is needed. */
static void fill_spares(struct helper *h)
{
	char why[256];

	for (unsigned int i = 0; i < SPARES; i++)
		if (!h->spares[i])
			h->spares[i] = tail_load_new(why, sizeof(why));
}

static struct tail_load *take_spare(struct helper *h, char *why, size_t size)
{
	struct tail_load *load;

	for (unsigned int i = 0; i < SPARES; i++) {
		load = h->spares[i];
		h->spares[i] = NULL;
		if (load)
			return load;
	}
	return tail_load_new(why, size);
}

/* What a guest can be behind: nothing else is attached to, nor its queue touched. Who takes over
 * the agent's process would read the uplink, or another's bridge. */
static int check_kind(struct helper *h, int ifindex)
{
	static const char *const kinds[] = {"tun", "macvlan", "veth"};
	char kind[LINK_KIND_TEXT];
	int rc = link_kind(ifindex, kind);

	if (rc == -ENODEV)
		return rc;
	for (size_t i = 0; !rc && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kind, kinds[i]))
			return 0;
	log_warning(h->log,
		"interface %d: its driver is \"%s\": not a guest's; taps (tun), macvtaps (macvlan) and veths are attached to only",
		ifindex, rc ? strerror(-rc) : kind);
	return -EMEDIUMTYPE;
}

static int handle_attach(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	struct helper *h = arg;
	struct attached *a;
	char why[256] = "";
	uint64_t taken;
	int ifindex, rc;

	memcpy(&ifindex, request, sizeof(ifindex));
	rc = check_kind(h, ifindex);
	if (rc)
		return rc;
	detach(find(h, ifindex));
	a = vacant(h);
	if (!a)
		return -ENOSPC;
	a->load = take_spare(h, why, sizeof(why));
	rc = a->load ? tail_load_attach(a->load, ifindex, why, sizeof(why)) : -errno;
	if (rc) {
		detach(a);
		if (rc != -EPERM)
			log_warning(h->log, "tap %d: %s", ifindex, why);
		return rc;
	}
	a->ifindex = ifindex;
	taken = tail_load_taken(a->load);
	memcpy(reply, &taken, sizeof(taken));
	*reply_len = sizeof(taken);
	return 0;
}

static int handle_map(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	struct map_request m;
	struct attached *a;

	memcpy(&m, request, sizeof(m));
	a = find(arg, m.ifindex);
	if (!a || m.which >= TAIL_MAPS)
		return -EINVAL;
	*fd = fcntl(tail_load_map(a->load, m.which), F_DUPFD_CLOEXEC, 0);
	return *fd < 0 ? -errno : 0;
}

static int handle_detach(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	int ifindex;

	memcpy(&ifindex, request, sizeof(ifindex));
	detach(find(arg, ifindex));
	fill_spares(arg);
	return 0;
}

static int handle_spare(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	fill_spares(arg);
	return 0;
}

static int handle_listen(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	int ifindex;

	memcpy(&ifindex, request, sizeof(ifindex));
	if (ifindex <= 0)
		return -EINVAL; /* or it would hear all of them */
	*fd = packet_open(ifindex, &packet_filter_arp_nd);
	return *fd < 0 ? *fd : 0;
}

static int handle_lengthen(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	struct helper *h = arg;
	struct length_request l;
	int rc;

	memcpy(&l, request, sizeof(l));
	rc = check_kind(h, l.ifindex);
	if (rc)
		return rc;
	rc = link_queue_lengthen(l.ifindex, l.packets);
	if (rc && rc != -EPERM && rc != -ENODEV)
		log_warning(h->log, "tap %d: a queue of %d packets: %s", l.ifindex, l.packets,
			strerror(-rc));
	return rc;
}

static const struct privsep_handler handlers[] = {
	{HELPER_ATTACH, "attach", sizeof(int), sizeof(int), handle_attach},
	{HELPER_MAP, "map", sizeof(struct map_request), sizeof(struct map_request), handle_map},
	{HELPER_DETACH, "detach", sizeof(int), sizeof(int), handle_detach},
	{HELPER_SPARE, "spare", 0, 0, handle_spare},
	{HELPER_LISTEN, "listen", sizeof(int), sizeof(int), handle_listen},
	{HELPER_LENGTHEN, "lengthen", sizeof(struct length_request), sizeof(struct length_request),
		handle_lengthen},
};

/* ---- in the agent ---- */

struct helper *helper_start(struct log *log)
{
	struct helper *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->log = log;
	h->privsep = privsep_start(handlers, sizeof(handlers) / sizeof(handlers[0]), h, log);
	if (h->privsep && !privsep_tell(h->privsep, HELPER_SPARE, NULL, 0))
		return h;
	privsep_stop(h->privsep);
	free(h);
	return NULL;
}

/* A program whose last descriptor is closed leaves its tap by itself; a clsact filter stays until
 * the next attachment, and does no harm. */
void helper_stop(struct helper *h)
{
	if (!h)
		return;
	privsep_stop(h->privsep);
	free(h);
}

int helper_attach(struct helper *h, int ifindex, int maps[TAIL_MAPS], uint64_t *taken)
{
	size_t len = sizeof(*taken);
	int rc = privsep_call(
		h->privsep, HELPER_ATTACH, &ifindex, sizeof(ifindex), taken, &len, NULL);

	if (rc)
		return rc;
	for (unsigned int i = 0; i < TAIL_MAPS; i++) {
		const struct map_request m = {ifindex, i};

		maps[i] = -1;
		rc = privsep_call(h->privsep, HELPER_MAP, &m, sizeof(m), NULL, NULL, &maps[i]);
		if (!rc)
			continue;
		while (i--)
			close(maps[i]);
		helper_detach(h, ifindex);
		return rc;
	}
	return 0;
}

void helper_detach(struct helper *h, int ifindex)
{
	privsep_tell(h->privsep, HELPER_DETACH, &ifindex, sizeof(ifindex));
}

int helper_listen(struct helper *h, int ifindex)
{
	int fd = -1, rc;

	rc = privsep_call(h->privsep, HELPER_LISTEN, &ifindex, sizeof(ifindex), NULL, NULL, &fd);
	return rc ? rc : fd;
}

void helper_lengthen(struct helper *h, int ifindex, int packets)
{
	const struct length_request l = {ifindex, packets};

	privsep_tell(h->privsep, HELPER_LENGTHEN, &l, sizeof(l));
}
