/* isis_shim: the wire between a port of an RBridge and a point-to-point circuit of an IS-IS router
 * of ISO 10589 and RFC 1195: two interfaces, and what is said of them translated.
 *
 * usage: isis_shim [-k SECRET]... -a ADDRESS TRILL-INTERFACE ISIS-INTERFACE
 *
 *                      TRILL side                        router's side
 *   frame              Ethertype 0x22F4,                 LLC FE FE 03,
 *                      to 01-80-C2-00-00-41              to 09-00-2B-00-00-05
 *   maximum areas      1                                 0
 *   Hellos             129 = C0, 143/1; no TLV 8         129 = CC, 132 = ADDRESS
 *
 * All else passes as it came, LSPs too: the byte of the maximum areas is outside of their checksum.
 * But it is not outside of a digest (RFC 5304): a PDU that one of the secrets signed is signed anew
 * with the same, and an LSP gets its new checksum. The other side then knows the LSP by another
 * checksum: the entries of CSNPs and PSNPs are translated by what has passed. A PDU signed with
 * anything else keeps its digest, which is wrong on the other side as it was here.
 *
 * Commands on standard input, a line each: "lifetime trill 3" and "lifetime isis 3" let no LSP that
 * goes there live longer than 3 s more, as if it had been on its way for long (0: as they are);
 * "lose trill" and "lose isis": the next LSP that is to go there does not.
 *
 * On standard output: what is no Hello, a line for each LSP that passes and for each entry of a
 * CSNP or PSNP: "trill psnp 0200.0000.0011.00-00 0x00000002 0x1f2e 1199" (where it goes, what it
 * is, LSP ID, sequence number, checksum, lifetime); a CSNP without entries says "trill csnp".
 *
 * It shares no code with what is tested through it, and reads what it must by itself. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PDU_MAX      2048
#define SECRETS_MAX  4
#define SEEN_MAX     256
#define DIGEST_LEN   16
#define ETHERTYPE_22 0x22F4

enum pdu_type { P2P_IIH = 17, LSP = 18, CSNP = 24, PSNP = 26 };

enum toward { TO_TRILL, TO_ISIS };

/* A whole PDU, as it is being translated. */
struct pdu {
	uint8_t bytes[PDU_MAX];
	size_t len;
};

/* An LSP that has passed, and its checksum on either side. */
struct seen {
	uint8_t id[8], sequence[4], checksum[2][2];
};

struct shim {
	int sockets[2]; /* by enum toward: the one that leads there */
	int ifindex[2];
	struct in_addr address;
	const char *secrets[SECRETS_MAX];
	unsigned int secret_count;
	unsigned int lifetime_s[2];
	bool lose[2];
	struct seen seen[SEEN_MAX];
	unsigned int seen_next;
};

static unsigned int get16(const uint8_t *p)
{
	return (unsigned int)(p[0] << 8 | p[1]);
}

static void put16(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static unsigned int type_of(const struct pdu *p)
{
	return p->bytes[4] & 0x1f;
}

/* Where the PDU length stands; 0: in no PDU that passes here. */
static size_t length_at(const struct pdu *p)
{
	switch (type_of(p)) {
	case P2P_IIH:
		return 17;
	case LSP:
	case CSNP:
	case PSNP:
		return 8;
	default:
		return 0;
	}
}

/* ISO 8473's checksum over an LSP from its ID on (ISO 10589 section 7.3.11), at byte 24. */
static void checksum_set(struct pdu *p)
{
	size_t n = p->len - 12, at = 24 - 12;
	long c0 = 0, c1 = 0, x, y;

	put16(p->bytes + 24, 0);
	for (size_t i = 0; i < n; i++) {
		c0 = (c0 + p->bytes[12 + i]) % 255;
		c1 = (c1 + c0) % 255;
	}
	x = ((long)(n - at - 1) * c0 - c1) % 255;
	if (x <= 0)
		x += 255;
	y = 510 - c0 - x;
	if (y > 255)
		y -= 255;
	p->bytes[24] = (uint8_t)x;
	p->bytes[25] = (uint8_t)y;
}

/* The value of the first TLV @type, @len bytes of it; NULL: none. */
static uint8_t *tlv_value(struct pdu *p, unsigned int type, size_t len)
{
	for (size_t at = p->bytes[1]; at + 2 <= p->len; at += 2 + p->bytes[at + 1])
		if (p->bytes[at] == type)
			return p->bytes[at + 1] >= len && at + 2 + len <= p->len ? p->bytes + at + 2
										 : NULL;
	return NULL;
}

/* RFC 5304 section 2: over all, with the digest, and an LSP's checksum and lifetime, as zero. */
static void digest_of(const struct pdu *p, size_t digest_at, const char *secret, uint8_t *out)
{
	struct pdu copy = *p;

	memset(copy.bytes + digest_at, 0, DIGEST_LEN);
	if (type_of(p) == LSP) {
		put16(copy.bytes + 10, 0);
		put16(copy.bytes + 24, 0);
	}
	HMAC(EVP_md5(), secret, (int)strlen(secret), copy.bytes, copy.len, out, NULL);
}

/* Which secret signed @p; NULL: none, or another. */
static const char *signer_of(const struct shim *s, struct pdu *p)
{
	uint8_t *value = tlv_value(p, 10, 1 + DIGEST_LEN), made[EVP_MAX_MD_SIZE];

	if (!value || value[0] != 54)
		return NULL;
	for (unsigned int i = 0; i < s->secret_count; i++) {
		digest_of(p, (size_t)(value + 1 - p->bytes), s->secrets[i], made);
		if (!memcmp(made, value + 1, DIGEST_LEN))
			return s->secrets[i];
	}
	return NULL;
}

static void sign(struct pdu *p, const char *secret)
{
	uint8_t *value = tlv_value(p, 10, 1 + DIGEST_LEN), made[EVP_MAX_MD_SIZE];

	if (!value)
		return;
	digest_of(p, (size_t)(value + 1 - p->bytes), secret, made);
	memcpy(value + 1, made, DIGEST_LEN);
	if (type_of(p) == LSP)
		checksum_set(p);
}

static struct seen *seen_find(struct shim *s, const uint8_t *id, const uint8_t *sequence)
{
	for (unsigned int i = 0; i < SEEN_MAX; i++)
		if (!memcmp(s->seen[i].id, id, 8) && !memcmp(s->seen[i].sequence, sequence, 4))
			return &s->seen[i];
	return NULL;
}

/* Remember an LSP by both its checksums. */
static void seen_note(
	struct shim *s, const struct pdu *p, enum toward to, const uint8_t *was_checksum)
{
	struct seen *row = seen_find(s, p->bytes + 12, p->bytes + 20);

	if (!row)
		row = &s->seen[s->seen_next++ % SEEN_MAX];
	memcpy(row->id, p->bytes + 12, 8);
	memcpy(row->sequence, p->bytes + 20, 4);
	memcpy(row->checksum[to], p->bytes + 24, 2);
	memcpy(row->checksum[!to], was_checksum, 2);
}

/* TLV 9: lifetime 2, LSP ID 8, sequence number 4, checksum 2. */
static void entries_translate(struct shim *s, struct pdu *p, enum toward to)
{
	for (size_t at = p->bytes[1]; at + 2 <= p->len; at += 2 + p->bytes[at + 1]) {
		size_t end = at + 2 + p->bytes[at + 1];

		for (size_t e = at + 2; p->bytes[at] == 9 && e + 16 <= end && end <= p->len;
			e += 16) {
			const struct seen *row = seen_find(s, p->bytes + e + 2, p->bytes + e + 10);

			if (row && !memcmp(row->checksum[!to], p->bytes + e + 14, 2))
				memcpy(p->bytes + e + 14, row->checksum[to], 2);
		}
	}
}

static void lifetime_cut(const struct shim *s, struct pdu *p, enum toward to)
{
	if (s->lifetime_s[to] && get16(p->bytes + 10) > s->lifetime_s[to])
		put16(p->bytes + 10, s->lifetime_s[to]);
}

static void tlv_append(struct pdu *p, unsigned int type, const void *value, size_t len)
{
	if (p->len + 2 + len > sizeof(p->bytes))
		return;
	p->bytes[p->len] = (uint8_t)type;
	p->bytes[p->len + 1] = (uint8_t)len;
	memcpy(p->bytes + p->len + 2, value, len);
	p->len += 2 + len;
}

/* A Hello's TLVs: without those that the other side must not see, and with those that it wants. */
static void hello_translate(const struct shim *s, struct pdu *p, enum toward to)
{
	/* Topology 0, VLAN-FLAGS: port 1, no nickname, outer VLAN 1 with BY, Designated VLAN 1. */
	static const uint8_t flags[] = {0, 0, 1, 8, 0, 1, 0, 0, 0x10, 1, 0, 1};
	struct pdu was = *p;

	p->len = was.bytes[1];
	for (size_t at = p->len; at + 2 <= was.len; at += 2 + was.bytes[at + 1]) {
		unsigned int type = was.bytes[at];

		if (at + 2 + was.bytes[at + 1] > was.len)
			break;
		if (type != 129 && type != 132 && (to == TO_ISIS || type != 8))
			tlv_append(p, type, was.bytes + at + 2, was.bytes[at + 1]);
	}
	tlv_append(p, 129, to == TO_TRILL ? "\xC0" : "\xCC", 1);
	if (to == TO_TRILL)
		tlv_append(p, 143, flags, sizeof(flags));
	else
		tlv_append(p, 132, &s->address, sizeof(s->address));
	put16(p->bytes + 17, (unsigned int)p->len);
}

static void translate(struct shim *s, struct pdu *p, enum toward to)
{
	const char *secret = signer_of(s, p);
	uint8_t checksum[2];

	p->bytes[7] = to == TO_TRILL ? 1 : 0;
	memcpy(checksum, p->bytes + 24, 2);
	if (type_of(p) == P2P_IIH)
		hello_translate(s, p, to);
	else if (type_of(p) == LSP)
		lifetime_cut(s, p, to);
	else
		entries_translate(s, p, to);
	if (secret)
		sign(p, secret);
	if (type_of(p) == LSP)
		seen_note(s, p, to, checksum);
}

static void entry_say(const char *to, const char *what, const uint8_t *id, const uint8_t *lifetime,
	const uint8_t *sequence, const uint8_t *checksum)
{
	printf("%s %s %02x%02x.%02x%02x.%02x%02x.%02x-%02x 0x%04x%04x 0x%04x %u\n", to, what, id[0],
		id[1], id[2], id[3], id[4], id[5], id[6], id[7], get16(sequence),
		get16(sequence + 2), get16(checksum), get16(lifetime));
}

static void say(const struct pdu *p, enum toward to)
{
	const char *side = to == TO_TRILL ? "trill" : "isis";
	const char *what = type_of(p) == CSNP ? "csnp" : "psnp";
	bool any = false;

	if (type_of(p) == LSP)
		entry_say(side, "lsp", p->bytes + 12, p->bytes + 10, p->bytes + 20, p->bytes + 24);
	if (type_of(p) != CSNP && type_of(p) != PSNP)
		return;
	for (size_t at = p->bytes[1]; at + 2 <= p->len; at += 2 + p->bytes[at + 1]) {
		size_t end = at + 2 + p->bytes[at + 1];

		for (size_t e = at + 2; p->bytes[at] == 9 && e + 16 <= end && end <= p->len;
			e += 16) {
			const uint8_t *b = p->bytes + e;

			entry_say(side, what, b + 2, b, b + 10, b + 14);
			any = true;
		}
	}
	if (!any)
		printf("%s %s\n", side, what);
}

/* What a frame from the other side than @to holds. False: nothing that passes. */
static bool pdu_of(const uint8_t *frame, size_t len, enum toward to, struct pdu *p)
{
	static const uint8_t llc[] = {0xfe, 0xfe, 0x03};
	size_t at = to == TO_TRILL ? ETH_HLEN + sizeof(llc) : ETH_HLEN;

	if (len < at + 27 || len - at > sizeof(p->bytes))
		return false;
	if (to == TO_TRILL && memcmp(frame + ETH_HLEN, llc, sizeof(llc)))
		return false;
	if (to == TO_ISIS && get16(frame + 12) != ETHERTYPE_22)
		return false;
	memcpy(p->bytes, frame + at, len - at);
	p->len = len - at;
	at = length_at(p);
	if (p->bytes[0] != 0x83 || !at || p->bytes[1] > get16(p->bytes + at) ||
		get16(p->bytes + at) > p->len)
		return false;
	p->len = get16(p->bytes + at); /* behind it is Ethernet's padding */
	return true;
}

static void send_on(struct shim *s, const struct pdu *p, const uint8_t *source, enum toward to)
{
	static const uint8_t trill[] = {0x01, 0x80, 0xc2, 0x00, 0x00, 0x41};
	static const uint8_t isis[] = {0x09, 0x00, 0x2b, 0x00, 0x00, 0x05};
	uint8_t frame[PDU_MAX + 64];
	size_t at = ETH_HLEN;

	memcpy(frame, to == TO_TRILL ? trill : isis, ETH_ALEN);
	memcpy(frame + ETH_ALEN, source, ETH_ALEN);
	if (to == TO_TRILL) {
		put16(frame + 12, ETHERTYPE_22);
	} else {
		put16(frame + 12, (unsigned int)p->len + 3);
		memcpy(frame + at, "\xfe\xfe\x03", 3);
		at += 3;
	}
	memcpy(frame + at, p->bytes, p->len);
	if (send(s->sockets[to], frame, at + p->len, 0) < 0)
		perror("isis_shim: send");
}

/* A frame has come that is to go @to the other side. */
static void take(struct shim *s, enum toward to)
{
	struct sockaddr_ll from;
	socklen_t from_len = sizeof(from);
	uint8_t frame[PDU_MAX + 64];
	struct pdu p;
	ssize_t n = recvfrom(
		s->sockets[!to], frame, sizeof(frame), 0, (struct sockaddr *)&from, &from_len);

	if (n < 0 || from.sll_pkttype == PACKET_OUTGOING)
		return;
	if (!pdu_of(frame, (size_t)n, to, &p))
		return;
	if (type_of(&p) == LSP && s->lose[to]) {
		s->lose[to] = false;
		printf("%s lost\n", to == TO_TRILL ? "trill" : "isis");
		return;
	}
	translate(s, &p, to);
	say(&p, to);
	send_on(s, &p, frame + ETH_ALEN, to);
}

/* False: nobody will say anything more. */
static bool command(struct shim *s)
{
	char line[80], side[16];
	unsigned int seconds;

	if (!fgets(line, sizeof(line), stdin))
		return false;
	if (sscanf(line, "lifetime %15s %u", side, &seconds) == 2)
		s->lifetime_s[strcmp(side, "trill") ? TO_ISIS : TO_TRILL] = seconds;
	else if (sscanf(line, "lose %15s", side) == 1)
		s->lose[strcmp(side, "trill") ? TO_ISIS : TO_TRILL] = true;
	else
		fprintf(stderr, "isis_shim: no such command: %s", line);
	return true;
}

static int port_open(const char *name, int *ifindex)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	struct packet_mreq all = {.mr_type = PACKET_MR_PROMISC};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	*ifindex = (int)if_nametoindex(name);
	at.sll_ifindex = all.mr_ifindex = *ifindex;
	if (fd < 0 || !*ifindex || bind(fd, (struct sockaddr *)&at, sizeof(at)) ||
		setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all))) {
		fprintf(stderr, "isis_shim: %s: %s\n", name, strerror(errno));
		exit(1);
	}
	return fd;
}

static void options_read(struct shim *s, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "k:a:")) != -1) {
		if (option == 'k' && s->secret_count < SECRETS_MAX)
			s->secrets[s->secret_count++] = optarg;
		else if (option != 'a' || inet_pton(AF_INET, optarg, &s->address) != 1)
			exit(2);
	}
	if (argc - optind != 2 || !s->address.s_addr) {
		fprintf(stderr, "usage: isis_shim [-k SECRET]... -a ADDRESS TRILL-IF ISIS-IF\n");
		exit(2);
	}
	s->sockets[TO_TRILL] = port_open(argv[optind], &s->ifindex[TO_TRILL]);
	s->sockets[TO_ISIS] = port_open(argv[optind + 1], &s->ifindex[TO_ISIS]);
}

int main(int argc, char **argv)
{
	static struct shim s;
	struct pollfd fds[3];

	setvbuf(stdout, NULL, _IOLBF, 0);
	options_read(&s, argc, argv);
	for (int i = 0; i < 2; i++)
		fds[i] = (struct pollfd){.fd = s.sockets[i], .events = POLLIN};
	fds[2] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	printf("ready\n");
	while (poll(fds, 3, -1) >= 0) {
		if (fds[TO_TRILL].revents & POLLIN)
			take(&s, TO_ISIS);
		if (fds[TO_ISIS].revents & POLLIN)
			take(&s, TO_TRILL);
		if (fds[2].revents && !command(&s))
			fds[2].fd = -1;
	}
	return 1;
}
