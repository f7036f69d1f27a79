/* tenant: whose an instance-ID is, and how much its holder may have.
 *
 * A tenant has instance-IDs (RFC 8060 section 4.1) of its own; whatever is said of an EID concerns
 * the tenant of its instance, and no other. A tenant_table is built whole and never changed
 * afterwards; a new one takes its place through RCU (reload). What a tenant uses, and what it was
 * refused, outlives the tables: it is kept by name. Knows no wire format, no mapping and no site.
 */
#ifndef SUNWARD_MAPSERVER_TENANT_H
#define SUNWARD_MAPSERVER_TENANT_H

#include "lib/base/limit.h"
#include "lib/net/address.h"

#define TENANT_NAME_MAX 63 /* bytes */

/* 0: no limit. */
struct tenant_quota {
	size_t mappings;
	uint32_t registration_rate, registration_burst; /* changes a second; at once */
	size_t subscriptions;
	size_t sites;
	size_t xtrs;
};

enum tenant_refusal {
	TENANT_REFUSED_MAPPING,
	TENANT_REFUSED_REGISTRATION,
	TENANT_REFUSED_SUBSCRIPTION,
	TENANT_REFUSED_XTR,
	TENANT_REFUSALS,
};

/* Kept from the first table that has the name to the end. */
struct tenant_use {
	struct tenant_use *next;
	char name[TENANT_NAME_MAX + 1];
	uint64_t refused[TENANT_REFUSALS]; /* atomic */
	size_t subscriptions; /* written under the lock of the subscriptions; atomic to read */
	size_t xtrs;          /* heard since the start; atomic */
	/* The committer's. */
	struct limit registrations;
	struct limit prepares, urgent; /* of moves, at the same rate; urgent: the guest waits */
	uint64_t group;                /* of jobs, for which `mappings` was counted */
	size_t mappings;               /* that it will have when the group is published */
};

struct tenant_uses;
struct tenant_uses *tenant_uses_new(void);
/* There has been a tenant. */
bool tenant_uses_any(const struct tenant_uses *u);
/* No table may be left. */
void tenant_uses_free(struct tenant_uses *u);

struct tenant_range {
	uint32_t first, last;
};

struct tenant {
	char name[TENANT_NAME_MAX + 1];
	struct tenant_quota quota;
	struct limit_rate rate;
	struct tenant_range *ranges;
	size_t range_count;
	struct tenant_use *use; /* NULL until the table is bound */
};

struct tenant_table;

/* @only: there is nothing outside of tenants. NULL when out of memory. */
struct tenant_table *tenant_table_new(bool only);
/* Immediately: no reader may be left. */
void tenant_table_free(struct tenant_table *t);
/* After every reader of now has left. */
void tenant_table_retire(struct tenant_table *t);
/* 0, -EEXIST (the name is taken), -ENOMEM. Borrowed in *@out. */
int tenant_table_add(struct tenant_table *t, const char *name, const struct tenant_quota *quota,
	struct tenant **out);
/* 0, -EEXIST (a part of it is some tenant's already, *@holder), -EINVAL, -ENOMEM. */
int tenant_table_add_range(struct tenant_table *t, struct tenant *tenant, uint32_t first,
	uint32_t last, const struct tenant **holder);
/* Give each tenant its use. 0 or -ENOMEM. */
int tenant_table_bind(struct tenant_table *t, struct tenant_uses *u);

/* @t may be NULL in all of these: there are no tenants. */

/* The tenant of an instance-ID; NULL: nobody's. */
const struct tenant *tenant_table_of(const struct tenant_table *t, uint32_t iid);
const struct tenant *tenant_table_named(const struct tenant_table *t, const char *name);
bool tenant_table_only(const struct tenant_table *t);
size_t tenant_table_count(const struct tenant_table *t);
/* The @i-th, in the order that they were added; borrowed. */
const struct tenant *tenant_table_at(const struct tenant_table *t, size_t i);

/* "10" or "100-199": false, and nothing is set, when it is neither. */
bool tenant_range_parse(struct tenant_range *r, const char *text);
/* Returns @text; 24 bytes hold it. */
const char *tenant_range_format(const struct tenant_range *r, char *text, size_t size);

/* Any thread. */
void tenant_count_refusal(const struct tenant *t, enum tenant_refusal why);
uint64_t tenant_refused(const struct tenant *t, enum tenant_refusal why);

#endif
