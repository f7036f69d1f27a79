/* api_moves: GET /v1/moves, and moves as JSON for it and for events. */
#ifndef SUNWARD_XTR_API_MOVES_H
#define SUNWARD_XTR_API_MOVES_H

#include "xtr/router.h"

struct api_request;
struct json_object;

/* @arg: the shell. */
void xtr_api_moves(struct api_request *req, void *arg);
/* @event: its first member; NULL: none. */
struct json_object *xtr_api_move(const struct router_move *m, const char *event);
/* The name of a move: sixteen hexadecimal digits; null: it has none. */
void xtr_api_move_id(struct json_object *o, const char *key, uint64_t move);

#endif
