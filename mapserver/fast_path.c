/* See fast_path.h. */
#include "mapserver/fast_path.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/service/metrics.h"
#include "lib/service/privilege.h"
#include "mapserver/fast_load.h"

struct fast_path {
	struct log *log;
	struct fast_load *load; /* the helper's, once it runs */
	struct privsep *privsep;
	int fds[FAST_FDS];
	struct fast_memory memory;
	struct fast_table *table;
	struct fast_path_config at; /* where it is attached */
};

/* ---- in the helper ---- */

enum fast_request { FAST_ATTACH = 1, FAST_DETACH };

/* @request is an interface's name with its NUL. */
static bool name_of(const uint8_t *request, size_t len, char name[IF_NAMESIZE])
{
	if (!len || len > IF_NAMESIZE || request[len - 1])
		return false;
	memcpy(name, request, len);
	return true;
}

static int handle_attach(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	struct fast_path *p = arg;
	char name[IF_NAMESIZE], why[256] = "";
	int err;

	(void)reply;
	(void)reply_len;
	(void)fd;
	if (!name_of(request, len, name))
		return -EINVAL;
	err = fast_load_attach(p->load, name, why, sizeof(why));
	if (err)
		log_error(p->log, "fast-path: %s", why);
	return err;
}

static int handle_detach(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	struct fast_path *p = arg;
	char name[IF_NAMESIZE];

	(void)reply;
	(void)reply_len;
	(void)fd;
	if (!name_of(request, len, name))
		return -EINVAL;
	fast_load_detach(p->load, name);
	return 0;
}

static const struct privsep_handler handlers[] = {
	{FAST_ATTACH, "attach", 2, IF_NAMESIZE, handle_attach},
	{FAST_DETACH, "detach", 2, IF_NAMESIZE, handle_detach},
};

/* ---- start and end ---- */

struct fast_path *fast_path_start(
	const struct fast_path_config *c, struct random *random, struct log *log)
{
	struct fast_path *p = calloc(1, sizeof(*p));
	char why[256] = "out of memory";
	uint8_t secret[16];

	if (p) {
		p->log = log;
		p->load = fast_load_new(c->entries, c->locator_sets, why, sizeof(why));
	}
	if (!p || !p->load) {
		log_error(log, "fast-path: %s", why);
		free(p);
		return NULL;
	}
	fast_load_fds(p->load, p->fds);
	random_bytes(random, secret, sizeof(secret));
	if (!fast_load_map(p->fds, &p->memory))
		p->table = fast_table_new(&p->memory, secret);
	if (p->table)
		p->privsep =
			privsep_start(handlers, sizeof(handlers) / sizeof(handlers[0]), p, log);
	if (p->privsep)
		return p;
	log_error(log, "fast-path: its tables: %s", strerror(errno));
	fast_path_stop(p);
	return NULL;
}

void fast_path_stop(struct fast_path *p)
{
	if (!p)
		return;
	privsep_stop(p->privsep); /* what it attached is detached with it */
	fast_table_free(p->table);
	fast_load_unmap(&p->memory);
	fast_load_free(p->load);
	free(p);
}

struct registry_mirror fast_path_mirror(struct fast_path *p)
{
	return fast_table_mirror(p->table);
}

void fast_path_switch(struct fast_path *p, bool on)
{
	fast_table_switch(p->table, on);
}

/* ---- addresses ---- */

/* Each address of this machine, and each that is everybody's on one of its links: @port 0, or a
 * port that is listened on there. */
static int own_each(struct fast_path *p, uint16_t afi, uint16_t port)
{
	struct ifaddrs *list = NULL;
	struct endpoint e;
	int err = 0;

	if (getifaddrs(&list) < 0)
		return -errno;
	for (struct ifaddrs *i = list; i && !err; i = i->ifa_next) {
		if (i->ifa_addr && endpoint_from_sockaddr(&e, i->ifa_addr) &&
			(!port || e.addr.afi == afi))
			err = fast_load_own(p->fds, &e.addr, port);
		if (!err && !port && i->ifa_flags & IFF_BROADCAST && i->ifa_broadaddr &&
			endpoint_from_sockaddr(&e, i->ifa_broadaddr))
			err = fast_load_own(p->fds, &e.addr, 0);
	}
	freeifaddrs(list);
	return err;
}

int fast_path_listen(struct fast_path *p, const struct endpoint *at)
{
	int err = own_each(p, 0, 0);

	if (!err && address_is_unspecified(&at->addr))
		err = own_each(p, at->addr.afi, at->port);
	else if (!err)
		err = fast_load_own(p->fds, &at->addr, at->port);
	if (err)
		log_error(p->log, "fast-path: addresses of our own: %s", strerror(-err));
	return err;
}

/* ---- interfaces ---- */

static bool holds(const struct fast_path_config *c, const char *interface)
{
	for (unsigned int i = 0; i < c->interface_count; i++)
		if (!strcmp(c->interfaces[i], interface))
			return true;
	return false;
}

static int call(struct fast_path *p, enum fast_request request, const char *interface)
{
	return privsep_call(
		p->privsep, request, interface, strlen(interface) + 1, NULL, NULL, NULL);
}

int fast_path_attach(struct fast_path *p, const struct fast_path_config *c)
{
	struct fast_path_config at = {.interface_count = 0};
	int err = 0;

	for (unsigned int i = 0; i < p->at.interface_count; i++)
		if (!holds(c, p->at.interfaces[i]))
			call(p, FAST_DETACH, p->at.interfaces[i]);
	for (unsigned int i = 0; i < c->interface_count; i++) {
		int one = call(p, FAST_ATTACH, c->interfaces[i]);

		if (one && !err)
			err = one;
		if (!one)
			memcpy(at.interfaces[at.interface_count++], c->interfaces[i], IF_NAMESIZE);
	}
	p->at = at;
	return err;
}

/* ---- what is counted ---- */

enum {
	ROW_VERDICT,
	ROW_ENTRIES = ROW_VERDICT + FAST_CNT_COUNT,
	ROW_LOCATOR_SETS,
	ROW_NO_ROOM,
	ROW_NO_LOCATOR_ROOM,
	ROWS,
};

#define VERDICT(id, text)                                                                             \
	[ROW_VERDICT + FAST_CNT_##id] = {"sunward_mapserver_fast_path_total",                         \
		"Encapsulated Map-Requests that the kernel's program saw, by what it did: answered, " \
		"or why it left them to the sockets.",                                                \
		"verdict", text, METRIC_COUNTER},
#define LEFT_OUT(row, text)                                                                        \
	[row] = {"sunward_mapserver_fast_path_left_out_total",                                     \
		"Changes of host EIDs that its tables had no room for.", "reason", text,           \
		METRIC_COUNTER}

static const struct metric rows[ROWS] = {
	FAST_COUNTERS(VERDICT)[ROW_ENTRIES] = {"sunward_mapserver_fast_path_entries",
		"Host EIDs that the kernel's program can answer for.", NULL, NULL, METRIC_GAUGE},
	[ROW_LOCATOR_SETS] = {"sunward_mapserver_fast_path_locator_sets",
		"Different answers that it holds.", NULL, NULL, METRIC_GAUGE},
	LEFT_OUT(ROW_NO_ROOM, "entries"),
	LEFT_OUT(ROW_NO_LOCATOR_ROOM, "locator-sets"),
};

static void read_rows(void *arg, uint64_t *values)
{
	struct fast_path *p = arg;
	struct fast_table_counts c = fast_table_counts(p->table);
	uint64_t verdicts[FAST_CNT_COUNT];

	if (!fast_load_counts(p->fds, verdicts))
		memcpy(values + ROW_VERDICT, verdicts, sizeof(verdicts));
	values[ROW_ENTRIES] = c.entries;
	values[ROW_LOCATOR_SETS] = c.answers;
	values[ROW_NO_ROOM] = c.full;
	values[ROW_NO_LOCATOR_ROOM] = c.answers_full;
}

int fast_path_metrics(struct fast_path *p, struct metrics *m)
{
	return metrics_add_source(m, rows, ROWS, read_rows, p) ? 0 : -ENOMEM;
}
