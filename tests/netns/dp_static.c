/* dp_static: a tunnel router without a control plane: the real data plane with the entries of its
 * command line.
 *
 *   dp_static [--mtu L] [--tap NAME] [--pin DIR] [--hold-ms N] WORD...
 *     core IFNAME tc|xdp              a core port
 *     site IFNAME tc|xdp IID          a site port
 *     rloc ADDRESS                    a local RLOC
 *     dynamic EID                     a dynamic-EID prefix
 *     eid EID local|native|drop       an entry
 *     eid EID encap RLOC[,RLOC...]    the same, to locators
 *     eid EID away RLOC[,RLOC...]     was here, has left
 *     eid EID held RLOC[,RLOC...]     no mapping at first: packets are held --hold-ms (50), then
 * sent in order
 *
 * Prints "ready", then each event as a line; at the end of standard input, on SIGTERM or SIGINT the
 * counters that are not 0, and exits. */
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xtr/datapath_bpf.h"

#define HELD_MAX 4096

struct held {
	void *packet;
	uint32_t len;
};

struct waiting { /* an EID whose packets are held */
	struct eid eid;
	struct datapath_entry entry;
	enum { WAITING, DRAINING, FORWARDING } state;
	struct mono release;
	struct held held[HELD_MAX];
	unsigned int count;
	struct waiting *next;
};

struct router {
	struct datapath_load *load;
	struct datapath_bpf *bpf;
	struct waiting *waiting;
	struct address rlocs[8];
	size_t rloc_count;
	struct datapath_load_config load_config;
	struct datapath_bpf_config config;
	unsigned long hold_ms;
	bool adopted;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	stopped = 1;
}

static void die(const char *what, const char *why)
{
	fprintf(stderr, "dp_static: %s: %s\n", what, why);
	exit(1);
}

static struct waiting *find_waiting(struct router *r, const struct eid *eid)
{
	struct waiting *w;

	for (w = r->waiting; w && !eid_covers(&w->eid, eid); w = w->next)
		;
	return w;
}

static void on_miss(struct router *r, const struct datapath_event *e)
{
	struct waiting *w = find_waiting(r, &e->eid);
	struct datapath *dp = datapath_bpf_handle(r->bpf);

	if (!w || w->state == FORWARDING) {
		dp->inject(dp, e->packet, e->packet_len);
		return;
	}
	if (w->count == HELD_MAX)
		die("hold", "queue full");
	if (!w->count && w->state == WAITING)
		w->release = mono_add_ms(mono_now(), r->hold_ms);
	w->held[w->count].packet = malloc(e->packet_len);
	memcpy(w->held[w->count].packet, e->packet, e->packet_len);
	w->held[w->count++].len = e->packet_len;
}

static void on_event(void *arg, const struct datapath_event *e)
{
	static const char *const names[] = {"miss", "source", "arp", "away", "mtu"};
	char eid[EID_TEXT], rloc[ADDRESS_TEXT];
	const uint8_t *m = e->mac;

	if (e->type == DATAPATH_MISS)
		on_miss(arg, e);
	printf("event %s %s rloc %s mac %02x:%02x:%02x:%02x:%02x:%02x gratuitous %d mtu %u len %u\n",
		names[e->type], e->eid.addr.afi ? eid_format(&e->eid, eid, sizeof(eid)) : "-",
		e->rloc.afi ? address_format(&e->rloc, rloc, sizeof(rloc)) : "-", m[0], m[1], m[2],
		m[3], m[4], m[5], e->gratuitous, e->mtu, e->packet_len);
}

static void drain(struct router *r, struct waiting *w)
{
	struct datapath *dp = datapath_bpf_handle(r->bpf);
	unsigned int i;

	for (i = 0; i < w->count; i++) {
		dp->inject(dp, w->held[i].packet, w->held[i].len);
		free(w->held[i].packet);
	}
	w->count = 0;
}

/* HOLD -> DRAIN -> FORWARD, as xtr/datapath.h has it. */
static void release(struct router *r)
{
	struct datapath *dp = datapath_bpf_handle(r->bpf);
	struct waiting *w;

	for (w = r->waiting; w; w = w->next) {
		if (w->state == WAITING && w->count && mono_due(w->release, mono_now())) {
			w->entry.hold = true;
			dp->set(dp, &w->eid, &w->entry);
			w->state = DRAINING;
		}
		if (w->state != DRAINING)
			continue;
		drain(r, w);
		if (dp->pending(dp))
			continue;
		w->entry.hold = false;
		dp->set(dp, &w->eid, &w->entry);
		w->state = FORWARDING;
	}
}

static void print_counters(const struct router *r)
{
	uint64_t values[datapath_counter_count()];
	unsigned int i;

	if (datapath_bpf_counters(r->bpf, values))
		return;
	for (i = 0; i < datapath_counter_count(); i++)
		if (values[i])
			printf("counter %s %llu\n", datapath_counter_name(i),
				(unsigned long long)values[i]);
}

static void locators(struct datapath_entry *e, char *list)
{
	char *one;

	for (one = strtok(list, ","); one; one = strtok(NULL, ",")) {
		if (e->locator_count == DATAPATH_LOCATORS_MAX ||
			!address_parse(&e->locators[e->locator_count].rloc, one))
			die("locator", one);
		e->locators[e->locator_count++].weight = 100;
	}
}

static void add_waiting(struct router *r, const struct eid *eid, const struct datapath_entry *e)
{
	struct waiting *w = calloc(1, sizeof(*w));

	w->eid = *eid;
	w->entry = *e;
	w->next = r->waiting;
	r->waiting = w;
}

/* Returns the words used. */
static int add_eid(struct router *r, char **word)
{
	struct datapath *dp = datapath_bpf_handle(r->bpf);
	struct datapath_entry e = {.action = DATAPATH_ENCAP};
	const char *why, *kind = word[2];
	struct eid eid;
	int rc, words = 3;

	if (!eid_parse(&eid, word[1], &why))
		die(word[1], why);
	if (!strcmp(kind, "local") || !strcmp(kind, "native") || !strcmp(kind, "drop")) {
		e.action = *kind == 'l'   ? DATAPATH_LOCAL
			   : *kind == 'n' ? DATAPATH_NATIVE
					  : DATAPATH_DROP;
	} else {
		locators(&e, word[3]);
		words = 4;
	}
	e.away = !strcmp(kind, "away");
	if (!strcmp(kind, "held")) {
		add_waiting(r, &eid, &e);
		e = (struct datapath_entry){.action = DATAPATH_NONE, .hold = true};
	}
	rc = dp->set(dp, &eid, &e);
	if (rc)
		die(word[1], strerror(-rc));
	return words;
}

static int add_port(struct router *r, char **word)
{
	struct datapath_bpf_port port = {.ifindex = if_nametoindex(word[1])};
	char why[256];
	int rc;

	if (!port.ifindex)
		die(word[1], "no such port");
	port.role = !strcmp(word[0], "core") ? DATAPATH_CORE : DATAPATH_SITE;
	port.mode = !strcmp(word[2], "xdp") ? DATAPATH_XDP : DATAPATH_TC;
	if (port.role == DATAPATH_SITE)
		port.iid = strtoul(word[3], NULL, 0);
	rc = datapath_bpf_port_add(r->bpf, &port);
	if (rc)
		die(word[1], strerror(-rc));
	if (datapath_load_attach(r->load, port.ifindex, port.role, port.mode, why, sizeof(why)))
		die(word[1], why);
	return port.role == DATAPATH_SITE ? 4 : 3;
}

static int add_dynamic(struct router *r, char **word)
{
	const char *why;
	struct eid eid;

	if (!eid_parse(&eid, word[1], &why))
		die(word[1], why);
	if (datapath_bpf_dynamic_add(r->bpf, &eid))
		die(word[1], "cannot add");
	return 2;
}

/* They are told to the data plane all together: see main(). */
static int add_rloc(struct router *r, char **word)
{
	if (r->rloc_count == 8 || !address_parse(&r->rlocs[r->rloc_count++], word[1]))
		die("rloc", word[1]);
	return 2;
}

static void words(struct router *r, char **word)
{
	static const struct {
		const char *name;
		int (*add)(struct router *r, char **word);
	} table[] = {{"core", add_port}, {"site", add_port}, {"rloc", add_rloc},
		{"dynamic", add_dynamic}, {"eid", add_eid}};
	unsigned int i;

	while (*word) {
		for (i = 0; i < 5 && strcmp(*word, table[i].name) != 0; i++)
			;
		if (i == 5)
			die("unknown word", *word);
		word += table[i].add(r, word);
	}
}

static char **options(struct router *r, char **word)
{
	for (; *word && !strncmp(*word, "--", 2); word += 2) {
		if (!strcmp(*word, "--mtu"))
			r->config.mtu = strtoul(word[1], NULL, 0);
		else if (!strcmp(*word, "--tap"))
			r->load_config.tap_name = word[1];
		else if (!strcmp(*word, "--pin"))
			r->load_config.pin_dir = word[1];
		else if (!strcmp(*word, "--hold-ms"))
			r->hold_ms = strtoul(word[1], NULL, 0);
		else
			die("unknown option", *word);
	}
	return word;
}

static void loop(struct router *r)
{
	struct pollfd p[3] = {{.fd = datapath_bpf_events_fd(r->bpf), .events = POLLIN},
		{.fd = datapath_bpf_tap_fd(r->bpf), .events = POLLIN},
		{.fd = STDIN_FILENO, .events = POLLIN}};
	char byte;
	int rc;

	while (!stopped) {
		if (poll(p, 3, 10) < 0 && errno != EINTR)
			die("poll", strerror(errno));
		rc = datapath_bpf_poll(r->bpf, 256);
		if (rc < 0)
			die("poll of the data plane", strerror(-rc));
		release(r);
		if (p[2].revents && read(STDIN_FILENO, &byte, 1) <= 0)
			break;
	}
}

int main(int argc, char **argv)
{
	struct router r = {.load_config = {.hosts_max = 4096, .prefixes_max = 256},
		.config = {.on_event = on_event, .arg = &r},
		.hold_ms = 50};
	int fds[DATAPATH_FD_COUNT];
	char why[256];

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	argv = options(&r, argv + 1);
	r.load = datapath_load_new(&r.load_config, &r.adopted, why, sizeof(why));
	if (!r.load)
		die("load", why);
	datapath_load_fds(r.load, fds);
	r.bpf = datapath_bpf_new(&r.config, fds, r.adopted, why, sizeof(why));
	if (!r.bpf)
		die("start", why);
	words(&r, argv);
	if (datapath_bpf_rlocs(r.bpf, r.rlocs, r.rloc_count))
		die("rlocs", "cannot set them");
	if (r.adopted)
		printf("settled %d\n", datapath_bpf_settle(r.bpf));
	printf("ready\n");
	loop(&r);
	print_counters(&r);
	while (r.waiting) {
		struct waiting *w = r.waiting;

		drain(&r, w);
		r.waiting = w->next;
		free(w);
	}
	datapath_bpf_free(r.bpf);
	datapath_load_free(r.load);
	return 0;
}
