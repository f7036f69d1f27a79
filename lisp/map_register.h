/* map_register: Map-Register, and Map-Notify and Map-Notify-Ack, which share its shape
 * (RFC 9301 sections 5.6 and 5.7). */
#ifndef SUNWARD_LISP_MAP_REGISTER_H
#define SUNWARD_LISP_MAP_REGISTER_H

#include "lisp/auth.h"
#include "lisp/record.h"

struct map_register {
	enum lisp_type type; /* LISP_MAP_REGISTER, LISP_MAP_NOTIFY or LISP_MAP_NOTIFY_ACK */
	bool proxy_reply;    /* P */
	bool security;       /* S */
	bool has_xtr_id;     /* I (bit 6 in a register; bit 4 in notifies, as deployed) */
	bool eid_notify;     /* E */
	bool use_ttl;        /* T: the record TTL is the registration's time-out */
	bool merge;          /* a */
	bool rtr;            /* R */
	bool want_notify;    /* M */
	uint64_t nonce;
	struct auth_field auth;
	unsigned int record_count;
	struct lisp_records records;
	struct lisp_xtr_id xtr_id;
	uint64_t site_id;
};

/* Parse any of the three. Does not authenticate: see auth_verify(). */
int map_register_parse(
	const void *pkt, size_t len, struct map_register *m, struct wire_fault *fault);

/* Write the head of any of the three; records follow through record.h; then map_register_finish
 * writes the trailer, patches the count and signs. Fields read from @m: type, flags, nonce, xtr_id,
 * site_id; it fills m->auth. */
void map_register_begin(struct wire_writer *w, struct map_register *m, uint8_t key_id,
	enum auth_alg alg, const struct auth_options *opt);
/* Returns the length, or a negative lisp_error. */
int map_register_finish(struct wire_writer *w, struct map_register *m, unsigned int record_count,
	struct auth_key *key, const struct auth_options *opt);

#endif
