/* wire: a bounds-checked reader and writer of network-order bytes.
 *
 * The first fault sticks: after it every get returns zero (or NULL) and every put does nothing, so
 * a parser is straight-line code that checks once at its end. A sub-reader bounds a TLV; it shares
 * the fault of its parent, and offsets are always counted from the packet's first byte. This room
 * knows no protocol: names of fields are the caller's, and are only kept for the message. */
#ifndef SUNWARD_LIB_BASE_WIRE_H
#define SUNWARD_LIB_BASE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum wire_code {
	WIRE_OK = 0,
	WIRE_ETRUNC,    /* fewer bytes than the field needs */
	WIRE_EVALUE,    /* a value outside its legal range */
	WIRE_ETRAILING, /* bytes left over where the structure must end */
};

/* What went wrong first. All strings are literals. */
struct wire_fault {
	enum wire_code code;
	const char *part; /* "record", "locator", or NULL: which list the field stands in */
	unsigned int part_index;
	const char *field;
	size_t offset;    /* bytes from the packet's start */
	size_t need;      /* WIRE_ETRUNC: bytes needed; WIRE_EVALUE: the value given */
	size_t have;      /* WIRE_ETRUNC, WIRE_ETRAILING: bytes there were */
	const char *want; /* WIRE_EVALUE: what would be right, in words */
};

struct wire_reader {
	const uint8_t *buf;
	size_t pos;
	size_t end;
	struct wire_fault *fault;
};

/* Start reading @len bytes at @buf, which must outlive the reader. @fault is cleared and then
 * shared by all sub-readers. */
void wire_reader_init(struct wire_reader *r, const void *buf, size_t len, struct wire_fault *fault);

uint8_t wire_get_u8(struct wire_reader *r, const char *field);
uint16_t wire_get_u16(struct wire_reader *r, const char *field);
uint32_t wire_get_u24(struct wire_reader *r, const char *field);
uint32_t wire_get_u32(struct wire_reader *r, const char *field);
uint64_t wire_get_u64(struct wire_reader *r, const char *field);

/* Borrow @n bytes; NULL after a fault (also for n = 0 after a fault). */
const uint8_t *wire_get_bytes(struct wire_reader *r, size_t n, const char *field);

/* A reader of the next @n bytes, which the parent skips. After a fault: an empty reader. */
struct wire_reader wire_get_sub(struct wire_reader *r, size_t n, const char *field);

/* Refuse the value of a field that stands at @offset. @want says in words what would be right. */
void wire_refuse(
	struct wire_reader *r, const char *field, size_t offset, size_t value, const char *want);

/* Fault unless every byte was read. */
void wire_expect_end(struct wire_reader *r, const char *field);

/* Name the list element that is being read ("record", 3), for the message of a later fault. NULL:
 * none. */
void wire_part(struct wire_reader *r, const char *part, unsigned int index);

static inline bool wire_ok(const struct wire_reader *r)
{
	return r->fault->code == WIRE_OK;
}

static inline size_t wire_left(const struct wire_reader *r)
{
	return r->fault->code == WIRE_OK ? r->end - r->pos : 0;
}

/* "locator 3: priority truncated at byte 87 (need 4, have 2)" into @text; returns @text. */
const char *wire_fault_text(const struct wire_fault *fault, char *text, size_t size);

struct wire_writer {
	uint8_t *buf;
	size_t pos;
	size_t cap;
	bool failed; /* no room, or a value too wide for its field */
};

void wire_writer_init(struct wire_writer *w, void *buf, size_t cap);
void wire_put_u8(struct wire_writer *w, uint32_t v);
void wire_put_u16(struct wire_writer *w, uint32_t v);
void wire_put_u24(struct wire_writer *w, uint32_t v);
void wire_put_u32(struct wire_writer *w, uint32_t v);
void wire_put_u64(struct wire_writer *w, uint64_t v);
void wire_put_bytes(struct wire_writer *w, const void *bytes, size_t n);
void wire_put_zero(struct wire_writer *w, size_t n);

/* Overwrite a length or count that was not known when its place was passed. */
void wire_patch_u8(struct wire_writer *w, size_t offset, uint32_t v);
void wire_patch_u16(struct wire_writer *w, size_t offset, uint32_t v);

static inline bool wire_written(const struct wire_writer *w)
{
	return !w->failed;
}

#endif
