/* station_body: what an API client says of an end station: VLAN and MAC of the path, port and IP
 * addresses of the body.
 *
 * Pure: text and JSON to a struct rbridge_station, or in words what is wrong. It knows no port but
 * by its name. */
#ifndef SUNWARD_TRILL_STATION_BODY_H
#define SUNWARD_TRILL_STATION_BODY_H

#include "trill/core/rbridge.h"

#define STATION_BODY_WHY 256

struct json_object;

/* "10" and "52:54:00:00:00:01". False: @why says what was given, and what would be right. */
bool station_body_key(
	const char *vlan, const char *mac, struct rbridge_station *s, char why[STATION_BODY_WHY]);
/* Who attests: 32 hexadecimal digits, not all zero. False: as above. */
bool station_body_agent(const char *text, struct mac_teller *teller, char why[STATION_BODY_WHY]);
/* {"port": NAME, "agent": ID, "ips": [ADDRESS...], "lease": SECONDS}, each of which may be left
 * out: then @port, which is borrowed from @o, is NULL, s->teller zero, s->ips empty, and s->lease_s
 * 0. Of more addresses of a family than a station may have the first ones count; @left_out: how
 * many do not. */
bool station_body_read(struct json_object *o, struct rbridge_station *s, const char **port,
	unsigned int *left_out, char why[STATION_BODY_WHY]);

#endif
