/* Moves that somebody asked for: what is told of them to the xTRs, and how they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/vm_world.h"
#include "vmmobility/moves.h"

struct watcher {
	unsigned int given_up;
	char seen[256]; /* the states that were told */
};

static void on_give_up(void *arg, struct move *m)
{
	((struct watcher *)arg)->given_up++;
}

static void on_changed(void *arg, const struct move *m)
{
	struct watcher *w = arg;

	snprintf(w->seen + strlen(w->seen), sizeof(w->seen) - strlen(w->seen), "%s ",
		move_state_name(m->state));
}

/* The next STATE, which the xTR takes. */
static const struct handover *told(struct vm_world *w, enum handover_state state)
{
	const struct handover *h = vm_world_state(w);

	assert_int_equal(h->state, state);
	vm_world_ack(w, h->counter, HANDOVER_TAKEN);
	return h;
}

static void expect_why(const struct handover *h, uint64_t move, uint8_t reason, uint32_t deadline)
{
	assert_true(h->move == move);
	assert_int_equal(h->reason, reason);
	assert_int_equal(h->deadline_ms, deadline);
}

static const struct report_why planned = {.reason = HANDOVER_PLANNER, .deadline_ms = 5000};

static void why_goes_with_the_states_of_the_move_and_with_no_other(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web-1", 7);
	struct watcher seen = {0};
	struct moves *moves =
		moves_new(&w->env, &(struct moves_ops){on_give_up, on_changed, &seen});
	struct move *m;

	guests_news(w->guests, g, GUEST_RUNS);
	expect_why(told(w, HANDOVER_RUNNING), 0, 0, 0);
	m = moves_begin(moves, w->guests, g, "tokyo", MOVE_BY_LIBVIRT, planned);
	assert_non_null(m);
	assert_true(m->why.move != 0);
	assert_ptr_equal(moves_of(moves, &g->report.content.guest), m);
	assert_true(vm_world_silent(w)); /* nothing has happened yet */
	guests_news(w->guests, g, GUEST_DEPARTS);
	moves_guest(moves, g);
	expect_why(told(w, HANDOVER_LEAVING), m->why.move, 2, 5000);
	guests_news(w->guests, g, GUEST_STOPS_TO_DEPART);
	moves_guest(moves, g);
	expect_why(told(w, HANDOVER_PAUSED), m->why.move, 2, 5000);
	guests_news(w->guests, g, GUEST_ABSENT);
	expect_why(told(w, HANDOVER_GONE), 0, 0, 0);
	moves_end(moves, m, NULL);
	assert_string_equal(seen.seen, "asked copying paused moved ");
	assert_null(moves_of(moves, &g->report.content.guest));
	assert_ptr_equal(moves_find(moves, m->why.move), m);
	/* It comes back, and nobody says why. */
	guests_news(w->guests, g, GUEST_EXPECTED);
	expect_why(told(w, HANDOVER_INCOMING), 0, 0, 0);
	moves_free(moves);
	vm_world_free(w);
}

static void a_guest_that_comes_brings_why_and_leaves_without_it(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web-1", 7);
	const struct report_why why = {0x0123456789abcdef, HANDOVER_EVACUATION, 0};

	guests_why(w->guests, g, &why);
	guests_news(w->guests, g, GUEST_ANNOUNCED);
	expect_why(told(w, HANDOVER_INCOMING), 0x0123456789abcdef, 3, 0);
	guests_news(w->guests, g, GUEST_RUNS);
	expect_why(told(w, HANDOVER_RUNNING), 0, 0, 0);
	guests_news(w->guests, g, GUEST_DEPARTS);
	expect_why(told(w, HANDOVER_LEAVING), 0, 0, 0);
	/* It is said while it leaves: told anew. */
	guests_why(w->guests, g, &why);
	expect_why(told(w, HANDOVER_LEAVING), 0x0123456789abcdef, 3, 0);
	guests_why(w->guests, g, &why);
	assert_true(vm_world_silent(w));
	vm_world_free(w);
}

static void a_move_is_given_up_at_its_deadline_unless_the_guest_stands_still(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web-1", 7);
	struct watcher seen = {0};
	struct moves *moves =
		moves_new(&w->env, &(struct moves_ops){on_give_up, on_changed, &seen});
	struct move *m;

	guests_news(w->guests, g, GUEST_RUNS);
	m = moves_begin(moves, w->guests, g, "tokyo", MOVE_BY_QMP, planned);
	vm_world_pass(w, 4999);
	assert_int_equal(seen.given_up, 0);
	vm_world_pass(w, 1);
	assert_int_equal(seen.given_up, 1);
	assert_false(move_is_over(m)); /* until who was asked says so */
	moves_end(moves, m, "cancelled");
	assert_string_equal(m->error, "not over within 5000 ms, and given up: cancelled");
	assert_int_equal(m->state, MOVE_FAILED);
	m = moves_begin(moves, w->guests, g, "tokyo", MOVE_BY_QMP, planned);
	guests_news(w->guests, g, GUEST_STOPS_TO_DEPART);
	moves_guest(moves, g);
	vm_world_pass(w, 10000);
	assert_int_equal(seen.given_up, 1);
	moves_end(moves, m, NULL);
	moves_end(moves, m, "too late"); /* it is over once */
	assert_int_equal(m->state, MOVE_MOVED);
	moves_free(moves);
	vm_world_free(w);
}

static void the_table_is_bounded(void **state)
{
	struct vm_world *w = vm_world_new();
	struct watcher seen = {0};
	struct moves *moves = moves_new(&w->env, &(struct moves_ops){on_give_up, NULL, &seen});
	struct guest *g = NULL;
	struct move *first = NULL, *m;
	unsigned int n = 0;
	char name[16];

	for (unsigned int i = 0; i <= MOVES_UNDER_WAY_MAX; i++) {
		snprintf(name, sizeof(name), "web-%u", i);
		g = vm_world_guest(w, name, i + 1);
		m = moves_begin(moves, w->guests, g, "tokyo", MOVE_BY_LIBVIRT, planned);
		assert_true((m != NULL) == (i < MOVES_UNDER_WAY_MAX));
		first = first ? first : m;
	}
	assert_int_equal(moves_under_way(moves), MOVES_UNDER_WAY_MAX);
	for (m = moves_first(moves); m; m = m->next)
		moves_end(moves, m, NULL);
	for (unsigned int i = 0; i < 2 * MOVES_KEPT; i++) {
		first = moves_begin(moves, w->guests, g, "tokyo", MOVE_BY_LIBVIRT, planned);
		moves_end(moves, first, NULL);
	}
	for (m = moves_first(moves); m; m = m->next)
		n++;
	assert_int_equal(n, MOVES_KEPT + 1); /* the old give way when one begins */
	assert_ptr_equal(moves_first(moves), first);
	moves_free(moves);
	vm_world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(why_goes_with_the_states_of_the_move_and_with_no_other),
		cmocka_unit_test(a_guest_that_comes_brings_why_and_leaves_without_it),
		cmocka_unit_test(a_move_is_given_up_at_its_deadline_unless_the_guest_stands_still),
		cmocka_unit_test(the_table_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
