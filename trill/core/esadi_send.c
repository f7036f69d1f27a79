/* What goes out, and when: LSPs that flags ask for, CSNPs and PSNPs (see esadi.h; RFC 7357 section
 * 4.4). By unicast, to who says that it takes that: all, when there is no other neighbour; our
 * LSPs, when one neighbour alone is new, or has asked for them by PSNP (sections 4.1 and 4.2). */
#include "trill/core/esadi_internal.h"

#include <stdlib.h>
#include <string.h>

#define JITTER 25 /* per cent */

uint64_t esadi_jittered_ms(struct esadi *e, uint64_t ms)
{
	return ms - random_below(e->config.random, ms * JITTER / 100 + 1);
}

static uint16_t takes_unicast(const struct esadi_neighbor *n)
{
	return n->param.unicast ? n->nickname : NICKNAME_NONE;
}

static void out(struct esadi *e, uint16_t to, const uint8_t *pdu, size_t len)
{
	if (e->neighbor_count == 1)
		to = takes_unicast(&e->neighbors[0]);
	e->config.send(e->config.arg, to, pdu, len);
}

static void lsp_send(struct esadi *e, const struct lsdb_lsp *lsp, uint16_t to, struct mono now)
{
	uint8_t *pdu = malloc(lsp->len ? lsp->len : 1);
	int len = pdu ? lsdb_copy(lsp, pdu, lsp->len, now) : -TRILL_ENOROOM;

	if (len > 0)
		out(e, to, pdu, (size_t)len);
	free(pdu);
}

void esadi_send_lsps(struct esadi *e, bool own, uint16_t to, struct mono now)
{
	struct lsdb_lsp *lsp = NULL;
	struct lsp_id after;

	while ((lsp = lsdb_next_srm(e->db, ESADI_PORT, lsp ? &after : NULL))) {
		after = lsp->id;
		if (lsp->own != own)
			continue;
		lsp_send(e, lsp, to, now);
		lsdb_srm_clear(lsp, ESADI_PORT);
	}
}

void esadi_send_asker(
	struct esadi *e, const struct isis_pdu *p, const struct esadi_neighbor *n, bool before)
{
	uint16_t to = p->type == ISIS_FS_PSNP ? takes_unicast(n) : NICKNAME_NONE;

	if (!e->asked || (p->type == ISIS_FS_LSP && n))
		return; /* it is not about ours */
	e->asker = !before || e->asker == to ? to : NICKNAME_NONE;
}

void esadi_send_asked(struct esadi *e, struct mono now)
{
	if (e->asked && e->asker != NICKNAME_NONE)
		esadi_send_lsps(e, true, e->asker, now);
	e->asker = NICKNAME_NONE;
}

/* To whom, if one neighbour alone is new and says that it takes it. */
static uint16_t newcomer(const struct esadi *e)
{
	const struct esadi_neighbor *one = NULL;

	for (unsigned int i = 0; i < e->neighbor_count; i++) {
		if (e->fresh[i] && one)
			return NICKNAME_NONE;
		if (e->fresh[i])
			one = &e->neighbors[i];
	}
	return one ? takes_unicast(one) : NICKNAME_NONE;
}

void esadi_send_ours(struct esadi *e, struct mono now)
{
	uint16_t to = newcomer(e);

	for (unsigned int i = 0; i < ESADI_FRAGMENTS; i++) {
		struct lsp_id id = {.system = e->config.system, .fragment = (uint8_t)i};
		struct lsdb_lsp *lsp = e->fragments[i].used ? lsdb_find(e->db, &id) : NULL;

		if (lsp && to != NICKNAME_NONE)
			lsp_send(e, lsp, to, now);
		else if (lsp)
			lsdb_srm_set(e->db, lsp, ESADI_PORT);
	}
	memset(e->fresh, 0, e->neighbor_count * sizeof(*e->fresh));
	e->flood = MONO_NEVER;
}

static void snp_send(struct esadi *e, const struct isis_pdu *head, const struct lsp_entry *entries,
	unsigned int n)
{
	uint8_t pdu[ESADI_PDU_MAX];
	struct wire_writer w;
	int len;

	wire_writer_init(&w, pdu, sizeof(pdu));
	isis_begin(&w, head);
	if (e->config.key_count)
		isis_auth_put(&w, e->config.keys[0], TLV_EXTENDED);
	if (n)
		lsp_entries_put(&w, entries, n, TLV_EXTENDED);
	len = isis_end(&w);
	if (len < 0 || (e->config.key_count && isis_auth_sign(e->config.keys[0], pdu, (size_t)len)))
		return;
	out(e, NICKNAME_NONE, pdu, (size_t)len);
}

static struct isis_pdu snp_head(const struct esadi *e, enum isis_type type)
{
	return (struct isis_pdu){
		.type = type, .scope = ISIS_SCOPE_E_L1CS, .u.snp.source.system = e->config.system};
}

/* The ID behind @id, in their order. */
static void lsp_id_next(struct lsp_id *id)
{
	uint8_t *last = &id->fragment;

	if (++*last || ++id->pseudonode)
		return;
	for (unsigned int i = SYSTEM_ID_LEN; i-- && !++id->system.bytes[i];)
		;
}

void esadi_send_csnps(struct esadi *e, struct mono now)
{
	struct isis_pdu head = snp_head(e, ISIS_FS_CSNP);
	struct lsp_entry entries[ESADI_SNP_ENTRIES];
	struct lsdb_lsp *lsp = lsdb_after(e->db, NULL);
	unsigned int n;

	do {
		for (n = 0; lsp && n < ESADI_SNP_ENTRIES; n++) {
			entries[n] = lsdb_entry(lsp, now);
			lsp = lsdb_after(e->db, &lsp->id);
		}
		if (lsp)
			head.u.snp.end = entries[n - 1].id;
		else
			memset(&head.u.snp.end, 0xff, sizeof(head.u.snp.end));
		snp_send(e, &head, entries, n);
		head.u.snp.start = head.u.snp.end;
		lsp_id_next(&head.u.snp.start);
	} while (lsp);
	e->seen_csnp = now;
}

void esadi_send_psnps(struct esadi *e, struct mono now)
{
	struct isis_pdu head = snp_head(e, ISIS_FS_PSNP);
	struct lsp_entry entries[ESADI_SNP_ENTRIES];
	struct lsdb_lsp *lsp;
	unsigned int n = 0;

	while ((lsp = lsdb_next_ssn(e->db, ESADI_PORT, NULL))) {
		entries[n++] = lsdb_entry(lsp, now);
		lsdb_ssn_sent(e->db, lsp, ESADI_PORT);
		if (n == ESADI_SNP_ENTRIES) {
			snp_send(e, &head, entries, n);
			n = 0;
		}
	}
	if (n)
		snp_send(e, &head, entries, n);
}

/* When the next CSNP is due: thrice in our CSNP Time, if we are DRB; else when none was for the
 * mean of its and ours (section 4.4). */
struct mono esadi_send_csnp_due(const struct esadi *e)
{
	const struct esadi_neighbor *winner = esadi_drb(e);
	uint64_t ms = e->config.param.csnp_s * 1000ull;

	if (!e->neighbor_count)
		return MONO_NEVER;
	if (winner)
		return mono_add_ms(e->seen_csnp, (ms + winner->param.csnp_s * 1000ull) / 2 + 1);
	return mono_min(e->csnp, mono_add_ms(e->seen_csnp, ms / ESADI_CSNP_TIMES));
}
