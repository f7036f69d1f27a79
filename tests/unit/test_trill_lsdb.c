/* The link state database: the behaviour of items C, H, P and Q of docs/trill.md that ISO 10589
 * sections 7.3.15 to 7.3.17 and RFC 5304 section 2 ask of it. */
#include "tests/unit/trill_test.h"

#include "trill/core/lsdb.h"

#define PORTS 3 /* 0 and 1 point-to-point, 2 a LAN */

static const struct system_id us = {{0, 0, 0, 0, 0, 1}}, them = {{0, 0, 0, 0, 0, 2}};

static struct mono at_s(uint64_t s)
{
	return mono_add_s((struct mono){1}, s);
}

struct world {
	struct lsdb *db;
	unsigned int changes, purges, reissues;
	struct lsp_id reissued;
	uint32_t reissue_sequence;
};

static void on_changed(void *arg, const struct lsdb_lsp *lsp)
{
	struct world *w = arg;

	w->changes++;
	w->purges += lsp->purged;
}

static void on_reissue(void *arg, const struct lsp_id *id, uint32_t sequence)
{
	struct world *w = arg;

	w->reissues++;
	w->reissued = *id;
	w->reissue_sequence = sequence;
}

static void world_init(struct world *w, bool strict, uint8_t scope, unsigned int max)
{
	struct lsdb_config config = {
		.own = us, .lsps_max = max, .strict_purges = strict, .scope = scope};
	struct lsdb_events events = {.changed = on_changed, .reissue = on_reissue, .arg = w};

	memset(w, 0, sizeof(*w));
	w->db = lsdb_new(&config, &events);
	assert_non_null(w->db);
	for (unsigned int port = 0; port < PORTS; port++)
		lsdb_port_up(w->db, port, port < 2);
}

static struct lsp_id id_of(const struct system_id *system, uint8_t fragment)
{
	return (struct lsp_id){.system = *system, .fragment = fragment};
}

/* An LSP from outside; @mark makes its contents, and with them its checksum. */
static enum lsdb_verdict receive_marked(struct world *w, const struct system_id *system,
	uint8_t fragment, uint32_t sequence, uint16_t lifetime_s, uint8_t mark, unsigned int port,
	uint64_t s)
{
	struct isis_pdu head = {.type = ISIS_LSP,
		.u.lsp = {.lifetime_s = lifetime_s,
			.id = id_of(system, fragment),
			.sequence = sequence,
			.flags = 1}};
	struct wire_fault fault;
	struct isis_pdu p;
	int len;
	WRITER(out);

	isis_begin(&out, &head);
	if (mark) {
		size_t at = tlv_begin(&out, 0xfe, TLV_STANDARD);

		wire_put_u8(&out, mark);
		tlv_end(&out, at, TLV_STANDARD);
	}
	len = isis_end(&out);
	isis_checksum_set(out_bytes, (size_t)len);
	assert_error(isis_parse(out_bytes, (size_t)len, &p, &fault), 0);
	return lsdb_receive(w->db, &p, port, at_s(s));
}

static enum lsdb_verdict receive(struct world *w, uint8_t fragment, uint32_t sequence,
	uint16_t lifetime_s, unsigned int port, uint64_t s)
{
	return receive_marked(
		w, &them, fragment, sequence, lifetime_s, lifetime_s ? 1 : 0, port, s);
}

static struct lsdb_lsp *their(struct world *w, uint8_t fragment)
{
	struct lsp_id id = id_of(&them, fragment);

	return lsdb_find(w->db, &id);
}

static void snp(struct world *w, enum isis_type type, const struct lsp_entry *entries,
	unsigned int n, unsigned int port)
{
	struct isis_pdu head = {.type = type}, p;
	struct wire_fault fault;
	int len;
	WRITER(out);

	memset(&head.u.snp.end, 0xff, sizeof(head.u.snp.end));
	isis_begin(&out, &head);
	lsp_entries_put(&out, entries, n, TLV_STANDARD);
	len = isis_end(&out);
	assert_error(isis_parse(out_bytes, (size_t)len, &p, &fault), 0);
	assert_error(lsdb_snp(w->db, &p, port, at_s(0)), 0);
}

static void c_a_refresh_is_flooded_and_changes_nothing(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, false, 0, 100);
	assert_int_equal(receive(&w, 0, 5, 1200, 0, 0), LSDB_NEWER);
	their(&w, 0)->srm = 0;
	assert_int_equal(receive(&w, 0, 6, 1200, 0, 900), LSDB_NEWER);
	assert_int_equal(their(&w, 0)->srm, 6);
	assert_int_equal(their(&w, 0)->sequence, 6);
	assert_int_equal(w.changes, 1);
	assert_int_equal(receive_marked(&w, &them, 0, 7, 1200, 2, 0, 901), LSDB_NEWER);
	assert_int_equal(w.changes, 2);
	lsdb_free(w.db);
}

static void c_a_newer_lsp_is_flooded_and_acknowledged(void **state)
{
	struct world w;

	world_init(&w, false, 0, 100);
	assert_int_equal(receive(&w, 0, 5, 1200, 0, 0), LSDB_NEWER);
	assert_int_equal(their(&w, 0)->srm, 6); /* all but where it came from */
	assert_int_equal(their(&w, 0)->ssn, 1);
	assert_int_equal(w.changes, 1);
	assert_int_equal(receive(&w, 0, 6, 1200, 2, 0), LSDB_NEWER);
	assert_int_equal(their(&w, 0)->srm, 3);
	assert_int_equal(their(&w, 0)->ssn, 0); /* a LAN acknowledges by CSNP */
	assert_int_equal(their(&w, 0)->sequence, 6);
	lsdb_free(w.db);
}

static void c_the_same_lsp_acknowledges_ours(void **state)
{
	struct world w;

	world_init(&w, false, 0, 100);
	receive(&w, 0, 5, 1200, 0, 0);
	assert_int_equal(receive(&w, 0, 5, 1100, 1, 0), LSDB_SAME);
	assert_int_equal(their(&w, 0)->srm, 4);
	assert_int_equal(their(&w, 0)->ssn, 3);
	assert_int_equal(w.changes, 1);
	lsdb_free(w.db);
}

static void c_an_older_lsp_is_answered_by_ours(void **state)
{
	struct world w;

	world_init(&w, false, 0, 100);
	receive(&w, 0, 5, 1200, 0, 0);
	assert_int_equal(receive(&w, 0, 4, 1200, 0, 0), LSDB_OLDER);
	assert_int_equal(their(&w, 0)->srm, 7);
	assert_int_equal(their(&w, 0)->ssn, 0);
	assert_int_equal(their(&w, 0)->sequence, 5);
	lsdb_free(w.db);
}

static void c_of_two_equal_sequence_numbers_the_purge_is_newer(void **state)
{
	struct world w;

	world_init(&w, false, 0, 100);
	receive(&w, 0, 5, 1200, 0, 0);
	assert_int_equal(receive(&w, 0, 5, 0, 1, 0), LSDB_NEWER);
	assert_true(their(&w, 0)->purged);
	assert_int_equal(w.purges, 1);
	assert_int_equal(receive(&w, 0, 5, 1200, 0, 0), LSDB_OLDER);
	assert_true(their(&w, 0)->purged);
	lsdb_free(w.db);
}

static void c_a_purge_of_what_is_not_here_is_acknowledged_and_not_kept(void **state)
{
	struct lsp_entry entry;
	struct lsdb_lsp *lsp;
	struct world w;

	world_init(&w, false, 0, 100);
	assert_int_equal(receive(&w, 0, 5, 0, 0, 0), LSDB_UNKNOWN_PURGE);
	lsp = lsdb_next_ssn(w.db, 0, NULL);
	assert_non_null(lsp);
	entry = lsdb_entry(lsp, at_s(0));
	assert_int_equal(entry.sequence, 5);
	assert_int_equal(entry.lifetime_s, 0);
	assert_null(lsdb_next_srm(w.db, 0, NULL));
	assert_null(lsdb_next_srm(w.db, 1, NULL));
	assert_null(lsdb_after(w.db, NULL)); /* it is not in the LSDB */
	lsdb_ssn_sent(w.db, lsp, 0);
	assert_int_equal(lsdb_count(w.db), 0);
	assert_int_equal(w.changes, 0);
	/* On a LAN nobody waits for that. */
	assert_int_equal(receive(&w, 0, 5, 0, 2, 0), LSDB_UNKNOWN_PURGE);
	assert_int_equal(lsdb_count(w.db), 0);
	lsdb_free(w.db);
}

static void c_a_purge_of_what_was_asked_for_is_asked_for_no_more(void **state)
{
	struct lsp_entry told = {
		.lifetime_s = 1000, .id = id_of(&them, 0), .sequence = 5, .checksum = 1};
	struct world w;

	world_init(&w, false, 0, 100);
	snp(&w, ISIS_CSNP, &told, 1, 1);
	assert_int_equal(lsdb_entry(lsdb_next_ssn(w.db, 1, NULL), at_s(0)).sequence, 0);
	assert_int_equal(receive(&w, 0, 6, 0, 0, 0), LSDB_UNKNOWN_PURGE);
	assert_null(lsdb_next_ssn(w.db, 1, NULL));
	assert_int_equal(lsdb_entry(lsdb_next_ssn(w.db, 0, NULL), at_s(0)).sequence, 6);
	/* It is said again after all. */
	assert_int_equal(receive(&w, 0, 7, 1200, 0, 0), LSDB_NEWER);
	assert_int_equal(lsdb_entry(their(&w, 0), at_s(0)).sequence, 7);
	lsdb_free(w.db);
}

static void c_a_purge_of_what_is_purged_is_acknowledged_as_it_came(void **state)
{
	uint16_t bare;
	struct world w;

	world_init(&w, false, 0, 100);
	receive(&w, 0, 5, 0x7fff, 0, 0);
	assert_int_equal(receive(&w, 0, 5, 0, 0, 0), LSDB_NEWER);
	bare = their(&w, 0)->checksum;
	their(&w, 0)->ssn = 0;
	/* Another purges it too, and leaves its contents. */
	assert_int_equal(receive_marked(&w, &them, 0, 5, 0, 1, 1, 0), LSDB_SAME);
	assert_int_equal(their(&w, 0)->ssn, 2);
	assert_int_not_equal(their(&w, 0)->checksum, bare);
	assert_int_equal(lsdb_entry(their(&w, 0), at_s(0)).checksum, their(&w, 0)->checksum);
	assert_true(their(&w, 0)->purged);
	assert_int_equal(their(&w, 0)->srm, 4); /* port 1 sent it: it needs ours no more */
	lsdb_free(w.db);
}

static void q_a_purge_with_contents_is_refused_under_authentication(void **state)
{
	struct world w;

	world_init(&w, true, 0, 100);
	receive(&w, 0, 5, 1200, 0, 0);
	assert_int_equal(receive_marked(&w, &them, 0, 6, 0, 7, 0, 0), LSDB_BAD_PURGE);
	assert_false(their(&w, 0)->purged);
	assert_int_equal(receive(&w, 0, 6, 0, 0, 0), LSDB_NEWER);
	lsdb_free(w.db);
}

static void p_an_lsp_ages_is_purged_and_forgotten_after_60_s(void **state)
{
	struct world w;
	uint8_t out[1500];

	world_init(&w, false, 0, 100);
	receive(&w, 0, 5, 100, 0, 0);
	their(&w, 0)->srm = 0;
	assert_int_equal(lsdb_lifetime_s(their(&w, 0), at_s(40)), 60);
	lsdb_copy(their(&w, 0), out, sizeof(out), at_s(40));
	assert_bytes(out + ISIS_LIFETIME_AT, 2, "003C");
	assert_true(lsdb_next(w.db).ns == at_s(100).ns);
	lsdb_time(w.db, at_s(99));
	assert_false(their(&w, 0)->purged);
	lsdb_time(w.db, at_s(100));
	assert_true(their(&w, 0)->purged);
	assert_int_equal(their(&w, 0)->srm, 7);
	/* The header, and who has purged it (RFC 6232 section 3). */
	assert_bytes(their(&w, 0)->bytes + ISIS_LSP_HEADER, their(&w, 0)->len - ISIS_LSP_HEADER,
		"0D 07 01 000000000001");
	assert_int_equal(their(&w, 0)->sequence, 5);
	assert_int_equal(w.purges, 1);
	assert_true(lsdb_next(w.db).ns == at_s(160).ns);
	lsdb_time(w.db, at_s(159));
	assert_non_null(their(&w, 0));
	lsdb_time(w.db, at_s(160));
	assert_null(their(&w, 0));
	assert_true(lsdb_next(w.db).ns == MONO_NEVER.ns);
	lsdb_free(w.db);
}

/* RFC 7356 sections 3.1 and 4.5: the bit before the scope, 66. */
static void c_a_purge_keeps_flag_p_as_it_was(void **state)
{
	static const uint8_t said[] = {0xc2, 0x42}; /* of their fragments 0 and 1 */
	struct isis_pdu head = {.type = ISIS_FS_LSP, .scope = ISIS_SCOPE_E_L1FS}, p;
	struct wire_fault fault;
	struct world w;

	(void)state;
	world_init(&w, false, ISIS_SCOPE_E_L1FS, 100);
	for (uint8_t i = 0; i < 2; i++) {
		WRITER(out);

		head.scope_flag = !i;
		head.u.lsp = (struct isis_lsp){
			.lifetime_s = 100, .id = id_of(&them, i), .sequence = 5, .flags = 1};
		isis_begin(&out, &head);
		isis_checksum_set(out_bytes, (size_t)isis_end(&out));
		assert_error(isis_parse(out_bytes, out.pos, &p, &fault), 0);
		assert_int_equal(lsdb_receive(w.db, &p, 0, at_s(0)), LSDB_NEWER);
		assert_int_equal(their(&w, i)->bytes[7], said[i]);
	}
	lsdb_time(w.db, at_s(100));
	for (uint8_t i = 0; i < 2; i++) {
		assert_true(their(&w, i)->purged);
		assert_int_equal(their(&w, i)->bytes[7], said[i]);
	}
	lsdb_free(w.db);
}

/* ISO 10589 section 7.3.16.3: MaxAge, 1200 s, is the most. */
static void p_a_longer_lifetime_than_max_age_is_not_kept(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, false, 0, 100);
	assert_int_equal(receive(&w, 0, 5, 65535, 0, 0), LSDB_NEWER);
	assert_int_equal(lsdb_lifetime_s(their(&w, 0), at_s(0)), 1200);
	lsdb_time(w.db, at_s(1200));
	assert_true(their(&w, 0)->purged);
	lsdb_free(w.db);
}

/* ISO 10589 section 7.3.16.2: LSP confusion. */
static void c_another_checksum_of_the_same_sequence_number_is_purged(void **state)
{
	struct world w;

	world_init(&w, false, 0, 100);
	receive(&w, 0, 5, 1200, 0, 0);
	assert_int_equal(receive_marked(&w, &them, 0, 5, 1200, 9, 1, 0), LSDB_CONFUSED);
	assert_true(their(&w, 0)->purged);
	assert_int_equal(their(&w, 0)->srm, 7);
	lsdb_free(w.db);
}

static int originate(struct world *w, uint8_t fragment, uint32_t above, uint8_t mark)
{
	struct lsp_id id = id_of(&us, fragment);
	uint8_t tlvs[] = {0xfe, 1, mark};

	return lsdb_originate(w->db, &id, above, ISIS_LSP_LEVEL1, tlvs, sizeof(tlvs), at_s(0));
}

static struct lsdb_lsp *our(struct world *w, uint8_t fragment)
{
	struct lsp_id id = id_of(&us, fragment);

	return lsdb_find(w->db, &id);
}

static void h_our_lsp_gets_the_next_sequence_number(void **state)
{
	struct wire_fault fault;
	struct isis_pdu p;
	struct world w;

	world_init(&w, false, 0, 100);
	assert_error(originate(&w, 0, 0, 1), 0);
	assert_int_equal(our(&w, 0)->sequence, 1);
	assert_int_equal(our(&w, 0)->srm, 7);
	assert_true(our(&w, 0)->own);
	assert_error(originate(&w, 0, 0, 2), 0);
	assert_int_equal(our(&w, 0)->sequence, 2);
	assert_error(originate(&w, 0, 10, 2), 0);
	assert_int_equal(our(&w, 0)->sequence, 11);
	assert_error(isis_parse(our(&w, 0)->bytes, our(&w, 0)->len, &p, &fault), 0);
	assert_true(isis_checksum_right(&p));
	assert_int_equal(p.u.lsp.lifetime_s, 1200);
	assert_int_equal(p.u.lsp.checksum, our(&w, 0)->checksum);
	lsdb_free(w.db);
}

/* After a restart: the campus knows a later one than we do. */
static void h_a_later_lsp_of_our_own_asks_for_a_later_one_yet(void **state)
{
	struct lsp_entry e = {.lifetime_s = 100, .id = id_of(&us, 1), .sequence = 9, .checksum = 7};
	struct world w;

	world_init(&w, false, 0, 100);
	originate(&w, 0, 0, 1);
	assert_int_equal(receive_marked(&w, &us, 0, 40, 1200, 1, 0, 0), LSDB_OURS);
	assert_int_equal(w.reissues, 1);
	assert_int_equal(w.reissue_sequence, 40);
	assert_int_equal(our(&w, 0)->sequence, 1); /* not taken */
	originate(&w, 0, w.reissue_sequence, 1);
	assert_int_equal(our(&w, 0)->sequence, 41);
	/* Also one that we do not have at all, and one that a PSNP tells of. */
	assert_int_equal(receive_marked(&w, &us, 7, 3, 1200, 1, 0, 0), LSDB_OURS);
	assert_int_equal(w.reissued.fragment, 7);
	snp(&w, ISIS_PSNP, &e, 1, 0);
	assert_int_equal(w.reissues, 3);
	assert_null(our(&w, 1));
	/* The same sequence number with other contents is not ours, either. */
	assert_int_equal(receive_marked(&w, &us, 0, 41, 1200, 9, 0, 0), LSDB_OURS);
	assert_int_equal(w.reissue_sequence, 41);
	/* And a purge of ours that we did not make. */
	assert_int_equal(receive_marked(&w, &us, 0, 41, 0, 0, 0, 0), LSDB_OURS);
	assert_false(our(&w, 0)->purged);
	lsdb_free(w.db);
}

static void h_the_last_sequence_number_is_not_passed(void **state)
{
	struct world w;

	world_init(&w, false, 0, 100);
	assert_error(originate(&w, 0, LSDB_SEQUENCE_MAX - 1, 1), 0);
	assert_error(originate(&w, 0, 0, 2), -TRILL_EVALUE);
	assert_error(originate(&w, 1, LSDB_SEQUENCE_MAX, 2), -TRILL_EVALUE);
	assert_int_equal(our(&w, 0)->sequence, LSDB_SEQUENCE_MAX);
	lsdb_free(w.db);
}

static void c_a_csnp_brings_both_sides_together(void **state)
{
	struct lsp_entry e[3];
	struct world w;

	world_init(&w, false, 0, 100);
	for (uint8_t i = 0; i < 5; i++)
		receive(&w, i, 5, 1200, 1, 0);
	for (uint8_t i = 0; i < 5; i++)
		their(&w, i)->srm = their(&w, i)->ssn = 0;
	e[0] = lsdb_entry(their(&w, 1), at_s(0)); /* the same */
	e[1] = lsdb_entry(their(&w, 2), at_s(0));
	e[1].sequence = 4; /* the sender's is older */
	e[2] = lsdb_entry(their(&w, 3), at_s(0));
	e[2].sequence = 6; /* newer */
	their(&w, 1)->srm = 1;
	snp(&w, ISIS_CSNP, e, 3, 0);
	assert_int_equal(their(&w, 0)->srm, 1); /* not named: the sender lacks it */
	assert_int_equal(their(&w, 1)->srm, 0); /* acknowledged */
	assert_int_equal(their(&w, 2)->srm, 1);
	assert_int_equal(their(&w, 3)->srm, 0);
	assert_int_equal(their(&w, 3)->ssn, 1); /* asked for */
	assert_int_equal(their(&w, 4)->srm, 1);
	lsdb_free(w.db);
}

static void c_a_psnp_says_nothing_of_what_it_does_not_name(void **state)
{
	struct world w;

	world_init(&w, false, 0, 100);
	receive(&w, 0, 5, 1200, 1, 0);
	their(&w, 0)->srm = 0;
	snp(&w, ISIS_PSNP, NULL, 0, 0);
	assert_int_equal(their(&w, 0)->srm, 0);
	lsdb_free(w.db);
}

static void c_what_is_not_here_is_asked_for_once(void **state)
{
	struct lsp_entry e = {
		.lifetime_s = 100, .id = id_of(&them, 3), .sequence = 9, .checksum = 7};
	struct world w;

	world_init(&w, false, 0, 100);
	snp(&w, ISIS_CSNP, &e, 1, 0);
	assert_int_equal(their(&w, 3)->ssn, 1);
	assert_int_equal(their(&w, 3)->sequence, 0);
	assert_null(lsdb_after(w.db, NULL)); /* nothing to route by */
	assert_int_equal(lsdb_entry(their(&w, 3), at_s(0)).sequence, 0);
	lsdb_ssn_sent(w.db, their(&w, 3), 0);
	assert_null(their(&w, 3));
	e.lifetime_s = 0; /* what is over is not asked for */
	snp(&w, ISIS_CSNP, &e, 1, 0);
	assert_null(their(&w, 3));
	e.lifetime_s = 100;
	snp(&w, ISIS_CSNP, &e, 1, 0);
	assert_int_equal(receive(&w, 3, 9, 1200, 0, 0), LSDB_NEWER);
	assert_non_null(lsdb_after(w.db, NULL));
	lsdb_free(w.db);
}

static void c_a_full_database_takes_no_more(void **state)
{
	struct world w;

	world_init(&w, false, 0, 2);
	assert_int_equal(receive(&w, 0, 1, 1200, 0, 0), LSDB_NEWER);
	assert_int_equal(receive(&w, 1, 1, 1200, 0, 0), LSDB_NEWER);
	assert_int_equal(receive(&w, 2, 1, 1200, 0, 0), LSDB_FULL);
	assert_int_equal(receive(&w, 1, 2, 1200, 0, 0), LSDB_NEWER);
	assert_int_equal(lsdb_count(w.db), 2);
	lsdb_free(w.db);
}

static void c_a_port_that_comes_up_is_told_all_and_one_that_goes_is_forgotten(void **state)
{
	struct lsp_entry e = {
		.lifetime_s = 100, .id = id_of(&them, 3), .sequence = 9, .checksum = 7};
	struct world w;

	world_init(&w, false, 0, 100);
	receive(&w, 0, 5, 1200, 0, 0);
	snp(&w, ISIS_PSNP, &e, 1, 1);
	lsdb_port_down(w.db, 1);
	assert_null(their(&w, 3)); /* only that port had it */
	assert_int_equal(their(&w, 0)->srm, 4);
	their(&w, 0)->srm = 0;
	lsdb_port_up(w.db, 1, true);
	assert_int_equal(their(&w, 0)->srm, 2);
	lsdb_port_up(w.db, 2, false); /* a LAN waits for the DRB's CSNP */
	assert_int_equal(their(&w, 0)->srm, 2);
	lsdb_free(w.db);
}

static void c_walks_are_in_the_order_of_ids(void **state)
{
	struct lsdb_lsp *lsp = NULL;
	struct world w;
	uint8_t n = 0;

	world_init(&w, false, 0, 100);
	receive(&w, 2, 5, 1200, 0, 0);
	receive(&w, 0, 5, 1200, 0, 0);
	receive(&w, 1, 5, 1200, 1, 0);
	while ((lsp = lsdb_after(w.db, lsp ? &lsp->id : NULL)))
		assert_int_equal(lsp->id.fragment, n++);
	assert_int_equal(n, 3);
	lsp = lsdb_next_srm(w.db, 0, NULL);
	assert_int_equal(lsp->id.fragment, 1);
	assert_null(lsdb_next_srm(w.db, 0, &lsp->id));
	lsp = lsdb_next_ssn(w.db, 0, NULL);
	assert_int_equal(lsp->id.fragment, 0);
	assert_int_equal(lsdb_next_ssn(w.db, 0, &lsp->id)->id.fragment, 2);
	lsdb_free(w.db);
}

static void c_a_scope_of_its_own_has_wide_pdus(void **state)
{
	struct lsp_id id = id_of(&us, 0);
	uint8_t tlvs[] = {0, 0xfe, 0, 1, 7};
	struct wire_fault fault;
	struct isis_pdu p;
	struct world w;

	world_init(&w, false, ISIS_SCOPE_E_L1CS, 100);
	assert_error(lsdb_originate(w.db, &id, 0, 1, tlvs, sizeof(tlvs), at_s(0)), 0);
	assert_error(isis_parse(our(&w, 0)->bytes, our(&w, 0)->len, &p, &fault), 0);
	assert_int_equal(p.type, ISIS_FS_LSP);
	assert_int_equal(p.scope, ISIS_SCOPE_E_L1CS);
	assert_true(isis_checksum_right(&p));
	lsdb_free(w.db);
}

/* Of two databases; and of ours there is room beyond. */
static void h_a_bound_may_be_of_several_databases(void **state)
{
	struct lsdb_share share = {.max = 3};
	struct lsdb_config config = {.own = us, .lsps_max = 100, .share = &share};
	struct lsdb_events events = {.changed = on_changed, .reissue = on_reissue};
	struct lsp_id own = id_of(&us, 0);
	struct world w[2];

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		memset(&w[i], 0, sizeof(w[i]));
		events.arg = &w[i];
		w[i].db = lsdb_new(&config, &events);
		assert_non_null(w[i].db);
	}
	assert_int_equal(receive_marked(&w[0], &them, 0, 1, 1200, 1, 2, 0), LSDB_NEWER);
	assert_int_equal(receive_marked(&w[0], &them, 1, 1, 1200, 1, 2, 0), LSDB_NEWER);
	assert_int_equal(receive_marked(&w[1], &them, 0, 1, 1200, 1, 2, 0), LSDB_NEWER);
	assert_int_equal(receive_marked(&w[0], &them, 2, 1, 1200, 1, 2, 0), LSDB_FULL);
	assert_int_equal(receive_marked(&w[1], &them, 1, 1, 1200, 1, 2, 0), LSDB_FULL);
	assert_int_equal(receive_marked(&w[1], &them, 0, 2, 1200, 1, 2, 0), LSDB_NEWER);
	assert_int_equal(lsdb_originate(w[1].db, &own, 0, ISIS_LSP_LEVEL1, NULL, 0, at_s(0)), 0);
	assert_int_equal(share.count, 3);
	lsdb_free(w[0].db);
	assert_int_equal(share.count, 1);
	assert_int_equal(receive_marked(&w[1], &them, 1, 1, 1200, 1, 2, 0), LSDB_NEWER);
	lsdb_free(w[1].db);
	assert_int_equal(share.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(h_a_bound_may_be_of_several_databases),
		cmocka_unit_test(c_a_refresh_is_flooded_and_changes_nothing),
		cmocka_unit_test(c_a_newer_lsp_is_flooded_and_acknowledged),
		cmocka_unit_test(c_the_same_lsp_acknowledges_ours),
		cmocka_unit_test(c_an_older_lsp_is_answered_by_ours),
		cmocka_unit_test(c_of_two_equal_sequence_numbers_the_purge_is_newer),
		cmocka_unit_test(c_a_purge_of_what_is_not_here_is_acknowledged_and_not_kept),
		cmocka_unit_test(c_a_purge_of_what_was_asked_for_is_asked_for_no_more),
		cmocka_unit_test(c_a_purge_of_what_is_purged_is_acknowledged_as_it_came),
		cmocka_unit_test(q_a_purge_with_contents_is_refused_under_authentication),
		cmocka_unit_test(p_an_lsp_ages_is_purged_and_forgotten_after_60_s),
		cmocka_unit_test(c_a_purge_keeps_flag_p_as_it_was),
		cmocka_unit_test(p_a_longer_lifetime_than_max_age_is_not_kept),
		cmocka_unit_test(c_another_checksum_of_the_same_sequence_number_is_purged),
		cmocka_unit_test(h_our_lsp_gets_the_next_sequence_number),
		cmocka_unit_test(h_a_later_lsp_of_our_own_asks_for_a_later_one_yet),
		cmocka_unit_test(h_the_last_sequence_number_is_not_passed),
		cmocka_unit_test(c_a_csnp_brings_both_sides_together),
		cmocka_unit_test(c_a_psnp_says_nothing_of_what_it_does_not_name),
		cmocka_unit_test(c_what_is_not_here_is_asked_for_once),
		cmocka_unit_test(c_a_full_database_takes_no_more),
		cmocka_unit_test(c_a_port_that_comes_up_is_told_all_and_one_that_goes_is_forgotten),
		cmocka_unit_test(c_walks_are_in_the_order_of_ids),
		cmocka_unit_test(c_a_scope_of_its_own_has_wide_pdus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
