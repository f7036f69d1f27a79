/* See forwarder.h. */
#include "trill/core/forwarder.h"

#include <string.h>

#include "trill/codec/esadi_tlv.h"
#include "trill/codec/lsp_tlv.h"

static const struct mono expired = {0};

static bool runs(struct mono until, struct mono now)
{
	return mono_before(now, until);
}

static bool is_ours(const struct forwarder *f, uint16_t nickname)
{
	for (unsigned int i = 0; i < f->config.nickname_count; i++)
		if (f->config.nicknames[i] == nickname)
			return true;
	return false;
}

/* What we are appointed for by all that is known now; @changed is told of what differs. */
static void settle(struct forwarder *f)
{
	struct vlan_set was = f->appointed;

	for (unsigned int i = 0; i < 64; i++) {
		uint64_t given =
			f->scope.appointed.bits[i] | (f->hello.bits[i] & ~f->scope.revoked.bits[i]);

		if (f->is_drb) {
			given = 0;
			for (unsigned int bit = 0; bit < 64; bit++)
				given |= (uint64_t)is_ours(f, f->plan.to[i * 64 + bit]) << bit;
		}
		if (!f->config.end_stations)
			given = 0;
		f->appointed.bits[i] = given & f->config.enabled.bits[i];
	}
	for (unsigned int v = 1; f->changed && v <= VLAN_LAST; v++)
		if (vlan_set_has(&was, v) != vlan_set_has(&f->appointed, v))
			f->changed(f->arg, (uint16_t)v, vlan_set_has(&f->appointed, v));
}

static void prolong(struct mono *timer, struct mono until)
{
	if (mono_before(*timer, until))
		*timer = until;
}

/* The longer of what runs and @until (item 4). */
static void inhibit(struct forwarder *f, unsigned int vlan, struct mono until)
{
	if (!vlan_usable(vlan))
		return;
	prolong(&f->vlan_until[vlan], until);
	vlan_set_add(&f->running, vlan);
}

static struct appoint_candidate ourselves(const struct forwarder *f, bool overloaded)
{
	return (struct appoint_candidate){.nickname = f->config.nicknames[0],
		.end_stations = f->config.end_stations,
		.overloaded = overloaded,
		.e_l1cs = true,
		.enabled = f->config.enabled};
}

void forwarder_init(struct forwarder *f, const struct forwarder_config *config)
{
	const struct appoint_mapping none = {0};
	struct appoint_candidate us;

	memset(f, 0, sizeof(*f));
	f->config = *config;
	appoint_init(&f->plan);
	us = ourselves(f, false);
	appoint_plan(&f->plan, &us, 1, &none, 1);
}

void forwarder_configure(
	struct forwarder *f, const struct forwarder_config *config, struct mono now)
{
	for (unsigned int v = vlan_set_next(&config->enabled, 1); v;
		v = vlan_set_next(&config->enabled, v + 1))
		if (!vlan_set_has(&f->config.enabled, v))
			inhibit(f, v, mono_add_s(now, config->holding_s));
	f->config = *config;
	for (unsigned int i = 0; i < 64; i++)
		f->hello.bits[i] &= config->end_stations ? config->enabled.bits[i] : 0;
	settle(f);
}

void forwarder_drb(struct forwarder *f, const struct adjacency_key *winner, struct mono now)
{
	bool same_rbridge =
		winner && f->has_winner && !system_id_compare(&winner->system, &f->winner.system);
	bool same_port = same_rbridge && !mac_compare(&winner->mac, &f->winner.mac) &&
			 winner->port_id == f->winner.port_id;

	if (winner ? same_port : f->is_drb)
		return;
	vlan_set_clear(&f->hello);
	if (!same_rbridge)
		f->scope = (struct forwarder_scope){0};
	f->is_drb = !winner;
	f->has_winner = winner;
	if (winner)
		f->winner = *winner;
	f->drb_until = winner ? expired : mono_add_s(now, f->config.holding_s);
	settle(f);
}

bool forwarder_plan(struct forwarder *f, const struct appoint_candidate *neighbors,
	unsigned int count, bool overloaded, unsigned int ranges, struct mono now)
{
	struct appoint_candidate c[APPOINT_CANDIDATES_MAX];
	struct appoint_pair pairs[FORWARDER_MAPPINGS_MAX];
	struct appoint_mapping mapping = {.pairs = pairs};
	struct appoint was = f->plan;

	for (unsigned int i = 0; i < f->mapping_count; i++)
		if (runs(f->mappings[i].until, now))
			pairs[mapping.count++] = f->mappings[i].pair;
	mapping.all = runs(f->mapped_until, now);
	c[0] = ourselves(f, overloaded);
	if (count > APPOINT_CANDIDATES_MAX - 1)
		count = APPOINT_CANDIDATES_MAX - 1;
	memcpy(c + 1, neighbors, count * sizeof(*c));
	appoint_plan(&f->plan, c, count + 1, &mapping, ranges);
	settle(f);
	return memcmp(was.to, f->plan.to, sizeof(was.to)) != 0;
}

/* VLANs @inside and @outside are mapped to one another on the link. */
static void mapping_heard(
	struct forwarder *f, uint16_t inside, uint16_t outside, struct mono until, struct mono now)
{
	unsigned int i = 0;

	while (i < f->mapping_count && runs(f->mappings[i].until, now) &&
		(f->mappings[i].pair.a != inside || f->mappings[i].pair.b != outside))
		i++;
	if (i == FORWARDER_MAPPINGS_MAX) {
		prolong(&f->mapped_until, until);
		return;
	}
	if (i == f->mapping_count)
		f->mapping_count++;
	f->mappings[i] = (struct forwarder_mapping){{inside, outside}, until};
}

/* The sub-TLVs of a Hello that speak of forwarders: Hello reduction (section 4), and what the DRB
 * appoints us for, into @given. True: the Hello has appointments. */
static bool appointments_read(struct forwarder *f, const struct isis_pdu *p, const struct hello *h,
	struct vlan_set *given, struct vlan_set *theirs)
{
	struct hello_appointment a;
	struct tlv_iter it, subs;
	uint16_t topology;
	bool any = false;
	struct tlv t, sub;

	isis_tlvs(p, &it);
	while (tlv_find(&it, TLV_PORT_CAPABILITY, &t)) {
		if (hello_port_capability_read(&t, &topology, &subs) || topology)
			continue;
		while (tlv_next(&subs, &sub)) {
			int n = sub.type == HELLO_APPOINTED_FORWARDERS
					? hello_appointments_count(&sub)
					: -1;

			if (sub.type == HELLO_VLANS_APPOINTED)
				hello_vlans_read(&sub, theirs);
			any = any || n >= 0;
			for (int i = 0; i < n; i++) {
				if (hello_appointment_at(&sub, (unsigned int)i, &a))
					continue;
				if (is_ours(f, a.nickname))
					vlan_set_add_range(given, a.start, a.end);
				if (a.nickname == h->flags.nickname && !h->flags.trunk)
					vlan_set_add_range(theirs, a.start, a.end);
			}
		}
	}
	return any;
}

/* The Hello comes from the port that won the election. */
static bool is_winner(const struct forwarder *f, const struct hello *h, const struct mac *sa)
{
	return f->has_winner && !mac_compare(sa, &f->winner.mac) &&
	       h->flags.port_id == f->winner.port_id &&
	       !system_id_compare(&h->head->source, &f->winner.system);
}

void forwarder_hello(struct forwarder *f, const struct isis_pdu *p, const struct hello *h,
	const struct mac *sa, uint16_t vlan, struct mono now)
{
	struct mono until = mono_add_s(now, h->head->holding_s);
	struct vlan_set given = {0}, theirs = {0};

	if (vlan != h->flags.outer_vlan)
		mapping_heard(f, h->flags.outer_vlan, vlan,
			mono_add_s(now, 2u * f->config.holding_s), now);
	if (!system_id_compare(&h->head->source, &f->config.system))
		return; /* by another port of ours */
	if (h->flags.mapping)
		prolong(&f->mapped_until, until);
	if (h->flags.af) {
		inhibit(f, vlan, until);
		inhibit(f, h->flags.outer_vlan, until);
	}
	if (appointments_read(f, p, h, &given, &theirs) && !f->is_drb && is_winner(f, h, sa)) {
		for (unsigned int i = 0; i < 64; i++)
			f->hello.bits[i] = given.bits[i] &
					   (f->config.end_stations ? f->config.enabled.bits[i] : 0);
		settle(f);
	}
	for (unsigned int v = vlan_set_next(&theirs, 1); v; v = vlan_set_next(&theirs, v + 1))
		inhibit(f, v, until);
}

/* The zeros of a bit map revoke what Hellos appointed. */
static void revoked_add(const struct tlv *sub, struct vlan_set *revoked)
{
	unsigned int first = (unsigned int)(sub->value[2] << 8 | sub->value[3]) & 0xfff;
	unsigned int count = (unsigned int)(sub->len - 4) * 8;

	for (unsigned int i = 0; i < count && first + i <= VLAN_LAST; i++)
		if (!(sub->value[4 + i / 8] & 0x80 >> i % 8))
			vlan_set_add(revoked, first + i);
}

void forwarder_scope_read(
	const struct forwarder *f, const struct isis_pdu *lsp, struct forwarder_scope *scope)
{
	struct tlv_iter it, subs;
	struct tlv t, sub;

	isis_tlvs(lsp, &it);
	while (tlv_find(&it, TLV_GENINFO, &t)) {
		if (geninfo_read(&t, lsp->form, &subs))
			continue;
		while (tlv_next(&subs, &sub)) {
			struct vlan_set vlans = {0};
			uint16_t nickname;

			if (sub.type != APPSUB_APPOINTMENT_MAP &&
				sub.type != APPSUB_APPOINTMENT_LIST)
				continue;
			if (appointment_read(&sub, &nickname, &vlans) || !is_ours(f, nickname))
				continue;
			for (unsigned int i = 0; i < 64; i++)
				scope->appointed.bits[i] |= vlans.bits[i];
			if (sub.type == APPSUB_APPOINTMENT_MAP)
				revoked_add(&sub, &scope->revoked);
		}
	}
}

void forwarder_scope_set(struct forwarder *f, const struct forwarder_scope *scope)
{
	f->scope = *scope;
	settle(f);
}

void forwarder_root_bridge(
	struct forwarder *f, const uint8_t id[FORWARDER_BRIDGE_ID_LEN], struct mono now)
{
	unsigned int seconds = f->config.root_change_s;

	if (seconds > FORWARDER_ROOT_CHANGE_S)
		seconds = FORWARDER_ROOT_CHANGE_S;
	if (f->has_root && memcmp(f->root + 2, id + 2, MAC_LEN) != 0)
		f->root_until = mono_add_s(now, seconds);
	f->has_root = true;
	memcpy(f->root, id, FORWARDER_BRIDGE_ID_LEN);
}

static void longer(struct mono *a, struct mono *b)
{
	*a = *b = mono_before(*a, *b) ? *b : *a;
}

void forwarder_merge(struct forwarder *a, struct forwarder *b)
{
	longer(&a->drb_until, &b->drb_until);
	longer(&a->root_until, &b->root_until);
	for (unsigned int v = 1; v <= VLAN_LAST; v++)
		longer(&a->vlan_until[v], &b->vlan_until[v]);
	for (unsigned int i = 0; i < 64; i++)
		a->running.bits[i] = b->running.bits[i] |= a->running.bits[i];
}

bool forwarder_mapping_seen(const struct forwarder *f, struct mono now)
{
	for (unsigned int i = 0; i < f->mapping_count; i++)
		if (runs(f->mappings[i].until, now))
			return true;
	return false;
}

bool forwarder_inhibited(const struct forwarder *f, uint16_t vlan, struct mono now)
{
	return runs(f->drb_until, now) || runs(f->root_until, now) ||
	       (vlan_usable(vlan) && runs(f->vlan_until[vlan], now));
}

/* @until is over now, and has not been before. */
static bool ends(struct mono *until, struct mono now)
{
	if (!until->ns || runs(*until, now))
		return false;
	*until = expired;
	return true;
}

bool forwarder_time(struct forwarder *f, struct mono now)
{
	bool any = ends(&f->drb_until, now);
	unsigned int kept = 0;

	any = ends(&f->root_until, now) || any;
	any = ends(&f->mapped_until, now) || any;
	for (unsigned int v = vlan_set_next(&f->running, 1); v;
		v = vlan_set_next(&f->running, v + 1))
		if (ends(&f->vlan_until[v], now)) {
			vlan_set_remove(&f->running, v);
			any = true;
		}
	for (unsigned int i = 0; i < f->mapping_count; i++)
		if (runs(f->mappings[i].until, now))
			f->mappings[kept++] = f->mappings[i];
	any = any || kept < f->mapping_count;
	f->mapping_count = kept;
	return any;
}

static struct mono sooner(struct mono next, struct mono until)
{
	return until.ns ? mono_min(next, until) : next;
}

struct mono forwarder_next(const struct forwarder *f)
{
	struct mono next = sooner(sooner(MONO_NEVER, f->drb_until), f->root_until);

	next = sooner(next, f->mapped_until);
	for (unsigned int v = vlan_set_next(&f->running, 1); v;
		v = vlan_set_next(&f->running, v + 1))
		next = mono_min(next, f->vlan_until[v]);
	for (unsigned int i = 0; i < f->mapping_count; i++)
		next = mono_min(next, f->mappings[i].until);
	return next;
}
