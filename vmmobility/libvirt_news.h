/* libvirt_news: what libvirt's events and states mean for a guest. Pure; the order in which they
 * come is that of libvirt 9.0, measured. */
#ifndef SUNWARD_VMMOBILITY_LIBVIRT_NEWS_H
#define SUNWARD_VMMOBILITY_LIBVIRT_NEWS_H

#include "vmmobility/guests.h"

/* A lifecycle event (virDomainEventType and its detail). False: it says nothing. */
bool libvirt_news_of_event(int event, int detail, enum guest_news *news);
/* A state (virDomainState and its reason). @arrives: the domain's job is a migration to here. */
bool libvirt_news_of_state(int state, int reason, bool arrives, enum guest_news *news);

#endif
