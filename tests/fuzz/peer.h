/* peer: somebody who holds a site's keys, against the map-server's real core: the world that
 * fuzz_peer plays in, and the messages that he can make.
 *
 * Site "a" is his; site "b" is an honest tenant's of the same map-server, with prefixes beside and
 * inside those of "a"; one prefix they share. */
#ifndef SUNWARD_TESTS_FUZZ_PEER_H
#define SUNWARD_TESTS_FUZZ_PEER_H

#include "tests/fuzz/script.h"
#include "tests/replay/ddt_world.h"

#define PEER_BYTES 2048 /* of a message */
#define PEER_SAID  8    /* of what the map-server sent, the latest is remembered */
#define PEER_KEPT  4    /* of what was sent to it */

/* The first byte of an input. */
enum peer_config {
	PEER_TREE = 1, /* it is a node of the DDT tree, and searches in it */
	PEER_OWNER_FIRST = 2,
	PEER_REPLAY_OFF = 4,
	PEER_RECORDS_ONLY = 8, /* mac-scope */
	PEER_FULL_LENGTH = 16,
	PEER_PROXY_ALWAYS = 32,
	PEER_NARROW = 64, /* "a" has only a part of its prefixes */
	PEER_DROP_POLICY = 128,
};

/* A message that waits for an acknowledgement. */
struct peer_said {
	enum lisp_type type;
	uint64_t nonce, seq;
	struct eid eid;
};

struct peer_kept {
	bool changed;   /* it changed a mapping, and its nonce counted */
	uint8_t config; /* then */
	size_t len;
	char from[32];
	uint8_t bytes[PEER_BYTES];
};

struct peer {
	struct world *w;
	uint8_t config;
	bool reloaded;
	uint64_t nonce;   /* the last of his */
	uint64_t nonce_b; /* the last of the honest one's */
	unsigned int said_at, kept_at;
	struct peer_said said[PEER_SAID];
	struct peer_kept kept[PEER_KEPT];
	/* The last DDT Map-Request of the map-server's. */
	struct endpoint asked;
	uint64_t asked_nonce;
	struct eid asked_eid;
};

/* A message on its way. */
struct peer_message {
	enum lisp_type type;
	char from[32];
	size_t len;
	uint8_t bytes[PEER_BYTES];
};

void peer_start(struct peer *p, uint8_t config);
void peer_end(struct peer *p);
/* The site table by @config; the first one of the run has all prefixes. */
struct site_table *peer_sites(uint8_t config);
/* The operator's file has changed. */
void peer_reload(struct peer *p, uint8_t config);
/* The map-server ends and starts anew with its store. */
void peer_restart(struct peer *p, bool killed);
/* An EID of the list, by its number. */
#define PEER_EIDS 25
struct eid peer_eid(unsigned int i);
/* Remember what was sent that he may answer. */
void peer_listen(struct peer *p);

/* ---- his messages: built, changed, then signed (peer_message.c) ---- */
void peer_register(struct peer *p, struct script *s, struct peer_message *m);
void peer_move(struct peer *p, struct script *s, struct peer_message *m);
/* A PREPARE of the handover. */
void peer_prepare(struct peer *p, struct script *s, struct peer_message *m);
void peer_ack(struct peer *p, struct script *s, struct peer_message *m);
void peer_request(struct peer *p, struct script *s, struct peer_message *m);
void peer_referral(struct peer *p, struct script *s, struct peer_message *m);
/* Any other type; 7, an Info-Request or Info-Reply, signed. */
void peer_other(struct peer *p, struct script *s, struct peer_message *m);

/* ---- what must hold (peer_oracle.c) ---- */
struct oracle;
struct oracle *oracle_new(void);
void oracle_free(struct oracle *o);
/* Before and after one datagram of his. @plain: nothing else can have happened. */
void oracle_before(struct oracle *o, struct peer *p);
void oracle_after(struct oracle *o, struct peer *p, const struct peer_message *m);
/* At any time: numbers, limits, whose EIDs. */
void oracle_look(struct oracle *o, struct peer *p);
/* What stands now, and nothing of how long: the same as long as no mapping changes. */
uint64_t oracle_stands(struct oracle *o, struct peer *p);
/* After a restart: nothing that was committed is gone. */
void oracle_restarted(struct oracle *o, struct peer *p);

#endif
