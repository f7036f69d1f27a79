/* datapath_bpf: forwarding entries into maps, events out of the ring buffer and the hold tap. See
 * the header.
 *
 * The kernel's maps are the table: before an entry is replaced its old value is read, so that its
 * locator set can be given back. Every value carries this process's generation, by which _settle
 * knows what a former process left. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/base/random.h"
#include "lib/net/bpf_counters.h"
#include "lib/net/tap.h"
#include "xtr/datapath_internal.h"

#define LOCSETS_DEFAULT 16384

static const int entry_maps[] = {
	DATAPATH_FD_HOSTS4, DATAPATH_FD_HOSTS6, DATAPATH_FD_PREFIXES4, DATAPATH_FD_PREFIXES6};

static struct datapath_bpf *of(struct datapath *dp)
{
	return (struct datapath_bpf *)dp;
}

/* Any map's key; which member is used, the map says. */
union entry_key {
	struct contract_host4 host4;
	struct contract_host6 host6;
	struct contract_prefix4 prefix4;
	struct contract_prefix6 prefix6;
};

void datapath_key_prefix(const struct eid *eid, struct contract_prefix6 *key)
{
	memset(key, 0, sizeof(*key));
	key->plen = 32u + eid->plen;
	key->iid = htonl(eid->iid);
	memcpy(key->addr, eid->addr.bytes, eid->addr.len);
}

/* The map that an EID belongs into, and its key there; negative: none. */
static int entry_map(const struct datapath_bpf *db, const struct eid *eid, union entry_key *key)
{
	bool v4 = eid->addr.afi == AFI_IPV4;

	memset(key, 0, sizeof(*key));
	if (!address_is_ip(&eid->addr))
		return -EAFNOSUPPORT;
	if (eid->iid >= CONTRACT_IID_CONTROL)
		return -ERANGE;
	if (!eid_is_host(eid)) {
		datapath_key_prefix(eid, &key->prefix6); /* IPv4: the same, cut short */
		return db->fds[v4 ? DATAPATH_FD_PREFIXES4 : DATAPATH_FD_PREFIXES6];
	}
	key->host6.iid = eid->iid;
	memcpy(key->host6.addr, eid->addr.bytes, eid->addr.len);
	return db->fds[v4 ? DATAPATH_FD_HOSTS4 : DATAPATH_FD_HOSTS6];
}

static int intern(struct datapath_bpf *db, const struct datapath_entry *e, uint32_t *place)
{
	struct contract_locset set;
	int64_t at;
	bool fresh;

	datapath_locset_build(&set, e);
	at = datapath_locsets_take(db->locsets, &set, mono_now(), &fresh);
	if (at < 0)
		return at;
	*place = at;
	if (fresh && bpf_map_update_elem(db->fds[DATAPATH_FD_LOCSETS], place, &set, BPF_ANY)) {
		int error = errno;

		datapath_locsets_drop(db->locsets, *place, mono_now());
		return -error;
	}
	return 0;
}

static void give_back(struct datapath_bpf *db, const struct contract_fwd *fwd)
{
	if (fwd->verdict.action == CONTRACT_ENCAP)
		datapath_locsets_drop(db->locsets, fwd->verdict.locset, mono_now());
}

static uint8_t flags_of(const struct datapath_entry *e)
{
	static const uint8_t expects[] = {[DATAPATH_EXPECT_ALL] = CONTRACT_EXPECT,
		[DATAPATH_EXPECT_OWNER] = CONTRACT_EXPECT_OWNER};

	return (uint8_t)((e->hold ? CONTRACT_HOLD : 0) | (e->away ? CONTRACT_AWAY : 0) |
			 (e->back ? CONTRACT_BACK : 0) | (e->at_port ? CONTRACT_AT_PORT : 0) |
			 expects[e->expect]);
}

static int set(struct datapath *dp, const struct eid *eid, const struct datapath_entry *e)
{
	struct datapath_bpf *db = of(dp);
	struct contract_fwd fwd = {0}, old;
	union entry_key key;
	int map = entry_map(db, eid, &key), rc = 0;
	bool had;

	if (map < 0)
		return map;
	fwd.verdict.action = (uint8_t)e->action; /* the enums agree: see datapath_bpf_new() */
	fwd.verdict.flags = flags_of(e);
	fwd.verdict.generation = db->generation;
	if (e->action == DATAPATH_ENCAP)
		rc = intern(db, e, &fwd.verdict.locset);
	if (rc)
		return rc;
	had = !bpf_map_lookup_elem(map, &key, &old);
	if (had)
		fwd.packets = old.packets;
	if (bpf_map_update_elem(map, &key, &fwd, BPF_ANY)) {
		rc = -errno;
		give_back(db, &fwd);
		return rc;
	}
	if (had)
		give_back(db, &old);
	return 0;
}

static int del(struct datapath *dp, const struct eid *eid)
{
	struct datapath_bpf *db = of(dp);
	struct contract_fwd old;
	union entry_key key;
	int map = entry_map(db, eid, &key);

	if (map < 0)
		return map;
	if (bpf_map_lookup_elem(map, &key, &old))
		return -errno;
	if (bpf_map_delete_elem(map, &key))
		return -errno;
	give_back(db, &old);
	return 0;
}

static uint64_t used(struct datapath *dp, const struct eid *eid)
{
	struct datapath_bpf *db = of(dp);
	struct contract_fwd fwd;
	union entry_key key;
	int map = entry_map(db, eid, &key);
	uint64_t packets;

	if (map < 0 || bpf_map_lookup_elem(map, &key, &fwd) || !fwd.packets)
		return 0;
	packets = fwd.packets;
	fwd.packets = 0; /* those that pass between the two calls are not counted */
	bpf_map_update_elem(map, &key, &fwd, BPF_EXIST);
	return packets;
}

int datapath_tap_write(struct datapath_bpf *db, const void *frame, size_t len)
{
	ssize_t n;

	do
		n = write(db->fds[DATAPATH_FD_TAP], frame, len);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)len)
		return 0;
	db->counts[DATAPATH_CNT_INJECT_FAILED]++;
	return n < 0 ? -errno : -EIO;
}

static int inject(struct datapath *dp, const void *packet, uint32_t len)
{
	return datapath_tap_write(of(dp), packet, len);
}

/* A packet whose origin is not told may go anywhere. */
static int send_back(struct datapath *dp, const void *packet, uint32_t len)
{
	struct datapath_bpf *db = of(dp);
	struct contract_tag *tag = (void *)(db->made + sizeof(struct virtio_net_hdr));

	if (len < FRAME_HEAD || len > sizeof(db->made))
		return -EINVAL;
	memcpy(db->made, packet, len);
	tag->from_core = 0;
	memset(tag->origin, 0, sizeof(tag->origin));
	return datapath_tap_write(db, db->made, len);
}

static int inject_ip(struct datapath *dp, uint32_t iid, const void *packet, uint32_t len)
{
	struct datapath_bpf *db = of(dp);
	struct contract_tag *tag = (void *)(db->made + sizeof(struct virtio_net_hdr));
	bool v4;

	if (len < 20 || len > sizeof(db->made) - FRAME_HEAD)
		return -EINVAL;
	v4 = *(const uint8_t *)packet >> 4 == 4;
	memset(db->made, 0, FRAME_HEAD);
	tag->reason = CONTRACT_UP_HELD << 2 | 2;
	tag->iid[0] = (uint8_t)(iid >> 16);
	tag->iid[1] = (uint8_t)(iid >> 8);
	tag->iid[2] = (uint8_t)iid;
	tag->local = 2;
	db->made[FRAME_HEAD - 2] = v4 ? 0x08 : 0x86;
	db->made[FRAME_HEAD - 1] = v4 ? 0x00 : 0xdd;
	memcpy(db->made + FRAME_HEAD, packet, len);
	return datapath_tap_write(db, db->made, FRAME_HEAD + len);
}

static bool came_from(
	struct datapath *dp, const void *packet, uint32_t len, const struct address *rloc)
{
	const struct contract_tag *tag =
		(const void *)((const uint8_t *)packet + sizeof(struct virtio_net_hdr));
	uint8_t family = rloc->afi == AFI_IPV4 ? 4 : 6;
	uint32_t addr[4] = {0};

	if (len < FRAME_HEAD || !tag->from_core)
		return false;
	memcpy(addr, rloc->bytes, family == 4 ? 4 : 16);
	return datapath_tag_origin(tag) == contract_rloc_mark(family, ntohl(addr[0]), addr);
}

static bool pending(struct datapath *dp)
{
	struct pollfd p = {.fd = of(dp)->fds[DATAPATH_FD_TAP], .events = POLLIN};

	return poll(&p, 1, 0) > 0 && p.revents & POLLIN;
}

static int queue(struct datapath *dp, uint64_t *in, uint64_t *out)
{
	struct datapath_bpf *db = of(dp);
	uint32_t key = CONTRACT_TAP_ALL;

	*out = db->share_all.taken;
	return bpf_map_lookup_elem(db->fds[DATAPATH_FD_TAP_UP], &key, in) ? -errno : 0;
}

static void emit(struct datapath_bpf *db, const struct datapath_event *e)
{
	db->handled++;
	db->config.on_event(db->config.arg, e);
}

static void address_of(struct address *a, uint8_t family, const void *bytes)
{
	if (family == 4)
		address_set(a, AFI_IPV4, bytes, 4);
	else if (family == 6)
		address_set(a, AFI_IPV6, bytes, 16);
	else
		address_set(a, AFI_NONE, NULL, 0);
}

/* One record of the ring buffer. */
static int on_record(void *arg, void *data, size_t size)
{
	static const enum datapath_event_type types[] = {
		[CONTRACT_SOURCE_SEEN] = DATAPATH_SOURCE_SEEN,
		[CONTRACT_ARP_SEEN] = DATAPATH_ARP_SEEN,
		[CONTRACT_AWAY_HIT] = DATAPATH_AWAY,
		[CONTRACT_RLOC_MTU] = DATAPATH_RLOC_MTU,
		[CONTRACT_ASTRAY] = DATAPATH_ASTRAY,
	};
	const struct contract_event *from = data;
	struct datapath_event e = {0};
	struct address host;

	if (size < sizeof(*from) || from->type < CONTRACT_SOURCE_SEEN ||
		from->type > CONTRACT_ASTRAY)
		return 0;
	e.type = types[from->type];
	e.ifindex = from->ifindex;
	e.gratuitous = from->gratuitous;
	e.mtu = from->mtu;
	memcpy(e.mac, from->mac, sizeof(e.mac));
	address_of(&host, from->family, from->eid);
	e.eid = eid_host(from->iid, &host);
	address_of(&e.rloc, from->rloc_family, from->rloc);
	emit(arg, &e);
	return 0;
}

static void on_held(
	struct datapath_bpf *db, const struct contract_tag *tag, const uint8_t *frame, size_t len)
{
	const uint8_t *ip = frame + FRAME_HEAD;
	struct datapath_event e = {.type = DATAPATH_MISS, .packet = frame, .packet_len = len};
	struct address host;

	if (len >= FRAME_HEAD + 20 && *ip >> 4 == 4) {
		address_of(&host, 4, ip + 16);
	} else if (len >= FRAME_HEAD + 40 && *ip >> 4 == 6) {
		address_of(&host, 6, ip + 24);
	} else {
		db->counts[DATAPATH_CNT_FRAME_BAD]++;
		return;
	}
	e.eid = eid_host(tag->iid[0] << 16 | tag->iid[1] << 8 | tag->iid[2], &host);
	e.ifindex = tag->from_core ? 0 : (int)datapath_tag_origin(tag);
	emit(db, &e);
}

/* One frame of the hold tap. False: there is none, or *@error says what is wrong. */
static bool poll_tap(struct datapath_bpf *db, int *error)
{
	const struct contract_tag *tag = (const void *)(db->frame + sizeof(struct virtio_net_hdr));
	ssize_t n = read(db->fds[DATAPATH_FD_TAP], db->frame, sizeof(db->frame));

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			*error = -errno;
		return false;
	}
	if ((size_t)n < FRAME_HEAD || tag->reason & 1) { /* 1: a group, the kernel's own chatter */
		db->counts[DATAPATH_CNT_FRAME_STRAY]++;
		return true;
	}
	datapath_share_took(db, tag);
	if (tag->reason == (CONTRACT_UP_HELD << 2 | 2))
		on_held(db, tag, db->frame, n);
	else
		datapath_exception(db, db->frame, n);
	return true;
}

int datapath_bpf_poll(struct datapath_bpf *db, unsigned int budget)
{
	unsigned int frames = 0;
	bool more = true;
	int error = 0, rc;

	db->handled = 0;
	rc = ring_buffer__consume(db->ring);
	if (rc < 0)
		return rc;
	while (more && db->handled < budget && frames++ < budget)
		more = poll_tap(db, &error);
	datapath_share_tell(db, !more);
	return error ? error : (int)db->handled;
}

int datapath_bpf_events_fd(const struct datapath_bpf *db)
{
	return ring_buffer__epoll_fd(db->ring);
}

int datapath_bpf_tap_fd(const struct datapath_bpf *db)
{
	return db->fds[DATAPATH_FD_TAP];
}

struct datapath *datapath_bpf_handle(struct datapath_bpf *db)
{
	return &db->handle;
}

/* Call @visit for each entry of one map; it may delete the entry. */
static void each_entry(struct datapath_bpf *db, int map,
	void (*visit)(struct datapath_bpf *db, int map, const union entry_key *key,
		const struct contract_fwd *fwd))
{
	union entry_key key, next;
	struct contract_fwd fwd;
	bool more = !bpf_map_get_next_key(map, NULL, &key);

	while (more) {
		more = !bpf_map_get_next_key(map, &key, &next);
		if (!bpf_map_lookup_elem(map, &key, &fwd))
			visit(db, map, &key, &fwd);
		key = next;
	}
}

static void each_map(struct datapath_bpf *db,
	void (*visit)(struct datapath_bpf *db, int map, const union entry_key *key,
		const struct contract_fwd *fwd))
{
	size_t i;

	for (i = 0; i < sizeof(entry_maps) / sizeof(*entry_maps); i++)
		each_entry(db, db->fds[entry_maps[i]], visit);
}

static void visit_clear(struct datapath_bpf *db, int map, const union entry_key *key,
	const struct contract_fwd *fwd)
{
	bpf_map_delete_elem(map, key);
}

static void visit_adopt(struct datapath_bpf *db, int map, const union entry_key *key,
	const struct contract_fwd *fwd)
{
	struct contract_locset set;
	uint32_t place = fwd->verdict.locset;

	if (fwd->verdict.action == CONTRACT_ENCAP &&
		(bpf_map_lookup_elem(db->fds[DATAPATH_FD_LOCSETS], &place, &set) ||
			datapath_locsets_adopt(db->locsets, place, &set)))
		bpf_map_delete_elem(map, key);
}

static void visit_settle(struct datapath_bpf *db, int map, const union entry_key *key,
	const struct contract_fwd *fwd)
{
	if (fwd->verdict.generation == db->generation || bpf_map_delete_elem(map, key))
		return;
	give_back(db, fwd);
	db->handled++;
}

int datapath_bpf_settle(struct datapath_bpf *db)
{
	db->handled = 0;
	datapath_ports_settle(db);
	each_map(db, visit_settle);
	return (int)db->handled;
}

/* Go on from the settings of a former process, so that packets under way meet no gap: the same
 * generation plus one, the same flow hash, its RLOCs and ports until ours are told. */
static void settings_adopt(struct datapath_bpf *db)
{
	struct contract_settings *s = &db->settings;
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(db->fds[DATAPATH_FD_SETTINGS], &zero, s)) {
		memset(s, 0, sizeof(*s));
		return;
	}
	db->generation = s->generation + 1;
	if (!db->config.hash_key[0] && !db->config.hash_key[1])
		memcpy(db->config.hash_key, s->hash_key, sizeof(s->hash_key));
}

static int start(struct datapath_bpf *db, bool adopted)
{
	struct hash_key key;
	struct random random;
	uint8_t secret[16];

	random_system_init(&random);
	random_bytes(&random, secret, sizeof(secret));
	hash_key_set(&key, secret);
	db->locsets = datapath_locsets_new(
		db->config.locsets_max ? db->config.locsets_max : LOCSETS_DEFAULT, &key);
	if (!db->locsets)
		return -ENOMEM;
	db->generation = 1;
	if (adopted)
		settings_adopt(db);
	each_map(db, adopted ? visit_adopt : visit_clear);
	datapath_locsets_adopted(db->locsets, mono_now());
	if (!db->config.hash_key[0] && !db->config.hash_key[1])
		random_bytes(&random, db->config.hash_key, sizeof(db->config.hash_key));
	db->ring = ring_buffer__new(db->fds[DATAPATH_FD_EVENTS], on_record, db, NULL);
	return db->ring ? datapath_ports_start(db) : -errno;
}

struct datapath_bpf *datapath_bpf_new(const struct datapath_bpf_config *config,
	const int fds[DATAPATH_FD_COUNT], bool adopted, char *why, size_t why_size)
{
	struct datapath_bpf *db = calloc(1, sizeof(*db));
	int rc = db ? 0 : -ENOMEM;

	_Static_assert((int)DATAPATH_ENCAP == CONTRACT_ENCAP &&
			       (int)DATAPATH_LOCAL == CONTRACT_LOCAL &&
			       (int)DATAPATH_NATIVE == CONTRACT_NATIVE &&
			       (int)DATAPATH_DROP == CONTRACT_DROP,
		"the core's actions are the programs'");
	if (db) {
		db->handle = (struct datapath){.set = set,
			.del = del,
			.inject = inject,
			.send_back = send_back,
			.inject_ip = inject_ip,
			.used = used,
			.pending = pending,
			.queue = queue,
			.came_from = came_from};
		db->config = *config;
		memcpy(db->fds, fds, sizeof(db->fds));
		db->icmp_rate = limit_per_s(config->icmp_per_s ? config->icmp_per_s : 1000, 50);
		rc = start(db, adopted);
	}
	if (!rc && config->rloc_count)
		rc = datapath_bpf_rlocs(db, config->rlocs, config->rloc_count);
	if (!rc)
		return db;
	snprintf(why, why_size, "cannot set the data plane up: %s", strerror(-rc));
	datapath_bpf_free(db);
	return NULL;
}

void datapath_bpf_free(struct datapath_bpf *db)
{
	if (!db)
		return;
	ring_buffer__free(db->ring);
	datapath_locsets_free(db->locsets);
	datapath_ports_stop(db);
	free(db);
}

static const struct counter {
	const char *name, *help;
} counters[] = {
#define COUNTER(id, name, help) {name, help},
	CONTRACT_COUNTERS(COUNTER) DATAPATH_USER_COUNTERS(COUNTER)
#undef COUNTER
};

unsigned int datapath_counter_count(void)
{
	return sizeof(counters) / sizeof(*counters);
}

const char *datapath_counter_name(unsigned int i)
{
	return i < datapath_counter_count() ? counters[i].name : NULL;
}

const char *datapath_counter_help(unsigned int i)
{
	return i < datapath_counter_count() ? counters[i].help : NULL;
}

int datapath_bpf_counters(const struct datapath_bpf *db, uint64_t *values)
{
	int err = bpf_counters_sum(db->fds[DATAPATH_FD_COUNTERS], CONTRACT_CNT_COUNT, values);

	if (err)
		return err;
	memcpy(values + CONTRACT_CNT_COUNT, db->counts, sizeof(db->counts));
	values[CONTRACT_CNT_COUNT + DATAPATH_CNT_TAP_OVERFLOW] =
		tap_overflows(db->fds[DATAPATH_FD_TAP]);
	return 0;
}
