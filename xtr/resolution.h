/* resolution: Map-Requests under way: one record each, sent through the mapping system until an
 * answer with the same nonce comes (RFC 9301 sections 5.2, 5.3; spec section 5, ITR items 1-4).
 *
 * It does not know what becomes of the answer: @answer and @failed are told. */
#ifndef SUNWARD_XTR_RESOLUTION_H
#define SUNWARD_XTR_RESOLUTION_H

#include "lisp/map_reply.h"
#include "lisp/map_register.h"
#include "xtr/env.h"
#include "xtr/subscriber.h"

struct resolution;

struct resolution_listener {
	/* @asked was answered by @rec, one of the records of a Map-Reply: it covers @asked, or is a
	 * more-specific of a record that does. Called for each record, least specific first as in
	 * the message. @protected: by LISP-SEC, or by the MAC of a Map-Notify. */
	void (*answer)(
		void *arg, const struct eid *asked, const struct lisp_record *rec, bool protected);
	void *arg;
};

struct resolution *resolution_new(
	struct env *env, struct subscriber *subscriber, const struct resolution_listener *listener);
void resolution_free(struct resolution *rs);

/* Ask for @eid, unless that is under way. Not more often than once in request_ms for an EID-prefix:
 * an early second question waits for that. @smr_invoked: sets the s bit. */
void resolution_ask(struct resolution *rs, const struct eid *eid, bool smr_invoked);
/* The same with the s bit, but not within @wait_ms from now: an earlier answer may be too old then.
 */
void resolution_ask_later(struct resolution *rs, const struct eid *eid, uint32_t wait_ms);
/* Give up asking: something else has answered for all EIDs in @prefix. */
void resolution_cancel(struct resolution *rs, const struct eid *prefix);
/* A Map-Reply that is no answer to a probe: @msg of @len bytes, parsed as @reply. */
void resolution_reply(struct resolution *rs, struct map_reply *reply, const void *msg, size_t len,
	const struct endpoint *from);
/* A question that asked to subscribe waits for a Map-Notify with @nonce. */
bool resolution_subscribing(const struct resolution *rs, uint64_t nonce);
/* The first publication has overtaken the Map-Notify that accepts the subscription to @eid. */
bool resolution_overtaken(const struct resolution *rs, const struct eid *eid, uint64_t nonce);
/* It came, and is authentic: the answer, and the subscription (RFC 9437 section 5). False: not
 * about what was asked. */
bool resolution_notify(struct resolution *rs, const struct map_register *m,
	const struct address *server, const struct pubsub_key *key);
/* The key that the Map-Notify with @nonce, which accepts a protected request, is made with; none:
 * the request went in clear. */
void resolution_key(const struct resolution *rs, uint64_t nonce, struct pubsub_key *key);
/* The question about @eid has not been told that the Map-Server is beyond its nonce, at @nonce. */
bool resolution_behind(const struct resolution *rs, const struct eid *eid, uint64_t nonce);
/* It is: ask above that, at once. */
void resolution_catch_up(struct resolution *rs, const struct eid *eid, uint64_t nonce);
/* Ask for the end of the subscription to @eid. *@key: as subscriber_listener.leave. */
void resolution_unsubscribe(
	struct resolution *rs, const struct eid *eid, uint64_t nonce, struct pubsub_key *key);
/* Questions under way or at rest. */
size_t resolution_count(const struct resolution *rs);

#endif
