/* See agent_ticket.h. */
#include "vmmobility/agent_ticket.h"

#include <string.h>

#include "vmmobility/libvirt_tickets.h"

void agent_ticket_renew(struct agent *a, const struct guest *guest)
{
	char element[DOMAIN_TICKET_TEXT];
	struct otk ticket;

	if (!a->tickets || !((guest->origins | guest->told_by) & GUEST_OF_LIBVIRT) ||
		!guests_ticket_due(guest))
		return;
	random_bytes(&a->random, ticket.bytes, sizeof(ticket.bytes));
	domain_ticket_write(&ticket, &a->config->policy.agent_id, element);
	/* It counts once libvirt tells that the domain has it: what the domain has is what goes. */
	libvirt_tickets_set(a->tickets, &guest->report.content.guest, element);
	explicit_bzero(&ticket, sizeof(ticket));
	explicit_bzero(element, sizeof(element));
}

void agent_ticket_domain(struct agent *a, struct guest *guest, const struct domain *d)
{
	bool own = !memcmp(&d->ticket_by, &a->config->policy.agent_id, sizeof(d->ticket_by));

	guests_ticket(a->guests, guest, &d->ticket, own);
	agent_ticket_renew(a, guest);
}

void agent_ticket_config(struct agent *a, struct guest *guest, const struct vm_config_guest *c)
{
	struct report_ticket ticket = {0};

	if (c->ticket)
		ticket = reporter_ticket(a->reporter, c->ticket, c->ticket_len);
	guests_ticket_config(a->guests, guest, &ticket);
	explicit_bzero(&ticket, sizeof(ticket));
}
