/* api: the xTR's HTTP/JSON interface (docs/api-xtr.md): the core's state as JSON, and the few
 * changes an operator may ask for.
 *
 * Knows JSON and the core's views; decides nothing. */
#ifndef SUNWARD_XTR_API_H
#define SUNWARD_XTR_API_H

struct api;
struct router_event;
struct shell;

void xtr_api_routes(struct api *api, struct shell *shell);
/* Tell watchers of an event. */
void xtr_api_event(struct api *api, const struct shell *shell, const struct router_event *e);

#endif
