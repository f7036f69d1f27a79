/* fuzz_server: sequences of datagrams into the map-server's core by one who holds a site's key.
 *
 * Input: steps of {what, who, length (16 bits)} and that many bytes. What: bit 0: sign the bytes as
 * a registration or move message with the site's key; bit 1: give them a fresh nonce first; bit 2:
 * let `who` seconds pass before; bit 3: the bytes are an operator's change instead. Checked after
 * each step: what server_sent.h says. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rcu.h"
#include "mapserver/commit.h"
#include "mapserver/publish.h"
#include "tests/fuzz/server_sent.h"

#define STEPS_MAX 64
#define AUTH_AT   12 /* KeyID, AlgID, AuthLen, data: the same in all kinds of message */

struct rig {
	struct server *server;
	struct server_thread thread;
	struct commit *commit;
	struct metrics *metrics;
	struct metrics_table *counters;
	struct random_seeded random;
	struct outbox *out;
	struct auth_key *key;
	struct job *jobs;
	struct mono now;
	uint64_t nonce;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool submit(void *arg, struct job *job)
{
	struct rig *r = arg;

	job->next = r->jobs; /* one a datagram */
	r->jobs = job;
	return true;
}

static void done(struct job *job)
{
	job_free(job);
}

static void add_site(struct site_table *t, const char *name, const char *const *prefixes)
{
	struct site *s = site_new(name, 1);
	const struct site *holder;
	const char *why;
	struct eid eid;

	if (!s || site_add_key(s, 1, AUTH_HMAC_SHA256_128, "fuzz", 4))
		abort();
	for (; *prefixes; prefixes++)
		if (!eid_parse(&eid, *prefixes, &why) || site_add_prefix(s, &eid, true))
			abort();
	s->subscribe = true;
	if (site_table_add(t, s, &holder))
		abort();
}

/* One-Time Keys come in clear: no mutation would unwrap. */
static struct secure_peers *all_peers(const uint8_t secret[16])
{
	struct secure_peers *p = secure_peers_new(secret);
	struct secure_peer peer = {.unwrapped = true};
	const char *why;
	struct eid all;

	if (!p || !eid_parse(&all, "0.0.0.0/0", &why) || secure_peers_add(p, &all, &peer))
		abort();
	return p;
}

static void set_up(struct rig *r)
{
	static const char *const prefixes[] = {
		"10.0.0.0/8", "2001:db8::/32", "[7]52:54:00:00:00:00/24", NULL};
	static const uint8_t secret[16] = "fuzz";
	const struct commit_hooks hooks = {.done = done};
	struct server_options o = {.map_server = true,
		.resolver = true,
		.slots = 1,
		.registration_timeout_s = 180,
		.xtrs_max = 8,
		.notifies_max = 8,
		.excess_replies = limit_per_s(100, 100),
		.subscriptions = {.max = 8,
			.per_xtr = 6,
			.per_site = 7,
			.temporary_s = 900,
			.publications = 4},
		.port = 4342,
		.ipv4 = true,
		.ipv6 = true,
		.registry = {.instances_max = 8, .tombstones_max = 8, .tombstone_life_s = 60}};
	struct site_table *sites = site_table_new(secret);

	add_site(sites, "a", prefixes);
	random_seeded_init(&r->random, 1);
	r->server = server_new(&o, sites, NULL);
	r->server->peers = all_peers(secret);
	r->metrics = metrics_new();
	r->counters = metrics_add(r->metrics, mapserver_metrics, COUNT_MAX, 1);
	r->thread = (struct server_thread){.server = r->server,
		.random = &r->random.random,
		.counters = metrics_shard(r->counters, 0),
		.submit = submit,
		.submit_arg = r};
	r->commit = commit_new(&r->thread, &hooks);
	r->out = outbox_new(2048, 1 << 20);
	r->key = auth_key_new("fuzz", 4);
	r->now = (struct mono){1000000000};
	if (!r->server || !r->commit || !r->out || !r->key || server_thread_init(&r->thread))
		abort();
}

static void tear_down(struct rig *r)
{
	commit_free(r->commit);
	server_thread_fini(&r->thread);
	server_free(r->server);
	metrics_free(r->metrics);
	outbox_free(r->out);
	auth_key_free(r->key);
}

static void sign(struct rig *r, uint8_t *msg, size_t len, bool fresh_nonce)
{
	const struct auth_options opt = {false, false};
	struct auth_field f = {
		.key_id = 1, .alg = AUTH_HMAC_SHA256_128, .len = 16, .offset = AUTH_AT + 4};
	enum lisp_type type;
	uint64_t nonce = 0;

	if (len < AUTH_AT + 4 + 16)
		return;
	type = (enum lisp_type)(msg[0] >> 4);
	r->nonce++;
	for (int i = 0; fresh_nonce && i < 8; i++)
		msg[4 + i] = (uint8_t)(r->nonce >> (56 - 8 * i));
	for (int i = 0; i < 8; i++)
		nonce = nonce << 8 | msg[4 + i];
	/* An Info-Request has this as one Key ID of 16 bits, which is read so too. */
	memcpy(msg + AUTH_AT, (const uint8_t[]){1, AUTH_HMAC_SHA256_128, 0, 16}, 4);
	if (type != LISP_EXTENSION && type != LISP_INFO)
		type = LISP_MAP_REGISTER;
	auth_sign(r->key, type, &opt, msg, len, nonce, &f);
}

/* An operator's change out of the bytes: kind, EID, locator. */
static void operate(struct rig *r, const uint8_t *bytes, size_t len)
{
	const struct lisp_rloc rloc = {.priority = 1, .weight = 1, .reachable = true};
	struct eid eid = {.plen = 32};
	struct address a;
	struct job *j;

	if (len < 9 || !address_set(&eid.addr, AFI_IPV4, bytes + 1, 4) ||
		!address_set(&a, AFI_IPV4, bytes + 5, 4))
		return;
	j = job_new_static(bytes[0] & 1 ? JOB_PUT : JOB_DELETE, &eid);
	if (!j)
		abort();
	j->ttl_min = 5;
	j->only_new = bytes[0] & 2;
	j->only_seq = bytes[0] & 4;
	j->if_seqs[0] = bytes[0] >> 4;
	j->if_seq_count = 1;
	locators_add(&j->locators, &rloc, &a);
	commit_run(r->commit, j, r->now, r->out);
}

/* The publisher's turns; what it sends is looked at like all else. */
static void publish(struct rig *r)
{
	while (mono_due(publish_run(r->server->publish, &r->thread, r->now, r->out), r->now))
		if (r->out->count > r->out->cap / 2)
			return;
}

static void step(struct rig *r, uint8_t what, uint8_t who, uint8_t *msg, size_t len)
{
	static const uint8_t local[4] = {192, 0, 2, 53};
	const uint8_t from[4] = {198, 51, 100, who};
	struct notify_counts counts = {0, 0};
	struct datagram d = {.bytes = msg, .len = len, .peer = {.port = 4342}};
	struct job *jobs;

	address_set(&d.local, AFI_IPV4, local, 4);
	address_set(&d.peer.addr, AFI_IPV4, from, 4);
	if (what & 4) {
		r->now = mono_add_s(r->now, who);
		commit_tick(r->commit, r->now, r->out);
		notify_run(r->server->notify, r->now, r->out, &counts);
		publish(r);
		server_sent_check(r->out, NULL);
		outbox_clear(r->out);
	}
	if (what & 8) {
		operate(r, msg, len);
	} else {
		if (what & 1)
			sign(r, msg, len, what & 2);
		server_receive(&r->thread, &d, r->now, r->out);
		jobs = r->jobs;
		r->jobs = NULL;
		commit_run(r->commit, jobs, r->now, r->out);
	}
	publish(r);
	server_sent_check(r->out, what & 8 ? NULL : &d);
	outbox_clear(r->out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool started;
	struct rig r = {0};

	if (!started)
		rcu_thread_start();
	started = true;
	set_up(&r);
	rcu_enter();
	for (unsigned int steps = 0; size >= 4 && steps < STEPS_MAX; steps++) {
		size_t len = (size_t)data[2] << 8 | data[3];
		uint8_t *msg;

		if (len > size - 4)
			len = size - 4;
		msg = malloc(len ? len : 1); /* its exact size, so that ASan sees an overrun */
		if (!msg)
			abort();
		memcpy(msg, data + 4, len);
		step(&r, data[0], data[1], msg, len);
		free(msg);
		data += 4 + len;
		size -= 4 + len;
	}
	rcu_leave();
	tear_down(&r);
	return 0;
}
