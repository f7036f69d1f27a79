/* pcap: frames into a capture on standard output, for decoders that others wrote. Ends the program
 * when it cannot be written. */
#ifndef SUNWARD_TESTS_TRILL_PCAP_H
#define SUNWARD_TESTS_TRILL_PCAP_H

#include <stddef.h>

#include "lib/base/clock.h"

void pcap_begin(void);
/* A whole Ethernet frame. */
void pcap_frame(struct mono when, const void *frame, size_t len);
void pcap_end(void);

#endif
