/* ecm: Encapsulated Control Message (RFC 9301 section 5.8): an IP and a UDP header around a
 * message. */
#ifndef SUNWARD_LISP_ECM_H
#define SUNWARD_LISP_ECM_H

#include "lisp/lisp.h"

struct ecm {
	bool security; /* S: authentication data stands before the inner header */
	bool ddt;      /* D */
	bool to_etr;   /* E */
	bool to_ms;    /* M */
	const uint8_t *security_data;
	size_t security_len;
	struct endpoint source; /* inner */
	struct endpoint dest;   /* inner */
	uint8_t hop_limit;
	const uint8_t *inner; /* borrowed: the inner IP packet */
	size_t inner_len;
	const uint8_t *message; /* borrowed: the inner UDP payload */
	size_t message_len;
};

/* Refuses: inner fragments, extension headers, lengths that disagree, bad inner checksums (the IPv4
 * header's; UDP's, which must not be zero), inner port 4341. An ECM inside the message is left to
 * the caller, who must refuse it. */
int ecm_parse(const void *pkt, size_t len, struct ecm *m, struct wire_fault *fault);

/* Wrap @message. Both endpoints are of one family. Returns the length, or -LISP_ENOROOM. */
int ecm_write(void *buf, size_t cap, const struct endpoint *source, const struct endpoint *dest,
	bool ddt, const void *message, size_t message_len);
/* Wrap the inner packet of the parsed @m again for its next hop: as it came, but for its hop limit,
 * which is one less. The flags start afresh. Returns the length, or -LISP_ENOROOM. @m->hop_limit
 * must not be 0. */
int ecm_forward(void *buf, size_t cap, const struct ecm *m);
/* The same with LISP-SEC's authentication data @ad before the inner header (lispsec.h). */
int ecm_forward_secure(void *buf, size_t cap, const struct ecm *m, const void *ad, size_t ad_len);
/* As ecm_write, with LISP-SEC's authentication data. */
int ecm_write_secure(void *buf, size_t cap, const struct endpoint *source,
	const struct endpoint *dest, const void *ad, size_t ad_len, const void *message,
	size_t message_len);

/* Set the D bit of an ECM that was written: DDT-originated (RFC 8111 section 5). */
void ecm_mark_ddt(void *ecm);

#endif
