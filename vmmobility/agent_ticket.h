/* agent_ticket: the tickets of guests, which say who may have them: drawn when one has begun to run
 * here, kept in its domain's metadata, which goes with it, and read there. Of a bare QEMU's guests
 * the configuration has them. */
#ifndef SUNWARD_VMMOBILITY_AGENT_TICKET_H
#define SUNWARD_VMMOBILITY_AGENT_TICKET_H

#include "vmmobility/agent.h"
#include "vmmobility/domain_xml.h"

/* libvirt has told what @guest's domain says. */
void agent_ticket_domain(struct agent *a, struct guest *guest, const struct domain *d);
/* @guest's state is another: draw it a new one, if it is due. */
void agent_ticket_renew(struct agent *a, const struct guest *guest);
void agent_ticket_config(struct agent *a, struct guest *guest, const struct vm_config_guest *c);

#endif
