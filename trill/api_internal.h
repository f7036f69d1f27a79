/* api_internal: what the files of api share: api.c (status, ports, adjacencies, events),
 * api_campus.c (nicknames, link state, trees, campus), api_station.c (MACs, ESADI), api_attest.c
 * (who knows of stations), api_probe.c (ping, trace), api_check.c (continuity checks). */
#ifndef SUNWARD_TRILL_API_INTERNAL_H
#define SUNWARD_TRILL_API_INTERNAL_H

#include <json-c/json.h>

#include "lib/service/api.h"
#include "lib/service/json.h"
#include "trill/api.h"
#include "trill/shell.h"

/* {"WHAT": [rows]} */
void trill_api_list(struct api_request *req, const char *what, struct json_object *rows);
/* NICKNAME_NONE: null. */
void trill_json_nickname(struct json_object *o, const char *key, uint16_t nickname);
void trill_json_mac(struct json_object *o, const char *key, const struct mac *mac);
void trill_json_system(struct json_object *o, const char *key, const struct system_id *id);
/* The name of the port with this number, or interface; null where there is none. */
void trill_json_port(
	struct json_object *o, const char *key, const struct trill_shell *s, uint16_t number);
void trill_json_interface(
	struct json_object *o, const char *key, const struct trill_shell *s, uint32_t ifindex);
/* "1-9,12": null when empty. */
void trill_json_vlans(struct json_object *o, const char *key, const struct vlan_set *set);
/* The VLANs, and the fine-grained labels among them. */
void trill_json_labels(struct json_object *o, const char *vlans_key, const char *fgls_key,
	const struct trill_shell *s, const struct label_set *set);
/* "vlan" or "fgl"; the other is null. */
void trill_json_label(struct json_object *o, struct label label);
/* From 1 on; NULL: there is none, or no more. */
const char *trill_api_hindrance_name(unsigned int hindrance);
/* NULL: there is no such kind. */
const char *trill_api_event_name(unsigned int kind);

/* api_campus.c */
/* What it costs to reach @nickname; null where it is not reached. */
void trill_json_cost_to(
	struct json_object *o, const char *key, const struct trill_shell *s, uint16_t nickname);
void trill_api_nicknames(struct api_request *req, void *shell);
void trill_api_lsdb(struct api_request *req, void *shell);
void trill_api_trees(struct api_request *req, void *shell);
void trill_api_campus(struct api_request *req, void *shell);

/* api_station.c */
void trill_json_station(
	struct json_object *o, const struct trill_shell *s, const struct rbridge_station *station);
/* The row of a station that was told with so many addresses more than it may have; NULL: it is not
 * known. */
struct json_object *trill_api_station(
	const struct trill_shell *s, const struct rbridge_station *station, unsigned int left_out);
/* "port"; NULL: there is no such origin. */
const char *trill_api_origin_name(unsigned int origin);
void trill_api_macs(struct api_request *req, void *shell);
void trill_api_esadi(struct api_request *req, void *shell);

/* api_attest.c */
void trill_api_attest(struct api_request *req, void *shell);
void trill_api_leave(struct api_request *req, void *shell);

/* api_probe.c */
/* What became of one message of a ping or trace. */
struct json_object *trill_api_probe_row(const struct oam_probe_result *r);
void trill_api_ping(struct api_request *req, void *shell);
void trill_api_trace(struct api_request *req, void *shell);

/* api_check.c */
void trill_api_checks(struct api_request *req, void *shell);

/* api_lag.c: bonds of ours, as an array. */
struct json_object *trill_api_lags(const struct trill_shell *s);

#endif
