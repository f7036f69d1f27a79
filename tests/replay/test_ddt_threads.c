/* Searches in the DDT tree by several threads at once, as workers, the control thread and the API
 * have them; and signatures that threads make and take from what is kept. To be run under
 * ThreadSanitizer, too. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/rcu.h"
#include "mapserver/ddt_resolver.h"
#include "tests/replay/ddt_world.h"

#define THREADS  4
#define SEARCHES 150 /* of each */

struct crowd {
	struct ddt_resolver *resolver;
	struct metrics_table *counters;
	unsigned int sooner; /* atomic */
	bool stop;           /* atomic */
};

struct one {
	struct crowd *crowd;
	unsigned int number;
	pthread_t tid;
	unsigned int asked, answered; /* datagrams of each kind that came out */
};

static void on_sooner(void *arg)
{
	struct crowd *c = arg;

	__atomic_add_fetch(&c->sooner, 1, __ATOMIC_RELAXED);
}

static void look(struct one *me, struct outbox *out)
{
	for (uint32_t i = 0; i < out->count; i++) {
		int type = lisp_type_of(outbox_bytes(out, i), out->list[i].len);

		me->asked += type == LISP_ECM;
		me->answered += type == LISP_MAP_REPLY;
	}
	outbox_clear(out);
}

/* A search of its own: asked at the root, referred to a node, and there is nothing. */
static void search(struct one *me, unsigned int n, struct ddt_turn *turn)
{
	const struct ddt_record down = {REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.11"}};
	const struct ddt_record hole = {REFERRAL_HOLE, NULL, .ttl_min = 15};
	struct endpoint itr = world_endpoint("198.18.0.1:40000"),
			root = world_endpoint("192.0.2.1"), node = world_endpoint("192.0.2.11");
	struct map_request_spec s = {.nonce = (uint64_t)me->number << 32 | n, .itr_rloc_count = 1};
	struct ddt_question q = {.nonce = s.nonce, .local = root.addr};
	struct ddt_record last = hole;
	uint8_t message[128], referral[256];
	struct wire_fault fault;
	char text[32];
	int error;

	itr.addr.bytes[2] = (uint8_t)n;
	itr.addr.bytes[3] = (uint8_t)me->number;
	snprintf(text, sizeof(text), "10.%u.%u.0/24", me->number, n);
	last.prefix = text;
	s.itr_rlocs[0] = itr.addr;
	q.eid = s.eid = world_eid(text);
	q.reply_to = q.source = itr;
	q.dest = (struct endpoint){.addr = q.eid.addr, .port = 4342};
	q.message = message;
	q.len = (size_t)map_request_write(message, sizeof(message), &s);
	ddt_resolver_ask(me->crowd->resolver, &q, turn);
	ddt_resolver_receive(me->crowd->resolver, referral,
		ddt_write_referral(referral, sizeof(referral), s.nonce, &down), &root, turn, &error,
		&fault);
	ddt_resolver_receive(me->crowd->resolver, referral,
		ddt_write_referral(referral, sizeof(referral), s.nonce, &last), &node, turn, &error,
		&fault);
}

static void *searcher(void *arg)
{
	struct one *me = arg;
	struct ddt_turn turn = {.now = {1000000000},
		.out = outbox_new(64, 1 << 16),
		.counters = metrics_shard(me->crowd->counters, me->number)};

	rcu_thread_start();
	for (unsigned int n = 0; n < SEARCHES; n++) {
		search(me, n, &turn);
		look(me, turn.out);
	}
	rcu_thread_stop();
	outbox_free(turn.out);
	return NULL;
}

static bool count_one(const struct referral *r, void *arg)
{
	(void)r;
	(*(unsigned int *)arg)++;
	return true;
}

/* The control thread: timers and the API. */
static void *watcher(void *arg)
{
	struct one *me = arg;
	struct ddt_turn turn = {.now = {1000000000},
		.out = outbox_new(1024, 1 << 18),
		.counters = metrics_shard(me->crowd->counters, me->number)};
	unsigned int seen = 0;

	rcu_thread_start();
	while (!__atomic_load_n(&me->crowd->stop, __ATOMIC_ACQUIRE)) {
		ddt_resolver_run(me->crowd->resolver, &turn);
		ddt_resolver_next(me->crowd->resolver);
		ddt_resolver_state(me->crowd->resolver);
		ddt_resolver_each(me->crowd->resolver, count_one, &seen);
		look(me, turn.out);
	}
	rcu_thread_stop();
	outbox_free(turn.out);
	return NULL;
}

static void threads_search_at_once(void **state)
{
	struct crowd c = {.sooner = 0};
	struct ddt_resolver_options o = {.pending_max = 4096,
		.referrals_max = 200,
		.ipv4 = true,
		.sooner = on_sooner,
		.arg = &c};
	struct referral_root root = {.at = world_endpoint("192.0.2.1")};
	struct metrics *metrics = metrics_new();
	struct one all[THREADS + 1];
	unsigned int asked = 0, answered = 0;

	(void)state;
	rcu_thread_start();
	c.resolver = ddt_resolver_new(&o, referral_new_root(&root, 1));
	c.counters = metrics_add(metrics, mapserver_metrics, COUNT_MAX, THREADS + 1);
	for (unsigned int i = 0; i <= THREADS; i++) {
		all[i] = (struct one){.crowd = &c, .number = i};
		assert_int_equal(pthread_create(&all[i].tid, NULL, i < THREADS ? searcher : watcher,
					 &all[i]),
			0);
	}
	for (unsigned int i = 0; i < THREADS; i++)
		pthread_join(all[i].tid, NULL);
	__atomic_store_n(&c.stop, true, __ATOMIC_RELEASE);
	pthread_join(all[THREADS].tid, NULL);
	for (unsigned int i = 0; i <= THREADS; i++) {
		asked += all[i].asked;
		answered += all[i].answered;
	}
	assert_int_equal(ddt_resolver_state(c.resolver).pending, 0);
	assert_int_equal(ddt_resolver_state(c.resolver).referrals, 200);
	assert_int_equal(answered, THREADS * SEARCHES);
	assert_int_equal(metrics_sum(c.counters, COUNT_NEGATIVE_REPLIES), THREADS * SEARCHES);
	assert_int_equal(metrics_sum(c.counters, COUNT_DDT_REQUESTS), asked);
	assert_true(c.sooner >= 1);
	ddt_resolver_free(c.resolver);
	metrics_free(metrics);
	rcu_thread_stop();
}

/* ---- signatures ---- */

struct signing {
	struct delegation_table *table;
	pthread_t tid;
	unsigned int made;
};

static void *sign_some(void *arg)
{
	const struct address asker = world_address("192.0.2.77");
	struct signing *me = arg;
	struct ddt_signer *s = delegation_table_signer(me->table);

	for (unsigned int n = 0; n < 40; n++) {
		struct eid eid = world_eid("10.0.0.0/24");
		struct wire_writer w;
		uint8_t out[512];

		eid.addr.bytes[2] = (uint8_t)(n % 8);
		wire_writer_init(&w, out, sizeof(out));
		map_referral_record_write(&w, &eid, 15, 0, 1, REFERRAL_HOLE, false, 0);
		me->made += ddt_signer_sign(s, &w, 0, DDT_SIGN_ASKED, &asker,
				    (struct mono){1000000000}, DDT_WALL) == 0;
	}
	return NULL;
}

static void threads_sign_at_once(void **state)
{
	struct delegation_table *t = ddt_table();
	struct signing all[THREADS];

	(void)state;
	ddt_sign_with_vector(t, 1000);
	for (unsigned int i = 0; i < THREADS; i++) {
		all[i] = (struct signing){.table = t};
		assert_int_equal(pthread_create(&all[i].tid, NULL, sign_some, &all[i]), 0);
	}
	for (unsigned int i = 0; i < THREADS; i++) {
		pthread_join(all[i].tid, NULL);
		assert_int_equal(all[i].made, 40);
	}
	delegation_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_search_at_once),
		cmocka_unit_test(threads_sign_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
