/* See sabotage.h. */
#include "tests/sim/sabotage.h"

#include <stdlib.h>
#include <string.h>

#include "lisp/map_register.h"
#include "lisp/map_reply.h"
#include "lisp/move.h"
#include "mapserver/job.h"
#include "tests/sim/hosts.h"
#include "tests/sim/network.h"
#include "tests/sim/party_mapserver.h"
#include "tests/sim/party_xtr.h"

#define REPLY_MAX    128 /* bytes of a reply that is remembered */
#define NONCE_AT     4   /* of a Map-Reply */
#define NONCE_BYTES  8
#define SEQ_BEHIND   24 /* xTR-ID and Site-ID stand between the MAC and seq */
#define FORGET_EVERY 10
#define ACK_US       30000
#define LEAK_EVERY   1
#define FIFTH        5

const char *const sabotage_names[] = {[SABOTAGE_NONE] = "none",
	[SABOTAGE_CLAIM_COMPARE] = "claim-compare",
	[SABOTAGE_SMR] = "smr",
	[SABOTAGE_GHOST] = "ghost",
	[SABOTAGE_DISK] = "disk",
	[SABOTAGE_STALE] = "stale",
	[SABOTAGE_LOST_COMMIT] = "lost-commit",
	[SABOTAGE_SUBSCRIBER] = "subscriber",
	[SABOTAGE_FIFTH] = "fifth",
	[SABOTAGE_ACK_FIRST] = "ack-first",
	[SABOTAGE_SILENT] = "silent",
	[SABOTAGE_LEAK] = "leak",
	[SABOTAGE_TAIL] = "tail",
	[SABOTAGE_ABANDON] = "abandon",
	NULL};

struct said {
	uint8_t len;
	uint8_t bytes[REPLY_MAX];
};

struct sabotage_memory {
	struct said *said; /* the first reply about each host */
	uint32_t hosts;
	uint64_t sent;
};

struct sabotage_memory *sabotage_memory_new(struct sim *sim)
{
	struct sabotage_memory *m = calloc(1, sizeof(*m));

	if (!m || sim->opt.sabotage != SABOTAGE_STALE)
		return m;
	m->hosts = hosts_count(sim->hosts);
	m->said = calloc(m->hosts, sizeof(m->said[0]));
	if (m->said)
		return m;
	free(m);
	return NULL;
}

void sabotage_memory_free(struct sabotage_memory *m)
{
	if (m)
		free(m->said);
	free(m);
}

/* The key that the message is signed with; NULL: none of the sites'. */
static struct auth_key *key_of(enum lisp_type type, const void *bytes, size_t len, uint64_t nonce,
	const struct auth_field *auth)
{
	const struct auth_options opt = {false, false};

	for (unsigned int i = 0; i < PARTY_SITES; i++) {
		struct auth_key *key = auth_key_new(party_key(i), strlen(party_key(i)));

		if (auth_verify(key, type, &opt, bytes, len, nonce, auth))
			return key;
		auth_key_free(key);
	}
	return NULL;
}

/* The base of a claim becomes the number that the Map-Server wants, under a right MAC. */
static bool forge_base(struct sim *s, struct party_mapserver *m, uint8_t *bytes, size_t len)
{
	const struct auth_options opt = {false, false};
	struct party_mapserver_view v;
	struct auth_key *key;
	struct wire_fault fault;
	struct wire_writer w;
	struct move move;
	size_t at;

	if (move_parse(bytes, len, &move, &fault) || move.kind != MOVE_CLAIM ||
		party_mapserver_is_front(m))
		return false;
	party_mapserver_look(m, &move.record.eid.eid, &v);
	if (v.owner < 0 || v.seq == move.seq)
		return false;
	sim_trace(s, "sabotage: base %llu of a claim becomes %llu", (unsigned long long)move.seq,
		(unsigned long long)v.seq);
	key = key_of(LISP_EXTENSION, bytes, len, move.nonce, &move.auth);
	if (!key)
		return false;
	at = move.auth.offset + move.auth.len + SEQ_BEHIND;
	wire_writer_init(&w, bytes + at, sizeof(uint64_t));
	wire_put_u64(&w, v.seq);
	auth_sign(key, LISP_EXTENSION, &opt, bytes, len, move.nonce, &move.auth);
	auth_key_free(key);
	return true;
}

const void *sabotage_receive(struct sim *s, struct party_mapserver *m, const void *bytes,
	size_t len, uint8_t changed[SABOTAGE_BYTES_MAX])
{
	if (s->opt.sabotage != SABOTAGE_CLAIM_COMPARE || len > SABOTAGE_BYTES_MAX)
		return bytes;
	memcpy(changed, bytes, len);
	return forge_base(s, m, changed, len) ? changed : bytes;
}

struct job *sabotage_forget(struct sim *s)
{
	uint32_t host;

	if (s->opt.sabotage != SABOTAGE_LOST_COMMIT ||
		random_below(&s->random.random, FORGET_EVERY))
		return NULL;
	host = (uint32_t)random_below(&s->random.random, hosts_moving(s->hosts));
	sim_trace(s, "sabotage: host %u is forgotten", host);
	return job_new_static(JOB_DELETE, hosts_eid(s->hosts, host));
}

/* The same as the first time, with the nonce of this time. */
static void repeat_reply(
	struct sim *s, struct sabotage_memory *m, uint8_t *bytes, struct outbox_datagram *d)
{
	struct wire_fault fault;
	struct lisp_record rec;
	struct map_reply reply;
	struct said *said;
	uint32_t host;

	if (map_reply_parse(bytes, d->len, &reply, &fault) ||
		!lisp_records_next(&reply.records, &rec))
		return;
	host = hosts_find(s->hosts, &rec.eid.eid);
	if (host == HOST_NONE || d->len > REPLY_MAX)
		return;
	said = &m->said[host];
	if (!said->len) {
		said->len = (uint8_t)d->len;
		memcpy(said->bytes, bytes, d->len);
	} else if (said->len == d->len) {
		memcpy(said->bytes + NONCE_AT, bytes + NONCE_AT, NONCE_BYTES);
		memcpy(bytes, said->bytes, said->len);
	}
}

struct false_ack {
	unsigned int server;
	struct endpoint from;
	struct address to;
	size_t len;
	uint8_t bytes[];
};

static void acknowledge(struct sim *s, void *payload)
{
	const struct false_ack *a = payload;

	party_mapserver_receive(s->servers[a->server], a->bytes, a->len, &a->from, &a->to);
}

/* All publications are to be lost, or those of some numbers. */
static bool is_lost(struct sim *s, unsigned int server, const struct eid *eid)
{
	struct party_mapserver_view v;

	if (s->opt.sabotage != SABOTAGE_FIFTH)
		return true;
	party_mapserver_look(s->servers[server], eid, &v);
	return v.seq % FIFTH == 0;
}

/* The xTR never sees it; its acknowledgement comes all the same. */
static void swallow(
	struct sim *s, unsigned int server, const uint8_t *bytes, struct outbox_datagram *d)
{
	const struct auth_options opt = {false, false};
	struct wire_fault fault;
	struct lisp_record rec;
	struct map_register m;
	struct auth_key *key;
	struct false_ack *a;

	if (map_register_parse(bytes, d->len, &m, &fault) || !lisp_records_next(&m.records, &rec) ||
		hosts_find(s->hosts, &rec.eid.eid) >= hosts_moving(s->hosts) ||
		!is_lost(s, server, &rec.eid.eid))
		return;
	key = key_of(LISP_MAP_NOTIFY, bytes, d->len, m.nonce, &m.auth);
	if (!key)
		return;
	a = sim_event_in_us(s, ACK_US, acknowledge, sizeof(*a) + d->len);
	*a = (struct false_ack){server, d->to, network_server(server), d->len};
	memcpy(a->bytes, bytes, d->len);
	a->bytes[0] = (uint8_t)(LISP_MAP_NOTIFY_ACK << 4 | (bytes[0] & 0xf));
	map_register_parse(a->bytes, a->len, &m, &fault);
	auth_sign(key, LISP_MAP_NOTIFY_ACK, &opt, a->bytes, a->len, m.nonce, &m.auth);
	auth_key_free(key);
	d->to.port = 0; /* to nobody */
}

void sabotage_outbox(
	struct sim *s, unsigned int server, struct sabotage_memory *m, struct outbox *out)
{
	for (uint32_t i = 0; i < out->count; i++) {
		uint8_t *bytes = out->bytes + out->list[i].offset;

		if (m->said && lisp_type_of(bytes, out->list[i].len) == LISP_MAP_REPLY)
			repeat_reply(s, m, bytes, &out->list[i]);
		if ((s->opt.sabotage == SABOTAGE_SUBSCRIBER || s->opt.sabotage == SABOTAGE_FIFTH) &&
			lisp_type_of(bytes, out->list[i].len) == LISP_MAP_NOTIFY)
			swallow(s, server, bytes, &out->list[i]);
		if (s->opt.sabotage == SABOTAGE_LEAK && ++m->sent % LEAK_EVERY == 0) {
			void *volatile lost = malloc(REPLY_MAX);

			(void)lost;
		}
	}
}
