/* See data.h. */
#include "trill/codec/data.h"

#define BIT_A     0x2000
#define BIT_C     0x1000
#define BIT_M     0x0800
#define RESERVED  0x0780
#define BIT_F     0x0040
#define HOPS      0x003f
#define HOPS_BITS 6
#define EXTENDED  (7u << DATA_FLAG_HOPS_SHIFT)

int data_header_read(struct wire_reader *r, struct data_header *h)
{
	uint16_t first = wire_get_u16(r, "TRILL header");

	h->version = (uint8_t)(first >> 14);
	h->alert = first & BIT_A;
	h->color = first & BIT_C;
	h->multi = first & BIT_M;
	h->hops = first & HOPS;
	h->has_flags = first & BIT_F;
	h->egress = wire_get_u16(r, "egress nickname");
	h->ingress = wire_get_u16(r, "ingress nickname");
	h->flags = 0;
	if (!wire_ok(r))
		return -TRILL_ETRUNC;
	if (h->version)
		return -TRILL_EVERSION;
	if (first & RESERVED)
		return -TRILL_EVALUE;
	if (!h->has_flags)
		return 0;
	h->flags = wire_get_u32(r, "flags word");
	h->hops |= (uint16_t)((h->flags & EXTENDED) >> DATA_FLAG_HOPS_SHIFT << HOPS_BITS);
	h->flags &= ~EXTENDED;
	return wire_ok(r) ? 0 : -TRILL_ETRUNC;
}

void data_header_write(struct wire_writer *w, const struct data_header *h)
{
	uint32_t high = h->hops >> HOPS_BITS, flags = h->flags & ~EXTENDED;
	bool word = h->has_flags || high;
	unsigned int first = (unsigned int)(h->version << 14) | (h->hops & HOPS);

	if (h->hops > DATA_HOPS_LIMIT || h->version > 3)
		w->failed = true;
	if (high)
		flags |= DATA_FLAG_CRRSV | high << DATA_FLAG_HOPS_SHIFT;
	first |= (h->alert ? BIT_A : 0) | (h->color ? BIT_C : 0) | (h->multi ? BIT_M : 0);
	wire_put_u16(w, first | (word ? BIT_F : 0));
	wire_put_u16(w, h->egress);
	wire_put_u16(w, h->ingress);
	if (word)
		wire_put_u32(w, flags);
}

int data_frame_read(const void *frame, size_t len, struct data_frame *f, struct wire_fault *fault)
{
	struct wire_reader r;
	int err;

	wire_reader_init(&r, frame, len, fault);
	ethernet_read(&r, &f->outer);
	if (!wire_ok(&r))
		return -TRILL_ETRUNC;
	if (f->outer.ethertype != ETHERTYPE_TRILL)
		return -TRILL_EUNKNOWN;
	f->header_at = r.pos;
	err = data_header_read(&r, &f->header);
	if (err)
		return err;
	f->inner_at = r.pos;
	err = ethernet_inner_read(&r, &f->inner);
	if (err)
		return err;
	f->payload_len = wire_left(&r);
	f->payload = wire_get_bytes(&r, f->payload_len, "payload");
	return 0;
}

int data_frame_write(void *buf, size_t cap, const struct data_frame *f)
{
	struct ethernet outer = f->outer;
	struct wire_writer w;

	outer.ethertype = ETHERTYPE_TRILL;
	wire_writer_init(&w, buf, cap);
	ethernet_write(&w, &outer);
	data_header_write(&w, &f->header);
	ethernet_inner_write(&w, &f->inner);
	wire_put_bytes(&w, f->payload, f->payload_len);
	return wire_written(&w) ? (int)w.pos : -TRILL_ENOROOM;
}
