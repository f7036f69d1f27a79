/* See snoop.h. Here: interfaces, and what is heard behind them. */
#include "vmmobility/snoop.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/net/arp_nd.h"
#include "vmmobility/snoop_internal.h"

#define RARP_BYTES 42 /* RFC 903, of Ethernet and IPv4 */

/* ---- interfaces ---- */

static const struct snoop_rule *rule_of(const struct snoop *s, const char *name)
{
	for (unsigned int i = 0; i < s->policy.rule_count; i++)
		if (!fnmatch(s->policy.rules[i].pattern, name, 0))
			return &s->policy.rules[i];
	return NULL;
}

/* By @ifindex; 0: a place that is free. */
static struct snoop_port *port_at(struct snoop *s, int ifindex)
{
	for (unsigned int i = 0; i < SNOOP_PORTS_MAX; i++)
		if (s->ports[i].ifindex == ifindex)
			return &s->ports[i];
	return NULL;
}

static struct snoop_port *port_new(
	struct snoop *s, const struct snoop_link *link, const struct snoop_rule *rule)
{
	struct snoop_port *port = port_at(s, 0);

	if (!port) {
		vm_count(s->env, VM_SNOOP_LIMIT);
		log_limited(s->env->log, &s->full_log, s->env->now, LOG_LEVEL_WARNING,
			"interface %s is not listened to: there are %d already", link->name,
			SNOOP_PORTS_MAX);
		return NULL;
	}
	*port = (struct snoop_port){.ifindex = link->ifindex, .rule = rule};
	port->heard = s->ops.listen(s->ops.arg, link->ifindex, true);
	log_info(s->env->log, "interface %s: guests behind it are looked for%s", link->name,
		port->heard ? "" : " in the bridges' and neighbours' tables only");
	return port;
}

static void port_free(struct snoop *s, struct snoop_port *port, bool gone)
{
	snoop_card_unplug(s, port, gone);
	s->ops.listen(s->ops.arg, port->ifindex, false);
	port->ifindex = 0;
}

void snoop_unlink(struct snoop *s, int ifindex)
{
	struct snoop_port *port = ifindex ? port_at(s, ifindex) : NULL;

	if (port)
		port_free(s, port, true);
}

void snoop_link(struct snoop *s, const struct snoop_link *link)
{
	const struct snoop_rule *rule = rule_of(s, link->name);
	struct snoop_port *port = port_at(s, link->ifindex);
	bool ran;

	if (!rule) {
		snoop_unlink(s, link->ifindex); /* it has another name now */
		return;
	}
	if (!port)
		port = port_new(s, link, rule);
	if (!port)
		return;
	ran = port->running;
	port->rule = rule;
	port->master = link->master;
	port->running = link->running;
	memcpy(port->mac, link->mac, sizeof(port->mac));
	strncpy(port->name, link->name, sizeof(port->name) - 1);
	if (ran && !port->running)
		snoop_card_unplug(s, port, true);
}

void snoop_sweep(struct snoop *s, bool (*is_there)(void *arg, int ifindex), void *arg)
{
	for (unsigned int i = 0; i < SNOOP_PORTS_MAX; i++)
		if (s->ports[i].ifindex && !is_there(arg, s->ports[i].ifindex))
			port_free(s, &s->ports[i], true);
}

/* ---- events ---- */

/* A request or an answer of RARP: its sender is there. libvirt and QEMU send them for a guest. */
static bool is_rarp(const uint8_t *frame, size_t len)
{
	static const uint8_t head[] = {0x80, 0x35, 0, 1, 8, 0, 6, 4, 0};

	return len >= RARP_BYTES && !memcmp(frame + 12, head, sizeof(head)) &&
	       (frame[21] == 3 || frame[21] == 4);
}

static bool is_usable_mac(const uint8_t mac[6])
{
	static const uint8_t none[6];

	return !(mac[0] & 1) && memcmp(mac, none, sizeof(none)) != 0;
}

/* The address that the frame says its sender has; NULL: none. An advertisement that answers to one
 * card alone need not name the sender's (RFC 4861 section 4.4). */
static const struct address *told_by(const struct arp_nd *m)
{
	const struct address *told = arp_nd_told(m);

	return !told && m->type == ND_ADVERT && !m->has_mac ? &m->target : told;
}

static void take_arp_nd(struct snoop *s, struct snoop_port *port, const struct arp_nd *m)
{
	const struct address *told = told_by(m);
	struct snoop_card *card;

	if (m->has_mac && memcmp(m->mac, m->eth_from, sizeof(m->mac)) != 0) {
		vm_count(s->env, VM_SNOOP_MALFORMED); /* it speaks for another card */
		return;
	}
	card = snoop_card_heard(s, port, m->eth_from);
	if (card && told)
		snoop_card_learn(card, told);
}

void snoop_frame(struct snoop *s, int ifindex, const uint8_t *frame, size_t len)
{
	const struct limit_rate rate = limit_per_s(SNOOP_FRAMES_PER_S, 2 * SNOOP_FRAMES_PER_S);
	struct snoop_port *port = ifindex ? port_at(s, ifindex) : NULL;
	const char *why;
	struct arp_nd m;

	if (!port || !port->running)
		return;
	if (!limit_take(&port->frames, &rate, s->env->now)) {
		vm_count(s->env, VM_SNOOP_RATE);
		return;
	}
	vm_count(s->env, VM_SNOOP_FRAMES);
	if (len < 14 || !is_usable_mac(frame + 6)) {
		vm_count(s->env, VM_SNOOP_MALFORMED);
	} else if (is_rarp(frame, len)) {
		if (memcmp(frame + 6, frame + 22, 6) == 0)
			snoop_card_heard(s, port, frame + 6);
		else
			vm_count(s->env, VM_SNOOP_MALFORMED);
	} else if (arp_nd_parse(&m, frame, len, &why)) {
		take_arp_nd(s, port, &m);
	} else if (why) {
		vm_count(s->env, VM_SNOOP_MALFORMED);
	}
}

void snoop_learnt(struct snoop *s, int ifindex, const uint8_t mac[6])
{
	struct snoop_port *port = ifindex ? port_at(s, ifindex) : NULL;
	struct snoop_card *card;

	if (!is_usable_mac(mac))
		return;
	if (port) {
		if (port->running)
			snoop_card_heard(s, port, mac);
		return;
	}
	card = snoop_card_find(s, mac);
	if (card && card->port)
		snoop_card_leave(card);
}

void snoop_neighbour(struct snoop *s, int ifindex, const struct address *addr, const uint8_t *mac)
{
	struct snoop_card *card;

	if (!mac) {
		snoop_card_doubt(s, addr);
		return;
	}
	card = snoop_card_find(s, mac);
	if (card && card->port && (card->port->ifindex == ifindex || card->port->master == ifindex))
		snoop_card_learn(card, addr);
}

/* ---- what others know ---- */

void snoop_card_of(
	struct snoop *s, const uint8_t mac[6], const char *name, const struct handover_id *uuid)
{
	struct snoop_card *card = is_usable_mac(mac) ? snoop_card_get(s, mac) : NULL;

	if (!card || !memcmp(&card->owner, uuid, sizeof(*uuid)))
		return;
	snoop_card_disown(card);
	card->owner = *uuid;
	snprintf(card->name, sizeof(card->name), "%s", name);
	snoop_card_tell(card);
}

void snoop_recall(struct snoop *s, const struct guest *guest)
{
	const struct report_content *c = &guest->report.content;
	struct snoop_card *card;

	for (unsigned int i = 0; guest->origins & GUEST_OF_SNOOP && i < c->host_count; i++) {
		if (!snoop_may_have(s, &c->hosts[i].eid))
			continue;
		card = snoop_card_get(s, c->hosts[i].mac);
		if (!card)
			return;
		if (guest->told_by != GUEST_OF_SNOOP) {
			card->owner = c->guest;
			snprintf(card->name, sizeof(card->name), "%s", guest->name);
		}
		snoop_card_remember(card, &c->hosts[i].eid);
	}
}

/* ---- looking ---- */

bool snoop_eid(const struct snoop_rule *rule, const struct address *addr, struct eid *eid)
{
	for (unsigned int i = 0; i < rule->prefix_count; i++) {
		*eid = eid_host(rule->prefixes[i].iid, addr);
		if (eid_covers(&rule->prefixes[i], eid))
			return true;
	}
	return false;
}

bool snoop_may_have(const struct snoop *s, const struct eid *eid)
{
	for (unsigned int i = 0; i < s->policy.rule_count; i++)
		for (unsigned int k = 0; k < s->policy.rules[i].prefix_count; k++)
			if (eid_covers(&s->policy.rules[i].prefixes[k], eid))
				return true;
	return false;
}

unsigned int snoop_ports(const struct snoop *s)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < SNOOP_PORTS_MAX; i++)
		count += s->ports[i].ifindex != 0;
	return count;
}

unsigned int snoop_cards(const struct snoop *s)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < SNOOP_PORTS_MAX; i++)
		count += s->ports[i].ifindex ? s->ports[i].cards : 0;
	return count;
}

/* ---- start ---- */

void snoop_reload(struct snoop *s, const struct snoop_policy *policy)
{
	const struct snoop_rule *rule;

	s->policy = *policy;
	for (unsigned int i = 0; i < SNOOP_PORTS_MAX; i++) {
		if (!s->ports[i].ifindex)
			continue;
		rule = rule_of(s, s->ports[i].name);
		if (rule)
			s->ports[i].rule = rule;
		else
			port_free(s, &s->ports[i], false);
	}
}

struct snoop *snoop_new(struct vm_env *env, struct guests *guests,
	const struct snoop_policy *policy, const struct snoop_ops *ops)
{
	struct snoop *s = calloc(1, sizeof(*s));
	uint8_t secret[16];

	if (!s)
		return NULL;
	s->env = env;
	s->guests = guests;
	s->ops = *ops;
	s->policy = *policy;
	random_bytes(env->random, secret, sizeof(secret));
	hash_key_set(&s->key, secret);
	return s;
}

void snoop_free(struct snoop *s)
{
	if (!s)
		return;
	for (unsigned int i = 0; i < SNOOP_BUCKETS; i++)
		while (s->buckets[i])
			snoop_card_free(s->buckets[i]);
	free(s);
}
