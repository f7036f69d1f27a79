/* datapath_ports: what the programs are told of ports, instances, local RLOCs and dynamic-EID
 * prefixes. */
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "lib/net/tap.h"
#include "xtr/datapath_internal.h"

#define MTU_DEFAULT 1500 /* RFC 9300 section 7.1: RECOMMENDED for L */

static int put(struct datapath_bpf *db, enum datapath_fd map, const void *key, const void *value)
{
	return bpf_map_update_elem(db->fds[map], key, value, BPF_ANY) ? -errno : 0;
}

/* With a multipath policy other than 0 the kernel looks at ports too: then every packet asks. */
static bool routes_by_address(void)
{
	static const char *const knobs[] = {"/proc/sys/net/ipv4/fib_multipath_hash_policy",
		"/proc/sys/net/ipv6/fib_multipath_hash_policy"};
	bool by_address = true;
	size_t i;
	FILE *f;

	for (i = 0; i < 2; i++) {
		f = fopen(knobs[i], "re");
		if (!f)
			continue; /* a kernel without multipath routes or that family */
		if (fgetc(f) != '0')
			by_address = false;
		fclose(f);
	}
	return by_address;
}

static int settings_write(struct datapath_bpf *db)
{
	struct contract_settings *s = &db->settings;
	const struct datapath_port *p;
	uint32_t zero = 0;
	uint16_t mtu = MTU_DEFAULT;

	s->remember_routes = routes_by_address();
	s->port_sources = 0;
	for (p = db->ports; p; p = p->next) {
		if (p->is.role != DATAPATH_CORE)
			continue;
		s->core_ifindex = p->is.ifindex;
		if (p->is.rloc4.afi || p->is.rloc6.afi)
			s->port_sources = 1;
		if (p->mtu && p->mtu < mtu)
			mtu = p->mtu;
	}
	s->mtu = db->config.mtu ? db->config.mtu : mtu;
	return put(db, DATAPATH_FD_SETTINGS, &zero, s);
}

int datapath_ports_start(struct datapath_bpf *db)
{
	struct contract_settings *s = &db->settings;
	int ifindex = tap_ifindex(db->fds[DATAPATH_FD_TAP]), rc;

	if (ifindex < 0)
		return ifindex;
	memcpy(s->hash_key, db->config.hash_key, sizeof(s->hash_key));
	s->tap_ifindex = ifindex;
	s->ignore_outer_dscp = db->config.ignore_outer_dscp;
	s->generation = db->generation;
	rc = datapath_share_start(db);
	return rc ? rc : settings_write(db);
}

void datapath_ports_stop(struct datapath_bpf *db)
{
	struct datapath_prefix *d;
	struct datapath_port *p;

	while ((p = db->ports)) {
		db->ports = p->next;
		free(p);
	}
	while ((d = db->dynamic)) {
		db->dynamic = d->next;
		free(d);
	}
}

struct datapath_port *datapath_port_find(const struct datapath_bpf *db, int ifindex)
{
	struct datapath_port *p;

	for (p = db->ports; p && p->is.ifindex != ifindex; p = p->next)
		;
	return p;
}

struct datapath_port *datapath_port_of(const struct datapath_bpf *db, uint32_t iid)
{
	struct datapath_port *p;

	for (p = db->ports; p && (p->is.role != DATAPATH_SITE || p->is.iid != iid); p = p->next)
		;
	return p;
}

/* An instance is there while it has a site port. */
static int instance_write(struct datapath_bpf *db, uint32_t iid)
{
	const struct datapath_port *p = datapath_port_of(db, iid);
	const struct contract_instance instance = {.ifindex = p ? p->is.ifindex : 0};

	if (p)
		return put(db, DATAPATH_FD_INSTANCES, &iid, &instance);
	bpf_map_delete_elem(db->fds[DATAPATH_FD_INSTANCES], &iid);
	return 0;
}

/* What the device itself says: MAC and MTU. */
static int device_read(const char *name, uint8_t mac[6], uint16_t *mtu)
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc = 0;
	struct ifreq ifr = {0};

	if (sock < 0)
		return -errno;
	memcpy(ifr.ifr_name, name, IFNAMSIZ);
	if (ioctl(sock, SIOCGIFHWADDR, &ifr))
		rc = -errno;
	else
		memcpy(mac, ifr.ifr_hwaddr.sa_data, 6);
	if (!rc && ioctl(sock, SIOCGIFMTU, &ifr))
		rc = -errno;
	else if (!rc)
		*mtu = ifr.ifr_mtu > UINT16_MAX ? UINT16_MAX : ifr.ifr_mtu;
	close(sock);
	return rc;
}

/* The first address of each family, where none is configured; of IPv6 the first that is not
 * link-local. */
static void gateways_read(const char *name, struct datapath_bpf_port *port)
{
	struct ifaddrs *all, *i;
	struct endpoint e;

	if (getifaddrs(&all))
		return;
	for (i = all; i; i = i->ifa_next) {
		if (strcmp(i->ifa_name, name) != 0 || !i->ifa_addr ||
			!endpoint_from_sockaddr(&e, i->ifa_addr))
			continue;
		if (e.addr.afi == AFI_IPV4 && !port->gateway4.afi)
			port->gateway4 = e.addr;
		if (e.addr.afi == AFI_IPV6 && !port->gateway6.afi &&
			!(e.addr.bytes[0] == 0xfe && (e.addr.bytes[1] & 0xc0) == 0x80))
			port->gateway6 = e.addr;
	}
	freeifaddrs(all);
}

static bool instance_is_dynamic(const struct datapath_bpf *db, uint32_t iid)
{
	const struct datapath_prefix *d;

	for (d = db->dynamic; d && d->eid.iid != iid; d = d->next)
		;
	return d;
}

static int port_write(struct datapath_bpf *db, const struct datapath_port *p)
{
	static const uint8_t none[6];
	const struct datapath_bpf_port *port = &p->is;
	struct contract_port value = {.iid = port->iid,
		.proxy = port->proxy,
		.dynamic = instance_is_dynamic(db, port->iid),
		.role = port->role == DATAPATH_CORE ? CONTRACT_CORE : CONTRACT_SITE,
		.has_rloc4 = port->rloc4.afi == AFI_IPV4,
		.has_rloc6 = port->rloc6.afi == AFI_IPV6};
	uint32_t key = port->ifindex;

	memcpy(value.mac, p->mac, sizeof(value.mac));
	memcpy(value.gateway, memcmp(port->gateway_mac, none, 6) ? port->gateway_mac : p->mac,
		sizeof(value.gateway));
	memcpy(&value.rloc4, port->rloc4.bytes, sizeof(value.rloc4));
	memcpy(value.rloc6, port->rloc6.bytes, sizeof(value.rloc6));
	return put(db, DATAPATH_FD_PORTS, &key, &value);
}

int datapath_bpf_port_add(struct datapath_bpf *db, const struct datapath_bpf_port *port)
{
	char name[IFNAMSIZ] = "";
	struct datapath_port *p;
	bool fresh = false;
	uint32_t iid_before;
	uint8_t mac[6];
	uint16_t mtu = 0;
	int rc;

	if (port->iid >= CONTRACT_IID_CONTROL)
		return -ERANGE;
	if (!if_indextoname(port->ifindex, name))
		return -errno;
	rc = device_read(name, mac, &mtu);
	if (rc)
		return rc;
	for (p = db->ports; p && p->is.ifindex != port->ifindex; p = p->next)
		;
	iid_before = p ? p->is.iid : port->iid;
	if (!p) {
		p = calloc(1, sizeof(*p));
		if (!p)
			return -ENOMEM;
		p->next = db->ports;
		db->ports = p;
		fresh = true;
	}
	p->is = *port;
	p->mtu = mtu;
	memcpy(p->mac, mac, sizeof(mac));
	if (port->role == DATAPATH_SITE)
		gateways_read(name, &p->is);
	rc = fresh ? datapath_share_add(db, p) : 0;
	if (!rc)
		rc = port_write(db, p);
	if (!rc)
		rc = settings_write(db);
	if (!rc)
		rc = instance_write(db, port->iid);
	if (!rc && iid_before != port->iid)
		rc = instance_write(db, iid_before);
	return rc;
}

int datapath_bpf_port_del(struct datapath_bpf *db, int ifindex)
{
	struct datapath_port **at, *p;
	uint32_t key = ifindex, iid;

	for (at = &db->ports; *at && (*at)->is.ifindex != ifindex; at = &(*at)->next)
		;
	p = *at;
	if (!p)
		return -ENOENT;
	iid = p->is.iid;
	*at = p->next;
	free(p);
	if (db->settings.core_ifindex == key)
		db->settings.core_ifindex = 0;
	bpf_map_delete_elem(db->fds[DATAPATH_FD_PORTS], &key);
	datapath_share_del(db, ifindex);
	instance_write(db, iid);
	return settings_write(db);
}

/* The instance's ports anew, since its dynamic-EID prefixes have changed. */
static int site_ports_write(struct datapath_bpf *db, uint32_t iid)
{
	const struct datapath_port *p;
	int rc = 0;

	for (p = db->ports; p && !rc; p = p->next)
		if (p->is.role == DATAPATH_SITE && p->is.iid == iid)
			rc = port_write(db, p);
	return rc;
}

static enum datapath_fd dynamic_map(const struct eid *prefix)
{
	return prefix->addr.afi == AFI_IPV4 ? DATAPATH_FD_DYNAMIC4 : DATAPATH_FD_DYNAMIC6;
}

int datapath_bpf_dynamic_add(struct datapath_bpf *db, const struct eid *prefix)
{
	struct contract_prefix6 key;
	struct datapath_prefix *d;
	uint32_t number = db->dynamic_last + 1;
	int rc;

	if (!address_is_ip(&prefix->addr))
		return -EAFNOSUPPORT;
	if (prefix->iid >= CONTRACT_IID_CONTROL)
		return -ERANGE;
	for (d = db->dynamic; d; d = d->next)
		if (eid_equal(&d->eid, prefix))
			return 0;
	datapath_key_prefix(prefix, &key);
	rc = put(db, dynamic_map(prefix), &key, &number);
	if (rc)
		return rc;
	db->dynamic_last = number;
	d = calloc(1, sizeof(*d));
	if (!d)
		return -ENOMEM;
	d->eid = *prefix;
	d->next = db->dynamic;
	db->dynamic = d;
	return site_ports_write(db, prefix->iid);
}

int datapath_bpf_dynamic_del(struct datapath_bpf *db, const struct eid *prefix)
{
	struct datapath_prefix **at, *d;
	struct contract_prefix6 key;

	for (at = &db->dynamic; *at && !eid_equal(&(*at)->eid, prefix); at = &(*at)->next)
		;
	d = *at;
	if (!d)
		return -ENOENT;
	*at = d->next;
	free(d);
	datapath_key_prefix(prefix, &key);
	bpf_map_delete_elem(db->fds[dynamic_map(prefix)], &key);
	return site_ports_write(db, prefix->iid);
}

union port_key {
	uint32_t number; /* an ifindex, an instance-ID */
	struct contract_prefix6 prefix;
	struct contract_rloc rloc;
};

/* Delete what @known does not know from a map. */
static void keep_known(struct datapath_bpf *db, enum datapath_fd map,
	bool (*known)(const struct datapath_bpf *db, const union port_key *key))
{
	union port_key key, next;
	bool more;

	memset(&key, 0, sizeof(key));
	memset(&next, 0, sizeof(next));
	more = !bpf_map_get_next_key(db->fds[map], NULL, &key);
	while (more) {
		more = !bpf_map_get_next_key(db->fds[map], &key, &next);
		if (!known(db, &key))
			bpf_map_delete_elem(db->fds[map], &key);
		key = next;
	}
}

static bool port_known(const struct datapath_bpf *db, const union port_key *key)
{
	return datapath_port_find(db, key->number);
}

static bool instance_known(const struct datapath_bpf *db, const union port_key *key)
{
	return datapath_port_of(db, key->number);
}

static bool dynamic_known(const struct datapath_bpf *db, const union port_key *key, uint16_t afi)
{
	const struct datapath_prefix *d;
	struct contract_prefix6 own;
	size_t used = afi == AFI_IPV4 ? sizeof(struct contract_prefix4) : sizeof(own);

	for (d = db->dynamic; d; d = d->next) {
		datapath_key_prefix(&d->eid, &own);
		if (d->eid.addr.afi == afi && memcmp(&own, &key->prefix, used) == 0)
			return true;
	}
	return false;
}

static bool dynamic4_known(const struct datapath_bpf *db, const union port_key *key)
{
	return dynamic_known(db, key, AFI_IPV4);
}

static bool dynamic6_known(const struct datapath_bpf *db, const union port_key *key)
{
	return dynamic_known(db, key, AFI_IPV6);
}

void datapath_ports_settle(struct datapath_bpf *db)
{
	keep_known(db, DATAPATH_FD_PORTS, port_known);
	keep_known(db, DATAPATH_FD_INSTANCES, instance_known);
	keep_known(db, DATAPATH_FD_DYNAMIC4, dynamic4_known);
	keep_known(db, DATAPATH_FD_DYNAMIC6, dynamic6_known);
}

static bool rloc_known(const struct datapath_bpf *db, const union port_key *key)
{
	size_t i;

	for (i = 0; i < db->rloc_count; i++)
		if (memcmp(&db->rlocs[i], &key->rloc, sizeof(key->rloc)) == 0)
			return true;
	return false;
}

int datapath_bpf_rlocs(struct datapath_bpf *db, const struct address *rlocs, size_t count)
{
	struct contract_settings *s = &db->settings;
	struct contract_rloc *keys = db->rlocs;
	uint32_t one = 1;
	size_t i;
	int rc;

	if (count > DATAPATH_RLOCS_MAX)
		return -E2BIG;
	memset(keys, 0, sizeof(db->rlocs));
	db->rloc_count = 0;
	s->has_rloc4 = s->has_rloc6 = 0;
	for (i = 0; i < count; i++) {
		if (!address_is_ip(&rlocs[i]))
			return -EAFNOSUPPORT;
		keys[i].family = rlocs[i].afi == AFI_IPV4 ? 4 : 6;
		memcpy(keys[i].addr, rlocs[i].bytes, rlocs[i].len);
		if (keys[i].family == 4 && !s->has_rloc4) {
			s->has_rloc4 = 1;
			memcpy(&s->rloc4, rlocs[i].bytes, 4);
		} else if (keys[i].family == 6 && !s->has_rloc6) {
			s->has_rloc6 = 1;
			memcpy(s->rloc6, rlocs[i].bytes, 16);
		}
		rc = put(db, DATAPATH_FD_RLOCS, &keys[i], &one);
		if (rc)
			return rc;
	}
	db->rloc_count = count;
	keep_known(db, DATAPATH_FD_RLOCS, rloc_known);
	return settings_write(db);
}
