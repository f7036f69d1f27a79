/* resolve: an EID that is asked for -> what to answer (RFC 9301 sections 5.5, 8.3 and 8.4). Knows
 * no packet. */
#ifndef SUNWARD_MAPSERVER_RESOLVE_H
#define SUNWARD_MAPSERVER_RESOLVE_H

#include "mapserver/forward.h"
#include "mapserver/registry.h"
#include "mapserver/site.h"

#define ANSWER_RECORDS_MAX 16

#define NEGATIVE_TTL_UNKNOWN_MIN      15 /* nothing configured: section 8.3 */
#define NEGATIVE_TTL_UNREGISTERED_MIN 1  /* configured, and not registered now */
#define NEGATIVE_TTL_POLICY_MIN       15
#define NEGATIVE_TTL_UNSIGNED_MIN     1

enum answer_kind {
	ANSWER_MAPPINGS, /* a Map-Reply for the registrants */
	ANSWER_NEGATIVE, /* a Map-Reply without locators */
	ANSWER_ETR,      /* forward the Map-Request to a registrant */
	ANSWER_SERVER,   /* forward it to the Map-Server of its prefix */
	ANSWER_TREE,     /* search for it in the DDT tree */
};

struct answer {
	enum answer_kind kind;
	uint32_t ttl_min; /* of all records */
	/* MAPPINGS: the best match first, then all of its more-specifics in order. */
	unsigned int count;
	struct mapping *mappings[ANSWER_RECORDS_MAX];
	/* NEGATIVE, and the first record of MAPPINGS, which may be narrower than its mapping (see
	 * resolve.c). */
	struct eid prefix;
	enum lisp_act act;      /* NEGATIVE */
	struct endpoint server; /* SERVER */
	struct mapping *etr;    /* ETR: one of its locators takes the request */
};

/* What is looked at; under RCU. @sites or @forward may be NULL: this process has not that role. */
struct resolve_view {
	const struct registry *registry;
	const struct site_table *sites;
	const struct forward_table *forward;
	bool tree; /* what nobody here knows is searched for in the DDT tree */
};

/* @budget: bytes that the records may take in all; the best match's own record is not refused for
 * its size. */
void resolve(const struct resolve_view *v, const struct eid *eid, struct mono now, size_t budget,
	struct answer *a);
/* Requests for @eid are to be answered with Drop/Policy-Denied. */
bool resolve_denies(const struct resolve_view *v, const struct eid *eid);
/* The least-specific prefix around @eid, not shorter than @floor, in which nothing longer than
 * @floor is known. */
struct eid resolve_free_prefix(
	const struct resolve_view *v, const struct eid *eid, unsigned int floor);
/* A protected Map-Request for @eid comes to an ETR that has not enabled LISP-SEC: what the
 * requester is told instead (RFC 9303 section 6.7, rule 3). @a: ANSWER_ETR becomes
 * ANSWER_NEGATIVE. */
void resolve_unsigned(const struct resolve_view *v, const struct eid *eid, struct answer *a);
/* Bytes of the record of @m under the name @prefix. */
size_t resolve_record_size(const struct mapping *m, const struct eid *prefix);

#endif
