/* Workers, committer and sockets at once, over loopback: registrations, refreshes and requests from
 * several threads, each of which waits for its answer (so that nothing is sent faster than it is
 * taken). To be run under ThreadSanitizer, too. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/rcu.h"
#include "lisp/info.h"
#include "mapserver/quota.h"
#include "mapserver/subscribe.h"
#include "tests/replay/rig.h"

#define CLIENTS    4
#define EIDS       50 /* a client's */
#define ROUNDS     6  /* moves of each */
#define DEADLINE_S 60

/* One client: an xTR (or an ITR) with a socket of its own. No cmocka in here: it is not for
 * threads. */
struct client {
	struct rig *rig;
	unsigned int index;
	int fd;
	char self[ENDPOINT_TEXT]; /* where answers are to go */
	uint64_t nonce;
	unsigned int moved, resolved;
	const char *failure;
};

/* We have lost an EID to a neighbour: say that we know, or what we register is taken for what we
 * said before. */
static void acknowledge(struct client *c, const uint8_t *notify, size_t len)
{
	const struct auth_options opt = {false, false};
	struct map_register m, ack = {.type = LISP_MAP_NOTIFY_ACK};
	struct auth_key *key = auth_key_new("secret-a", 8);
	struct wire_fault fault;
	struct wire_writer w;
	uint8_t buf[1500];
	int n;

	if (!map_register_parse(notify, len, &m, &fault)) {
		ack.nonce = m.nonce;
		wire_writer_init(&w, buf, sizeof(buf));
		map_register_begin(&w, &ack, 1, AUTH_HMAC_SHA256_128, &opt);
		n = (int)(m.auth.offset + m.auth.len);
		wire_put_bytes(&w, notify + n, m.auth.records_end - (size_t)n);
		n = map_register_finish(&w, &ack, m.record_count, key, &opt);
		if (n > 0 && send(c->fd, buf, (size_t)n, 0) < 0)
			c->failure = "send";
	}
	auth_key_free(key);
}

/* Wait for an answer of that type and nonce. Its length, or -1. */
static int await(struct client *c, int type, uint64_t nonce, uint8_t *answer, size_t cap, int ms)
{
	struct pollfd p = {c->fd, POLLIN, 0};

	while (poll(&p, 1, ms) > 0) {
		ssize_t n = recv(c->fd, answer, cap, 0);
		uint64_t got = 0;

		for (int i = 4; i < 12 && n >= 12; i++)
			got = got << 8 | answer[i];
		if (n >= 12 && answer[0] >> 4 == type && got == nonce)
			return (int)n;
		if (n >= 12 && answer[0] >> 4 == LISP_MAP_NOTIFY && got > c->nonce)
			acknowledge(c, answer, (size_t)n); /* not ours: unsolicited */
	}
	return -1;
}

/* Send until an answer of that type and nonce comes. 0 or -1. */
static int ask(struct client *c, const uint8_t *msg, size_t len, int type, uint64_t nonce,
	uint8_t *answer, size_t cap)
{
	struct mono deadline = mono_add_s(mono_now(), DEADLINE_S);

	while (mono_before(mono_now(), deadline)) {
		if (send(c->fd, msg, len, 0) < 0)
			return -1;
		if (await(c, type, nonce, answer, cap, 1000) > 0)
			return 0;
	}
	c->failure = "no answer";
	return -1;
}

/* The same for a registration, which takes a nonce each time. */
static int enlist(struct client *c, struct world_register *r)
{
	struct mono deadline = mono_add_s(mono_now(), DEADLINE_S);
	uint8_t msg[1500], answer[1500];

	while (mono_before(mono_now(), deadline)) {
		size_t len;

		r->nonce = ++c->nonce;
		len = world_write_register(msg, sizeof(msg), r);
		if (send(c->fd, msg, len, 0) < 0)
			return -1;
		if (await(c, LISP_MAP_NOTIFY, r->nonce, answer, sizeof(answer), 50) > 0)
			return 0;
	}
	c->failure = "not registered";
	return -1;
}

/* An Info-Request, by which its port becomes a pinhole; the Info-Reply is not waited for. */
static size_t write_info(uint8_t *buf, size_t cap)
{
	static const struct auth_options opt;
	struct info m = {.key_id = 1, .ttl_min = 1, .eid.eid = world_eid("10.0.0.0/16")};
	struct auth_key *key = auth_key_new("secret-a", 8);
	int len = info_write(buf, cap, &m, NULL, AUTH_HMAC_SHA256_128, &opt);

	assert_true(len > 0);
	assert_int_equal(auth_sign(key, LISP_INFO, &opt, buf, (size_t)len, 0, &m.auth), 0);
	auth_key_free(key);
	return (size_t)len;
}

static void *run_client(void *arg)
{
	struct client *c = arg;
	uint8_t msg[1500], answer[1500], info[128];
	size_t info_len = write_info(info, sizeof(info));
	char eid[32], locator[32];

	for (unsigned int round = 0; round < ROUNDS * 2 && !c->failure; round++) {
		for (unsigned int i = 0; i < EIDS && !c->failure; i++) {
			/* Each EID is registered twice the same way (a refresh), then moved.
			 * Neighbours share EIDs: they take them from each other. */
			struct world_register r = {.xtr = (uint8_t)(c->index + 1)};
			struct map_request_spec q = {.nonce = ++c->nonce, .itr_rloc_count = 1};
			size_t len;

			if (send(c->fd, info, info_len, 0) < 0)
				c->failure = "no Info-Request was sent";
			snprintf(eid, sizeof(eid), "10.0.%u.%u/32", c->index / 2, i);
			snprintf(locator, sizeof(locator), "192.0.2.%u",
				1 + c->index * ROUNDS + round / 2);
			r.eids[0] = eid;
			r.locators[0] = locator;
			if (!enlist(c, &r))
				c->moved++;
			q.itr_rlocs[0] = world_address("127.0.0.1");
			q.eid = world_eid(eid);
			len = world_write_request(msg, sizeof(msg), &q, c->self);
			if (ask(c, msg, len, LISP_MAP_REPLY, q.nonce, answer, sizeof(answer)) == 0)
				c->resolved++;
		}
	}
	return NULL;
}

/* ---- the control thread's work on tenants ---- */

struct reloads {
	struct server *server;
	bool stop; /* atomic */
	unsigned int count;
	size_t most; /* mappings that were counted at once */
};

static struct tenant_table *tenants(void)
{
	const struct tenant_quota q = {.mappings = EIDS * CLIENTS,
		.registration_rate = 1000000,
		.registration_burst = 1000000,
		.subscriptions = 1,
		.xtrs = CLIENTS};
	struct tenant_table *t = tenant_table_new(false);
	const struct tenant *holder;
	struct tenant *tenant;

	if (tenant_table_add(t, "everybody", &q, &tenant) == 0)
		tenant_table_add_range(t, tenant, 0, 99, &holder);
	return t;
}

/* Tables come and go while workers and committer ask them; counts are read meanwhile. */
static void *reload(void *arg)
{
	struct reloads *l = arg;

	rcu_thread_start();
	while (!__atomic_load_n(&l->stop, __ATOMIC_ACQUIRE)) {
		server_set_tenants(l->server, tenants());
		rcu_enter();
		subscribe_part_tenants(l->server);
		for (unsigned int i = 0; i < 100; i++) {
			size_t n = quota_mappings(
				l->server, tenant_table_at(rcu_load(&l->server->tenants), 0));

			l->most = n > l->most ? n : l->most;
		}
		rcu_leave();
		l->count++;
		poll(NULL, 0, 1);
	}
	rcu_thread_stop();
	return NULL;
}

static void expect_tenants(const struct rig *r, const struct reloads *l)
{
	const struct tenant *t = tenant_table_at(r->server->tenants, 0);

	assert_true(l->count > 0);
	assert_in_range(l->most, 1, EIDS * CLIENTS / 2);
	assert_int_equal(quota_mappings(r->server, t), EIDS * CLIENTS / 2);
	assert_int_equal(quota_xtrs(t), CLIENTS);
	for (unsigned int i = 0; i < TENANT_REFUSALS; i++)
		assert_int_equal(tenant_refused(t, (enum tenant_refusal)i), 0);
}

static void many_xtrs_register_and_move_at_once(void **state)
{
	struct reloads reloads = {.stop = false};
	pthread_t reloader;
	struct site_table *sites = rig_sites();
	struct outbox *out = outbox_new(1024, 1 << 20);
	struct rig r;
	struct client clients[CLIENTS] = {0};
	pthread_t threads[CLIENTS];
	struct sockaddr_storage ss;
	struct endpoint at, self;
	socklen_t ss_len;
	struct notify_counts counts = {0, 0};
	uint64_t changes;

	(void)state;
	rcu_thread_start();
	rig_site(sites, "a", "10.0.0.0/8", "secret-a");
	rig_start(&r, sites, NULL);
	reloads.server = r.server;
	assert_int_equal(server_set_tenants(r.server, tenants()), 0);
	assert_int_equal(pthread_create(&reloader, NULL, reload, &reloads), 0);
	assert_true(udp_local(&r.listener.control[0], &at));
	for (unsigned int i = 0; i < CLIENTS; i++) {
		clients[i] = (struct client){.rig = &r, .index = i, .nonce = 1};
		clients[i].fd = socket(AF_INET, SOCK_DGRAM, 0);
		assert_true(clients[i].fd >= 0);
		assert_int_equal(connect(clients[i].fd, (struct sockaddr *)&ss,
					 endpoint_to_sockaddr(&at, &ss)),
			0);
		ss_len = sizeof(ss);
		assert_int_equal(getsockname(clients[i].fd, (struct sockaddr *)&ss, &ss_len), 0);
		assert_true(endpoint_from_sockaddr(&self, (struct sockaddr *)&ss));
		endpoint_format(&self, clients[i].self, sizeof(clients[i].self));
		assert_int_equal(pthread_create(&threads[i], NULL, run_client, &clients[i]), 0);
	}
	for (unsigned int i = 0; i < CLIENTS; i++) {
		/* meanwhile this thread does what the control thread does */
		rcu_enter();
		notify_run(r.server->notify, mono_now(), out, &counts);
		outbox_clear(out);
		registry_count(r.server->registry);
		rcu_leave();
		pthread_join(threads[i], NULL);
		close(clients[i].fd);
		assert_null(clients[i].failure);
		assert_int_equal(clients[i].moved, EIDS * ROUNDS * 2);
		assert_int_equal(clients[i].resolved, EIDS * ROUNDS * 2);
	}
	__atomic_store_n(&reloads.stop, true, __ATOMIC_RELEASE);
	pthread_join(reloader, NULL);
	expect_tenants(&r, &reloads);
	assert_int_equal(registry_count(r.server->registry), EIDS * (CLIENTS / 2));
	changes = metrics_sum(r.counters, COUNT_REGISTERED) +
		  metrics_sum(r.counters, COUNT_CHANGED) + metrics_sum(r.counters, COUNT_MOVED);
	assert_true(changes >= EIDS * (CLIENTS / 2));
	assert_true(metrics_sum(r.counters, COUNT_ACKNOWLEDGED) >= EIDS * ROUNDS * 2 * CLIENTS);
	assert_int_equal(metrics_sum(r.counters, COUNT_DROPPED + DROP_BAD_MAC), 0);
	assert_true(metrics_sum(r.counters, COUNT_INFO_REPLIES) > 0);
	rig_stop(&r);
	outbox_free(out);
	rcu_thread_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_xtrs_register_and_move_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
