/* script: a fuzz input read as a list of decisions, to its end; zeros after it. */
#ifndef SUNWARD_TESTS_FUZZ_SCRIPT_H
#define SUNWARD_TESTS_FUZZ_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct script {
	const uint8_t *at, *end;
};

static inline bool script_over(const struct script *s)
{
	return s->at >= s->end;
}

static inline uint8_t script_u8(struct script *s)
{
	return script_over(s) ? 0 : *s->at++;
}

static inline uint16_t script_u16(struct script *s)
{
	uint16_t high = script_u8(s);

	return (uint16_t)(high << 8 | script_u8(s));
}

/* 0 to @n - 1. */
static inline unsigned int script_pick(struct script *s, unsigned int n)
{
	return script_u8(s) % n;
}

#endif
