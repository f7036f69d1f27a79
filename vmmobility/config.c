/* See config.h. */
#include "vmmobility/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "common/config_lisp.h"
#include "lib/service/config_place.h"
#include "vmmobility/config_internal.h"
#include "vmmobility/guest_uuid.h"
#include "vmmobility/guests.h"
#include "vmmobility/hook_message.h"
#include "vmmobility/libvirt_source.h"
#include "vmmobility/moves.h"
#include "vmmobility/qmp_session.h"

#define TICKET_MIN 16 /* bytes */

static const char *check_host(const struct config_value *v)
{
	return eid_is_host(&v->eid) &&
			       (address_is_ip(&v->eid.addr) || v->eid.addr.afi == AFI_MAC) &&
			       !address_is_multicast(&v->eid.addr) && v->eid.iid < 0xffffff
		       ? NULL
		       : "one unicast IPv4, IPv6 or MAC address, of instance 0 to 16777214";
}

static const char *check_mac(const struct config_value *v)
{
	return v->address.afi == AFI_MAC && !address_is_multicast(&v->address)
		       ? NULL
		       : "a unicast MAC address, as 52:54:00:00:00:01";
}

static const char *check_uuid(const struct config_value *v)
{
	struct handover_id uuid;

	return guest_uuid_parse(&uuid, v->text)
		       ? NULL
		       : "a UUID that is not all zero, as 6f1c0c5e-3f6a-4c57-9d2e-0d6f8b1f3a52";
}

static const char *check_tap(const struct config_value *v)
{
	size_t len = strlen(v->text);

	return len > 0 && len < GUEST_TAP_BYTES && !strpbrk(v->text, " /:\t")
		       ? NULL
		       : "an interface's name, of 15 bytes at most";
}

static const struct config_option host_options[] = {
	{.name = "mac",
		.kind = CONFIG_ADDRESS,
		.check = check_mac,
		.help = "of the card that has the address; a MAC address has itself"},
	{.name = "port",
		.kind = CONFIG_STRING,
		.check = config_want_interface,
		.help = "the xTR's site-port that it is behind; default: its only one of the instance"},
	{.name = "tap",
		.kind = CONFIG_STRING,
		.check = check_tap,
		.help = "the interface of this hypervisor that the card is behind, a tap, a macvtap or a veth; what the guest has not read from it when it moves is sent after it"},
	{0},
};

static const struct config_option guest_options[] = {
	{.name = "qmp",
		.kind = CONFIG_STRING,
		.min = 1,
		.max = sizeof(((struct sockaddr_un *)0)->sun_path) - 1,
		.check = config_want_absolute,
		.help = "a QMP socket of its QEMU that nobody else uses (-qmp unix:PATH,server=on,wait=off)"},
	{.name = "uuid",
		.kind = CONFIG_STRING,
		.check = check_uuid,
		.help = "default: QEMU is asked; without one its name stands for it"},
	{.name = "mac",
		.kind = CONFIG_ADDRESS,
		.flags = CONFIG_LIST,
		.most = GUEST_TAPS_MAX,
		.check = check_mac,
		.help = "its cards, when no host names its addresses: they are snooped"},
	{.name = "ticket",
		.kind = CONFIG_SECRET,
		.min = TICKET_MIN,
		.max = CONFIG_SECRET_MAX,
		.help = "a secret of the hypervisors that the guest may run at, the same at each: only who has it gets the guest when it moves; libvirt's guests have one by themselves"},
	{.name = "host",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = host_options,
		.title = CONFIG_EID,
		.check = check_host,
		.most = HANDOVER_HOSTS_MAX,
		.help = "an address of the guest, which moves with it"},
	{0},
};

static const char *check_snooped(const struct config_value *v)
{
	return (address_is_ip(&v->eid.addr) || v->eid.addr.afi == AFI_MAC) && v->eid.iid < 0xffffff
		       ? NULL
		       : "a prefix of IPv4, IPv6 or MAC addresses, of instance 0 to 16777214";
}

static const struct config_option snoop_options[] = {
	{.name = "eid-prefix",
		.kind = CONFIG_EID,
		.flags = CONFIG_LIST | CONFIG_REQUIRED,
		.most = SNOOP_PREFIXES_MAX,
		.check = check_snooped,
		.help = "addresses that may be found there, of one instance; others are not believed"},
	{.name = "port",
		.kind = CONFIG_STRING,
		.check = config_want_interface,
		.help = "the xTR's site-port that they are behind; default: its only one of the instance"},
	{.name = "addresses",
		.kind = CONFIG_INTEGER,
		.fallback = "8",
		.min = 1,
		.max = 256,
		.help = "at most behind one interface, and as many cards"},
	{.name = "age",
		.kind = CONFIG_DURATION,
		.fallback = "5m",
		.min = 10 * 1000,
		.max = 24 * 3600 * 1000,
		.help = "an address that was not heard of for so long is asked for, and is gone when nobody answers"},
	{0},
};

static const struct config_option libvirt_options[] = {
	{.name = "uri",
		.kind = CONFIG_STRING,
		.fallback = "qemu:///system",
		.min = 1,
		.max = 500,
		.help = "which libvirtd; it is written to only to move a guest, and for its ticket"},
	{0},
};

static const struct config_option hook_options[] = {
	{.name = "socket",
		.kind = CONFIG_STRING,
		.fallback = HOOK_SOCKET,
		.min = 1,
		.max = sizeof(((struct sockaddr_un *)0)->sun_path) - 1,
		.check = config_want_absolute,
		.help = "where sunward-vm-hook writes"},
	{0},
};

static const char *check_migrate(const struct config_value *v)
{
	return strncmp(v->text, "tcp://", 6) == 0 && v->text[6] && !strpbrk(v->text, " \t\"'<>")
		       ? NULL
		       : "an address to migrate to, as tcp://192.0.2.9";
}

static const char *check_qemu(const struct config_value *v)
{
	return qmp_uri_fault(v->text);
}

static const struct config_option destination_options[] = {
	{.name = "libvirt",
		.kind = CONFIG_STRING,
		.min = 1,
		.max = 500,
		.help = "the URI of its libvirtd, as the libvirtd of this host reaches it"},
	{.name = "migrate",
		.kind = CONFIG_STRING,
		.max = 255,
		.check = check_migrate,
		.help = "where the memory of libvirt's guests goes (tcp://ADDRESS); default: libvirt decides"},
	{.name = "qemu",
		.kind = CONFIG_STRING,
		.check = check_qemu,
		.help = "where a bare QEMU waits there for a guest (tcp:ADDRESS:PORT)"},
	{0},
};

static const struct config_option xtr_options[] = {
	{.name = "key-id",
		.kind = CONFIG_INTEGER,
		.fallback = "0",
		.min = 0,
		.max = 255,
		.help = "which of the keys that the xTR has for this agent"},
	CONFIG_LISP_KEY_ROWS,
	{0},
};

const struct config_option vm_config_schema[] = {
	{.name = "xtr",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED | CONFIG_REQUIRED,
		.options = xtr_options,
		.title = CONFIG_ENDPOINT,
		.default_port = LISP_CONTROL_PORT,
		.most = VM_XTRS_MAX,
		.help = "an xTR of this site, to be told of the guests"},
	{.name = "guest",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = guest_options,
		.min = 1,
		.max = GUEST_NAME_MAX,
		.most = GUESTS_MAX,
		.help = "a guest that may run here, and its addresses"},
	{.name = "libvirt",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_AT_START,
		.options = libvirt_options,
		.help = "the guests of a libvirtd, by the addresses in their domains' metadata"},
	{.name = "destination",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = destination_options,
		.min = 1,
		.max = MOVE_TO_MAX,
		.most = VM_DESTINATIONS_MAX,
		.help = "a hypervisor that guests may be moved to"},
	{.name = "hooks",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_AT_START,
		.options = hook_options,
		.help = "libvirt's hooks, which announce a guest before libvirt does"},
	{.name = "rbridge",
		.kind = CONFIG_SECTION,
		.options = vm_config_rbridge_options,
		.help = "of the campus that the guests are in: it is told who is here, and who has left"},
	{.name = "snoop",
		.kind = CONFIG_SECTION,
		.flags = CONFIG_MANY | CONFIG_TITLED,
		.options = snoop_options,
		.min = 1,
		.max = SNOOP_PATTERN_MAX,
		.most = SNOOP_RULES_MAX,
		.help = "interfaces (tap*) behind which guests are looked for, of which nobody names the addresses"},
	{.name = "agent-id",
		.kind = CONFIG_STRING,
		.check = config_lisp_want_xtr_id,
		.help = "128 bits that name this agent; default: drawn once and kept"},
	{.name = "expect",
		.kind = CONFIG_DURATION,
		.fallback = "1m",
		.min = 1000,
		.max = 24 * 3600 * 1000,
		.help = "a guest that only a hook has announced is expected so long"},
	{.name = "tap-queue",
		.kind = CONFIG_INTEGER,
		.fallback = "10000",
		.min = 0,
		.max = 65536,
		.help = "packets that the queue of a guest's tap shall have room for, lest it drops what was held for a guest that has just come; 0: as it is"},
	CONFIG_LISP_LISTEN_ROW(VM_LISTEN_MAX),
	CONFIG_PLACE_ROWS("vmagent",
		"the counter of messages, the agent-ID and the guests that were told of"),
	{0},
};

static void load_xtr(struct vm_policy *p, const struct config_section *s)
{
	struct vm_xtr *xtr = &p->xtrs[p->xtr_count];
	const struct config_value *key;

	if (p->xtr_count == VM_XTRS_MAX)
		return;
	key = config_lisp_key(s, &xtr->alg);
	if (!key)
		return;
	xtr->at = config_title_value(s)->endpoint;
	xtr->key_id = (uint8_t)config_number(s, "key-id");
	xtr->key_len = key->secret.len < AUTH_KEY_MAX ? key->secret.len : AUTH_KEY_MAX;
	memcpy(xtr->key, key->secret.bytes, xtr->key_len);
	p->xtr_count++;
}

static void load_host(struct vm_config_guest *g, const struct config_section *s)
{
	struct handover_host *host = &g->hosts[g->host_count];
	const struct config_value *mac = config_value(s, "mac");
	const char *port = config_text(s, "port");

	if (g->host_count == HANDOVER_HOSTS_MAX)
		return;
	host->eid = config_title_value(s)->eid;
	if (mac)
		memcpy(host->mac, mac->address.bytes, sizeof(host->mac));
	else if (host->eid.addr.afi == AFI_MAC)
		memcpy(host->mac, host->eid.addr.bytes, sizeof(host->mac));
	if (port)
		strncpy(host->port, port, sizeof(host->port) - 1);
	g->host_count++;
}

/* Cards have several addresses each. */
static void load_tap(struct vm_config_guest *g, const char *tap)
{
	for (unsigned int i = 0; i < g->tap_count; i++)
		if (!strcmp(g->taps[i].name, tap))
			return;
	if (g->tap_count < GUEST_TAPS_MAX)
		strncpy(g->taps[g->tap_count++].name, tap, GUEST_TAP_BYTES - 1);
}

static void load_macs(struct vm_config_guest *g, const struct config_section *s)
{
	size_t count;
	const struct config_value *v = config_values(s, "mac", &count);

	for (size_t i = 0; i < count && g->mac_count < GUEST_TAPS_MAX; i++)
		memcpy(g->macs[g->mac_count++], v[i].address.bytes, 6);
}

static void load_snoop(struct snoop_policy *p, const struct config_section *s)
{
	struct snoop_rule *rule = &p->rules[p->rule_count];
	const char *port = config_text(s, "port");
	const struct config_value *v;
	size_t count;

	if (p->rule_count == SNOOP_RULES_MAX)
		return;
	p->rule_count++;
	strncpy(rule->pattern, config_title(s), sizeof(rule->pattern) - 1);
	if (port)
		strncpy(rule->port, port, sizeof(rule->port) - 1);
	v = config_values(s, "eid-prefix", &count);
	for (size_t i = 0; i < count && rule->prefix_count < SNOOP_PREFIXES_MAX; i++)
		rule->prefixes[rule->prefix_count++] = v[i].eid;
	rule->addresses = config_u32(s, "addresses");
	rule->age_ms = (uint64_t)config_number(s, "age");
}

static void load_guest(struct vm_config *c, const struct config_section *s)
{
	struct vm_config_guest *g = &c->guests[c->guest_count++];
	const char *uuid = config_text(s, "uuid");

	g->name = config_title(s);
	g->qmp = config_text(s, "qmp");
	if (uuid)
		guest_uuid_parse(&g->uuid, uuid);
	if (config_value(s, "ticket")) {
		g->ticket = config_value(s, "ticket")->secret.bytes;
		g->ticket_len = config_value(s, "ticket")->secret.len;
	}
	load_macs(g, s);
	for (s = config_section(s, "host"); s; s = config_section_next(s)) {
		load_host(g, s);
		if (config_text(s, "tap"))
			load_tap(g, config_text(s, "tap"));
	}
}

static void load_destination(struct vm_config *c, const struct config_section *s)
{
	struct vm_config_destination *d = &c->destinations[c->destination_count];

	if (c->destination_count == VM_DESTINATIONS_MAX)
		return;
	d->name = config_title(s);
	d->libvirt = config_text(s, "libvirt");
	d->migrate = config_text(s, "migrate");
	d->qemu = config_text(s, "qemu");
	c->destination_count++;
}

int vm_config_load(struct vm_config *c, const struct config_section *root)
{
	const struct config_section *s;
	struct lisp_xtr_id id;
	size_t guests = 0;

	memset(c, 0, sizeof(*c));
	for (s = config_section(root, "guest"); s; s = config_section_next(s))
		guests++;
	c->guests = calloc(guests + 1, sizeof(*c->guests));
	if (!c->guests)
		return -ENOMEM;
	for (s = config_section(root, "guest"); s; s = config_section_next(s))
		load_guest(c, s);
	for (s = config_section(root, "xtr"); s; s = config_section_next(s))
		load_xtr(&c->policy, s);
	for (s = config_section(root, "destination"); s; s = config_section_next(s))
		load_destination(c, s);
	for (s = config_section(root, "snoop"); s; s = config_section_next(s))
		load_snoop(&c->snoop, s);
	c->agent_id_given = config_value(root, "agent-id");
	if (c->agent_id_given) {
		id = config_lisp_xtr_id(config_value(root, "agent-id"));
		memcpy(c->policy.agent_id.bytes, id.bytes, sizeof(id.bytes));
	}
	c->policy.expect_ms = (uint64_t)config_number(root, "expect");
	c->tap_queue = (unsigned int)config_number(root, "tap-queue");
	vm_config_rbridge_load(&c->rbridge, root);
	s = config_section(root, "libvirt");
	c->libvirt_uri = s ? config_text(s, "uri") : NULL;
	s = config_section(root, "hooks");
	c->hook_socket = s ? config_text(s, "socket") : NULL;
	c->listen_count = config_lisp_listen(root, c->listen, VM_LISTEN_MAX);
	c->api_socket = config_text(root, "api-socket");
	c->state_dir = config_text(root, "state-dir");
	return 0;
}

void vm_config_fini(struct vm_config *c)
{
	free(c->guests);
	explicit_bzero(&c->policy, sizeof(c->policy));
}

/* ---- what the schema cannot say ---- */

static void check_macs(const struct config_section *guest, struct config_mistakes *m)
{
	const struct config_section *s;

	for (s = config_section(guest, "host"); s; s = config_section_next(s))
		if (!config_value(s, "mac") && config_title_value(s)->eid.addr.afi != AFI_MAC)
			config_refuse(m, s, NULL,
				"no mac: that of the card which has this address is needed");
}

/* The section before @s which has the same of something; NULL: none. */
static const struct config_section *find_qmp(
	const struct config_section *root, const struct config_section *end)
{
	const char *qmp = config_text(end, "qmp");
	const struct config_section *s;

	for (s = config_section(root, "guest"); s && s != end; s = config_section_next(s))
		if (qmp && config_text(s, "qmp") && strcmp(qmp, config_text(s, "qmp")) == 0)
			return s;
	return NULL;
}

static const struct config_section *find_host(
	const struct config_section *root, const struct config_section *end, const struct eid *eid)
{
	const struct config_section *s, *h;

	for (s = config_section(root, "guest"); s && s != end; s = config_section_next(s))
		for (h = config_section(s, "host"); h; h = config_section_next(h))
			if (eid_equal(&config_title_value(h)->eid, eid))
				return s;
	return NULL;
}

static void check_twice(const struct config_section *root, const struct config_section *guest,
	struct config_mistakes *m)
{
	const struct config_section *other = find_qmp(root, guest), *h;

	if (other)
		config_refuse(m, guest, "qmp", "it is guest \"%s\"'s already", config_title(other));
	for (h = config_section(guest, "host"); h; h = config_section_next(h)) {
		other = find_host(root, guest, &config_title_value(h)->eid);
		if (other)
			config_refuse(m, h, NULL, "guest \"%s\" has this address already",
				config_title(other));
	}
}

static void check_destination(const struct config_section *root,
	const struct config_section *destination, struct config_mistakes *m)
{
	bool libvirt = config_text(destination, "libvirt");

	if (!libvirt && !config_text(destination, "qemu"))
		config_refuse(m, destination, NULL,
			"neither libvirt nor qemu: no guest can be moved there");
	if (libvirt && !config_section(root, "libvirt"))
		config_refuse(m, destination, "libvirt",
			"libvirt's guests are not known without a section libvirt");
	if (!libvirt && config_text(destination, "migrate"))
		config_refuse(m, destination, "migrate", "it is of no use without libvirt");
}

/* What is heard says no instance: the rule does. */
static void check_snoop(const struct config_section *snoop, struct config_mistakes *m)
{
	size_t count;
	const struct config_value *v = config_values(snoop, "eid-prefix", &count);

	for (size_t i = 1; i < count; i++)
		if (v[i].eid.iid != v[0].eid.iid) {
			config_refuse(m, snoop, "eid-prefix",
				"instances %u and %u: an interface is in one only", v[0].eid.iid,
				v[i].eid.iid);
			return;
		}
}

static void check_named(const struct config_section *root, const struct config_section *guest,
	struct config_mistakes *m)
{
	bool mac = config_value(guest, "mac");

	if (config_section(guest, "host") && mac)
		config_refuse(
			m, guest, "mac", "its hosts name its addresses already, with their cards");
	else if (mac && !config_section(root, "snoop"))
		config_refuse(m, guest, "mac",
			"its addresses are nowhere snooped: there is no section snoop");
	else if (mac && !config_value(guest, "uuid"))
		config_refuse(m, guest, "mac",
			"it needs the guest's uuid, by which QEMU or libvirt says whether it runs");
	else if (!config_section(guest, "host") && !mac && config_value(guest, "qmp"))
		config_warn(m, guest, NULL, "no host, and no mac: nothing is told of it");
}

void vm_config_check(const struct config_section *root, struct config_mistakes *m)
{
	const struct config_section *s = config_section(root, "libvirt");

	if (s && !libvirt_source_built())
		config_refuse(m, s, NULL, "this program was built without libvirt");
	vm_config_rbridge_check(root, m);
	for (s = config_section(root, "destination"); s; s = config_section_next(s))
		check_destination(root, s, m);
	for (s = config_section(root, "snoop"); s; s = config_section_next(s))
		check_snoop(s, m);
	for (s = config_section(root, "guest"); s; s = config_section_next(s)) {
		check_macs(s, m);
		check_twice(root, s, m);
		check_named(root, s, m);
	}
}
