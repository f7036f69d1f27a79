/* The store: one set of promises for both back ends, and what LMDB must keep over kill -9,
 * reopening and a full map. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/store/store.h"
#include "tests/unit/scratch.h"

static const char *const tables[] = {"nonces", "mappings", NULL};

struct fixture {
	char dir[64];
	char spec[128];
	struct store *store;
};

static void result_is(void *arg, int result)
{
	*(int *)arg = result;
}

static int submit(struct store *s, const struct store_change *changes, size_t count)
{
	int result = 1;

	store_submit(s, changes, count, result_is, &result);
	return result;
}

static int put(struct store *s, unsigned int table, const char *key, const char *value)
{
	struct store_change c = {.table = table,
		.key = key,
		.key_len = strlen(key),
		.value = value,
		.value_len = value ? strlen(value) : 0};

	return submit(s, &c, 1);
}

static void expect(struct store *s, unsigned int table, const char *key, const char *want)
{
	char got[64] = "";
	size_t n = sizeof(got);
	int code = store_get(s, table, key, strlen(key), got, &n);

	assert_int_equal(code, want ? 0 : -ENOENT);
	if (!want)
		return;
	assert_int_equal(n, strlen(want));
	assert_memory_equal(got, want, n);
}

static void open_store(struct fixture *f, const char *options)
{
	char why[256] = "";

	if (*f->dir)
		snprintf(f->spec, sizeof(f->spec), "lmdb:%s/db%s", f->dir, options);
	else
		snprintf(f->spec, sizeof(f->spec), "memory:");
	if (store_open(&f->store, f->spec, tables, why, sizeof(why)))
		fail_msg("%s", why);
}

static int setup_memory(void **state)
{
	static struct fixture f;

	f = (struct fixture){0};
	*state = &f;
	open_store(&f, "");
	return 0;
}

static int setup_lmdb(void **state)
{
	static struct fixture f;

	f = (struct fixture){.dir = "/tmp/sunward-store-XXXXXX"};
	if (!mkdtemp(f.dir))
		return -1;
	*state = &f;
	open_store(&f, "");
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	store_close(f->store);
	if (*f->dir)
		scratch_remove(f->dir);
	return 0;
}

static void what_is_put_can_be_got_and_deleted(void **state)
{
	struct store *s = ((struct fixture *)*state)->store;

	assert_int_equal(put(s, 0, "a", "one"), 0);
	assert_int_equal(put(s, 0, "b", ""), 0);
	assert_int_equal(put(s, 1, "a", "other table"), 0);
	expect(s, 0, "a", "one");
	expect(s, 0, "b", "");
	expect(s, 1, "a", "other table");
	assert_int_equal(put(s, 0, "a", "a longer value"), 0);
	expect(s, 0, "a", "a longer value");
	assert_int_equal(put(s, 0, "a", NULL), 0);
	expect(s, 0, "a", NULL);
	assert_int_equal(put(s, 0, "a", NULL), 0);
	expect(s, 1, "a", "other table");
}

static void a_batch_is_applied_in_its_order(void **state)
{
	struct store *s = ((struct fixture *)*state)->store;
	const struct store_change batch[] = {
		{.table = 0, .key = "k", .key_len = 1, .value = "1", .value_len = 1},
		{.table = 0, .key = "k", .key_len = 1, .value = NULL},
		{.table = 0, .key = "k", .key_len = 1, .value = "3", .value_len = 1},
		{.table = 1, .key = "m", .key_len = 1, .value = "4", .value_len = 1},
	};

	assert_int_equal(submit(s, batch, 4), 0);
	expect(s, 0, "k", "3");
	expect(s, 1, "m", "4");
	assert_int_equal(submit(s, NULL, 0), 0);
}

static void a_bad_change_spoils_its_whole_batch(void **state)
{
	struct store *s = ((struct fixture *)*state)->store;
	static const char long_key[STORE_KEY_MAX + 1];
	struct store_change batch[] = {
		{.table = 0, .key = "k", .key_len = 1, .value = "1", .value_len = 1},
		{.table = 0,
			.key = long_key,
			.key_len = sizeof(long_key),
			.value = "1",
			.value_len = 1},
	};

	assert_int_equal(submit(s, batch, 2), -EINVAL);
	expect(s, 0, "k", NULL);
	batch[1].key_len = 0;
	assert_int_equal(submit(s, batch, 2), -EINVAL);
	batch[1].key_len = 1;
	batch[1].table = 2;
	assert_int_equal(submit(s, batch, 2), -EINVAL);
	expect(s, 0, "k", NULL);
	batch[1] = (struct store_change){
		.key = long_key, .key_len = STORE_KEY_MAX, .value = "x", .value_len = 1};
	assert_int_equal(submit(s, batch, 2), 0);
}

static void too_small_a_room_tells_the_length(void **state)
{
	struct store *s = ((struct fixture *)*state)->store;
	char got[2];
	size_t n = sizeof(got);

	assert_int_equal(put(s, 0, "a", "four"), 0);
	assert_int_equal(store_get(s, 0, "a", 1, got, &n), -EMSGSIZE);
	assert_int_equal(n, 4);
}

static bool join(void *arg, const void *key, size_t key_len, const void *value, size_t value_len)
{
	char *text = arg;

	strncat(text, key, key_len);
	strcat(text, "=");
	strncat(text, value, value_len);
	strcat(text, " ");
	return strncmp(key, "c", 1) != 0;
}

static void a_scan_goes_in_the_order_of_bytes(void **state)
{
	struct store *s = ((struct fixture *)*state)->store;
	char all[64] = "", some[64] = "", none[64] = "";

	assert_int_equal(put(s, 0, "b", "2"), 0);
	assert_int_equal(put(s, 0, "a", "1"), 0);
	assert_int_equal(put(s, 0, "aa", "3"), 0);
	assert_int_equal(put(s, 0, "c", "5"), 0);
	assert_int_equal(put(s, 0, "d", "6"), 0);
	assert_int_equal(store_scan(s, 0, NULL, 0, join, all), 0);
	assert_string_equal(all, "a=1 aa=3 b=2 c=5 ");
	assert_int_equal(store_scan(s, 0, "ab", 2, join, some), 0);
	assert_string_equal(some, "b=2 c=5 ");
	assert_int_equal(store_scan(s, 0, "e", 1, join, none), 0);
	assert_string_equal(none, "");
	assert_int_equal(store_scan(s, 1, NULL, 0, join, none), 0);
	assert_string_equal(none, "");
}

static void reopening_finds_everything(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(put(f->store, 0, "a", "1"), 0);
	assert_int_equal(put(f->store, 1, "b", "2"), 0);
	assert_int_equal(store_sync(f->store), 0);
	store_close(f->store);
	open_store(f, "");
	expect(f->store, 0, "a", "1");
	expect(f->store, 1, "b", "2");
}

/* The child acknowledges each commit over a pipe, until it is killed in the midst of the next ones.
 */
static void write_until_killed(struct fixture *f, int fd)
{
	open_store(f, "");
	for (uint32_t n = 1;; n++) {
		char key[16];

		snprintf(key, sizeof(key), "%08u", n);
		if (put(f->store, 0, key, key) || write(fd, &n, sizeof(n)) != sizeof(n))
			_exit(1);
	}
}

static void what_was_acknowledged_survives_kill_9(void **state)
{
	struct fixture *f = *state;
	uint32_t n = 0, last = 0;
	int fds[2], status;
	pid_t child;

	store_close(f->store);
	f->store = NULL;
	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child)
		write_until_killed(f, fds[1]);
	close(fds[1]);
	while (last < 500 && read(fds[0], &n, sizeof(n)) == sizeof(n))
		last = n;
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	while (read(fds[0], &n, sizeof(n)) == sizeof(n))
		last = n;
	close(fds[0]);
	assert_true(last >= 500);
	open_store(f, "");
	for (n = 1; n <= last; n++) {
		char key[16];

		snprintf(key, sizeof(key), "%08u", n);
		expect(f->store, 0, key, key);
	}
	assert_int_equal(put(f->store, 0, "more", "after"), 0);
}

static int put_block(struct store *s, unsigned int i)
{
	static char block[64 << 10];
	struct store_change c = {
		.key = &i, .key_len = sizeof(i), .value = block, .value_len = sizeof(block)};

	memset(block, (int)i, sizeof(block));
	return submit(s, &c, 1);
}

static void the_map_grows_until_it_is_full_and_says_so(void **state)
{
	struct fixture *f = *state;
	static char block[64 << 10];
	size_t n = sizeof(block);
	unsigned int i = 0, last;
	int code;

	store_close(f->store);
	open_store(f, "?size=4MiB");
	while (!(code = put_block(f->store, i)) && i < 1000)
		i++;
	assert_int_equal(code, -ENOSPC);
	assert_in_range(i, 32, 64); /* more than the first MiB held, and no more than four */
	assert_int_equal(store_get(f->store, 0, &i, sizeof(i), block, &n), -ENOENT);
	last = i - 1;
	assert_int_equal(store_get(f->store, 0, &last, sizeof(last), block, &n), 0);
	assert_int_equal((uint8_t)block[n - 1], (uint8_t)last);
	store_close(f->store);
	open_store(f, "?size=8MiB"); /* more room, and it goes on */
	assert_int_equal(put_block(f->store, i), 0);
	assert_int_equal(store_get(f->store, 0, &last, sizeof(last), block, &n), 0);
}

struct reader {
	struct store *store;
	int stop, failed;
};

static void *read_on(void *arg)
{
	struct reader *r = arg;
	char got[16];

	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED)) {
		size_t n = sizeof(got);

		if (store_get(r->store, 0, "key", 3, got, &n) || n != 5)
			r->failed++;
	}
	return NULL;
}

static void readers_go_on_while_the_writer_writes(void **state)
{
	struct fixture *f = *state;
	struct reader r = {.store = f->store};
	pthread_t thread;

	assert_int_equal(put(f->store, 0, "key", "value"), 0);
	assert_int_equal(pthread_create(&thread, NULL, read_on, &r), 0);
	for (unsigned int i = 0; i < 60; i++) {
		assert_int_equal(put_block(f->store, i), 0);
		assert_int_equal(put(f->store, 0, "key", i % 2 ? "value" : "other"), 0);
	}
	__atomic_store_n(&r.stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	assert_int_equal(r.failed, 0);
}

static void bad_specs_say_what_would_be_right(void **state)
{
	static const struct {
		const char *spec, *why;
	} bad[] = {
		{"sqlite:x", "store \"sqlite:x\": want memory: or lmdb:DIRECTORY"},
		{"lmdb:", "store \"lmdb:\": want a directory after lmdb:"},
		{"lmdb:/x?size=many",
			"store \"lmdb:/x?size=many\": want size= from 64KiB, like 64MiB"},
		{"lmdb:/x?size=1GiB&sync=often",
			"store \"lmdb:/x?size=1GiB&sync=often\": want sync=process or sync=power"},
		{"lmdb:/x?colour=red", "store \"lmdb:/x?colour=red\": want size=, sync= or "
				       "snapshot= after ?"},
		{"lmdb:/nowhere/at/all",
			"store \"lmdb:/nowhere/at/all\": No such file or directory"},
	};
	struct store *s;
	char why[256];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_true(store_open(&s, bad[i].spec, tables, why, sizeof(why)) < 0);
		assert_string_equal(why, bad[i].why);
		assert_null(s);
	}
}

static void a_damaged_file_is_put_aside_and_told(void **state)
{
	struct fixture *f = *state;
	struct store_stat stat;
	char path[128], why[256], junk[8192];
	struct store *s;
	FILE *file;

	store_close(f->store);
	f->store = NULL;
	snprintf(path, sizeof(path), "%s/db/data.mdb", f->dir);
	file = fopen(path, "w");
	assert_non_null(file);
	memset(junk, 'x', sizeof(junk));
	assert_int_equal(fwrite(junk, sizeof(junk), 1, file), 1);
	fclose(file);
	assert_int_equal(store_open(&s, f->spec, tables, why, sizeof(why)), 0);
	store_stat(s, &stat);
	assert_int_equal(stat.opening.found, STORE_LOST);
	assert_string_equal(stat.opening.why, "page 0 is no root of LMDB's");
	assert_int_equal(put(s, 0, "a", "1"), 0);
	expect(s, 0, "a", "1");
	store_close(s);
}

#define BOTH(test)                                                                                 \
	{#test " (memory)", test, setup_memory, teardown, NULL},                                   \
	{                                                                                          \
#test " (lmdb)", test, setup_lmdb, teardown, NULL                                  \
	}
#define LMDB(test) cmocka_unit_test_setup_teardown(test, setup_lmdb, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(what_is_put_can_be_got_and_deleted),
		BOTH(a_batch_is_applied_in_its_order),
		BOTH(a_bad_change_spoils_its_whole_batch),
		BOTH(too_small_a_room_tells_the_length),
		BOTH(a_scan_goes_in_the_order_of_bytes),
		BOTH(readers_go_on_while_the_writer_writes),
		LMDB(reopening_finds_everything),
		LMDB(what_was_acknowledged_survives_kill_9),
		LMDB(the_map_grows_until_it_is_full_and_says_so),
		LMDB(a_damaged_file_is_put_aside_and_told),
		cmocka_unit_test(bad_specs_say_what_would_be_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
