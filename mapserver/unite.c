/* unite: two locator sets become one, for merged registrations. See mapping.h. */
#include <string.h>

#include "mapserver/mapping.h"

#define HEAD_BYTES   6  /* before the locator's AFI: priorities, weights, flags */
#define ENTRIES_MAX  60 /* of a replication list: a field has at most 64 addresses in it */
#define ENTRY_BYTES  4  /* before an entry's AFI */
#define HEADER_BYTES 8  /* of an LCAF, its AFI included */

struct entry {
	uint8_t level;
	const uint8_t *raw;
	size_t len;
};

/* What two sets come to. */
struct unite {
	struct locators *out;
	unsigned int entry_count;
	struct entry entries[ENTRIES_MAX];
	bool has_rle;
	uint8_t rle_head[HEAD_BYTES]; /* the best of them */
};

static int entry_order(const struct entry *a, const struct entry *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int c = a->level - b->level;

	if (!c)
		c = memcmp(a->raw, b->raw, n);
	return c ? c : (int)a->len - (int)b->len;
}

/* Keep the list sorted; an address stands in it once, at its lowest level. */
static bool add_entry(struct unite *u, struct entry e)
{
	unsigned int i;

	for (i = 0; i < u->entry_count; i++) {
		struct entry *is = &u->entries[i];

		if (is->len != e.len || memcmp(is->raw, e.raw, e.len) != 0)
			continue;
		if (is->level <= e.level)
			return true;
		memmove(is, is + 1, (--u->entry_count - i) * sizeof(*is));
		break;
	}
	if (u->entry_count == ENTRIES_MAX)
		return false;
	for (i = u->entry_count++; i > 0 && entry_order(&e, &u->entries[i - 1]) < 0; i--)
		u->entries[i] = u->entries[i - 1];
	u->entries[i] = e;
	return true;
}

static bool add_list(struct unite *u, const struct lisp_field *f, const uint8_t *head)
{
	struct lcaf_rle_entry one;
	struct lcaf l;

	if (!u->has_rle || memcmp(head, u->rle_head, HEAD_BYTES) < 0)
		memcpy(u->rle_head, head, HEAD_BYTES);
	u->has_rle = true;
	lcaf_decode(f, &l);
	while (lcaf_next_rle(&l.u.list.items, &one))
		if (!add_entry(u, (struct entry){one.level, one.addr.raw, one.addr.raw_len}))
			return false;
	return true;
}

static bool put(struct locators *out, const uint8_t *bytes, size_t len)
{
	if (out->count == MAPPING_LOCATORS_MAX || out->len + len > sizeof(out->wire))
		return false;
	memcpy(out->wire + out->len, bytes, len);
	out->len = (uint16_t)(out->len + len);
	out->count++;
	return true;
}

/* The same locator in @out; NULL: none. */
static uint8_t *find(struct locators *out, const struct lisp_field *f)
{
	struct wire_fault fault;
	struct lisp_record rec = locators_iterate(out->wire, out->len, out->count, &fault);
	struct lisp_rloc rloc;

	while (lisp_rloc_next(&rec, &rloc))
		if (rloc.field.raw_len == f->raw_len && !memcmp(rloc.field.raw, f->raw, f->raw_len))
			return out->wire + (rloc.field.raw - out->wire) - HEAD_BYTES;
	return NULL;
}

static bool add_all(struct unite *u, const uint8_t *wire, size_t len, unsigned int count)
{
	struct wire_fault fault;
	struct lisp_record rec = locators_iterate(wire, len, count, &fault);
	struct lisp_rloc rloc;

	while (lisp_rloc_next(&rec, &rloc)) {
		const uint8_t *head = rloc.field.raw - HEAD_BYTES;
		uint8_t *twin;

		if (rloc.field.afi == AFI_LCAF && rloc.field.lcaf == LCAF_RLE) {
			if (!add_list(u, &rloc.field, head))
				return false;
			continue;
		}
		twin = find(u->out, &rloc.field);
		if (twin && memcmp(head, twin, HEAD_BYTES) < 0) /* the priority comes first */
			memcpy(twin, head, HEAD_BYTES);
		if (!twin && !put(u->out, head, HEAD_BYTES + rloc.field.raw_len))
			return false;
	}
	return true;
}

/* The one replication list. */
static bool put_list(struct unite *u)
{
	uint8_t bytes[MAPPING_LOCATOR_BYTES];
	struct wire_writer w;
	size_t len = 0;

	if (!u->has_rle)
		return true;
	for (unsigned int i = 0; i < u->entry_count; i++)
		len += ENTRY_BYTES + u->entries[i].len;
	if (HEAD_BYTES + HEADER_BYTES + len > sizeof(bytes))
		return false;
	wire_writer_init(&w, bytes, sizeof(bytes));
	wire_put_bytes(&w, u->rle_head, HEAD_BYTES);
	wire_put_u16(&w, AFI_LCAF);
	wire_put_u16(&w, 0);
	wire_put_u8(&w, LCAF_RLE);
	wire_put_u8(&w, 0);
	wire_put_u16(&w, (uint16_t)len);
	for (unsigned int i = 0; i < u->entry_count; i++) {
		wire_put_u32(&w, u->entries[i].level);
		wire_put_bytes(&w, u->entries[i].raw, u->entries[i].len);
	}
	return put(u->out, bytes, w.pos);
}

bool locators_unite(struct locators *into, const uint8_t *wire, size_t len, unsigned int count)
{
	struct locators out = {.count = 0};
	struct unite u = {.out = &out};

	if (!add_all(&u, into->wire, into->len, into->count) || !add_all(&u, wire, len, count) ||
		!put_list(&u))
		return false;
	locators_sort(&out);
	*into = out;
	return true;
}
