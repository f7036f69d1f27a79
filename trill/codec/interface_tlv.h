/* interface_tlv: the Interface Addresses APPsub-TLV (RFC 7961 section 2): which MAC and IP
 * addresses are one interface, and behind which RBridge.
 *
 *   sets end 2 | nickname 2 | D L R6 | confidence 1 | template | sets | sub-sub-TLVs
 *   template: K 1, and for K from 1 to 31 as many AFNs of 2; 32-39 name a MAC and, by their bits,
 *             1 IPv4, 2 IPv6, 4 RBridge port
 *   sub-sub-TLVs: 1 sizes of AFNs n x (AFN 2, size 1), 2 an address that is in every set (AFN 2,
 *                 address), 3 label 2 or 3, 4 topology 2 */
#ifndef SUNWARD_TRILL_CODEC_INTERFACE_TLV_H
#define SUNWARD_TRILL_CODEC_INTERFACE_TLV_H

#include "trill/codec/tlv.h"

#define INTERFACE_ADDRESSES_MAX 31 /* in a set */

struct interface_list {
	uint16_t nickname;  /* 0: the originator */
	bool directory;     /* D */
	bool local;         /* L */
	uint8_t confidence; /* 255 is read as 254 */
	unsigned int afn_count;
	uint16_t afns[INTERFACE_ADDRESSES_MAX];
	uint8_t sizes[INTERFACE_ADDRESSES_MAX];
	unsigned int set_count;
	size_t set_len;
	const uint8_t *sets; /* borrowed */
	struct tlv fixed;    /* sub-sub-TLV 2, the first; value NULL: none */
	bool has_label;
	struct label label; /* sub-sub-TLV 3, the first */
	enum tlv_form form;
};

/* What a set says. Of several addresses of a family, the first; all are interface_ip_at()'s. */
struct interface_set {
	bool has_mac, has_ipv4, has_ipv6, has_port;
	struct mac mac;
	uint8_t ipv4[4], ipv6[16];
	uint16_t port;
};

/* @form: of the LSP. Returns 0; -TRILL_ESHORT for a length below 7; -TRILL_EOVERRUN when the sets'
 * end is before the template's or beyond the TLV, or a sub-sub-TLV does not fit; -TRILL_EVALUE for
 * a K of 0 or 255; -TRILL_EUNKNOWN for one from 40 to 254, or an AFN whose size nobody tells;
 * -TRILL_ELENGTH when the sets do not fill their place, or an AFN's size is told wrongly. */
int interface_read(const struct tlv *t, enum tlv_form form, struct interface_list *l);
void interface_set_at(const struct interface_list *l, unsigned int i, struct interface_set *set);

/* IP address @k of a set, from 0 on: *@bytes, borrowed, are 4, or (*@ipv6) 16. False: there are no
 * more. */
bool interface_ip_at(const struct interface_list *l, unsigned int i, unsigned int k, bool *ipv6,
	const uint8_t **bytes);

/* @n sets of one kind, with MAC, and IPv4 and IPv6 as the first has them. Sets that differ, or have
 * no MAC, fail in @w. */
void interface_put(struct wire_writer *w, const struct interface_list *l,
	const struct interface_set *sets, unsigned int n, enum tlv_form form);

#endif
