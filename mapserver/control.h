/* control: what the parts of the HTTP API share. Runs on the control thread. */
#ifndef SUNWARD_MAPSERVER_CONTROL_H
#define SUNWARD_MAPSERVER_CONTROL_H

#include "lib/service/api.h"
#include "mapserver/mapserver.h"

struct json_object;

extern const struct api_route control_site_routes[], control_eid_routes[], control_ddt_routes[];
extern const size_t control_site_route_count, control_eid_route_count, control_ddt_route_count;
extern const struct api_route control_subscription_routes[];
extern const size_t control_subscription_route_count;

extern const struct api_route control_key_routes[], control_restconf_routes[];
extern const size_t control_key_route_count, control_restconf_route_count;
extern const struct api_route control_history_routes[];
extern const size_t control_history_route_count;

extern const struct api_route control_tenant_routes[];
extern const size_t control_tenant_route_count;

/* ---- tenants, and the views of clients that are bound to one ---- */
/* The client may know of @eid, of @s. */
bool control_sees(struct mapserver *ms, const struct api_request *req, const struct eid *eid);
bool control_sees_site(struct mapserver *ms, const struct api_request *req, const struct site *s);
/* The same; false: answered with 403. */
bool control_view_allows(struct mapserver *ms, struct api_request *req, const struct eid *eid);
/* The client may change @eid. False: answered with 403, or 409 (there is nothing outside of
 * tenants). */
bool control_tenant_allows(struct mapserver *ms, struct api_request *req, const struct eid *eid);
/* The client may put @s. False: answered with 403 or 409. */
bool control_tenant_allows_site(
	struct mapserver *ms, struct api_request *req, const struct site *s);
void control_tenant_views(struct mapserver *ms);
/* False: no memory. */
bool control_tenant_metrics(struct mapserver *ms);

/* An EID of the query: absent is fine. False: answered with 400. */
bool control_query_eid(struct api_request *req, const char *name, struct eid *eid, bool *given);
/* "00..01" and the Site-ID, or null for the operator's. */
void control_put_owner(struct json_object *o, const struct xtr_identity *who);
/* Why an EID moved, as "move", "move_reason" and "deadline_ms"; NULL: nobody said. */
void control_put_why(struct json_object *o, const struct moves_why *why);
/* The same under another name. */
void control_put_xtr(struct json_object *o, const char *name, const struct xtr_identity *who);
/* "moved" */
const char *control_event_name(enum commit_event_kind kind);
/* The committer is done with @job, which belongs to a request: answer it and free the job. */
void control_eid_done(struct mapserver *ms, struct job *job);
/* The site of the path; NULL: answered with 404. Only this thread replaces the table of sites, so
 * that it may be read without RCU here. */
struct site *control_site_find(struct mapserver *ms, struct api_request *req);
/* Its version as in its ETag: other numbers stand for other contents, keys too. */
uint64_t control_site_version(struct mapserver *ms, const struct site *s);
/* The change asked for may be made to @s (NULL: there is none). False: answered with 400, 404, 409
 * or 412. */
bool control_site_allows(struct mapserver *ms, struct api_request *req, const struct site *s);
/* Put @s in the place of the site of its name, if any; takes it. False: answered with 409 or 503.
 */
bool control_site_put(struct mapserver *ms, struct api_request *req, struct site *s);
/* A key with its secret out of a body, added to @s. False: @why tells. */
bool control_site_read_key(struct json_object *o, struct site *s, char *why, size_t size, int *err);
/* Write into the store what of site @name must outlive a restart; @value NULL: nothing. 0 or
 * -errno; -ENODEV: there is no store now. */
int control_site_keep(struct mapserver *ms, const char *name, const char *value);
/* What the API did to the keys of a file's site, as the store has it. */
bool control_key_is_record(struct json_object *record);
void control_key_restore(struct mapserver *ms, struct site *s, struct json_object *record);
/* Bring s->stored up to the keys that @s has. False: no memory; it stays as it was. */
bool control_key_record(struct site *s);
/* "hmac-sha256-128" */
const char *control_site_algorithm(enum auth_alg alg);
/* Where a key comes from: "api", as all of a site that the API put, or "config". */
const char *control_site_key_origin(const struct site *s, const struct site_key *k);
/* Hand @j to the committer; takes it. It is answered by control_eid_done(), or with 503 here. */
void control_eid_submit(struct mapserver *ms, struct api_request *req, struct job *j);
/* The answer to a request in OpenDaylight's form. False: it is not, or was refused as any other. */
bool control_restconf_done(struct api_request *req, const struct job *j);
/* How many mappings the xTRs of site @name own. */
size_t control_site_eids(struct mapserver *ms, const char *name);
/* @s as it is shown, with that many EIDs. */
struct json_object *control_site_json(struct mapserver *ms, const struct site *s, size_t eids);
/* Whose subscriptions are taken and where to, as members of a site. False: not, with the reason. */
void control_site_add_askers(struct json_object *o, const struct site *s);
bool control_site_read_askers(struct json_object *body, struct site *s, char *why, size_t size);
/* GET /v1/sites. */
void control_site_list(struct api_request *req, void *arg);

#endif
