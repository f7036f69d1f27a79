/* See config.h. Here: the file, libconfuse's run over what config_scan leaves, and the checked
 * tree.
 *
 * Every option is given to libconfuse as a pointer whose callback keeps text and line; kinds are
 * checked here afterwards, so that one bad value does not end the reading. */
#include "lib/service/config_internal.h"

#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What libconfuse keeps for one value. */
struct node {
	int line;
	char text[];
};

static int keep_node(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	size_t n = strlen(value) + 1;
	struct node *node = malloc(sizeof(*node) + n);

	if (!node)
		return -1;
	node->line = cfg->line;
	memcpy(node->text, value, n);
	memcpy(result, &node, sizeof(struct node *));
	return 0;
}

static void free_node(void *value)
{
	struct node *node = value;

	if (node)
		explicit_bzero(node->text, strlen(node->text)); /* perhaps a secret */
	free(node);
}

static void free_options(cfg_opt_t *opts)
{
	for (cfg_opt_t *o = opts; o && o->type != CFGT_NONE; o++) {
		free((char *)(uintptr_t)o->name);
		free_options(o->subopts);
	}
	free(opts);
}

static cfg_opt_t value_option(const char *name, bool list)
{
	return (cfg_opt_t){.name = strdup(name),
		.type = CFGT_PTR,
		.flags = CFGF_NODEFAULT | (list ? CFGF_LIST : 0),
		.parsecb = keep_node,
		.freecb = free_node};
}

/* The schema in libconfuse's words: a secret makes two options, a section has hidden ones with its
 * line and title. */
static cfg_opt_t *make_options(const struct config_option *schema)
{
	size_t n = 0;
	cfg_opt_t *opts = calloc(2 * config_rows(schema) + 3, sizeof(*opts));

	if (!opts)
		return NULL;
	for (const struct config_option *o = schema; o->name; o++) {
		char file[80];

		opts[n] = value_option(o->name, o->flags & CONFIG_LIST);
		if (o->kind == CONFIG_SECTION) {
			opts[n].type = CFGT_SEC;
			opts[n].parsecb = NULL;
			opts[n].freecb = NULL;
			opts[n].flags = CFGF_MULTI;
			if (o->flags & CONFIG_TITLED)
				opts[n].flags |= CFGF_TITLE;
			opts[n].subopts = make_options(o->options);
		}
		n++;
		snprintf(file, sizeof(file), "%s-file", o->name);
		if (o->kind == CONFIG_SECRET)
			opts[n++] = value_option(file, false);
	}
	opts[n++] = value_option(CONFIG_LINE, false);
	opts[n++] = value_option(CONFIG_TITLE, false);
	return opts;
}

/* libconfuse's errors carry no argument of ours; what config_scan lets through makes none. */
static void quiet(cfg_t *cfg, const char *format, va_list args)
{
}

#define REFUSE(m, s, at_line, ...)                                                                 \
	do {                                                                                       \
		struct config_place place_ = config_place_of(s);                                   \
		place_.line = (at_line);                                                           \
		config_mistakes_add((m), false, &place_, __VA_ARGS__);                             \
	} while (0)

/* Value @v, whose text is set, checked. */
static bool check_value(struct config_mistakes *m, const struct config_section *s,
	const struct config_option *row, struct config_value *v)
{
	char want[256] = "";
	const char *also;

	if (config_value_read(row, v, want, sizeof(want))) {
		also = row->check ? row->check(v) : NULL;
		if (!also)
			return true;
		snprintf(want, sizeof(want), "%s", also);
	}
	if (row->kind == CONFIG_SECRET)
		REFUSE(m, s, v->line, "%s (not shown) is not right; want %s", row->name, want);
	else
		REFUSE(m, s, v->line, "%s is \"%.80s\"; want %s", row->name, v->text, want);
	return false;
}

/* Keep the next value of @e, whose text is set, when it is right. A wrong one is absent from the
 * tree, so that the daemon's check can go on with the rest. */
static void keep_value(struct config_mistakes *m, struct config_section *s, size_t i)
{
	struct config_entry *e = &s->entries[i];
	struct config_value *v = &e->values[e->count];

	if (check_value(m, s, &s->options[i], v)) {
		e->count++;
		return;
	}
	config_value_fini(&s->options[i], v);
	memset(v, 0, sizeof(*v));
}

static void add_secret_file(
	struct config_mistakes *m, struct config_section *s, size_t i, const struct node *file)
{
	const struct config_option *row = &s->options[i];
	struct config_value *v = &s->entries[i].values[0];
	struct config_place place = config_place_of(s);
	bool open_to_all = false;
	char why[160];

	place.line = file->line;
	if (s->entries[i].given) {
		config_mistakes_add(m, false, &place, "both %s and %s-file; want one of them",
			row->name, row->name);
		return;
	}
	v->line = file->line;
	s->entries[i].given = true;
	if (!config_secret_file(v, file->text, s->config->name, &open_to_all, why, sizeof(why))) {
		config_mistakes_add(
			m, false, &place, "%s-file is \"%.200s\": %s", row->name, file->text, why);
		return;
	}
	if (open_to_all && !(row->flags & CONFIG_PUBLIC))
		config_mistakes_add(m, true, &place,
			"%s-file \"%.200s\" may be read by everyone; want mode 0600 or 0640",
			row->name, file->text);
	keep_value(m, s, i);
}

static void add_fallback(struct config_mistakes *m, struct config_section *s, size_t i)
{
	const struct config_option *row = &s->options[i];
	struct config_entry *e = &s->entries[i];

	if (e->count || e->given)
		return;
	if (row->flags & CONFIG_REQUIRED)
		REFUSE(m, s, s->line, "%s is missing; %s", row->name,
			row->help ? row->help : "it must be given");
	if ((row->flags & CONFIG_REQUIRED) || !row->fallback)
		return;
	e->values[0].text = strdup(row->fallback);
	if (e->values[0].text)
		keep_value(m, s, i);
}

static bool build_values(struct config_mistakes *m, struct config_section *s, size_t i, cfg_t *cfg)
{
	const struct config_option *row = &s->options[i];
	struct config_entry *e = &s->entries[i];
	cfg_opt_t *opt = cfg ? cfg_getopt(cfg, row->name) : NULL, *file;
	unsigned int n = opt ? cfg_opt_size(opt) : 0;
	char name[80];

	e->values = calloc(n ? n : 1, sizeof(*e->values));
	if (!e->values)
		return false;
	for (unsigned int k = 0; k < n; k++) {
		const struct node *node = cfg_opt_getnptr(opt, k);
		struct config_value *v = &e->values[e->count];

		if (!node)
			continue;
		v->line = node->line;
		v->text = strdup(node->text);
		if (!v->text)
			return false;
		keep_value(m, s, i);
	}
	if (row->most && e->count > row->most)
		REFUSE(m, s, e->values[row->most].line, "%s: %zu values; want at most %u",
			row->name, e->count, row->most);
	e->given = n || (opt && opt->flags & CFGF_MODIFIED);
	snprintf(name, sizeof(name), "%s-file", row->name);
	file = cfg && row->kind == CONFIG_SECRET ? cfg_getopt(cfg, name) : NULL;
	if (file && cfg_opt_size(file) && cfg_opt_getnptr(file, 0))
		add_secret_file(m, s, i, cfg_opt_getnptr(file, 0));
	add_fallback(m, s, i);
	return true;
}

static struct config_section *section_new(const struct config *config,
	const struct config_section *parent, const struct config_option *row,
	const struct config_option *options, cfg_t *cfg)
{
	size_t n = config_rows(options);
	struct config_section *s = calloc(1, sizeof(*s) + n * sizeof(s->entries[0]));
	const struct node *line = parent && cfg ? cfg_getptr(cfg, CONFIG_LINE) : NULL;
	const struct node *title = line ? cfg_getptr(cfg, CONFIG_TITLE) : NULL;

	if (!s)
		return NULL;
	s->config = config;
	s->parent = parent;
	s->row = row;
	s->options = options;
	s->count = n;
	s->line = line ? atoi(line->text) : 0;
	s->title.line = title ? s->line : 0;
	s->title.text = strdup(title ? title->text : "");
	return s;
}

static void section_free(struct config_section *s)
{
	for (size_t i = 0; i < s->count; i++) {
		struct config_entry *e = &s->entries[i];

		for (size_t k = 0; e->values && k < e->count; k++)
			config_value_fini(&s->options[i], &e->values[k]);
		free(e->values);
		while (e->first) {
			struct config_section *next = e->first->next;

			section_free(e->first);
			e->first = next;
		}
	}
	free((char *)(uintptr_t)s->title.text);
	free(s);
}

static bool build(struct config_mistakes *m, struct config_section *s, cfg_t *cfg);

static bool check_title(struct config_mistakes *m, struct config_section *s)
{
	struct config_option row = *s->row;
	char want[256] = "";
	const char *also;

	row.kind = row.title ? row.title : CONFIG_STRING;
	if (config_value_read(&row, &s->title, want, sizeof(want))) {
		also = row.check ? row.check(&s->title) : NULL;
		if (!also)
			return true;
		snprintf(want, sizeof(want), "%s", also);
	}
	REFUSE(m, s, s->line, "the title is \"%.80s\"; want %s", s->title.text, want);
	return false;
}

static void append(struct config_entry *e, struct config_section *new)
{
	if (e->last)
		e->last->next = new;
	else
		e->first = new;
	e->last = new;
	e->count++;
}

/* One section of @row in @s; @sub NULL: the file has none, it is of fallbacks. With a wrong title
 * it is checked, and then absent. */
static bool build_section(struct config_mistakes *m, struct config_section *s,
	const struct config_option *row, struct config_entry *e, cfg_t *sub)
{
	struct config_section *new = section_new(s->config, s, row, row->options, sub);
	bool right = true, ok;

	if (!new)
		return false;
	if (row->flags & CONFIG_TITLED) /* one that is missing was told by config_scan */
		right = new->title.line &&check_title(m, new);
	ok = new->title.text &&build(m, new, sub);
	if (ok && right)
		append(e, new);
	else
		section_free(new);
	if (ok && right && row->most && e->count == row->most + 1)
		REFUSE(m, s, new->line, "more than %u sections %s", row->most, row->name);
	return ok;
}

static bool build_sections(
	struct config_mistakes *m, struct config_section *s, size_t i, cfg_t *cfg)
{
	const struct config_option *row = &s->options[i];
	struct config_entry *e = &s->entries[i];
	unsigned int n = cfg ? cfg_size(cfg, row->name) : 0;

	for (unsigned int k = 0; k < n; k++)
		if (!build_section(m, s, row, e, cfg_getnsec(cfg, row->name, k)))
			return false;
	if (!n && (row->flags & CONFIG_ALWAYS) && !build_section(m, s, row, e, NULL))
		return false;
	e->given = n > 0;
	if (!n && (row->flags & CONFIG_REQUIRED))
		REFUSE(m, s, s->line, "section %s is missing; %s", row->name,
			row->help ? row->help : "it must be given");
	return true;
}

/* The checked tree out of libconfuse's (NULL: nothing of it is in the file). False: no memory. */
static bool build(struct config_mistakes *m, struct config_section *s, cfg_t *cfg)
{
	for (size_t i = 0; i < s->count; i++)
		if (!(s->options[i].kind == CONFIG_SECTION ? build_sections(m, s, i, cfg)
							   : build_values(m, s, i, cfg)))
			return false;
	return true;
}

/* libconfuse's tree of the plain text, or NULL. */
static cfg_t *parse(const struct config_option *schema, const char *plain)
{
	cfg_opt_t *opts = make_options(schema);
	cfg_t *cfg = opts ? cfg_init(opts, CFGF_NONE) : NULL;

	free_options(opts);
	if (!cfg)
		return NULL;
	cfg_set_error_function(cfg, quiet);
	if (cfg_parse_buf(cfg, plain) == CFG_SUCCESS)
		return cfg;
	cfg_free(cfg);
	return NULL;
}

static bool fill(struct config *config, const struct config_option *schema, const char *plain,
	struct config_mistakes *m)
{
	cfg_t *cfg = parse(schema, plain);
	struct config_place place = {.file = config->name};
	bool ok = false;

	if (!cfg) {
		config_mistakes_add(m, false, &place,
			"libconfuse refuses what was found right (or there is no memory)");
		return false;
	}
	config->root = section_new(config, NULL, NULL, schema, cfg);
	if (config->root && config->root->title.text)
		ok = build(m, config->root, cfg);
	if (!ok)
		config_mistakes_add(m, false, &place, "no memory to read it");
	cfg_free(cfg);
	return ok;
}

struct config *config_read_text(const struct config_option *schema, const char *name,
	const char *text, size_t len,
	void (*check)(const struct config_section *root, struct config_mistakes *m),
	struct config_mistakes *m)
{
	struct config_place place = {.file = name};
	struct config *config = NULL;
	size_t before = config_errors(m);
	char *plain = NULL;

	if (len > CONFIG_SIZE_MAX) {
		config_mistakes_add(m, false, &place, "it has %zu bytes; want at most %u", len,
			CONFIG_SIZE_MAX);
		return NULL;
	}
	if (memchr(text, 0, len)) {
		config_mistakes_add(m, false, &place, "it holds a NUL byte; want text");
		return NULL;
	}
	plain = config_scan(schema, name, text, len, m);
	if (!plain)
		return NULL;
	config = calloc(1, sizeof(*config));
	if (config && (config->name = strdup(name)) && fill(config, schema, plain, m) && check)
		check(config->root, m);
	explicit_bzero(plain, strlen(plain));
	free(plain);
	if (config && config->root && config_errors(m) == before)
		return config;
	config_free(config);
	return NULL;
}

/* The whole file; -errno. */
static int slurp(const char *path, char **text, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), error = 0;
	size_t used = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	*text = malloc(CONFIG_SIZE_MAX + 1);
	if (!*text)
		error = -ENOMEM;
	while (!error && used <= CONFIG_SIZE_MAX) {
		n = read(fd, *text + used, CONFIG_SIZE_MAX + 1 - used);
		if (n < 0)
			error = -errno;
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	close(fd);
	*len = used;
	if (error)
		free(*text);
	return error;
}

struct config *config_read_file(const struct config_option *schema, const char *path,
	void (*check)(const struct config_section *root, struct config_mistakes *m),
	struct config_mistakes *m)
{
	struct config_place place = {.file = path};
	struct config *config;
	char *text = NULL;
	size_t len = 0;
	int error = slurp(path, &text, &len);

	if (error) {
		config_mistakes_add(m, false, &place, "cannot be read: %s", strerror(-error));
		return NULL;
	}
	config = config_read_text(schema, path, text, len, check, m);
	explicit_bzero(text, len);
	free(text);
	return config;
}

void config_free(struct config *config)
{
	if (!config)
		return;
	if (config->root)
		section_free(config->root);
	free(config->name);
	free(config);
}
