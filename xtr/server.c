/* See server.h. */
#include "xtr/server.h"

#include <stdlib.h>
#include <string.h>

#define LOST_AFTER 4 /* transmissions without an answer */

struct server *server_open(struct env *env, const struct policy_server *conf)
{
	struct server *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->env = env;
	s->conf = *conf;
	s->key = auth_key_new(conf->key, conf->key_len);
	if (!s->key) {
		server_close(s);
		return NULL;
	}
	return s;
}

void server_close(struct server *s)
{
	if (!s)
		return;
	auth_key_free(s->key);
	explicit_bzero(&s->conf, sizeof(s->conf));
	free(s);
}

bool server_same(const struct server *s, const struct policy_server *conf)
{
	const struct policy_server *mine = &s->conf;

	return address_equal(&mine->at.addr, &conf->at.addr) && mine->at.port == conf->at.port &&
	       mine->protocol == conf->protocol && mine->key_id == conf->key_id &&
	       mine->alg == conf->alg && mine->auth.full_length == conf->auth.full_length &&
	       mine->auth.records_only == conf->auth.records_only &&
	       mine->proxy_reply == conf->proxy_reply && mine->merge == conf->merge &&
	       mine->key_len == conf->key_len && !memcmp(mine->key, conf->key, conf->key_len);
}

static void tell(struct server *s, enum router_event_type type)
{
	const struct router_event event = {.type = type, .rloc = s->conf.at.addr};
	char text[ENDPOINT_TEXT];

	endpoint_format(&s->conf.at, text, sizeof(text));
	log_info(s->env->log, "map-server %s %s", text,
		type == ROUTER_REGISTERED ? "acknowledges our registrations" : "does not answer");
	env_event(s->env, &event);
}

void server_sent(struct server *s)
{
	if (++s->unanswered < LOST_AFTER || s->lost)
		return;
	s->lost = true;
	tell(s, ROUTER_UNREGISTERED);
}

void server_answered(struct server *s)
{
	bool news = s->lost || !s->ever;

	s->unanswered = 0;
	s->lost = false;
	s->ever = true;
	s->acked = s->env->now;
	if (news)
		tell(s, ROUTER_REGISTERED);
}

bool server_authentic(struct server *s, enum lisp_type type, const uint8_t *msg, size_t len,
	uint64_t nonce, const struct auth_field *f)
{
	return f->key_id == s->conf.key_id && f->alg == s->conf.alg &&
	       auth_verify(s->key, type, &s->conf.auth, msg, len, nonce, f);
}
