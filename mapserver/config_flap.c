/* config_flap: the section `flap` of the map-server's configuration: what counts as moving too
 * often, and what follows. */
#include "mapserver/config_internal.h"

const struct config_option mapserver_config_flap[] = {
	{.name = "moves",
		.kind = CONFIG_INTEGER,
		.fallback = "10",
		.min = 0,
		.max = MOVES_ROWS,
		.help = "an EID that moves so often within the window flaps; 0: none does"},
	{.name = "window",
		.kind = CONFIG_DURATION,
		.fallback = "1m",
		.min = 1000,
		.max = 86400000,
		.help = "the time in which its moves are counted"},
	{.name = "hold",
		.kind = CONFIG_DURATION,
		.fallback = "10s",
		.min = 0,
		.max = 600000,
		.help = "one that flaps stays where it is so long after each move"},
	{0},
};

void mapserver_config_flap_load(struct server_options *o, const struct config_section *root)
{
	const struct config_section *s = config_section(root, "flap");

	o->flap.moves = config_u32(s, "moves");
	o->flap.window_ms = (uint64_t)config_number(s, "window");
	o->flap.hold_ms = (uint64_t)config_number(s, "hold");
}

void mapserver_config_flap_check(const struct config_section *root, struct config_mistakes *m)
{
	const struct config_section *s = config_section(root, "flap");

	if (config_number(s, "moves") == 1)
		config_refuse(
			m, s, "moves", "1: then every move is too many; 2 or more, or 0 for none");
}
