/* See arp_proxy.h. */
#include "trill/core/arp_proxy.h"

#include <stdlib.h>
#include <string.h>

#define ETHERNET_HEAD 14
#define ND_OPTIONS_AT (ETHERNET_HEAD + 40 + 24)
#define OPTION_CGA    11 /* RFC 3971 */
#define OPTION_RSA    12
#define PORT_KEY      2 /* bytes, of keys of limits */
#define LABEL_KEY     4
#define ADDRESS_KEY   (LABEL_KEY + 16)

/* An address that another MAC claims, while its owner is asked. */
struct verify {
	bool used;
	struct ip_claim claim;
	struct mac is;
	struct mono until;
};

struct arp_proxy {
	struct arp_proxy_config config;
	struct ip_cache *cache;
	struct limit_table *ports, *floods, *floods_sum, *remotes;
	struct limit remotes_sum;
	struct verify verifies[ARP_PROXY_VERIFIES_MAX];
	uint64_t counts[ARP_PROXY_VERDICTS];
	uint64_t duplicates;
};

/* ---- life ---- */

static bool is_local(const struct ip_claim *c)
{
	return c && c->origin == MAC_LOCAL;
}

/* What ESADI is told follows the cache. */
static void on_changed(
	void *arg, const struct ip_entry *entry, const struct ip_claim *before, bool gone)
{
	struct arp_proxy *p = arg;
	const struct ip_claim *now = gone ? NULL : &entry->claim;
	bool same_mac = now && before && !mac_compare(&now->mac, &before->mac);

	if (gone)
		before = &entry->claim;
	if (!p->config.local)
		return;
	if (is_local(before) && (!is_local(now) || !same_mac))
		p->config.local(p->config.arg, before, true);
	if (is_local(now) && (!is_local(before) || !same_mac))
		p->config.local(p->config.arg, now, false);
}

struct arp_proxy *arp_proxy_new(const struct arp_proxy_config *config)
{
	struct arp_proxy *p = calloc(1, sizeof(*p));
	struct ip_cache_config cache = {
		.max = config->max, .age_s = config->age_s, .changed = on_changed, .arg = p};

	if (!p)
		return NULL;
	p->config = *config;
	memcpy(cache.secret, config->secret, sizeof(cache.secret));
	p->cache = ip_cache_new(&cache);
	p->ports = limit_table_new(ARP_PROXY_LIMITED_MAX,
		limit_per_s(ARP_PROXY_PER_S, ARP_PROXY_PER_S), config->secret);
	p->floods = limit_table_new(ARP_PROXY_LIMITED_MAX,
		limit_per_s(ARP_PROXY_FLOOD_PER_S, ARP_PROXY_FLOOD_PER_S), config->secret);
	p->floods_sum = limit_table_new(ARP_PROXY_LIMITED_MAX,
		limit_per_s(ARP_PROXY_FLOODS_PER_S, ARP_PROXY_FLOODS_PER_S), config->secret);
	p->remotes = limit_table_new(ARP_PROXY_LIMITED_MAX,
		limit_per_s(ARP_PROXY_REMOTE_PER_S, ARP_PROXY_REMOTE_PER_S), config->secret);
	if (p->cache && p->ports && p->floods && p->floods_sum && p->remotes)
		return p;
	arp_proxy_free(p);
	return NULL;
}

void arp_proxy_free(struct arp_proxy *p)
{
	if (!p)
		return;
	ip_cache_free(p->cache);
	limit_table_free(p->ports);
	limit_table_free(p->floods);
	limit_table_free(p->floods_sum);
	limit_table_free(p->remotes);
	free(p);
}

void arp_proxy_verify_set(struct arp_proxy *p, bool verify)
{
	p->config.verify = verify;
}

void arp_proxy_mac_set(struct arp_proxy *p, const struct mac *mac)
{
	p->config.mac = *mac;
}

struct ip_cache *arp_proxy_cache(struct arp_proxy *p)
{
	return p->cache;
}

uint64_t arp_proxy_count(const struct arp_proxy *p, enum arp_proxy_verdict verdict)
{
	return p->counts[verdict];
}

uint64_t arp_proxy_duplicates(const struct arp_proxy *p)
{
	return p->duplicates;
}

const char *arp_proxy_verdict_name(enum arp_proxy_verdict verdict)
{
	static const char *const names[ARP_PROXY_VERDICTS] = {"other", "malformed", "forwarded",
		"answered", "unicast", "ours", "known", "flood_limit", "port_limit",
		"remote_limit"};

	return names[verdict];
}

/* ---- who has an address ---- */

static struct verify *verify_find(struct arp_proxy *p, struct label label, const struct address *ip)
{
	for (unsigned int i = 0; i < ARP_PROXY_VERIFIES_MAX; i++) {
		struct verify *v = &p->verifies[i];

		if (v->used && label_equal(v->claim.label, label) &&
			address_equal(&v->claim.ip, ip))
			return v;
	}
	return NULL;
}

static struct mac mac_of(const uint8_t bytes[MAC_LEN])
{
	struct mac mac;

	memcpy(mac.bytes, bytes, MAC_LEN);
	return mac;
}

/* fe80:: and the interface ID of our MAC (RFC 4291 appendix A). */
static struct address link_local(const struct mac *mac)
{
	const uint8_t *m = mac->bytes;
	struct address a = {.afi = AFI_IPV6,
		.len = 16,
		.bytes = {0xfe, 0x80, [8] = m[0] ^ 2, m[1], m[2], 0xff, 0xfe, m[3], m[4], m[5]}};

	return a;
}

/* Ask the owner, alone, whether it is still there (section 7: a DAD-query). */
static void owner_ask(struct arp_proxy *p, const struct ip_claim *owner)
{
	struct address nobody = {.afi = AFI_IPV4, .len = 4}, us = link_local(&p->config.mac);
	uint8_t frame[ARP_ND_MAX];
	struct arp_nd m;
	size_t len;

	if (!arp_nd_ask(&m, p->config.mac.bytes, owner->ip.afi == AFI_IPV4 ? &nobody : &us,
		    &owner->ip, owner->mac.bytes))
		return;
	len = arp_nd_build(&m, frame);
	if (len)
		p->config.send(p->config.arg, owner->label, owner->place, frame, len);
}

static void verify_start(struct arp_proxy *p, const struct ip_claim *claim,
	const struct ip_claim *is, struct mono now)
{
	struct verify *v = verify_find(p, claim->label, &claim->ip);

	if (v) {
		if (!mac_compare(&v->claim.mac, &claim->mac))
			v->claim = *claim; /* perhaps from elsewhere */
		return;
	}
	for (unsigned int i = 0; i < ARP_PROXY_VERIFIES_MAX && !v; i++)
		if (!p->verifies[i].used)
			v = &p->verifies[i];
	if (!v)
		return; /* it will claim again */
	v->used = true;
	v->claim = *claim;
	v->is = is->mac;
	v->until = mono_add_ms(now, ARP_PROXY_VERIFY_MS);
	owner_ask(p, is);
}

/* @claim as it is, or after its owner's silence, when that is an end station's word against
 * another's. */
static void claim_take(struct arp_proxy *p, const struct ip_claim *claim, struct mono now)
{
	const struct ip_entry *e = ip_cache_find(p->cache, claim->label, &claim->ip);

	if (p->config.verify && e && (claim->place.local || e->claim.place.local) &&
		ip_cache_would(p->cache, claim) == IP_CHANGED)
		verify_start(p, claim, &e->claim, now);
	else
		ip_cache_learn(p->cache, claim, now);
}

static void verify_end(struct arp_proxy *p, struct verify *v, bool duplicate, struct mono now)
{
	struct arp_proxy_event event = {.label = v->claim.label,
		.ip = v->claim.ip,
		.is = v->is,
		.claims = v->claim.mac,
		.duplicate = duplicate};

	v->used = false;
	p->duplicates += duplicate;
	if (!duplicate)
		ip_cache_learn(p->cache, &v->claim, now);
	if (p->config.event)
		p->config.event(p->config.arg, &event);
}

/* What @m says of its sender, which is at @place. */
static void sender_take(struct arp_proxy *p, struct label label, struct mac_place place,
	const struct arp_nd *m, struct mono now)
{
	const struct address *ip = arp_nd_told(m);
	struct ip_claim claim = {.label = label,
		.place = place,
		.mac = mac_of(m->mac),
		.confidence = place.local ? p->config.confidence : MAC_CONFIDENCE_DATA,
		.origin = place.local ? MAC_LOCAL : MAC_REMOTE,
		.knows_router = m->type == ND_ADVERT,
		.router = m->router};
	struct verify *v;

	/* Of a MAC other than the frame's own nobody knows the place. */
	if (!ip || memcmp(m->mac, m->eth_from, MAC_LEN))
		return;
	claim.ip = *ip;
	v = verify_find(p, label, ip);
	if (v && !mac_compare(&v->is, &claim.mac))
		verify_end(p, v, true, now);
	claim_take(p, &claim, now);
}

void arp_proxy_told(struct arp_proxy *p, struct label label, uint16_t nickname,
	const struct mac *mac, const struct address *ip, uint8_t confidence, bool gone,
	struct mono now)
{
	struct ip_claim claim = {.label = label,
		.ip = *ip,
		.mac = *mac,
		.place = {.where = nickname},
		.confidence = confidence,
		.origin = MAC_ESADI};
	struct verify *v = gone ? verify_find(p, label, ip) : NULL;

	if (v && v->claim.origin == MAC_ESADI && v->claim.place.where == nickname)
		v->used = false;
	if (gone)
		ip_cache_take_back(p->cache, &claim);
	else
		claim_take(p, &claim, now);
}

/* ---- questions ---- */

/* ND that is signed: who answers it must be its target (RFC 3971). */
static bool is_secured(const struct arp_nd *m, const uint8_t *frame, size_t len)
{
	size_t at = ND_OPTIONS_AT;

	if (m->type != ND_SOLICIT)
		return false;
	while (at + 2 <= len && frame[at + 1]) {
		if (frame[at] == OPTION_CGA || frame[at] == OPTION_RSA)
			return true;
		at += 8u * frame[at + 1];
	}
	return false;
}

/* The port goes first: whom its own limit holds back spends nothing of others'. */
static bool flood_limited(struct arp_proxy *p, struct label label, uint16_t port,
	const struct address *ip, struct mono now)
{
	uint8_t key[PORT_KEY + ADDRESS_KEY] = {(uint8_t)(port >> 8), (uint8_t)port, label.fgl,
		(uint8_t)(label.id >> 16), (uint8_t)(label.id >> 8), (uint8_t)label.id};

	memcpy(key + PORT_KEY + LABEL_KEY, ip->bytes, sizeof(key) - PORT_KEY - LABEL_KEY);
	return !limit_table_take(p->floods, key, sizeof(key), now) ||
	       !limit_table_take(p->floods_sum, key + PORT_KEY, ADDRESS_KEY, now);
}

static bool answer_build(
	const struct arp_nd *question, const struct ip_claim *target, struct arp_proxy_out *out)
{
	struct arp_nd m;

	if (!arp_nd_answer(&m, question, target->mac.bytes))
		return false;
	m.router = target->router;
	out->len = arp_nd_build(&m, out->frame);
	return out->len > 0;
}

/* A question by broadcast or multicast, at @port. */
static enum arp_proxy_verdict question_take(struct arp_proxy *p, struct label label, uint16_t port,
	const struct arp_nd *m, const uint8_t *frame, size_t len, struct mono now,
	struct arp_proxy_out *out)
{
	const struct ip_entry *e = ip_cache_find(p->cache, label, &m->target);
	const struct ip_claim *target = e ? &e->claim : NULL;
	bool answer;

	/* Who asks for itself is told nothing by us: it would take that for a duplicate. What is at
	 * the same port hears the question itself, and may have left. */
	if (!target || !memcmp(target->mac.bytes, m->eth_from, MAC_LEN) ||
		(target->place.local && target->place.where == port))
		return flood_limited(p, label, port, &m->target, now) ? ARP_PROXY_FLOOD_LIMIT
								      : ARP_PROXY_FORWARDED;
	answer = p->config.answer && !address_is_unspecified(&m->sender) &&
		 !is_secured(m, frame, len) && (m->type != ND_SOLICIT || target->knows_router);
	if (answer && answer_build(m, target, out))
		return ARP_PROXY_ANSWERED;
	if (target->place.local || len > sizeof(out->frame))
		return flood_limited(p, label, port, &m->target, now) ? ARP_PROXY_FLOOD_LIMIT
								      : ARP_PROXY_FORWARDED;
	/* An egress drops what is for a group inside a frame for it alone. */
	memcpy(out->frame, frame, len);
	memcpy(out->frame, target->mac.bytes, MAC_LEN);
	out->len = len;
	out->egress = target->place.where;
	return ARP_PROXY_UNICAST;
}

/* Gratuitous ARP, or an advertisement that nobody asked for (section 4.4 c). */
static bool is_announcement(const struct arp_nd *m)
{
	if (m->type == ND_ADVERT)
		return !m->solicited;
	return m->type != ND_SOLICIT && !address_is_unspecified(&m->sender) &&
	       address_equal(&m->sender, &m->target);
}

static enum arp_proxy_verdict local_take(struct arp_proxy *p, struct label label, uint16_t port,
	const uint8_t *frame, size_t len, struct mono now, struct arp_proxy_out *out)
{
	struct mac_place place = {.local = true, .where = port};
	struct arp_nd m;
	const char *why;

	if (!arp_nd_parse(&m, frame, len, &why))
		return why ? ARP_PROXY_MALFORMED : ARP_PROXY_OTHER;
	if (!limit_table_take(p->ports, &port, sizeof(port), now))
		return ARP_PROXY_PORT_LIMIT;
	sender_take(p, label, place, &m, now);
	if (!memcmp(m.eth_to, p->config.mac.bytes, MAC_LEN))
		return ARP_PROXY_OURS;
	if (is_announcement(&m))
		return p->config.complete ? ARP_PROXY_KNOWN : ARP_PROXY_FORWARDED;
	if ((m.type == ARP_REQUEST || m.type == ND_SOLICIT) && m.eth_to[0] & 1)
		return question_take(p, label, port, &m, frame, len, now, out);
	return ARP_PROXY_FORWARDED;
}

enum arp_proxy_verdict arp_proxy_local(struct arp_proxy *p, struct label label, uint16_t port,
	const uint8_t *frame, size_t len, struct mono now, struct arp_proxy_out *out)
{
	enum arp_proxy_verdict verdict = local_take(p, label, port, frame, len, now, out);

	p->counts[verdict]++;
	return verdict;
}

enum arp_proxy_verdict arp_proxy_heard(struct arp_proxy *p, struct label label, uint16_t port,
	const uint8_t *frame, size_t len, struct mono now)
{
	struct mac_place place = {.local = true, .where = port};
	enum arp_proxy_verdict verdict = ARP_PROXY_FORWARDED;
	const char *why = NULL;
	struct arp_nd m;

	if (!arp_nd_parse(&m, frame, len, &why))
		verdict = why ? ARP_PROXY_MALFORMED : ARP_PROXY_OTHER;
	else if (!limit_table_take(p->ports, &port, sizeof(port), now))
		verdict = ARP_PROXY_PORT_LIMIT;
	else
		sender_take(p, label, place, &m, now);
	p->counts[verdict]++;
	return verdict;
}

/* The RBridge goes first: whom its own limit holds back spends nothing of others'. */
static bool remote_limited(struct arp_proxy *p, uint16_t nickname, struct mono now)
{
	struct limit_rate all = limit_per_s(ARP_PROXY_REMOTES_PER_S, ARP_PROXY_REMOTES_PER_S);

	return !limit_table_take(p->remotes, &nickname, sizeof(nickname), now) ||
	       !limit_take(&p->remotes_sum, &all, now);
}

enum arp_proxy_verdict arp_proxy_remote(struct arp_proxy *p, struct label label, uint16_t nickname,
	const uint8_t *frame, size_t len, struct mono now)
{
	struct mac_place place = {.where = nickname};
	enum arp_proxy_verdict verdict = ARP_PROXY_FORWARDED;
	const char *why = NULL;
	struct arp_nd m;

	if (!arp_nd_parse(&m, frame, len, &why)) {
		verdict = why ? ARP_PROXY_MALFORMED : ARP_PROXY_OTHER;
	} else if (remote_limited(p, nickname, now)) {
		verdict = ARP_PROXY_REMOTE_LIMIT;
	} else {
		sender_take(p, label, place, &m, now);
		if (!memcmp(m.eth_to, p->config.mac.bytes, MAC_LEN))
			verdict = ARP_PROXY_OURS;
	}
	p->counts[verdict]++;
	return verdict;
}

/* ---- time ---- */

void arp_proxy_time(struct arp_proxy *p, struct mono now)
{
	ip_cache_time(p->cache, now);
	for (unsigned int i = 0; i < ARP_PROXY_VERIFIES_MAX; i++)
		if (p->verifies[i].used && mono_due(p->verifies[i].until, now))
			verify_end(p, &p->verifies[i], false, now);
}

struct mono arp_proxy_next(const struct arp_proxy *p)
{
	struct mono next = ip_cache_next(p->cache);

	for (unsigned int i = 0; i < ARP_PROXY_VERIFIES_MAX; i++)
		if (p->verifies[i].used)
			next = mono_min(next, p->verifies[i].until);
	return next;
}
