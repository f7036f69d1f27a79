/* See counter.h. */
#include "xtr/counter.h"

const struct xtr_counter_info xtr_counter_info[XTR_COUNTER_COUNT] = {
#define XTR_COUNTER_INFO(id, name, help) [XTR_##id] = {name, help},
	XTR_COUNTERS(XTR_COUNTER_INFO)
#undef XTR_COUNTER_INFO
};
