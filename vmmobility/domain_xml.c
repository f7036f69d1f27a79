/* See domain_xml.h. */
#include "vmmobility/domain_xml.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "lisp/handover_reason.h"
#include "vmmobility/guest_uuid.h"

#define DEPTH_MAX      4 /* of elements below <metadata> */
#define INTERFACES_MAX 64

struct reading {
	struct domain *domain;
	unsigned int interfaces; /* of these, INTERFACES_MAX at most are here */
	struct domain_card list[INTERFACES_MAX];
	char *why;
	size_t why_size;
};

static int fail(struct reading *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int fail(struct reading *r, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(r->why, r->why_size, format, ap);
	va_end(ap);
	return -1;
}

static bool is_element(const xmlNode *n, const char *name)
{
	return n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, name) == 0;
}

static xmlNode *child(const xmlNode *n, const char *name)
{
	for (xmlNode *c = n->children; c; c = c->next)
		if (is_element(c, name))
			return c;
	return NULL;
}

/* The text inside of @n without the white space around it; false: too long, or not text alone. */
static bool text_of(const xmlNode *n, char *text, size_t size)
{
	const xmlNode *c = n->children;
	const char *s = "";
	size_t len;

	if (c && c->type == XML_TEXT_NODE && !c->next)
		s = (const char *)c->content;
	else if (c)
		return false;
	s += strspn(s, " \t\r\n");
	len = strlen(s);
	while (len && strchr(" \t\r\n", s[len - 1]))
		len--;
	if (len >= size)
		return false;
	memcpy(text, s, len);
	text[len] = '\0';
	return true;
}

/* The value of an attribute in @text, "" when it is absent; false: too long. */
static bool attribute(const xmlNode *n, const char *name, char *text, size_t size)
{
	xmlChar *v = xmlGetNoNsProp(n, (const xmlChar *)name);
	bool fits = !v || strlen((const char *)v) < size;

	snprintf(text, size, "%s", v && fits ? (const char *)v : "");
	xmlFree(v);
	return fits;
}

static bool parse_mac(const char *text, uint8_t mac[6])
{
	struct address a;

	if (!address_parse(&a, text) || a.afi != AFI_MAC || address_is_multicast(&a))
		return false;
	memcpy(mac, a.bytes, 6);
	return true;
}

static void read_interface(struct reading *r, const xmlNode *n)
{
	const xmlNode *mac = child(n, "mac"), *target = child(n, "target");
	struct domain_card i = {0};
	char text[24];

	if (!mac || !attribute(mac, "address", text, sizeof(text)) || !parse_mac(text, i.mac))
		return;
	if (target && !attribute(target, "dev", i.tap.name, sizeof(i.tap.name)))
		i.tap.name[0] = '\0';
	if (r->interfaces < INTERFACES_MAX)
		r->list[r->interfaces] = i;
	r->interfaces++;
}

static void read_interfaces(struct reading *r, const xmlNode *domain)
{
	const xmlNode *devices = child(domain, "devices");

	for (const xmlNode *n = devices ? devices->children : NULL; n; n = n->next)
		if (is_element(n, "interface"))
			read_interface(r, n);
}

static bool has_mac(const struct domain *d, const uint8_t mac[6])
{
	for (unsigned int i = 0; i < d->host_count; i++)
		if (!memcmp(d->hosts[i].mac, mac, sizeof(d->hosts[i].mac)))
			return true;
	return false;
}

static void choose_taps(const struct reading *r, struct domain *d)
{
	for (unsigned int i = 0; i < r->interfaces && i < GUEST_TAPS_MAX; i++)
		d->cards[d->card_count++] = r->list[i];
	for (unsigned int i = 0; i < r->interfaces && i < INTERFACES_MAX; i++)
		if (r->list[i].tap.name[0] && d->tap_count < GUEST_TAPS_MAX &&
			has_mac(d, r->list[i].mac))
			d->taps[d->tap_count++] = r->list[i].tap;
}

/* ---- an <eid> ---- */

static int read_iid(struct reading *r, const xmlNode *n, uint32_t *iid)
{
	char text[16], *end;
	unsigned long v;

	if (!attribute(n, "iid", text, sizeof(text)))
		return fail(r, "iid of an <eid> is too long; want a number from 0 to 16777214");
	v = strtoul(text, &end, 10);
	if ((text[0] && (text[0] < '0' || text[0] > '9')) || *end || v > 0xfffffe)
		return fail(r, "iid of an <eid> is \"%s\"; want a number from 0 to 16777214", text);
	*iid = (uint32_t)v;
	return 0;
}

static int read_mac(struct reading *r, const xmlNode *n, struct handover_host *host)
{
	char text[24], eid[EID_TEXT];
	bool fits = attribute(n, "mac", text, sizeof(text));

	if (fits && !text[0] && host->eid.addr.afi == AFI_MAC) {
		memcpy(host->mac, host->eid.addr.bytes, sizeof(host->mac));
	} else if (fits && !text[0]) {
		if (r->interfaces != 1)
			return fail(r,
				"eid %s has no mac, which may be left out where the domain has one interface; it has %u",
				eid_format(&host->eid, eid, sizeof(eid)), r->interfaces);
		memcpy(host->mac, r->list[0].mac, sizeof(host->mac));
	} else if (!fits || !parse_mac(text, host->mac)) {
		return fail(r, "mac of eid %s is \"%s\"; want a unicast MAC address",
			eid_format(&host->eid, eid, sizeof(eid)), text);
	}
	return 0;
}

/* Names of interfaces: no blanks, nothing that is not plain ASCII. */
static int read_port(struct reading *r, const xmlNode *n, struct handover_host *host)
{
	if (!attribute(n, "port", host->port, sizeof(host->port)))
		return fail(r, "port of an <eid> is longer than 16 bytes");
	for (const char *c = host->port; *c; c++)
		if (*c <= ' ' || *c > '~')
			return fail(r, "port of an <eid> is no interface's name");
	return 0;
}

static int read_eid(struct reading *r, const xmlNode *n)
{
	struct domain *d = r->domain;
	struct handover_host *host = &d->hosts[d->host_count];
	char text[ADDRESS_TEXT];
	struct address a;
	uint32_t iid = 0;

	if (d->host_count == HANDOVER_HOSTS_MAX)
		return fail(r, "more than %d <eid>", HANDOVER_HOSTS_MAX);
	if (!text_of(n, text, sizeof(text)) || !address_parse(&a, text) ||
		(!address_is_ip(&a) && a.afi != AFI_MAC) || address_is_multicast(&a))
		return fail(r, "an <eid> is no unicast IPv4, IPv6 or MAC address");
	if (read_iid(r, n, &iid))
		return -1;
	host->eid = eid_host(iid, &a);
	if (read_mac(r, n, host) || read_port(r, n, host))
		return -1;
	d->host_count++;
	return 0;
}

static int read_metadata(struct reading *r, const xmlNode *n, unsigned int depth)
{
	for (n = n->children; n; n = n->next) {
		if (n->type != XML_ELEMENT_NODE || !n->ns || !n->ns->href ||
			strcmp((const char *)n->ns->href, DOMAIN_XML_NAMESPACE) != 0)
			continue;
		if (is_element(n, "eid")) {
			if (read_eid(r, n))
				return -1;
		} else if (depth < DEPTH_MAX && read_metadata(r, n, depth + 1)) {
			return -1;
		}
	}
	return 0;
}

/* ---- why it moves ---- */

/* What is wrong with it is no fault of the domain's: it says less. */
static uint64_t number(const xmlNode *n, const char *name, int base, uint64_t max)
{
	char text[24], *end;
	unsigned long long v;

	if (!attribute(n, name, text, sizeof(text)) || !isxdigit((unsigned char)text[0]))
		return 0;
	errno = 0;
	v = strtoull(text, &end, base);
	return *end || errno || v > max ? 0 : v;
}

static void read_why(struct domain *d, const xmlNode *metadata)
{
	char text[16];

	for (const xmlNode *n = metadata->children; n; n = n->next) {
		if (!is_element(n, "move") || !n->ns || !n->ns->href ||
			strcmp((const char *)n->ns->href, DOMAIN_XML_MOVE) != 0)
			continue;
		d->why.move = number(n, "id", 16, UINT64_MAX);
		d->why.deadline_ms = (uint32_t)number(n, "deadline", 10, UINT32_MAX);
		d->why_until_s = number(n, "until", 10, INT64_MAX);
		if (attribute(n, "reason", text, sizeof(text)))
			handover_reason_parse(text, &d->why.reason);
		return;
	}
}

struct report_why domain_why(const struct domain *d, uint64_t wall_s)
{
	static const struct report_why none;

	return d->why_until_s && d->why_until_s < wall_s ? none : d->why;
}

void domain_why_write(const struct report_why *why, uint64_t until_s, char text[DOMAIN_WHY_TEXT])
{
	snprintf(text, DOMAIN_WHY_TEXT,
		"<move id='%016" PRIx64 "' reason='%s' deadline='%" PRIu32 "' until='%" PRIu64
		"'/>",
		why->move, handover_reason_name(why->reason), why->deadline_ms, until_s);
}

/* ---- its ticket ---- */

/* 32 digits into 16 bytes. */
static bool hex_read(const char *text, uint8_t out[16])
{
	if (strlen(text) != 32 || strspn(text, "0123456789abcdefABCDEF") != 32)
		return false;
	for (unsigned int i = 0; i < 16; i++) {
		const char digits[3] = {text[2 * i], text[2 * i + 1], '\0'};

		out[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return true;
}

/* What is no ticket is none. */
static void read_ticket(struct domain *d, const xmlNode *metadata)
{
	char text[64];

	for (const xmlNode *n = metadata->children; n; n = n->next) {
		if (!is_element(n, "ticket") || !n->ns || !n->ns->href ||
			strcmp((const char *)n->ns->href, DOMAIN_XML_TICKET) != 0)
			continue;
		if (attribute(n, "agent", text, sizeof(text)))
			hex_read(text, d->ticket_by.bytes);
		d->ticket.known =
			text_of(n, text, sizeof(text)) && hex_read(text, d->ticket.value.bytes);
		explicit_bzero(text, sizeof(text));
		return;
	}
}

static void hex_write(const uint8_t bytes[16], char text[33])
{
	for (unsigned int i = 0; i < 16; i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

void domain_ticket_write(
	const struct otk *ticket, const struct handover_id *by, char text[DOMAIN_TICKET_TEXT])
{
	char value[33], agent[33];

	hex_write(ticket->bytes, value);
	hex_write(by->bytes, agent);
	snprintf(text, DOMAIN_TICKET_TEXT, "<ticket agent='%s'>%s</ticket>", agent, value);
	explicit_bzero(value, sizeof(value));
}

/* ---- a domain ---- */

static void read_name(struct domain *d, const xmlNode *n)
{
	char text[4096];

	if (n && text_of(n, text, sizeof(text)))
		snprintf(d->name, sizeof(d->name), "%.*s", DOMAIN_NAME_MAX, text);
}

static int read_domain(struct reading *r, const xmlNode *n)
{
	const xmlNode *uuid, *metadata;
	char text[GUEST_UUID_TEXT];

	if (!n || !is_element(n, "domain"))
		return fail(r, "the document is no <domain>");
	read_name(r->domain, child(n, "name"));
	uuid = child(n, "uuid");
	if (!uuid || !text_of(uuid, text, sizeof(text)) ||
		!guest_uuid_parse(&r->domain->uuid, text))
		return fail(r, "the domain has no UUID");
	if (!r->domain->name[0])
		return fail(r, "the domain has no name");
	read_interfaces(r, n);
	metadata = child(n, "metadata");
	if (metadata && read_metadata(r, metadata, 0))
		return -1;
	if (metadata) {
		read_why(r->domain, metadata);
		read_ticket(r->domain, metadata);
	}
	choose_taps(r, r->domain);
	return 0;
}

int domain_xml_read(const char *xml, size_t len, struct domain *d, char *why, size_t why_size)
{
	struct reading r = {.domain = d, .why = why, .why_size = why_size};
	xmlDoc *doc = NULL;
	int rc;

	memset(d, 0, sizeof(*d));
	if (len <= DOMAIN_XML_MAX)
		doc = xmlReadMemory(xml, (int)len, "domain", NULL,
			XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
				XML_PARSE_NOCDATA);
	if (!doc)
		return fail(&r, "no XML, or more than %u bytes", DOMAIN_XML_MAX);
	/* libvirt writes none, and entities could make much of little. */
	rc = doc->intSubset || doc->extSubset ? fail(&r, "it has a document type declaration")
					      : read_domain(&r, xmlDocGetRootElement(doc));
	xmlFreeDoc(doc);
	return rc;
}
