/* datapath_station: where end stations are: what is configured or advertised goes into the
 * programs' table beside what they learn, and what is not heard any more goes out (RFC 6325 section
 * 4.8, RFC 7780 section 11). */
#include <errno.h>
#include <string.h>
#include <bpf/bpf.h>

#include "lib/base/clock.h"
#include "trill/datapath_internal.h"

#define NS_PER_S       1000000000ULL
#define AGED_IN_A_TURN 4096 /* entries looked at: a millisecond or two, below any BFD interval */

static uint32_t seen_of(uint64_t ns)
{
	return (uint32_t)(ns >> CONTRACT_SEEN_SHIFT);
}

/* They are of 32 bits, and wrap; and what was before the machine came up is before 0. */
static bool is_later(uint32_t seen, uint32_t before)
{
	return (int32_t)(seen - before) > 0;
}

static struct contract_mac_key key_of(const struct mac *mac, uint16_t vlan)
{
	struct contract_mac_key key = {.vlan = vlan};

	memcpy(key.mac, mac->bytes, sizeof(key.mac));
	return key;
}

static void station_of(const struct trill_datapath *dp, const struct contract_mac_key *key,
	struct contract_place place, struct tables_station *s)
{
	*s = (struct tables_station){
		.vlan = key->vlan, .nickname = place.nickname, .confidence = place.confidence};
	memcpy(s->mac.bytes, key->mac, sizeof(s->mac.bytes));
	if (!place.nickname)
		s->ifindex = dp->ports[place.slot].is.ifindex;
}

/* What processors keep of the table is not to be believed any more. After the table was written. */
static int told(struct trill_datapath *dp)
{
	uint32_t zero = 0;

	dp->station_changes++;
	return datapath_put(dp, TRILL_FD_CHANGES, &zero, &dp->station_changes);
}

static bool place_same(struct contract_place a, struct contract_place b)
{
	return a.nickname == b.nickname && a.slot == b.slot && a.confidence == b.confidence;
}

/* Where all of a fine-grained label are. */
static bool is_serial(const struct tables_station *s)
{
	return !mac_compare(&s->mac, &mac_broadcast) && s->vlan >= LABELS_FIRST && s->nickname;
}

int datapath_station_set(struct trill_tables *t, const struct tables_station *s)
{
	struct trill_datapath *dp = (struct trill_datapath *)t;
	struct contract_mac_key key = key_of(&s->mac, s->vlan);
	struct contract_place now, m = {.word = 0};
	int slot = s->nickname ? 0 : datapath_slot(dp, s->ifindex), err;
	bool known;

	if (slot < 0)
		return slot;
	if (!label_number_usable(s->vlan) || (s->nickname && !nickname_usable(s->nickname)) ||
		(mac_is_group(&s->mac) && !is_serial(s)))
		return -EINVAL;
	m.nickname = s->nickname;
	m.slot = (uint8_t)slot;
	m.confidence = s->confidence;
	m.seen = seen_of(mono_now().ns);
	known = !bpf_map_lookup_elem(dp->fds[TRILL_FD_MACS], &key, &now);
	if (known && now.confidence > s->confidence)
		return 0;
	err = datapath_put(dp, TRILL_FD_MACS, &key, &m);
	return err || !known || place_same(now, m) ? err : told(dp);
}

int datapath_station_del(struct trill_tables *t, const struct mac *mac, uint16_t vlan)
{
	struct trill_datapath *dp = (struct trill_datapath *)t;
	struct contract_mac_key key = key_of(mac, vlan);
	int err = datapath_del(dp, TRILL_FD_MACS, &key);

	return err ? err : told(dp);
}

/* What a walk through all stations does with each: true takes it away. It may change @m; then
 * *@changed says so. */
struct walk {
	bool (*each)(struct walk *w, const struct contract_mac_key *key, struct contract_place *m,
		bool *changed);
	struct trill_datapath *dp;
	uint16_t nickname, slot;
	const struct label_set *labels; /* NULL: all */
	bool fixed_too, tells;
	uint32_t before; /* as seen */
	int taken;
	bool wrote;
};

static void tell(const struct walk *w, enum tables_news news, const struct contract_mac_key *key,
	struct contract_place m)
{
	struct tables_station s;

	station_of(w->dp, key, m, &s);
	if (w->tells && w->dp->config.news)
		w->dp->config.news(w->dp->config.arg, news, &s, NULL);
}

static int walk_one(struct walk *w, const struct contract_mac_key *key)
{
	int map = w->dp->fds[TRILL_FD_MACS];
	struct contract_place m;
	bool changed = false;

	if (bpf_map_lookup_elem(map, key, &m))
		return 0; /* it has gone by itself */
	if (w->each(w, key, &m, &changed)) {
		w->taken++;
		w->wrote = true;
		if (bpf_map_delete_elem(map, key) && errno != ENOENT)
			return -errno;
		/* The core may put it in again when it hears that it is gone: it is, by then. */
		tell(w, TABLES_AGED, key, m);
		return 0;
	}
	w->wrote |= changed;
	if (changed && bpf_map_update_elem(map, key, &m, BPF_EXIST) && errno != ENOENT)
		return -errno;
	return 0;
}

#define SOME 1024 /* entries of one system call; the kernel's buckets have far fewer */

/* Some stations from where *@at says (NULL: from the first); *@at says where to go on. What may
 * concern a station is asked of a fresh copy again. *@more: there may be some left. */
static int walk_some(struct walk *w, const uint32_t *from, uint32_t *at, bool *more)
{
	struct contract_mac_key keys[SOME];
	struct contract_place places[SOME];
	uint32_t count = SOME, before = from ? *from : 0;
	int err = 0, told_err = 0;

	*more = !bpf_map_lookup_batch(
		w->dp->fds[TRILL_FD_MACS], from ? &before : NULL, at, keys, places, &count, NULL);
	if (!*more && errno != ENOENT)
		return -errno;
	for (uint32_t i = 0; i < count && !err; i++) {
		bool changed = false;

		if (w->each(w, &keys[i], &places[i], &changed) || changed)
			err = walk_one(w, &keys[i]);
	}
	if (w->wrote)
		told_err = told(w->dp);
	w->wrote = false;
	return err ? err : told_err;
}

static int walk_all(struct walk *w)
{
	bool more = true, first = true;
	uint32_t at = 0;
	int err = 0;

	for (; more && !err; first = false)
		err = walk_some(w, first ? NULL : &at, &at, &more);
	return err ? err : w->taken;
}

static bool is_chosen(
	const struct walk *w, const struct contract_mac_key *key, const struct contract_place *m)
{
	if (m->confidence == CONTRACT_CONFIDENCE_STATIC && !w->fixed_too)
		return false;
	if (w->labels && !label_set_has(w->labels, key->vlan))
		return false;
	return m->nickname == w->nickname && (w->nickname || m->slot == w->slot);
}

static bool flush_each(
	struct walk *w, const struct contract_mac_key *key, struct contract_place *m, bool *changed)
{
	(void)changed;
	return is_chosen(w, key, m);
}

int datapath_station_flush(
	struct trill_tables *t, uint16_t nickname, uint32_t ifindex, const struct label_set *labels)
{
	struct trill_datapath *dp = (struct trill_datapath *)t;
	int slot = nickname ? 0 : datapath_slot(dp, ifindex);
	struct walk w = {.each = flush_each, .dp = dp, .nickname = nickname, .labels = labels};

	if (slot < 0)
		return slot;
	w.slot = (uint16_t)slot;
	return walk_all(&w);
}

int datapath_station_leave(struct trill_datapath *dp, uint16_t slot)
{
	struct walk w = {.each = flush_each, .dp = dp, .slot = slot, .fixed_too = true};

	return walk_all(&w);
}

static bool hasten_each(
	struct walk *w, const struct contract_mac_key *key, struct contract_place *m, bool *changed)
{
	if (is_chosen(w, key, m) && is_later(m->seen, w->before)) {
		m->seen = w->before;
		*changed = true;
	}
	return false;
}

int datapath_station_hasten(struct trill_tables *t, uint16_t nickname,
	const struct label_set *labels, unsigned int age_s)
{
	struct trill_datapath *dp = (struct trill_datapath *)t;
	struct walk w = {.each = hasten_each, .dp = dp, .nickname = nickname, .labels = labels};
	uint64_t now = mono_now().ns;

	if (!nickname)
		return -EINVAL;
	if (age_s >= dp->config.age_s)
		return 0;
	w.before = seen_of(now - (dp->config.age_s - age_s) * NS_PER_S);
	return walk_all(&w);
}

static bool age_each(
	struct walk *w, const struct contract_mac_key *key, struct contract_place *m, bool *changed)
{
	(void)changed;
	if (m->confidence != CONTRACT_CONFIDENCE_STATIC && !is_later(m->seen, w->before))
		return true;
	if (w->dp->ageing.finds)
		tell(w, TABLES_FOUND, key, *m);
	return false;
}

/* Whether events were lost since all that is there was told of. What is still in the ring is older
 * than what is found, and is told first; if that is too much for a turn, it is all found again. */
static bool is_to_be_found(struct trill_datapath *dp)
{
	uint64_t counters[CONTRACT_CNT_COUNT];

	if (trill_datapath_counters(dp, counters) ||
		counters[CONTRACT_CNT_EVENTS_LOST] == dp->ageing.lost)
		return false;
	if (trill_datapath_poll(dp) < DATAPATH_EVENTS)
		dp->ageing.lost = counters[CONTRACT_CNT_EVENTS_LOST];
	return true;
}

int trill_datapath_age(struct trill_datapath *dp, uint64_t now_ns, bool *more)
{
	struct walk w = {.each = age_each,
		.dp = dp,
		.tells = true,
		.before = seen_of(now_ns - dp->config.age_s * NS_PER_S)};
	uint32_t *at = &dp->ageing.at;
	int err = 0;

	if (dp->resting && !dp->ageing.under_way)
		datapath_grace(dp); /* at leisure, so that a change does not have to */
	if (!dp->ageing.under_way)
		dp->ageing.finds = is_to_be_found(dp);
	*more = true;
	for (unsigned int i = 0; i < AGED_IN_A_TURN / SOME && *more && !err; i++) {
		err = walk_some(&w, dp->ageing.under_way ? at : NULL, at, more);
		dp->ageing.under_way = *more && !err;
	}
	*more = dp->ageing.under_way;
	return err ? err : w.taken;
}

int trill_datapath_station(const struct trill_datapath *dp, const struct mac *mac, uint16_t vlan,
	uint64_t now_ns, struct tables_station *s, uint64_t *age_ms)
{
	struct contract_mac_key key = key_of(mac, vlan);
	struct contract_place m;
	uint64_t seen_ns;

	if (bpf_map_lookup_elem(dp->fds[TRILL_FD_MACS], &key, &m))
		return -errno;
	station_of(dp, &key, m, s);
	seen_ns = (uint64_t)m.seen << CONTRACT_SEEN_SHIFT;
	if (age_ms)
		*age_ms = now_ns > seen_ns ? (now_ns - seen_ns) / 1000000 : 0;
	return 0;
}

void datapath_station_event(struct trill_datapath *dp, const struct contract_event *e)
{
	struct contract_mac_key key = {.vlan = e->vlan};
	struct tables_station now, before;

	memcpy(key.mac, e->mac, sizeof(key.mac));
	station_of(dp, &key, e->place, &now);
	station_of(dp, &key, e->before, &before);
	if (!dp->config.news)
		return;
	if (e->type == CONTRACT_LEARNED)
		dp->config.news(dp->config.arg, TABLES_LEARNED, &now, NULL);
	else if (e->type == CONTRACT_MOVED)
		dp->config.news(dp->config.arg, TABLES_MOVED, &now, &before);
}
