/* See rig.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/replay/rig.h"

#define SLOTS (RIG_WORKERS + 2) /* the committer's, the publisher's */

static const uint8_t secret[16] = "thread-test-key";

struct site_table *rig_sites(void)
{
	return site_table_new(secret);
}

void rig_site(struct site_table *t, const char *name, const char *prefix, const char *key)
{
	struct site *s = site_new(name, SLOTS);
	struct eid eid = world_eid(prefix);
	const struct site *holder;

	assert_int_equal(site_add_key(s, 1, AUTH_HMAC_SHA256_128, key, strlen(key)), 0);
	assert_int_equal(site_add_prefix(s, &eid, true), 0);
	s->subscribe = true;
	assert_int_equal(site_table_add(t, s, &holder), 0);
}

static struct server *server(
	struct site_table *sites, const struct subscription_options *subscriptions)
{
	struct server_options o = {.map_server = true,
		.slots = SLOTS,
		.registration_timeout_s = 180,
		.xtrs_max = 1024,
		.notifies_max = 4096,
		.port = 4342,
		.ipv4 = true,
		.registry = {.instances_max = 16, .tombstones_max = 100, .tombstone_life_s = 60}};

	memcpy(o.registry.secret, secret, sizeof(secret));
	if (subscriptions)
		o.subscriptions = *subscriptions;
	return server_new(&o, sites, NULL);
}

static void start_workers(struct rig *r)
{
	for (unsigned int i = 0; i < RIG_WORKERS; i++) {
		r->workers[i] = worker_start(&(struct worker_options){.server = r->server,
			.index = i,
			.random = &r->random,
			.counters = metrics_shard(r->counters, i),
			.listeners = &r->listener,
			.listener_count = 1,
			.submit = committer_submit,
			.submit_arg = r->committer});
		assert_non_null(r->workers[i]);
	}
}

static void start_publisher(struct rig *r)
{
	r->publisher = publisher_start(&(struct publisher_options){.server = r->server,
		.slot = RIG_WORKERS + 1,
		.random = &r->random,
		.counters = metrics_shard(r->counters, RIG_WORKERS + 1),
		.listeners = &r->listener,
		.listener_count = 1});
	assert_non_null(r->publisher);
}

void rig_start(
	struct rig *r, struct site_table *sites, const struct subscription_options *subscriptions)
{
	struct endpoint at = world_endpoint("127.0.0.1:1");
	char why[256] = "";

	at.port = 0;
	*r = (struct rig){.wake_fd = eventfd(0, EFD_NONBLOCK)};
	random_system_init(&r->random);
	r->server = server(sites, subscriptions);
	assert_int_equal(
		store_open(&r->storage.store, "memory:", stored_tables, why, sizeof(why)), 0);
	r->metrics = metrics_new();
	r->counters = metrics_add(r->metrics, mapserver_metrics, COUNT_MAX, SLOTS);
	if (listener_open(&r->listener, &at, RIG_WORKERS, &r->random, why, sizeof(why)) < 0)
		fail_msg("%s", why);
	r->committer = committer_start(&(struct committer_options){.server = r->server,
		.storage = &r->storage,
		.slot = RIG_WORKERS,
		.random = &r->random,
		.counters = metrics_shard(r->counters, RIG_WORKERS),
		.listeners = &r->listener,
		.listener_count = 1,
		.wake_fd = r->wake_fd});
	assert_non_null(r->committer);
	if (subscriptions)
		start_publisher(r);
	start_workers(r);
}

void rig_stop(struct rig *r)
{
	for (unsigned int i = 0; i < RIG_WORKERS; i++)
		worker_stop(r->workers[i]);
	if (r->publisher)
		publisher_stop(r->publisher);
	committer_stop(r->committer);
	listener_close(&r->listener);
	server_free(r->server);
	store_close(r->storage.store);
	metrics_free(r->metrics);
	close(r->wake_fd);
}
