/* See lisp.h and codec.h. */
#include "lisp/codec.h"

#include <string.h>

const char lisp_want_afi[] = "AFI 0, 1, 2, 6, 17, 16387, 16389 or 16396";
const char lisp_want_supported[] = "a kind that this parser takes";

int lisp_error_of(const struct wire_fault *fault)
{
	switch (fault->code) {
	case WIRE_OK:
		return 0;
	case WIRE_ETRUNC:
		return -LISP_ETRUNC;
	case WIRE_EVALUE:
		if (fault->want == lisp_want_afi)
			return -LISP_EUNKNOWN_AFI;
		if (fault->want == lisp_want_supported)
			return -LISP_EUNSUPPORTED;
		return -LISP_EMALFORMED;
	case WIRE_ETRAILING:
		return -LISP_EMALFORMED;
	}
	return -LISP_EMALFORMED;
}

uint32_t lisp_head_read(struct wire_reader *r, enum lisp_type type)
{
	size_t at = r->pos;
	uint32_t head = wire_get_u32(r, "message header");

	if (head >> 28 != (uint32_t)type)
		wire_refuse(r, "message type", at, head >> 28, lisp_want_supported);
	return head;
}

void lisp_trailer_read(struct wire_reader *r, struct lisp_xtr_id *xtr_id, uint64_t *site_id)
{
	const uint8_t *bytes = wire_get_bytes(r, sizeof(xtr_id->bytes), "xTR-ID");

	if (bytes)
		memcpy(xtr_id->bytes, bytes, sizeof(xtr_id->bytes));
	*site_id = wire_get_u64(r, "Site-ID");
}

void lisp_trailer_write(struct wire_writer *w, const struct lisp_xtr_id *xtr_id, uint64_t site_id)
{
	wire_put_bytes(w, xtr_id->bytes, sizeof(xtr_id->bytes));
	wire_put_u64(w, site_id);
}

int lisp_type_of(const void *pkt, size_t len)
{
	return len ? *(const uint8_t *)pkt >> 4 : -LISP_ETRUNC;
}

const char *lisp_type_name(int type)
{
	switch (type) {
	case LISP_MAP_REQUEST:
		return "Map-Request";
	case LISP_MAP_REPLY:
		return "Map-Reply";
	case LISP_MAP_REGISTER:
		return "Map-Register";
	case LISP_MAP_NOTIFY:
		return "Map-Notify";
	case LISP_MAP_NOTIFY_ACK:
		return "Map-Notify-Ack";
	case LISP_MAP_REFERRAL:
		return "Map-Referral";
	case LISP_INFO:
		return "Info";
	case LISP_ECM:
		return "Encapsulated Control Message";
	case LISP_EXTENSION:
		return "Shared Extension";
	}
	return NULL;
}

const char *const lisp_act_words[] = {
	[LISP_ACT_NONE] = "no-action",
	[LISP_ACT_NATIVE_FORWARD] = "natively-forward",
	[LISP_ACT_SEND_MAP_REQUEST] = "send-map-request",
	[LISP_ACT_DROP] = "drop",
	[LISP_ACT_DROP_POLICY] = "drop-policy",
	[LISP_ACT_DROP_AUTH] = "drop-auth",
	[LISP_ACT_COUNT] = NULL,
};

const char *lisp_act_name(enum lisp_act act)
{
	switch (act) {
	case LISP_ACT_NONE:
		return "No-Action";
	case LISP_ACT_NATIVE_FORWARD:
		return "Natively-Forward";
	case LISP_ACT_SEND_MAP_REQUEST:
		return "Send-Map-Request";
	case LISP_ACT_DROP:
		return "Drop/No-Reason";
	case LISP_ACT_DROP_POLICY:
		return "Drop/Policy-Denied";
	case LISP_ACT_DROP_AUTH:
		return "Drop/Auth-Failure";
	}
	return "unassigned";
}
