/* address: addresses, endpoints and EIDs as values, their text forms and their order.
 *
 * Pure. Text forms:   192.0.2.1   2001:db8::1   52:54:00:00:00:01   "a name"
 * an EID:             [IID]ADDRESS/LENGTH, where [0] and a host's full length may be left out.
 * In a name a quote is \", a backslash \\, and every byte that is not plain ASCII \xHH.
 * (S,G), an EID only:         (192.0.2.1,232.1.1.1)   (192.0.2.0/24,232.1.1.1)   (*,232.0.0.0/8)
 * A name's full length is 8 x (its characters + 1), the NUL counted (RFC 9735); "vm-"/24, without
 * the NUL, is the prefix of all names that start with vm-. */
#ifndef SUNWARD_LIB_NET_ADDRESS_H
#define SUNWARD_LIB_NET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* IANA address family numbers in use here. */
enum afi {
	AFI_NONE = 0,
	AFI_IPV4 = 1,
	AFI_IPV6 = 2,
	AFI_MAC = 6,   /* RFC 8060 section 4.2 (48-bit MAC) */
	AFI_NAME = 17, /* Distinguished Name, RFC 9735 */
	AFI_LCAF = 16387,
	AFI_EUI48 = 16389,
	AFI_TRILL_NICKNAME = 16396,
	/* Our own, never on the wire: (S,G), a source prefix and a multicast group, as one string
	 * of bits that prefix tables can hold. The group comes first, so that the longest match of
	 * a source and its group is, in this order: (S,G), (S-prefix,G), (0/0,G). IPv4: 4 bytes of
	 * group, 4 of source. IPv6: the group's first byte is always ff and left out, which leaves
	 * 15 and 16. A prefix shorter than the group is one of groups, for all sources. */
	AFI_SG_IPV4 = 65001,
	AFI_SG_IPV6 = 65002,
};

#define ADDRESS_MAX   31  /* bytes: a Distinguished Name with its NUL (mask-len <= 248) */
#define ADDRESS_TEXT  128 /* bytes that hold any address as text, NUL included */
#define EID_TEXT      160 /* the same for an EID */
#define ENDPOINT_TEXT 96  /* the same for an endpoint */

struct address {
	uint16_t afi;               /* enum afi: IPv4, IPv6, MAC, NAME, or NONE */
	uint8_t len;                /* bytes used: 0, 4, 16, 6, or 1-31 (a name's NUL included) */
	uint8_t bytes[ADDRESS_MAX]; /* the rest is zero, so that memcmp on the whole struct works */
};

/* An IP address and a UDP port. */
struct endpoint {
	struct address addr;
	uint16_t port;
};

/* An EID-prefix within an instance. Host bits below plen are zero (eid_mask). */
struct eid {
	uint32_t iid; /* 24 bits on the data plane; 32 in the LCAF */
	uint8_t plen; /* bits */
	struct address addr;
};

/* Width in bits of addresses of @afi: 32, 128, 48; a name: 8 x its length; else 0. */
unsigned int address_bits(const struct address *a);

bool address_equal(const struct address *a, const struct address *b);
/* Order of RFC 9301 section 5.4 locators: IPv4 before IPv6, then bytes ascending. */
int address_compare(const struct address *a, const struct address *b);
bool address_is_ip(const struct address *a);
bool address_is_multicast(const struct address *a); /* also IPv4 broadcast and group MACs */
bool address_is_loopback(const struct address *a);
bool address_is_unspecified(const struct address *a); /* 0.0.0.0, :: */

/* Build from raw bytes; false when @len does not fit @afi. */
bool address_set(struct address *a, uint16_t afi, const void *bytes, size_t len);
/* From text; false when it is none of the forms above. Names need their quotes. */
bool address_parse(struct address *a, const char *text);
/* Returns @text. */
const char *address_format(const struct address *a, char *text, size_t size);

/* IPv4-mapped IPv6 becomes IPv4. False for other families. */
bool endpoint_from_sockaddr(struct endpoint *e, const struct sockaddr *sa);
/* Returns the length of the sockaddr written, 0 when @e is not IP. */
socklen_t endpoint_to_sockaddr(const struct endpoint *e, struct sockaddr_storage *ss);
/* "192.0.2.1:4342", "[2001:db8::1]:4342"; the port, and then the brackets, may be left out when
 * @default_port is not 0. */
bool endpoint_parse(struct endpoint *e, const char *text, uint16_t default_port);
const char *endpoint_format(const struct endpoint *e, char *text, size_t size);

/* (S,G) as an EID, and back. @group's bits below @group_plen are cleared, so are @source's. False:
 * not of one family, no group, or a source prefix for a prefix of groups. */
bool eid_set_sg(struct eid *e, uint32_t iid, const struct address *source, unsigned int source_plen,
	const struct address *group, unsigned int group_plen);
bool eid_is_sg(const struct eid *e);
void eid_get_sg(const struct eid *e, struct address *source, unsigned int *source_plen,
	struct address *group, unsigned int *group_plen);

/* A host EID of @addr. */
struct eid eid_host(uint32_t iid, const struct address *addr);
bool eid_is_host(const struct eid *e);
/* Zero the bits below plen; true when some were set. A prefix of names gets its shortest form. */
bool eid_mask(struct eid *e);
bool eid_equal(const struct eid *a, const struct eid *b);
/* @a is the same prefix as @b or a less-specific one of the same instance and family. */
bool eid_covers(const struct eid *a, const struct eid *b);
/* Keyed, over all of it. */
struct hash_key;
uint64_t eid_hash(const struct hash_key *key, const struct eid *e);
/* By instance, family, bytes, length. */
int eid_compare(const struct eid *a, const struct eid *b);
/* False with a reason in words (a literal) in @why: what would be right. Host bits that are set are
 * refused. */
bool eid_parse(struct eid *e, const char *text, const char **why);
const char *eid_format(const struct eid *e, char *text, size_t size);

#endif
