/* What an RBridge's LSP says of the lost counters of labels: item J of docs/trill.md, by RFC 7780
 * section 11. Labels that are looked at are counted, and not time. */
#include "tests/unit/trill_test.h"

#include "trill/core/lost.h"

#define ROWS 500

static struct lost lost;
static struct label_set all;

static void all_set(const struct labels *l)
{
	label_set_clear(&all);
	label_set_add_range(&all, 1, VLAN_LAST);
	for (unsigned int i = 0; l && i < l->count; i++)
		label_set_add(&all, l->sorted[i]);
}

static void j_each_label_is_looked_at_once_however_many_rows_speak_of_it(void **state)
{
	static struct campus_interest rows[ROWS];

	(void)state;
	all_set(NULL);
	for (uint32_t i = 0; i < ROWS; i++)
		rows[i] = (struct campus_interest){
			.start = 1, .end = VLAN_LAST, .af_lost = (i * 7 + 3) % ROWS};
	assert_int_equal(lost_read(&lost, rows, ROWS, NULL, &all), VLAN_LAST);
	for (unsigned int v = 1; v <= VLAN_LAST; v++) {
		assert_true(label_set_has(&lost.said, v));
		assert_int_equal(lost.counter[v], ROWS - 1);
	}
}

static void j_of_several_counters_of_a_label_the_highest_counts(void **state)
{
	static const struct campus_interest rows[] = {
		{.start = 1, .end = 10, .af_lost = UINT32_MAX},
		{.start = 8, .end = 20, .af_lost = 1}, /* it has come round */
		{.start = 15, .end = 4095, .af_lost = 0},
		{.start = 70000, .end = 70010, .fgl = true, .af_lost = 9},
	};

	(void)state;
	all_set(NULL);
	label_set_take_all(&all, &(struct label_set){.bits = {[1] = 1}}); /* 64 is not asked for */
	assert_int_equal(lost_read(&lost, rows, 4, NULL, &all), VLAN_LAST - 1);
	assert_int_equal(lost.counter[7], UINT32_MAX);
	assert_int_equal(lost.counter[8], 1);
	assert_int_equal(lost.counter[10], 1);
	assert_int_equal(lost.counter[15], 1);
	assert_int_equal(lost.counter[21], 0);
	assert_true(label_set_has(&lost.said, 4094));
	assert_false(label_set_has(&lost.said, 64));
	assert_int_equal(lost_read(&lost, rows, 0, NULL, &all), 0);
	assert_true(label_set_is_empty(&lost.said));
}

static void j_fine_grained_labels_are_told_by_range_and_bit_map(void **state)
{
	static const struct campus_interest rows[] = {
		{.start = 70000, .end = 70100, .fgl = true, .af_lost = 2},
		{.start = 70050, .end = 70073, .bitmap = 0x800001, .fgl = true, .af_lost = 5},
		{.start = 1, .end = 10, .af_lost = 7},
	};
	static const uint32_t fgls[] = {70100, 70073, 70060, 70050, 69999, 70000};
	static struct labels labels;
	uint16_t number[6];

	(void)state;
	labels_init(&labels);
	for (unsigned int i = 0; i < 6; i++) /* numbers are in another order than labels */
		number[i] = labels_pin(&labels, fgls[i]);
	all_set(&labels);
	assert_int_equal(lost_read(&lost, rows, 3, &labels, &all), 10 + 3 + 3);
	assert_int_equal(lost.counter[number[0]], 2);
	assert_int_equal(lost.counter[number[1]], 5);
	assert_int_equal(lost.counter[number[2]], 2);
	assert_int_equal(lost.counter[number[3]], 5);
	assert_false(label_set_has(&lost.said, number[4]));
	assert_int_equal(lost.counter[number[5]], 2);
	assert_int_equal(lost.counter[3], 7);
}

static void g_a_range_of_vlans_has_each_of_them(void **state)
{
	static const unsigned int ends[] = {0, 1, 2, 62, 63, 64, 65, 127, 128, 4032, 4094, 4095};
	struct label_set set, want;

	(void)state;
	for (unsigned int a = 0; a < 12; a++)
		for (unsigned int b = 0; b < 12; b++) {
			label_set_clear(&set);
			label_set_clear(&want);
			label_set_add_range(&set, ends[a], ends[b]);
			for (unsigned int v = ends[a]; v <= ends[b]; v++)
				label_set_add(&want, v);
			assert_memory_equal(&set, &want, sizeof(set));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(j_each_label_is_looked_at_once_however_many_rows_speak_of_it),
		cmocka_unit_test(j_of_several_counters_of_a_label_the_highest_counts),
		cmocka_unit_test(j_fine_grained_labels_are_told_by_range_and_bit_map),
		cmocka_unit_test(g_a_range_of_vlans_has_each_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
