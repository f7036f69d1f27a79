/* See association.h. */
#include "mapserver/association.h"

#include "lib/base/rcu.h"

struct site *association_site(struct server_thread *t, struct subscriber *who)
{
	struct site_table *sites = rcu_load(&t->server->sites);

	if (who->site_table != sites || !sites) {
		site_unref(who->site);
		who->site = sites ? site_table_named(sites, who->xtr->who.site) : NULL;
		who->site_table = sites;
		if (who->site)
			site_ref(who->site);
	}
	return who->site;
}

/* The one that its own messages had, or the first. */
static struct site_key *site_key_of(struct subscriber *who, struct site *site)
{
	struct site_key *key = site_find_key(site, who->key_id, (enum auth_alg)who->key_alg);

	return key || !site->key_count ? key : &site->keys[0];
}

bool association_has_key(
	struct server_thread *t, struct subscriber *who, const struct pubsub_key *key)
{
	struct site *site = association_site(t, who);

	return site && (key || site->key_count);
}

bool association_begin(struct server_thread *t, struct subscriber *who,
	const struct pubsub_key *key, uint64_t nonce, uint8_t *buf, size_t cap,
	struct association_writing *out)
{
	struct site *site = association_site(t, who);
	enum auth_alg alg = AUTH_HMAC_SHA256_128;
	uint8_t id = OTK_PUBSUB_KEY_ID;

	*out = (struct association_writing){
		.m = {.type = LISP_MAP_NOTIFY, .nonce = nonce}, .own = key != NULL};
	if (site && key) {
		out->ready = auth_key_new(key->bytes, key->len);
	} else if (site) {
		struct site_key *k = site_key_of(who, site);

		out->ready = k ? site_ready_key(k, t->slot) : NULL;
		out->opt = site->auth;
		id = k ? k->id : 0;
		alg = k ? k->alg : AUTH_NONE;
	}
	if (!out->ready)
		return false;
	wire_writer_init(&out->w, buf, cap);
	map_register_begin(&out->w, &out->m, id, alg, &out->opt);
	return true;
}

int association_finish(struct association_writing *w, unsigned int records)
{
	int len = map_register_finish(&w->w, &w->m, records, w->ready, &w->opt);

	if (w->own)
		auth_key_free(w->ready);
	return len;
}

static bool verify_own(const struct pubsub_key *key, enum lisp_type type, const struct datagram *d,
	const struct map_register *m)
{
	const struct auth_options opt = {0};
	struct auth_key *ready;
	bool ok;

	if (m->auth.key_id != OTK_PUBSUB_KEY_ID || m->auth.alg != AUTH_HMAC_SHA256_128)
		return false;
	ready = auth_key_new(key->bytes, key->len);
	ok = ready && auth_verify(ready, type, &opt, d->bytes, d->len, m->nonce, &m->auth);
	auth_key_free(ready);
	return ok;
}

bool association_verify(struct server_thread *t, struct subscriber *who,
	const struct pubsub_key *key, enum lisp_type type, const struct datagram *d,
	const struct map_register *m)
{
	struct site *site = association_site(t, who);
	struct auth_key *ready;
	struct site_key *k;

	if (!site)
		return false;
	if (key)
		return verify_own(key, type, d, m);
	k = site_find_key(site, m->auth.key_id, (enum auth_alg)m->auth.alg);
	ready = k ? site_ready_key(k, t->slot) : NULL;
	return ready && auth_verify(ready, type, &site->auth, d->bytes, d->len, m->nonce, &m->auth);
}
