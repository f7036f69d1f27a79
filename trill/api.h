/* api: what `sunward trill` asks the RBridge, over HTTP/JSON: routes, and the events.
 *
 * Reads the core's state and changes nothing; pings and traces send OAM messages. Nicknames are
 * text, "0x0a01"; system IDs are written as IS-IS does, "0200.0000.0001". */
#ifndef SUNWARD_TRILL_API_H
#define SUNWARD_TRILL_API_H

#include "trill/core/rbridge.h"

struct api;
struct json_object;
struct trill_shell;

void trill_api_routes(struct api *api, struct trill_shell *s);
/* What /readyz waits for. */
void trill_api_ready(struct api *api, struct trill_shell *s);
/* Pings and traces that requests still wait for: before the API and the core go. */
void trill_api_probes_free(struct trill_shell *s);
/* Tell who listens of an event of the core. */
void trill_api_event(struct trill_shell *s, const struct rbridge_event *e);

#endif
