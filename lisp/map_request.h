/* map_request: Map-Request (RFC 9301 section 5.2; the N and I bits are RFC 9437's). */
#ifndef SUNWARD_LISP_MAP_REQUEST_H
#define SUNWARD_LISP_MAP_REQUEST_H

#include "lisp/record.h"

struct map_request {
	bool authoritative; /* A */
	bool map_data;      /* M: a Map-Reply record follows */
	bool probe;         /* P */
	bool smr;           /* S */
	bool pitr;          /* p */
	bool smr_invoked;   /* s */
	bool local_xtr;     /* L */
	bool dont_reply;    /* D */
	bool has_xtr_id;    /* I */
	uint64_t nonce;
	struct lisp_field source_eid; /* AFI_NONE: none */
	unsigned int
		itr_rloc_count; /* 1-32 on the wire; those of AFI_NONE or unknown LCAF included */
	struct lisp_field itr_rlocs[LISP_ITR_RLOCS_MAX];
	unsigned int record_count;
	struct wire_reader records;         /* for map_request_next */
	struct lisp_record map_data_record; /* when map_data */
	struct lisp_xtr_id xtr_id;          /* when has_xtr_id */
	uint64_t site_id;
};

struct map_request_record {
	bool subscribe; /* N, RFC 9437 */
	struct lisp_eid eid;
};

/* 0 or a negative lisp_error; @fault names field and offset. */
int map_request_parse(const void *pkt, size_t len, struct map_request *m, struct wire_fault *fault);
bool map_request_next(struct map_request *m, struct map_request_record *rec);

/* What a Map-Request is written from. */
struct map_request_spec {
	bool authoritative, probe, smr, pitr, smr_invoked, local_xtr, dont_reply;
	bool subscribe; /* N, with I and the ids below */
	bool has_xtr_id;
	uint64_t nonce;
	struct address source_eid; /* AFI_NONE: none */
	uint32_t source_iid;       /* != 0: inside an Instance-ID LCAF */
	unsigned int itr_rloc_count;
	struct address itr_rlocs[LISP_ITR_RLOCS_MAX];
	struct eid eid;
	struct lisp_xtr_id xtr_id;
	uint64_t site_id;
};
/* Returns the length, or -LISP_ENOROOM. */
int map_request_write(void *buf, size_t cap, const struct map_request_spec *s);

#endif
