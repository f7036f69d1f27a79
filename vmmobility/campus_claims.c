/* See campus_claims.h. */
#include "vmmobility/campus_claims.h"

#include <stdlib.h>
#include <string.h>
#include <sys/tree.h>

struct claim {
	RB_ENTRY(claim) link;
	struct agent_campus_card card;
	char port[sizeof(((struct vm_config_vlan *)NULL)->port)]; /* what the card borrows */
	unsigned int round;                                       /* in which it was heard of */
};

RB_HEAD(claim_tree, claim);

struct campus_claims {
	struct claim_tree all;
	unsigned int round;
};

static int claim_order(struct claim *a, struct claim *b)
{
	int order = (a->card.vlan > b->card.vlan) - (a->card.vlan < b->card.vlan);

	return order ? order : memcmp(a->card.mac, b->card.mac, sizeof(a->card.mac));
}

/* Some of what it makes is not used, which RB_GENERATE_STATIC() leaves untold on Linux. */
RB_GENERATE_INTERNAL(claim_tree, claim, link, claim_order, __attribute__((unused)) static)

struct campus_claims *campus_claims_new(void)
{
	struct campus_claims *c = calloc(1, sizeof(*c));

	if (c)
		RB_INIT(&c->all);
	return c;
}

static void drop(struct campus_claims *c, struct claim *claim)
{
	RB_REMOVE(claim_tree, &c->all, claim);
	free(claim);
}

void campus_claims_free(struct campus_claims *c)
{
	struct claim *claim;

	if (!c)
		return;
	while ((claim = RB_ROOT(&c->all)))
		drop(c, claim);
	free(c);
}

static struct claim *find(struct campus_claims *c, const struct agent_campus_card *card)
{
	struct claim key = {.card.vlan = card->vlan};

	memcpy(key.card.mac, card->mac, sizeof(key.card.mac));
	return RB_FIND(claim_tree, &c->all, &key);
}

static bool is_same(const struct claim *claim, const struct agent_campus_card *card)
{
	if (strcmp(claim->port, card->port ? card->port : "") != 0 ||
		claim->card.count != card->count)
		return false;
	for (unsigned int i = 0; i < card->count; i++)
		if (!address_equal(&claim->card.ips[i], &card->ips[i]))
			return false;
	return true;
}

static void set(struct claim *claim, const struct agent_campus_card *card)
{
	claim->card = *card;
	strlcpy(claim->port, card->port ? card->port : "", sizeof(claim->port));
	claim->card.port = *claim->port ? claim->port : NULL;
}

bool campus_claims_say(struct campus_claims *c, const struct agent_campus_card *card)
{
	struct claim *claim = find(c, card);
	bool news = !claim || !is_same(claim, card);

	if (!claim) {
		claim = calloc(1, sizeof(*claim));
		if (!claim)
			return true; /* told, and never taken back */
		set(claim, card);
		RB_INSERT(claim_tree, &c->all, claim);
	}
	if (news)
		set(claim, card);
	claim->round = c->round;
	return news;
}

void campus_claims_keep(struct campus_claims *c, const struct agent_campus_card *card)
{
	struct claim *claim = find(c, card);

	if (claim)
		claim->round = c->round;
}

void campus_claims_forget(struct campus_claims *c, const struct agent_campus_card *card)
{
	struct claim *claim = find(c, card);

	if (claim)
		drop(c, claim);
}

void campus_claims_begin(struct campus_claims *c)
{
	c->round++;
}

void campus_claims_end(struct campus_claims *c,
	void (*gone)(void *arg, const struct agent_campus_card *card), void *arg)
{
	struct claim *claim, *next;

	RB_FOREACH_SAFE (claim, claim_tree, &c->all, next)
		if (claim->round != c->round) {
			gone(arg, &claim->card);
			drop(c, claim);
		}
}
