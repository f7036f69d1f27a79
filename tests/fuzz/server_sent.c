/* See server_sent.h. */
#include "tests/fuzz/server_sent.h"

#include <stdio.h>
#include <stdlib.h>

#include "lisp/ecm.h"
#include "lisp/handover.h"
#include "lisp/info.h"
#include "lisp/map_referral.h"
#include "lisp/map_reply.h"
#include "lisp/move.h"
#include "tests/fuzz/need.h"

#define REPLY_FACTOR 3 /* docs/decisions/amplification.md */

static int parse(const uint8_t *bytes, uint32_t len)
{
	struct map_referral referral;
	struct handover handover;
	struct wire_fault fault;
	struct map_register m;
	struct map_reply reply;
	struct move move;
	struct info info;
	struct ecm ecm;

	switch (lisp_type_of(bytes, len)) {
	case LISP_MAP_REPLY:
		return map_reply_parse(bytes, len, &reply, &fault);
	case LISP_MAP_NOTIFY:
		return map_register_parse(bytes, len, &m, &fault);
	case LISP_EXTENSION:
		return handover_is(bytes, len) ? handover_parse(bytes, len, &handover, &fault)
					       : move_parse(bytes, len, &move, &fault);
	case LISP_ECM:
		return ecm_parse(bytes, len, &ecm, &fault);
	case LISP_MAP_REFERRAL:
		return map_referral_parse(bytes, len, &referral, &fault);
	case LISP_INFO:
		return info_parse(bytes, len, &info, &fault) || !info.reply;
	default:
		return -1;
	}
}

void server_sent_check(const struct outbox *out, const struct datagram *d)
{
	for (uint32_t i = 0; i < out->count; i++) {
		const struct outbox_datagram *sent = &out->list[i];
		const uint8_t *bytes = outbox_bytes(out, i);

		if (parse(bytes, sent->len)) {
			fprintf(stderr, "datagram %u of %u bytes, type %d, does not parse\n", i,
				sent->len, lisp_type_of(bytes, sent->len));
			abort();
		}
		if (d && lisp_type_of(bytes, sent->len) == LISP_MAP_REPLY &&
			!address_equal(&sent->to.addr, &d->peer.addr))
			need(sent->len <= REPLY_FACTOR * d->len);
		if (lisp_type_of(bytes, sent->len) == LISP_INFO)
			need(d && sent->len <= REPLY_FACTOR * d->len &&
				address_equal(&sent->to.addr, &d->peer.addr));
	}
}
