/* config_internal: what the files of config share among themselves. See config.h. */
#ifndef SUNWARD_LIB_SERVICE_CONFIG_INTERNAL_H
#define SUNWARD_LIB_SERVICE_CONFIG_INTERNAL_H

#include <stdarg.h>

#include "lib/service/config.h"

#define CONFIG_DEPTH_MAX 8         /* sections within sections */
#define CONFIG_LINE      "__line"  /* hidden option of each section: its line */
#define CONFIG_TITLE     "__title" /* hidden option of a titled section */
#define CONFIG_PATH_TEXT 256

/* The values or sections of one row of the schema within one section. */
struct config_entry {
	struct config_value *values;
	size_t count;
	bool given;
	struct config_section *first, *last;
};

struct config_section {
	const struct config *config;
	const struct config_section *parent;
	const struct config_option *row;     /* NULL: the root */
	const struct config_option *options; /* its schema */
	struct config_section *next;         /* of the same name */
	struct config_value title;           /* text "" without title */
	int line;
	size_t count; /* rows of options */
	struct config_entry entries[];
};

struct config {
	char *name;
	struct config_section *root;
};

/* Where a mistake is. */
struct config_place {
	const char *file;
	int line;
	char path[CONFIG_PATH_TEXT]; /* "site \"paris\": ", or "" */
};

void config_mistakes_add(struct config_mistakes *m, bool warning, const struct config_place *place,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
void config_mistakes_vadd(struct config_mistakes *m, bool warning, const struct config_place *place,
	const char *format, va_list args) __attribute__((format(printf, 4, 0)));
/* Where @s begins. */
struct config_place config_place_of(const struct config_section *s);
/* Append "NAME \"TITLE\": " to the place's path. */
void config_place_enter(struct config_place *place, const char *name, const char *title);

/* config_scan: check words, names and nesting of @text against @schema, note what is wrong in @m,
 * and write what is right in libconfuse's plainest form, line by line the same. NULL after a syntax
 * error or without memory. Free with free(). */
char *config_scan(const struct config_option *schema, const char *name, const char *text,
	size_t len, struct config_mistakes *m);

/* Find the row of @name; a secret's row answers to "NAME-file" as well, told by *@file. */
const struct config_option *config_row(
	const struct config_option *options, const char *name, bool *file);
size_t config_rows(const struct config_option *options);

/* config_value: read v->text as row says. False: @want says what would be right. */
bool config_value_read(
	const struct config_option *row, struct config_value *v, char *want, size_t want_size);
/* Read the secret's file @path, relative to the directory of @near. False with the reason in @why;
 * *@open: others may read it. */
bool config_secret_file(struct config_value *v, const char *path, const char *near, bool *open,
	char *why, size_t why_size);
void config_value_fini(const struct config_option *row, struct config_value *v);

#endif
