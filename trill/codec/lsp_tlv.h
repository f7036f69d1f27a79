/* lsp_tlv: the TLVs of LSPs and sequence numbers PDUs besides the capabilities.
 *
 *   9    LSP entries, ISO 10589 section 9.10:
 *          n x (lifetime 2, LSP ID 8, sequence 4, checksum 2)
 *   13   purge originator, RFC 6232 section 3: count 1, 1 or 2 x system ID 6
 *   14   originating LSP buffer size, RFC 7176 section 4.5: 2
 *   22   extended reachability, RFC 5305, RFC 7176 section 2.4:
 *          n x (system and pseudonode 7, metric 3, length 1, sub-TLVs); 28 MTU: F R7, MTU 2
 *   142  group addresses, RFC 7176 section 2.1; its sub-TLVs 1-6:
 *          R4 MT-ID 12 | R4 VLAN 12 or FGL 24 | records 1 | (sources 1, group k, sources k)*
 *   251  GENINFO, RFC 6823, RFC 7357 section 7.2:
 *          flags 1 | application 2 | [addresses] | APPsub-TLVs
 *
 * TLV 2, narrow reachability, must not be used: it is not read. In an extended scope the same TLVs
 * have types and lengths of 2 bytes, and so have their sub-TLVs. */
#ifndef SUNWARD_TRILL_CODEC_LSP_TLV_H
#define SUNWARD_TRILL_CODEC_LSP_TLV_H

#include "trill/codec/isis.h"

enum {
	TLV_LSP_ENTRIES = 9,
	TLV_PURGE_ORIGINATOR = 13,
	TLV_BUFFER_SIZE = 14,
	TLV_REACHABILITY = 22,
	TLV_GROUP_ADDRESS = 142,
	TLV_GENINFO = 251,
};

#define LSP_ENTRY_LEN         16
#define REACH_MTU             28
#define REACH_METRIC_MAX      0xFFFFFE /* above: not for the shortest path, RFC 5305 section 3 */
#define REACH_SPEED           20000000 /* Mbit/s of a link of metric 1: RFC 6325 section 4.2.4.4 */
#define GENINFO_TRILL         1        /* application ID */
#define LSP_BUFFER_SIZE_LEAST 1470

/* 9 */
struct lsp_entry {
	uint16_t lifetime_s;
	struct lsp_id id;
	uint32_t sequence;
	uint16_t checksum;
};

int lsp_entries_count(const struct tlv *t);
void lsp_entry_at(const struct tlv *t, unsigned int i, struct lsp_entry *e);
/* @form: of the PDU. At most 15 in a standard TLV. */
void lsp_entries_put(
	struct wire_writer *w, const struct lsp_entry *entries, unsigned int n, enum tlv_form form);

/* 13. @from is who it came from, where @has_from. */
struct purge_originator {
	struct system_id originator, from;
	bool has_from;
};

int purge_originator_read(const struct tlv *t, struct purge_originator *p);
void purge_originator_put(
	struct wire_writer *w, const struct purge_originator *p, enum tlv_form form);

/* 14 */
int buffer_size_read(const struct tlv *t, uint16_t *size);
void buffer_size_put(struct wire_writer *w, uint16_t size);

/* 22 */
struct reach {
	struct lan_id neighbor;
	uint32_t metric; /* 24 bits */
	struct tlv subs; /* the sub-TLVs as one value */
	bool has_mtu;    /* of sub-TLV 28 */
	bool mtu_failed;
	uint16_t mtu;
};

/* Start with @at = 0; true while there is an entry. *err is -TRILL_EOVERRUN when one does not fit.
 * A sub-TLV 28 of a wrong length is as none. */
/* The metric of a link of so many Mbit/s, unless another is configured: the speed, above 0, goes
 * into 2*10^13 bit/s; at least 1, at most REACH_METRIC_MAX. */
uint32_t reach_metric_of(uint32_t mbit_s);
bool reach_next(const struct tlv *t, size_t *at, struct reach *reach, int *err);
/* One entry within an open TLV 22. */
void reach_put(struct wire_writer *w, const struct reach *reach);

/* 142: one sub-TLV. Types 1-3 are for a VLAN, 4-6 for an FGL; MAC, IPv4, IPv6 in turn. */
struct group_list {
	struct label label;       /* VLAN 0: no VLAN is specified */
	unsigned int address_len; /* 6, 4, 16 */
	unsigned int count;
	const uint8_t *records;
	size_t records_len;
};

struct group_record {
	const uint8_t *group;
	unsigned int source_count; /* 0: any source */
	const uint8_t *sources;
};

/* -TRILL_EUNKNOWN for another type; -TRILL_EOVERRUN, -TRILL_ELENGTH when the records do not fill
 * it. */
int group_list_read(const struct tlv *t, struct group_list *g);
/* Of a list that was read without an error; start with @at = 0. */
bool group_next(const struct group_list *g, size_t *at, struct group_record *record);
/* The records are written as they stand in @g. */
void group_list_put(struct wire_writer *w, const struct group_list *g);

/* 251. Walk over the APPsub-TLVs when it is TRILL's: 0; -TRILL_EUNKNOWN for another application;
 * -TRILL_ESHORT. */
int geninfo_read(const struct tlv *t, enum tlv_form form, struct tlv_iter *subs);
/* APPsub-TLVs follow, then tlv_end(). */
size_t geninfo_begin(struct wire_writer *w, enum tlv_form form);

#endif
