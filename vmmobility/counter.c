/* See counter.h. */
#include "vmmobility/counter.h"

const struct vm_counter_info vm_counter_info[VM_COUNTER_COUNT] = {
#define VM_COUNTER_INFO(id, name, help) [VM_##id] = {name, help},
	VM_COUNTERS(VM_COUNTER_INFO)
#undef VM_COUNTER_INFO
};
