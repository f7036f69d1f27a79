/* verbs: what the table of commands (commands.c) calls: one handler a verb, one file a family. */
#ifndef SUNWARD_CLI_VERBS_H
#define SUNWARD_CLI_VERBS_H

#include "cli/cli.h"
#include "cli/grammar.h"
#include "lib/net/address.h"

struct json_object;

/* The table: all verbs, those of one family together. */
extern const struct command commands[];

int status_show(struct cli *cli, const struct invocation *inv);
int site_show(struct cli *cli, const struct invocation *inv);
int site_add(struct cli *cli, const struct invocation *inv);
int site_del(struct cli *cli, const struct invocation *inv);
int key_show(struct cli *cli, const struct invocation *inv);
int key_add(struct cli *cli, const struct invocation *inv);
int key_retire(struct cli *cli, const struct invocation *inv);
int eid_show(struct cli *cli, const struct invocation *inv);
int eid_add(struct cli *cli, const struct invocation *inv);
int eid_set(struct cli *cli, const struct invocation *inv);
int eid_del(struct cli *cli, const struct invocation *inv);
int eid_claim(struct cli *cli, const struct invocation *inv);
int eid_history(struct cli *cli, const struct invocation *inv);
int eid_watch(struct cli *cli, const struct invocation *inv);
int subscription_show(struct cli *cli, const struct invocation *inv);
int tenant_show(struct cli *cli, const struct invocation *inv);
int rloc_list(struct cli *cli, const struct invocation *inv);
int rloc_drain(struct cli *cli, const struct invocation *inv);
int rloc_undrain(struct cli *cli, const struct invocation *inv);
int cache_show(struct cli *cli, const struct invocation *inv);
int cache_clear(struct cli *cli, const struct invocation *inv);
int local_show(struct cli *cli, const struct invocation *inv);
int away_show(struct cli *cli, const struct invocation *inv);
int ddt_show(struct cli *cli, const struct invocation *inv);
int vm_list(struct cli *cli, const struct invocation *inv);
int vm_show(struct cli *cli, const struct invocation *inv);
int vm_move(struct cli *cli, const struct invocation *inv);
int move_list(struct cli *cli, const struct invocation *inv);
int move_watch(struct cli *cli, const struct invocation *inv);
int trill_status(struct cli *cli, const struct invocation *inv);
int trill_adj(struct cli *cli, const struct invocation *inv);
int trill_lsdb(struct cli *cli, const struct invocation *inv);
int trill_nickname(struct cli *cli, const struct invocation *inv);
int trill_mac(struct cli *cli, const struct invocation *inv);
int trill_station(struct cli *cli, const struct invocation *inv);
int trill_esadi(struct cli *cli, const struct invocation *inv);
int trill_ping(struct cli *cli, const struct invocation *inv);
int trill_trace(struct cli *cli, const struct invocation *inv);
int trill_vlan(struct cli *cli, const struct invocation *inv);
int trill_campus(struct cli *cli, const struct invocation *inv);
int trill_check(struct cli *cli, const struct invocation *inv);
int trill_tree(struct cli *cli, const struct invocation *inv);
int lig_run(struct cli *cli, const struct invocation *inv);
int counters_show(struct cli *cli, const struct invocation *inv);
int config_check(struct cli *cli, const struct invocation *inv);
int store_check_run(struct cli *cli, const struct invocation *inv);
int store_dump_run(struct cli *cli, const struct invocation *inv);
int store_restore_run(struct cli *cli, const struct invocation *inv);
int completion_print(struct cli *cli, const struct invocation *inv);

/* The EID that was typed. False: the mistake is told, and *@code is the exit code. */
bool verb_eid(const struct cli *cli, const struct invocation *inv, const char *text, struct eid *e,
	int *code);
/* A key as it was typed, "ID,ALGORITHM,FILE", with the secret that FILE holds, appended to @keys.
 * What is wrong is told. */
int verb_key(const struct cli *cli, const struct invocation *inv, const char *text,
	struct json_object *keys);
/* GET @path from @daemon; the member @key of the answer (an array) as a new reference in *@rows.
 * With "next" in the answer the pages that follow are fetched too, until there are @limit rows (0:
 * all). */
enum cli_exit verb_rows(const struct cli *cli, const char *daemon, const char *path,
	const char *key, unsigned long limit, struct json_object **rows);
/* GET @path from the daemon at --socket, else from each that runs; appends the answers to @answers
 * (an array). Fails when none runs, or when one refuses. */
enum cli_exit verb_ask_daemons(
	const struct cli *cli, const char *path, struct json_object *answers);

#endif
