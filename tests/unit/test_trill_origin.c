/* What our LSPs say, in which fragments (item H of docs/trill.md), by the bytes of RFC 7176 section
 * 2.3: read here without the codec. */
#include "tests/unit/trill_test.h"

#include "trill/core/origin.h"

#define TYPE_CAPABILITY 242
#define TYPE_REACH      22
#define BEHIND_HEADER   27
#define LABEL_FIRST     70000u
#define LABELS_OF_OURS  2048u

static const struct system_id us = {{0, 0, 0, 0, 0, 1}};

/* Of all LSPs that are not purged. */
struct heard {
	unsigned int fragments, neighbors, interests;
	unsigned int vlans[4096], labels[LABELS_OF_OURS]; /* how often each is named */
};

static struct world {
	struct origin origin;
	struct timers timers;
	struct labels labels;
	struct label_set interested, esadi;
	uint32_t af_lost[LABELS_NUMBERS];
	struct reach reaches[30];
	struct origin_content content;
	struct heard heard;
} world;

static unsigned int u16(const uint8_t *b)
{
	return (unsigned int)(b[0] << 8 | b[1]);
}

static unsigned int u24(const uint8_t *b)
{
	return (unsigned int)(b[0] << 16 | b[1] << 8 | b[2]);
}

static void world_init(void)
{
	struct lsdb_config config = {.own = us, .lsps_max = 10};
	struct lsdb_events events = {0};

	memset(&world, 0, sizeof(world));
	timers_init(&world.timers);
	labels_init(&world.labels);
	world.origin.db = lsdb_new(&config, &events);
	assert_non_null(world.origin.db);
	world.origin.timers = &world.timers;
	world.origin.own = us;
	origin_init(&world.origin);
	for (unsigned int i = 0; i < 30; i++)
		world.reaches[i].neighbor.system.bytes[5] = (uint8_t)(2 + i);
	world.content = (struct origin_content){.nickname = 0x0100,
		.labels = &world.labels,
		.interested = &world.interested,
		.af_lost = world.af_lost,
		.esadi = &world.esadi,
		.neighbors = world.reaches,
		.neighbor_count = 30};
}

static void world_fini(void)
{
	origin_fini(&world.origin);
	lsdb_free(world.origin.db);
}

/* INT-VLAN and INT-LABEL (sections 2.3.6 and 2.3.8). */
static void interest_hear(struct heard *h, const uint8_t *sub)
{
	const uint8_t *value = sub + 2;

	h->interests++;
	if (sub[0] == 10)
		for (unsigned int v = u16(value + 2) & 0xfff; v <= (u16(value + 4) & 0xfff); v++)
			h->vlans[v]++;
	else
		for (unsigned int l = u24(value + 3); l <= u24(value + 6); l++)
			h->labels[l - LABEL_FIRST]++;
}

static void lsp_hear(struct heard *h, const struct lsdb_lsp *lsp)
{
	h->fragments++;
	assert_true(lsp->len <= 1470);
	for (size_t i = BEHIND_HEADER; i < lsp->len; i += 2u + lsp->bytes[i + 1]) {
		const uint8_t *tlv = lsp->bytes + i, *end = tlv + 2 + tlv[1];

		assert_true(end <= lsp->bytes + lsp->len);
		if (tlv[0] == TYPE_REACH)
			h->neighbors += tlv[1] / 11;
		for (const uint8_t *sub = tlv + 7; tlv[0] == TYPE_CAPABILITY && sub < end;
			sub += 2 + sub[1]) {
			assert_true(sub + 2 + sub[1] <= end);
			if (sub[0] == 10 || sub[0] == 15)
				interest_hear(h, sub);
		}
	}
}

static const struct heard *said(void)
{
	struct heard *h = &world.heard;
	struct lsdb_lsp *lsp;

	memset(h, 0, sizeof(*h));
	origin_say(&world.origin, &world.content, (struct mono){1});
	for (lsp = lsdb_after(world.origin.db, NULL); lsp; lsp = lsdb_following(lsp))
		if (!lsp->purged)
			lsp_hear(h, lsp);
	return h;
}

static void h_ranges_that_say_different_things_share_a_tlv(void **state)
{
	const struct lsdb_lsp *lsp;
	static const char want[] = "F2 1D 00000000 00"
				   "0A 0A 0100 C002 0003 00000000"
				   "0A 0A 0100 D005 0005 00000007";

	(void)state;
	world_init();
	world.content.neighbor_count = 0;
	label_set_add_range(&world.interested, 2, 3);
	label_set_add(&world.interested, 5);
	label_set_add(&world.esadi, 5);
	world.af_lost[5] = 7;
	assert_int_equal(said()->fragments, 1);
	lsp = lsdb_after(world.origin.db, NULL);
	assert_bytes(lsp->bytes + lsp->len - 31, 31, want);
	world_fini();
}

/* Section 2.3.6: of the ranges the union is what is wanted. Each VLAN here has one of its own. */
static void h_4094_vlans_that_differ_one_by_one_are_all_said(void **state)
{
	const struct heard *h;

	(void)state;
	world_init();
	label_set_add_range(&world.interested, 1, 4094);
	for (unsigned int v = 1; v < 4095; v += 2)
		label_set_add(&world.esadi, v);
	h = said();
	assert_int_equal(h->interests, 4094);
	for (unsigned int v = 1; v < 4095; v++)
		assert_int_equal(h->vlans[v], 1);
	assert_int_equal(h->neighbors, 30);
	assert_int_equal(world.origin.unsaid.labels, 0);
	/* 12 bytes each, and 7 of every 20: 50,568 in pieces of 1400 at least. */
	assert_in_range(h->fragments, 37, 39);
	label_set_take_all(&world.interested, &world.esadi);
	label_set_clear(&world.esadi);
	h = said(); /* half of them, and the rest of the LSPs is purged */
	assert_int_equal(h->interests, 2047);
	assert_in_range(h->fragments, 19, 20);
	world_fini();
}

/* As many root bridges as there may be, others in each. */
static unsigned int roots_of(void *arg, uint16_t number, uint8_t *roots)
{
	(void)arg;
	memset(roots, (int)(number & 1), ORIGIN_ROOTS_MAX * (size_t)ORIGIN_ROOT_LEN);
	return ORIGIN_ROOTS_MAX;
}

static void h_what_256_lsps_have_no_room_for_is_counted(void **state)
{
	unsigned int missing = 0;
	const struct heard *h;

	(void)state;
	world_init();
	world.content.roots_of = roots_of;
	label_set_add_range(&world.interested, 1, 4094);
	for (unsigned int i = 0; i < LABELS_OF_OURS; i++)
		label_set_add(&world.interested, labels_pin(&world.labels, LABEL_FIRST + i));
	h = said();
	assert_int_equal(h->fragments, 256);
	assert_int_equal(h->neighbors, 30);
	for (unsigned int v = 1; v < 4095; v++)
		assert_int_equal(h->vlans[v], 1);
	for (unsigned int i = 0; i < LABELS_OF_OURS; i++)
		missing += !h->labels[i];
	assert_in_range(missing, 1, LABELS_OF_OURS - 1);
	assert_int_equal(world.origin.unsaid.labels, missing);
	assert_int_equal(world.origin.unsaid.neighbors, 0);
	world.content.roots_of = NULL;
	assert_int_equal(said()->interests, 2); /* one range of VLANs, and one of labels */
	assert_int_equal(world.origin.unsaid.labels, 0);
	world_fini();
}

#define MANY 40000u

static void h_neighbours_come_before_vlans_and_those_without_room_are_counted(void **state)
{
	struct reach *reaches = calloc(MANY, sizeof(*reaches));
	const struct heard *h;

	(void)state;
	world_init();
	assert_non_null(reaches);
	for (unsigned int i = 0; i < MANY; i++)
		memcpy(reaches[i].neighbor.system.bytes, &i, sizeof(i));
	world.content.neighbors = reaches;
	world.content.neighbor_count = MANY;
	label_set_add_range(&world.interested, 1, 4094);
	h = said();
	assert_int_equal(h->fragments, 256);
	assert_in_range(h->neighbors, 30000, MANY - 1);
	assert_int_equal(world.origin.unsaid.neighbors, MANY - h->neighbors);
	free(reaches);
	world_fini();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(h_ranges_that_say_different_things_share_a_tlv),
		cmocka_unit_test(h_4094_vlans_that_differ_one_by_one_are_all_said),
		cmocka_unit_test(h_what_256_lsps_have_no_room_for_is_counted),
		cmocka_unit_test(h_neighbours_come_before_vlans_and_those_without_room_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
