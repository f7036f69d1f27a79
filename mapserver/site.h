/* site: which site an EID belongs to, its keys, and what its operator allows.
 *
 * A site_table is changed only while nobody else reads it; another takes its place through RCU
 * (reload, API: site_change.h). Sites are shared between tables by reference. Knows no wire format
 * and no mapping.
 */
#ifndef SUNWARD_MAPSERVER_SITE_H
#define SUNWARD_MAPSERVER_SITE_H

#include "lib/table/lpm.h"
#include "lisp/auth.h"
#include "lisp/otk.h"
#include "mapserver/tenant.h"
#include "mapserver/xtr.h"

#define SITE_KEYS_MAX    2 /* the old and the new one, while keys are rotated */
#define SITE_RETIRED_MAX 8 /* the latest */
/* Sites that share one prefix; a message costs at most so many MACs, since a site has one key of an
 * id. */
#define SITE_SHARERS_MAX 8

enum site_proxy {
	SITE_PROXY_AS_REGISTERED, /* the P bit decides */
	SITE_PROXY_ALWAYS,
	SITE_PROXY_NEVER,
};

enum site_move {
	SITE_MOVE_LAST_WRITER, /* a plain registration takes the EID: RFC 9301 */
	SITE_MOVE_OWNER_FIRST, /* the owner keeps it until it withdraws or its registration expires
				*/
};

struct site_key {
	uint8_t id;
	enum auth_alg alg;
	uint8_t len;
	uint8_t psk[AUTH_KEY_MAX];
	uint64_t fingerprint; /* tells keys apart, does not tell the key */
	bool from_api;
	struct auth_key **ready; /* one a thread slot, made at its first use */
};

struct site_prefix {
	struct eid eid;
	bool accept_more_specifics;
	bool shared; /* other sites, of keys of their own, may register it too */
};

struct site {
	char name[SITE_NAME_MAX + 1];
	unsigned int key_count;
	struct site_key keys[SITE_KEYS_MAX];
	struct otk_keys otk_keys; /* for LISP-SEC with its ETRs; none: the keys above serve */
	/* Fingerprints of keys that the operator retired: a reload of a file that still has one
	 * does not bring it back. */
	unsigned int retired_count;
	uint64_t retired[SITE_RETIRED_MAX];
	unsigned int prefix_count;
	struct site_prefix *prefixes;
	enum site_proxy proxy;
	enum site_move move;
	struct auth_options auth;
	bool replay_off;  /* peers whose nonces are no sequence */
	bool drop_policy; /* Map-Requests draw ACT 4 */
	bool from_api;
	/* RFC 9437: whose subscriptions are taken, and where to. */
	bool subscribe;
	unsigned int site_id_count; /* 0: those that they registered under; of listed ones: 0 */
	uint64_t *site_ids;
	unsigned int subscriber_count; /* 0: xTRs that have registered with a key of the site */
	struct lisp_xtr_id *subscribers;
	unsigned int itr_rloc_count; /* 0: the addresses that they register from */
	struct eid *itr_rlocs;       /* prefixes */
	char *stored;                /* its form in the store, with its keys; NULL: none */
	unsigned int slots;          /* thread slots */
	unsigned int refs;           /* tables that hold it, atomic */
};

/* A site without keys and prefixes. @slots: how many threads will use keys. NULL when out of
 * memory. */
struct site *site_new(const char *name, unsigned int slots);
void site_ref(struct site *s);
void site_unref(struct site *s);
/* 0, -ENOSPC (two keys are the most), -EINVAL (length not 1..64), -EEXIST (the id is taken),
 * -ENOMEM. */
int site_add_key(struct site *s, uint8_t id, enum auth_alg alg, const void *psk, size_t len);
/* -ENOENT, or -EBUSY: it is the last one, without which nobody could register. Its fingerprint is
 * remembered. */
int site_retire_key(struct site *s, uint8_t id);
/* A site of its own with all that @s has; NULL when out of memory. */
struct site *site_copy(const struct site *s);
/* @s was read anew from the file: what was done to the keys of @before, the same site, is done to
 * it too. Retired keys are left out (but for the last), added ones are added. False: an added one
 * found no room, or its id taken. */
bool site_keep_keys(struct site *s, const struct site *before);
/* 0 or -ENOMEM. */
int site_add_prefix(struct site *s, const struct eid *eid, bool accept_more_specifics);
/* Others may hold the prefix that was added last. */
void site_share_prefix(struct site *s);

/* Append to the lists. 0 or -ENOMEM. */
int site_add_site_id(struct site *s, uint64_t site_id);
int site_add_subscriber(struct site *s, const struct lisp_xtr_id *id);
int site_add_itr_rloc(struct site *s, const struct eid *prefix);

struct site_key *site_find_key(struct site *s, uint8_t id, enum auth_alg alg);
/* For what is sent to an xTR of @s: the key that it used last, else the first; NULL: it has none.
 */
struct site_key *site_key_for(struct site *s, const struct xtr_path *path);
/* The key made ready for thread @slot; NULL when out of memory. Only that thread. */
struct auth_key *site_ready_key(struct site_key *k, unsigned int slot);

/* Whose the site's instances are; NULL: nobody's. A site's prefixes are one tenant's. */
const struct tenant *site_tenant(const struct site *s, const struct tenant_table *t);
/* All prefixes of @s are of one tenant, or all of none. False: those of *@one and *@other are not.
 */
bool site_fits_tenants(const struct site *s, const struct tenant_table *t,
	const struct site_prefix **one, const struct site_prefix **other);

struct site_table;

struct site_table *site_table_new(const uint8_t secret[16]);
/* Immediately: no reader may be left. */
void site_table_free(struct site_table *t);
/* After every reader of now has left. */
void site_table_retire(struct site_table *t);
/* Takes one reference of @s in every case. 0; -EEXIST, with the site that has the name or a prefix
 * already in *@holder; -EINVAL: one prefix stands in it twice; -ENOMEM. Of a prefix that both
 * share: -ENOSPC: SITE_SHARERS_MAX have it; -EKEYREJECTED: *@holder has a key of the same id,
 * algorithm and secret, so that nobody could say whose a message is. */
int site_table_add(struct site_table *t, struct site *s, const struct site **holder);
/* All that @t has, in a table of its own; NULL when out of memory. */
struct site_table *site_table_copy(const struct site_table *t);
/* Takes the site out. The reference is the caller's; NULL: there is none of that name. */
struct site *site_table_take(struct site_table *t, const char *name);
/* Tells the tables that readers have had one after another apart: each has a greater one than that
 * before it, in whose place it is to be put. */
uint64_t site_table_serial(const struct site_table *t);
void site_table_succeeds(struct site_table *t, const struct site_table *before);
size_t site_table_count(const struct site_table *t);
/* The @i-th; borrowed. */
struct site *site_table_at(const struct site_table *t, size_t i);
struct site *site_table_named(const struct site_table *t, const char *name);
/* The i of site_table_at() that it stands at; SIZE_MAX: there is none. */
size_t site_table_place(const struct site_table *t, const char *name);

/* A site that holds a prefix. */
struct site_holder {
	struct site *site;
	bool accept_more_specifics;
	struct site_holder *next; /* that shares it, in the order of adding; NULL: no more */
};

/* The configured EID-prefix that covers @eid most closely. Borrows from the table. */
struct site_match {
	const struct site_holder *holders; /* one at least */
	struct eid prefix;
};
bool site_table_match(const struct site_table *t, const struct eid *eid, struct site_match *m);
/* The holder of this name; NULL: none of them. */
struct site *site_match_named(const struct site_match *m, const char *name);
/* Requests are denied: one holder that says so is enough. */
bool site_match_denies(const struct site_match *m);
/* @eid may be registered with a key of @s: it is one of its prefixes, or below one that accepts
 * more-specifics. */
bool site_table_allows(const struct site_table *t, const struct site *s, const struct eid *eid);
/* Some site has the drop policy: then every request must be matched. */
bool site_table_has_policy(const struct site_table *t);
/* Some site's xTRs may subscribe. */
bool site_table_has_subscribe(const struct site_table *t);
/* As lpm_free_prefix, of the configured prefixes; 0 where there is no table. */
int site_table_free_prefix(const struct site_table *t, const struct eid *eid, unsigned int floor);

#endif
