/* See interface_tlv.h. */
#include "trill/codec/interface_tlv.h"

#include <string.h>

#include "trill/codec/esadi_tlv.h"

#define LEAST    7
#define FLAG_D   0x80
#define FLAG_L   0x40
#define HEAD_LEN 6

enum {
	SUB_SIZES = 1,
	SUB_FIXED = 2,
	SUB_LABEL = 3,
};

enum {
	AFN_IPV4 = 1,
	AFN_IPV6 = 2,
	AFN_MAC = 16389,
	AFN_MAC64 = 16390,
	AFN_OUI = 16391,
	AFN_MAC24 = 16392,
	AFN_MAC40 = 16393,
	AFN_IPV6_64 = 16394,
	AFN_PORT = 16395,
	AFN_NICKNAME = 16396,
};

/* In bytes; 0: unknown (RFC 7961 section 5). */
static uint8_t afn_size(uint16_t afn)
{
	switch (afn) {
	case AFN_IPV4:
		return 4;
	case AFN_IPV6:
		return 16;
	case AFN_MAC:
		return 6;
	case AFN_MAC64:
	case AFN_IPV6_64:
		return 8;
	case AFN_OUI:
	case AFN_MAC24:
		return 3;
	case AFN_MAC40:
		return 5;
	case AFN_PORT:
	case AFN_NICKNAME:
		return 2;
	default:
		return 0;
	}
}

static int template_read(struct wire_reader *r, struct interface_list *l)
{
	uint8_t k = wire_get_u8(r, "template");

	l->afn_count = 0;
	if (k == 0 || k == 255)
		return -TRILL_EVALUE;
	if (k >= 40)
		return -TRILL_EUNKNOWN;
	if (k < 32) {
		for (unsigned int i = 0; i < k; i++)
			l->afns[i] = wire_get_u16(r, "AFN");
		l->afn_count = k;
	} else {
		l->afns[l->afn_count++] = AFN_MAC;
		if (k & 1)
			l->afns[l->afn_count++] = AFN_IPV4;
		if (k & 2)
			l->afns[l->afn_count++] = AFN_IPV6;
		if (k & 4)
			l->afns[l->afn_count++] = AFN_PORT;
	}
	for (unsigned int i = 0; i < l->afn_count; i++)
		l->sizes[i] = afn_size(l->afns[i]);
	return 0;
}

/* Sub-sub-TLV 1. A size that is not the one known makes the whole corrupt. */
static int sizes_read(const struct tlv *t, struct interface_list *l)
{
	if (t->len % 3)
		return 0; /* to be ignored */
	for (size_t at = 0; at < t->len; at += 3) {
		uint16_t afn = (uint16_t)(t->value[at] << 8 | t->value[at + 1]);
		uint8_t size = t->value[at + 2], known = afn_size(afn);

		if (known && known != size)
			return -TRILL_ELENGTH;
		for (unsigned int i = 0; i < l->afn_count; i++)
			if (l->afns[i] == afn)
				l->sizes[i] = size;
	}
	return 0;
}

static void label_read(const struct tlv *t, struct interface_list *l)
{
	const uint8_t *p = t->value;

	if (l->has_label || t->len < 2 || t->len > 3)
		return;
	l->has_label = true;
	l->label.fgl = t->len == 3;
	l->label.id = l->label.fgl ? (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2]
				   : (uint32_t)(p[0] & 0xf) << 8 | p[1];
}

static int subs_read(struct wire_reader *r, struct interface_list *l)
{
	size_t len = wire_left(r);
	struct tlv_iter it;
	struct tlv t;
	int err;

	tlv_iter_init(&it, wire_get_bytes(r, len, "sub-sub-TLVs"), len, l->form);
	while (tlv_next(&it, &t)) {
		if (t.type == SUB_SIZES) {
			err = sizes_read(&t, l);
			if (err)
				return err;
		} else if (t.type == SUB_FIXED && t.len > 2 && !l->fixed.value) {
			l->fixed = t;
		} else if (t.type == SUB_LABEL) {
			label_read(&t, l);
		}
	}
	return it.err;
}

static int sets_size(struct interface_list *l, size_t len)
{
	l->set_len = 0;
	for (unsigned int i = 0; i < l->afn_count; i++) {
		if (!l->sizes[i])
			return -TRILL_EUNKNOWN;
		l->set_len += l->sizes[i];
	}
	if (len % l->set_len)
		return -TRILL_ELENGTH;
	l->set_count = (unsigned int)(len / l->set_len);
	return 0;
}

int interface_read(const struct tlv *t, enum tlv_form form, struct interface_list *l)
{
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);
	size_t sets_len;
	uint16_t end;
	uint8_t flags;
	int err;

	memset(l, 0, sizeof(*l));
	l->form = form;
	if (t->len < LEAST)
		return -TRILL_ESHORT;
	end = wire_get_u16(&r, "end of the address sets");
	l->nickname = wire_get_u16(&r, "nickname");
	flags = wire_get_u8(&r, "flags");
	l->directory = flags & FLAG_D;
	l->local = flags & FLAG_L;
	l->confidence = wire_get_u8(&r, "confidence");
	if (l->confidence > ESADI_CONFIDENCE_MAX)
		l->confidence = ESADI_CONFIDENCE_MAX;
	err = template_read(&r, l);
	if (err)
		return err;
	if (!wire_ok(&r) || end < r.pos || end > t->len)
		return -TRILL_EOVERRUN;
	sets_len = end - r.pos;
	l->sets = wire_get_bytes(&r, sets_len, "address sets");
	err = subs_read(&r, l);
	return err ? err : sets_size(l, sets_len);
}

static void address_take(struct interface_set *set, uint16_t afn, const uint8_t *p)
{
	if (afn == AFN_MAC && !set->has_mac) {
		set->has_mac = true;
		memcpy(set->mac.bytes, p, MAC_LEN);
	} else if (afn == AFN_IPV4 && !set->has_ipv4) {
		set->has_ipv4 = true;
		memcpy(set->ipv4, p, 4);
	} else if (afn == AFN_IPV6 && !set->has_ipv6) {
		set->has_ipv6 = true;
		memcpy(set->ipv6, p, 16);
	} else if (afn == AFN_PORT && !set->has_port) {
		set->has_port = true;
		set->port = (uint16_t)(p[0] << 8 | p[1]);
	}
}

void interface_set_at(const struct interface_list *l, unsigned int i, struct interface_set *set)
{
	const uint8_t *p = l->sets + i * l->set_len;
	uint16_t afn;

	memset(set, 0, sizeof(*set));
	for (unsigned int k = 0; k < l->afn_count; k++) {
		address_take(set, l->afns[k], p);
		p += l->sizes[k];
	}
	if (!l->fixed.value)
		return;
	afn = (uint16_t)(l->fixed.value[0] << 8 | l->fixed.value[1]);
	if (afn_size(afn) == l->fixed.len - 2)
		address_take(set, afn, l->fixed.value + 2);
}

/* @left of the IP addresses are passed over. */
static bool is_ip(uint16_t afn, unsigned int *left, bool *ipv6)
{
	*ipv6 = afn == AFN_IPV6;
	return (afn == AFN_IPV4 || afn == AFN_IPV6) && !(*left)--;
}

bool interface_ip_at(const struct interface_list *l, unsigned int i, unsigned int k, bool *ipv6,
	const uint8_t **bytes)
{
	const uint8_t *p = l->sets + i * l->set_len;
	uint16_t afn;

	for (unsigned int n = 0; n < l->afn_count; n++) {
		*bytes = p;
		if (is_ip(l->afns[n], &k, ipv6))
			return true;
		p += l->sizes[n];
	}
	if (!l->fixed.value)
		return false;
	afn = (uint16_t)(l->fixed.value[0] << 8 | l->fixed.value[1]);
	*bytes = l->fixed.value + 2;
	return afn_size(afn) == l->fixed.len - 2 && is_ip(afn, &k, ipv6);
}

void interface_put(struct wire_writer *w, const struct interface_list *l,
	const struct interface_set *sets, unsigned int n, enum tlv_form form)
{
	bool ipv4 = n && sets[0].has_ipv4, ipv6 = n && sets[0].has_ipv6;
	size_t at = tlv_begin(w, APPSUB_INTERFACE, form);
	size_t len = MAC_LEN + (ipv4 ? 4u : 0) + (ipv6 ? 16u : 0);

	if (l->confidence > ESADI_CONFIDENCE_MAX)
		w->failed = true;
	wire_put_u16(w, (uint32_t)(HEAD_LEN + 1 + n * len));
	wire_put_u16(w, l->nickname);
	wire_put_u8(w, (l->directory ? FLAG_D : 0u) | (l->local ? FLAG_L : 0));
	wire_put_u8(w, l->confidence);
	wire_put_u8(w, 32 + (ipv4 ? 1u : 0) + (ipv6 ? 2u : 0));
	for (unsigned int i = 0; i < n; i++) {
		if (!sets[i].has_mac || sets[i].has_ipv4 != ipv4 || sets[i].has_ipv6 != ipv6)
			w->failed = true;
		mac_put(w, &sets[i].mac);
		if (ipv4)
			wire_put_bytes(w, sets[i].ipv4, 4);
		if (ipv6)
			wire_put_bytes(w, sets[i].ipv6, 16);
	}
	tlv_end(w, at, form);
}
