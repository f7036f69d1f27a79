/* map_reply: Map-Reply (RFC 9301 section 5.4). */
#ifndef SUNWARD_LISP_MAP_REPLY_H
#define SUNWARD_LISP_MAP_REPLY_H

#include "lisp/record.h"

struct map_reply {
	bool probe;    /* P */
	bool echo;     /* E: echo-nonce capable */
	bool security; /* S: authentication data follows the records (RFC 9303) */
	uint64_t nonce;
	struct lisp_records records;
	const uint8_t *security_data; /* borrowed, when security */
	size_t security_len;
};

int map_reply_parse(const void *pkt, size_t len, struct map_reply *m, struct wire_fault *fault);

/* Start a reply; its records follow through record.h, then map_reply_finish. */
void map_reply_begin(struct wire_writer *w, bool probe, uint64_t nonce);
void map_reply_finish(struct wire_writer *w, unsigned int record_count);

#endif
