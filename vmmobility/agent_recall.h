/* agent_recall: the guests that were told of, kept in the state directory over a restart. */
#ifndef SUNWARD_VMMOBILITY_AGENT_RECALL_H
#define SUNWARD_VMMOBILITY_AGENT_RECALL_H

#include "vmmobility/guests.h"

struct agent;

/* For struct guests_ops; @arg is the agent. */
void agent_recall_keep(void *arg, const struct guest *guest);
void agent_recall_forget(void *arg, const struct handover_id *uuid);

/* Recall those of the earlier run. Before any source is started. */
void agent_recall_load(struct agent *a);
/* The sources are configured: guests of which none of them will tell are disregarded. */
void agent_recall_sort(struct agent *a);
/* libvirtd has told all its domains: @guest, which is not among them, went, if it is one of its. */
bool agent_recall_of_libvirt(const struct guest *guest);

#endif
