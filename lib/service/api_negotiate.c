/* api_negotiate: what HTTP lets a client demand of an answer or of the present state: media types,
 * versions (RFC 9110 sections 12.5.1 and 13). */
#include "lib/service/api_internal.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Bytes of the first of a list's elements at @text, commas within quotes passed over. */
static size_t element(const char *text)
{
	bool quoted = false;
	size_t n = 0;

	for (; text[n] && (quoted || text[n] != ','); n++)
		quoted ^= text[n] == '"';
	return n;
}

/* "q=0", "q=0.000": this range is not wanted. */
static bool is_refused(const char *range, size_t n)
{
	const char *end = range + n, *p = range;

	while ((p = memchr(p, ';', (size_t)(end - p)))) {
		for (p++; p < end && isspace((unsigned char)*p);)
			p++;
		if (end - p >= 3 && tolower((unsigned char)*p) == 'q' && p[1] == '=')
			return strtod(p + 2, NULL) <= 0;
	}
	return false;
}

/* How closely the media range names @type: 0 not at all, 1 any, 2 its kind, 3 itself. */
static int closeness(const char *range, size_t n, const char *type)
{
	size_t len = strcspn(range, ";, \t"), kind = strcspn(type, "/") + 1;

	len = len < n ? len : n;
	if (len == 3 && !memcmp(range, "*/*", 3))
		return 1;
	if (len == kind + 1 && !strncasecmp(range, type, kind) && range[kind] == '*')
		return 2;
	return len == strlen(type) && !strncasecmp(range, type, len) ? 3 : 0;
}

/* The closest range decides (RFC 9110 section 12.5.1). */
static bool list_takes(const char *list, const char *type)
{
	int closest = 0;
	bool taken = false;

	while (*list) {
		size_t n;
		int c;

		list += strspn(list, " \t,");
		n = element(list);
		c = closeness(list, n, type);
		if (c > closest) {
			closest = c;
			taken = !is_refused(list, n);
		}
		list += n;
	}
	return taken;
}

bool api_accepts(struct api_request *req, const char *type)
{
	const char *accept = api_header(req, "Accept");

	if (!accept || !*accept || list_takes(accept, type))
		return true;
	api_problem(req, 406, "Accept: %.100s does not take %s, and there is nothing else here",
		accept, type);
	return false;
}

/* "application/json", "application/NAME+json" */
static bool is_json(const char *type)
{
	size_t n = strcspn(type, "; \t");

	if (n == 16 && !strncasecmp(type, "application/json", n))
		return true;
	return n > 17 && !strncasecmp(type, "application/", 12) &&
	       !strncasecmp(type + n - 5, "+json", 5);
}

bool api_sends_json(struct api_request *req)
{
	const char *type = api_header(req, "Content-Type");

	if (!type || is_json(type))
		return true;
	api_problem(req, 415, "Content-Type: %.100s; want application/json", type);
	return false;
}

/* ---- versions ---- */

void api_set_etag(struct api_request *req, uint64_t version)
{
	char text[32];

	snprintf(text, sizeof(text), "\"%" PRIu64 "\"", version);
	api_set_header(req, "ETag", text);
}

/* VERSION or "VERSION". A weak tag never matches strongly, so it is none. */
static bool read_version(const char *text, uint64_t *version)
{
	bool quoted = *text == '"';
	char *end;

	errno = 0;
	text += quoted;
	*version = strtoull(text, &end, 10);
	return isdigit((unsigned char)*text) && !errno && !strcmp(end, quoted ? "\"" : "");
}

/* An entity-tag (RFC 9110 section 8.8.3), of whatever server. */
static bool is_tag(const char *text)
{
	size_t n;

	text += strncmp(text, "W/", 2) ? 0 : 2;
	if (*text != '"')
		return false;
	n = strcspn(text + 1, "\"");
	return text[1 + n] == '"' && !text[2 + n];
}

/* One of the list of If-Match. A tag that no answer of ours has had fits nothing, nor does a weak
 * one (section 13.1.1: the strong comparison). */
static bool add_tag(struct api_conditions *c, const char *text, size_t n)
{
	char one[64];
	uint64_t version;

	while (n && isspace((unsigned char)text[n - 1]))
		n--;
	snprintf(one, sizeof(one), "%.*s", (int)n, text);
	if (n >= sizeof(one))
		return *one == '"' || !strncmp(one, "W/\"", 3); /* longer than any of ours */
	if (!read_version(one, &version))
		return is_tag(one);
	if (c->version_count == API_VERSIONS_MAX)
		return false;
	c->versions[c->version_count++] = version;
	return true;
}

static bool read_match(struct api_conditions *c, const char *list)
{
	bool any = false;

	while (*list) {
		size_t n;

		list += strspn(list, " \t,");
		n = element(list);
		if (n && !add_tag(c, list, n))
			return false;
		any |= n > 0;
		list += n;
	}
	return any;
}

bool api_conditions(struct api_request *req, struct api_conditions *c)
{
	const char *match = api_header(req, "If-Match"), *none = api_header(req, "If-None-Match");

	memset(c, 0, sizeof(*c));
	if (none && strcmp(none, "*") != 0) {
		api_problem(req, 400, "If-None-Match: %.40s; a change takes only *", none);
		return false;
	}
	c->only_new = none;
	c->only_there = match && !strcmp(match, "*");
	c->only_version = match && !c->only_there;
	if (!c->only_version || read_match(c, match))
		return true;
	api_problem(req, 400, "If-Match: %.40s; want *, or ETags with commas between, %d at most",
		match, API_VERSIONS_MAX);
	return false;
}

const char *api_versions_text(
	const uint64_t *versions, unsigned int count, char text[API_VERSIONS_TEXT])
{
	size_t len = 0;

	if (!count)
		return "any that If-Match names";
	for (unsigned int i = 0; i < count && i < API_VERSIONS_MAX; i++)
		len += (size_t)snprintf(text + len, API_VERSIONS_TEXT - len, "%s%" PRIu64,
			i ? " or " : "", versions[i]);
	return text;
}

bool api_version_fits(const struct api_conditions *c, uint64_t version)
{
	bool fits = !c->only_version;

	for (unsigned int i = 0; i < c->version_count; i++)
		fits |= c->versions[i] == version;
	return fits;
}

bool api_not_modified(struct api_request *req, uint64_t version)
{
	const char *list = api_header(req, "If-None-Match");
	uint64_t known;
	char one[32];

	while (list && *list) {
		size_t n;

		list += strspn(list, " \t,");
		n = element(list);
		if (n && n < sizeof(one)) {
			memcpy(one, list, n);
			one[n] = '\0';
			/* Of a GET the weak comparison counts. */
			if (read_version(one + (!strncmp(one, "W/", 2) ? 2 : 0), &known) &&
				known == version) {
				api_reply(req, 304, NULL);
				return true;
			}
		}
		list += n;
	}
	return false;
}
