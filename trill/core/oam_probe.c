/* See oam_probe.h. */
#include "trill/core/oam_probe.h"

#include <string.h>

static bool reply_take(void *arg, const struct oam_in *in, struct mono now);

void oam_probe_init(struct oam_probes *p, struct oam_room *room, struct random *random)
{
	memset(p, 0, sizeof(*p));
	p->room = room;
	p->random = random;
	room->reply = reply_take;
	room->reply_arg = p;
}

/* ---- life ---- */

static int refusal_of(const struct oam_probes *p, const struct oam_probe_want *w)
{
	const struct oam_room *room = p->room;

	if (!nickname_usable(w->egress) || !w->hops || w->hops > DATA_HOPS_MAX || !w->count ||
		!w->timeout_ms || (w->kind == OAM_PROBE_PING && !w->interval_ms) ||
		w->data_len > OAM_PROBE_DATA_MAX || w->scope_count > OAM_PROBE_SCOPE_MAX)
		return -OAM_PROBE_WRONG;
	if (!room->own_count)
		return -OAM_PROBE_NAMELESS;
	if (w->kind != OAM_PROBE_TREE && oam_is_own(room, w->egress))
		return -OAM_PROBE_US;
	if (w->kind != OAM_PROBE_TREE && !room->env.capable(room->env.arg, w->egress))
		return -OAM_PROBE_INCAPABLE;
	return 0;
}

int oam_probe_start(struct oam_probes *p, const struct oam_probe_want *want, struct mono now)
{
	struct oam_probe *probe = NULL;
	int refusal = refusal_of(p, want);
	unsigned int i;

	if (refusal)
		return refusal;
	for (i = 0; i < OAM_PROBES_MAX && !probe; i++)
		if (!p->probes[i].used)
			probe = &p->probes[i];
	if (!probe)
		return -OAM_PROBE_BUSY;
	if (!p->begun)
		p->session = random_u32(p->random);
	p->begun = true;
	memset(probe, 0, sizeof(*probe));
	probe->used = true;
	probe->want = *want;
	if (want->flow)
		memcpy(probe->flow, want->flow, OAM_FLOW_LEN);
	else
		oam_flow_of(p->room,
			want->kind == OAM_PROBE_TREE ? &mac_oam_multicast : &mac_oam_unicast,
			want->label, probe->flow);
	probe->scope_count = want->scope_count;
	if (want->scope_count)
		memcpy(probe->scope, want->scope, want->scope_count * sizeof(*want->scope));
	probe->hops = want->kind == OAM_PROBE_TRACE ? 1 : want->hops;
	probe->next = now;
	return (int)(probe - p->probes);
}

void oam_probe_stop(struct oam_probes *p, unsigned int probe)
{
	if (probe < OAM_PROBES_MAX)
		p->probes[probe].used = false;
}

const char *oam_probe_refusal_text(int refusal)
{
	switch (-refusal) {
	case OAM_PROBE_BUSY:
		return "as many probes run already as may";
	case OAM_PROBE_WRONG:
		return "a nickname is 0x0001 to 0xffbf, a hop count 1 to 63; count, interval and "
		       "timeout are at least 1";
	case OAM_PROBE_US:
		return "the nickname is our own";
	case OAM_PROBE_INCAPABLE:
		return "no RBridge is known by that nickname, or it does not say that it is OAM "
		       "capable";
	case OAM_PROBE_NAMELESS:
		return "we have no nickname to ask by yet";
	default:
		return "";
	}
}

static void tell(struct oam_probes *p, struct oam_probe *probe, struct oam_probe_result *result)
{
	result->probe = (unsigned int)(probe - p->probes);
	result->sent = probe->sent;
	result->answered = probe->answered;
	result->reached = probe->reached;
	probe->want.result(probe->want.arg, result);
}

static unsigned int waiting_count(const struct oam_probe *probe)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < OAM_PROBE_WAITING; i++)
		n += probe->waiting[i].used;
	return n;
}

static void done_if_over(struct oam_probes *p, struct oam_probe *probe)
{
	struct oam_probe_result result = {.what = OAM_PROBE_DONE};

	if (!probe->over || waiting_count(probe))
		return;
	probe->used = false;
	tell(p, probe, &result);
}

/* ---- out ---- */

static void message_send(struct oam_probes *p, struct oam_probe *probe)
{
	static const uint8_t opcodes[] = {OAM_LOOPBACK, OAM_TRACE, OAM_TREE};
	const struct oam_probe_want *want = &probe->want;
	struct data_header header = {
		.multi = want->kind == OAM_PROBE_TREE, .hops = probe->hops, .egress = want->egress};
	struct oam o = {.level = OAM_LEVEL,
		.opcode = opcodes[want->kind],
		.session = p->session,
		.in_band = true};
	struct oam_out out;
	size_t at;

	oam_out_begin(p->room, &out, &header, probe->flow, &o);
	if (want->check_label)
		oam_label_put(&out.w, want->label);
	if (probe->scope_count)
		oam_nicknames_put(&out.w, OAM_TLV_SCOPE, probe->scope, probe->scope_count);
	if (want->data_len) {
		at = tlv_begin(&out.w, OAM_TLV_DATA, TLV_OAM);
		wire_put_zero(&out.w, want->data_len);
		tlv_end(&out.w, at, TLV_OAM);
	}
	oam_out_send(p->room, &out);
}

/* The next message, if there is a place to wait for its answer. */
static void message_next(struct oam_probes *p, struct oam_probe *probe, struct mono now)
{
	unsigned int i = 0;

	while (i < OAM_PROBE_WAITING && probe->waiting[i].used)
		i++;
	if (i == OAM_PROBE_WAITING) {
		probe->next = mono_add_ms(now, probe->want.interval_ms);
		return;
	}
	probe->waiting[i].used = true;
	probe->waiting[i].session = ++p->session;
	probe->waiting[i].sequence = ++probe->sent;
	probe->waiting[i].hops = probe->hops;
	probe->waiting[i].sent = now;
	probe->tries++;
	probe->next = MONO_NEVER;
	if (probe->want.kind == OAM_PROBE_PING) {
		probe->over = probe->sent == probe->want.count;
		probe->next = probe->over ? MONO_NEVER : mono_add_ms(now, probe->want.interval_ms);
	}
	message_send(p, probe);
}

/* The hop count of a trace is done with. */
static void hop_next(struct oam_probe *probe, struct mono now)
{
	probe->tries = 0;
	probe->over = probe->hops == probe->want.hops;
	if (probe->over)
		return;
	probe->hops++;
	probe->next = now;
}

/* ---- time ---- */

static void message_lost(
	struct oam_probes *p, struct oam_probe *probe, unsigned int i, struct mono now)
{
	struct oam_probe_result result = {.what = OAM_PROBE_LOST,
		.sequence = probe->waiting[i].sequence,
		.hops = probe->waiting[i].hops};
	bool again = probe->tries < probe->want.count;

	probe->waiting[i].used = false;
	if (probe->want.kind == OAM_PROBE_TREE) {
		/* Without a scope nobody knows who else would answer. */
		probe->over = !probe->scope_count || !again;
		if (probe->want.scope_count)
			tell(p, probe, &result);
		if (!probe->over)
			probe->next = now;
		return;
	}
	tell(p, probe, &result);
	if (probe->want.kind == OAM_PROBE_TRACE && again)
		probe->next = now;
	else if (probe->want.kind == OAM_PROBE_TRACE)
		hop_next(probe, now);
}

static struct mono lost_at(const struct oam_probe *probe, unsigned int i)
{
	return mono_add_ms(probe->waiting[i].sent, probe->want.timeout_ms);
}

void oam_probe_time(struct oam_probes *p, struct mono now)
{
	for (unsigned int n = 0; n < OAM_PROBES_MAX; n++) {
		struct oam_probe *probe = &p->probes[n];

		for (unsigned int i = 0; probe->used && i < OAM_PROBE_WAITING; i++)
			if (probe->waiting[i].used && mono_due(lost_at(probe, i), now))
				message_lost(p, probe, i, now);
		if (probe->used && !probe->over && mono_due(probe->next, now))
			message_next(p, probe, now);
		if (probe->used)
			done_if_over(p, probe);
	}
}

struct mono oam_probe_next(const struct oam_probes *p)
{
	struct mono next = MONO_NEVER;

	for (unsigned int n = 0; n < OAM_PROBES_MAX; n++) {
		const struct oam_probe *probe = &p->probes[n];

		if (!probe->used)
			continue;
		if (!probe->over)
			next = mono_min(next, probe->next);
		for (unsigned int i = 0; i < OAM_PROBE_WAITING; i++)
			if (probe->waiting[i].used)
				next = mono_min(next, lost_at(probe, i));
	}
	return next;
}

/* ---- in ---- */

static void next_hops_read(const struct tlv *t, struct oam_probe_result *result)
{
	int n = oam_nicknames_read(t);

	for (int i = 0; i < n && result->next_count < OAM_HOPS_NAMED; i++)
		result->next[result->next_count++] = oam_nickname_at(t, (unsigned int)i);
}

/* What an answer tells. A TLV that cannot be read tells nothing. */
static void answer_read(const struct oam_in *in, struct oam_probe_result *result)
{
	struct oam_original original;
	struct tlv_iter it;
	struct tlv t;

	result->nickname = in->data->header.ingress;
	result->intermediate = in->o.sub_code == OAM_SUB_INTERMEDIATE;
	result->cross_connect = in->o.cross_connect;
	tlv_iter_init(&it, in->o.tlvs, in->o.tlvs_len, TLV_OAM);
	while (tlv_next(&it, &t)) {
		if (t.type == OAM_TLV_SENDER) {
			uint16_t sender;

			if (!oam_sender_read(&t, &sender))
				result->nickname = sender;
		} else if (t.type == OAM_TLV_PREVIOUS) {
			oam_previous_read(&t, &result->previous);
		} else if (t.type == OAM_TLV_NEXT_HOPS) {
			next_hops_read(&t, result);
		} else if (t.type == OAM_TLV_INGRESS) {
			result->has_ingress = !oam_port_read(&t, &result->ingress);
		} else if (t.type == OAM_TLV_EGRESS) {
			result->has_egress = !oam_port_read(&t, &result->egress);
		} else if (t.type == OAM_TLV_INTERFACE) {
			if (oam_interface_read(&t, &result->status))
				result->status = 0;
		} else if (t.type == OAM_TLV_RECEIVERS) {
			result->has_receivers = !oam_receivers_read(&t, &result->receivers);
		} else if (t.type == OAM_TLV_ORIGINAL && !oam_original_read(&t, &original)) {
			result->has_hops_there = true;
			result->hops_there = original.header.hops;
		}
	}
}

/* @nickname has answered a tree verification. False: it had before, or is not in the scope. */
static bool tree_heard(struct oam_probe *probe, uint16_t nickname)
{
	unsigned int i;

	if (probe->want.scope_count) {
		for (i = 0; i < probe->scope_count && probe->scope[i] != nickname; i++)
			;
		if (i == probe->scope_count)
			return false;
		probe->scope[i] = probe->scope[--probe->scope_count];
		probe->reached = !probe->scope_count;
		return true;
	}
	for (i = 0; i < probe->heard_count; i++)
		if (probe->heard[i] == nickname)
			return false;
	if (probe->heard_count < OAM_PROBE_SCOPE_MAX)
		probe->heard[probe->heard_count++] = nickname;
	probe->reached = true;
	return true;
}

static void waiting_end(struct oam_probe *probe)
{
	for (unsigned int i = 0; i < OAM_PROBE_WAITING; i++)
		probe->waiting[i].used = false;
	probe->over = true;
}

static bool answer_take(struct oam_probes *p, struct oam_probe *probe, unsigned int i,
	const struct oam_in *in, struct mono now)
{
	struct oam_probe_result result = {.what = OAM_PROBE_ANSWER,
		.sequence = probe->waiting[i].sequence,
		.hops = probe->waiting[i].hops,
		.rtt_us = mono_since_us(probe->waiting[i].sent, now)};

	answer_read(in, &result);
	if (probe->want.kind == OAM_PROBE_TREE) {
		/* One of several nicknames of an RBridge may be in the scope. */
		if (!tree_heard(probe, result.nickname) &&
			!(probe->want.scope_count && tree_heard(probe, in->data->header.ingress)))
			return false;
		if (probe->want.scope_count && !probe->scope_count)
			waiting_end(probe);
	} else {
		probe->waiting[i].used = false;
		probe->reached = probe->reached || !result.intermediate;
	}
	probe->answered++;
	tell(p, probe, &result);
	if (probe->want.kind == OAM_PROBE_TRACE) {
		if (result.intermediate)
			hop_next(probe, now);
		else
			probe->over = true;
	}
	done_if_over(p, probe);
	return true;
}

/* Its opcode, and a return code of its kind: RFC 7455 section 11.2.3 has 0 in a tree's answer. */
static bool answers_kind(const struct oam *o, enum oam_probe_kind kind)
{
	static const uint8_t opcodes[] = {OAM_LOOPBACK_REPLY, OAM_TRACE_REPLY, OAM_TREE_REPLY};

	return o->opcode == opcodes[kind] && (o->code == OAM_CODE_REPLY || kind == OAM_PROBE_TREE);
}

static bool reply_take(void *arg, const struct oam_in *in, struct mono now)
{
	struct oam_probes *p = arg;

	for (unsigned int n = 0; n < OAM_PROBES_MAX; n++) {
		struct oam_probe *probe = &p->probes[n];

		if (!probe->used || !answers_kind(&in->o, probe->want.kind))
			continue;
		for (unsigned int i = 0; i < OAM_PROBE_WAITING; i++)
			if (probe->waiting[i].used && probe->waiting[i].session == in->o.session)
				return answer_take(p, probe, i, in, now);
	}
	return false;
}
