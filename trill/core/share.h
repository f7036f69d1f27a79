/* share: of what there is not room for all, how many each may have: who wants few has them, and the
 * others have alike, so that nobody takes what others want by wanting more. Pure. */
#ifndef SUNWARD_TRILL_CORE_SHARE_H
#define SUNWARD_TRILL_CORE_SHARE_H

#include <stdbool.h>
#include <stdint.h>

struct share {
	uint32_t each; /* so many each may have */
	uint32_t more; /* of those who want more, the first so many may have one more */
};

#define SHARE_ALL ((struct share){.each = UINT32_MAX}) /* there is room for all */

/* Of @room, where the first to @n-th want @wants[0] to @wants[n - 1]. */
struct share share_of(uint32_t room, const uint32_t *wants, uint32_t n);
/* One more for somebody who has had @had; who is asked first is among the first. */
bool share_take(struct share *s, uint32_t had);

#endif
