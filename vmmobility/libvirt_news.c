/* See libvirt_news.h. */
#include "vmmobility/libvirt_news.h"

#include <libvirt/libvirt.h>

/* RESUMED is running here, whatever its detail: also at the source, when a migration has failed.
 * STARTED at a destination comes long before. */
bool libvirt_news_of_event(int event, int detail, enum guest_news *news)
{
	switch (event) {
	case VIR_DOMAIN_EVENT_STARTED:
		*news = detail == VIR_DOMAIN_EVENT_STARTED_MIGRATED ? GUEST_EXPECTED : GUEST_RUNS;
		return true;
	case VIR_DOMAIN_EVENT_RESUMED:
		*news = GUEST_RUNS;
		return true;
	case VIR_DOMAIN_EVENT_SUSPENDED:
		*news = detail == VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED ||
					detail == VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY
				? GUEST_STOPS_TO_DEPART
				: GUEST_STOPS;
		return true;
	case VIR_DOMAIN_EVENT_CRASHED:
	case VIR_DOMAIN_EVENT_PMSUSPENDED:
		*news = GUEST_STOPS;
		return true;
	case VIR_DOMAIN_EVENT_STOPPED:
		*news = GUEST_ABSENT;
		return true;
	default: /* defined, undefined, shutting down */
		return false;
	}
}

bool libvirt_news_of_state(int state, int reason, bool arrives, enum guest_news *news)
{
	switch (state) {
	case VIR_DOMAIN_RUNNING:
	case VIR_DOMAIN_BLOCKED:
	case VIR_DOMAIN_SHUTDOWN: /* it is being shut down */
		*news = GUEST_RUNS;
		break;
	case VIR_DOMAIN_PAUSED:
		*news = GUEST_STOPS;
		if (arrives)
			*news = GUEST_EXPECTED;
		else if (reason == VIR_DOMAIN_PAUSED_MIGRATION ||
			 reason == VIR_DOMAIN_PAUSED_POSTCOPY)
			*news = GUEST_STOPS_TO_DEPART;
		break;
	case VIR_DOMAIN_CRASHED:
	case VIR_DOMAIN_PMSUSPENDED:
		*news = GUEST_STOPS;
		break;
	case VIR_DOMAIN_SHUTOFF:
		*news = GUEST_ABSENT;
		break;
	default:
		return false;
	}
	return true;
}
