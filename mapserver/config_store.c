/* config_store: the section `store`: what is kept on the disk, and how well. */
#include "mapserver/config_internal.h"

static const char *const durability_words[] = {"process", "power", NULL};

const struct config_option mapserver_config_store[] = {
	{.name = "durability",
		.kind = CONFIG_ENUM,
		.words = durability_words,
		.fallback = "process",
		.help = "what an acknowledged change survives: the end of the process, or a loss of "
			"power too"},
	{.name = "size",
		.kind = CONFIG_SIZE,
		.min = 1 << 20,
		.max = INT64_C(1) << 44,
		.fallback = "8GiB",
		.help = "the most the file may grow to; 10 million EIDs take about 1 GiB"},
	{.name = "snapshot-interval",
		.kind = CONFIG_DURATION,
		.min = 0,
		.max = 31536000000,
		.fallback = "1h",
		.help = "a copy is made so often, in case the file is damaged; 0s: never"},
	{0},
};

void mapserver_config_store_load(struct mapserver_config *c, const struct config_section *root)
{
	const struct config_section *s = config_section(root, "store");

	c->store = (struct storage_options){.state_dir = c->state_dir,
		.power = config_number(s, "durability") == 1,
		.size = (uint64_t)config_number(s, "size"),
		.snapshot_s = (uint64_t)config_number(s, "snapshot-interval") / 1000,
		.heal_s = c->server.registration_timeout_s};
}
