/* isis: the PDUs of IS-IS as TRILL uses them (ISO 10589 section 9, RFC 6325 section 4.2, RFC 7176
 * sections 3 and 4, RFC 7356 section 3): the common header, and the fixed part of each type.
 *
 *   0x83 | header length | 1 | ID length 6 | R3 type 5 | 1 | 0 | maximum area addresses 1
 *   (flooding-scoped types have R/P/U 1, scope 7 in the place of the maximum area addresses)
 *
 *   LAN IIH 15   circuit type 1 | source 6 | holding 2 | PDU length 2 | priority 7 | LAN ID 7
 *   P2P IIH 17   circuit type 1 | source 6 | holding 2 | PDU length 2 | local circuit 1
 *   LSP 18       PDU length 2 | lifetime 2 | LSP ID 8 | sequence 4 | checksum 2 | flags 1
 *   CSNP 24      PDU length 2 | source 7 | start 8 | end 8
 *   PSNP 26      PDU length 2 | source 7
 *   MTU 23, 28   PDU length 2 | probe ID 6 | probe source 6 | ack source 6
 *   FS-LSP 10, FS-CSNP 11, FS-PSNP 12: as LSP, CSNP and PSNP, with a scope
 *
 * The parser checks the framing of all TLVs, too: what it accepts can be walked without a fault. It
 * checks no checksum and no authentication; isis_checksum_right() and isis_auth do. */
#ifndef SUNWARD_TRILL_CODEC_ISIS_H
#define SUNWARD_TRILL_CODEC_ISIS_H

#include "trill/codec/tlv.h"

#define ISIS_DISCRIMINATOR 0x83
#define ISIS_NLPID_TRILL   0xC0
#define ISIS_MAX_HELLO     1470 /* bytes, RFC 7177 section 8.1; also LSP number 0 */
#define ISIS_LIFETIME_AT   10   /* of an LSP: offsets from the PDU's first byte */
#define ISIS_LSP_ID_AT     12
#define ISIS_SEQUENCE_AT   20
#define ISIS_CHECKSUM_AT   24
#define ISIS_LSP_HEADER    27

enum isis_type {
	ISIS_FS_LSP = 10,
	ISIS_FS_CSNP = 11,
	ISIS_FS_PSNP = 12,
	ISIS_LAN_IIH = 15,
	ISIS_P2P_IIH = 17,
	ISIS_LSP = 18,
	ISIS_MTU_PROBE = 23,
	ISIS_CSNP = 24,
	ISIS_PSNP = 26,
	ISIS_MTU_ACK = 28,
};

/* Flooding scopes (RFC 7356 section 4, RFC 7780 section 8.1). */
enum isis_scope {
	ISIS_SCOPE_NONE = 0,
	ISIS_SCOPE_E_L1CS = 64, /* one link; ESADI uses it, too */
	ISIS_SCOPE_E_L1FS = 66, /* the campus */
};

/* An LSP's flags. */
#define ISIS_LSP_OVERLOAD 0x04
#define ISIS_LSP_LEVEL1   0x01 /* IS type */

struct lan_id {
	struct system_id system;
	uint8_t circuit; /* pseudonode number */
};

struct lsp_id {
	struct system_id system;
	uint8_t pseudonode;
	uint8_t fragment;
};

struct isis_hello {
	uint8_t circuit_type;
	struct system_id source;
	uint16_t holding_s;
	uint8_t priority;  /* LAN: 7 bits */
	struct lan_id lan; /* LAN */
	uint8_t circuit;   /* P2P: local circuit ID */
};

struct isis_lsp {
	uint16_t lifetime_s;
	struct lsp_id id;
	uint32_t sequence;
	uint16_t checksum;
	uint8_t flags;
};

struct isis_snp {
	struct lan_id source;     /* circuit 0 */
	struct lsp_id start, end; /* CSNP */
};

struct isis_mtu {
	uint64_t probe_id; /* 48 bits */
	struct system_id probe_source, ack_source;
};

struct isis_pdu {
	enum isis_type type;
	uint8_t scope;   /* FS types: 7 bits */
	bool scope_flag; /* FS types: P of an FS-LSP, U of an FS-PSNP */
	union {
		struct isis_hello hello;
		struct isis_lsp lsp;
		struct isis_snp snp;
		struct isis_mtu mtu;
	} u;
	const uint8_t *bytes; /* the whole PDU, borrowed */
	size_t len;           /* by its own PDU length */
	size_t header_len;
	enum tlv_form form; /* of its TLVs */
};

/* Parse one PDU behind Ethertype 0x22F4; @len may be more than its PDU length (an Ethernet frame
 * is padded). Errors: -TRILL_ETRUNC; -TRILL_EDISCRIMINATOR; -TRILL_EVERSION; -TRILL_EUNKNOWN for
 * the type (then @p->type is set, for its counter); -TRILL_EHEADER for a length indicator, ID
 * length or maximum area addresses that are not TRILL's; -TRILL_ELENGTH for a PDU length below the
 * header's; -TRILL_EOVERRUN when it, or a TLV, reaches too far; -TRILL_EVALUE for scope 0 (RFC 7356
 * section 3: reserved). */
int isis_parse(const void *bytes, size_t len, struct isis_pdu *p, struct wire_fault *fault);

/* All TLVs of a parsed PDU. */
void isis_tlvs(const struct isis_pdu *p, struct tlv_iter *it);

/* The checksum of a parsed LSP or FS-LSP is right. One of 0 never is. */
bool isis_checksum_right(const struct isis_pdu *p);

/* Write headers; TLVs follow, then isis_end(). ID, flags and numbers are from @p. The checksum of
 * an LSP is left 0. */
void isis_begin(struct wire_writer *w, const struct isis_pdu *p);
/* Patch the PDU length in. Returns the length, or -TRILL_ENOROOM. */
int isis_end(struct wire_writer *w);
/* An LSP's checksum: the last thing, behind authentication. @bytes is a whole LSP. */
void isis_checksum_set(uint8_t *bytes, size_t len);
/* Age an LSP in place: the lifetime stands outside of the checksum. */
void isis_lifetime_set(uint8_t *bytes, uint16_t lifetime_s);
/* Flag P of a whole FS-LSP: it is flooded before others (RFC 7356 section 4.5). */
bool isis_priority(const uint8_t *bytes);

/* A name for counters and events, "lan-iih"; NULL for a type that we do not know. */
const char *isis_type_name(unsigned int type);
bool isis_is_scoped(enum isis_type type);
/* The form of the TLVs of scope @scope: extended from 64 on. */
enum tlv_form isis_scope_form(uint8_t scope);

int lsp_id_compare(const struct lsp_id *a, const struct lsp_id *b);
void lsp_id_get(struct wire_reader *r, struct lsp_id *id, const char *field);
void lsp_id_put(struct wire_writer *w, const struct lsp_id *id);
int lan_id_compare(const struct lan_id *a, const struct lan_id *b);
void lan_id_get(struct wire_reader *r, struct lan_id *id, const char *field);
void lan_id_put(struct wire_writer *w, const struct lan_id *id);

#endif
