/* publish: what subscribers must be told, until they acknowledge it (RFC 9437 section 6; RFC 9301
 * section 5.7).
 *
 * A change comes as news: an EID whose mapping is no longer what it was. News about one EID that
 * was not told yet are one. They become notices, one for each xTR that is concerned, which wait in
 * their xTR's queue; queues take turns, within the pace over all and the window of each xTR (it
 * grows with acknowledgements and halves when one is missing), so that an xTR that is slow or dead
 * holds up nobody. What is told is read from the tables when it is sent: always the newest. Each
 * message has its own nonce and MAC.
 *
 * Shared by threads, under the lock of the subscriptions: the committer brings news, workers accept
 * subscriptions and take acknowledgements, the publisher sends. */
#ifndef SUNWARD_MAPSERVER_PUBLISH_H
#define SUNWARD_MAPSERVER_PUBLISH_H

#include "lisp/map_register.h"
#include "mapserver/server.h"

struct publish;

/* @max: notices that may wait or be under way before more news are taken up. NULL when out of
 * memory. */
struct publish *publish_new(struct subscriptions *t, size_t max);
void publish_free(struct publish *p);
/* Called when there is something to send, from any thread, under the lock; may be NULL. Before the
 * threads start. */
void publish_set_wake(struct publish *p, void (*wake)(void *arg), void *arg);

struct publish_view {
	size_t news, waiting, flight; /* EIDs; notices */
};
void publish_count(struct publish *p, struct publish_view *v);

/* The mapping of @eid has changed, and readers see it. Any thread; cheap when nobody subscribes. */
void publish_news(struct publish *p, const struct eid *eid);

/* Put what is due in @out, as far as there is room: the publisher's. Under RCU. Returns when it
 * wants to be called again: at once (now), or later; MONO_NEVER: when it wakes. */
struct mono publish_run(
	struct publish *p, struct server_thread *t, struct mono now, struct outbox *out);

enum publish_ack {
	PUBLISH_ACKED,
	PUBLISH_NOT_OURS, /* nobody's acknowledgement with this nonce is awaited here */
	PUBLISH_BAD_MAC,
};
/* A Map-Notify-Ack. */
enum publish_ack publish_acknowledge(struct publish *p, struct server_thread *t,
	const struct datagram *d, const struct map_register *m, struct mono now);

/* ---- for subscribe, under the lock ---- */

/* The offer of @s is to be accepted: a Map-Notify with its nonce and what is known of its prefix
 * (or that the subscription ends, when the xTR acknowledges that) goes to @out now and is sent
 * again until acknowledged. False: no room in @out. */
bool publish_accept(struct publish *p, struct server_thread *t, struct subscription *s,
	struct mono now, struct outbox *out);
/* Another offer takes the place of the one that is being told, or none does. */
void publish_forget_offer(struct publish *p, struct subscription *s);
/* The xTR of @s does not know our nonces any more: what is known of the prefix is told once more
 * under the next one, and if @s has ended, that it has. */
void publish_remind(struct publish *p, struct server_thread *t, struct subscription *s,
	struct mono now, struct outbox *out);
/* Its notifications that wait or are under way. */
size_t publish_unacknowledged(const struct subscription *s);
/* End @s and forget its notices; @why is told. */
void publish_end(struct publish *p, struct subscription *s, enum subscription_event why);
/* Write a Map-Notify to @who with one record for @eid without locators, signed by @key (NULL: the
 * site's). The length, or negative. */
int publish_write_end(struct server_thread *t, struct subscriber *who, const struct pubsub_key *key,
	const struct eid *eid, uint64_t nonce, uint32_t ttl_min, enum lisp_act act, uint8_t *buf,
	size_t cap);

#endif
