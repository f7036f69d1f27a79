/* See wire.h. */
#include "lib/base/wire.h"

#include <stdio.h>
#include <string.h>

void wire_reader_init(struct wire_reader *r, const void *buf, size_t len, struct wire_fault *fault)
{
	memset(fault, 0, sizeof(*fault));
	r->buf = buf;
	r->pos = 0;
	r->end = len;
	r->fault = fault;
}

void wire_part(struct wire_reader *r, const char *part, unsigned int index)
{
	if (r->fault->code != WIRE_OK)
		return;
	r->fault->part = part;
	r->fault->part_index = index;
}

static const uint8_t *take(struct wire_reader *r, size_t n, const char *field)
{
	struct wire_fault *f = r->fault;
	const uint8_t *p = r->buf + r->pos;

	if (f->code != WIRE_OK)
		return NULL;
	if (n > r->end - r->pos) {
		f->code = WIRE_ETRUNC;
		f->field = field;
		f->offset = r->pos;
		f->need = n;
		f->have = r->end - r->pos;
		return NULL;
	}
	r->pos += n;
	return p;
}

uint8_t wire_get_u8(struct wire_reader *r, const char *field)
{
	const uint8_t *p = take(r, 1, field);

	return p ? p[0] : 0;
}

uint16_t wire_get_u16(struct wire_reader *r, const char *field)
{
	const uint8_t *p = take(r, 2, field);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

uint32_t wire_get_u24(struct wire_reader *r, const char *field)
{
	const uint8_t *p = take(r, 3, field);

	return p ? (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2] : 0;
}

uint32_t wire_get_u32(struct wire_reader *r, const char *field)
{
	const uint8_t *p = take(r, 4, field);

	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

uint64_t wire_get_u64(struct wire_reader *r, const char *field)
{
	const uint8_t *p = take(r, 8, field);
	uint64_t v = 0;

	for (int i = 0; p && i < 8; i++)
		v = v << 8 | p[i];
	return v;
}

const uint8_t *wire_get_bytes(struct wire_reader *r, size_t n, const char *field)
{
	return take(r, n, field);
}

struct wire_reader wire_get_sub(struct wire_reader *r, size_t n, const char *field)
{
	struct wire_reader sub = *r;

	if (take(r, n, field))
		sub.end = sub.pos + n;
	else
		sub.end = sub.pos;
	return sub;
}

void wire_refuse(
	struct wire_reader *r, const char *field, size_t offset, size_t value, const char *want)
{
	struct wire_fault *f = r->fault;

	if (f->code != WIRE_OK)
		return;
	f->code = WIRE_EVALUE;
	f->field = field;
	f->offset = offset;
	f->need = value;
	f->want = want;
}

void wire_expect_end(struct wire_reader *r, const char *field)
{
	struct wire_fault *f = r->fault;

	if (f->code != WIRE_OK || r->pos == r->end)
		return;
	f->code = WIRE_ETRAILING;
	f->field = field;
	f->offset = r->pos;
	f->have = r->end - r->pos;
}

const char *wire_fault_text(const struct wire_fault *f, char *text, size_t size)
{
	char part[48] = "";
	const char *field = f->field ? f->field : "message";

	if (f->part)
		snprintf(part, sizeof(part), "%s %u: ", f->part, f->part_index);
	switch (f->code) {
	case WIRE_OK:
		snprintf(text, size, "no fault");
		break;
	case WIRE_ETRUNC:
		snprintf(text, size, "%s%s truncated at byte %zu (need %zu, have %zu)", part, field,
			f->offset, f->need, f->have);
		break;
	case WIRE_EVALUE:
		snprintf(text, size, "%s%s is %zu at byte %zu (want %s)", part, field, f->need,
			f->offset, f->want);
		break;
	case WIRE_ETRAILING:
		snprintf(text, size, "%s%zu bytes left over after %s at byte %zu", part, f->have,
			field, f->offset);
		break;
	}
	return text;
}

void wire_writer_init(struct wire_writer *w, void *buf, size_t cap)
{
	w->buf = buf;
	w->pos = 0;
	w->cap = cap;
	w->failed = false;
}

static uint8_t *give(struct wire_writer *w, size_t n)
{
	uint8_t *p = w->buf + w->pos;

	if (w->failed || n > w->cap - w->pos) {
		w->failed = true;
		return NULL;
	}
	w->pos += n;
	return p;
}

/* The low @n bytes of @v, refused when @v does not fit. */
static void put_uint(struct wire_writer *w, uint64_t v, size_t n)
{
	uint8_t *p;

	if (n < 8 && v >> (8 * n))
		w->failed = true;
	p = give(w, n);
	for (size_t i = 0; p && i < n; i++)
		p[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

void wire_put_u8(struct wire_writer *w, uint32_t v)
{
	put_uint(w, v, 1);
}

void wire_put_u16(struct wire_writer *w, uint32_t v)
{
	put_uint(w, v, 2);
}

void wire_put_u24(struct wire_writer *w, uint32_t v)
{
	put_uint(w, v, 3);
}

void wire_put_u32(struct wire_writer *w, uint32_t v)
{
	put_uint(w, v, 4);
}

void wire_put_u64(struct wire_writer *w, uint64_t v)
{
	put_uint(w, v, 8);
}

void wire_put_bytes(struct wire_writer *w, const void *bytes, size_t n)
{
	uint8_t *p = give(w, n);

	if (p && n)
		memcpy(p, bytes, n);
}

void wire_put_zero(struct wire_writer *w, size_t n)
{
	uint8_t *p = give(w, n);

	if (p)
		memset(p, 0, n);
}

static void patch_uint(struct wire_writer *w, size_t offset, uint32_t v, size_t n)
{
	struct wire_writer at = {.buf = w->buf, .pos = offset, .cap = w->pos, .failed = w->failed};

	if (offset > w->pos)
		at.failed = true;
	put_uint(&at, v, n);
	w->failed = at.failed;
}

void wire_patch_u8(struct wire_writer *w, size_t offset, uint32_t v)
{
	patch_uint(w, offset, v, 1);
}

void wire_patch_u16(struct wire_writer *w, size_t offset, uint32_t v)
{
	patch_uint(w, offset, v, 2);
}
