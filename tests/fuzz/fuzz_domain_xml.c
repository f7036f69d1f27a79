/* fuzz_domain_xml: a domain's XML that says anything, as a hook hands it over and libvirt gives it
 * back: whoever may write metadata writes it. What is taken is whole and in range; what is refused
 * has a reason; the same bytes say the same twice. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/need.h"
#include "vmmobility/domain_xml.h"
#include "vmmobility/guest_uuid.h"

static bool printable(const char *text, size_t size)
{
	size_t len = strnlen(text, size);

	if (len == size)
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return true;
}

static bool same(const struct domain *a, const struct domain *b)
{
	if (strcmp(a->name, b->name) || memcmp(&a->uuid, &b->uuid, sizeof(a->uuid)) ||
		a->host_count != b->host_count || a->tap_count != b->tap_count ||
		memcmp(a->taps, b->taps, sizeof(a->taps)) || a->ticket.known != b->ticket.known ||
		memcmp(&a->ticket.value, &b->ticket.value, sizeof(a->ticket.value)) ||
		memcmp(&a->ticket_by, &b->ticket_by, sizeof(a->ticket_by)))
		return false;
	for (unsigned int i = 0; i < a->host_count; i++)
		if (!eid_equal(&a->hosts[i].eid, &b->hosts[i].eid) ||
			memcmp(a->hosts[i].mac, b->hosts[i].mac, 6) ||
			strcmp(a->hosts[i].port, b->hosts[i].port))
			return false;
	return true;
}

static void look(const struct domain *d)
{
	need(d->name[0] && memchr(d->name, '\0', sizeof(d->name)));
	need(!guest_uuid_is_zero(&d->uuid));
	need(d->host_count <= HANDOVER_HOSTS_MAX && d->tap_count <= GUEST_TAPS_MAX);
	for (unsigned int i = 0; i < d->host_count; i++) {
		const struct handover_host *h = &d->hosts[i];

		need(eid_is_host(&h->eid) && h->eid.iid <= 0xfffffe);
		need(address_is_ip(&h->eid.addr) || h->eid.addr.afi == AFI_MAC);
		need(!address_is_multicast(&h->eid.addr) && !(h->mac[0] & 1));
		need(printable(h->port, sizeof(h->port)));
	}
	for (unsigned int i = 0; i < d->tap_count; i++)
		need(d->taps[i].name[0] && memchr(d->taps[i].name, '\0', GUEST_TAP_BYTES));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct domain a, b;
	char why[256] = "", again[256] = "";
	int rc = domain_xml_read((const char *)data, size, &a, why, sizeof(why));

	need(rc == domain_xml_read((const char *)data, size, &b, again, sizeof(again)));
	need(!strcmp(why, again));
	if (rc) {
		need(why[0]);
	} else {
		need(same(&a, &b));
		look(&a);
	}
	return 0;
}
