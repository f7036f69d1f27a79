/* store_journal: commits as entries of one table, appended; and their merge into the tables.
 *
 * An entry's key is a number that grows, its value some changes one after the other, as many as
 * half a page takes: {table (1), flags and key length (2), value length (2), key, value}. A group
 * is one transaction of as many entries as it needs. The merge takes what is there when it begins,
 * sorts it by table and key, keeps the last change of each key, and writes in slices, so that
 * commits come between; the entries are removed at its end. It may be cut off at any point and done
 * again: later entries are merged later. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/base/wire.h"
#include "lib/store/store_lmdb.h"

#define CHUNK_BYTES 2000 /* two entries fill a page of LMDB's; larger ones take pages alone */
#define HEAD_BYTES  5
#define FLAG_DELETE 0x8000
#define KEY_BYTES   8

static MDB_val value_of(const void *bytes, size_t len)
{
	return (MDB_val){.mv_size = len, .mv_data = (void *)(uintptr_t)bytes};
}

/* ---- appending ---- */

static size_t change_bytes(const struct store_change *c)
{
	return HEAD_BYTES + c->key_len + (c->value ? c->value_len : 0);
}

bool store_journal_takes(const struct store_change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (change_bytes(&changes[i]) > CHUNK_BYTES - STORE_SUM_BYTES)
			return false;
	return true;
}

static size_t put_change(uint8_t *at, const struct store_change *c)
{
	size_t value_len = c->value ? c->value_len : 0;
	size_t flags = c->key_len | (c->value ? 0 : FLAG_DELETE);

	at[0] = (uint8_t)c->table;
	at[1] = (uint8_t)(flags >> 8);
	at[2] = (uint8_t)flags;
	at[3] = (uint8_t)(value_len >> 8);
	at[4] = (uint8_t)value_len;
	memcpy(at + HEAD_BYTES, c->key, c->key_len);
	if (value_len)
		memcpy(at + HEAD_BYTES + c->key_len, c->value, value_len);
	return change_bytes(c);
}

static void entry_key(uint8_t key[KEY_BYTES], uint64_t n)
{
	struct wire_writer w;

	wire_writer_init(&w, key, KEY_BYTES);
	wire_put_u64(&w, n);
}

static int put_entry(struct store_lmdb *l, MDB_txn *txn, uint64_t n, size_t len)
{
	uint8_t key[KEY_BYTES];
	MDB_val k = value_of(key, sizeof(key)), v = value_of(l->chunk, len + STORE_SUM_BYTES);

	entry_key(key, n);
	store_sum(&l->journal_sum, key, sizeof(key), l->chunk, len, l->chunk + len);
	return mdb_put(txn, l->journal, &k, &v, MDB_APPEND);
}

int store_journal_append(struct store_lmdb *l, const struct store_change *changes, size_t count)
{
	uint64_t n = l->next_entry;
	size_t used = 0, bytes = 0;
	MDB_txn *txn;
	int code = mdb_txn_begin(l->env, NULL, 0, &txn);

	if (code)
		return code;
	for (size_t i = 0; i < count && !code; i++) {
		if (used + change_bytes(&changes[i]) > CHUNK_BYTES - STORE_SUM_BYTES) {
			code = put_entry(l, txn, n++, used);
			bytes += used;
			used = 0;
		}
		used += put_change(l->chunk + used, &changes[i]);
	}
	if (used && !code)
		code = put_entry(l, txn, n++, used);
	if (code) {
		mdb_txn_abort(txn);
		return code;
	}
	code = mdb_txn_commit(txn);
	if (code)
		return code;
	l->next_entry = n;
	__atomic_fetch_add(&l->journal_bytes, bytes + used, __ATOMIC_RELAXED);
	return 0;
}

/* ---- into the tables ---- */

static int put_sealed(struct store_lmdb *l, MDB_cursor *cursor, unsigned int table, MDB_val key,
	const void *value, size_t len)
{
	MDB_val v = {.mv_size = len + STORE_SUM_BYTES};
	int code = mdb_cursor_put(cursor, &key, &v, MDB_RESERVE);

	if (code)
		return code;
	if (len)
		memcpy(v.mv_data, value, len);
	store_sum(
		&l->sums[table], key.mv_data, key.mv_size, value, len, (uint8_t *)v.mv_data + len);
	return 0;
}

static int apply(struct store_lmdb *l, MDB_cursor *cursor, const struct store_change *c)
{
	MDB_val key = value_of(c->key, c->key_len), found;
	int code;

	if (c->value)
		return put_sealed(l, cursor, c->table, key, c->value, c->value_len);
	code = mdb_cursor_get(cursor, &key, &found, MDB_SET);
	if (!code)
		code = mdb_cursor_del(cursor, 0);
	return code == MDB_NOTFOUND ? 0 : code;
}

/* Changes, of which those of one table follow each other. */
static int apply_all(
	struct store_lmdb *l, MDB_txn *txn, const struct store_change *changes, size_t count)
{
	MDB_cursor *cursor = NULL;
	unsigned int table = 0;
	int code = 0;

	for (size_t i = 0; i < count && !code; i++) {
		const struct store_change *c = &changes[i];

		if (cursor && c->table != table) {
			mdb_cursor_close(cursor);
			cursor = NULL;
		}
		table = c->table;
		if (!cursor)
			code = mdb_cursor_open(txn, l->tables[table], &cursor);
		if (!code)
			code = apply(l, cursor, c);
	}
	if (cursor)
		mdb_cursor_close(cursor);
	return code;
}

int store_journal_bypass(struct store_lmdb *l, const struct store_change *changes, size_t count)
{
	MDB_txn *txn;
	int code = mdb_txn_begin(l->env, NULL, 0, &txn);

	if (code)
		return code;
	code = apply_all(l, txn, changes, count);
	if (!code)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return code;
}

/* ---- the merge ---- */

/* What one merge takes: a copy of the entries' bytes, and the changes that lie in it. The memory
 * comes from the kernel and goes back to it: it is much, and needed now and then. */
struct batch {
	uint8_t *bytes;
	struct store_change *changes;
	size_t bytes_cap, bytes_used, changes_cap, count;
	uint64_t last; /* the last entry taken */
};

static void *pages(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void batch_free(struct batch *b)
{
	if (b->bytes)
		munmap(b->bytes, b->bytes_cap);
	if (b->changes)
		munmap(b->changes, b->changes_cap * sizeof(b->changes[0]));
}

/* The changes of one entry; false: it is not of their form. */
static bool take_changes(struct store_lmdb *l, struct batch *b, const uint8_t *at, size_t len)
{
	while (len >= HEAD_BYTES && b->count < b->changes_cap) {
		size_t flags = (size_t)at[1] << 8 | at[2], key_len = flags & (FLAG_DELETE - 1);
		size_t value_len = (size_t)at[3] << 8 | at[4];
		const uint8_t *key = at + HEAD_BYTES;
		size_t all = HEAD_BYTES + key_len + value_len;

		if (all > len || at[0] >= l->store.tables || !key_len || key_len > STORE_KEY_MAX)
			return false;
		b->changes[b->count++] = (struct store_change){.table = at[0],
			.key = key,
			.key_len = key_len,
			.value = flags & FLAG_DELETE ? NULL : key + key_len,
			.value_len = value_len};
		at += all;
		len -= all;
	}
	return len == 0;
}

static int take_entry(struct store_lmdb *l, struct batch *b, const MDB_val *key, const MDB_val *v)
{
	uint8_t *copy = b->bytes + b->bytes_used;
	struct wire_fault fault;
	struct wire_reader r;
	size_t len = v->mv_size;

	if (key->mv_size != KEY_BYTES || len > b->bytes_cap - b->bytes_used)
		return MDB_CORRUPTED;
	memcpy(copy, v->mv_data, len);
	if (!store_sum_right(&l->journal_sum, key->mv_data, key->mv_size, copy, &len) ||
		!take_changes(l, b, copy, len))
		return MDB_CORRUPTED;
	b->bytes_used += len;
	wire_reader_init(&r, key->mv_data, KEY_BYTES, &fault);
	b->last = wire_get_u64(&r, "entry");
	return 0;
}

static int take_entries(struct store_lmdb *l, MDB_txn *txn, struct batch *b)
{
	MDB_val key, value;
	MDB_cursor *cursor;
	int code = mdb_cursor_open(txn, l->journal, &cursor);

	if (code)
		return code;
	code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
	while (!code) {
		code = take_entry(l, b, &key, &value);
		if (!code)
			code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	return code == MDB_NOTFOUND ? 0 : code;
}

static int batch_read(struct store_lmdb *l, struct batch *b)
{
	MDB_stat stat;
	MDB_txn *txn;
	int code = mdb_txn_begin(l->env, NULL, MDB_RDONLY, &txn);

	if (code)
		return code;
	code = mdb_stat(txn, l->journal, &stat);
	if (!code && stat.ms_entries) {
		b->bytes_cap = stat.ms_entries * CHUNK_BYTES;
		b->changes_cap = b->bytes_cap / (HEAD_BYTES + 1);
		b->bytes = pages(b->bytes_cap);
		b->changes = pages(b->changes_cap * sizeof(b->changes[0]));
		code = b->bytes && b->changes ? take_entries(l, txn, b) : ENOMEM;
	}
	mdb_txn_abort(txn);
	return code;
}

/* A change to be sorted: its table and the first bytes of its key, which decide nearly always. */
struct item {
	uint64_t head, next;
	const struct store_change *change;
};

static struct item item_of(const struct store_change *c)
{
	uint8_t bytes[16] = {(uint8_t)c->table};
	struct item i = {.change = c};

	memcpy(bytes + 1, c->key, c->key_len < 15 ? c->key_len : 15);
	for (int n = 0; n < 8; n++) {
		i.head = i.head << 8 | bytes[n];
		i.next = i.next << 8 | bytes[8 + n];
	}
	return i;
}

/* By table and key. */
static int item_order(const struct item *a, const struct item *b)
{
	const struct store_change *x = a->change, *y = b->change;
	size_t n = x->key_len < y->key_len ? x->key_len : y->key_len;
	int c;

	if (a->head != b->head)
		return a->head < b->head ? -1 : 1;
	if (a->next != b->next)
		return a->next < b->next ? -1 : 1;
	c = memcmp(x->key, y->key, n);
	return c ? c : (x->key_len > y->key_len) - (x->key_len < y->key_len);
}

/* Two sorted runs into one; of equal ones those of the first stay first. */
static void merge_runs(const struct item *a, size_t a_count, const struct item *b, size_t b_count,
	struct item *out)
{
	const struct item *a_end = a + a_count, *b_end = b + b_count;

	while (a < a_end && b < b_end)
		*out++ = item_order(a, b) <= 0 ? *a++ : *b++;
	while (a < a_end)
		*out++ = *a++;
	while (b < b_end)
		*out++ = *b++;
}

/* Sorts @list; @room is as long. Returns where the sorted ones are. It is written out because that
 * of the C library takes its room from the heap, which would keep it. */
static struct item *sort_items(struct item *list, struct item *room, size_t count)
{
	for (size_t run = 1; run < count; run *= 2) {
		struct item *swap = list;

		for (size_t at = 0; at < count; at += 2 * run) {
			size_t a = count - at < run ? count - at : run;
			size_t b = count - at - a < run ? count - at - a : run;

			merge_runs(list + at, a, list + at + a, b, room + at);
		}
		list = room;
		room = swap;
	}
	return list;
}

/* In the order of their keys, and of each key the last only. */
static int keep_last(struct batch *b)
{
	size_t bytes = b->count * sizeof(struct item), kept = 0;
	struct item *list = pages(2 * bytes), *sorted;
	struct store_change *out = pages(b->count * sizeof(*out));

	if (!list || !out) {
		if (list)
			munmap(list, 2 * bytes);
		if (out)
			munmap(out, b->count * sizeof(*out));
		return ENOMEM;
	}
	for (size_t i = 0; i < b->count; i++)
		list[i] = item_of(&b->changes[i]);
	sorted = sort_items(list, list + b->count, b->count);
	for (size_t i = 0; i < b->count; i++)
		if (i + 1 == b->count || item_order(&sorted[i], &sorted[i + 1]) != 0)
			out[kept++] = *sorted[i].change;
	munmap(b->changes, b->changes_cap * sizeof(b->changes[0]));
	munmap(list, 2 * bytes);
	b->changes = out;
	b->changes_cap = b->count;
	b->count = kept;
	return 0;
}

/* The entries up to @last leave the journal. */
static int remove_entries(struct store_lmdb *l, MDB_txn *txn, uint64_t last)
{
	MDB_val key, value;
	MDB_cursor *cursor;
	uint8_t end[KEY_BYTES];
	int code = mdb_cursor_open(txn, l->journal, &cursor);

	if (code)
		return code;
	entry_key(end, last);
	code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
	while (!code && memcmp(key.mv_data, end, KEY_BYTES) <= 0) {
		code = mdb_cursor_del(cursor, 0);
		if (!code)
			code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
	}
	mdb_cursor_close(cursor);
	return code == MDB_NOTFOUND ? 0 : code;
}

static int merge_slice(
	struct store_lmdb *l, const struct batch *b, size_t from, size_t count, bool is_last)
{
	MDB_txn *txn;
	int code = mdb_txn_begin(l->env, NULL, 0, &txn);

	if (code)
		return code;
	code = apply_all(l, txn, b->changes + from, count);
	if (!code && is_last)
		code = remove_entries(l, txn, b->last);
	if (!code)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return code;
}

int store_journal_merge(struct store_lmdb *l, size_t slice)
{
	struct batch b = {0};
	int code = batch_read(l, &b);

	if (!code && b.count)
		code = keep_last(&b);
	if (!code && b.count) {
		if (!slice)
			slice = b.count;
		for (size_t at = 0; at < b.count && !code; at += slice) {
			size_t n = b.count - at < slice ? b.count - at : slice;

			code = merge_slice(l, &b, at, n, at + n == b.count);
		}
		if (!code)
			__atomic_fetch_sub(&l->journal_bytes, b.bytes_used, __ATOMIC_RELAXED);
	}
	batch_free(&b);
	return code;
}

int store_journal_open(struct store_lmdb *l)
{
	MDB_val key, value;
	MDB_cursor *cursor;
	struct wire_fault fault;
	struct wire_reader r;
	MDB_txn *txn;
	size_t bytes = 0;
	int code = mdb_txn_begin(l->env, NULL, MDB_RDONLY, &txn);

	if (code)
		return code;
	l->next_entry = 1;
	code = mdb_cursor_open(txn, l->journal, &cursor);
	if (!code) {
		code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
		for (; !code; code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
			wire_reader_init(&r, key.mv_data, key.mv_size, &fault);
			l->next_entry = wire_get_u64(&r, "entry") + 1;
			bytes += value.mv_size - STORE_SUM_BYTES;
		}
		mdb_cursor_close(cursor);
	}
	mdb_txn_abort(txn);
	__atomic_store_n(&l->journal_bytes, bytes, __ATOMIC_RELAXED);
	return code == MDB_NOTFOUND ? 0 : code;
}
