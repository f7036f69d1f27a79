/* handover_ticket: which of those that ask may have a guest that leaves here. Its agent gives the
 * ticket of its stay, and who is to have it proves that it has the ticket too
 * (lisp/handover_ticket.h, docs/decisions/handover.md). See handover_internal.h. Judges, keeps and
 * tells; what follows for the guest is handover_departure.c's. */
#include "xtr/handover_passage.h"

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#define ID_TEXT 33

void ticket_take(struct agent *a, unsigned int key, const struct handover *h)
{
	struct otk_key one = {.id = a->conf.keys[key].id, .len = (uint8_t)a->conf.keys[key].len};

	OPENSSL_cleanse(&a->given, sizeof(a->given));
	a->gives = false;
	if (!handover_ticket_given(h) || a->conf.keys[key].len > sizeof(one.psk))
		return;
	memcpy(one.psk, a->conf.keys[key].bytes, one.len);
	a->gives = handover_ticket_take(a->room->env->otk, &one, h, &a->given);
	OPENSSL_cleanse(&one, sizeof(one));
	if (!a->gives)
		env_count(a->room->env, XTR_HANDOVER_DROP_TICKET);
}

/* Whose it was before, or another one now: who was told that it has none may be told again. */
static void renew(struct passage *p, const struct agent *a)
{
	if (p->has_ticket == a->gives &&
		(!a->gives || !memcmp(&p->ticket, &a->given, sizeof(p->ticket))))
		return;
	p->has_ticket = a->gives;
	p->ticket = a->given;
	p->told_count = 0;
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++)
		if (p->nexts[i].used)
			p->nexts[i].denied = false;
}

bool ticket_note(struct passage *p, const struct agent *a, const struct handover *h, bool beside)
{
	bool other = memcmp(p->proof, h->proof, sizeof(p->proof)) != 0;

	p->guest = h->guest;
	if (h->state != HANDOVER_RUNNING)
		p->stayed = false;
	if (h->state == HANDOVER_GONE) /* who may have it is as it was */
		return false;
	renew(p, a);
	memcpy(p->proof, h->proof, sizeof(p->proof));
	return other || beside;
}

bool ticket_admits(const struct passage *p, const struct peer *peer)
{
	if (p->has_ticket)
		return handover_ticket_proves(&p->ticket, &peer->agent_id, &p->guest, peer->proof);
	return p->word != HANDOVER_LEAVING; /* it runs here still */
}

static const char *id_text(const uint8_t id[16], char text[ID_TEXT])
{
	for (unsigned int i = 0; i < 16; i++)
		snprintf(text + 2 * i, 3, "%02x", id[i]);
	return text;
}

/* It was not told yet that @agent asks without the ticket of this stay, or not for a while. */
static bool is_news(struct passage *p, const struct handover_id *agent)
{
	bool known = p->told_count == PASSAGE_TOLD_MOST; /* too many to tell of each */

	for (unsigned int i = 0; !known && i < p->told_count; i++)
		known = !memcmp(&p->told[i], agent, sizeof(*agent));
	if (known)
		return share_alarm(p);
	p->told[p->told_count++] = *agent;
	share_alarm(p); /* it counts for those that come again */
	return true;
}

/* Who asked for whose guest: @xtr NULL: this one. Each is counted. */
static void tell(struct passage *p, const struct peer *peer, const uint8_t *xtr,
	const struct handover_id *agent)
{
	struct env *env = p->room->env;
	char eid[EID_TEXT], asker[ID_TEXT], there[ID_TEXT];
	struct router_event e = {.type = ROUTER_MOVE_UNPROVEN,
		.eid = p->node.eid,
		.ifindex = p->ifindex,
		.seq = p->seq,
		.move = p->move,
		.reason = p->reason,
		.ms = (uint32_t)mono_since_ms(p->announced, env->now),
		.agent = p->agent,
		.xtr = xtr,
		.asker = agent->bytes};

	if (peer && peer->locators.count)
		e.rloc = peer->locators.list[0].addr;
	env_count(env, XTR_HANDOVER_UNPROVEN);
	if (!is_news(p, agent))
		return;
	log_limited(env->log, &p->room->unproven, env->now, LOG_LEVEL_WARNING,
		"%s leaves agent \"%s\", and agent %s of xTR %s asks for it without its ticket: refused",
		eid_format(&p->node.eid, eid, sizeof(eid)), p->agent, id_text(agent->bytes, asker),
		xtr ? id_text(xtr, there) : "this site");
	env_event(env, &e);
}

void ticket_deny(struct passage *p, struct peer *peer)
{
	if (!p->has_ticket || peer->denied || peer->heard_only)
		return;
	peer->denied = true;
	tell(p, peer, peer->id.bytes, &peer->agent_id);
}

bool ticket_has_next(const struct passage *p)
{
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++)
		if (peer_stands(&p->nexts[i]) && ticket_admits(p, &p->nexts[i]))
			return true;
	return false;
}

/* It leaves this site's other agent, or has left it and is not known to run anywhere. Where its
 * port fell silent, or another site said that it runs there, that was not the agent's word. */
static bool leaves(const struct passage *p)
{
	if (p->phase == PHASE_HERE)
		return p->word == HANDOVER_LEAVING;
	return p->phase == PHASE_PAUSED && p->word != HANDOVER_RUNNING &&
	       (p->word != HANDOVER_PAUSED || p->in_migration);
}

enum ticket_verdict ticket_bars(struct passage *p, const struct agent *a, const struct handover *h)
{
	if (!leaves(p) || !strcmp(p->agent, a->conf.name) || h->state == HANDOVER_GONE)
		return TICKET_FREE;
	if (p->has_ticket && handover_ticket_proves(&p->ticket, &a->conf.id, &p->guest, h->proof))
		return TICKET_FREE;
	if (p->has_ticket) {
		tell(p, NULL, NULL, &a->conf.id);
		return TICKET_BARRED;
	}
	if (p->word != HANDOVER_LEAVING || p->phase == PHASE_PAUSED)
		return TICKET_FREE;
	/* It is not answered, and says it again, until the other has said what is so now. */
	agent_ask(p->room, p->agent, &p->node.eid);
	return TICKET_LATER;
}

struct peer *ticket_room(struct passage *p, const struct handover *h)
{
	if (!p->has_ticket ||
		!handover_ticket_proves(&p->ticket, &h->agent_id, &p->guest, h->proof))
		return NULL;
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++) {
		struct peer *peer = &p->nexts[i];

		if (ticket_admits(p, peer) || p->to == peer)
			continue;
		peer_clear(peer);
		return peer;
	}
	return NULL;
}
