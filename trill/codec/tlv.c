/* See tlv.h. */
#include "trill/codec/tlv.h"

static size_t head_len(enum tlv_form form)
{
	return form == TLV_STANDARD ? 2 : form == TLV_OAM ? 3 : 4;
}

void tlv_iter_init(struct tlv_iter *it, const void *bytes, size_t len, enum tlv_form form)
{
	it->at = bytes;
	it->end = it->at + len;
	it->form = form;
	it->err = 0;
}

void tlv_iter_sub(struct tlv_iter *it, const struct tlv *t, size_t skip, enum tlv_form form)
{
	bool shorter = t->len < skip;

	tlv_iter_init(it, t->value + (shorter ? t->len : skip), shorter ? 0 : t->len - skip, form);
	if (shorter)
		it->err = -TRILL_ESHORT;
}

static bool overrun(struct tlv_iter *it)
{
	it->err = -TRILL_EOVERRUN;
	it->at = it->end;
	return false;
}

bool tlv_next(struct tlv_iter *it, struct tlv *t)
{
	size_t left = (size_t)(it->end - it->at), head = head_len(it->form);
	const uint8_t *p = it->at;

	if (it->err || !left)
		return false;
	if (it->form == TLV_OAM && !p[0]) { /* the End TLV has no length */
		it->at = it->end;
		return false;
	}
	if (left < head)
		return overrun(it);
	if (it->form == TLV_EXTENDED) {
		t->type = (unsigned int)p[0] << 8 | p[1];
		t->len = (size_t)p[2] << 8 | p[3];
	} else {
		t->type = p[0];
		t->len = it->form == TLV_OAM ? (size_t)p[1] << 8 | p[2] : p[1];
	}
	if (t->len > left - head)
		return overrun(it);
	t->value = p + head;
	it->at = t->value + t->len;
	return true;
}

bool tlv_find(struct tlv_iter *it, unsigned int type, struct tlv *t)
{
	while (tlv_next(it, t))
		if (t->type == type)
			return true;
	return false;
}

int tlv_check(const void *bytes, size_t len, enum tlv_form form)
{
	struct tlv_iter it;
	struct tlv t;

	tlv_iter_init(&it, bytes, len, form);
	while (tlv_next(&it, &t))
		;
	return it.err;
}

struct wire_reader tlv_reader(const struct tlv *t, struct wire_fault *fault)
{
	struct wire_reader r;

	wire_reader_init(&r, t->value, t->len, fault);
	return r;
}

int tlv_done(struct wire_reader *r, bool allow_more)
{
	if (!wire_ok(r))
		return -TRILL_ESHORT;
	return allow_more || !wire_left(r) ? 0 : -TRILL_ELENGTH;
}

int tlv_records(const struct tlv *t, size_t skip, size_t size)
{
	if (t->len < skip)
		return -TRILL_ESHORT;
	if ((t->len - skip) % size)
		return -TRILL_ELENGTH;
	return (int)((t->len - skip) / size);
}

size_t tlv_begin(struct wire_writer *w, unsigned int type, enum tlv_form form)
{
	size_t at = w->pos;

	if (form == TLV_EXTENDED)
		wire_put_u16(w, type);
	else
		wire_put_u8(w, type);
	wire_put_zero(w, form == TLV_STANDARD ? 1 : 2);
	return at;
}

void tlv_end(struct wire_writer *w, size_t at, enum tlv_form form)
{
	size_t head = head_len(form), len;

	if (w->failed)
		return;
	len = w->pos - at - head;
	if (len > (form == TLV_STANDARD ? UINT8_MAX : UINT16_MAX)) {
		w->failed = true;
		return;
	}
	if (form == TLV_STANDARD)
		wire_patch_u8(w, at + 1, (uint32_t)len);
	else
		wire_patch_u16(w, at + head - 2, (uint32_t)len);
}
