/* bpf_frame: frames as hex, for tests of BPF programs. */
#ifndef SUNWARD_TESTS_BPF_FRAME_H
#define SUNWARD_TESTS_BPF_FRAME_H

#include <stdint.h>

struct frame {
	uint8_t bytes[4096];
	uint32_t len;
	uint32_t verdict;
};

struct frame hex(const char *text);
/* @want as hex, where ".." stands for any byte. */
void assert_frame(const struct frame *got, const char *want);

#endif
