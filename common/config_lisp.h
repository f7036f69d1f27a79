/* config_lisp: the words, options and sections that stand in the configuration of every LISP
 * daemon, and their readers: keys, authentication, locators, control sockets.
 *
 * A daemon puts the rows into its own schema, so that an option has one name, one range and one
 * meaning in all files. Knows lib/service/config and the structs of lisp/; knows no daemon, opens
 * nothing. */
#ifndef SUNWARD_COMMON_CONFIG_LISP_H
#define SUNWARD_COMMON_CONFIG_LISP_H

#include "lib/service/config.h"
#include "lisp/auth.h"
#include "lisp/otk.h"
#include "lisp/record.h"

extern const char *const config_lisp_algorithm_words[];
extern const char *const config_lisp_mac_length_words[];
extern const char *const config_lisp_mac_scope_words[];

/* Rows of a section with a pre-shared key: `algorithm`, `key` (or `key-file`). */
#define CONFIG_LISP_KEY_ROWS                                                                       \
	{.name = "algorithm",                                                                      \
		.kind = CONFIG_ENUM,                                                               \
		.words = config_lisp_algorithm_words,                                              \
		.fallback = "hmac-sha256-128",                                                     \
		.help = "of the message authentication"},                                          \
	{                                                                                          \
		.name = "key", .kind = CONFIG_SECRET, .flags = CONFIG_REQUIRED, .min = 1,          \
		.max = AUTH_KEY_MAX, .help = "the pre-shared key, or key-file"                     \
	}

/* Rows for peers whose messages are authenticated in another way: `mac-length`, `mac-scope`. */
#define CONFIG_LISP_AUTH_ROWS                                                                      \
	{.name = "mac-length",                                                                     \
		.kind = CONFIG_ENUM,                                                               \
		.words = config_lisp_mac_length_words,                                             \
		.fallback = "truncated",                                                           \
		.help = "full: the untruncated MAC of some deployed code"},                        \
	{                                                                                          \
		.name = "mac-scope", .kind = CONFIG_ENUM, .words = config_lisp_mac_scope_words,    \
		.fallback = "message",                                                             \
		.help = "records: the MAC ends with the last record, to the letter of RFC 9301"    \
	}

/* Row of sections @section, titled by a key-id, with a `key` (or `key-file`) for LISP-SEC. */
extern const struct config_option config_lisp_otk_options[];
#define CONFIG_LISP_OTK_ROW(section)                                                               \
	{                                                                                          \
		.name = (section), .kind = CONFIG_SECTION, .flags = CONFIG_MANY | CONFIG_TITLED,   \
		.options = config_lisp_otk_options, .title = CONFIG_INTEGER, .max = 255,           \
		.most = OTK_KEYS_MAX,                                                              \
		.help = "shared for LISP-SEC, titled by its key-id; the first wraps, two may live" \
	}

/* Row of the root: the control sockets, @count at most. */
#define CONFIG_LISP_LISTEN_ROW(count)                                                              \
	{                                                                                          \
		.name = "listen", .kind = CONFIG_ENDPOINT, .flags = CONFIG_LIST | CONFIG_AT_START, \
		.most = (count), .default_port = LISP_CONTROL_PORT,                                \
		.help = "control sockets; default: 0.0.0.0 and ::, port 4342"                      \
	}

/* Options of a section that is titled by a locator's address: priorities and weights. */
extern const struct config_option config_lisp_locator_options[];

/* .check of an address, or of a title that is one. */
const char *config_lisp_want_unicast(const struct config_value *v);
/* .check of a string that is an xTR-ID, and its value. */
const char *config_lisp_want_xtr_id(const struct config_value *v);
struct lisp_xtr_id config_lisp_xtr_id(const struct config_value *v);

/* .check of a duration that goes on the wire as a TTL. */
const char *config_lisp_want_minutes(const struct config_value *v);

/* Readers of the rows above, from a checked section. */

/* NULL when no key was given; else its bytes, borrowed, with the algorithm in *@alg. */
const struct config_value *config_lisp_key(const struct config_section *s, enum auth_alg *alg);
/* The sections @section of @s. */
void config_lisp_otk(const struct config_section *s, const char *section, struct otk_keys *keys);
/* One key-id in two of them, written differently, is a mistake. */
void config_lisp_otk_check(
	const struct config_section *s, const char *section, struct config_mistakes *m);
struct auth_options config_lisp_auth(const struct config_section *s);
struct lisp_locator config_lisp_locator(const struct config_section *s);
/* Fill @listen, of @most entries (2 at least), with the values of `listen` or its default. Returns
 * their number. */
unsigned int config_lisp_listen(
	const struct config_section *root, struct endpoint *listen, unsigned int most);

#endif
