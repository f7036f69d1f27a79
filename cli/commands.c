/* commands: the one table of verbs. Parsing, help, completion and the dispatch all read it. */
#include "cli/verbs.h"

#define EXAMPLE_RLOC "198.51.100.1,1,100"

static const struct grammar_option site_add_options[] = {
	{0, "--eid-prefix", "EID", true, "a prefix whose EIDs the site may register"},
	{0, "--key", "ID,ALGORITHM,FILE", true,
		"a key of the site; its secret is the file's content (- for standard input)"},
	{0, "--exact", NULL, false, "only the prefixes themselves, no more-specific EIDs"},
	{0, "--shared", NULL, false, "other sites that say so too hold the prefixes as well"},
	{0, "--proxy-reply", "WHEN", false, "as-registered (default), always, never"},
	{0, "--move", "RULE", false, "last-writer (default), owner-first"},
	{0, "--mac-length", "LENGTH", false, "truncated (default), full"},
	{0, "--mac-scope", "SCOPE", false, "message (default), records"},
	{0, "--replay", "RULE", false, "strict (default), off"},
	{0, "--policy", "POLICY", false, "answer (default), drop"},
	{0, "--replace", NULL, false, "replace the site if there is one of this name"},
	{0},
};

static const struct grammar_option eid_show_options[] = {
	{0, "--site", "NAME", false, "only the mappings of this site"},
	{0, "--under", "EID", false, "only what this EID-prefix covers"},
	{0, "--limit", "N", false, "at most so many (default: all)"},
	{0},
};

#define RLOC_OPTION                                                                                \
	{                                                                                          \
		0, "--rloc", "ADDR,PRIORITY,WEIGHT[,MPRIORITY,MWEIGHT]", true,                     \
			"a locator; none at all makes a negative mapping"                          \
	}
#define TTL_OPTION                                                                                 \
	{                                                                                          \
		0, "--ttl", "MINUTES", false, "time to live, 1-525600 (default 1440)"              \
	}
#define ACTION_OPTION                                                                                  \
	{                                                                                              \
		0, "--action", "ACTION", false,                                                        \
			"of a negative mapping: natively-forward, drop, no-action, send-map-request, " \
			"drop-policy, drop-auth"                                                       \
	}
#define SEQ_OPTION                                                                                 \
	{                                                                                          \
		0, "--seq", "SEQ", false, "only if the mapping is still at this seq"               \
	}

static const struct grammar_option eid_add_options[] = {
	RLOC_OPTION, TTL_OPTION, ACTION_OPTION, {0}};
static const struct grammar_option eid_set_options[] = {
	RLOC_OPTION, TTL_OPTION, ACTION_OPTION, SEQ_OPTION, {0}};
static const struct grammar_option eid_del_options[] = {
	SEQ_OPTION, {0, "--site", "NAME", false, "only what this site has registered"}, {0}};

static const struct grammar_option eid_claim_options[] = {
	{0, "--force", NULL, false, "whatever the site says that has it"},
	{0},
};

static const struct grammar_option ping_options[] = {
	{0, "--count", "N", false, "so many messages, 1 to 10 (default: 3)"},
	{0, "--vlan", "ID", false, "in this VLAN (default: 1)"},
	{0},
};

static const struct grammar_option trace_options[] = {
	{0, "--hops", "N", false, "no farther than that, 1 to 63 (default: 16)"},
	{0, "--vlan", "ID", false, "in this VLAN (default: 1)"},
	{0},
};

static const struct grammar_option cache_options[] = {
	{0, "--limit", "N", false, "at most so many (default: all)"},
	{0},
};

static const struct grammar_option vm_move_options[] = {
	{0, "--to", "HOST", false, "where to: a destination of the agent's configuration"},
	{0, "--dry-run", NULL, false, "move nothing; say what there is against it, if anything"},
	{0, "--there", "SOCKET", false,
		"with --dry-run: that of the agent there; its xTRs are asked, too"},
	{0, "--reason", "REASON", false, "operator (default), planner, evacuation, failover"},
	{0, "--deadline", "MS", false, "given up when the guest has not stopped by then"},
	{0, "--uri", "tcp:ADDRESS:PORT", false, "where a bare QEMU waits for the guest"},
	{0, "--no-wait", NULL, false, "do not wait for its end"},
	{0},
};

static const struct grammar_option move_watch_options[] = {
	{0, "--once", NULL, false, "show what there is now, and end"},
	{0, "--count", "N", false, "end after so many events (on a terminal: tables)"},
	{0},
};

static const struct grammar_option ddt_options[] = {
	{0, "--limit", "N", false, "at most so many referrals, 1-10000 (default 1000)"},
	{0},
};

static const struct grammar_option lig_options[] = {
	{'m', "--map-resolver", "HOST[:PORT]", false,
		"ask this map-resolver (or set LISP_MAP_RESOLVER)"},
	{'c', "--count", "N", false, "Map-Requests before giving up, 1-5 (default 3)"},
	{'t', "--timeout", "SECONDS", false, "wait for each, 1-5 (default 2)"},
	{'s', "--source", "ADDRESS", false, "our locator: send from it, be answered there"},
	{'p', "--port", "PORT", false, "our port (default: any)"},
	{'i', "--instance", "IID", false, "instance-ID of the EID (default 0)"},
	{'b', "--batch", NULL, false, "print KEY=VALUE lines"},
	{'d', "--debug", NULL, false, "print what is sent and what is passed over"},
	{'e', "--no-eid", NULL, false, "refuse to be answered at an EID of the local xTR"},
	{0},
};

static const struct grammar_option counters_options[] = {
	{0, "--all", NULL, false, "also those that are zero (JSON has always all)"},
	{0, "--watch", NULL, false, "print what has changed, again and again"},
	{0, "--interval", "SECONDS", false, "with --watch: 1-3600 (default 1)"},
	{0},
};

static const struct grammar_option config_options[] = {
	{0, "--daemon", "NAME", false,
		"mapserver, xtr, vmagent or rbridge (default: as the file's sections tell)"},
	{0},
};

static const struct grammar_option mac_options[] = {
	{0, "--vlan", "VLAN", false, "only those of this VLAN"},
	{0, "--fgl", "LABEL", false, "only those of this fine-grained label"},
	{0, "--limit", "N", false, "at most so many, 1-1000000 (default 10000)"},
	{0},
};

static const struct grammar_option station_options[] = {
	{0, "--port", "PORT", false, "it is behind this port (default: where frames of it come)"},
	{0, "--ip", "ADDRESS", true, "an IP address of it, of each family 4 at most"},
	{0},
};

static const struct grammar_option campus_options[] = {
	{0, "--svg", "FILE", false, "write it as SVG (- to standard output)"},
	{0},
};

static const struct grammar_option restore_options[] = {
	{0, "--replace", NULL, false, "put the store that is there aside, as data.mdb.replaced"},
	{0},
};

const struct command commands[] = {
	{"status", "", 0, 0, NULL, status_show, "Say who is running and how it is.",
		"sunward status"},
	{"site show", "[NAME]", 0, 1, NULL, site_show,
		"Show the map-server's sites, or one of them.", "sunward site show paris"},
	{"site add", "NAME", 1, 1, site_add_options, site_add, "Add a site that may register EIDs.",
		"sunward site add paris --eid-prefix 10.0.0.0/8 --key 1,hmac-sha256-128,paris.key"},
	{"site del", "NAME", 1, 1, NULL, site_del, "Take a site away; its mappings expire.",
		"sunward site del paris"},
	{"key show", "SITE", 1, 1, NULL, key_show,
		"Show a site's keys, and how many xTRs use each.", "sunward key show paris"},
	{"key add", "SITE ID,ALGORITHM,FILE", 2, 2, NULL, key_add,
		"Add a key to a site; its secret is the file's content (- for standard input).",
		"sunward key add paris 2,hmac-sha256-128,new.key"},
	{"key retire", "SITE ID", 2, 2, NULL, key_retire,
		"Take a key away from a site; the last one stays.", "sunward key retire paris 1"},
	{"eid show", "[EID]", 0, 1, eid_show_options, eid_show,
		"Show the mappings, or that of one EID.", "sunward eid show --under 10.0.0.0/8"},
	{"eid add", "EID", 1, 1, eid_add_options, eid_add,
		"Add a static mapping where there is none.",
		"sunward eid add 10.0.0.7 --rloc " EXAMPLE_RLOC " --ttl 60"},
	{"eid set", "EID", 1, 1, eid_set_options, eid_set,
		"Set a static mapping, whatever was there.",
		"sunward eid set [10]10.0.0.0/24 --rloc " EXAMPLE_RLOC " --rloc 203.0.113.1,2,100"},
	{"eid del", "EID", 1, 1, eid_del_options, eid_del, "Take a mapping away.",
		"sunward eid del 10.0.0.7 --seq 5"},
	{"eid claim", "EID", 1, 1, eid_claim_options, eid_claim,
		"Make an EID that runs behind this xTR its site's, when another has it.",
		"sunward eid claim 10.0.0.7 --force"},
	{"eid history", "EID", 1, 1, NULL, eid_history,
		"Show what became of an EID since it moved first.", "sunward eid history 10.0.0.7"},
	{"eid watch", "[EID]", 0, 1, NULL, eid_watch,
		"Print each change of a mapping as one line of JSON, until interrupted.",
		"sunward eid watch 10.0.0.0/8"},
	{"subscription show", "", 0, 0, cache_options, subscription_show,
		"Show which xTRs the map-server tells of which EIDs.",
		"sunward subscription show --limit 20"},
	{"tenant show", "[NAME]", 0, 1, NULL, tenant_show,
		"Show the map-server's tenants, or one of them: instance-IDs, quotas, use.",
		"sunward tenant show acme"},
	{"rloc list", "", 0, 0, NULL, rloc_list,
		"Show the xTR's locators, and those that it sends to.", "sunward rloc list"},
	{"rloc drain", "ADDRESS", 1, 1, NULL, rloc_drain, "Take a locator of the xTR out of use.",
		"sunward rloc drain 198.51.100.1"},
	{"rloc undrain", "ADDRESS", 1, 1, NULL, rloc_undrain, "Put a drained locator back to use.",
		"sunward rloc undrain 198.51.100.1"},
	{"cache", "", 0, 0, cache_options, cache_show, "Show the xTR's map-cache.",
		"sunward -j cache"},
	{"cache show", "", 0, 0, cache_options, cache_show, "Show the xTR's map-cache.",
		"sunward cache show --limit 20"},
	{"cache clear", "EID", 1, 1, NULL, cache_clear,
		"Forget what the xTR has cached for an EID.", "sunward cache clear 10.0.0.7"},
	{"local", "", 0, 0, NULL, local_show, "Show the EIDs that are behind the xTR.",
		"sunward local"},
	{"away", "", 0, 0, NULL, away_show,
		"Show the EIDs that have left the xTR, and where they are.", "sunward away"},
	{"trill status", "", 0, 0, NULL, trill_status, "Show the RBridge: its nickname and ports.",
		"sunward trill status"},
	{"trill adj", "", 0, 0, NULL, trill_adj,
		"Show the RBridge's neighbours, and how far each adjacency is.",
		"sunward trill adj"},
	{"trill lsdb", "", 0, 0, NULL, trill_lsdb, "Show its link state database.",
		"sunward -j trill lsdb"},
	{"trill nickname", "", 0, 0, NULL, trill_nickname,
		"Show who holds which nickname in the campus, and how it is reached.",
		"sunward trill nickname"},
	{"trill tree", "", 0, 0, NULL, trill_tree,
		"Show the distribution trees as they go through the RBridge.",
		"sunward trill tree"},
	{"trill ping", "NICKNAME", 1, 1, ping_options, trill_ping,
		"Ask an RBridge of the campus whether it is there.", "sunward trill ping 0x0b02"},
	{"trill trace", "NICKNAME", 1, 1, trace_options, trill_trace,
		"Show the RBridges on the way to one.", "sunward trill trace 0x0b02"},
	{"trill check", "", 0, 0, NULL, trill_check,
		"Show the RBridge's continuity checks with others, and which are lost.",
		"sunward trill check"},
	{"trill vlan", "", 0, 0, NULL, trill_vlan,
		"Show for which VLANs the RBridge is appointed forwarder at its ports.",
		"sunward trill vlan"},
	{"trill mac", "", 0, 0, mac_options, trill_mac,
		"Show the end stations that the RBridge knows, and where they are.",
		"sunward trill mac --vlan 10"},
	{"trill station", "add|leave VLAN MAC", 3, 3, station_options, trill_station,
		"Tell the RBridge that an end station is here, or has left the site.",
		"sunward trill station add 10 52:54:00:00:00:01 --port h0 --ip 192.0.2.10"},
	{"trill esadi", "", 0, 0, NULL, trill_esadi,
		"Show with whom the RBridge speaks of end stations, by VLAN.",
		"sunward -j trill esadi"},
	{"trill campus", "", 0, 0, campus_options, trill_campus,
		"Draw the campus as the RBridge's link state database has it.",
		"sunward trill campus --svg campus.svg"},
	{"vm list", "", 0, 0, NULL, vm_list, "Show the guests of this hypervisor.",
		"sunward vm list"},
	{"vm show", "GUEST", 1, 1, NULL, vm_show,
		"Show a guest, by its name or UUID: its addresses, and what the xTRs know of it.",
		"sunward vm show web-1"},
	{"vm move", "GUEST", 1, 1, vm_move_options, vm_move,
		"Move a guest of this hypervisor to another one, live.",
		"sunward vm move web-1 --to tokyo --dry-run"},
	{"move list", "", 0, 0, NULL, move_list,
		"Show the moves of guests, under way and ended, as the xTR or the agent has them.",
		"sunward move list"},
	{"move watch", "", 0, 0, move_watch_options, move_watch,
		"Show them live: a table on a terminal, else each event as a line of JSON.",
		"sunward move watch --count 10"},
	{"ddt show", "", 0, 0, ddt_options, ddt_show,
		"Show what the map-server has delegated, and the referrals it has kept.",
		"sunward ddt show --limit 20"},
	{"lig", "EID|self|self6 [to HOST] [source EID] [from ADDRESS] [count N] [timeout S]", 1, 15,
		lig_options, lig_run, "Ask a map-resolver for an EID's mapping.",
		"sunward lig 10.0.0.7 to 192.0.2.53"},
	{"counters", "", 0, 0, counters_options, counters_show, "Show what the daemons count.",
		"sunward counters --watch --interval 5"},
	{"config check", "FILE", 1, 1, config_options, config_check,
		"Test a configuration file: all its mistakes at once.",
		"sunward config check /etc/sunward/mapserver.conf"},
	{"store check", "DIR", 1, 1, NULL, store_check_run,
		"Look at every page and record of a map-server's store.",
		"sunward store check /var/lib/sunward/mapserver"},
	{"store dump", "DIR", 1, 1, NULL, store_dump_run,
		"Print all that is in it, a line of JSON each; the keys of sites too.",
		"sunward store dump /var/lib/sunward/mapserver > backup.jsonl"},
	{"store restore", "DIR [FILE]", 1, 2, restore_options, store_restore_run,
		"Make a store from the lines of a dump.",
		"sunward store restore /var/lib/sunward/mapserver backup.jsonl"},
	{"completion bash", "", 0, 0, NULL, completion_print,
		"Print bash's completion for sunward.",
		"sunward completion bash > /etc/bash_completion.d/sunward"},
	{0},
};

int completion_print(struct cli *cli, const struct invocation *inv)
{
	grammar_completion(inv->table, cli->out);
	return CLI_OK;
}
