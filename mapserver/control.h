/* control: what the parts of the HTTP API share. Runs on the control thread. */
#ifndef SUNWARD_MAPSERVER_CONTROL_H
#define SUNWARD_MAPSERVER_CONTROL_H

#include "lib/service/api.h"
#include "mapserver/mapserver.h"

struct json_object;

extern const struct api_route control_site_routes[], control_eid_routes[], control_ddt_routes[];
extern const size_t control_site_route_count, control_eid_route_count, control_ddt_route_count;

/* "00..01" and the Site-ID, or null for the operator's. */
void control_put_owner(struct json_object *o, const struct xtr_identity *who);
/* The committer is done with @job, which belongs to a request: answer it and free the job. */
void control_eid_done(struct mapserver *ms, struct job *job);
/* How many mappings the xTRs of site @name own. */
size_t control_site_eids(struct mapserver *ms, const char *name);

#endif
