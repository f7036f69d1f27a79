/* config_value: the text of one option into the kind that its row of the schema names.
 *
 * Each kind says in words what would be right, with the row's legal range. It knows no files but
 * those of secrets. */
#include "lib/service/config_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit durations[] = {
	{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
static const struct unit sizes[] = {
	{"", 1}, {"KiB", 1024}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {NULL, 0}};
static const struct unit numbers[] = {{"", 1}, {NULL, 0}};

static bool bounded(const struct config_option *row)
{
	return row->min || row->max;
}

/* The bound with the largest unit that fits evenly. */
static const char *amount(int64_t v, const struct unit *units, char *text, size_t size)
{
	const struct unit *best = units;

	for (const struct unit *u = units; u->name && v; u++)
		if (v % u->factor == 0)
			best = u;
	snprintf(text, size, "%" PRId64 "%s", v / best->factor, best->name);
	return text;
}

static bool read_number(const char *text, const struct unit *units, int64_t *out)
{
	bool hexadecimal = units == numbers && !strncasecmp(text, "0x", 2);
	char *end;
	int64_t v;

	if (strspn(text, "-0123456789") == 0 || text[0] == '\0')
		return false;
	errno = 0;
	v = strtoll(text, &end, hexadecimal ? 16 : 10);
	if (errno || end == text)
		return false;
	for (const struct unit *u = units; u->name; u++)
		if (!strcmp(end, u->name))
			return !__builtin_mul_overflow(v, u->factor, out);
	return false;
}

static bool read_amount(const struct config_option *row, struct config_value *v,
	const struct unit *units, const char *form, char *want, size_t want_size)
{
	bool bounds = bounded(row);
	char low[40], high[40];

	/* Without bounds of its own no amount is negative; a number may be. */
	if (read_number(v->text, units, &v->number) && (units == numbers || v->number >= 0) &&
		(!bounds || (v->number >= row->min && v->number <= row->max)))
		return true;
	if (bounds)
		snprintf(want, want_size, "%s from %s to %s", form,
			amount(row->min, units, low, sizeof(low)),
			amount(row->max, units, high, sizeof(high)));
	else
		snprintf(want, want_size, "%s", form);
	return false;
}

static bool read_bool(struct config_value *v, char *want, size_t want_size)
{
	static const char *const words[] = {"no", "yes", "false", "true", "off", "on"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcasecmp(v->text, words[i]))
			continue;
		v->number = i & 1;
		return true;
	}
	snprintf(want, want_size, "yes or no");
	return false;
}

static bool read_word(
	const struct config_option *row, struct config_value *v, char *want, size_t want_size)
{
	size_t used;

	for (size_t i = 0; row->words[i]; i++) {
		if (strcmp(v->text, row->words[i]))
			continue;
		v->number = (int64_t)i;
		return true;
	}
	used = (size_t)snprintf(want, want_size, "one of");
	for (size_t i = 0; row->words[i] && used < want_size; i++)
		used += (size_t)snprintf(
			want + used, want_size - used, "%s %s", i ? "," : "", row->words[i]);
	return false;
}

static bool read_length(const struct config_option *row, size_t len, char *want, size_t want_size)
{
	if (!bounded(row) || ((int64_t)len >= row->min && (int64_t)len <= row->max))
		return true;
	snprintf(want, want_size, "%" PRId64 " to %" PRId64 " bytes", row->min, row->max);
	return false;
}

/* The row's check knows which family is wanted, so it words what would be right. */
static bool read_address(
	const struct config_option *row, struct config_value *v, char *want, size_t want_size)
{
	const char *also;

	if (address_parse(&v->address, v->text))
		return true;
	v->address = (struct address){0};
	also = row->check ? row->check(v) : NULL;
	snprintf(want, want_size, "%s",
		also ? also : "an address like 192.0.2.1, 2001:db8::1 or 52:54:00:00:00:01");
	return false;
}

static bool read_eid(struct config_value *v, char *want, size_t want_size)
{
	const char *why = "";

	if (eid_parse(&v->eid, v->text, &why))
		return true;
	snprintf(want, want_size, "an EID like 192.0.2.0/24, 2001:db8::/32 or [7]10.0.0.1/32 (%s)",
		why);
	return false;
}

static bool read_secret(
	const struct config_option *row, struct config_value *v, char *want, size_t want_size)
{
	size_t len = strlen(v->text);

	if (len == 0 || len > CONFIG_SECRET_MAX) {
		snprintf(want, want_size, "a secret of 1 to %d bytes", CONFIG_SECRET_MAX);
		return false;
	}
	if (!read_length(row, len, want, want_size))
		return false;
	v->secret.bytes = (const uint8_t *)v->text;
	v->secret.len = len;
	return true;
}

bool config_value_read(
	const struct config_option *row, struct config_value *v, char *want, size_t want_size)
{
	switch (row->kind) {
	case CONFIG_STRING:
		return read_length(row, strlen(v->text), want, want_size);
	case CONFIG_INTEGER:
		return read_amount(row, v, numbers, "a number", want, want_size);
	case CONFIG_DURATION:
		return read_amount(row, v, durations, "a time like 500ms, 60s, 3m, 12h or 1d", want,
			want_size);
	case CONFIG_SIZE:
		return read_amount(
			row, v, sizes, "a size like 512, 64KiB, 64MiB or 1GiB", want, want_size);
	case CONFIG_BOOL:
		return read_bool(v, want, want_size);
	case CONFIG_ENUM:
		return read_word(row, v, want, want_size);
	case CONFIG_ADDRESS:
		return read_address(row, v, want, want_size);
	case CONFIG_ENDPOINT:
		snprintf(want, want_size,
			"an address, and a port 1-65535, like 192.0.2.1:4342 or [2001:db8::1]:4342");
		return endpoint_parse(&v->endpoint, v->text, row->default_port);
	case CONFIG_EID:
		return read_eid(v, want, want_size);
	case CONFIG_SECRET:
		return read_secret(row, v, want, want_size);
	case CONFIG_SECTION:
		break;
	}
	return false;
}

/* At most CONFIG_SECRET_MAX bytes of a regular file, its one newline at the end cut. */
static int read_file(int fd, char **out, bool *open_to_all)
{
	char *bytes = NULL;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size > CONFIG_SECRET_MAX + 2)
		return -EFBIG;
	bytes = calloc(1, CONFIG_SECRET_MAX + 4);
	if (!bytes)
		return -ENOMEM;
	n = read(fd, bytes, CONFIG_SECRET_MAX + 3);
	if (n < 0 || memchr(bytes, 0, (size_t)n)) {
		explicit_bzero(bytes, CONFIG_SECRET_MAX + 4);
		free(bytes);
		return n < 0 ? -EIO : -EILSEQ;
	}
	if (n > 0 && bytes[n - 1] == '\n')
		bytes[--n] = '\0';
	if (n > 0 && bytes[n - 1] == '\r')
		bytes[--n] = '\0';
	*open_to_all = st.st_mode & S_IROTH;
	*out = bytes;
	return 0;
}

bool config_secret_file(struct config_value *v, const char *path, const char *near,
	bool *open_to_all, char *why, size_t why_size)
{
	const char *slash = strrchr(near, '/');
	char full[4096], *bytes = NULL;
	int fd, error;

	if (*path == '/' || !slash)
		snprintf(full, sizeof(full), "%s", path);
	else
		snprintf(full, sizeof(full), "%.*s/%s", (int)(slash - near), near, path);
	/* Not blocking: the name of a pipe must not hang the daemon. */
	fd = open(full, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	error = fd < 0 ? -errno : read_file(fd, &bytes, open_to_all);
	if (fd >= 0)
		close(fd);
	if (error == -EFBIG)
		snprintf(why, why_size, "want a regular file of at most %d bytes",
			CONFIG_SECRET_MAX);
	else if (error == -EILSEQ)
		snprintf(why, why_size, "it holds a NUL byte; want text");
	else if (error)
		snprintf(why, why_size, "%s", strerror(-error));
	if (error)
		return false;
	v->text = bytes;
	return true;
}

void config_value_fini(const struct config_option *row, struct config_value *v)
{
	char *text = (char *)(uintptr_t)v->text;

	if (row->kind == CONFIG_SECRET && text)
		explicit_bzero(text, strlen(text));
	free(text);
}
