/* agent_arrivals: asking this site's xTRs whether a guest may come here (POST /v1/arrivals): it is
 * announced to them as a migration would, which makes them prepare; they answer, and it is taken
 * back. Nothing is attracted by it. */
#ifndef SUNWARD_VMMOBILITY_AGENT_ARRIVALS_H
#define SUNWARD_VMMOBILITY_AGENT_ARRIVALS_H

#define AGENT_ARRIVALS_MAX 16 /* at once */

struct agent;
struct api;

void agent_arrivals_routes(struct api *api, struct agent *a);

#endif
