/* xtr: the parties that registered something, each kept once: who owns a mapping is a pointer here.
 *
 * Inserted by any thread, read without a lock, never removed before the end (so pointers stay
 * good); their number is bounded. Only authenticated messages may come here. Knows no mapping and
 * no message. */
#ifndef SUNWARD_MAPSERVER_XTR_H
#define SUNWARD_MAPSERVER_XTR_H

#include "lib/net/address.h"
#include "lib/table/keymap.h"
#include "lisp/lisp.h"

#define SITE_NAME_MAX 63 /* bytes */

/* Who an xTR is: unique within its Site-ID, and within the site whose key it holds. */
struct xtr_identity {
	char site[SITE_NAME_MAX + 1]; /* padded with zeros */
	uint64_t site_id;
	struct lisp_xtr_id id; /* zero: the xTR gives none */
};

struct subscriber;

/* Where its last authenticated message came from, which of our addresses it was sent to, and with
 * which key. */
struct xtr_path {
	struct endpoint peer;
	struct address local;
	uint8_t key_id;
	uint8_t alg;
};

struct xtr {
	struct keymap_node node;
	struct xtr_identity who;
	bool is_static;                /* the operator, not an xTR */
	struct xtr_path *path;         /* RCU; NULL: not known */
	size_t eids;                   /* atomic: mappings it owns; the registry's to count */
	uint32_t rtt_us;               /* smoothed, atomic; 0: not known */
	uint32_t number;               /* the committer's: in the store; 0: not there */
	bool charged;                  /* atomic: it counts for a tenant */
	uint32_t waiting;              /* atomic: messages of its that wait for their commit */
	uint64_t hole;                 /* atomic: its pinhole, pinhole.c's; 0: none */
	struct subscriber *subscriber; /* under the lock of the subscriptions; NULL: none */
};

struct xtr_table;

/* @secret: 16 random bytes. */
struct xtr_table *xtr_table_new(size_t max, const uint8_t secret[16]);
void xtr_table_free(struct xtr_table *t);
size_t xtr_table_count(const struct xtr_table *t);

/* Call @visit for each, the static owner not. */
void xtr_each(const struct xtr_table *t, void (*visit)(const struct xtr *x, void *arg), void *arg);

/* Fill in a key; @name longer than SITE_NAME_MAX is cut. */
void xtr_identity_set(
	struct xtr_identity *who, const char *site, uint64_t site_id, const struct lisp_xtr_id *id);
struct xtr *xtr_find(const struct xtr_table *t, const struct xtr_identity *who);
/* Find or insert; NULL when the table is full, or the site has its share of it (share.h), or out of
 * memory. */
struct xtr *xtr_intern(struct xtr_table *t, const struct xtr_identity *who);
/* The same for one that was there in an earlier run: whatever its site has. */
struct xtr *xtr_load(struct xtr_table *t, const struct xtr_identity *who);
/* A new xTR of @site finds room. */
bool xtr_has_room(const struct xtr_table *t, const char *site);
/* xTRs of @site. */
size_t xtr_count_of(const struct xtr_table *t, const char *site);
/* The owner of static mappings. */
struct xtr *xtr_static(struct xtr_table *t);

/* Note the path of an authenticated message; allocates only when it differs. */
void xtr_path_note(struct xtr *x, const struct xtr_path *path);
/* Copy the path; false when none is known. Under RCU. */
bool xtr_path_get(const struct xtr *x, struct xtr_path *path);
/* A message of its goes to the committer (+1), or was followed or turned away (-1). */
void xtr_waiting_add(struct xtr *x, int n);
/* Some wait: what the tables say of its EIDs is not its last word. */
bool xtr_waiting(const struct xtr *x);
/* The site's name, for people; "-" for the operator, "?" for nobody. */
const char *xtr_site(const struct xtr *x);
/* Take in one measured round trip. */
void xtr_rtt_note(struct xtr *x, uint64_t rtt_us);

#endif
