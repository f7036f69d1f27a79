/* answer: what was resolved, as EID-records: of a Map-Reply or of a Map-Notify, which share them
 * (RFC 9301 sections 5.4 and 5.7). Knows no peer and no table. */
#ifndef SUNWARD_MAPSERVER_ANSWER_H
#define SUNWARD_MAPSERVER_ANSWER_H

#include "mapserver/resolve.h"

/* Write all records of @a (MAPPINGS or NEGATIVE). Returns how many. */
unsigned int answer_write(struct wire_writer *w, const struct answer *a);
/* Write one: @m under the name @prefix. */
void answer_write_mapping(
	struct wire_writer *w, const struct mapping *m, const struct eid *prefix, uint32_t ttl_min);

#endif
