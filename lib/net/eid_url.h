/* eid_url: EIDs as they stand in the paths of the HTTP API.
 *
 * Pure. The form is OpenDaylight's, with a kind in front: ipv4:192.0.2.1%2f32,
 * ipv6:2001:db8::%2f48, mac:52:54:00:00:00:01%2f48, name:web-1%2f48 (a name's length counts its
 * NUL). The instance-ID rides in the query: ?iid=7. */
#ifndef SUNWARD_LIB_NET_EID_URL_H
#define SUNWARD_LIB_NET_EID_URL_H

#include "lib/net/address.h"

#define EID_URL_TEXT                                                                               \
	144 /* bytes that hold any EID as a path segment with its query, NUL included */

/* The percent-encoded path segment of @e, and ?iid=N behind it when the instance is not 0. Returns
 * @text; an EID of no known family gives "". */
const char *eid_url_format(const struct eid *e, char *text, size_t size);

/* Parse a path segment that is percent-decoded already; without /LENGTH it is a host. @iid comes
 * from the query. False with a reason in words (a literal) in @why. */
bool eid_url_parse(struct eid *e, const char *segment, uint32_t iid, const char **why);

/* Percent-encode all but unreserved characters (RFC 3986 section 2.3) and ':'. False: no room. */
bool url_encode(const char *in, char *out, size_t size);

#endif
