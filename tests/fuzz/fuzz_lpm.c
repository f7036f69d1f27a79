/* The longest-prefix-match table against a list: the first byte chooses the width, the rest is a
 * tape of operations (tests/unit/lpm_model.h). */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/rcu.h"
#include "tests/unit/lpm_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned int widths[] = {32, 128, 48, 248, 12, 64};
	const char *fault;
	size_t op;

	if (!size)
		return 0;
	rcu_thread_start();
	fault = lpm_model_play(widths[data[0] % 6], data + 1, size - 1, &op);
	if (fault) {
		fprintf(stderr, "%u bits, operation %zu: %s\n", widths[data[0] % 6], op, fault);
		abort();
	}
	rcu_thread_stop();
	return 0;
}
