/* See oam.h. */
#include "trill/core/oam.h"

#include <string.h>

const struct mac mac_oam_unicast = {{0x00, 0x00, 0x5e, 0x90, 0x01, 0x00}};
const struct mac mac_oam_multicast = {{0x01, 0x00, 0x5e, 0x90, 0x01, 0x00}};

#define TAIL_MAX 100 /* bytes of the TLVs that oam_out_send() puts */

/* What of a request's TLVs decides on the answer. */
struct request {
	bool has_label, has_scope;
	uint16_t named; /* our nickname in the scope, or NICKNAME_NONE */
	struct label label;
	const uint8_t *reflector;
	struct tlv data; /* TLV 3, which a loopback gives back; value NULL: none */
};

void oam_init(struct oam_room *r, const struct oam_env *env, const struct mac *mac)
{
	memset(r, 0, sizeof(*r));
	r->env = *env;
	r->mac = *mac;
}

void oam_own_set(struct oam_room *r, const uint16_t *nicknames, unsigned int n)
{
	r->own_count = n < OAM_OWN_MAX ? n : OAM_OWN_MAX;
	memcpy(r->own, nicknames, r->own_count * sizeof(*nicknames));
}

bool oam_is_own(const struct oam_room *r, uint16_t nickname)
{
	for (unsigned int i = 0; i < r->own_count; i++)
		if (r->own[i] == nickname)
			return true;
	return false;
}

const char *oam_verdict_name(enum oam_verdict verdict)
{
	static const char *const names[OAM_VERDICTS] = {"taken", "not_oam", "malformed", "level",
		"auth", "ingress", "not_ours", "opcode", "silent", "out_of_band", "scope",
		"incapable", "limited", "stray", "fragment"};

	return names[verdict];
}

const char *oam_limited_name(enum oam_limited kind)
{
	static const char *const names[OAM_LIMITS] = {"loopback", "trace", "tree", "ccm"};

	return names[kind];
}

void oam_flow_of(const struct oam_room *r, const struct mac *da, struct label label,
	uint8_t flow[OAM_FLOW_LEN])
{
	struct ethernet_inner inner = {.da = *da, .sa = r->mac, .label = label};
	struct wire_writer w;

	memset(flow, 0, OAM_FLOW_LEN);
	wire_writer_init(&w, flow, OAM_FLOW_LEN);
	ethernet_inner_write(&w, &inner);
}

/* ---- out ---- */

void oam_out_begin(const struct oam_room *r, struct oam_out *out, const struct data_header *header,
	const uint8_t *flow, const struct oam *o)
{
	out->header = *header;
	out->header.alert = true;
	if (out->header.ingress == NICKNAME_NONE && r->own_count)
		out->header.ingress = r->own[0];
	wire_writer_init(&out->w, out->packet, sizeof(out->packet));
	data_header_write(&out->w, &out->header);
	out->header_len = out->w.pos;
	wire_put_bytes(&out->w, flow, OAM_FLOW_LEN);
	oam_begin(&out->w, o);
}

static bool out_frame(struct oam_room *r, struct oam_out *out)
{
	struct data_frame f = {.header = out->header};
	struct wire_fault fault;
	struct wire_reader reader;

	oam_sender_put(&out->w, out->header.ingress);
	if (r->auth != OAM_AUTH_NONE && r->key_count)
		oam_auth_put(&out->w, r->keys[0]);
	oam_end(&out->w);
	if (!wire_written(&out->w))
		return false;
	if (r->auth != OAM_AUTH_NONE &&
		(!r->key_count || oam_auth_sign(r->keys[0], out->packet, out->w.pos)))
		return false;
	wire_reader_init(&reader, out->packet, out->w.pos, &fault);
	wire_get_bytes(&reader, out->header_len, "TRILL header");
	if (ethernet_inner_read(&reader, &f.inner))
		return false;
	f.payload_len = wire_left(&reader);
	f.payload = wire_get_bytes(&reader, f.payload_len, "payload");
	r->env.send(r->env.arg, &f);
	return true;
}

bool oam_out_send(struct oam_room *r, struct oam_out *out)
{
	bool sent = out_frame(r, out);

	r->sent += sent;
	r->unsent += !sent;
	return sent;
}

/* ---- in ---- */

/* A nickname of ours among the @count of @t, or NICKNAME_NONE. */
static uint16_t scope_names(const struct oam_room *r, const struct tlv *t, int count)
{
	for (int i = 0; i < count; i++)
		if (oam_is_own(r, oam_nickname_at(t, (unsigned int)i)))
			return oam_nickname_at(t, (unsigned int)i);
	return NICKNAME_NONE;
}

/* False: one of them is malformed. */
static bool request_read(const struct oam_room *r, const struct oam *o, struct request *q)
{
	struct tlv_iter it;
	struct tlv t;
	int err = 0;

	memset(q, 0, sizeof(*q));
	tlv_iter_init(&it, o->tlvs, o->tlvs_len, TLV_OAM);
	while (err >= 0 && tlv_next(&it, &t)) {
		if (t.type == OAM_TLV_LABEL) {
			err = oam_label_read(&t, &q->label);
			q->has_label = true;
		} else if (t.type == OAM_TLV_SCOPE && o->opcode == OAM_TREE) {
			err = oam_nicknames_read(&t);
			q->has_scope = true;
			if (q->named == NICKNAME_NONE)
				q->named = scope_names(r, &t, err);
		} else if (t.type == OAM_TLV_REFLECTOR) {
			err = oam_reflector_read(&t, &q->reflector);
		} else if (t.type == OAM_TLV_DATA) {
			q->data = t;
		}
	}
	return err >= 0 && !it.err;
}

/* The flow of an answer: as it came, or as the message wants it. An answer goes to one RBridge, and
 * so does not go to a group inside. */
static void flow_back(const struct oam_room *r, const struct oam_in *in, const struct request *q,
	uint8_t flow[OAM_FLOW_LEN])
{
	struct ethernet_inner inner;
	struct wire_fault fault;
	struct wire_reader reader;

	memcpy(flow, q->reflector ? q->reflector : in->flow, OAM_FLOW_LEN);
	wire_reader_init(&reader, flow, OAM_FLOW_LEN, &fault);
	if (ethernet_inner_read(&reader, &inner) || mac_is_group(&inner.da))
		oam_flow_of(r, &mac_oam_unicast, in->data->inner.label, flow);
}

/* What a path trace and a tree verification tell of the place (sections 10.1.2 and 11.2.3). */
static void place_put(struct oam_room *r, struct wire_writer *w, const struct oam_in *in)
{
	struct oam_place place = {.status = OAM_INTERFACE_UP, .port = {.action = OAM_PORT_OK}};
	struct oam_way way = {.count = 0};

	r->env.place(r->env.arg, in, &place);
	r->env.way(r->env.arg, in, &way);
	oam_previous_put(w, place.previous);
	oam_port_put(w, OAM_TLV_INGRESS, &place.port);
	if (way.has_port && in->o.opcode == OAM_TRACE)
		oam_port_put(w, OAM_TLV_EGRESS, &way.port);
	oam_interface_put(w, place.status);
	oam_nicknames_put(w, OAM_TLV_NEXT_HOPS, way.next, way.count);
	if (in->o.opcode == OAM_TREE)
		oam_receivers_put(w, r->env.receivers(r->env.arg, in->data->inner.label));
}

static enum oam_verdict answer(
	struct oam_room *r, const struct oam_in *in, const struct request *q, bool ours)
{
	const struct data_header *h = &in->data->header;
	struct data_header header = {.hops = DATA_HOPS_MAX,
		.color = h->color,
		.egress = h->ingress,
		.ingress = ours ? h->egress : q->named};
	struct oam o = in->o;
	uint8_t flow[OAM_FLOW_LEN];
	struct oam_out out;

	o.opcode = in->o.opcode == OAM_LOOPBACK ? OAM_LOOPBACK_REPLY : in->o.opcode - 1;
	o.version = 0;
	o.own_len = 0;
	o.code = in->o.opcode == OAM_TREE ? OAM_CODE_REQUEST : OAM_CODE_REPLY; /* section 11.2.3 */
	o.sub_code = ours || h->multi ? OAM_SUB_VALID : OAM_SUB_INTERMEDIATE;
	o.fragment = 0;
	o.final = true;
	o.cross_connect = q->has_label && !label_equal(q->label, in->data->inner.label);
	flow_back(r, in, q, flow);
	oam_out_begin(r, &out, &header, flow, &o);
	oam_original_put(&out.w, in->packet, in->header_len, in->flow);
	if (o.opcode != OAM_LOOPBACK_REPLY)
		place_put(r, &out.w, in);
	else if (q->data.value && out.w.pos + 3 + q->data.len + TAIL_MAX < OAM_PACKET_MAX)
		wire_put_bytes(&out.w, q->data.value - 3, q->data.len + 3); /* with its head */
	return oam_out_send(r, &out) ? OAM_TAKEN : OAM_MALFORMED;
}

static bool limited(struct oam_room *r, enum oam_limited kind, struct mono now)
{
	static const uint32_t per_s[OAM_LIMITS] = {
		OAM_LOOPBACK_PER_S, OAM_TRACE_PER_S, OAM_TREE_PER_S, OAM_CCM_PER_S};
	struct limit_rate rate = limit_per_s(per_s[kind], per_s[kind]);

	if (limit_take(&r->limits[kind], &rate, now))
		return false;
	r->held_back[kind]++;
	return true;
}

static enum oam_verdict request_take(struct oam_room *r, const struct oam_in *in,
	enum oam_limited kind, bool ours, struct mono now)
{
	struct request q;

	if (!request_read(r, &in->o, &q))
		return OAM_MALFORMED;
	if (q.has_scope && q.named == NICKNAME_NONE)
		return OAM_NO_SCOPE;
	if (!in->o.in_band)
		return in->o.out_of_band ? OAM_OUT_OF_BAND : OAM_SILENT;
	if (!r->env.capable(r->env.arg, in->data->header.ingress))
		return OAM_INCAPABLE;
	if (limited(r, kind, now))
		return OAM_LIMITED;
	return answer(r, in, &q, ours);
}

static enum oam_verdict reply_take(struct oam_room *r, const struct oam_in *in, struct mono now)
{
	if (!in->o.final || in->o.fragment)
		return OAM_FRAGMENT;
	return r->reply && r->reply(r->reply_arg, in, now) ? OAM_TAKEN : OAM_STRAY;
}

static enum oam_verdict opcode_take(struct oam_room *r, const struct oam_in *in, struct mono now)
{
	const struct data_header *h = &in->data->header;
	bool ours = !h->multi && oam_is_own(r, h->egress);

	switch (in->o.opcode) {
	case OAM_CCM:
		if (!ours && !h->multi)
			return OAM_NOT_OURS;
		if (limited(r, OAM_LIMIT_CCM, now))
			return OAM_LIMITED;
		return r->ccm && r->ccm(r->ccm_arg, in, now) ? OAM_TAKEN : OAM_STRAY;
	case OAM_LOOPBACK:
		return ours ? request_take(r, in, OAM_LIMIT_LOOPBACK, true, now) : OAM_NOT_OURS;
	case OAM_TRACE:
		if (h->multi || (!ours && h->hops > 1))
			return OAM_NOT_OURS;
		return request_take(r, in, OAM_LIMIT_TRACE, ours, now);
	case OAM_TREE:
		return h->multi ? request_take(r, in, OAM_LIMIT_TREE, false, now) : OAM_NOT_OURS;
	case OAM_LOOPBACK_REPLY:
	case OAM_TRACE_REPLY:
	case OAM_TREE_REPLY:
		return ours ? reply_take(r, in, now) : OAM_NOT_OURS;
	default:
		return OAM_BAD_OPCODE;
	}
}

/* @len: of the frame. */
static enum oam_verdict receive(struct oam_room *r, const struct data_frame *data,
	const uint8_t *bytes, size_t len, uint16_t port, struct mono now)
{
	struct oam_in in = {.port = port,
		.data = data,
		.packet = bytes + data->header_at,
		.header_len = data->inner_at - data->header_at,
		.flow = bytes + data->inner_at};
	struct wire_fault fault;
	size_t at = data->inner_at + OAM_FLOW_LEN;
	int err;

	if (!data->header.alert || len < at + 2 ||
		(bytes[at] << 8 | bytes[at + 1]) != ETHERTYPE_CFM)
		return OAM_NOT_OAM;
	err = oam_read(bytes + at, len - at, &in.o, &fault);
	if (err != -TRILL_ETRUNC && in.o.level != OAM_LEVEL)
		return OAM_BAD_LEVEL;
	if (err)
		return OAM_MALFORMED;
	if (!nickname_usable(data->header.ingress) || oam_is_own(r, data->header.ingress))
		return OAM_BAD_INGRESS;
	if (r->auth == OAM_AUTH_ENFORCE &&
		oam_auth_check(in.packet, len - data->header_at, r->keys, r->key_count))
		return OAM_BAD_AUTH;
	return opcode_take(r, &in, now);
}

enum oam_verdict oam_receive(struct oam_room *r, const struct data_frame *data,
	const uint8_t *bytes, size_t len, uint16_t port, struct mono now)
{
	enum oam_verdict verdict = receive(r, data, bytes, len, port, now);

	r->received[verdict]++;
	return verdict;
}
