/* delegation: what a DDT node is authoritative for, and to whom it has delegated parts of it (RFC
 * 8111 sections 4.3 and 7.1).
 *
 * A table is built whole and never changed afterwards; a reload puts another in its place through
 * RCU. Knows no message and no mapping. */
#ifndef SUNWARD_MAPSERVER_DELEGATION_H
#define SUNWARD_MAPSERVER_DELEGATION_H

#include "lib/table/lpm.h"
#include "lisp/referral_auth.h"
#include "mapserver/ddt_sign.h"
#include "mapserver/xeid.h"

#define DELEGATION_CHILDREN_MAX 8
#define DELEGATION_KEYS_MAX     2 /* of one child: the old and the new one, while keys change */
#define DELEGATION_PEERS_MAX    8

/* A DDT node or Map-Server that a prefix is delegated to. */
struct delegation_child {
	struct address addr;
	uint8_t priority, weight;
	unsigned int key_count;
	struct referral_key *keys[DELEGATION_KEYS_MAX]; /* the delegation's */
};

struct delegation {
	struct lpm_entry entry;
	struct xeid xeid;
	struct eid prefix;
	bool map_servers; /* at least one child is a Map-Server: MS-REFERRAL */
	unsigned int child_count;
	struct delegation_child children[DELEGATION_CHILDREN_MAX];
};

/* A prefix that this node is authoritative for. */
struct authority {
	struct lpm_entry entry;
	struct xeid xeid;
	bool root;         /* of everything: prefix is meaningless */
	struct eid prefix; /* unless root */
	/* All Map-Servers of the prefix, this one among them; 0: not known, so the referrals about
	 * it are incomplete (section 6.3). */
	unsigned int peer_count;
	struct address peers[DELEGATION_PEERS_MAX];
};

struct delegation_table;

/* @secret: 16 random bytes. NULL when out of memory. */
struct delegation_table *delegation_table_new(const uint8_t secret[16]);
/* Immediately: no reader may be left. */
void delegation_table_free(struct delegation_table *t);
/* After every reader of now has left. NULL is no table. */
void delegation_table_retire(struct delegation_table *t);

/* Take @a or @d, from calloc, whose prefix (or root) and contents are set. 0, -EEXIST, -EINVAL (a
 * name of more than 26 octets), -ENOMEM; they are freed when it fails. */
int delegation_table_authority(struct delegation_table *t, struct authority *a);
int delegation_table_add(struct delegation_table *t, struct delegation *d);
/* With what the referrals are signed; takes @s. NULL: not at all. */
void delegation_table_sign(struct delegation_table *t, struct ddt_signer *s);
struct ddt_signer *delegation_table_signer(const struct delegation_table *t);
void delegation_free(struct delegation *d);

/* What covers @eid most closely; NULL: nothing does. */
const struct delegation *delegation_find(const struct delegation_table *t, const struct eid *eid);
const struct authority *delegation_authority(
	const struct delegation_table *t, const struct eid *eid);
/* The length of the least-specific EID-prefix around @eid, not shorter than @floor, that no
 * delegation longer than @floor overlaps (section 7.1.2); -1: one covers @eid. */
int delegation_free_prefix(
	const struct delegation_table *t, const struct eid *eid, unsigned int floor);

/* All, in the order in which they were added. */
size_t delegation_count(const struct delegation_table *t);
const struct delegation *delegation_at(const struct delegation_table *t, size_t i);
size_t delegation_authorities(const struct delegation_table *t);
const struct authority *delegation_authority_at(const struct delegation_table *t, size_t i);

#endif
