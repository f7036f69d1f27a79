/* Any bytes as a configuration: no crash, and either a config or a mistake that is told. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/service/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const words[] = {"one", "two", NULL};

static const struct config_option inner[] = {
	{.name = "eid", .kind = CONFIG_EID, .flags = CONFIG_LIST},
	{.name = "word", .kind = CONFIG_ENUM, .words = words, .fallback = "one"},
	{.name = "time", .kind = CONFIG_DURATION, .min = 1, .max = 1000},
	{.name = NULL},
};

/* No secret here: a fuzzer must not open files by name. */
static const struct config_option schema[] = {
	{.name = "number", .kind = CONFIG_INTEGER, .min = -5, .max = 500},
	{.name = "size", .kind = CONFIG_SIZE},
	{.name = "bool", .kind = CONFIG_BOOL},
	{.name = "address", .kind = CONFIG_ADDRESS, .flags = CONFIG_LIST},
	{.name = "endpoint", .kind = CONFIG_ENDPOINT, .flags = CONFIG_REQUIRED},
	{.name = "text", .kind = CONFIG_STRING, .min = 1, .max = 9},
	{.name = "one", .kind = CONFIG_SECTION, .options = inner},
	{.name = "many", .kind = CONFIG_SECTION, .flags = CONFIG_MANY, .options = inner},
	{.name = "named",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = inner},
	{.name = NULL},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_mistakes *m = config_mistakes_new();
	struct config *c;
	bool warning;

	if (!m)
		return 0;
	c = config_read_text(schema, "fuzz.conf", (const char *)data, size, NULL, m);
	if (!c != (config_errors(m) > 0))
		abort();
	for (size_t i = 0; config_mistake(m, i, &warning); i++)
		if (!memmem(config_mistake(m, i, &warning), 9, "fuzz.conf", 9) && i < 200)
			abort();
	config_free(c);
	config_mistakes_free(m);
	return 0;
}
