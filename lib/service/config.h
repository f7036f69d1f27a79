/* config: a daemon's configuration file, read against the daemon's schema.
 *
 * The language is libconfuse's: `option = value`, `list = {a, b}`, `section "title" { ... }`,
 * comments with # and slash-star. Every option is checked here, and all mistakes of a file are
 * listed at once, each with file, line, section, option, the value given and what would be right;
 * only a true syntax error stops the reading. This room knows no daemon: what options there are is
 * the schema's. It opens the file and files of secrets, and nothing else (no include, at most 4
 * MiB). libconfuse's scanner keeps static state: one thread reads at a time. */
#ifndef SUNWARD_LIB_SERVICE_CONFIG_H
#define SUNWARD_LIB_SERVICE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net/address.h"

#define CONFIG_SIZE_MAX   (4u << 20) /* bytes of a configuration file */
#define CONFIG_SECRET_MAX 4096       /* bytes of a secret */

enum config_kind {
	CONFIG_SECTION,
	CONFIG_STRING,   /* min, max: length in bytes */
	CONFIG_INTEGER,  /* decimal or 0x hexadecimal; min, max */
	CONFIG_BOOL,     /* yes no true false on off */
	CONFIG_ENUM,     /* one of .words; its number is the word's index */
	CONFIG_DURATION, /* 500ms 60s 3m 12h 1d; number, min and max in milliseconds */
	CONFIG_SIZE,     /* 512 64KiB 64MiB 1GiB; number, min and max in bytes */
	CONFIG_ADDRESS,  /* IPv4, IPv6 or MAC */
	CONFIG_ENDPOINT, /* address and port; .default_port when the port is left out (0: must be
			    given) */
	CONFIG_EID,      /* [IID]ADDRESS/LENGTH; host bits must be zero */
	CONFIG_SECRET,   /* `NAME = "text"`, or `NAME-file = "path"` (its one newline at the end is
			    cut) */
};

enum config_flag {
	CONFIG_REQUIRED = 1,
	CONFIG_LIST = 2,    /* an option: {a, b, c}, and += adds */
	CONFIG_MANY = 4,    /* a section that may stand more than once */
	CONFIG_TITLED = 8,  /* a section with a title, unique among its like (but see ALIKE) */
	CONFIG_ALWAYS = 16, /* an untitled section that is there, with its fallbacks, also when the
			       file leaves it out */
	CONFIG_AT_START = 32, /* read at the start only: a reload that changes it is told so. Of an
				 untitled section: all in it */
	CONFIG_PUBLIC = 64,   /* a SECRET that is none (a public key): all may read its file */
	CONFIG_ALIKE = 128,   /* TITLED, but several may have one title */
};

struct config_value {
	int line;
	const char *text; /* as written, without quotes */
	int64_t number;   /* INTEGER, BOOL, ENUM, DURATION (ms), SIZE (bytes) */
	union {
		struct address address;
		struct endpoint endpoint;
		struct eid eid;
		struct {
			const uint8_t *bytes; /* zeroed by config_free() */
			size_t len;
		} secret;
	};
};

/* One row of a schema; the table ends with a row without name. A value that is neither given nor
 * required is read from .fallback; without one it is absent. min = max = 0: any. */
struct config_option {
	const char *name;
	enum config_kind kind;
	unsigned int flags;
	const char *fallback;
	int64_t min, max;
	const char *const *words; /* ENUM: NULL at the end */
	uint16_t default_port;
	unsigned int most; /* values of a LIST, or sections of MANY; 0: any number */
	const struct config_option *options; /* SECTION */
	/* TITLED: the kind that a title is read as, with .min, .max and .default_port; default:
	 * CONFIG_STRING */
	enum config_kind title;
	/* More to check than the kind says, of a value or of a title: NULL when right, else what
	 * would be right, in words (a literal). */
	const char *(*check)(const struct config_value *value);
	const char *help; /* one line for people */
};

/* The list of what is wrong, in the order of lines. */
struct config_mistakes;
struct config_mistakes *config_mistakes_new(void);
void config_mistakes_free(struct config_mistakes *m);
size_t config_errors(const struct config_mistakes *m);   /* how many make the file unusable */
size_t config_warnings(const struct config_mistakes *m); /* how many do not */
/* The @i-th of all, "FILE:LINE: section \"title\": option: ..."; NULL after the last. */
const char *config_mistake(const struct config_mistakes *m, size_t i, bool *warning);

struct config;
struct config_section;

/* Read and check @path (or @text, called @name in messages). NULL when there was an error; what was
 * wrong is appended to @m either way. Free with config_free().
 * @check: what the schema cannot say, appended to @m; it must change nothing. It sees what is
 * right: wrong values, and sections with wrong titles, are absent from its tree (config_errors(m)
 * tells that there are some). Does not run after a syntax error. May be NULL. */
struct config *config_read_file(const struct config_option *schema, const char *path,
	void (*check)(const struct config_section *root, struct config_mistakes *m),
	struct config_mistakes *m);
struct config *config_read_text(const struct config_option *schema, const char *name,
	const char *text, size_t len,
	void (*check)(const struct config_section *root, struct config_mistakes *m),
	struct config_mistakes *m);
void config_free(struct config *config);

/* Sections borrow from the config. */
const struct config_section *config_root(const struct config *config);
const char *config_name(const struct config *config); /* its path, or what the text was called */
/* The first section @name of @s, or NULL; then the next of the same name, or NULL. */
const struct config_section *config_section(const struct config_section *s, const char *name);
const struct config_section *config_section_next(const struct config_section *s);
const char *config_title(const struct config_section *s); /* "" without title */
/* The title, read as the schema says. */
const struct config_value *config_title_value(const struct config_section *s);
int config_line(const struct config_section *s);

/* Values of an option of @s, which must be in the schema with the fitting kind (else the program
 * aborts).
 * @config_values: borrowed array of *@count; the fallback counts as one value. */
const struct config_value *config_values(
	const struct config_section *s, const char *option, size_t *count);
/* The first value, or NULL when absent. */
const struct config_value *config_value(const struct config_section *s, const char *option);
/* It stands in the file, and is not the fallback. */
bool config_given(const struct config_section *s, const char *option);
/* The number or text of the first value; 0 or NULL when absent. */
int64_t config_number(const struct config_section *s, const char *option);
uint32_t config_u32(const struct config_section *s, const char *option); /* for .max <= 2^32 - 1 */
bool config_bool(const struct config_section *s, const char *option);
const char *config_text(const struct config_section *s, const char *option);

/* A mistake that only the daemon can see (two options that do not go together, ...). @option may be
 * NULL: the section itself. The line is the option's or the section's. */
void config_refuse(struct config_mistakes *m, const struct config_section *s, const char *option,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
void config_warn(struct config_mistakes *m, const struct config_section *s, const char *option,
	const char *format, ...) __attribute__((format(printf, 4, 5)));
/* What of a configuration is in use until the daemon ends: the values of all CONFIG_AT_START rows
 * as text, secrets left out. NULL when out of memory. */
struct config_frozen;
struct config_frozen *config_frozen_new(const struct config *config);
void config_frozen_free(struct config_frozen *f);
/* A warning for each of them that @fresh, of the same schema, has otherwise. */
void config_frozen_warn(
	const struct config_frozen *f, const struct config *fresh, struct config_mistakes *m);

#endif
