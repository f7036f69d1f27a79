/* store_check: whether an LMDB file is whole, page by page, without LMDB, which trusts what it
 * reads.
 *
 * The format is LMDB 0.9's on 64 bits, little or big as the machine is. Two root pages (0 and 1),
 * of which the one with the greater transaction is valid, name the trees of free pages and of
 * tables; a leaf of the latter names a table's tree. Every page that a root leads to must lie in
 * the file, carry its own number and the right kind, and be led to once; keys must ascend; sums of
 * the records must be right; what is free must not be in use. Reads by copies of pages, so that a
 * file that is cut while it is read is an error and no signal. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/store/store_files.h"
#include "lib/store/store_lmdb.h"

#define MAGIC          0xbeefc0de
#define FORMAT_VERSION 1
#define HEADER         16
#define NODE           8
#define DEPTH_MAX      32
#define NONE           UINT64_MAX /* a root: an empty tree */
#define P_BRANCH       0x01
#define P_LEAF         0x02
#define P_OVERFLOW     0x04
#define P_META         0x08
#define P_KINDS        0x0f
#define F_BIGDATA      0x01
#define F_SUBDATA      0x02
#define VALUE_MAX      (1u << 30)
#define NAME_MAX_      64
#define SPARE_MAX      16 /* times as many pages as were written */

struct tree {
	uint32_t pad; /* of the first tree: the page's size */
	uint16_t flags, depth;
	uint64_t branches, leaves, overflows, entries, root;
};

struct root {
	uint32_t magic, version;
	uint64_t address, map_size;
	struct tree trees[2]; /* free pages, tables */
	uint64_t last_page, transaction;
};

struct check {
	int fd;
	uint64_t pages;                  /* in the file, as the root has it */
	uint8_t *seen;                   /* a bit a page */
	const struct store_roots *roots; /* NULL: those of the file */
	uint64_t records;
	char *why;
	size_t why_size;
	bool failed;
	int error; /* of reading; 0: damage */
};

/* What a walk over one tree does with its leaves' records. */
struct walk {
	struct check *c;
	const char *name;
	const struct hash_key *sum; /* NULL: these records have none */
	void (*record)(struct walk *w, const uint8_t *key, size_t key_len, const uint8_t *value,
		size_t len, unsigned int flags);
	uint64_t entries, branches, leaves, overflows;
	bool numbers; /* keys are 8-byte numbers in the machine's order */
	size_t last_len;
	uint8_t last[STORE_KEY_MAX];
	bool has_last;
};

static void fault(struct check *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void fault(struct check *c, const char *format, ...)
{
	va_list ap;

	if (c->failed)
		return;
	c->failed = true;
	va_start(ap, format);
	vsnprintf(c->why, c->why_size, format, ap);
	va_end(ap);
}

static uint16_t u16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint32_t u32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint64_t u64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* ---- pages ---- */

static bool read_pages(struct check *c, uint64_t page, void *bytes, size_t count)
{
	ssize_t n = pread(c->fd, bytes, count * STORE_PAGE, (off_t)(page * STORE_PAGE));

	if (n == (ssize_t)(count * STORE_PAGE))
		return true;
	if (n < 0)
		c->error = errno;
	fault(c, "page %llu: %s", (unsigned long long)page,
		n < 0 ? strerror(errno) : "lies behind the end of the file");
	return false;
}

/* The page is used for the first time, and there is such a page. */
static bool claim(struct check *c, uint64_t page, const char *name)
{
	if (page < 2 || page >= c->pages) {
		fault(c, "table %s: page %llu is led to, and there are %llu", name,
			(unsigned long long)page, (unsigned long long)c->pages);
		return false;
	}
	if (c->seen[page / 8] >> page % 8 & 1) {
		fault(c, "table %s: page %llu is led to twice", name, (unsigned long long)page);
		return false;
	}
	c->seen[page / 8] |= (uint8_t)(1 << page % 8);
	return true;
}

static bool load(struct walk *w, uint64_t page, uint8_t *bytes)
{
	if (!claim(w->c, page, w->name) || !read_pages(w->c, page, bytes, 1))
		return false;
	if (u64(bytes) != page)
		fault(w->c, "table %s: page %llu says that it is %llu", w->name,
			(unsigned long long)page, (unsigned long long)u64(bytes));
	return !w->c->failed;
}

/* ---- records ---- */

static bool ascends(const struct walk *w, const uint8_t *key, size_t len)
{
	size_t n = len < w->last_len ? len : w->last_len;
	int c;

	if (!w->has_last)
		return true;
	if (w->numbers)
		return u64(w->last) < u64(key);
	c = memcmp(w->last, key, n);
	return c < 0 || (c == 0 && w->last_len < len);
}

static void take_record(struct walk *w, uint64_t page, const uint8_t *key, size_t key_len,
	const uint8_t *value, size_t len, unsigned int flags)
{
	unsigned long long at = page;

	if (!key_len || key_len > STORE_KEY_MAX || (w->numbers && key_len != 8))
		fault(w->c, "table %s: page %llu: a key of %zu bytes", w->name, at, key_len);
	else if (!ascends(w, key, key_len))
		fault(w->c, "table %s: page %llu: keys do not ascend", w->name, at);
	else if (w->sum && !store_sum_right(w->sum, key, key_len, value, &len))
		fault(w->c, "table %s: page %llu: a record's sum is wrong", w->name, at);
	if (w->c->failed)
		return;
	memcpy(w->last, key, key_len);
	w->last_len = key_len;
	w->has_last = true;
	w->entries++;
	if (w->record)
		w->record(w, key, key_len, value, len, flags);
}

/* A value on pages of its own. */
static void take_large(struct walk *w, uint64_t page, const uint8_t *key, size_t key_len,
	uint64_t first, size_t len)
{
	size_t count = (HEADER + len + STORE_PAGE - 1) / STORE_PAGE;
	uint8_t *bytes;

	if (len > VALUE_MAX || first >= w->c->pages || count > w->c->pages - first) {
		fault(w->c, "table %s: page %llu: a value of %zu bytes at page %llu", w->name,
			(unsigned long long)page, len, (unsigned long long)first);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (!claim(w->c, first + i, w->name))
			return;
	bytes = malloc(count * STORE_PAGE);
	if (!bytes) {
		w->c->error = ENOMEM;
		fault(w->c, "no memory");
	} else if (read_pages(w->c, first, bytes, count)) {
		if (u64(bytes) != first || (u16(bytes + 10) & P_KINDS) != P_OVERFLOW ||
			u32(bytes + 12) != count)
			fault(w->c, "table %s: page %llu is no value of %zu pages", w->name,
				(unsigned long long)first, count);
		else
			take_record(w, page, key, key_len, bytes + HEADER, len, F_BIGDATA);
	}
	w->overflows += count;
	free(bytes);
}

/* ---- trees ---- */

static void walk_page(struct walk *w, uint64_t page, unsigned int depth);

static void take_leaf(struct walk *w, uint64_t page, const uint8_t *node, size_t room)
{
	size_t len = u16(node) | (size_t)u16(node + 2) << 16, key_len = u16(node + 6);
	unsigned int flags = u16(node + 4);
	const uint8_t *key = node + NODE;
	size_t inside = flags & F_BIGDATA ? 8 : len;

	if (key_len > room - NODE || inside > room - NODE - key_len)
		fault(w->c, "table %s: page %llu: a record leaves its page", w->name,
			(unsigned long long)page);
	else if (flags & F_BIGDATA)
		take_large(w, page, key, key_len, u64(key + key_len), len);
	else
		take_record(w, page, key, key_len, key + key_len, len, flags);
}

static void take_branch(
	struct walk *w, uint64_t page, const uint8_t *node, size_t room, unsigned int depth)
{
	uint64_t child = u16(node) | (uint64_t)u16(node + 2) << 16 | (uint64_t)u16(node + 4) << 32;

	if (u16(node + 6) > room - NODE)
		fault(w->c, "table %s: page %llu: a key leaves its page", w->name,
			(unsigned long long)page);
	else
		walk_page(w, child, depth + 1);
}

static void walk_nodes(struct walk *w, uint64_t page, const uint8_t *bytes, unsigned int depth)
{
	unsigned int kind = u16(bytes + 10) & P_KINDS, lower = u16(bytes + 12);
	unsigned int upper = u16(bytes + 14), count = (lower - HEADER) / 2;

	if (lower < HEADER || upper > STORE_PAGE || lower > upper || (kind == P_BRANCH && !count)) {
		fault(w->c, "table %s: page %llu: its bounds are %u and %u", w->name,
			(unsigned long long)page, lower, upper);
		return;
	}
	*(kind == P_BRANCH ? &w->branches : &w->leaves) += 1;
	for (unsigned int i = 0; i < count && !w->c->failed; i++) {
		unsigned int at = u16(bytes + HEADER + 2 * (size_t)i);

		if (at < upper || at + NODE > STORE_PAGE)
			fault(w->c, "table %s: page %llu: record %u lies at %u", w->name,
				(unsigned long long)page, i, at);
		else if (kind == P_BRANCH)
			take_branch(w, page, bytes + at, STORE_PAGE - at, depth);
		else
			take_leaf(w, page, bytes + at, STORE_PAGE - at);
	}
}

static void walk_page(struct walk *w, uint64_t page, unsigned int depth)
{
	uint8_t bytes[STORE_PAGE];
	unsigned int kind;

	if (depth >= DEPTH_MAX) {
		fault(w->c, "table %s: page %llu: deeper than %d", w->name,
			(unsigned long long)page, DEPTH_MAX);
		return;
	}
	if (!load(w, page, bytes))
		return;
	kind = u16(bytes + 10) & P_KINDS;
	if (kind == P_BRANCH || kind == P_LEAF)
		walk_nodes(w, page, bytes, depth);
	else
		fault(w->c, "table %s: page %llu is of kind 0x%x", w->name,
			(unsigned long long)page, kind);
}

static void walk_tree(struct walk *w, const struct tree *t)
{
	if (w->c->failed)
		return;
	if (t->root != NONE)
		walk_page(w, t->root, 0);
	if (!w->c->failed && (w->entries != t->entries || w->leaves != t->leaves ||
				     w->branches != t->branches || w->overflows != t->overflows))
		fault(w->c, "table %s: %llu records on %llu pages, where its root has %llu on %llu",
			w->name, (unsigned long long)w->entries,
			(unsigned long long)(w->leaves + w->branches + w->overflows),
			(unsigned long long)t->entries,
			(unsigned long long)(t->leaves + t->branches + t->overflows));
}

/* ---- what the trees hold ---- */

static void take_table(struct walk *w, const uint8_t *key, size_t key_len, const uint8_t *value,
	size_t len, unsigned int flags)
{
	char name[NAME_MAX_] = "";
	struct hash_key sum;
	struct tree t;
	struct walk inside = {.c = w->c, .name = name, .sum = &sum};

	if (!(flags & F_SUBDATA) || len != sizeof(t) || key_len >= sizeof(name)) {
		fault(w->c, "the list of tables holds something else");
		return;
	}
	memcpy(name, key, key_len);
	store_sum_key(&sum, name);
	memcpy(&t, value, sizeof(t));
	walk_tree(&inside, &t);
	w->c->records += inside.entries;
}

/* A list of free pages: their number, and each. */
static void take_free(struct walk *w, const uint8_t *key, size_t key_len, const uint8_t *value,
	size_t len, unsigned int flags)
{
	uint64_t count = len >= 8 ? u64(value) : 0;

	(void)key;
	(void)key_len;
	(void)flags;
	if (len < 8 || count > len / 8 - 1) {
		fault(w->c, "a list of free pages has %llu in %zu bytes", (unsigned long long)count,
			len);
		return;
	}
	for (uint64_t i = 1; i <= count; i++)
		if (!claim(w->c, u64(value + 8 * i), "of free pages"))
			return;
}

/* ---- the file ---- */

static bool read_root(struct check *c, unsigned int page, struct root *out)
{
	uint8_t bytes[STORE_PAGE];

	if (c->roots)
		memcpy(bytes, c->roots->bytes + page * STORE_PAGE, sizeof(bytes));
	else if (!read_pages(c, page, bytes, 1))
		return false;
	memcpy(out, bytes + HEADER, sizeof(*out));
	if (!(u16(bytes + 10) & P_META) || out->magic != MAGIC ||
		(out->version & 0x7fffffff) != FORMAT_VERSION)
		fault(c, "page %u is no root of LMDB's", page);
	else if (out->trees[0].pad != STORE_PAGE)
		fault(c, "pages of %u bytes; this machine's have %d", out->trees[0].pad,
			STORE_PAGE);
	return !c->failed;
}

static void check_trees(struct check *c, const struct root *root)
{
	struct walk tables = {.c = c, .name = "of tables", .record = take_table};
	struct walk spare = {.c = c, .name = "of free pages", .record = take_free, .numbers = true};

	walk_tree(&tables, &root->trees[1]);
	walk_tree(&spare, &root->trees[0]);
}

static void check_file(struct check *c)
{
	struct root a, b;
	const struct root *root;
	struct stat st;

	if (fstat(c->fd, &st)) {
		c->error = errno;
		fault(c, "%s", strerror(errno));
	}
	if (c->failed || !read_root(c, 0, &a) || !read_root(c, 1, &b))
		return;
	root = a.transaction < b.transaction ? &b : &a;
	c->pages = root->last_page + 1;
	/* The last ones may be free, and were never written. */
	if (root->last_page < 1 ||
		root->last_page / SPARE_MAX > (uint64_t)st.st_size / STORE_PAGE) {
		fault(c, "%llu pages, where the file holds %llu", (unsigned long long)c->pages,
			(unsigned long long)st.st_size / STORE_PAGE);
		return;
	}
	c->seen = calloc(1, c->pages / 8 + 1);
	if (c->seen)
		check_trees(c, root);
	else
		c->error = ENOMEM;
	free(c->seen);
}

static int check_path(struct check *c, const char *path)
{
	snprintf(c->why, c->why_size, "%s", "");
	c->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (c->fd < 0) {
		c->error = errno;
		snprintf(c->why, c->why_size, "%s", strerror(errno));
		return -c->error;
	}
	check_file(c);
	close(c->fd);
	return c->error ? -c->error : c->failed ? -EBADMSG : 0;
}

int store_check(const char *path, uint64_t *records, char *why, size_t why_size)
{
	struct check c = {.why = why, .why_size = why_size};
	int err = check_path(&c, path);

	*records = c.records;
	return err;
}

int store_check_state(const char *path, const struct store_roots *roots, char *why, size_t why_size)
{
	struct check c = {.roots = roots, .why = why, .why_size = why_size};

	return check_path(&c, path);
}
