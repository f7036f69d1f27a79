/* What spray.c sends to the stand-in guests, and standin_tap.c counts: numbered datagrams, a series
 * for each guest. Both run on one machine: a struct as it is. */
#ifndef TESTS_LAB_SPRAY_H
#define TESTS_LAB_SPRAY_H

#include <stdint.h>

#define SPRAY_PORT 7779
#define SPRAY_MAX  (1u << 16) /* of one guest: 10 minutes at 100 a second */

struct spray_body {
	uint64_t cookie; /* of a run of spray */
	uint32_t seq;    /* of this guest, from 0 */
	uint32_t pad;
};

#endif
