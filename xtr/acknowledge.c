/* See acknowledge.h. */
#include "xtr/acknowledge.h"

#include "xtr/locator.h"

#define MESSAGE_MAX 1400 /* bytes */
#define FRAME       80   /* of them head, authentication data and ids, at most */

struct signer {
	uint8_t key_id;
	enum auth_alg alg;
	const struct auth_options *opt;
	struct auth_key *key;
};

static void write_ack(struct env *env, const struct signer *by, const struct map_register *m,
	const struct endpoint *to)
{
	struct map_register ack = {
		.type = LISP_MAP_NOTIFY_ACK,
		.has_xtr_id = m->has_xtr_id,
		.nonce = m->nonce,
		.xtr_id = env->policy.xtr_id,
		.site_id = env->policy.site_id,
	};
	struct lisp_records it = m->records;
	struct lisp_record rec;
	unsigned int count = 0;
	struct wire_writer w;
	uint8_t *bytes = env_begin(env, MESSAGE_MAX);
	int len;

	if (!bytes)
		return;
	wire_writer_init(&w, bytes, MESSAGE_MAX);
	map_register_begin(&w, &ack, by->key_id, by->alg, by->opt);
	while (lisp_records_next(&it, &rec) && w.pos + rec.raw_len + FRAME <= MESSAGE_MAX) {
		wire_put_bytes(&w, rec.raw, rec.raw_len);
		count++;
	}
	len = map_register_finish(&w, &ack, count, by->key, by->opt);
	if (len > 0)
		outbox_commit(env->out, (uint32_t)len, to, locator_own(env, to->addr.afi));
}

void acknowledge(struct server *s, const struct map_register *m, const struct endpoint *to)
{
	const struct signer by = {s->conf.key_id, s->conf.alg, &s->conf.auth, s->key};

	write_ack(s->env, &by, m, to);
}

void acknowledge_publication(struct env *env, const struct pubsub_key *key,
	const struct map_register *m, const struct endpoint *to)
{
	const struct auth_options opt = {0};
	const struct signer by = {
		OTK_PUBSUB_KEY_ID, AUTH_HMAC_SHA256_128, &opt, auth_key_new(key->bytes, key->len)};

	if (by.key)
		write_ack(env, &by, m, to);
	else
		env_count(env, XTR_NO_MEMORY);
	auth_key_free(by.key);
}

bool publication_authentic(
	const struct pubsub_key *key, const struct map_register *m, const uint8_t *msg, size_t len)
{
	const struct auth_options opt = {0};
	struct auth_key *ready;
	bool ok;

	if (m->auth.key_id != OTK_PUBSUB_KEY_ID || m->auth.alg != AUTH_HMAC_SHA256_128)
		return false;
	ready = auth_key_new(key->bytes, key->len);
	ok = ready && auth_verify(ready, LISP_MAP_NOTIFY, &opt, msg, len, m->nonce, &m->auth);
	auth_key_free(ready);
	return ok;
}
