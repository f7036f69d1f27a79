/* See esadi.h. */
#include "trill/core/esadi.h"

#include <stdlib.h>
#include <string.h>

#include "trill/codec/interface_tlv.h"

#define SCOPE_AT       7 /* of a flooding-scoped PDU */
#define SCOPE_PRIORITY 0x80
#define PORT           0 /* of the LSDB: the virtual link */
#define PDU_MAX        ESADI_MAX_FGL
#define RESEND_MS      5000 /* others' LSPs: ISO 10589's minimumLSPTransmissionInterval */
#define JITTER         25   /* per cent */
#define PSNP_MS        2000
#define FRAGMENTS      256
#define CSNP_TIMES     3 /* in a CSNP Time */

/* One of our end stations, and in which LSP it stands. */
struct ours {
	struct esadi_address address;
	uint8_t fragment;
};

/* What one LSP of a neighbour says, so that one sees what it says no more. */
struct said {
	struct lsp_id id;
	unsigned int count;
	struct heard {
		uint16_t nickname;
		struct esadi_address address;
	} * heard;
};

struct esadi {
	struct esadi_config config;
	struct lsdb *db;
	struct esadi_neighbor *neighbors;
	unsigned int neighbor_count;
	struct ours *ours; /* in the order of their MACs */
	unsigned int ours_count, ours_max;
	struct {
		uint32_t above; /* a sequence number to be exceeded */
		uint16_t count;
		bool used, dirty;
		struct mono refresh;
	} fragments[FRAGMENTS];
	struct said *said;
	unsigned int said_count;
	bool dirty, asked;                                /* asked for LSPs of ours */
	struct mono csnp, others, psnp, flood, seen_csnp; /* seen: heard or sent */
};

struct isis_key *esadi_key_new(enum isis_auth_alg alg, uint16_t id, const void *secret, size_t len)
{
	uint8_t derived[ISIS_DERIVED_LEN];
	struct isis_key *key = NULL;

	if (isis_key_derive(secret, len, "TRILL ESADI", 11, derived))
		key = isis_key_new(alg, id, derived, sizeof(derived));
	explicit_bzero(derived, sizeof(derived));
	return key;
}

const char *esadi_verdict_name(enum esadi_verdict verdict)
{
	static const char *const names[ESADI_VERDICTS] = {"taken", "malformed", "type",
		"no-neighbor", "stranger", "authentication", "checksum"};

	return names[verdict];
}

static struct esadi_neighbor *neighbor_of(const struct esadi *e, const struct system_id *system)
{
	for (unsigned int i = 0; i < e->neighbor_count; i++)
		if (!system_id_compare(&e->neighbors[i].system, system))
			return &e->neighbors[i];
	return NULL;
}

const struct esadi_neighbor *esadi_neighbor_find(
	const struct esadi *e, const struct system_id *system)
{
	return neighbor_of(e, system);
}

/* The neighbour that wins against us, or NULL: we do. */
static const struct esadi_neighbor *drb(const struct esadi *e)
{
	const struct esadi_neighbor *best = NULL;
	uint8_t priority = e->config.param.priority;
	const struct system_id *system = &e->config.system;

	for (unsigned int i = 0; i < e->neighbor_count; i++) {
		const struct esadi_neighbor *n = &e->neighbors[i];

		if (n->param.priority < priority ||
			(n->param.priority == priority &&
				system_id_compare(&n->system, system) < 0))
			continue;
		best = n;
		priority = n->param.priority;
		system = &n->system;
	}
	return best;
}

bool esadi_is_drb(const struct esadi *e)
{
	return !drb(e);
}

static void tell(struct esadi *e, const struct said *s, unsigned int i, bool gone)
{
	e->config.learned(e->config.arg, s->heard[i].nickname, &s->heard[i].address, gone);
}

static const struct heard *said_find(const struct said *s, const struct heard *h)
{
	for (unsigned int i = 0; i < s->count; i++)
		if (s->heard[i].nickname == h->nickname &&
			!mac_compare(&s->heard[i].address.mac, &h->address.mac))
			return &s->heard[i];
	return NULL;
}

static bool same(const struct heard *a, const struct heard *b)
{
	return a && a->address.confidence == b->address.confidence &&
	       a->address.has_ipv4 == b->address.has_ipv4 &&
	       !memcmp(a->address.ipv4, b->address.ipv4, sizeof(a->address.ipv4));
}

/* @s takes the place of what was said before under its ID; what differs is told. */
static void said_replace(struct esadi *e, struct said *was, struct said *s)
{
	for (unsigned int i = 0; i < was->count; i++)
		if (!said_find(s, &was->heard[i]))
			tell(e, was, i, true);
	for (unsigned int i = 0; i < s->count; i++)
		if (!same(said_find(was, &s->heard[i]), &s->heard[i]))
			tell(e, s, i, false);
	free(was->heard);
	*was = *s;
}

static struct heard *heard_add(struct said *s, uint16_t nickname, uint8_t confidence)
{
	struct heard *more = reallocarray(s->heard, s->count + 1, sizeof(*more));

	if (!more)
		return NULL;
	s->heard = more;
	more += s->count++;
	*more = (struct heard){.nickname = nickname, .address.confidence = confidence};
	return more;
}

static void macs_read(struct said *s, const struct tlv *t, uint16_t originator)
{
	struct mac_reach m;

	if (mac_reach_read(t, &m))
		return;
	for (unsigned int i = 0; i < m.count; i++) {
		struct mac mac;
		struct heard *h;

		mac_reach_at(&m, i, &mac);
		if (mac_is_group(&mac))
			continue;
		h = heard_add(s, m.nickname ? m.nickname : originator, m.confidence);
		if (h)
			h->address.mac = mac;
	}
}

/* The IP address of a MAC that the same LSP has, or a MAC that is there with it alone. */
static void interfaces_read(struct said *s, const struct tlv *t, uint16_t originator)
{
	struct interface_list l;

	if (interface_read(t, TLV_EXTENDED, &l))
		return;
	for (unsigned int i = 0; i < l.set_count; i++) {
		struct heard *h = NULL;
		struct interface_set set;
		uint16_t nickname = l.nickname ? l.nickname : originator;

		interface_set_at(&l, i, &set);
		if (!set.has_mac || !set.has_ipv4 || mac_is_group(&set.mac))
			continue;
		for (unsigned int k = 0; k < s->count && !h; k++)
			if (s->heard[k].nickname == nickname && !s->heard[k].address.has_ipv4 &&
				!mac_compare(&s->heard[k].address.mac, &set.mac))
				h = &s->heard[k];
		if (!h)
			h = heard_add(s, nickname, l.confidence);
		if (!h)
			return;
		h->address.mac = set.mac;
		h->address.has_ipv4 = true;
		memcpy(h->address.ipv4, set.ipv4, 4);
	}
}

/* The APPsub-TLVs; @param: the first ESADI-PARAM, of fragment 0 alone. */
static void geninfo_take(struct said *s, const struct tlv *t, uint16_t originator,
	struct esadi_param *param, bool *has_param)
{
	struct tlv_iter subs;
	struct tlv sub;

	if (geninfo_read(t, TLV_EXTENDED, &subs))
		return;
	while (tlv_next(&subs, &sub)) {
		if (sub.type == APPSUB_INTERFACE)
			interfaces_read(s, &sub, originator);
		else if (sub.type == APPSUB_ESADI_PARAM && !s->id.fragment && !*has_param)
			*has_param = !esadi_param_read(&sub, param);
	}
}

static struct said *said_of(struct esadi *e, const struct lsp_id *id)
{
	struct said *more;

	for (unsigned int i = 0; i < e->said_count; i++)
		if (!lsp_id_compare(&e->said[i].id, id))
			return &e->said[i];
	more = reallocarray(e->said, e->said_count + 1, sizeof(*more));
	if (!more)
		return NULL;
	e->said = more;
	more += e->said_count++;
	*more = (struct said){.id = *id};
	return more;
}

/* Read what a neighbour's LSP says now; purged, or of one that is none any more: nothing. */
static void lsp_read(struct esadi *e, const struct lsdb_lsp *lsp)
{
	static const struct esadi_param defaults = {
		.priority = ESADI_PRIORITY_DEFAULT, .csnp_s = ESADI_CSNP_S_DEFAULT};
	struct esadi_neighbor *n = neighbor_of(e, &lsp->id.system);
	struct said s = {.id = lsp->id}, *was = said_of(e, &lsp->id);
	struct esadi_param param = defaults;
	struct wire_fault fault;
	bool has_param = false;
	struct tlv_iter it;
	struct isis_pdu p;
	struct tlv t;

	if (!was)
		return;
	if (n && !lsp->purged && !isis_parse(lsp->bytes, lsp->len, &p, &fault)) {
		isis_tlvs(&p, &it);
		while (tlv_next(&it, &t)) {
			if (t.type == TLV_MAC_REACH)
				macs_read(&s, &t, n->nickname);
		}
		isis_tlvs(&p, &it);
		while (tlv_find(&it, TLV_GENINFO, &t))
			geninfo_take(&s, &t, n->nickname, &param, &has_param);
	}
	if (n && !lsp->id.fragment)
		n->param = param;
	said_replace(e, was, &s);
}

static void on_changed(void *arg, const struct lsdb_lsp *lsp)
{
	struct esadi *e = arg;

	if (!lsp->own)
		lsp_read(e, lsp);
}

static void fragment_touch(struct esadi *e, unsigned int fragment)
{
	e->fragments[fragment].dirty = true;
	e->dirty = true;
}

/* Someone has a later LSP of ours: what we say now goes above it, or nothing does. */
static void on_reissue(void *arg, const struct lsp_id *id, uint32_t sequence)
{
	struct esadi *e = arg;

	if (e->fragments[id->fragment].above < sequence)
		e->fragments[id->fragment].above = sequence;
	e->fragments[id->fragment].used = true;
	fragment_touch(e, id->fragment);
}

/* Fragment 0 goes first (section 4.2): flag P is under the digest. A purge that we make has no
 * place for that yet. */
static int on_sign(void *arg, uint8_t *bytes, size_t len, size_t cap)
{
	const struct esadi *e = arg;
	struct wire_writer w = {.buf = bytes, .pos = len, .cap = cap};
	int err;

	if (!bytes[ISIS_LSP_ID_AT + SYSTEM_ID_LEN + 1])
		bytes[SCOPE_AT] |= SCOPE_PRIORITY;
	if (!e->config.key_count)
		return (int)len;
	err = isis_auth_sign(e->config.keys[0], bytes, len);
	if (err != -TRILL_EAUTH)
		return err ? err : (int)len;
	isis_auth_put(&w, e->config.keys[0], TLV_EXTENDED);
	err = isis_end(&w);
	if (err < 0)
		return err;
	return isis_auth_sign(e->config.keys[0], bytes, w.pos) ? -TRILL_EAUTH : (int)w.pos;
}

struct esadi *esadi_new(const struct esadi_config *config, struct mono now)
{
	struct lsdb_config db = {.own = config->system,
		.scope = ISIS_SCOPE_E_L1CS,
		.lsps_max = config->lsps_max,
		.strict_purges = config->key_count};
	struct lsdb_events events = {.changed = on_changed, .reissue = on_reissue, .sign = on_sign};
	struct esadi *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->config = *config;
	if (!e->config.param.csnp_s)
		e->config.param.csnp_s = 1;
	events.arg = e;
	e->db = lsdb_new(&db, &events);
	e->neighbors = calloc(config->neighbors_max, sizeof(*e->neighbors));
	if (!e->db || !e->neighbors) {
		esadi_free(e);
		return NULL;
	}
	lsdb_port_up(e->db, PORT, false);
	e->csnp = e->others = e->psnp = e->flood = MONO_NEVER;
	e->seen_csnp = now;
	e->fragments[0].used = true;
	fragment_touch(e, 0);
	return e;
}

void esadi_free(struct esadi *e)
{
	if (!e)
		return;
	for (unsigned int i = 0; i < e->said_count; i++)
		free(e->said[i].heard);
	lsdb_free(e->db);
	free(e->said);
	free(e->neighbors);
	free(e->ours);
	free(e);
}

/* All that is here of neighbours is read anew, by who they are now. */
static void neighbors_reread(struct esadi *e)
{
	const struct lsdb_lsp *lsp = NULL;

	while ((lsp = lsdb_after(e->db, lsp ? &lsp->id : NULL)))
		if (!lsp->own)
			lsp_read(e, lsp);
}

bool esadi_neighbors(struct esadi *e, const struct esadi_neighbor *neighbors, unsigned int count,
	struct mono now)
{
	static const struct esadi_param defaults = {
		.priority = ESADI_PRIORITY_DEFAULT, .csnp_s = ESADI_CSNP_S_DEFAULT};
	unsigned int n = count < e->config.neighbors_max ? count : e->config.neighbors_max;
	bool any_new = false;

	for (unsigned int i = 0; i < n; i++)
		any_new = any_new || !neighbor_of(e, &neighbors[i].system);
	memcpy(e->neighbors, neighbors, n * sizeof(*neighbors));
	for (unsigned int i = 0; i < n; i++)
		e->neighbors[i].param = defaults;
	e->neighbor_count = n;
	neighbors_reread(e);
	if (any_new)
		e->flood = mono_min(e->flood,
			mono_add_ms(
				now, ESADI_NEW_NEIGHBOR_MS * (uint64_t)e->config.nickname >> 16));
	return n == count;
}

/* Where @mac stands among ours, or would. */
static unsigned int ours_at(const struct esadi *e, const struct mac *mac)
{
	unsigned int low = 0, high = e->ours_count;

	while (low < high) {
		unsigned int mid = (low + high) / 2;

		if (mac_compare(&e->ours[mid].address.mac, mac) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool ours_is(const struct esadi *e, unsigned int at, const struct mac *mac)
{
	return at < e->ours_count && !mac_compare(&e->ours[at].address.mac, mac);
}

static bool ours_room(struct esadi *e)
{
	unsigned int max = e->ours_max ? 2 * e->ours_max : 64;
	struct ours *more;

	if (e->ours_count == ESADI_ADDRESSES_MAX)
		return false;
	if (e->ours_count < e->ours_max)
		return true;
	more = reallocarray(e->ours, max, sizeof(*more));
	if (!more)
		return false;
	e->ours = more;
	e->ours_max = max;
	return true;
}

bool esadi_announce(struct esadi *e, const struct esadi_address *address)
{
	unsigned int at = ours_at(e, &address->mac), fragment = 0;

	if (address->confidence > ESADI_CONFIDENCE_MAX || mac_is_group(&address->mac))
		return false;
	if (ours_is(e, at, &address->mac)) {
		e->ours[at].address = *address;
		fragment_touch(e, e->ours[at].fragment);
		return true;
	}
	if (!ours_room(e))
		return false;
	while (e->fragments[fragment].count == ESADI_PER_FRAGMENT)
		fragment++;
	memmove(&e->ours[at + 1], &e->ours[at], (e->ours_count - at) * sizeof(*e->ours));
	e->ours[at] = (struct ours){*address, (uint8_t)fragment};
	e->ours_count++;
	e->fragments[fragment].count++;
	e->fragments[fragment].used = true;
	fragment_touch(e, fragment);
	return true;
}

bool esadi_withdraw(struct esadi *e, const struct mac *mac)
{
	unsigned int at = ours_at(e, mac), fragment;

	if (!ours_is(e, at, mac))
		return false;
	fragment = e->ours[at].fragment;
	e->fragments[fragment].count--;
	fragment_touch(e, fragment);
	e->ours_count--;
	memmove(&e->ours[at], &e->ours[at + 1], (e->ours_count - at) * sizeof(*e->ours));
	return true;
}

void esadi_withdraw_all(struct esadi *e)
{
	while (e->ours_count)
		esadi_withdraw(e, &e->ours[e->ours_count - 1].address.mac);
}

static void interfaces_put(
	const struct esadi *e, unsigned int fragment, uint8_t confidence, struct wire_writer *w)
{
	struct interface_list l = {.local = true, .confidence = confidence};
	struct interface_set sets[ESADI_PER_FRAGMENT];
	unsigned int n = 0;

	for (unsigned int i = 0; i < e->ours_count; i++) {
		const struct esadi_address *a = &e->ours[i].address;

		if (e->ours[i].fragment != fragment || a->confidence != confidence || !a->has_ipv4)
			continue;
		sets[n] = (struct interface_set){.has_mac = true, .mac = a->mac, .has_ipv4 = true};
		memcpy(sets[n++].ipv4, a->ipv4, 4);
	}
	if (n)
		interface_put(w, &l, sets, n, TLV_EXTENDED);
}

/* The addresses of @fragment, by their confidence: MAC-RI, then the interfaces. */
static void addresses_put(const struct esadi *e, unsigned int fragment, struct wire_writer *w)
{
	struct mac macs[ESADI_PER_FRAGMENT];

	for (unsigned int c = 0; c <= ESADI_CONFIDENCE_MAX; c++) {
		unsigned int n = 0, ips = 0;
		size_t at;

		for (unsigned int i = 0; i < e->ours_count; i++)
			if (e->ours[i].fragment == fragment && e->ours[i].address.confidence == c) {
				macs[n++] = e->ours[i].address.mac;
				ips += e->ours[i].address.has_ipv4;
			}
		if (n)
			mac_reach_put(w, 0, (uint8_t)c, macs, n);
		if (!ips)
			continue;
		at = geninfo_begin(w, TLV_EXTENDED);
		interfaces_put(e, fragment, (uint8_t)c, w);
		tlv_end(w, at, TLV_EXTENDED);
	}
}

static void fragment_originate(struct esadi *e, unsigned int fragment, struct mono now)
{
	struct lsp_id id = {.system = e->config.system, .fragment = (uint8_t)fragment};
	uint8_t tlvs[PDU_MAX];
	struct wire_writer w;

	wire_writer_init(&w, tlvs, sizeof(tlvs) - ISIS_LSP_HEADER);
	if (e->config.key_count)
		isis_auth_put(&w, e->config.keys[0], TLV_EXTENDED);
	if (!fragment) {
		size_t at = geninfo_begin(&w, TLV_EXTENDED);

		esadi_param_put(&w, &e->config.param);
		tlv_end(&w, at, TLV_EXTENDED);
	}
	addresses_put(e, fragment, &w);
	e->fragments[fragment].dirty = false;
	e->fragments[fragment].refresh = mono_add_s(now, ESADI_REFRESH_S);
	if (!wire_written(&w) || lsdb_originate(e->db, &id, e->fragments[fragment].above,
					 ISIS_LSP_LEVEL1, tlvs, w.pos, now) == -TRILL_EVALUE)
		lsdb_purge(e->db, &id, now); /* sequence numbers have been used up */
}

static uint64_t jittered_ms(struct esadi *e, uint64_t ms)
{
	return ms - random_below(e->config.random, ms * JITTER / 100 + 1);
}

/* Others' LSPs that are wanted wait, so that their originator sends first (section 4.4). */
static void flags_seen(struct esadi *e, struct mono now)
{
	const struct lsdb_lsp *lsp = NULL;

	if (e->psnp.ns == MONO_NEVER.ns && lsdb_next_ssn(e->db, PORT, NULL))
		e->psnp = mono_add_ms(now, jittered_ms(e, PSNP_MS));
	while ((lsp = lsdb_next_srm(e->db, PORT, lsp ? &lsp->id : NULL))) {
		e->asked = e->asked || lsp->own;
		if (!lsp->own && e->others.ns == MONO_NEVER.ns)
			e->others = mono_add_ms(now, jittered_ms(e, RESEND_MS));
	}
}

static enum esadi_verdict admit(
	const struct esadi *e, const struct isis_pdu *p, const struct system_id *system)
{
	if (!e->neighbor_count)
		return ESADI_NO_NEIGHBOR;
	if (!neighbor_of(e, system) &&
		(p->type != ISIS_FS_LSP || system_id_compare(system, &e->config.system)))
		return ESADI_STRANGER;
	if (e->config.key_count && isis_auth_check(p, e->config.keys, e->config.key_count))
		return ESADI_AUTH;
	if (p->type == ISIS_FS_LSP && p->u.lsp.lifetime_s && !isis_checksum_right(p))
		return ESADI_CHECKSUM;
	return ESADI_TAKEN;
}

enum esadi_verdict esadi_receive(struct esadi *e, const uint8_t *pdu, size_t len, struct mono now)
{
	enum esadi_verdict verdict;
	struct wire_fault fault;
	struct isis_pdu p;

	if (isis_parse(pdu, len, &p, &fault))
		return ESADI_MALFORMED;
	if (!isis_is_scoped(p.type) || p.scope != ISIS_SCOPE_E_L1CS)
		return ESADI_TYPE;
	verdict = admit(e, &p, p.type == ISIS_FS_LSP ? &p.u.lsp.id.system : &p.u.snp.source.system);
	if (verdict)
		return verdict;
	if (p.type == ISIS_FS_LSP)
		lsdb_receive(e->db, &p, PORT, now);
	else
		lsdb_snp(e->db, &p, PORT, now);
	if (p.type == ISIS_FS_CSNP)
		e->seen_csnp = now;
	flags_seen(e, now);
	return ESADI_TAKEN;
}

static void lsp_send(struct esadi *e, struct lsdb_lsp *lsp, struct mono now)
{
	uint8_t *out = malloc(lsp->len ? lsp->len : 1);
	int len = out ? lsdb_copy(lsp, out, lsp->len, now) : -TRILL_ENOROOM;

	if (len > 0)
		e->config.send(e->config.arg, out, (size_t)len);
	free(out);
	lsdb_srm_clear(lsp, PORT);
}

static void lsps_send(struct esadi *e, bool own, struct mono now)
{
	struct lsdb_lsp *lsp = NULL;
	struct lsp_id after;

	while ((lsp = lsdb_next_srm(e->db, PORT, lsp ? &after : NULL))) {
		after = lsp->id;
		if (lsp->own == own)
			lsp_send(e, lsp, now);
	}
}

static void snp_send(struct esadi *e, const struct isis_pdu *head, const struct lsp_entry *entries,
	unsigned int n)
{
	uint8_t out[PDU_MAX];
	struct wire_writer w;
	int len;

	wire_writer_init(&w, out, sizeof(out));
	isis_begin(&w, head);
	if (e->config.key_count)
		isis_auth_put(&w, e->config.keys[0], TLV_EXTENDED);
	if (n)
		lsp_entries_put(&w, entries, n, TLV_EXTENDED);
	len = isis_end(&w);
	if (len < 0 || (e->config.key_count && isis_auth_sign(e->config.keys[0], out, (size_t)len)))
		return;
	e->config.send(e->config.arg, out, (size_t)len);
}

static struct isis_pdu snp_head(const struct esadi *e, enum isis_type type)
{
	return (struct isis_pdu){
		.type = type, .scope = ISIS_SCOPE_E_L1CS, .u.snp.source.system = e->config.system};
}

/* The ID behind @id, in their order. */
static void lsp_id_next(struct lsp_id *id)
{
	uint8_t *last = &id->fragment;

	if (++*last || ++id->pseudonode)
		return;
	for (unsigned int i = SYSTEM_ID_LEN; i-- && !++id->system.bytes[i];)
		;
}

static void csnps_send(struct esadi *e, struct mono now)
{
	struct isis_pdu head = snp_head(e, ISIS_FS_CSNP);
	struct lsp_entry entries[ESADI_SNP_ENTRIES];
	struct lsdb_lsp *lsp = lsdb_after(e->db, NULL);
	unsigned int n;

	do {
		for (n = 0; lsp && n < ESADI_SNP_ENTRIES; n++) {
			entries[n] = lsdb_entry(lsp, now);
			lsp = lsdb_after(e->db, &lsp->id);
		}
		if (lsp)
			head.u.snp.end = entries[n - 1].id;
		else
			memset(&head.u.snp.end, 0xff, sizeof(head.u.snp.end));
		snp_send(e, &head, entries, n);
		head.u.snp.start = head.u.snp.end;
		lsp_id_next(&head.u.snp.start);
	} while (lsp);
	e->seen_csnp = now;
}

static void psnps_send(struct esadi *e, struct mono now)
{
	struct isis_pdu head = snp_head(e, ISIS_FS_PSNP);
	struct lsp_entry entries[ESADI_SNP_ENTRIES];
	struct lsdb_lsp *lsp;
	unsigned int n = 0;

	while ((lsp = lsdb_next_ssn(e->db, PORT, NULL))) {
		entries[n++] = lsdb_entry(lsp, now);
		lsdb_ssn_sent(e->db, lsp, PORT);
		if (n == ESADI_SNP_ENTRIES) {
			snp_send(e, &head, entries, n);
			n = 0;
		}
	}
	if (n)
		snp_send(e, &head, entries, n);
}

/* When the next CSNP is due: thrice in our CSNP Time, if we are DRB; else when none was for the
 * mean of its and ours (section 4.4). */
static struct mono csnp_due(const struct esadi *e)
{
	const struct esadi_neighbor *winner = drb(e);
	uint64_t ms = e->config.param.csnp_s * 1000ull;

	if (!e->neighbor_count)
		return MONO_NEVER;
	if (winner)
		return mono_add_ms(e->seen_csnp, (ms + winner->param.csnp_s * 1000ull) / 2 + 1);
	return mono_min(e->csnp, mono_add_ms(e->seen_csnp, ms / CSNP_TIMES));
}

static void ours_time(struct esadi *e, struct mono now)
{
	for (unsigned int i = 0; i < FRAGMENTS; i++)
		if (e->fragments[i].used &&
			(e->fragments[i].dirty || mono_due(e->fragments[i].refresh, now)))
			fragment_originate(e, i, now);
	e->dirty = false;
}

/* A new neighbour: all of ours go out again. */
static void flood(struct esadi *e)
{
	for (unsigned int i = 0; i < FRAGMENTS; i++) {
		struct lsp_id id = {.system = e->config.system, .fragment = (uint8_t)i};
		struct lsdb_lsp *lsp = e->fragments[i].used ? lsdb_find(e->db, &id) : NULL;

		if (lsp)
			lsp->srm |= 1ull << PORT;
	}
	e->flood = MONO_NEVER;
}

void esadi_time(struct esadi *e, struct mono now)
{
	lsdb_time(e->db, now);
	ours_time(e, now);
	if (!e->neighbor_count)
		return;
	if (mono_due(e->flood, now))
		flood(e);
	lsps_send(e, true, now);
	e->asked = false;
	if (mono_due(e->others, now)) {
		lsps_send(e, false, now);
		e->others = MONO_NEVER;
	}
	if (mono_due(e->psnp, now)) {
		psnps_send(e, now);
		e->psnp = MONO_NEVER;
	}
	if (mono_due(csnp_due(e), now)) {
		csnps_send(e, now);
		e->csnp = mono_add_ms(
			now, jittered_ms(e, e->config.param.csnp_s * 1000ull / CSNP_TIMES));
	}
	flags_seen(e, now);
}

struct mono esadi_next(const struct esadi *e)
{
	struct mono next = lsdb_next(e->db);

	if (e->dirty)
		return (struct mono){0};
	for (unsigned int i = 0; i < FRAGMENTS; i++)
		if (e->fragments[i].used)
			next = mono_min(next, e->fragments[i].refresh);
	if (!e->neighbor_count)
		return next;
	next = mono_min(mono_min(next, e->flood), mono_min(e->others, e->psnp));
	return e->asked ? (struct mono){0} : mono_min(next, csnp_due(e));
}
