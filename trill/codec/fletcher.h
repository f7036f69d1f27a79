/* fletcher: the checksum of ISO 8473, which IS-IS LSPs carry (ISO 10589 section 7.3.11).
 *
 * Two sums modulo 255; the check bytes are chosen so that both come to zero over the whole. */
#ifndef SUNWARD_TRILL_CODEC_FLETCHER_H
#define SUNWARD_TRILL_CODEC_FLETCHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The 16 bits to stand at offset @at of @bytes (what stands there counts as zero), most significant
 * byte first. Never 0: a zero byte is written as 255, which is the same modulo 255. */
uint16_t fletcher_make(const uint8_t *bytes, size_t len, size_t at);
/* Both sums over @bytes, check bytes included, are zero. */
bool fletcher_right(const uint8_t *bytes, size_t len);

#endif
