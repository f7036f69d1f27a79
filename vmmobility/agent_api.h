/* agent_api: the agent's HTTP/JSON interface (docs/api-vmagent.md): who is running, the guests, and
 * what the xTRs have answered. Decides nothing. */
#ifndef SUNWARD_VMMOBILITY_AGENT_API_H
#define SUNWARD_VMMOBILITY_AGENT_API_H

struct agent;
struct api;
struct guest;

/* "taken", ...: what an xTR has answered (reporter_answer); NULL: nothing. */
const char *agent_answer_name(int result);
void agent_api_routes(struct api *api, struct agent *a);
/* Tell watchers that its state is another one. @api may be NULL: nobody watches yet. */
void agent_api_changed(struct api *api, const struct agent *a, const struct guest *guest);

#endif
