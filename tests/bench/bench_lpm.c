/* bench lpm: the longest-prefix-match table beside two others in the same rounds.
 *
 * A million hosts and a hundred thousand prefixes, IPv4 and IPv6; random hosts that are there are
 * looked up, in an order that no cache foresees. References: liburcu's lock-free hash (hosts only:
 * it knows no prefixes) and a plain Patricia trie. Every answer is compared with the entry that
 * belongs to the key. */
#include <arpa/inet.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <urcu.h>
#include <urcu/rculfhash.h>

#include "lib/base/hash.h"
#include "lib/base/rcu.h"
#include "lib/table/lpm.h"
#include "tests/bench/bench.h"
#include "tests/bench/lpm_patricia.h"

#define SERVER_BATCH 64 /* packets that a server takes from its socket at once */

struct route { /* as small as an entry can be: what is measured is the tables */
	struct lpm_entry entry;
	uint8_t key[16];
};

struct lf_route { /* the reference's entry */
	struct cds_lfht_node node;
	uint8_t key[16];
};

struct family {
	unsigned int bits, bytes;
	size_t hosts, prefixes;
	struct route *route; /* the hosts, then the prefixes */
	struct lpm *lpm;
	struct cds_lfht *lfht;
	struct hash_key lf_key;
	struct lf_route *lf_route;
	struct patricia *patricia;
	double insert_ns, insert_max_us;
};

/* Hosts in clusters, as sites have them, and prefixes of 16 to 24 (IPv4), 32 to 64 bits (IPv6). */
static void number_key(struct family *f, struct route *r, bool host, uint64_t *seed)
{
	uint64_t n = bench_random(seed), m = bench_random(seed);
	unsigned int plen = host ? f->bits : f->bits == 32 ? 16 + n % 9 : 32 + n % 33;

	memset(r, 0, sizeof(*r));
	r->entry.plen = (uint8_t)plen;
	memcpy(r->key, &m, 8);
	if (f->bits == 128) {
		n = host ? n : 0;
		memcpy(r->key + 8, &n, 8);
		r->key[0] = 0x20;
		r->key[1] = 0x01;
	}
	for (unsigned int i = plen; i < 128; i++)
		r->key[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
}

static void fill_lpm(struct family *f, uint64_t *seed)
{
	size_t all = f->hosts + f->prefixes;
	uint64_t start = bench_thread_ns(), last = start;

	for (size_t i = 0; i < all; i++) {
		uint64_t now;

		do
			number_key(f, &f->route[i], i < f->hosts, seed);
		while (lpm_insert(f->lpm, &f->route[i].entry)); /* the same drawn twice: again */
		now = bench_thread_ns();
		if ((double)(now - last) / 1e3 > f->insert_max_us)
			f->insert_max_us = (double)(now - last) / 1e3;
		last = now;
	}
	f->insert_ns = (double)(last - start) / (double)all;
}

/* The same hash as the table's. */
static unsigned long lf_hash(const struct family *f, const uint8_t *key)
{
	return hash_bytes(&f->lf_key, key, f->bytes);
}

static int lf_match4(struct cds_lfht_node *node, const void *key)
{
	return !memcmp(((struct lf_route *)(void *)node)->key, key, 4);
}

static int lf_match16(struct cds_lfht_node *node, const void *key)
{
	return !memcmp(((struct lf_route *)(void *)node)->key, key, 16);
}

static void fill_references(struct family *f)
{
	size_t buckets = 1;

	while (buckets < f->hosts)
		buckets *= 2;
	f->lfht = cds_lfht_new(buckets, buckets, buckets, 0, NULL);
	f->lf_route = calloc(f->hosts, sizeof(*f->lf_route));
	if (!f->lfht || !f->lf_route)
		bench_fail("no memory for liburcu's hash");
	rcu_enter();
	for (size_t i = 0; i < f->hosts; i++) {
		cds_lfht_node_init(&f->lf_route[i].node);
		memcpy(f->lf_route[i].key, f->route[i].key, 16);
		cds_lfht_add(f->lfht, lf_hash(f, f->route[i].key), &f->lf_route[i].node);
	}
	rcu_leave();
	f->patricia = patricia_new(f->bits);
	for (size_t i = 0; i < f->hosts + f->prefixes; i++)
		patricia_insert(f->patricia, f->route[i].key, f->route[i].entry.plen, &f->route[i]);
}

static void family_fill(struct family *f, size_t hosts, size_t prefixes)
{
	static const uint8_t secret[16] = "not so secret...";
	uint64_t seed = f->bits;

	f->hosts = hosts;
	f->prefixes = prefixes;
	f->bytes = f->bits / 8;
	f->route = calloc(hosts + prefixes, sizeof(*f->route));
	f->lpm = lpm_new(
		f->bits, offsetof(struct route, key) - offsetof(struct route, entry), secret);
	if (!f->route || !f->lpm)
		bench_fail("no memory for %zu routes", hosts + prefixes);
	hash_key_set(&f->lf_key, secret);
	fill_lpm(f, &seed);
	fill_references(f);
}

/* The hosts to be asked for, drawn anew for each run; their keys stand apart as in packets. */
struct asked {
	size_t n;
	uint32_t *which;
	uint8_t (*key)[16];
};

static void asked_draw(struct asked *a, const struct family *f, uint64_t *seed)
{
	for (size_t i = 0; i < a->n; i++) {
		a->which[i] = (uint32_t)(bench_random(seed) % f->hosts);
		memcpy(a->key[i], f->route[a->which[i]].key, 16);
	}
}

static void wrong(const struct family *f, const char *who, size_t i)
{
	bench_fail("%s, %u bits: lookup %zu found another entry or none", who, f->bits, i);
}

static double time_lpm(const struct family *f, const struct asked *a)
{
	uint64_t start = bench_thread_ns();

	for (size_t i = 0; i < a->n; i += SERVER_BATCH) {
		rcu_enter();
		for (size_t j = i; j < i + SERVER_BATCH; j++)
			if (lpm_longest(f->lpm, a->key[j], f->bits) != &f->route[a->which[j]].entry)
				wrong(f, "lpm", j);
		rcu_leave();
	}
	return (double)(bench_thread_ns() - start) / (double)a->n;
}

static double time_batch(const struct family *f, const struct asked *a)
{
	struct lpm_query q[SERVER_BATCH];
	uint64_t start = bench_thread_ns();

	for (size_t i = 0; i < a->n; i += SERVER_BATCH) {
		rcu_enter();
		for (size_t j = 0; j < SERVER_BATCH; j++)
			q[j] = (struct lpm_query){f->lpm, a->key[i + j], f->bits, NULL};
		lpm_longest_batch(q, SERVER_BATCH);
		for (size_t j = 0; j < SERVER_BATCH; j++)
			if (q[j].found != &f->route[a->which[i + j]].entry)
				wrong(f, "lpm batch", i + j);
		rcu_leave();
	}
	return (double)(bench_thread_ns() - start) / (double)a->n;
}

static double time_lfht(const struct family *f, const struct asked *a)
{
	cds_lfht_match_fct match = f->bytes == 4 ? lf_match4 : lf_match16;
	uint64_t start = bench_thread_ns();

	for (size_t i = 0; i < a->n; i += SERVER_BATCH) {
		rcu_enter();
		for (size_t j = i; j < i + SERVER_BATCH; j++) {
			struct cds_lfht_iter iter;

			cds_lfht_lookup(f->lfht, lf_hash(f, a->key[j]), match, a->key[j], &iter);
			if (cds_lfht_iter_get_node(&iter) != &f->lf_route[a->which[j]].node)
				wrong(f, "liburcu's hash", j);
		}
		rcu_leave();
	}
	return (double)(bench_thread_ns() - start) / (double)a->n;
}

static double time_patricia(const struct family *f, const struct asked *a)
{
	uint64_t start = bench_thread_ns();

	for (size_t i = 0; i < a->n; i++)
		if (patricia_longest(f->patricia, a->key[i]) != &f->route[a->which[i]])
			wrong(f, "the Patricia trie", i);
	return (double)(bench_thread_ns() - start) / (double)a->n;
}

/* An address that only a shorter prefix, or nothing, covers: all lengths in use are probed. */
static double time_miss(const struct family *f, struct asked *a, uint64_t *seed)
{
	size_t found = 0;
	uint64_t start;

	for (size_t i = 0; i < a->n; i++) {
		uint64_t n = bench_random(seed);

		memcpy(a->key[i] + f->bytes - 2, &n, 2);
	}
	start = bench_thread_ns();
	for (size_t i = 0; i < a->n; i++) {
		rcu_enter();
		found += lpm_longest(f->lpm, a->key[i], f->bits) != NULL;
		rcu_leave();
	}
	bench_keep(found);
	return (double)(bench_thread_ns() - start) / (double)a->n;
}

struct names {
	const char *lookup, *batch, *miss, *lfht, *patricia;
};

static void round_of(
	struct bench *b, struct family *f, struct asked *a, const struct names *n, uint64_t *seed)
{
	struct asked few = *a;

	few.n = a->n / 8 / SERVER_BATCH * SERVER_BATCH;
	asked_draw(a, f, seed);
	bench_sample(b, n->lookup, "ns", time_lpm(f, a));
	bench_reference(b, n->lfht, "ns", time_lfht(f, a));
	bench_sample(b, n->batch, "ns", time_batch(f, a));
	bench_reference(b, n->patricia, "ns", time_patricia(f, &few));
	bench_sample(b, n->miss, "ns", time_miss(f, &few, seed));
}

static void family_free(struct family *f)
{
	for (size_t i = 0; i < f->hosts; i++) {
		rcu_enter();
		cds_lfht_del(f->lfht, &f->lf_route[i].node);
		rcu_leave();
	}
	rcu_wait();
	cds_lfht_destroy(f->lfht, NULL);
	free(f->lf_route);
	patricia_free(f->patricia);
	lpm_free(f->lpm);
	free(f->route);
}

static double per_entry(const struct family *f, size_t bytes)
{
	return (double)bytes / (double)(f->hosts + f->prefixes);
}

static void constants(struct bench *b, const struct family *v4, const struct family *v6)
{
	bench_sample(b, "bytes_per_prefix_v4", "bytes", per_entry(v4, lpm_memory(v4->lpm)));
	bench_sample(b, "bytes_per_prefix_v6", "bytes", per_entry(v6, lpm_memory(v6->lpm)));
	bench_sample(b, "insert_ns", "ns", (v4->insert_ns + v6->insert_ns) / 2);
	bench_sample(b, "insert_max_us", "us",
		v4->insert_max_us > v6->insert_max_us ? v4->insert_max_us : v6->insert_max_us);
	bench_reference(
		b, "patricia_bytes_v4", "bytes", per_entry(v4, patricia_memory(v4->patricia)));
	bench_reference(
		b, "patricia_bytes_v6", "bytes", per_entry(v6, patricia_memory(v6->patricia)));
}

int main(int argc, char **argv)
{
	static const struct names name4 = {"ns_per_lookup_v4", "ns_per_lookup_batch_v4",
		"ns_per_miss_v4", "lfht_ns_v4", "patricia_ns_v4"};
	static const struct names name6 = {"ns_per_lookup_v6", "ns_per_lookup_batch_v6",
		"ns_per_miss_v6", "lfht_ns_v6", "patricia_ns_v6"};
	unsigned long hosts = 1000000, prefixes = 100000, lookups = 2000000;
	struct family v4 = {.bits = 32}, v6 = {.bits = 128};
	static struct bench b;
	struct asked asked;
	uint64_t seed = 1;

	bench_init(&b, "lpm",
		"The longest-prefix-match table: random hosts that are there, misses, memory and inserts,\n"
		"beside liburcu's hash (hosts only) and a plain Patricia trie. One thread.");
	bench_option(&b, "hosts", "host routes of each family", &hosts);
	bench_option(&b, "prefixes", "shorter prefixes of each family", &prefixes);
	bench_option(&b, "lookups", "lookups a round, family and table", &lookups);
	bench_args(&b, argc, argv);
	if (b.quick)
		hosts /= 10, prefixes /= 10, lookups /= 10;
	if (!hosts || prefixes > 1000000 || lookups < 8 * SERVER_BATCH)
		bench_fail(
			"hosts, or at least %d lookups, are missing, or more than 1000000 prefixes",
			8 * SERVER_BATCH);
	asked.n = lookups / SERVER_BATCH * SERVER_BATCH;
	asked.which = malloc(asked.n * sizeof(*asked.which));
	asked.key = malloc(asked.n * sizeof(*asked.key));
	if (!asked.which || !asked.key)
		bench_fail("no memory for %zu lookups", asked.n);
	bench_pin(&b, bench_cpus() - 1);
	rcu_thread_start();
	family_fill(&v4, hosts, prefixes);
	family_fill(&v6, hosts, prefixes);
	while (bench_round(&b)) {
		round_of(&b, &v4, &asked, &name4, &seed);
		round_of(&b, &v6, &asked, &name6, &seed);
		constants(&b, &v4, &v6);
	}
	bench_note(&b,
		"%lu hosts and %lu prefixes of each family, %zu lookups a round (Patricia, misses: an eighth)",
		hosts, prefixes, asked.n);
	bench_note(&b,
		"batches of %d; times are processor time; memory and insert figures are of the one filling",
		SERVER_BATCH);
	family_free(&v4);
	family_free(&v6);
	free(asked.which);
	free(asked.key);
	rcu_barrier_all();
	rcu_thread_stop();
	return bench_report(&b);
}
