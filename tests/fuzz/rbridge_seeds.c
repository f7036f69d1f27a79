/* rbridge_seeds: writes the seeds of fuzz_rbridge into a directory: tests/fuzz/rbridge_seeds
 * DIRECTORY. Some are what node 0 of a virtual campus hears, with its times; others are told by
 * neighbours that the target makes up. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/trill/virtual_campus.h"

#define POINT_TO_POINT 1
#define AUTHENTICATED  2
#define CONFIGURED     4
#define NATIVE         8
#define NEIGHBOURS     16

static const char *dir;

struct seed {
	FILE *out;
	struct virtual_campus *c;
	struct mono told;
};

static FILE *begin(const char *name, uint8_t how)
{
	char path[4096];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	out = fopen(path, "wb");
	if (!out) {
		perror(path);
		exit(1);
	}
	putc(how, out);
	return out;
}

static void wait_ms(FILE *out, uint64_t ms)
{
	while (ms) {
		uint64_t now = ms < 0xffff ? ms : 0xffff;

		putc(2, out);
		putc((int)(now >> 8), out);
		putc((int)(now & 0xff), out);
		ms -= now;
	}
}

static void piece(FILE *out, unsigned int op, const uint8_t *bytes, size_t len)
{
	putc((int)op, out);
	putc((int)(len >> 8), out);
	putc((int)(len & 0xff), out);
	fwrite(bytes, 1, len, out);
}

/* ---- what node 0 hears ---- */

static void on_tap(
	void *arg, unsigned int wire, unsigned int from, const uint8_t *bytes, size_t len)
{
	struct seed *s = arg;
	const struct campus_wire *w = &s->c->wires[wire];
	uint64_t ms = mono_since_ms(s->told, s->c->now);

	for (unsigned int i = 0; w->up && i < w->count; i++) {
		if (w->ends[i].node || i == from)
			continue;
		wait_ms(s->out, ms);
		s->told = mono_add_ms(s->told, ms);
		piece(s->out, (unsigned int)w->ends[i].port << 3, bytes, len);
	}
}

/* Node 0 with three neighbours, of which two have a link, too; or (@shared) all on one wire. @cut:
 * that link is lost for a second. */
static void campus_record(const char *name, uint8_t how, bool shared, bool cut, uint64_t ms)
{
	struct isis_key *key = isis_key_new(ISIS_AUTH_HMAC_MD5, 0, "secret", 6);
	struct campus_options options = {.p2p = how & POINT_TO_POINT,
		.configured = how & CONFIGURED,
		.native = how & NATIVE,
		.hello_ms = 3000,
		.holding_s = 30,
		.trees = {.compute = 2, .max = 3, .use = 1},
		.keys = &key,
		.key_count = how & AUTHENTICATED ? 1 : 0};
	struct seed s = {.out = begin(name, how), .c = campus_new(4, 8, 1, &options)};
	unsigned int link = 0;

	if (!s.c || !key)
		exit(1);
	s.told = s.c->now;
	s.c->tap = on_tap;
	s.c->tap_arg = &s;
	if (shared) {
		campus_wire(s.c, (unsigned int[]){0, 1, 2, 3}, 4, 20000, &options);
	} else {
		for (unsigned int i = 1; i < 4; i++)
			campus_wire(s.c, (unsigned int[]){0, i}, 2, 20000, &options);
		link = campus_wire(s.c, (unsigned int[]){1, 2}, 2, 20000, &options);
	}
	campus_run_ms(s.c, ms / 2);
	if (cut) {
		campus_carrier(s.c, link, false, &options);
		campus_run_ms(s.c, 1000);
		campus_carrier(s.c, link, true, &options);
	}
	campus_run_ms(s.c, ms / 2);
	wait_ms(s.out, 100);
	fclose(s.out);
	campus_free(s.c);
	isis_key_free(key);
}

/* ---- what made-up neighbours say ---- */

static struct lsp_id speaker_id(unsigned int speaker, uint8_t fragment)
{
	return (struct lsp_id){
		.system = {{2, 0, 0, 0, (uint8_t)(speaker + 1), 0}}, .fragment = fragment};
}

/* An LSP with links to node 0 and to speaker @to, and a nickname. */
static void lsp(FILE *out, unsigned int speaker, const struct lsp_id *id, uint32_t sequence,
	uint16_t lifetime_s, uint16_t nickname, unsigned int to)
{
	struct isis_pdu head = {.type = ISIS_LSP,
		.u.lsp = {.lifetime_s = lifetime_s,
			.id = *id,
			.sequence = sequence,
			.flags = ISIS_LSP_LEVEL1}};
	struct capability_nickname claim = {
		.priority = 0xff, .root_priority = 0x9000, .nickname = nickname};
	struct reach reach = {.neighbor = {.system = {{2, 0, 0, 0, 0, 0}}}, .metric = 20000};
	uint8_t pdu[512];
	struct wire_writer w;
	size_t at;

	wire_writer_init(&w, pdu, sizeof(pdu));
	isis_begin(&w, &head);
	at = capability_begin(&w, 0);
	capability_nicknames_put(&w, &claim, 1);
	capability_trees_put(&w, &(struct capability_trees){.compute = 3, .max = 9, .use = 2});
	tlv_end(&w, at, TLV_STANDARD);
	at = tlv_begin(&w, TLV_REACHABILITY, TLV_STANDARD);
	reach_put(&w, &reach);
	reach.neighbor.system = speaker_id(to, 0).system;
	reach_put(&w, &reach);
	tlv_end(&w, at, TLV_STANDARD);
	piece(out, 1 | (speaker % 3) << 3 | speaker << 5, pdu, (size_t)isis_end(&w));
}

static void snp(FILE *out, unsigned int speaker, enum isis_type type, const struct lsp_id *id,
	uint32_t sequence)
{
	struct isis_pdu head = {.type = type};
	struct lsp_entry entries[3] = {
		{.lifetime_s = 1200, .id = *id, .sequence = sequence, .checksum = 0x1234},
		{.lifetime_s = 0, .id = speaker_id(6, 0), .sequence = 9, .checksum = 1},
		{.lifetime_s = 9, .id = speaker_id(7, 3), .sequence = 9, .checksum = 1}};
	uint8_t pdu[512];
	struct wire_writer w;

	memset(&head.u.snp.end, 0xff, sizeof(head.u.snp.end));
	wire_writer_init(&w, pdu, sizeof(pdu));
	isis_begin(&w, &head);
	lsp_entries_put(&w, entries, 3, TLV_STANDARD);
	piece(out, 1 | (speaker % 3) << 3 | speaker << 5, pdu, (size_t)isis_end(&w));
}

static void op(FILE *out, unsigned int what, unsigned int port, unsigned int speaker)
{
	putc((int)(what | port << 3 | speaker << 5), out);
}

static void made_up(const char *name, uint8_t how)
{
	struct lsp_id ours = {.system = {{2, 0, 0, 0, 0, 0}}}, other;
	FILE *out = begin(name, how);

	for (unsigned int i = 0; i < 3; i++) { /* three neighbours in a triangle beside us */
		other = speaker_id(i, 0);
		lsp(out, i, &other, 1, 1200, (uint16_t)(0x200 + i), (i + 1) % 3);
	}
	wait_ms(out, 3000);
	other = speaker_id(0, 0);
	lsp(out, 0, &other, 2, 1200, 0x100, 1); /* claims what we hold */
	lsp(out, 0, &other, 2, 1200, 0x101, 2); /* confusion */
	wait_ms(out, 1500);
	lsp(out, 1, &ours, 0xffffffff, 1200, 0x300, 0);
	wait_ms(out, 1500);
	lsp(out, 1, &ours, 7, 0, 0x300, 0);
	ours.fragment = 99;
	lsp(out, 1, &ours, 7, 1200, 0xffc0, 0);
	ours.pseudonode = 2;
	lsp(out, 1, &ours, 7, 1200, 0xffff, 0);
	snp(out, 0, ISIS_CSNP, &ours, 12);
	snp(out, 1, ISIS_PSNP, &ours, 12);
	other = speaker_id(1, 0);
	snp(out, 2, ISIS_CSNP, &other, 1);
	wait_ms(out, 4000);
	for (unsigned int i = 3; i < 8; i++) /* more than there is room for on a port */
		op(out, 4, 0, i);
	op(out, 5, 0, 0);
	putc(200, out);
	op(out, 3, 1, 0); /* a carrier goes and comes */
	wait_ms(out, 2000);
	op(out, 3, 1, 0);
	op(out, 4, 1, 1);
	for (unsigned int i = 0; i < 8; i++) {
		op(out, 7, i % 3, i); /* stations are learned, move, age and are attested */
		putc(10, out);
		putc((int)i / 2, out);
		wait_ms(out, 20);
	}
	op(out, 6, 2, 0);    /* a port goes by intent */
	wait_ms(out, 40000); /* Holding Times end */
	fclose(out);
}

/* As many LSPs as make the database full, and more. */
static void full(const char *name)
{
	FILE *out = begin(name, CONFIGURED | NEIGHBOURS);

	for (unsigned int i = 0; i < 40; i++) {
		struct lsp_id id = {.system = {{1, 2, 3, 4, 5, (uint8_t)i}}};

		lsp(out, 0, &id, 1, 60, (uint16_t)(0x400 + i), 0);
	}
	wait_ms(out, 65000);
	wait_ms(out, 65000);
	fclose(out);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: rbridge_seeds DIRECTORY\n");
		return 2;
	}
	dir = argv[1];
	campus_record("lan", CONFIGURED, false, false, 8000);
	campus_record("point-to-point", CONFIGURED | POINT_TO_POINT, false, false, 8000);
	campus_record("authenticated", CONFIGURED | AUTHENTICATED, false, false, 6000);
	campus_record("chosen", 0, false, false, 20000);
	campus_record("native", CONFIGURED | NATIVE, false, false, 6000);
	campus_record("shared", CONFIGURED, true, false, 8000);
	campus_record("cut", CONFIGURED, false, true, 10000);
	made_up("made-up", CONFIGURED | NEIGHBOURS);
	made_up("made-up-native", CONFIGURED | NEIGHBOURS | NATIVE);
	made_up("made-up-p2p", CONFIGURED | NEIGHBOURS | POINT_TO_POINT);
	made_up("made-up-key", NEIGHBOURS | AUTHENTICATED);
	full("full");
	return 0;
}
