/* See vm_world.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/vm_world.h"

static const struct auth_options plain;

static void on_line(struct log *log, enum log_level level, const char *line)
{
	struct vm_world *w = log->arg;

	w->log_lines++;
	strncpy(w->last_line, line, sizeof(w->last_line) - 1);
}

static bool is_complete(void *arg, const struct eid *eid)
{
	return ((struct vm_world *)arg)->complete;
}

static void on_changed(void *arg, const struct guest *guest)
{
	((struct vm_world *)arg)->changes++;
}

static void on_keep(void *arg, const struct guest *guest)
{
	((struct vm_world *)arg)->kept++;
}

static void on_forget(void *arg, const struct handover_id *uuid)
{
	((struct vm_world *)arg)->forgotten++;
}

static void on_rebound(void *arg)
{
	((struct vm_world *)arg)->rebound++;
}

struct vm_world *vm_world_new(void)
{
	return vm_world_with_taps(NULL);
}

struct vm_world *vm_world_with_taps(const struct tap_ops *taps)
{
	struct vm_world *w = calloc(1, sizeof(*w));
	const struct reporter_ops reporter = {.complete = is_complete, .arg = w};
	const struct guests_ops guests = {.changed = on_changed,
		.rebound = on_rebound,
		.keep = on_keep,
		.forget = on_forget,
		.arg = w};

	assert_non_null(w);
	log_init_sink(&w->log, on_line, w);
	random_seeded_init(&w->random, 1);
	timers_init(&w->env.timers);
	w->env.random = &w->random.random;
	w->env.log = &w->log;
	w->env.out = outbox_new(256, 1 << 20);
	w->env.now = (struct mono){1000000000};
	w->env.counter = 0x0102030405060708;
	memset(w->policy.agent_id.bytes, 0xa1, 16);
	w->policy.expect_ms = 60000;
	w->policy.xtr_count = 1;
	w->policy.xtrs[0] = (struct vm_xtr){
		.key_id = 1, .alg = AUTH_HMAC_SHA256_128, .key_len = strlen(VM_WORLD_KEY)};
	memcpy(w->policy.xtrs[0].key, VM_WORLD_KEY, strlen(VM_WORLD_KEY));
	assert_true(endpoint_parse(&w->policy.xtrs[0].at, "192.0.2.1", LISP_CONTROL_PORT));
	w->reporter = reporter_new(&w->env, &w->policy, &reporter);
	w->guests = guests_new(&w->env, w->reporter, &w->policy, &guests, taps);
	w->key = auth_key_new(VM_WORLD_KEY, strlen(VM_WORLD_KEY));
	w->next_question = 1;
	assert_true(w->env.out && w->reporter && w->guests && w->key);
	return w;
}

void vm_world_free(struct vm_world *w)
{
	guests_free(w->guests);
	reporter_free(w->reporter);
	outbox_free(w->env.out);
	auth_key_free(w->key);
	free(w);
}

struct handover_host vm_world_host(unsigned int last)
{
	struct handover_host host = {.mac = {0x52, 0x54, 0, 0x66, 0, 2}};
	uint8_t bytes[4] = {203, 0, 113, (uint8_t)last};
	struct address a;

	assert_true(address_set(&a, AFI_IPV4, bytes, sizeof(bytes)));
	host.eid = eid_host(0, &a);
	return host;
}

struct guest *vm_world_guest(struct vm_world *w, const char *name, unsigned int last)
{
	struct handover_host host = vm_world_host(last);
	struct handover_id uuid;

	memset(uuid.bytes, (int)last, sizeof(uuid.bytes));
	return guests_bind(w->guests, name, &uuid, GUEST_OF_CONFIG, &host, 1);
}

void vm_world_pass(struct vm_world *w, uint64_t ms)
{
	struct mono end = mono_add_ms(w->env.now, ms), next;

	while (next = timers_next(&w->env.timers), mono_due(next, end)) {
		w->env.now = next;
		timers_run(&w->env.timers, next);
	}
	w->env.now = end;
}

bool vm_world_silent(struct vm_world *w)
{
	return w->taken == w->env.out->count;
}

const struct handover *vm_world_message(struct vm_world *w)
{
	static struct handover h;
	struct wire_fault fault;
	const uint8_t *bytes;
	uint32_t len;

	assert_false(vm_world_silent(w));
	bytes = outbox_bytes(w->env.out, w->taken);
	len = w->env.out->list[w->taken++].len;
	assert_int_equal(handover_parse(bytes, len, &h, &fault), 0);
	assert_true(handover_verify(w->key, &plain, bytes, len, &h));
	return &h;
}

const struct handover *vm_world_state(struct vm_world *w)
{
	const struct handover *h = vm_world_message(w);

	assert_int_equal(h->kind, HANDOVER_STATE);
	return h;
}

void vm_world_send(struct vm_world *w, struct handover *h, struct auth_key *key, const char *from)
{
	uint8_t bytes[2048];
	struct wire_writer out;
	struct endpoint at;
	int len;

	assert_true(endpoint_parse(&at, from, LISP_CONTROL_PORT));
	wire_writer_init(&out, bytes, sizeof(bytes));
	handover_begin(&out, h, 1, AUTH_HMAC_SHA256_128, &plain);
	len = handover_finish(&out, h, key, &plain);
	assert_true(len > 0);
	reporter_packet(w->reporter, bytes, (size_t)len, &at);
}

void vm_world_ack(struct vm_world *w, uint64_t counter, enum handover_result result)
{
	struct handover h = {
		.kind = HANDOVER_STATE_ACK, .counter = counter, .state = (uint8_t)result};

	vm_world_send(w, &h, w->key, "192.0.2.1");
}

void vm_world_ask(struct vm_world *w, const struct eid *eids, unsigned int count)
{
	struct handover h = {
		.kind = HANDOVER_ASK, .counter = w->next_question++, .host_count = (uint16_t)count};

	for (unsigned int i = 0; i < count; i++)
		h.hosts[i].eid = eids[i];
	vm_world_send(w, &h, w->key, "192.0.2.1");
}
