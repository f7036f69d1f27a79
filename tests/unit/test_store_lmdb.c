/* What the LMDB back end promises beyond its tables: power loss, damage, snapshots, a full disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <pthread.h>

#include "lib/store/store.h"
#include "tests/unit/scratch.h"

#define PAGE 4096

static const char *const tables[] = {"one", "two", NULL};

struct fixture {
	char dir[64], db[140], spec[200];
	struct store *store;
};

/* What happens at flushes of data.mdb from now on; LMDB's and ours come through here. */
static struct {
	int kill_at; /* die at that one; 0: never */
	int fail;    /* so many fail */
	/* Of a snapshot, the disk takes its time: 1: it is to; 2: it does; 0: it has ended. */
	int slow;
} flushes;

static bool is_file(int fd, const char *name)
{
	char link[64], path[256];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n < 0 ? 0 : n] = 0;
	return strstr(path, name) != NULL;
}

int fdatasync(int fd)
{
	if (is_file(fd, "snapshot.new") && __atomic_load_n(&flushes.slow, __ATOMIC_ACQUIRE)) {
		__atomic_store_n(&flushes.slow, 2, __ATOMIC_RELEASE);
		while (__atomic_load_n(&flushes.slow, __ATOMIC_ACQUIRE))
			usleep(1000);
	}
	if (is_file(fd, "data.mdb")) {
		if (__atomic_load_n(&flushes.fail, __ATOMIC_RELAXED) > 0) {
			__atomic_fetch_sub(&flushes.fail, 1, __ATOMIC_RELAXED);
			errno = EIO;
			return -1;
		}
		if (__atomic_load_n(&flushes.kill_at, __ATOMIC_RELAXED) > 0 &&
			!__atomic_sub_fetch(&flushes.kill_at, 1, __ATOMIC_RELAXED))
			raise(SIGKILL);
	}
	return (int)syscall(SYS_fdatasync, fd);
}

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

/* Number @i of table 0, with a value told by @generation. */
static int put(struct store *s, uint32_t i, uint32_t generation)
{
	char value[64];
	struct store_change c = {.key = &i, .key_len = sizeof(i), .value = value};

	c.value_len = (size_t)snprintf(value, sizeof(value), "value %u of %u", generation, i);
	return submit(s, &c, 1);
}

/* The generation of number @i; -1: not there. */
static int generation(struct store *s, uint32_t i)
{
	char value[64] = "";
	size_t len = sizeof(value) - 1;
	unsigned int g, n;

	if (store_get(s, 0, &i, sizeof(i), value, &len))
		return -1;
	value[len] = 0;
	assert_int_equal(sscanf(value, "value %u of %u", &g, &n), 2);
	assert_int_equal(n, i);
	return (int)g;
}

static enum store_found open_db(struct fixture *f, const char *options)
{
	struct store_stat stat;
	char why[256] = "";

	snprintf(f->spec, sizeof(f->spec), "lmdb:%s%s", f->db, options);
	if (store_open(&f->store, f->spec, tables, why, sizeof(why)))
		fail_msg("%s", why);
	store_stat(f->store, &stat);
	return stat.opening.found;
}

static void close_db(struct fixture *f)
{
	store_close(f->store);
	f->store = NULL;
}

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){.dir = "/tmp/sunward-lmdb-XXXXXX"};
	if (!mkdtemp(f.dir))
		return -1;
	snprintf(f.db, sizeof(f.db), "%s/db", f.dir);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	store_close(f->store);
	return scratch_remove(f->dir);
}

static const char *path_of(const struct fixture *f, const char *name)
{
	static char path[200];

	snprintf(path, sizeof(path), "%s/%s", f->db, name);
	return path;
}

/* Do @work in a process that is killed when it has done it. */
static void killed_after(struct fixture *f, void (*work)(struct fixture *f))
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (!child) {
		work(f);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void start_machine_anew(const struct fixture *f)
{
	FILE *file = fopen(path_of(f, "boot"), "w");

	assert_non_null(file);
	fputs("00000000-0000-4000-8000-000000000000\n", file);
	fclose(file);
}

static void write_twenty_thousand(struct fixture *f)
{
	open_db(f, "?size=64MiB");
	for (uint32_t i = 0; i < 20000; i++)
		if (put(f->store, i % 5000, i / 5000))
			_exit(1);
}

static void what_the_journal_holds_is_there_after_kill_9(void **state)
{
	struct fixture *f = *state;

	killed_after(f, write_twenty_thousand);
	assert_int_equal(open_db(f, "?size=64MiB"), STORE_INTACT);
	for (uint32_t i = 0; i < 5000; i++)
		assert_int_equal(generation(f->store, i), 3);
	assert_int_equal(generation(f->store, 5000), -1);
}

static void write_synced_and_more(struct fixture *f)
{
	open_db(f, "?size=64MiB");
	for (uint32_t i = 0; i < 400; i++)
		put(f->store, i, 1);
	if (store_sync(f->store))
		_exit(1);
	for (uint32_t i = 0; i < 400; i++)
		put(f->store, i, 2);
}

/* Pages that the last sync does not lead to may hold anything: they hold 0xee here. Found by
 * trying: such a page may be overwritten, and the check still passes. */
static unsigned int scramble(const char *path)
{
	uint8_t page[PAGE], junk[PAGE];
	unsigned int scrambled = 0;
	uint64_t records;
	char why[256];
	int fd = open(path, O_RDWR);
	struct stat st;

	memset(junk, 0xee, sizeof(junk));
	assert_int_equal(fstat(fd, &st), 0);
	for (off_t at = 2 * PAGE; at + PAGE <= st.st_size; at += PAGE) {
		assert_int_equal(pread(fd, page, PAGE, at), PAGE);
		assert_int_equal(pwrite(fd, junk, PAGE, at), PAGE);
		if (store_check(path, &records, why, sizeof(why)) == 0)
			scrambled++;
		else
			assert_int_equal(pwrite(fd, page, PAGE, at), PAGE);
	}
	close(fd);
	return scrambled;
}

static void a_loss_of_power_leads_back_to_the_last_sync(void **state)
{
	struct fixture *f = *state;
	int g;

	killed_after(f, write_synced_and_more);
	start_machine_anew(f);
	assert_int_equal(open_db(f, "?size=64MiB"), STORE_LED_BACK);
	g = generation(f->store, 0); /* the keeper may have synced once more, by itself */
	assert_in_range(g, 1, 2);
	for (uint32_t i = 0; i < 400; i++)
		assert_in_range(generation(f->store, i), 1, 2);
	close_db(f);
	assert_true(scramble(path_of(f, "data.mdb")) > 0);
	assert_int_equal(open_db(f, "?size=64MiB"), STORE_INTACT);
	assert_int_equal(generation(f->store, 0), g);
}

/* Between two syncs nothing is written over that the first one leads to. */
static void pages_of_the_last_sync_are_kept(void **state)
{
	struct fixture *f = *state;
	uint8_t synced[2 * PAGE];
	int fd;

	open_db(f, "?size=64MiB");
	for (uint32_t i = 0; i < 2000; i++)
		put(f->store, i, 1);
	assert_int_equal(store_sync(f->store), 0);
	for (uint32_t g = 2; g < 12; g++)
		for (uint32_t i = 0; i < 2000; i++) {
			put(f->store, i, g);
			if (i == 0)
				assert_int_equal(generation(f->store, i), (int)g);
		}
	fd = open(path_of(f, "synced"), O_RDONLY);
	assert_int_equal(read(fd, synced, sizeof(synced)), sizeof(synced));
	close(fd);
	/* Its roots over a copy of the file: the copy is whole. */
	{
		char command[512], copy[128], why[256];
		uint64_t records;

		snprintf(copy, sizeof(copy), "%s/copy", f->dir);
		snprintf(command, sizeof(command), "cp %s %s", path_of(f, "data.mdb"), copy);
		assert_int_equal(system(command), 0);
		fd = open(copy, O_WRONLY);
		assert_int_equal(pwrite(fd, synced, sizeof(synced), 0), sizeof(synced));
		close(fd);
		if (store_check(copy, &records, why, sizeof(why)))
			fail_msg("%s", why);
	}
}

#define MANY  30000
#define BATCH 1000

/* The same, of MANY, so fast that the keeper does not flush in between. */
static void put_many(struct fixture *f, uint32_t generation)
{
	static struct store_change changes[BATCH];
	static char values[BATCH][64];
	static uint32_t keys[BATCH];

	for (uint32_t from = 0; from < MANY; from += BATCH) {
		for (uint32_t i = 0; i < BATCH; i++) {
			keys[i] = from + i;
			changes[i] = (struct store_change){
				.key = &keys[i], .key_len = sizeof(keys[i]), .value = values[i]};
			changes[i].value_len = (size_t)snprintf(values[i], sizeof(values[i]),
				"value %u of %u, and some more bytes", generation, keys[i]);
		}
		if (submit(f->store, changes, BATCH))
			_exit(1);
	}
}

static void change_past_the_last_flush(struct fixture *f)
{
	open_db(f, "?size=64MiB");
	put_many(f, 1);
	if (store_sync(f->store))
		_exit(1);
	put_many(f, 2);
	generation(f->store, 0); /* merged into the table; what follows is left in the journal */
	put_many(f, 3);
}

static int die_at;

static void start_and_die_at_a_flush(struct fixture *f)
{
	flushes.kill_at = die_at;
	open_db(f, "?size=64MiB");
	put_many(f, 7);
	generation(f->store, 0);
	put_many(f, 8);
	generation(f->store, 0);
}

static void expect_led_back(struct fixture *f)
{
	start_machine_anew(f);
	assert_int_equal(open_db(f, "?size=64MiB"), STORE_LED_BACK);
	for (uint32_t i = 0; i < MANY; i++)
		assert_in_range(generation(f->store, i), 1, 8);
	close_db(f);
}

static void kill_9_and_a_loss_of_power_before_the_first_flush_lead_back(void **state)
{
	struct fixture *f = *state;

	for (die_at = 1; die_at <= 4; die_at++) {
		killed_after(f, change_past_the_last_flush);
		killed_after(f, start_and_die_at_a_flush);
		expect_led_back(f);
	}
}

static void fail_a_flush_and_die_at_a_later_one(struct fixture *f)
{
	int result = -EIO;

	change_past_the_last_flush(f);
	__atomic_store_n(&flushes.fail, 1, __ATOMIC_RELAXED);
	store_sync(f->store); /* or the store's own thread meets it */
	if (__atomic_load_n(&flushes.fail, __ATOMIC_RELAXED))
		_exit(1);
	for (int tries = 0; tries < 500 && result; tries++) {
		result = put(f->store, 0, 6);
		usleep(result ? 20000 : 0);
	}
	flushes.kill_at = die_at;
	if (result)
		_exit(1);
	put_many(f, 7);
	generation(f->store, 0);
	put_many(f, 8);
	generation(f->store, 0);
}

static void a_loss_of_power_after_a_flush_that_failed_leads_back(void **state)
{
	struct fixture *f = *state;

	for (die_at = 1; die_at <= 2; die_at++) {
		killed_after(f, fail_a_flush_and_die_at_a_later_one);
		expect_led_back(f);
	}
}

/* The changes of a run that does not flush each are not on the disk when one begins that does. */
static void a_run_with_power_flushes_what_it_finds(void **state)
{
	struct fixture *f = *state;
	pid_t child;
	int status;

	killed_after(f, change_past_the_last_flush);
	child = fork();
	if (!child) {
		flushes.kill_at = 1;
		open_db(f, "?size=64MiB&sync=power");
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(access(path_of(f, "synced"), F_OK), 0);
	expect_led_back(f);
}

static void power_needs_no_leading_back(void **state)
{
	struct fixture *f = *state;

	open_db(f, "?size=64MiB&sync=power");
	assert_int_equal(put(f->store, 1, 1), 0);
	close_db(f);
	start_machine_anew(f);
	assert_int_equal(open_db(f, "?size=64MiB&sync=power"), STORE_INTACT);
	assert_int_equal(generation(f->store, 1), 1);
	assert_int_equal(access(path_of(f, "synced"), F_OK), -1);
}

static void fill(struct fixture *f, uint32_t count, uint32_t g)
{
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(put(f->store, i, g), 0);
}

static void flip(const char *path, off_t at)
{
	int fd = open(path, O_RDWR);
	uint8_t byte;

	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 0x10;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

/* Flip a bit wherever the bytes of @text lie in the file: pages that were freed have them too. */
static void flip_all(const char *path, const char *text)
{
	size_t len = strlen(text);
	struct stat st;
	uint8_t *all, *at;
	int fd = open(path, O_RDONLY);

	assert_int_equal(fstat(fd, &st), 0);
	all = malloc((size_t)st.st_size);
	assert_int_equal(read(fd, all, (size_t)st.st_size), st.st_size);
	close(fd);
	at = memmem(all, (size_t)st.st_size, text, len);
	assert_non_null(at);
	for (; at; at = memmem(at + 1, (size_t)(all + st.st_size - at - 1), text, len))
		flip(path, at - all);
	free(all);
}

static void the_check_survives_every_flipped_byte(void **state)
{
	struct fixture *f = *state;
	unsigned int found = 0;
	uint64_t records;
	char why[256], path[200];
	struct stat st;

	open_db(f, "?size=64MiB");
	fill(f, 100, 1);
	close_db(f);
	snprintf(path, sizeof(path), "%s", path_of(f, "data.mdb"));
	assert_int_equal(store_check(path, &records, why, sizeof(why)), 0);
	assert_int_equal(records, 100);
	assert_int_equal(stat(path, &st), 0);
	for (off_t at = 0; at < st.st_size; at += at % PAGE < 16 ? 1 : 211) {
		flip(path, at);
		if (store_check(path, &records, why, sizeof(why))) {
			assert_true(*why);
			found++;
		}
		flip(path, at);
	}
	assert_true(found > 20);
	assert_int_equal(store_check(path, &records, why, sizeof(why)), 0);
}

static void a_cut_file_is_found(void **state)
{
	struct fixture *f = *state;
	uint64_t records;
	char why[256], path[200];
	struct stat st;

	open_db(f, "?size=64MiB");
	fill(f, 3000, 1);
	close_db(f);
	snprintf(path, sizeof(path), "%s", path_of(f, "data.mdb"));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size / 2), 0);
	assert_int_equal(store_check(path, &records, why, sizeof(why)), -EBADMSG);
	assert_int_equal(truncate(path, 100), 0);
	assert_int_equal(store_check(path, &records, why, sizeof(why)), -EBADMSG);
	assert_int_equal(store_check("/nowhere/data.mdb", &records, why, sizeof(why)), -ENOENT);
}

static void a_flipped_page_falls_back_to_the_snapshot(void **state)
{
	struct fixture *f = *state;
	struct store_stat st;

	assert_int_equal(open_db(f, "?size=64MiB"), STORE_FRESH);
	fill(f, 500, 1);
	assert_int_equal(store_snapshot(f->store), 0);
	fill(f, 500, 2);
	close_db(f);
	flip_all(path_of(f, "data.mdb"), "value 2 of 7");
	assert_int_equal(open_db(f, "?size=64MiB"), STORE_FROM_SNAPSHOT);
	store_stat(f->store, &st);
	assert_non_null(strstr(st.opening.why, "table one: page"));
	assert_non_null(strstr(st.opening.why, "a record's sum is wrong"));
	for (uint32_t i = 0; i < 500; i++)
		assert_int_equal(generation(f->store, i), 1);
	assert_int_equal(access(path_of(f, "data.mdb.damaged"), F_OK), 0);
	close_db(f);
	/* The snapshot is damaged too. */
	flip_all(path_of(f, "data.mdb"), "value 1 of 7");
	flip_all(path_of(f, "snapshot"), "value 1 of 7");
	assert_int_equal(open_db(f, "?size=64MiB"), STORE_LOST);
	assert_int_equal(generation(f->store, 7), -1);
	assert_int_equal(put(f->store, 7, 3), 0);
}

static void damaged_with_a_snapshot(struct fixture *f)
{
	open_db(f, "?size=64MiB");
	fill(f, 500, 1);
	assert_int_equal(store_snapshot(f->store), 0);
	fill(f, 500, 2);
	close_db(f);
	flip_all(path_of(f, "data.mdb"), "value 2 of 7");
}

/* It was put aside, and then the machine stopped. */
static void without_its_file_it_begins_with_the_snapshot(void **state)
{
	struct fixture *f = *state;
	struct store_stat st;
	char aside[240];

	damaged_with_a_snapshot(f);
	snprintf(aside, sizeof(aside), "%s", path_of(f, "data.mdb.damaged"));
	assert_int_equal(rename(path_of(f, "data.mdb"), aside), 0);
	unlink(path_of(f, "synced"));
	assert_int_equal(open_db(f, "?size=64MiB"), STORE_FROM_SNAPSHOT);
	store_stat(f->store, &st);
	assert_string_equal(st.opening.why, "data.mdb is missing");
	for (uint32_t i = 0; i < 500; i++)
		assert_int_equal(generation(f->store, i), 1);
	close_db(f);
	assert_int_equal(access(aside, F_OK), 0);
	/* No snapshot either: that is told, and not as if there had been none. */
	unlink(path_of(f, "snapshot"));
	unlink(path_of(f, "data.mdb"));
	assert_int_equal(open_db(f, "?size=64MiB"), STORE_LOST);
	close_db(f);
	assert_int_equal(open_db(f, "?size=64MiB"), STORE_INTACT);
}

/* As a full disk: what is damaged stays in its place until there is room for the copy. */
static void no_room_for_the_snapshot_is_an_error_and_no_loss(void **state)
{
	struct rlimit before, small = {.rlim_cur = 8192};
	struct fixture *f = *state;
	char why[256] = "";
	int err;

	damaged_with_a_snapshot(f);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	err = store_open(&f->store, f->spec, tables, why, sizeof(why));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(err, -EFBIG);
	assert_non_null(strstr(why, "a record's sum is wrong"));
	f->store = NULL;
	assert_int_equal(access(path_of(f, "data.mdb"), F_OK), 0);
	assert_int_equal(open_db(f, "?size=64MiB"), STORE_FROM_SNAPSHOT);
	assert_int_equal(generation(f->store, 7), 1);
}

static void a_copy_is_a_store(void **state)
{
	struct fixture *f = *state;
	char to[128], why[256] = "";

	open_db(f, "?size=64MiB");
	fill(f, 500, 1);
	snprintf(to, sizeof(to), "%s/copy", f->dir);
	assert_int_equal(store_copy(f->db, to, why, sizeof(why)), 0);
	assert_int_equal(put(f->store, 7, 2), 0);
	close_db(f);
	snprintf(f->db, sizeof(f->db), "%s", to);
	assert_int_equal(open_db(f, "?size=64MiB"), STORE_INTACT);
	assert_int_equal(generation(f->store, 7), 1);
	assert_true(store_copy("/nowhere", to, why, sizeof(why)) < 0);
}

static void a_second_process_does_not_come_in(void **state)
{
	struct fixture *f = *state;
	struct store *second;
	char why[256];

	open_db(f, "");
	assert_int_equal(store_open(&second, f->spec, tables, why, sizeof(why)), -EBUSY);
	assert_non_null(strstr(why, "another process has it open"));
}

/* As a full disk: the file may not grow. The store says so, keeps what it had, and goes on. */
static void a_full_disk_is_an_error_that_passes(void **state)
{
	struct fixture *f = *state;
	struct rlimit before, small;
	struct stat st;
	uint32_t i = 0;
	int result = 0;

	signal(SIGXFSZ, SIG_IGN);
	open_db(f, "?size=64MiB");
	fill(f, 100, 1);
	assert_int_equal(stat(path_of(f, "data.mdb"), &st), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = (rlim_t)st.st_size + 64 * 1024;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	while (!result && i < 100000)
		result = put(f->store, 100 + i++, 1);
	assert_true(result == -EFBIG || result == -EIO);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	for (int tries = 0; tries < 500 && result; tries++) { /* it may open the file anew */
		result = put(f->store, 100 + i, 2);
		usleep(20000);
	}
	assert_int_equal(result, 0);
	for (uint32_t n = 0; n < 100; n++)
		assert_int_equal(generation(f->store, n), 1);
	assert_int_equal(generation(f->store, 100 + i), 2);
}

static bool count_one(void *arg, const void *key, size_t key_len, const void *value, size_t len)
{
	(*(unsigned int *)arg)++;
	return true;
}

static void a_view_shows_the_state_at_its_opening(void **state)
{
	struct fixture *f = *state;
	unsigned int count = 0;
	struct store_view *v;
	uint32_t key = 3;
	char value[64];
	size_t len = sizeof(value);

	open_db(f, "?size=64MiB");
	fill(f, 100, 1);
	assert_int_equal(store_view_open(f->store, &v), 0);
	fill(f, 200, 2);
	assert_int_equal(generation(f->store, 3), 2);
	assert_int_equal(store_view_scan(v, 0, NULL, 0, count_one, &count), 0);
	assert_int_equal(count, 100);
	assert_int_equal(store_view_get(v, 0, &key, sizeof(key), value, &len), 0);
	assert_memory_equal(value, "value 1", 7);
	store_view_close(v);
}

/* ---- while it is open ---- */

/* The keeper makes the file anew within seconds; then it takes changes again, and holds these. */
static void expect_renewed(struct fixture *f)
{
	int result = -EIO;

	for (int tries = 0; tries < 1000 && store_renewals(f->store) == 0; tries++)
		usleep(20000);
	assert_int_equal(store_renewals(f->store), 1);
	for (int tries = 0; tries < 500 && result; tries++) {
		result = put(f->store, 1000, 5);
		usleep(result ? 20000 : 0);
	}
	assert_int_equal(result, 0);
	assert_int_equal(generation(f->store, 7), -1);
	close_db(f);
	assert_int_equal(open_db(f, "?size=64MiB"), STORE_INTACT);
	assert_int_equal(generation(f->store, 1000), 5);
	assert_int_equal(store_renewals(f->store), 0);
}

static void a_directory_that_is_taken_away_is_made_anew(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(open_db(f, "?size=64MiB"), STORE_FRESH);
	fill(f, 50, 1);
	assert_int_equal(store_sync(f->store), 0);
	assert_int_equal(scratch_remove(f->db), 0);
	expect_renewed(f);
}

/* Another file in its place, as of a disk that was mounted over it. */
static void a_file_that_was_replaced_is_made_anew(void **state)
{
	struct fixture *f = *state;
	char other[240];
	int fd;

	assert_int_equal(open_db(f, "?size=64MiB"), STORE_FRESH);
	fill(f, 50, 1);
	snprintf(other, sizeof(other), "%s.other", path_of(f, "data.mdb"));
	fd = open(other, O_CREAT | O_WRONLY, 0600);
	assert_int_equal(write(fd, "nothing of LMDB's", 17), 17);
	close(fd);
	assert_int_equal(rename(other, path_of(f, "data.mdb")), 0);
	expect_renewed(f);
}

static void *make_snapshot(void *arg)
{
	struct fixture *f = arg;

	return (void *)(intptr_t)store_snapshot(f->store);
}

static void a_snapshot_on_a_slow_disk_stops_no_flush_and_no_commit(void **state)
{
	struct fixture *f = *state;
	pthread_t thread;
	void *result;

	open_db(f, "?size=64MiB");
	assert_int_equal(put(f->store, 1, 1), 0);
	__atomic_store_n(&flushes.slow, 1, __ATOMIC_RELEASE);
	assert_int_equal(pthread_create(&thread, NULL, make_snapshot, f), 0);
	alarm(60); /* who waits for the snapshot would wait for ever */
	while (__atomic_load_n(&flushes.slow, __ATOMIC_ACQUIRE) != 2)
		usleep(1000);
	for (uint32_t g = 2; g < 6; g++) {
		assert_int_equal(put(f->store, 1, g), 0);
		assert_int_equal(store_sync(f->store), 0);
	}
	alarm(0);
	__atomic_store_n(&flushes.slow, 0, __ATOMIC_RELEASE);
	pthread_join(thread, &result);
	assert_null(result);
	assert_int_equal(generation(f->store, 1), 5);
}

static void damage_is_found_before_a_snapshot_of_it_is_made(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(open_db(f, "?size=64MiB"), STORE_FRESH);
	fill(f, 500, 1);
	assert_int_equal(store_snapshot(f->store), 0);
	fill(f, 500, 2);
	assert_int_equal(generation(f->store, 7), 2); /* merged into its table */
	flip_all(path_of(f, "data.mdb"), "value 2 of 7");
	assert_int_equal(store_snapshot(f->store), -EBADMSG);
	expect_renewed(f);
	assert_int_equal(access(path_of(f, "data.mdb.damaged"), F_OK), 0);
}

/* LMDB would follow it anywhere. */
static void a_page_that_is_no_page_any_more_is_found_without_lmdb(void **state)
{
	struct fixture *f = *state;
	uint8_t nothing[PAGE];
	struct stat st;
	int fd;

	assert_int_equal(open_db(f, "?size=64MiB"), STORE_FRESH);
	fill(f, 5000, 1);
	assert_int_equal(generation(f->store, 7), 1);
	assert_int_equal(store_sync(f->store), 0);
	memset(nothing, 0xa5, sizeof(nothing));
	fd = open(path_of(f, "data.mdb"), O_RDWR);
	assert_int_equal(fstat(fd, &st), 0);
	for (off_t at = 2 * PAGE; at < st.st_size; at += PAGE)
		assert_int_equal(pwrite(fd, nothing, sizeof(nothing), at), sizeof(nothing));
	close(fd);
	assert_int_equal(store_snapshot(f->store), -EBADMSG);
	expect_renewed(f);
}

/* Beside the store, so that a number that it cannot keep is not lost. */
static void a_mark_is_raised_or_dropped_though_the_store_cannot_be_opened(void **state)
{
	struct fixture *f = *state;
	uint64_t mark = 0;

	assert_int_equal(open_db(f, ""), STORE_FRESH);
	assert_int_equal(store_mark(f->store, &mark), -ENOENT);
	assert_int_equal(store_mark_raise(f->store, 7), 0);
	assert_int_equal(store_mark_save(f->db, 5), 0); /* it says more already */
	assert_int_equal(store_mark(f->store, &mark), 0);
	assert_int_equal(mark, 7);
	assert_int_equal(store_mark_save(f->db, 9), 0);
	assert_int_equal(store_mark(f->store, &mark), 0);
	assert_int_equal(mark, 9);
	/* Where nothing can be written, a file can still go. */
	assert_int_equal(unlink(path_of(f, "mark.spare")), 0);
	assert_int_equal(mkdir(path_of(f, "mark.spare"), 0700), 0);
	assert_int_equal(store_mark_save(f->db, 11), 0);
	assert_int_equal(store_mark(f->store, &mark), -ENOENT);
	assert_int_equal(store_mark_raise(f->store, 12), -EISDIR);
	assert_int_equal(rmdir(path_of(f, "mark.spare")), 0);
	assert_int_equal(store_mark_raise(f->store, 12), 0);
	assert_int_equal(store_mark_drop(f->store), 0);
	assert_int_equal(store_mark_drop(f->store), 0);
	assert_int_equal(store_mark(f->store, &mark), -ENOENT);
	close_db(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_the_journal_holds_is_there_after_kill_9),
		TEST(a_loss_of_power_leads_back_to_the_last_sync),
		TEST(pages_of_the_last_sync_are_kept),
		TEST(kill_9_and_a_loss_of_power_before_the_first_flush_lead_back),
		TEST(a_loss_of_power_after_a_flush_that_failed_leads_back),
		TEST(a_run_with_power_flushes_what_it_finds),
		TEST(power_needs_no_leading_back),
		TEST(the_check_survives_every_flipped_byte),
		TEST(a_cut_file_is_found),
		TEST(a_flipped_page_falls_back_to_the_snapshot),
		TEST(without_its_file_it_begins_with_the_snapshot),
		TEST(no_room_for_the_snapshot_is_an_error_and_no_loss),
		TEST(a_copy_is_a_store),
		TEST(a_second_process_does_not_come_in),
		TEST(a_full_disk_is_an_error_that_passes),
		TEST(a_view_shows_the_state_at_its_opening),
		TEST(a_directory_that_is_taken_away_is_made_anew),
		TEST(a_file_that_was_replaced_is_made_anew),
		TEST(a_snapshot_on_a_slow_disk_stops_no_flush_and_no_commit),
		TEST(damage_is_found_before_a_snapshot_of_it_is_made),
		TEST(a_page_that_is_no_page_any_more_is_found_without_lmdb),
		TEST(a_mark_is_raised_or_dropped_though_the_store_cannot_be_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
