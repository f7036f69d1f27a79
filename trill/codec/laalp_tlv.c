/* See laalp_tlv.h. */
#include "trill/codec/laalp_tlv.h"

#include <stdio.h>
#include <string.h>

#define FLAG_OE     0x80
#define RECORD_HEAD 2 /* flags and size, which does not count them */

int laalp_id_compare(const struct laalp_id *a, const struct laalp_id *b)
{
	return memcmp(a->bytes, b->bytes, LAALP_ID_LEN);
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool laalp_id_read(const char *text, struct laalp_id *id)
{
	static const struct laalp_id none;
	unsigned int n = 0;

	memset(id, 0, sizeof(*id));
	for (; n < LAALP_ID_LEN; n++, text += 3) {
		int high = digit(text[0]), low = high < 0 ? -1 : digit(text[1]);

		if (low < 0)
			return false;
		id->bytes[n] = (uint8_t)(high << 4 | low);
		if (text[2] != ':')
			break;
	}
	return n < LAALP_ID_LEN && !text[2] && (n == 5 || n == 7) && laalp_id_compare(id, &none);
}

void laalp_id_text(const struct laalp_id *id, char text[LAALP_ID_TEXT])
{
	for (unsigned int i = 0; i < LAALP_ID_LEN; i++)
		snprintf(text + 3 * i, LAALP_ID_TEXT - 3 * i, "%02x%s", id->bytes[i],
			i + 1 < LAALP_ID_LEN ? ":" : "");
}

static uint16_t u16_at(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

bool laalp_record_next(const struct tlv *t, size_t *at, struct laalp_record *record, int *err)
{
	*err = 0;
	while (*at < t->len) {
		const uint8_t *p = t->value + *at;
		size_t left = t->len - *at;

		if (left < RECORD_HEAD || left - RECORD_HEAD < p[1]) {
			*err = -TRILL_EOVERRUN;
			return false;
		}
		if (p[1] < 2) {
			*err = -TRILL_ESHORT;
			return false;
		}
		*at += RECORD_HEAD + p[1];
		if (p[1] - 2 != LAALP_ID_LEN)
			continue;
		record->exclusive = p[0] & FLAG_OE;
		record->reuse = u16_at(p + 2);
		memcpy(record->id.bytes, p + 4, LAALP_ID_LEN);
		return true;
	}
	return false;
}

void laalp_records_put(struct wire_writer *w, const struct laalp_record *records, unsigned int n)
{
	size_t at = tlv_begin(w, APPSUB_LAALP_MEMBERSHIP, TLV_EXTENDED);

	for (unsigned int i = 0; i < n; i++) {
		wire_put_u8(w, records[i].exclusive ? FLAG_OE : 0);
		wire_put_u8(w, 2 + LAALP_ID_LEN);
		wire_put_u16(w, records[i].reuse);
		wire_put_bytes(w, records[i].id.bytes, LAALP_ID_LEN);
	}
	tlv_end(w, at, TLV_EXTENDED);
}

int laalp_rbv_read(const struct tlv *t, struct laalp_rbv *rbv)
{
	if (t->len < 3)
		return -TRILL_ESHORT;
	if (!t->value[2] || (t->len - 3) % t->value[2])
		return -TRILL_ELENGTH;
	if (t->value[2] != LAALP_ID_LEN)
		return -TRILL_EVALUE;
	rbv->nickname = u16_at(t->value);
	rbv->count = (unsigned int)((t->len - 3) / LAALP_ID_LEN);
	rbv->ids = t->value + 3;
	return 0;
}

struct laalp_id laalp_rbv_at(const struct laalp_rbv *rbv, unsigned int i)
{
	struct laalp_id id;

	memcpy(id.bytes, rbv->ids + i * LAALP_ID_LEN, LAALP_ID_LEN);
	return id;
}

void laalp_rbv_put(
	struct wire_writer *w, uint16_t nickname, const struct laalp_id *ids, unsigned int n)
{
	size_t at = tlv_begin(w, APPSUB_RBV, TLV_EXTENDED);

	wire_put_u16(w, nickname);
	wire_put_u8(w, LAALP_ID_LEN);
	for (unsigned int i = 0; i < n; i++)
		wire_put_bytes(w, ids[i].bytes, LAALP_ID_LEN);
	tlv_end(w, at, TLV_EXTENDED);
}

int laalp_start_read(const struct tlv *t, struct laalp_id *id)
{
	if (t->len != LAALP_ID_LEN)
		return -TRILL_EVALUE;
	memcpy(id->bytes, t->value, LAALP_ID_LEN);
	return 0;
}

void laalp_start_put(struct wire_writer *w, const struct laalp_id *id)
{
	size_t at = tlv_begin(w, APPSUB_LAALP_START, TLV_EXTENDED);

	wire_put_bytes(w, id->bytes, LAALP_ID_LEN);
	tlv_end(w, at, TLV_EXTENDED);
}

void laalp_end_put(struct wire_writer *w)
{
	tlv_end(w, tlv_begin(w, APPSUB_LAALP_END, TLV_EXTENDED), TLV_EXTENDED);
}
