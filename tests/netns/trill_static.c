/* trill_static: an RBridge's data plane in the current network namespace with tables that are told
 * by hand, one a line on standard input, for tests that run in namespaces:
 *
 *   port IF trill|native|hybrid [PVID]     forward IF VLAN...          adjacency IF MAC TREES
 *   path NICKNAME HOPS IF MAC [IF MAC ...] rpf TREE INGRESS IF         prune TREE IF VLAN...
 *   tree NUMBER ROOT HOPS IF ...           self NICKNAME ROOT
 *   counters     prints all that are not 0, and an empty line
 *   churn N      replaces paths, trees, ports and RPF by the same, N times, ports by hybrid ones in
 *                between; prints "churned"
 *   ready        prints "ready"
 *
 * Numbers are decimal, trees are bit masks. It ends at the end of its input. */
#include <errno.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "trill/datapath.h"

#define LINES 64
#define WORDS 16

struct line {
	char text[256];
	char *word[WORDS];
	int count;
};

struct plane {
	struct trill_load *load;
	struct trill_datapath *dp;
	struct trill_tables *t;
	struct line kept[LINES]; /* to be said again */
	int kept_count;
	struct label_set pruned[16];
	uint32_t pruned_port[16];
	int pruned_count;
};

static uint32_t interface_of(const char *name)
{
	uint32_t ifindex = if_nametoindex(name);

	if (!ifindex) {
		fprintf(stderr, "trill_static: no interface %s\n", name);
		exit(1);
	}
	return ifindex;
}

static struct mac mac_of(const char *text)
{
	struct ether_addr *a = ether_aton(text);
	struct mac mac;

	if (!a) {
		fprintf(stderr, "trill_static: no MAC address: %s\n", text);
		exit(1);
	}
	memcpy(mac.bytes, a, sizeof(mac.bytes));
	return mac;
}

static struct mac own_mac(const char *name)
{
	char path[64], text[32] = "";
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/net/%s/address", name);
	f = fopen(path, "re");
	if (f && !fgets(text, sizeof(text), f))
		text[0] = '\0';
	if (f)
		fclose(f);
	return mac_of(text);
}

static unsigned int number(const struct line *l, int i)
{
	return i < l->count ? (unsigned int)strtoul(l->word[i], NULL, 0) : 0;
}

static int do_port(struct plane *p, const struct line *l)
{
	struct tables_port port = {.ifindex = interface_of(l->word[1]),
		.mac = own_mac(l->word[1]),
		.mtu = 1600,
		.trill = strcmp(l->word[2], "native") != 0,
		.native = strcmp(l->word[2], "trill") != 0,
		.pvid = (uint16_t)number(l, 3)};
	char why[256];
	int err = p->t->port_set(p->t, &port);

	if (!err && trill_load_attach(p->load, (int)port.ifindex, why, sizeof(why))) {
		fprintf(stderr, "trill_static: %s\n", why);
		return -EIO;
	}
	return err;
}

static int do_forward(struct plane *p, const struct line *l)
{
	struct tables_forwarder f = {.enabled = {{0}}};

	for (int i = 2; i < l->count; i++)
		vlan_set_add(&f.enabled, number(l, i));
	f.appointed = f.enabled;
	return p->t->forwarder_set(p->t, interface_of(l->word[1]), &f);
}

static int do_adjacency(struct plane *p, const struct line *l)
{
	struct tables_adjacency a = {.ifindex = interface_of(l->word[1]),
		.mac = mac_of(l->word[2]),
		.trees = number(l, 3)};

	return p->t->adjacency_set(p->t, &a);
}

static int do_path(struct plane *p, const struct line *l)
{
	struct tables_path path = {.hops = (uint8_t)number(l, 2)};

	for (int i = 3; i + 1 < l->count && path.count < TABLES_HOPS_MAX; i += 2)
		path.hop[path.count++] =
			(struct tables_hop){interface_of(l->word[i]), mac_of(l->word[i + 1])};
	return p->t->path_set(p->t, (uint16_t)number(l, 1), &path);
}

static int do_rpf(struct plane *p, const struct line *l)
{
	struct tables_rpf rpf = {.tree = (uint8_t)number(l, 1),
		.ingress = (uint16_t)number(l, 2),
		.ifindex = interface_of(l->word[3])};

	return p->t->rpf_set(p->t, &rpf);
}

static int do_prune(struct plane *p, const struct line *l)
{
	int n = p->pruned_count++;

	if (n >= 16)
		return -ENOSPC;
	p->pruned_port[n] = interface_of(l->word[2]);
	label_set_clear(&p->pruned[n]);
	for (int i = 3; i < l->count; i++)
		label_set_add(&p->pruned[n], number(l, i));
	return 0;
}

static int do_tree(struct plane *p, const struct line *l)
{
	struct tables_tree_port ports[WORDS];
	struct tables_tree tree = {.root = (uint16_t)number(l, 2),
		.hops = (uint8_t)number(l, 3),
		.port_count = (size_t)l->count - 4,
		.ports = ports};

	for (int i = 4; i < l->count; i++) {
		ports[i - 4] = (struct tables_tree_port){.ifindex = interface_of(l->word[i])};
		for (int n = 0; n < p->pruned_count; n++)
			if (p->pruned_port[n] == ports[i - 4].ifindex)
				ports[i - 4].pruned = &p->pruned[n];
	}
	return p->t->tree_set(p->t, number(l, 1), &tree);
}

static int do_self(struct plane *p, const struct line *l)
{
	struct tables_self self = {.count = 1,
		.nicknames = {(uint16_t)number(l, 1)},
		.ingress = (uint16_t)number(l, 1),
		.root = (uint16_t)number(l, 2)};

	return p->t->self_set(p->t, &self);
}

static int do_counters(struct plane *p, const struct line *l)
{
	uint64_t values[trill_datapath_counter_count()];
	int err = trill_datapath_counters(p->dp, values);

	(void)l;
	for (unsigned int i = 0; !err && i < trill_datapath_counter_count(); i++)
		if (values[i])
			printf("%s %llu\n", trill_datapath_counter_name(i),
				(unsigned long long)values[i]);
	printf("\n");
	return err;
}

static int do_ready(struct plane *p, const struct line *l)
{
	(void)p;
	(void)l;
	printf("ready\n");
	return 0;
}

static int do_churn(struct plane *p, const struct line *l);

static const struct {
	const char *word;
	int words; /* at least */
	bool kept;
	int (*act)(struct plane *p, const struct line *l);
} verbs[] = {
	{"port", 3, true, do_port},
	{"forward", 3, true, do_forward},
	{"adjacency", 4, true, do_adjacency},
	{"path", 3, true, do_path},
	{"rpf", 4, true, do_rpf},
	{"prune", 4, false, do_prune},
	{"tree", 4, true, do_tree},
	{"self", 3, true, do_self},
	{"counters", 1, false, do_counters},
	{"churn", 2, false, do_churn},
	{"ready", 1, false, do_ready},
};

static int act(struct plane *p, const struct line *l, bool keep)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(l->word[0], verbs[i].word) != 0 || l->count < verbs[i].words)
			continue;
		if (keep && verbs[i].kept && p->kept_count < LINES) {
			struct line *k = &p->kept[p->kept_count++];

			*k = *l;
			for (int w = 0; w < l->count; w++)
				k->word[w] = k->text + (l->word[w] - l->text);
		}
		return verbs[i].act(p, l);
	}
	return -EINVAL;
}

static int again(struct plane *p, const struct line *l)
{
	static char other[] = "hybrid";
	struct line as = *l;
	int err = 0;

	if (!strcmp(l->word[0], "port")) {
		as.word[2] = other;
		err = do_port(p, &as);
	}
	return err ? err : act(p, l, false);
}

static int do_churn(struct plane *p, const struct line *l)
{
	unsigned int times = number(l, 1);
	int err = 0;

	for (unsigned int n = 0; n < times && !err; n++)
		for (int i = 0; i < p->kept_count && !err; i++)
			err = again(p, &p->kept[i]);
	if (!err)
		printf("churned\n");
	return err;
}

static void split(struct line *l)
{
	char *save = NULL;

	for (char *w = strtok_r(l->text, " \n", &save); w && l->count < WORDS;
		w = strtok_r(NULL, " \n", &save))
		l->word[l->count++] = w;
}

int main(void)
{
	static struct plane p;
	struct trill_load_config lc = {.stations_max = 1024, .rpf_max = 1024};
	struct trill_datapath_config dc = {0};
	int fds[TRILL_FD_COUNT], err = 0;
	struct line l = {.count = 0};
	char why[256];

	p.load = trill_load_new(&lc, why, sizeof(why));
	if (!p.load) {
		fprintf(stderr, "trill_static: %s\n", why);
		return 77;
	}
	trill_load_fds(p.load, fds);
	p.dp = trill_datapath_new(&dc, fds);
	if (!p.dp)
		return 1;
	p.t = trill_datapath_tables(p.dp);
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (!err && fgets(l.text, sizeof(l.text), stdin)) {
		char whole[sizeof(l.text)];

		memcpy(whole, l.text, sizeof(whole));
		l.count = 0;
		split(&l);
		if (l.count)
			err = act(&p, &l, true);
		if (err)
			fprintf(stderr, "trill_static: %s: %s", strerror(-err), whole);
	}
	trill_datapath_free(p.dp);
	trill_load_free(p.load);
	return err ? 1 : 0;
}
