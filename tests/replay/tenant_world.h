/* tenant_world: two tenants, "a" with instance 10 and "b" with instance 20, whose sites of the same
 * names have the same EIDs, each in its instance; and what is said of them as text. */
#ifndef SUNWARD_TESTS_REPLAY_TENANT_WORLD_H
#define SUNWARD_TESTS_REPLAY_TENANT_WORLD_H

#include "mapserver/tenant.h"
#include "tests/replay/world.h"

#define A "[10]"
#define B "[20]"

/* Sites "a" and "b" with IPv4 10.0.0.0/8, IPv6 2001:db8:1::/48, all MACs, all names, (*,232/8). */
struct site_table *tenant_sites(void);
/* A world with these sites and both tenants; @quota of "a", NULL: none. */
struct world *tenant_world(const struct tenant_quota *quota);
/* Give @w both tenants, "a" with @quota (NULL: none) and more instances, like "30-39" (NULL: none).
 */
void tenant_set(struct world *w, const struct tenant_quota *quota, const char *more);
uint64_t tenant_refusals(const struct world *w, const char *name, enum tenant_refusal why);
/* All that has an answer in @prefix, as "EID seq SEQ { LOCATORS }", joined by "; ". */
const char *tenant_mappings(const struct world *w, const char *prefix);
/* All that tenant @name has: each mapping of @instance with its seq and expiry, what it was
 * refused, and its subscriptions. */
const char *tenant_state(const struct world *w, const char *name, const char *instance);
/* A message of @type from @peer, made with the key of @site, that acknowledges @nonce for @eid. */
void tenant_acknowledge(struct world *w, const char *site, const char *peer, uint64_t nonce,
	const char *eid, enum lisp_type type);

#endif
