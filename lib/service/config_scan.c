/* config_scan: the words of a configuration, their nesting and their names, before libconfuse reads
 * the values.
 *
 * libconfuse stops at the first unknown option, counts lines wrongly after some comments, and its
 * scanner keeps its state in statics that survive an unterminated string. So this pass takes
 * comments away, finds unknown, doubled and misplaced names (all of them), and writes the rest
 * again in a form that libconfuse cannot trip over: every value in quotes, on the line where it
 * stood. It knows no kinds of values. */
#include "lib/service/config_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/suggest.h"

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,   /* bare */
	TOKEN_STRING, /* in quotes, which stay */
	TOKEN_APPEND, /* += */
	TOKEN_SIGN,   /* { } = , */
	TOKEN_BAD,    /* told already */
};

struct token {
	enum token_kind kind;
	char sign;
	const char *start;
	size_t len;
};

/* A section that is open. */
struct frame {
	const struct config_option *options;
	size_t id; /* unlike any other section's */
	struct config_place place;
};

/* One name that was seen, to find doubles. */
struct seen {
	size_t frame;
	const struct config_option *row;
	const char *title; /* as written */
	size_t title_len;
	int line;
};

struct scan {
	const char *at, *end;
	int line;       /* of @at */
	int token_line; /* of the last token */
	struct config_mistakes *m;
	struct frame frames[CONFIG_DEPTH_MAX];
	size_t depth, sections;
	struct seen *seen;
	size_t seen_count, seen_room;
	char *out;
	size_t out_len, out_room;
	bool mute; /* within an unknown statement: only newlines are written */
	bool no_memory;
};

static void out_bytes(struct scan *s, const char *bytes, size_t n)
{
	if (s->out_len + n + 1 > s->out_room) {
		size_t room = (s->out_len + n + 1) * 2;
		char *bigger = realloc(s->out, room);

		if (!bigger) {
			s->no_memory = true;
			return;
		}
		s->out = bigger;
		s->out_room = room;
	}
	memcpy(s->out + s->out_len, bytes, n);
	s->out_len += n;
	s->out[s->out_len] = '\0';
}

static void out_text(struct scan *s, const char *text)
{
	if (!s->mute)
		out_bytes(s, text, strlen(text));
}

/* A string in quotes. "${" would be replaced from the environment: not here. */
static void out_quoted(struct scan *s, const struct token *t)
{
	bool bare = t->kind == TOKEN_WORD, single = *t->start == '\'';

	if (s->mute)
		return;
	if (bare)
		out_bytes(s, "\"", 1);
	for (size_t i = 0; i < t->len; i++) {
		if (!bare && !single && t->start[i] == '\\')
			out_bytes(s, t->start + i++, 1);
		else if (!single && (t->start[i] == '$' || t->start[i] == '\\'))
			out_bytes(s, "\\", 1);
		out_bytes(s, t->start + i, 1);
	}
	if (bare)
		out_bytes(s, "\"", 1);
}

static struct config_place here(struct scan *s)
{
	struct config_place place = s->frames[s->depth].place;

	place.line = s->token_line;
	return place;
}

#define REFUSE(s, ...)                                                                             \
	do {                                                                                       \
		struct config_place place_ = here(s);                                              \
		config_mistakes_add((s)->m, false, &place_, __VA_ARGS__);                          \
	} while (0)

static struct token syntax(struct scan *s, const char *what)
{
	REFUSE(s, "%s", what);
	return (struct token){.kind = TOKEN_BAD};
}

static void newline(struct scan *s)
{
	s->line++;
	out_bytes(s, "\n", 1);
}

/* Past spaces and comments. False: a comment without its end. */
static bool skip_space(struct scan *s)
{
	while (s->at < s->end) {
		size_t left = (size_t)(s->end - s->at);

		if (*s->at == '\n') {
			newline(s);
			s->at++;
		} else if (*s->at == ' ' || *s->at == '\t' || *s->at == '\r') {
			s->at++;
		} else if (*s->at == '#' || (left > 1 && !memcmp(s->at, "//", 2))) {
			while (s->at < s->end && *s->at != '\n')
				s->at++;
		} else if (left > 1 && !memcmp(s->at, "/*", 2)) {
			s->token_line = s->line;
			for (s->at += 2; s->end - s->at > 1 && memcmp(s->at, "*/", 2); s->at++)
				if (*s->at == '\n')
					newline(s);
			if (s->end - s->at < 2)
				return false;
			s->at += 2;
		} else {
			break;
		}
	}
	return true;
}

/* The escapes that libconfuse reads and that cannot make a NUL. */
static bool escape_is_right(const char *at, const char *end)
{
	if (at + 1 >= end || isdigit((unsigned char)at[1]))
		return false;
	if (at[1] != 'x')
		return true;
	if (end - at < 3 || !isxdigit((unsigned char)at[2]))
		return false;
	return at[2] != '0' || (end - at > 3 && isxdigit((unsigned char)at[3]) && at[3] != '0');
}

static struct token next_string(struct scan *s)
{
	struct token t = {.kind = TOKEN_STRING, .start = s->at};
	char quote = *s->at++;

	while (s->at < s->end && *s->at != quote) {
		if (*s->at == '\n')
			return syntax(s, "a string without its closing quote on this line");
		if (*s->at == '\\') {
			if (quote == '"' && !escape_is_right(s->at, s->end))
				return syntax(s,
					"an escape that is none of \\\\ \\\" \\n \\t \\xHH "
					"(and not \\x00)");
			if (++s->at < s->end && *s->at == '\n')
				return syntax(s, "a string without its closing quote on this line");
		}
		s->at += s->at < s->end;
	}
	if (s->at >= s->end)
		return syntax(s, "a string without its closing quote on this line");
	s->at++;
	t.len = (size_t)(s->at - t.start);
	return t;
}

static bool ends_word(char c)
{
	return strchr(" \t\r\n#\"'={}()+,*", c) != NULL;
}

static struct token next_token(struct scan *s)
{
	struct token t = {.kind = TOKEN_END};
	bool comment = skip_space(s);

	if (!comment)
		return syntax(s, "a comment without its */");
	s->token_line = s->line;
	if (s->at >= s->end)
		return t;
	t.start = s->at;
	if (*s->at == '"' || *s->at == '\'')
		return next_string(s);
	if (strchr("{}=,", *s->at)) {
		t.kind = TOKEN_SIGN;
		t.sign = *s->at++;
		t.len = 1;
		return t;
	}
	if (s->end - s->at > 1 && !memcmp(s->at, "+=", 2)) {
		t.kind = TOKEN_APPEND;
		s->at += 2;
		t.len = 2;
		return t;
	}
	while (s->at < s->end && !ends_word(*s->at))
		s->at++;
	t.kind = TOKEN_WORD;
	t.len = (size_t)(s->at - t.start);
	if (t.len == 0)
		return syntax(s, "a ( ) + or * outside quotes");
	return t;
}

static bool is_sign(const struct token *t, char sign)
{
	return t->kind == TOKEN_SIGN && t->sign == sign;
}

static bool is_text(const struct token *t)
{
	return t->kind == TOKEN_WORD || t->kind == TOKEN_STRING;
}

/* Names and titles for messages; no control characters, never long. */
static const char *plain(const struct token *t, char *text, size_t size)
{
	bool quoted = t->kind == TOKEN_STRING;
	size_t n = t->len - (quoted ? 2 : 0);

	if (n > size - 1)
		n = size - 1;
	memcpy(text, t->start + quoted, n);
	text[n] = '\0';
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			text[i] = '?';
	return text;
}

size_t config_rows(const struct config_option *options)
{
	size_t n = 0;

	while (options[n].name)
		n++;
	return n;
}

const struct config_option *config_row(
	const struct config_option *options, const char *name, bool *file)
{
	for (const struct config_option *o = options; o->name; o++) {
		size_t n = strlen(o->name);

		*file = false;
		if (!strcmp(o->name, name))
			return o;
		*file = true;
		if (o->kind == CONFIG_SECRET && !strncmp(o->name, name, n) &&
			!strcmp(name + n, "-file"))
			return o;
	}
	return NULL;
}

static void refuse_unknown(struct scan *s, const char *name)
{
	const struct frame *f = &s->frames[s->depth];
	struct suggest near;

	suggest_start(&near, name);
	for (const struct config_option *o = f->options; o->name; o++)
		suggest_offer(&near, o->name);
	if (near.best)
		REFUSE(s, "there is no option `%s` here; did you mean `%s`?", name, near.best);
	else
		REFUSE(s, "there is no option `%s` here", name);
}

static void remember(struct scan *s, const struct config_option *row, const struct token *title)
{
	size_t quoted = title && title->kind == TOKEN_STRING;

	if (s->seen_count == s->seen_room) {
		size_t room = s->seen_room ? s->seen_room * 2 : 64;
		struct seen *bigger = reallocarray(s->seen, room, sizeof(*bigger));

		if (!bigger) {
			s->no_memory = true;
			return;
		}
		s->seen = bigger;
		s->seen_room = room;
	}
	s->seen[s->seen_count++] = (struct seen){.frame = s->frames[s->depth].id,
		.row = row,
		.title = title ? title->start + quoted : "",
		.title_len = title ? title->len - 2 * quoted : 0,
		.line = s->token_line};
}

/* Sort order that brings doubles together, the earlier line first. */
static int seen_order(const void *va, const void *vb)
{
	const struct seen *a = va, *b = vb;
	int c;

	if (a->frame != b->frame)
		return a->frame < b->frame ? -1 : 1;
	if (a->row != b->row)
		return a->row < b->row ? -1 : 1;
	if (a->title_len != b->title_len)
		return a->title_len < b->title_len ? -1 : 1;
	c = memcmp(a->title, b->title, a->title_len);
	return c ? c : a->line - b->line;
}

static void refuse_doubles(struct scan *s)
{
	if (s->seen_count)
		qsort(s->seen, s->seen_count, sizeof(*s->seen), seen_order);
	for (size_t i = 1; i < s->seen_count; i++) {
		const struct seen *a = &s->seen[i - 1], *b = &s->seen[i];
		struct config_place place = s->frames[0].place;

		if (a->frame != b->frame || a->row != b->row || a->title_len != b->title_len ||
			memcmp(a->title, b->title, a->title_len))
			continue;
		if ((a->row->flags & CONFIG_MANY) &&
			(!(a->row->flags & CONFIG_TITLED) || a->row->flags & CONFIG_ALIKE))
			continue;
		place.line = b->line;
		config_mistakes_add(s->m, false, &place,
			"%s %.*s%sstands twice, first on line %d; want it once", a->row->name,
			(int)a->title_len, a->title, a->title_len ? " " : "", a->line);
	}
}

/* Past `{ ... }`, whose opening brace was read. */
static bool skip_block(struct scan *s)
{
	size_t open = 1;
	struct token t;

	do {
		t = next_token(s);
		if (t.kind == TOKEN_END) {
			syntax(s, "the file ends within { ... }; want a }");
			return false;
		}
		open += is_sign(&t, '{');
		open -= is_sign(&t, '}');
	} while (t.kind != TOKEN_BAD && open);
	return t.kind != TOKEN_BAD;
}

/* { a, b, c }, whose opening brace was read. */
static bool scan_list(struct scan *s)
{
	struct token t = next_token(s);

	out_text(s, "{");
	while (!is_sign(&t, '}')) {
		if (t.kind == TOKEN_BAD)
			return false;
		if (!is_text(&t)) {
			syntax(s, "want a value in this list, or }");
			return false;
		}
		out_quoted(s, &t);
		t = next_token(s);
		if (is_sign(&t, ',')) {
			out_text(s, ",");
			t = next_token(s);
			if (is_sign(&t, '}'))
				syntax(s, "a comma before }; want a value");
		} else if (!is_sign(&t, '}')) {
			if (t.kind != TOKEN_BAD)
				syntax(s, "want , or } after a value in a list");
			return false;
		}
	}
	out_text(s, "}");
	return true;
}

/* NAME = was read. */
static bool scan_assignment(
	struct scan *s, const char *name, const struct config_option *row, bool append)
{
	bool list = row && row->kind != CONFIG_SECTION && (row->flags & CONFIG_LIST);
	struct token t;
	bool ok = true;

	if (row && row->kind == CONFIG_SECTION)
		REFUSE(s, "`%s` is a section; want %s { ... }", name, name);
	else if (row && append && !list)
		REFUSE(s, "`%s` takes one value; want = and not +=", name);
	t = next_token(s);
	if (is_sign(&t, '{') && row && row->kind != CONFIG_SECTION && !list)
		REFUSE(s, "`%s` takes one value; want no { ... }", name);
	s->mute = !row || row->kind == CONFIG_SECTION || (!list && (append || is_sign(&t, '{')));
	out_text(s, name);
	out_text(s, append ? "+=" : "=");
	if (is_sign(&t, '{')) {
		ok = scan_list(s);
	} else if (is_text(&t)) {
		out_text(s, list ? "{" : "");
		out_quoted(s, &t);
		out_text(s, list ? "}" : "");
	} else {
		if (t.kind != TOKEN_BAD)
			REFUSE(s, "no value after `%s =`", name);
		ok = false;
	}
	out_text(s, " ");
	s->mute = false;
	return ok;
}

/* A section's opening in libconfuse's form. The title goes in as an option, and a number stands in
 * its place: of two sections with one title libconfuse would keep the last, and the mistakes of the
 * first would not be seen. */
static void out_section(struct scan *s, const struct frame *f, const struct config_option *row,
	const struct token *title)
{
	char text[64];

	out_text(s, row->name);
	if (row->flags & CONFIG_TITLED) {
		snprintf(text, sizeof(text), " \"%zu\"", f->id);
		out_text(s, text);
	}
	snprintf(text, sizeof(text), " { " CONFIG_LINE " = %d ", s->token_line);
	out_text(s, text);
	if ((row->flags & CONFIG_TITLED) && title) {
		out_text(s, CONFIG_TITLE " = ");
		out_quoted(s, title);
		out_text(s, " ");
	}
}

/* NAME { or NAME TITLE { was read. */
static bool scan_section(struct scan *s, const char *name, const struct config_option *row,
	const struct token *title)
{
	struct frame *f;
	char text[80];
	bool ok;

	if (row && row->kind != CONFIG_SECTION)
		REFUSE(s, "`%s` is no section; want %s = value", name, name);
	if (!row || row->kind != CONFIG_SECTION || s->depth + 1 == CONFIG_DEPTH_MAX) {
		s->mute = true;
		ok = skip_block(s);
		s->mute = false;
		return ok;
	}
	if ((row->flags & CONFIG_TITLED) && !title)
		REFUSE(s, "section `%s` needs a title; want %s \"title\" { ... }", name, name);
	else if (!(row->flags & CONFIG_TITLED) && title)
		REFUSE(s, "section `%s` takes no title", name);
	else if (title && memchr(title->start, '\\', title->len))
		REFUSE(s, "a backslash in the title of section `%s`; want plain text", name);
	f = &s->frames[s->depth + 1];
	*f = (struct frame){row->options, ++s->sections, s->frames[s->depth].place};
	out_section(s, f, row, title);
	config_place_enter(&f->place, name, title ? plain(title, text, sizeof(text)) : NULL);
	s->depth++;
	return true;
}

/* One statement from its first token on. */
static bool scan_statement(struct scan *s, const struct token *first)
{
	struct token t, title = {.kind = TOKEN_END};
	const struct config_option *row;
	int line = s->token_line;
	bool file = false;
	char name[64];

	if (first->kind != TOKEN_WORD) {
		syntax(s, s->depth ? "want the name of an option, or }"
				   : "want the name of an option");
		return false;
	}
	row = config_row(s->frames[s->depth].options, plain(first, name, sizeof(name)), &file);
	if (first->len >= sizeof(name))
		row = NULL;
	if (!row)
		refuse_unknown(s, name);
	t = next_token(s);
	if (is_text(&t)) {
		title = t;
		t = next_token(s);
	}
	if (t.kind == TOKEN_BAD)
		return false;
	if (row && t.kind != TOKEN_APPEND && !file)
		remember(s, row, title.kind != TOKEN_END ? &title : NULL);
	if (is_sign(&t, '{'))
		return scan_section(s, name, row, title.kind != TOKEN_END ? &title : NULL);
	if (title.kind == TOKEN_END && (is_sign(&t, '=') || t.kind == TOKEN_APPEND))
		return scan_assignment(s, name, row, t.kind == TOKEN_APPEND);
	s->token_line = line;
	REFUSE(s, "want = or { after `%s`", name);
	return false;
}

static bool scan_all(struct scan *s)
{
	for (;;) {
		struct token t = next_token(s);

		if (t.kind == TOKEN_BAD)
			return false;
		if (t.kind == TOKEN_END) {
			if (s->depth)
				REFUSE(s, "the file ends within this section; want a }");
			return s->depth == 0;
		}
		if (is_sign(&t, '}') && s->depth) {
			s->depth--;
			out_text(s, "} ");
		} else if (!scan_statement(s, &t)) {
			return false;
		}
	}
}

char *config_scan(const struct config_option *schema, const char *name, const char *text,
	size_t len, struct config_mistakes *m)
{
	struct scan s = {.at = text, .end = text + len, .line = 1, .token_line = 1, .m = m};
	bool ok;

	s.frames[0] = (struct frame){.options = schema, .place = {.file = name}};
	out_bytes(&s, "", 0);
	ok = scan_all(&s);
	refuse_doubles(&s);
	free(s.seen);
	if (s.no_memory)
		REFUSE(&s, "no memory to read this file");
	if (ok && !s.no_memory)
		return s.out;
	free(s.out);
	return NULL;
}
