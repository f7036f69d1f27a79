/* libvirt_event: libvirt's event loop interface (virEventRegisterImpl) on one libevent base.
 *
 * libvirt keeps one implementation a process, so there is one here, and it may be called from any
 * thread that uses libvirt. */
#ifndef SUNWARD_VMMOBILITY_LIBVIRT_EVENT_H
#define SUNWARD_VMMOBILITY_LIBVIRT_EVENT_H

struct event_base;

/* The base that libvirt's events come on; made and registered at the first call, before any
 * connection. The caller runs it, on one thread. NULL when out of memory. */
struct event_base *libvirt_event_base(void);

#endif
